"""Pictures made smaller by whole factors: every pixel the mean of the block it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import Rect

Array = NDArray[Any]


def block_mean(array: Array, factor: int) -> Array:
    """Means of ``factor x factor`` blocks, rounded.

    Args:
        array: (h * factor) x (w * factor) or (h * factor) x (w * factor) x C, uint8 or uint16.
        factor: a power of two, 256 at most.

    Returns:
        h x w (x C) of the same dtype.
    """
    if factor == 1:
        return array
    most = np.iinfo(array.dtype).max * factor * factor
    wide = np.uint16 if most + factor * factor // 2 <= 0xFFFF else np.uint32
    # Row by row and column by column: numpy adds whole strided slices fast, short axes slowly.
    rows = array[0::factor].astype(wide)
    for i in range(1, factor):
        np.add(rows, array[i::factor], out=rows)
    total = rows[:, 0::factor].copy()
    for i in range(1, factor):
        np.add(total, rows[:, i::factor], out=total)
    shift = 2 * (factor.bit_length() - 1)
    np.add(total, wide(1 << (shift - 1)), out=total)
    np.right_shift(total, wide(shift), out=total)
    return total.astype(array.dtype)


def read_blocks(array: Array, rect: Rect, shrink: int, samples: int = 0) -> tuple[Array, int]:
    """What of ``array`` the pixels ``rect`` of a picture ``shrink`` times smaller stand for.

    Args:
        array: H x W (x C).
        rect: pixels of the smaller picture.
        shrink: a power of two.
        samples: rows and columns to take of each block, evenly spaced; all by default.

    Returns:
        (h * f) x (w * f) (x C) and f, the number taken. Beyond the array its edge repeats.
    """
    h, w = array.shape[:2]
    taken = min(samples or shrink, shrink)
    step = shrink // taken
    first = step // 2
    y = slice(rect.y0 * shrink + first, rect.y1 * shrink, step)
    x = slice(rect.x0 * shrink + first, rect.x1 * shrink, step)
    part = array[y, x]
    missing = rect.height * taken - part.shape[0], rect.width * taken - part.shape[1]
    if any(missing):
        if part.size == 0:  # a last block too narrow for any sample
            part = array[min(y.start, h - 1) : h : step, min(x.start, w - 1) : w : step]
            missing = rect.height * taken - part.shape[0], rect.width * taken - part.shape[1]
        ends = [(0, missing[0]), (0, missing[1])] + [(0, 0)] * (array.ndim - 2)
        part = np.pad(part, ends, mode="edge")
    return part, taken
