"""What the engine has found in the photos of a project. Nothing that a user does: never undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.requests import Box, HeadPlace

At = tuple[float, ...]
Person = tuple[str, At | None]  # the id of a photo's layer, and where somebody was picked in it
Pair = tuple[Person, Person]  # whose head goes on whose body


@dataclass(frozen=True)
class Findings:
    """Kept under the photos' layers and who is picked in them: they go with a photo or person,
    and are back where undo puts it back.

    Attributes:
        people: photo -> a box round each head, in its pixels.
        places: head and body -> where the neck alignment puts the head; ``None`` where it
            has none.
    """

    people: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)
    places: Mapping[Pair, HeadPlace | None] = field(default_factory=dict)

    def with_people(self, photo: str, people: tuple[Box, ...]) -> Findings:
        return replace(self, people={**self.people, photo: people})

    def with_copy(self, photo: str, copy: str) -> Findings:
        """What is known of a photo is known of its copy, too."""
        people = dict(self.people)
        if photo in people:
            people.setdefault(copy, people[photo])
        places = dict(self.places)
        for (head, body), place in self.places.items():
            pair = _copied(head, photo, copy), _copied(body, photo, copy)
            places.setdefault(pair, place)
        return Findings(people, places)

    def with_place(self, pair: Pair, place: HeadPlace | None) -> Findings:
        return replace(self, places={**self.places, pair: place})


def _copied(person: Person, photo: str, copy: str) -> Person:
    return (copy, person[1]) if person[0] == photo else person
