"""What windows, panels and canvases act on: the open document and all that is done with it.

No widget is known here. Panels call methods of the ``Editor`` and watch its signals and those
of the document; they never call each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError
from engine.jobs import JobState
from engine.requests import ParseRequest, RetouchRequest, SwapRequest
from hs_desktop.document import commands, hsd
from hs_desktop.document.autosave import Autosave
from hs_desktop.document.document import Document
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.export import export
from hs_desktop.document.layers import LayoutLayer, MaskLayer, PhotoLayer
from hs_desktop.document.variation import Variation
from hs_desktop.engine_bridge import EngineBridge, JobRecord
from hs_desktop.i18n import _
from hs_desktop.preferences import Preferences
from hs_desktop.results import add_results, set_parsed, update_live
from hs_desktop.tools.state import ToolState

if TYPE_CHECKING:
    from engine.imageio import Photo

LIVE = "live"  # the lane of live requests
SWAP = "swap"  # and that of asked-for ones
_log = logging.getLogger(__name__)


class Level(StrEnum):
    """How a message is shown."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """Something to tell the user: what happened, and what to do."""

    level: Level
    text: str


class Editor(QObject):
    """One project being edited.

    What takes long is a coroutine; ``spawn`` starts one without waiting for it and tells its
    errors. Everything else happens at once, in the window's thread.

    Args:
        preferences: the user's.
        bridge: to the engine.
        autosave_folder: ``None``: nothing is kept of unsaved projects.

    Attributes:
        document: the open one.
        tools: the tool in the hand.

    Signals:
        document_replaced: another document is open: observe that one from now on.
        document_saved: it has a (perhaps another) path now and is unmodified.
        active_changed: another side or layer is the one that tools work on.
        live_changed: live mode was switched.
        said: a ``Message`` for the user.
    """

    document_replaced = Signal()
    document_saved = Signal()
    active_changed = Signal()
    live_changed = Signal(bool)
    said = Signal(object)

    def __init__(
        self,
        preferences: Preferences,
        bridge: EngineBridge,
        autosave_folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.preferences = preferences
        self.bridge = bridge
        self.tools = ToolState()
        self._autosave_folder = autosave_folder
        self._tasks: set[asyncio.Task[Any]] = set()
        self._active: dict[Side, str | None] = dict.fromkeys(Side)
        self._side = Side.HEAD
        self._live = False
        self._stale = False
        self._live_id: str | None = None
        self.document = Document()
        self.autosave: Autosave | None = None
        self._watch(self.document)
        bridge.ended.connect(self._job_ended)

    # --- the document --------------------------------------------------------------------------

    def replace_document(self, document: Document) -> None:
        """Edit another document; what isn't saved of the present one is given up."""
        former = self.document
        former.settle()
        former.changed.disconnect(self._document_changed)
        former.history.changed.disconnect(self._history_changed)
        if self.autosave is not None:
            self.autosave.close()
        self.bridge.cancel_all()
        self._live_id = None
        self._active = dict.fromkeys(Side)
        self.document = document
        self._watch(document)
        self.document_replaced.emit()
        self._choose(Side.RESULT if len(document.result) else Side.HEAD)

    def _watch(self, document: Document) -> None:
        folder = self._autosave_folder
        self.autosave = None if folder is None else Autosave(folder, document)
        document.changed.connect(self._document_changed)
        document.history.changed.connect(self._history_changed)

    def new(self) -> None:
        self.replace_document(Document(undo_budget=self.preferences["undo_memory"] << 20))

    async def open_project(self, path: Path) -> None:
        """Raises ``ProjectError``; the present project stays open then."""
        document = await asyncio.to_thread(hsd.load, path)
        self.replace_document(document)
        self.preferences.add_recent(path)

    async def save(self, path: Path | None = None) -> None:
        """Write the project to ``path``, by default to its own.

        What the user does meanwhile isn't in the file, and the project counts as modified.

        Raises:
            OutputFileError: it can't be written; what was there before still is.
            ValueError: the project has no path yet.
        """
        document, target = self.document, path or self.document.path
        if target is None:
            raise ValueError("a project without a path")
        document.settle()
        state, serial = document.state.frozen(), document.serial
        await asyncio.to_thread(hsd.write_project, state, target)
        document.path = target
        if document.serial == serial:
            document.history.mark_clean()
        self.preferences.add_recent(target)
        if document is self.document:
            self.document_saved.emit()

    async def export(self, path: Path) -> None:
        """Write the result; raises ``ProjectError`` and ``OutputFileError``."""
        state = self.document.state.frozen()
        await asyncio.to_thread(export, state, path)
        self.say(_('Exported to "{path}".').format(path=path))

    async def autosave_now(self) -> None:
        """Keep what isn't saved, for the case of a crash; quick where nothing changed."""
        pending = None if self.autosave is None else self.autosave.snapshot()
        if pending is not None:
            await asyncio.to_thread(pending.write)

    # --- photos --------------------------------------------------------------------------------

    async def open_photo(self, side: Side, path: Path) -> None:
        """Make a file the head or body photo; raises ``InputFileError``."""
        from hs_desktop.reading import read_picture  # brings decoders along

        photo = await asyncio.to_thread(read_picture, path)
        self.set_photo(side, photo, path.name)

    def set_photo(self, side: Side, photo: Photo, name: str) -> None:
        """Make a photo the head or body photo, in the place of the one before, and parse it."""
        if side is Side.RESULT:
            raise ValueError("a result is made, not opened")
        title = _("Open head photo") if side is Side.HEAD else _("Open body photo")
        with self.document.history.group(title):
            for layer in self.document.state.stack(side).layers:
                if layer.locked:
                    self.document.do(commands.change_layer(layer.id, locked=False))
                self.document.do(commands.remove_layer(layer.id))
            at = self.document.state.head_at if side is Side.HEAD else self.document.state.body_at
            if at is not None:
                self.document.do(commands.pick_person(side, None))
            self.document.do(commands.add_layer(side, PhotoLayer(name=name, photo=photo)))
        self.activate(side)
        self.parse(side)

    def parse(self, side: Side) -> JobRecord | None:
        """Have the layout of the head or body photo made; ``None`` without a photo."""
        photo = self.document.photo(side)
        if photo is None:
            return None
        state = self.document.state
        at = state.head_at if side is Side.HEAD else state.body_at
        title = _("Parse head photo") if side is Side.HEAD else _("Parse body photo")
        return self.bridge.submit(ParseRequest(photo, at), title, lane=f"parse {side}")

    # --- the swap ------------------------------------------------------------------------------

    def swap(self) -> JobRecord | None:
        """Make results as the panel says; what is missing is told the user."""
        return self._ask(SWAP)

    def _ask(self, lane: str) -> JobRecord | None:
        self.document.settle()
        try:
            request = self.document.swap_request()
        except EngineError as error:
            self.say(str(error), Level.WARNING)
            return None
        self._stale = False
        title = _("Live swap") if lane == LIVE else _("Swap")
        return self.bridge.submit(request, title, lane=lane)

    def retouch(self, mask_id: str) -> JobRecord | None:
        """Make anew what a mask layer shows."""
        self.document.settle()
        try:
            request = self.document.retouch_request(mask_id)
        except EngineError as error:
            self.say(str(error), Level.WARNING)
            return None
        return self.bridge.submit(request, _("Retouch"), lane="retouch")

    @property
    def live(self) -> bool:
        """Whether the swap is made again after each stroke, move or change of a setting."""
        return self._live

    @live.setter
    def live(self, live: bool) -> None:
        if live == self._live:
            return
        self._live = live
        self.live_changed.emit(live)
        if live:
            self._ask(LIVE)
        else:
            for record in self.bridge.open_jobs:
                if record.lane == LIVE:
                    self.bridge.cancel(record)

    def cancel(self) -> None:
        """Stop whatever the engine does for us."""
        self.bridge.cancel_all()

    # --- what is worked on ---------------------------------------------------------------------

    @property
    def side(self) -> Side:
        """The picture that tools and panels are about."""
        return self._side

    @property
    def layer_id(self) -> str | None:
        """The layer of that side that tools work on; ``None`` where there is none."""
        return self._active[self._side]

    def activate(self, side: Side, layer_id: str | None = None) -> None:
        """Work on a side, and there on a layer: by default on the one before, else the top."""
        stack = self.document.state.stack(side)
        if layer_id is None:
            layer_id = self._active[side]
        if layer_id is None or layer_id not in stack:
            layer_id = stack.layers[-1].id if len(stack) else None
        if (side, layer_id) != (self._side, self._active[side]):
            self._side = side
            self._active[side] = layer_id
            self.active_changed.emit()

    def _choose(self, side: Side) -> None:
        self._side = side
        stack = self.document.state.stack(side)
        self._active[side] = stack.layers[-1].id if len(stack) else None
        self.active_changed.emit()

    # --- telling -------------------------------------------------------------------------------

    def say(self, text: str, level: Level = Level.INFO) -> None:
        self.said.emit(Message(level, text))

    def spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        """Start a coroutine on the window's loop; what goes wrong is told the user."""
        task = asyncio.get_event_loop_policy().get_event_loop().create_task(self._told(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _told(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except EngineError as error:
            self.say(str(error), Level.ERROR)
        except Exception as error:
            self.fault(error)

    def fault(self, error: BaseException) -> None:
        """A fault of the program: logged in full, told in a sentence."""
        _log.error("a fault of the program", exc_info=error)
        sentence = _("Something went wrong inside the program ({reason}); the log has it in full.")
        self.say(sentence.format(reason=error), Level.ERROR)

    @property
    def is_waiting(self) -> bool:
        """Whether coroutines started by ``spawn`` are still at work."""
        return bool(self._tasks)

    def close(self) -> None:
        """The end: jobs are cancelled; of a project that is given up nothing stays."""
        for task in self._tasks:
            task.cancel()
        self.bridge.close()
        if self.autosave is not None:
            self.autosave.close()

    # --- observers -----------------------------------------------------------------------------

    def _document_changed(self, change: Change) -> None:
        for side in Side:
            active = self._active[side]
            if active is not None and active not in self.document.state.stack(side):
                self._active[side] = None
                if side is self._side:
                    self._choose(side)
        if change.side is not None and change.what is What.ORDER and not self._active[change.side]:
            self.activate(self._side)
        self._stale |= _makes_stale(change, self.document)

    def _history_changed(self) -> None:
        """A command is complete: a whole stroke, not each of its dabs."""
        if self._live and self._stale:
            self._ask(LIVE)

    def _job_ended(self, record: JobRecord) -> None:
        if record.state is JobState.FAILED and record.error is not None:
            if isinstance(record.error, EngineError):
                self.say(str(record.error), Level.ERROR)
            else:
                self.fault(record.error)
        if record.state is not JobState.DONE:
            return
        for result in record.results:
            for note in result.notes:
                self.say(note, Level.WARNING)
        request = record.request
        if isinstance(request, ParseRequest):
            self._parsed(request, record)
        elif isinstance(request, SwapRequest | RetouchRequest):
            self.spawn(self._add_results(self.document, request, record))

    def _parsed(self, request: ParseRequest, record: JobRecord) -> None:
        for side in (Side.HEAD, Side.BODY):
            if self.document.photo(side) is request.photo:
                set_parsed(self.document, side, record.results[0].layout)

    async def _add_results(
        self, document: Document, request: SwapRequest | RetouchRequest, record: JobRecord
    ) -> None:
        """Make layers of results, aside, and put them into the document they were made for."""
        base = request.body if isinstance(request, SwapRequest) else request.photo

        def variations() -> list[Variation]:
            return [
                Variation.of_result(
                    _("Seed {seed}").format(seed=result.seed), result, request.sampling, base
                )
                for result in record.results
            ]

        made = await asyncio.to_thread(variations)
        if document is not self.document:
            return  # another project was opened meanwhile
        maps = record.results[0] if isinstance(request, SwapRequest) else None
        if record.lane == LIVE:
            self._live_id = update_live(document, made[0], maps, self._live_id)
        else:
            add_results(document, made, maps)
            document.do(commands.prune_variations(self.preferences["variation_memory"] << 20))


def _makes_stale(change: Change, document: Document) -> bool:
    """Whether a result made before isn't one of the document as it is now."""
    if change.what is What.SETTINGS:
        return True
    if change.what is What.ORDER:
        return change.side in (Side.HEAD, Side.BODY)
    if change.what is not What.PIXELS or change.layer_id is None:
        return False
    if change.side is not Side.RESULT:
        return True
    try:
        layer = document.layer(change.layer_id)
    except KeyError:
        return False
    # The engine's own layouts and masks are set with all planes; a stroke names one.
    return change.plane is not None and isinstance(layer, LayoutLayer | MaskLayer)
