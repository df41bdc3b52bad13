"""What the engine has found in the photos of a project. Nothing that a user does: never undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.requests import Box, HeadPlace

Pair = tuple[str, str]  # ids of the layers that are the head and the body photo


@dataclass(frozen=True)
class Findings:
    """Kept under the photos' layers: they go with a photo, and are back where undo puts it back.

    Attributes:
        people: photo -> a box round each head, in its pixels.
        places: head and body photo -> where the neck alignment puts the head; ``None`` where
            the head photo shows none.
    """

    people: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)
    places: Mapping[Pair, HeadPlace | None] = field(default_factory=dict)

    def with_people(self, photo: str, people: tuple[Box, ...]) -> Findings:
        return replace(self, people={**self.people, photo: people})

    def with_place(self, pair: Pair, place: HeadPlace | None) -> Findings:
        return replace(self, places={**self.places, pair: place})
