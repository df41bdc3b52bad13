"""Boxes of pixels and the absolute tile grid that full-resolution work runs on.

Tiles stand on a grid that is fixed to the photo's origin, whatever part of it is asked for:
so a pixel comes out the same, bit for bit, in a whole run, in a crop and in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Mask, Pixels

WORKERS = max(1, min(4, os.cpu_count() or 1))


@dataclass(frozen=True)
class Box:
    """Pixels ``x0 <= x < x1``, ``y0 <= y < y1``."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Box:
        """The whole of an array of this shape."""
        return cls(0, 0, shape[1], shape[0])

    @classmethod
    def around(cls, mask: Mask) -> Box:
        """The smallest box that holds every true pixel."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            return cls(0, 0, 0, 0)
        return cls(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

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

    def shifted(self, dx: int, dy: int) -> Box:
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def grown(self, by: int) -> Box:
        return Box(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def __and__(self, other: Box) -> Box:
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Box(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def __or__(self, other: Box) -> Box:
        if self.empty or other.empty:
            return other if self.empty else self
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def aligned(self, step: int) -> Box:
        """Grown outwards to multiples of ``step``."""
        return Box(
            self.x0 // step * step,
            self.y0 // step * step,
            -(-self.x1 // step) * step,
            -(-self.y1 // step) * step,
        )

    def times(self, factor: int) -> Box:
        return Box(self.x0 * factor, self.y0 * factor, self.x1 * factor, self.y1 * factor)

    def over(self, factor: int) -> Box:
        """The box in units of ``factor`` pixels; this one must be aligned to them."""
        return Box(self.x0 // factor, self.y0 // factor, self.x1 // factor, self.y1 // factor)


def tiles(box: Box, size: int) -> Iterator[Box]:
    """The tiles of the absolute grid that meet ``box``, whole, row by row."""
    if box.empty:
        return
    outer = box.aligned(size)
    for y in range(outer.y0, outer.y1, size):
        for x in range(outer.x0, outer.x1, size):
            yield Box(x, y, x + size, y + size)


def read_padded(array: Pixels, box: Box) -> Pixels:
    """``array`` inside ``box``; beyond the border its edge pixels are repeated."""
    inside = box & Box.of(array.shape)
    if inside == box:
        return array[box.slices]
    h, w = array.shape[:2]
    if inside.empty:  # wholly beyond: the nearest pixels
        x = np.clip(np.arange(box.x0, box.x1), 0, w - 1)
        y = np.clip(np.arange(box.y0, box.y1), 0, h - 1)
        return array[y[:, None], x[None, :]]
    return cv2.copyMakeBorder(
        np.ascontiguousarray(array[inside.slices]),
        inside.y0 - box.y0,
        box.y1 - inside.y1,
        inside.x0 - box.x0,
        box.x1 - inside.x1,
        cv2.BORDER_REPLICATE,
    )


def each(
    work: Callable[[Box], None],
    boxes: Sequence[Box],
    *,
    progress: Callable[[float], None] | None = None,
    check_cancel: Callable[[], None] | None = None,
) -> None:
    """Run ``work`` on every box, in a few threads; the order doesn't matter.

    Args:
        progress: called with the fraction done, below 1, in this thread.
        check_cancel: raises to stop; no further box is started then.
    """
    if len(boxes) < 2 or WORKERS == 1:
        for k, box in enumerate(boxes):
            _report(k / len(boxes), progress, check_cancel)
            work(box)
        return
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(work, box) for box in boxes]
        try:
            for k, future in enumerate(futures):
                _report(k / len(boxes), progress, check_cancel)
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _report(
    fraction: float,
    progress: Callable[[float], None] | None,
    check_cancel: Callable[[], None] | None,
) -> None:
    if check_cancel is not None:
        check_cancel()
    if progress is not None:
        progress(fraction)


def upsample(
    grid: Pixels, cells: Box, factor: int, tile: Box, interpolation: int = cv2.INTER_LINEAR
) -> Pixels:
    """The pixels of ``tile`` from a grid of one value (or colour) per ``factor`` pixels.

    Args:
        grid: values of the cells in ``cells`` (in units of cells, from the photo's origin).
        factor: a power of two, so that positions are exact and don't depend on the tile.
        tile: in pixels, aligned to ``factor``.
    """
    inside = tile.over(factor).shifted(-cells.x0, -cells.y0)
    if factor == 1:
        return read_padded(grid, inside)
    margin = 2
    crop = np.ascontiguousarray(read_padded(grid, inside.grown(margin)))
    h, w = crop.shape[:2]
    large = cv2.resize(crop, (w * factor, h * factor), interpolation=interpolation)
    cut = margin * factor
    return large[cut : cut + tile.height, cut : cut + tile.width]


def power_of_two(value: float, largest: int = 64) -> int:
    """The power of two nearest to ``value`` (in ratio), 1 .. ``largest``."""
    return int(2 ** np.clip(np.rint(np.log2(max(value, 1e-6))), 0, np.log2(largest)))
