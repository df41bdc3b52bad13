"""Filling what belongs together: a patch of a class, or of a colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import EMPTY, Rect


def flood(
    picture: NDArray[Any], seed: tuple[int, int], tolerance: int = 0, contiguous: bool = True
) -> tuple[Rect, NDArray[np.bool_]]:
    """The pixels like the one at ``seed``.

    Args:
        picture: H x W uint8 class ids (then without tolerance), or a photo to go by, H x W x 3
            uint8 or uint16.
        seed: (column, row).
        tolerance: by how much each channel may differ, in levels of 8 bit.
        contiguous: only those that hang together with the seed, edge to edge.

    Returns:
        A rectangle and which of its pixels belong to it, h x w; empty for a seed beside the
        picture.
    """
    x, y = seed
    h, w = picture.shape[:2]
    if not (0 <= x < w and 0 <= y < h):
        return EMPTY, np.zeros((0, 0), bool)
    if picture.dtype == np.uint16:
        tolerance *= 257
    if not contiguous:
        return _cut(_alike(picture, picture[y, x], tolerance))
    import cv2  # late: it comes with much that the window's first paint doesn't need

    # OpenCV wants to be able to write, though it only marks the mask here.
    target = np.require(picture, np.float32 if picture.dtype == np.uint16 else None, ["C", "W"])
    marks = np.zeros((h + 2, w + 2), np.uint8)
    flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    span = (tolerance,) * 3
    _, _, _, (x0, y0, width, height) = cv2.floodFill(target, marks, (x, y), 0, span, span, flags)
    rect = Rect(x0, y0, x0 + width, y0 + height)
    return rect, marks[1:-1, 1:-1][rect.slices] != 0


def _alike(picture: NDArray[Any], value: NDArray[Any], tolerance: int) -> NDArray[np.bool_]:
    if tolerance == 0:
        same = picture == value
    else:
        same = np.abs(picture.astype(np.int32) - value) <= tolerance
    alike: NDArray[np.bool_] = same if picture.ndim == 2 else same.all(axis=-1)
    return alike


def _cut(mask: NDArray[np.bool_]) -> tuple[Rect, NDArray[np.bool_]]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    rect = Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return rect, mask[rect.slices]
