"""What the editor has ordered of the engine, and what is done with it when it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import EngineError, PackError
from engine.jobs import JobState
from engine.requests import (
    MAX_SEED,
    LayoutRequest,
    ParseRequest,
    Request,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.findings import Pair, Person
from hs_desktop.document.settings import SwapSettings
from hs_desktop.document.variation import Variation
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.i18n import _, translated
from hs_desktop.live import LIVE
from hs_desktop.made import ParsedLayers, ResultLayers
from hs_desktop.messages import Level
from hs_desktop.results import Wish, add_results, set_parsed, update_live

if TYPE_CHECKING:
    from hs_desktop.editor import Editor
    from hs_desktop.found import Found
    from hs_desktop.live import Live

T = TypeVar("T")
_LOOK_AGAIN = 0.02  # seconds between two looks whether a stroke has ended


@dataclass(frozen=True)
class _Origin:
    """What a job was asked for: its result is of no use where that is gone."""

    document: Document
    photos: frozenset[str]  # ids of layers
    pair: Pair | None  # who was to be swapped then
    own_step: bool  # whether the user asked for it by itself
    wish: Wish  # what the project's settings become with the result

    def is_there(self, document: Document) -> bool:
        return document is self.document and all(
            any(photo in document.state.stack(side) for side in Side) for photo in self.photos
        )


class Orders:
    """Jobs for the open document.

    What comes of them is put into it, in the order in which they ended, but never while a
    stroke is being painted: the planes that it paints on might be exchanged.
    """

    def __init__(self, editor: Editor, live: Live, found: Found) -> None:
        self._editor, self._live, self._found = editor, live, found
        self._origins: dict[JobRecord, _Origin] = {}
        self._unparsed: set[Person] = set()  # to be asked for again once they are back
        self._granted: SwapSettings | None = None  # of the latest result that had other settings
        self._turn = asyncio.Lock()
        editor.bridge.ended.connect(self._ended)

    # --- asking --------------------------------------------------------------------------------

    def parse(self, side: Side, *, own_step: bool = False) -> JobRecord | None:
        """As ``Editor.parse``.

        Args:
            side: of the photo.
            own_step: what comes doesn't belong to the step that opened it or picked the person,
                unless that is still waited for.
        """
        document = self._editor.document
        photo, person = document.photo(side), document.state.person(side)
        if photo is None or person is None:
            return None
        lane = f"parse {side}"
        for record, origin in self._origins.items():
            if record.lane == lane:  # this one takes its place
                self._unparsed |= _asked(record, origin)
                if person in _asked(record, origin):
                    own_step = own_step and origin.own_step
        self._unparsed.discard(person)
        title = _("Parse head photo") if side is Side.HEAD else _("Parse body photo")
        request = ParseRequest(photo, person[1])
        return self._submit(request, title, lane, side, own_step=own_step)

    def is_parsing(self, side: Side) -> bool:
        """As ``Editor.is_parsing``."""
        photo = self._editor.document.state.photo_id(side)
        return any(
            isinstance(record.request, ParseRequest) and photo in origin.photos
            for record, origin in self._origins.items()
        )

    def follow(self) -> None:
        """Something was done, undone or redone: a photo or person may be back, unparsed."""
        for side in (Side.HEAD, Side.BODY):
            if self._editor.document.state.person(side) in self._unparsed:
                self.parse(side)

    def swap(self, lane: str | None, others: Mapping[str, Any] | None = None) -> JobRecord | None:
        """A swap as the document stands; what is missing is told the user.

        Args:
            lane: of the job; ``LIVE`` makes one result, whatever the panel says.
            others: settings by name that it takes instead of the document's. They become the
                document's together with the result.
        """
        document = self._editor.document
        document.settle()
        wish = Wish(document.settings, others or {})
        try:
            request = document.swap_request(wish.settings)
        except EngineError as error:
            self._editor.say(translated(error), Level.WARNING)
            return None
        title = _("Swap")
        if lane == LIVE:
            self._live.asked()
            request, title = replace(request, variations=1), _("Live swap")
        else:
            self._editor.compare(None)
            self._editor.activate(Side.RESULT)  # where it forms
        return self._submit(request, title, lane, Side.HEAD, Side.BODY, wish=wish)

    def swap_again(self, variation_id: str) -> JobRecord | None:
        """As ``Editor.swap_again``."""
        made = self._editor.document.layer(variation_id)
        if not isinstance(made, Variation):
            raise ValueError(f"{made.name} is no variation")
        again: dict[str, Any] = asdict(self._next_unused(made.sampling)) | {"variations": 1}
        if made.fitting is not None:
            again |= made.fitting.settings()
        return self.swap(None, again)

    def _next_unused(self, sampling: SamplingSettings) -> SamplingSettings:
        """With a seed that no result was made with, nor is being made with."""
        result = self._editor.document.result
        used = {layer.sampling for layer in result if isinstance(layer, Variation)}
        for record in self._editor.bridge.open_jobs:
            request = record.request
            if isinstance(request, SwapRequest):
                first = request.sampling.seed
                used |= {
                    replace(request.sampling, seed=first + k) for k in range(request.variations)
                }
        while sampling in used:
            sampling = replace(sampling, seed=(sampling.seed + 1) % (MAX_SEED + 1))
        return sampling

    def retouch(self, mask_id: str) -> JobRecord | None:
        """As ``Editor.retouch``."""
        document = self._editor.document
        document.settle()
        try:
            request = document.retouch_request(mask_id)
        except EngineError as error:
            self._editor.say(translated(error), Level.WARNING)
            return None
        self._editor.compare(None)
        side = document.state.side_of(mask_id)
        photo = Side.BODY if side is Side.RESULT else side
        return self._submit(request, _("Retouch"), "retouch", photo)

    @property
    def is_placing_head(self) -> bool:
        """As ``Editor.is_placing_head``: at once, or as soon as its photos are parsed."""
        state = self._editor.document.state
        if state.pair is None:
            return False
        photos = {photo for photo, _at in state.pair}
        return self._is_asked_for(state.pair) or any(
            isinstance(record.request, ParseRequest) and origin.photos & photos
            for record, origin in self._origins.items()
            if state.findings.places
        )

    def _is_asked_for(self, pair: Pair) -> bool:
        """Whether a job that has yet to end will tell where this head belongs on this body."""
        return any(
            origin.pair == pair and isinstance(record.request, SwapRequest | LayoutRequest)
            for record, origin in self._origins.items()
        )

    def _find_place(self) -> None:
        """Have the engine tell where the head belongs now, unless a swap is going to.

        Before the first swap there is no head to be moved.
        """
        document = self._editor.document
        pair, places = document.state.pair, document.state.findings.places
        if pair is None or not places or pair in places or not document.has_photos:
            return
        if self._is_asked_for(pair):
            return
        request, title = LayoutRequest(document.swap_request()), _("Find the head's place")
        self._submit(request, title, "place", Side.HEAD, Side.BODY)

    def _submit(
        self, request: Request, title: str, lane: str | None, *sides: Side, own_step: bool = True,
        wish: Wish | None = None,
    ) -> JobRecord:  # fmt: skip
        """Ask for something that is made of the photos of these sides."""
        document = self._editor.document
        record = self._editor.bridge.submit(request, title, lane=lane)
        photos = (document.state.photo_id(side) for side in sides)
        if not record.has_ended:
            there = frozenset(photo for photo in photos if photo is not None)
            wish = wish or Wish(document.settings, {})
            self._origins[record] = _Origin(document, there, document.state.pair, own_step, wish)
        return record

    def cancel(self, *, photo: str | None = None, lane: str | None = None) -> None:
        """Cancel what was ordered: by default all of it.

        Args:
            photo: only what is made of the photo with this id, which was put aside.
            lane: only what is in this lane.
        """
        for record, origin in reversed(tuple(self._origins.items())):
            if photo in (None, *origin.photos) and lane in (None, record.lane):
                self._unparsed |= _asked(record, origin)
                self._editor.bridge.cancel(record)

    def forget(self) -> None:
        """Cancel what was ordered: another document is opened."""
        self.cancel()
        self._unparsed.clear()
        self._granted = None

    # --- what comes ----------------------------------------------------------------------------

    def _ended(self, record: JobRecord) -> None:
        editor, origin = self._editor, self._origins.pop(record, None)
        if record.state is JobState.FAILED and record.error is not None:
            self._tell_error(record, origin, record.error)
        if record.state is not JobState.DONE or origin is None:
            return
        if not origin.is_there(editor.document):
            if origin.document is editor.document:
                self._unparsed |= _asked(record, origin)
            return
        self._tell_notes(record)
        request = record.request
        if isinstance(request, LayoutRequest | SwapRequest) and origin.pair is not None:
            self._found.set_head_place(origin.pair, record.results[0].head_place)
        if isinstance(request, ParseRequest):
            editor.spawn(self._take_layout(origin, request, record))
        elif isinstance(request, SwapRequest | RetouchRequest):
            editor.spawn(self._take_results(origin, request, record))

    def _tell_error(self, record: JobRecord, origin: _Origin | None, error: BaseException) -> None:
        if not isinstance(error, EngineError):
            self._editor.fault(error)
        elif isinstance(record.request, LayoutRequest):  # nobody asked: a swap will tell
            if origin is not None and origin.pair is not None:
                self._found.set_head_place(origin.pair, None)
        elif isinstance(error, PackError):
            advice = _("The model manager checks packs and imports others.")
            self._editor.say(f"{translated(error)} {advice}", Level.ERROR)
        else:
            self._editor.say(translated(error), Level.ERROR)

    def _tell_notes(self, record: JobRecord) -> None:
        """Each only once, and while live mode is on not with every result again."""
        notes = tuple(dict.fromkeys(note for result in record.results for note in result.notes))
        for note in notes:
            if record.lane != LIVE or note not in self._live.notes:
                self._editor.say(translated(note), Level.WARNING)
        if record.lane == LIVE:
            self._live.notes = notes

    async def _is_wanted(self, origin: _Origin) -> bool:
        """Once nothing is being painted: whether what the job was for is still there."""
        while origin.document.is_painted_on and origin.is_there(self._editor.document):
            await asyncio.sleep(_LOOK_AGAIN)
        return origin.is_there(self._editor.document)

    async def _take_layout(self, origin: _Origin, request: ParseRequest, record: JobRecord) -> None:
        """As ``_take_results``, of a photo that was parsed, if that person is still picked."""
        (photo,), result, document = origin.photos, record.results[0], origin.document
        async with self._turn:
            if origin.is_there(self._editor.document):
                side = document.state.side_of(photo)
                made = await _aside(lambda: ParsedLayers.of(side, result.layout))
                if (
                    await self._is_wanted(origin)
                    and document.state.person(side) == (photo, request.at)
                    and set_parsed(document, side, made, own_step=origin.own_step)
                ):
                    self._found.set_people(side, result.people)
                    self._find_place()
                    return
            if document is self._editor.document:
                self._unparsed |= _asked(record, origin)

    async def _take_results(
        self, origin: _Origin, request: SwapRequest | RetouchRequest, record: JobRecord
    ) -> None:
        """Make layers of results, aside, and put them into the document they were made for."""
        async with self._turn:
            made = await _aside(lambda: ResultLayers.of(request, record.results))
            if not await self._is_wanted(origin):
                return  # another project or photo was opened meanwhile
            editor = self._editor
            if record.lane != LIVE:
                budget = editor.preferences["variation_memory"] << 20
                before = editor.active_on(Side.RESULT)
                with self._live.answering():
                    settings = origin.wish.granted(self._granted)
                    add_results(editor.document, record.title, made, budget, settings)
                if origin.wish.others:
                    self._granted = origin.wish.settings
                # The new one, unless the user is at work on a layer of another kind.
                if before is None or isinstance(before, Variation):
                    editor.prefer(Side.RESULT, made.variations[0].id)
            elif self._live.is_on:
                former = self._live.layer_id
                with self._live.answering():
                    self._live.layer_id = update_live(editor.document, made, former)


def _asked(record: JobRecord, origin: _Origin) -> set[Person]:
    """Whom a parse is about; nobody for other jobs."""
    request = record.request
    if not isinstance(request, ParseRequest):
        return set()
    return {(photo, request.at) for photo in origin.photos}


async def _aside(work: Callable[[], T]) -> T:
    """What ``work`` gives, called in another thread."""
    # Not ``to_thread``: Qt goes on with tasks even while nobody runs the loop.
    return await asyncio.get_event_loop().run_in_executor(None, work)
