"""From the positions of a hand to the dabs of a brush.

Dabs lie at equal distances along a smooth line through the hand's positions, however many of
these there were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hs_desktop.tools.stabilisers import SAME_PLACE, Direct, Sample, Stabiliser

_SHORTEST_STEP = 0.5  # px between dabs, of the smallest brushes too


@dataclass(frozen=True)
class Brush:
    """What a dab looks like.

    Attributes:
        diameter: photo px.
        hardness: 0..1, the part of the radius with full strength; beyond, it falls to zero.
        spacing: distance of dabs as a part of the diameter.
        opacity: 0..1, the strength of a dab.
        roundness: 0..1, height by width.
        angle: degrees, clockwise.
        size_by_pressure: 0..1; 1: no pressure, no size.
        opacity_by_pressure: 0..1; 1: no pressure, no strength.
    """

    diameter: float = 40.0
    hardness: float = 1.0
    spacing: float = 0.1
    opacity: float = 1.0
    roundness: float = 1.0
    angle: float = 0.0
    size_by_pressure: float = 0.0
    opacity_by_pressure: float = 0.0

    def dab(self, at: Sample) -> Dab:
        """The dab at a position of the brush."""
        pressure = min(max(at.pressure, 0.0), 1.0)
        return Dab(
            at.x,
            at.y,
            self.diameter * (1 - self.size_by_pressure * (1 - pressure)),
            self.opacity * (1 - self.opacity_by_pressure * (1 - pressure)),
        )

    def step(self, dab: Dab) -> float:
        """Photo px from this dab to the next."""
        return max(_SHORTEST_STEP, self.spacing * dab.diameter * math.sqrt(self.roundness))


@dataclass(frozen=True)
class Dab:
    """A stamp of the brush: its middle and size in photo px, its strength 0..1."""

    x: float
    y: float
    diameter: float
    opacity: float = 1.0


class Stroke:
    """A line in the making.

    Args:
        brush: what is painted with.
        stabiliser: none by default.
    """

    def __init__(self, brush: Brush, stabiliser: Stabiliser | None = None) -> None:
        self._brush = brush
        self._stabiliser = stabiliser or Direct()
        self._line = _Smooth()
        self._last: Sample | None = None  # up to here dabs have been placed
        self._left = 0.0  # photo px from there to the next one

    def add(self, x: float, y: float, pressure: float = 1.0) -> list[Dab]:
        """The dabs that the hand's next position (photo px) brings; the first at once."""
        hand = Sample(x, y, pressure)
        if self._last is None:
            self._stabiliser.begin(hand)
            self._line.begin(hand)
            self._last = hand
            first = self._brush.dab(hand)
            self._left = self._brush.step(first)
            return [first]
        return [
            dab
            for brush in self._stabiliser.follow(hand)
            for point in self._line.add(brush)
            for dab in self._dabs_to(point)
        ]

    def finish(self) -> list[Dab]:
        """The hand is lifted: the dabs up to its last position."""
        if self._last is None:
            return []
        dabs = [
            dab
            for brush in self._stabiliser.finish()
            for point in self._line.add(brush)
            for dab in self._dabs_to(point)
        ]
        return dabs + [dab for point in self._line.finish() for dab in self._dabs_to(point)]

    def _dabs_to(self, end: Sample) -> list[Dab]:
        assert self._last is not None
        start, way = self._last, self._last.distance(end)
        self._last = end
        dabs = []
        gone = 0.0
        while way - gone >= self._left:
            gone += self._left
            dab = self._brush.dab(start.towards(end, gone / way))
            dabs.append(dab)
            self._left = self._brush.step(dab)
        self._left -= way - gone
        return dabs


@dataclass
class _Smooth:
    """Parabolas from the middle of one segment to the middle of the next."""

    points: list[Sample] = field(default_factory=list)

    def begin(self, point: Sample) -> None:
        self.points = [point]

    def add(self, point: Sample) -> list[Sample]:
        if point.distance(self.points[-1]) < SAME_PLACE:
            self.points[-1] = point
            return []
        self.points.append(point)
        if len(self.points) == 2:
            return [self.points[0].towards(point, 0.5)]
        before, corner, after = self.points[-3:]
        self.points = [corner, after]
        start, end = before.towards(corner, 0.5), corner.towards(after, 0.5)
        return _parabola(start, corner, end)

    def finish(self) -> list[Sample]:
        return self.points[-1:]


def _parabola(start: Sample, corner: Sample, end: Sample) -> list[Sample]:
    """Points on the way from ``start`` (left out) to ``end``, near enough to be the curve."""
    middle = start.towards(end, 0.5)
    bulge = middle.distance(corner) / 2
    steps = max(1, math.ceil(math.sqrt(bulge / 0.1)))  # at most 0.1 px off
    return [
        start.towards(corner, t).towards(corner.towards(end, t), t)
        for t in (i / steps for i in range(1, steps + 1))
    ]
