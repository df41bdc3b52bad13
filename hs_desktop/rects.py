"""Rectangles of whole pixels: what a stroke touched, what a view shows.

``engine.tiles.Box`` says the same, but comes with OpenCV, which has to wait until the window
is there. A ``Rect`` is a plain tuple ``(x0, y0, x1, y1)``, for whoever wants no class.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Rect(NamedTuple):
    """Pixels ``x0 <= x < x1``, ``y0 <= y < y1``; empty where there are none."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Rect:
        """The whole of an array of this shape."""
        return cls(0, 0, shape[1], shape[0])

    @classmethod
    def around(cls, points: Iterable[tuple[float, float]], margin: float = 0) -> Rect:
        """The smallest rectangle that holds ``points`` (x, y) and ``margin`` px round them."""
        pairs = list(points)
        if not pairs:
            return EMPTY
        xs, ys = zip(*pairs, strict=True)
        return cls(
            math.floor(min(xs) - margin),
            math.floor(min(ys) - margin),
            math.ceil(max(xs) + margin),
            math.ceil(max(ys) + margin),
        )

    @property
    def width(self) -> int:
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        return max(0, self.y1 - self.y0)

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def empty(self) -> bool:
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of these pixels in an array whose first pixel is (0, 0)."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def shifted(self, dx: int, dy: int) -> Rect:
        return Rect(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def grown(self, by: int) -> Rect:
        return Rect(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def intersected(self, other: Rect) -> Rect:
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Rect(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def united(self, other: Rect) -> Rect:
        """The smallest rectangle that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def shrunk(self, factor: int) -> Rect:
        """The pixels of a picture ``factor`` times smaller that these have a part in."""
        return Rect(
            self.x0 // factor, self.y0 // factor, -(-self.x1 // factor), -(-self.y1 // factor)
        )

    def holds(self, other: Rect) -> bool:
        return other.empty or self.united(other) == self


EMPTY = Rect(0, 0, 0, 0)
