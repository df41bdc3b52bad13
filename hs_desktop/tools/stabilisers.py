"""A calmer line than the hand's.

Each takes the hand's positions, straight lines between them, and gives the brush's. The
brush's way depends on the hand's way alone, not on how many positions were reported along it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


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

    While the hand goes on by ds, the brush comes nearer by ds / length of the distance:
    dp/ds = (hand - p) / length. Along a straight line this has a solution, so no step size
    comes in.

    Args:
        length: photo px that the brush stays behind.
    """

    def __init__(self, length: float) -> None:
        self._length = max(length, 1e-3)
        self._hand = self._brush = Sample(0.0, 0.0)

    def begin(self, hand: Sample) -> None:
        self._hand = self._brush = hand

    def follow(self, hand: Sample) -> list[Sample]:
        start, first, way = self._hand, self._brush, self._hand.distance(hand)
        self._hand = hand
        if way == 0:
            return []
        ux, uy = (hand.x - start.x) / way, (hand.y - start.y) / way
        steps = math.ceil(way / self._length * 4)
        passed = []
        for i in range(1, steps + 1):
            s = way * i / steps
            stays = math.exp(-s / self._length)
            behind = self._length * (1 - stays)
            at = start.towards(hand, i / steps)
            passed.append(
                Sample(
                    at.x - ux * behind + (first.x - start.x) * stays,
                    at.y - uy * behind + (first.y - start.y) * stays,
                    at.pressure,
                )
            )
        self._brush = passed[-1]
        return passed

    def finish(self) -> list[Sample]:
        return [self._hand]


class Rope:
    """The hand pulls the brush on a rope; while it hangs loose, the brush rests.

    Args:
        length: of the rope, photo px.
    """

    def __init__(self, length: float) -> None:
        self._length = length
        self._hand = self._brush = Sample(0.0, 0.0)

    def begin(self, hand: Sample) -> None:
        self._hand = self._brush = hand

    def follow(self, hand: Sample) -> list[Sample]:
        start = self._hand
        self._hand = hand
        # Short steps: the brush turns to the hand a little with each.
        steps = max(1, math.ceil(start.distance(hand) / max(0.5, self._length / 16)))
        passed = []
        for i in range(1, steps + 1):
            at = start.towards(hand, i / steps)
            taut = self._brush.distance(at)
            if taut > self._length:
                moved = self._brush.towards(at, 1 - self._length / taut)
                self._brush = Sample(moved.x, moved.y, at.pressure)
                passed.append(self._brush)
        return passed

    def finish(self) -> list[Sample]:
        """What hangs loose stays loose: the end of the line is where the brush is."""
        return []
