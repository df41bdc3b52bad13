"""The absolute tile grid that full-resolution work runs on.

Tiles stand on a grid that is fixed to the photo's origin, whatever part of it is asked for:
so a pixel comes out the same, bit for bit, in a whole run, in a crop and in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from engine.arrays import Pixels
from engine.boxes import Box

WORKERS = max(1, min(4, os.cpu_count() or 1))


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
