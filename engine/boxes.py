"""Rectangles of whole pixels. Without OpenCV, for the window's wing draws with them as well."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """Pixels ``x0 <= x < x1``, ``y0 <= y < y1``; empty where there are none."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Self:
        """The whole of an array of this shape."""
        return cls(0, 0, shape[1], shape[0])

    @classmethod
    def around(cls, mask: NDArray[Any]) -> Self:
        """The smallest box that holds every pixel of an H x W array that isn't zero."""
        rows = np.flatnonzero(mask.any(axis=1))
        if not rows.size:
            return cls(0, 0, 0, 0)
        y0, y1 = int(rows[0]), int(rows[-1]) + 1
        columns = np.flatnonzero(mask[y0:y1].any(axis=0))
        return cls(int(columns[0]), y0, int(columns[-1]) + 1, y1)

    @property
    def width(self) -> int:
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        return max(0, self.y1 - self.y0)

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def empty(self) -> bool:
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of these pixels in an array whose first pixel is (0, 0)."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Index of these pixels in an array that holds ``outer``."""
        return self.shifted(-outer.x0, -outer.y0).slices

    def shifted(self, dx: int, dy: int) -> Self:
        return type(self)(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def grown(self, by: int) -> Self:
        return type(self)(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def intersected(self, other: Box) -> Self:
        """The pixels that are in both: ``&``."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return type(self)(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def united(self, other: Self) -> Self:
        """The smallest rectangle that holds both: ``|``."""
        if self.empty or other.empty:
            return other if self.empty else self
        return type(self)(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def __and__(self, other: Box) -> Self:
        return self.intersected(other)

    def __or__(self, other: Self) -> Self:
        return self.united(other)

    def aligned(self, step: int) -> Self:
        """Grown outwards to multiples of ``step``."""
        return type(self)(
            self.x0 // step * step,
            self.y0 // step * step,
            -(-self.x1 // step) * step,
            -(-self.y1 // step) * step,
        )

    def times(self, factor: int) -> Self:
        return type(self)(self.x0 * factor, self.y0 * factor, self.x1 * factor, self.y1 * factor)

    def over(self, factor: int) -> Self:
        """The box in units of ``factor`` pixels; this one must be aligned to them."""
        return type(self)(
            self.x0 // factor, self.y0 // factor, self.x1 // factor, self.y1 // factor
        )
