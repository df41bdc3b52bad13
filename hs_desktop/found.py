"""What the engine has found in the photos that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import PhotoLayer

if TYPE_CHECKING:
    from engine.requests import Box, HeadPlace


def photo_id(document: Document, side: Side) -> str | None:
    """The id of the layer that is the head or body photo."""
    layers = document.state.stack(side)
    return next((layer.id for layer in layers if isinstance(layer, PhotoLayer)), None)


class Found(QObject):
    """People, and where the neck alignment puts the head.

    Kept under the photos' layers: so it goes with a photo, and is back where undo puts the
    photo back.

    Signals:
        people_changed: other people are known of a photo, told by its ``Side``.
        head_place_changed: the head's automatic position is another, or not known any more.
    """

    people_changed = Signal(object)
    head_place_changed = Signal()

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._people: dict[str, tuple[Box, ...]] = {}
        self._places: dict[tuple[str, str], HeadPlace | None] = {}
        self._told_people: dict[Side, tuple[Box, ...]] = dict.fromkeys(Side, ())
        self._told_place: HeadPlace | None = None

    def people(self, side: Side) -> tuple[Box, ...]:
        """Where the people of a photo are, in its pixels; none before it was parsed."""
        photo = photo_id(self._document, side)
        return () if photo is None else self._people.get(photo, ())

    @property
    def head_place(self) -> HeadPlace | None:
        """Of this head on this body; ``None`` before a swap of both."""
        pair = self._pair()
        return None if pair is None else self._places.get(pair)

    def set_people(self, side: Side, people: tuple[Box, ...]) -> None:
        photo = photo_id(self._document, side)
        if photo is not None:
            self._people[photo] = people
            self.follow()

    def set_head_place(self, place: HeadPlace | None) -> None:
        pair = self._pair()
        if pair is not None:
            self._places[pair] = place
            self.follow()

    def forget(self, document: Document) -> None:
        """Another document is open: nothing is known of its photos."""
        self._document = document
        self._people.clear()
        self._places.clear()
        self.follow()

    def follow(self) -> None:
        """There may be other photos: tell what is known of these."""
        if self.head_place != self._told_place:
            self._told_place = self.head_place
            self.head_place_changed.emit()
        for side in Side:
            if (people := self.people(side)) != self._told_people[side]:
                self._told_people[side] = people
                self.people_changed.emit(side)

    def _pair(self) -> tuple[str, str] | None:
        head, body = (photo_id(self._document, side) for side in (Side.HEAD, Side.BODY))
        return None if head is None or body is None else (head, body)
