"""What windows, panels and canvases act on: the open document and all that is done with it.

No widget is known here. Panels call methods of the ``Editor`` and watch its signals and those
of the document; they never call each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from hs_desktop.active import Active
from hs_desktop.canvas.keys import Keys
from hs_desktop.document import commands, hsd
from hs_desktop.document.document import Document
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.export import export
from hs_desktop.document.findings import At
from hs_desktop.document.layers import Layer
from hs_desktop.document.settings import any_seed
from hs_desktop.engine_bridge import EngineBridge, JobRecord
from hs_desktop.errands import Errands
from hs_desktop.found import Found
from hs_desktop.i18n import _
from hs_desktop.keeping import Keeper
from hs_desktop.live import LIVE, Live
from hs_desktop.messages import Level, Message
from hs_desktop.orders import Orders
from hs_desktop.preferences import Preferences
from hs_desktop.readings import Readings
from hs_desktop.results import replace_photo
from hs_desktop.tools.state import ToolState

if TYPE_CHECKING:
    from engine.imageio import Photo
    from engine.requests import Box, HeadPlace

SWAP = "swap"  # the lane of swaps that are asked for
__all__ = ["LIVE", "SWAP", "Editor", "Level", "Message"]


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
        keys: of the canvases, as the user has set them.
        readings: the files being read.

    Signals:
        document_replaced: another document is open: observe that one from now on.
        document_saved: it has a (perhaps another) path now and is unmodified.
        active_changed: another side or layer is the one that tools work on.
        live_changed: live mode was switched.
        head_place_changed: the head's automatic position is another, or not known any more.
        people_changed: other people are known of a photo, told by its ``Side``.
        compared_changed: other variations, or none, are to be seen side by side.
        seed_lock_changed: whether each swap takes a new seed.
        said: a ``Message`` for the user.
    """

    document_replaced = Signal()
    document_saved = Signal()
    active_changed = Signal()
    live_changed = Signal(bool)
    head_place_changed = Signal()
    people_changed = Signal(object)
    compared_changed = Signal()
    seed_lock_changed = Signal(bool)
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
        self.keys = Keys()
        self.readings = Readings(self)
        self._keeper = Keeper(autosave_folder)
        self._errands = Errands(self.say)
        self._compared: tuple[str, str] | None = None
        self._opening: dict[Side, object] = {}  # the latest photo asked for
        self.document = Document()
        self._active = Active(self.document, self)
        self._active.changed.connect(self.active_changed)
        self._found = Found(self.document, self)
        self._found.people_changed.connect(self.people_changed)
        self._found.head_place_changed.connect(self.head_place_changed)
        self._live = Live(lambda: self.document, lambda: self._orders.swap(LIVE), self)
        self._orders = Orders(self, self._live, self._found)
        self._watch(self.document)
        preferences.changed.connect(self._preference_changed)

    # --- the document --------------------------------------------------------------------------

    def replace_document(self, document: Document) -> None:
        """Edit another document; what isn't saved of the present one is given up."""
        self._leave()
        self._orders.forget()
        pair, self._compared = self._compared, None
        self.document = document
        self._live.begin()
        self._active.forget(document)
        self._watch(document)
        self.document_replaced.emit()
        self._found.forget(document)
        self._active.begin()
        if pair is not None:
            self.compared_changed.emit()

    def _leave(self, *, keep: bool = False) -> None:
        former = self.document
        former.changed.disconnect(self._document_changed)
        former.history.changed.disconnect(self._orders.follow)
        former.history.changed.disconnect(self._live.follow)
        self._live.forget()
        former.settle()
        self._keeper.leave(keep=keep)

    def _watch(self, document: Document) -> None:
        self._keeper.watch(document)
        self._limit_history()
        document.changed.connect(self._document_changed)
        document.history.changed.connect(self._live.follow)
        document.history.changed.connect(self._orders.follow)

    def new(self) -> None:
        self.replace_document(Document())

    async def open_project(
        self, path: Path, may_leave: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        """Edit the project in a file, unless another one is opened before it has been read.

        Args:
            path: the file.
            may_leave: asked where the present project has changed meanwhile.

        Raises:
            ProjectError: it can't be read; the present project stays open.
            Cancelled: the user has given it up.
        """
        former, serial = self.document, self.document.serial
        text = _("Opening {name}…").format(name=path.name)
        state = await self.readings.read(text, lambda watch: hsd.read_project(path, watch))
        changed = former is self.document and serial != former.serial
        if changed and may_leave is not None and not await may_leave():
            return
        if former is self.document:
            self.replace_document(Document(state, path))
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
        await self._keeper.save(document, target)
        self.preferences.add_recent(target)
        if document is self.document:
            self.document_saved.emit()
            self.spawn(self.autosave_now())  # what was kept isn't needed any more

    async def export(self, path: Path, variation_id: str | None = None) -> None:
        """Write the result, or one of its variations as if it alone were applied.

        Raises ``ProjectError`` and ``OutputFileError``.
        """
        state = self.document.state
        if variation_id is not None:
            state = commands.apply_variation(variation_id).redo(state)
        frozen, told = state.frozen(), self.preferences["provenance"]
        options = self.preferences.file_options
        await self._keeper.aside(
            path, lambda: export(frozen, path, provenance=told, options=options)
        )
        self.say(_('Exported to "{path}".').format(path=path))

    async def autosave_now(self) -> None:
        """Keep what isn't saved, for the case of a crash; quick where nothing changed."""
        await self._keeper.keep()

    # --- photos --------------------------------------------------------------------------------

    async def open_photo(self, side: Side, path: Path, psd_layer: str | None = None) -> None:
        """Make a file the head or body photo; raises ``InputFileError`` and ``Cancelled``.

        It isn't, where another photo or project is opened before it has been read.

        Args:
            side: which of the two.
            path: the file.
            psd_layer: of a Photoshop file; the merged picture without it.
        """
        from hs_desktop.reading import read_picture  # brings decoders along

        document, ours = self.document, object()
        self._opening[side] = ours
        text = _("Reading {name}…").format(name=path.name)
        photo = await self.readings.read(text, lambda _watch: read_picture(path, psd_layer))
        if document is self.document and self._opening.get(side) is ours:
            self.set_photo(side, photo, psd_layer or path.name)

    def set_photo(self, side: Side, photo: Photo, name: str) -> None:
        """Make a photo the head or body photo, in the place of the one before, and parse it."""
        self._opening.pop(side, None)
        self.document.settle()
        former = self.document.state.photo_id(side)
        replace_photo(self.document, side, photo, name)
        if former is not None:
            self._orders.cancel(photo=former)
        self.activate(side)
        self._orders.parse(side)

    def parse(self, side: Side) -> JobRecord | None:
        """Have the layout of the head or body photo made again; ``None`` without a photo."""
        return self._orders.parse(side, own_step=True)

    def is_parsing(self, side: Side) -> bool:
        """Whether a layout of the head or body photo is being made."""
        return self._orders.is_parsing(side)

    def pick_person(self, side: Side, at: At) -> None:
        """Take the person at a point or box of the head or body photo, and parse that one."""
        self.document.settle()
        self.document.do(commands.pick_person(side, at))
        self._orders.parse(side)

    def people(self, side: Side) -> tuple[Box, ...]:
        """Where the people of a photo are, as far as it was parsed; in photo pixels."""
        return self._found.people(side)

    # --- the swap ------------------------------------------------------------------------------

    @property
    def head_place(self) -> HeadPlace | None:
        """The head's automatic position in the body photo, once the engine has told it."""
        return self._found.head_place

    @property
    def is_placing_head(self) -> bool:
        """Whether the engine is about to tell that position."""
        return self._orders.is_placing_head

    def swap(self) -> JobRecord | None:
        """Make results as the panel says; what is missing is told the user."""
        return self._orders.swap(SWAP, {} if self.seed_locked else {"seed": any_seed()})

    def swap_again(self, variation_id: str) -> JobRecord | None:
        """Make another result as this one was made, with the next seed that wasn't used."""
        return self._orders.swap_again(variation_id)

    @property
    def seed_locked(self) -> bool:
        """Whether swaps keep the seed; otherwise each takes another one."""
        return self.preferences.kept("seed locked") is not False

    @seed_locked.setter
    def seed_locked(self, locked: bool) -> None:
        if locked != self.seed_locked:
            self.preferences.keep("seed locked", locked)
            self.seed_lock_changed.emit(locked)

    def retouch(self, mask_id: str) -> JobRecord | None:
        """Make anew what a mask layer shows."""
        return self._orders.retouch(mask_id)

    @property
    def live(self) -> bool:
        """Whether the swap is made again after each stroke, move or change of a setting."""
        return self._live.is_on

    @live.setter
    def live(self, live: bool) -> None:
        if live != self.live:
            self._live.switch(live)
            self.live_changed.emit(live)
            if not live:
                self._orders.cancel(lane=LIVE)

    def cancel(self) -> None:
        """Stop whatever is being read, and what the engine does for us."""
        self.readings.cancel()
        self.bridge.cancel_all()

    # --- comparing -----------------------------------------------------------------------------

    @property
    def compared(self) -> tuple[str, str] | None:
        """Two variations that the result's canvas shows side by side, left and right."""
        return self._compared

    def compare(self, pair: tuple[str, str] | None) -> None:
        """Show two variations side by side; ``None`` ends it."""
        if pair is not None and not all(one in self.document.result for one in pair):
            raise KeyError(pair)
        if pair != self._compared:
            self._compared = pair
            self.compared_changed.emit()

    # --- what is worked on ---------------------------------------------------------------------

    @property
    def side(self) -> Side:
        """The picture that tools and panels are about."""
        return self._active.side

    @property
    def layer_id(self) -> str | None:
        """The layer of that side that tools work on; ``None`` where there is none."""
        return self._active.layer_id

    def activate(self, side: Side, layer_id: str | None = None) -> None:
        """Work on a side, and there on a layer: by default on the one before, else the
        topmost of those to be seen."""
        self._active.activate(side, layer_id)

    def active_on(self, side: Side) -> Layer | None:
        """The layer that tools work on once this side is the one."""
        return self._active.on(side)

    def prefer(self, side: Side, layer_id: str | None) -> None:
        """Make another layer that one; the side that is worked on stays."""
        self._active.prefer(side, layer_id)

    # --- telling -------------------------------------------------------------------------------

    def say(self, text: str, level: Level = Level.INFO) -> None:
        self.said.emit(Message(level, text))

    def spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        """Start a coroutine on this thread's loop; what goes wrong is told the user."""
        return self._errands.start(work)

    def fault(self, error: BaseException) -> None:
        """A fault of the program: logged in full, told in a sentence."""
        self._errands.fault(error)

    @property
    def is_waiting(self) -> bool:
        """Whether coroutines started by ``spawn`` are still at work, or a live request is due."""
        return bool(self._errands) or self._live.is_due

    def close(self, *, keep: bool = False) -> None:
        """The end: jobs are cancelled; of a project that is given up nothing stays.

        Args:
            keep: leave what ``autosave_now`` has kept to be recovered at the next start.
        """
        self._errands.cancel()
        self.preferences.changed.disconnect(self._preference_changed)
        self._leave(keep=keep)
        self.bridge.close()

    # --- observers -----------------------------------------------------------------------------

    def _preference_changed(self, key: str) -> None:
        if key == "undo_memory":
            self._limit_history()

    def _limit_history(self) -> None:
        self.document.history.byte_budget = self.preferences["undo_memory"] << 20

    def _document_changed(self, change: Change) -> None:
        self._active.follow()
        if change.what is What.ORDER:
            self.activate(self.side)
        if change.what is What.ORDER or change.names & {"head_at", "body_at"}:
            self._found.follow()
        if self._compared and not all(one in self.document.result for one in self._compared):
            self.compare(None)
