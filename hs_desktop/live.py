"""Live mode: the swap is made again as soon as its result would be another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer

from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, MaskRole
from hs_desktop.document.planes import Crop
from hs_desktop.document.variation import Variation

LIVE = "live"  # the lane of live requests
_PAUSE = 100  # ms between two requests while something is dragged


def swap_key(document: Document) -> tuple[Any, ...]:
    """What goes into a swap: two keys are equal where the same would come out.

    How many results are made doesn't count, nor does what the engine itself said of the layout
    and the region.
    """
    state = document.state
    edits = [
        (plane, plane.revision)
        for side in Side
        for layer in state.stack(side)
        if _counts(layer)
        for plane in layer.planes.values()
    ]
    return (
        document.photo(Side.HEAD), document.photo(Side.BODY), state.head_at, state.body_at,
        state.transform, replace(state.settings, variations=1), *edits,
    )  # fmt: skip


def _counts(layer: Layer) -> bool:
    """Whether the user says otherwise than the engine, in what a swap goes by."""
    if isinstance(layer, MaskLayer):
        return layer.role is not MaskRole.RETOUCH and layer.is_edited
    return isinstance(layer, LayoutLayer) and layer.is_edited


class Live(QObject):
    """When to ask, and which result the next one takes the place of.

    The first change is answered at once; those that follow closely, as in a drag, together.

    Args:
        document: gives the one that is open.
        ask: makes a live request, if it can.

    Attributes:
        is_on: whether live mode is on.
        layer_id: of the live result.
        notes: the sentences that came with it.
    """

    def __init__(
        self, document: Callable[[], Document], ask: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._ask = document, ask
        self.is_on = False
        self.layer_id: str | None = None
        self.notes: tuple[str, ...] = ()
        self._key: tuple[Any, ...] | None = None
        self._seen: Crop | None = None  # of the live result, when it was asked for or came
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._pause_ended)
        self._due = self._is_answering = self._missed = False

    @property
    def is_due(self) -> bool:
        """Whether a request will follow in a moment, perhaps."""
        return self._due

    def switch(self, on: bool) -> None:
        self.is_on = on
        self.notes = ()
        self._key = None  # it holds on to photos and planes
        self._rest()
        if on:
            self._ask()

    def forget(self) -> None:
        """Another document is open, or none any more."""
        self.layer_id = self._key = self._seen = None
        self.notes = ()
        self._rest()

    def begin(self) -> None:
        """Another document is open, as it was left: nothing is asked before it changes."""
        if self.is_on:
            self._key = swap_key(self._document())

    def asked(self) -> None:
        """A request was made of the document as it is."""
        self._key = swap_key(self._document())
        self._seen = self._shown

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While an answer is put into the document, which is no new question."""
        document = self._document()
        is_latest = self.is_on and swap_key(document) == self._key
        self._is_answering, self._missed = True, False
        try:
            yield
        finally:
            self._is_answering = False
            self._seen = self._shown
        if is_latest:
            self._key = swap_key(document)
        elif self._missed:
            self.follow()

    def follow(self) -> None:
        """Something was done, undone or redone: a whole stroke, not each of its dabs."""
        if self._is_answering:
            self._missed = True
            return
        if self.is_on and self._pause.isActive():
            self._due = True
        elif self.is_on:
            self._look()

    def _look(self) -> None:
        document = self._document()
        if document.has_photos and (self._is_outdated or swap_key(document) != self._key):
            self._pause.start()
            self._ask()

    @property
    def _shown(self) -> Crop | None:
        """What the live result looks like; ``None`` where there is none."""
        for layer in self._document().result:
            if layer.id == self.layer_id and isinstance(layer, Variation):
                return layer.patch
        return None

    @property
    def _is_outdated(self) -> bool:
        """Whether undo or redo has brought back what the live result was before."""
        shown, seen = self._shown, self._seen
        if shown is None or seen is None or shown is seen:
            return False
        return (shown.at, shown.key) != (seen.at, seen.key)

    def _pause_ended(self) -> None:
        due, self._due = self._due, False
        if due:
            self._look()

    def _rest(self) -> None:
        self._pause.stop()
        self._due = False
