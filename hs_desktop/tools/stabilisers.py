"""A calmer line than the hand's.

Each takes the hand's positions, straight lines between them, and gives the brush's. The
brush's way depends on the hand's way alone, not on how many positions were reported along it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

SAME_PLACE = 1e-6  # photo px: positions nearer than this differ by rounding only


@dataclass(frozen=True)
class Sample:
    """A position of hand or brush: photo px, pressure 0..1."""

    x: float
    y: float
    pressure: float = 1.0

    def distance(self, other: Sample) -> float:
        return math.hypot(other.x - self.x, other.y - self.y)

    def towards(self, other: Sample, part: float) -> Sample:
        """``part`` of the way to ``other``."""
        return Sample(
            self.x + (other.x - self.x) * part,
            self.y + (other.y - self.y) * part,
            self.pressure + (other.pressure - self.pressure) * part,
        )


class Stabiliser(Protocol):
    """Begun with the first position of the hand; then asked for each further one."""

    def begin(self, hand: Sample) -> None: ...

    def follow(self, hand: Sample) -> list[Sample]:
        """The positions of the brush while the hand moves to ``hand``."""
        ...

    def finish(self) -> list[Sample]:
        """The hand is lifted: the brush catches up."""
        ...


class Direct:
    """The brush is where the hand is."""

    def begin(self, hand: Sample) -> None:
        pass

    def follow(self, hand: Sample) -> list[Sample]:
        return [hand]

    def finish(self) -> list[Sample]:
        return []


class Lagging:
    """The brush runs after the hand, the faster the further it is behind.

    It looks where the hand is at equal steps of the hand's way, short beside ``length``.
    While the hand goes on by ds, the brush comes nearer by ds / length of the distance:
    dp/ds = (hand - p) / length. Along a straight line this has a solution, so the brush is
    where it ought to be at every step.

    Args:
        length: photo px that the brush stays behind.
    """

    def __init__(self, length: float) -> None:
        self._length = max(length, 1e-3)
        self._step = max(1.0, length / 16)
        self._left = self._step  # photo px that the hand goes to the next step
        self._hand = self._brush = Sample(0.0, 0.0)

    def begin(self, hand: Sample) -> None:
        self._hand = self._brush = hand
        self._left = self._step

    def follow(self, hand: Sample) -> list[Sample]:
        passed = [self._after(step) for step in self._steps_to(hand)]
        self._after(hand)
        return passed

    def finish(self) -> list[Sample]:
        return [self._brush, self._hand]

    def _steps_to(self, hand: Sample) -> list[Sample]:
        """Where the hand is at the steps that it makes on its way to ``hand``."""
        way = self._hand.distance(hand)
        steps = []
        gone = self._left
        while gone <= way + SAME_PLACE:
            steps.append(self._hand.towards(hand, min(gone / way, 1.0)))
            gone += self._step
        self._left = gone - way
        return steps

    def _after(self, hand: Sample) -> Sample:
        """The brush once the hand has gone straight on to ``hand``."""
        start, brush, way = self._hand, self._brush, self._hand.distance(hand)
        self._hand = hand
        if way > 0:
            stays = math.exp(-way / self._length)
            behind = self._length * (1 - stays) / way
            self._brush = Sample(
                hand.x - (hand.x - start.x) * behind + (brush.x - start.x) * stays,
                hand.y - (hand.y - start.y) * behind + (brush.y - start.y) * stays,
                hand.pressure,
            )
        return self._brush
