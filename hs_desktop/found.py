"""What the engine has found in the photos that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.findings import Pair

if TYPE_CHECKING:
    from engine.requests import Box, HeadPlace


class Found(QObject):
    """People, and where the neck alignment puts the head: the document's findings, watched.

    Signals:
        people_changed: other people are known of a photo, told by its ``Side``.
        head_place_changed: the head's automatic position is another, or not known any more.
    """

    people_changed = Signal(object)
    head_place_changed = Signal()

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._told_people: dict[Side, tuple[Box, ...]] = dict.fromkeys(Side, ())
        self._told_place: HeadPlace | None = None

    def people(self, side: Side) -> tuple[Box, ...]:
        """Where the people of a photo are, in its pixels; none before it was parsed."""
        state = self._document.state
        photo = state.photo_id(side)
        return () if photo is None else state.findings.people.get(photo, ())

    @property
    def head_place(self) -> HeadPlace | None:
        """Of this head on this body; ``None`` before the engine has told it."""
        state = self._document.state
        return None if state.pair is None else state.findings.places.get(state.pair)

    def set_people(self, side: Side, people: tuple[Box, ...]) -> None:
        state = self._document.state
        photo = state.photo_id(side)
        if photo is not None:
            self._document.learn(state.findings.with_people(photo, people))
            self.follow()

    def set_head_place(self, pair: Pair, place: HeadPlace | None) -> None:
        self._document.learn(self._document.state.findings.with_place(pair, place))
        self.follow()

    def forget(self, document: Document) -> None:
        """Another document is open, with what it knows of its photos."""
        self._document = document
        self.follow()

    def follow(self) -> None:
        """There may be other photos or persons: tell what is known of these."""
        if self.head_place != self._told_place:
            self._told_place = self.head_place
            self.head_place_changed.emit()
        for side in Side:
            if (people := self.people(side)) != self._told_people[side]:
                self._told_people[side] = people
                self.people_changed.emit(side)
