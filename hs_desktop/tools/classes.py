"""Growing, shrinking and smoothing a class of a layout.

Nothing is changed in place: each gives the rectangle that changes and its new class ids.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import EMPTY, Rect

Ids = NDArray[np.uint8]
Change = tuple[Rect, Ids]  # what changes, and its pixels from now on
_NOTHING: Change = (EMPTY, np.zeros((0, 0), np.uint8))


def grow(ids: Ids, class_id: int, px: float, protected: Collection[int] = ()) -> Change:
    """The class takes what lies within ``px`` of it (centre to centre).

    Args:
        ids: H x W class ids.
        protected: classes that lose nothing.
    """
    import cv2  # late: it comes with much that the window's first paint doesn't need

    rect = _around(ids, class_id, px)
    if rect.empty:
        return _NOTHING
    part = ids[rect.slices]
    distance = cv2.distanceTransform(
        (part != class_id).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    taken = (distance <= px) & ~np.isin(part, list(protected))
    return rect, np.where(taken, np.uint8(class_id), part)


def shrink(ids: Ids, class_id: int, px: float) -> Change:
    """The class loses what lies within ``px`` of another class, to the nearest one."""
    import cv2

    rect = _around(ids, class_id, 1)
    part = ids[rect.slices]
    if rect.empty or (part == class_id).all():
        return _NOTHING
    mine = part == class_id
    distance = cv2.distanceTransform(mine.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return rect, _given_away(part, mine, mine & (distance <= px))


def smooth(ids: Ids, class_id: int, px: float) -> Change:
    """The border of the class loses its details finer than about ``px``."""
    import cv2

    rect = _around(ids, class_id, 3 * px)
    part = ids[rect.slices]
    if rect.empty or (part == class_id).all():
        return _NOTHING
    mine = part == class_id
    soft = cv2.GaussianBlur(
        mine.astype(np.float32), (0, 0), max(px, 0.1), borderType=cv2.BORDER_REPLICATE
    )
    now = soft >= 0.5
    pixels = _given_away(part, mine, mine & ~now)
    pixels[now] = class_id
    return rect, pixels


def _around(ids: Ids, class_id: int, margin: float) -> Rect:
    mine = ids == class_id
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    if not rows.size:
        return EMPTY
    box = Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return box.grown(int(np.ceil(margin)) + 1).intersected(Rect.of(ids.shape))


def _given_away(part: Ids, mine: NDArray[np.bool_], free: NDArray[np.bool_]) -> Ids:
    """``part`` with the pixels ``free`` of a class (``mine``) given to the nearest other class."""
    import cv2

    _, nearest = cv2.distanceTransformWithLabels(
        mine.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(nearest.max()) + 1, np.uint8)
    owner[nearest[~mine]] = part[~mine]
    pixels = part.copy()
    pixels[free] = owner[nearest[free]]
    return pixels
