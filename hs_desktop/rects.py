"""Rectangles of whole pixels: what a stroke touched, what a view shows.

A ``Rect`` is a plain tuple ``(x0, y0, x1, y1)``, for whoever wants no class.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.boxes import Box


class Rect(Box):
    """A box of pixels, with what only the window asks of it."""

    __slots__ = ()

    @classmethod
    def enclosing(cls, points: Iterable[tuple[float, float]], margin: float = 0) -> Rect:
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
    def area(self) -> int:
        return self.width * self.height

    def shrunk(self, factor: int) -> Rect:
        """The pixels of a picture ``factor`` times smaller that these have a part in."""
        return Rect(
            self.x0 // factor, self.y0 // factor, -(-self.x1 // factor), -(-self.y1 // factor)
        )


EMPTY = Rect(0, 0, 0, 0)
