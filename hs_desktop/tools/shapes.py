"""Lasso and polygon: the pixels that a closed line goes round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import EMPTY, Rect


def polygon(points: Sequence[tuple[float, float]], bounds: Rect) -> tuple[Rect, NDArray[np.bool_]]:
    """The pixels whose centres a closed line goes round, at least once (where it crosses itself).

    Args:
        points: (x, y) in photo px; the last is joined to the first.
        bounds: the photo.

    Returns:
        A rectangle within ``bounds``, and which of its pixels are inside: h x w.
    """
    rect = Rect.enclosing(points).intersected(bounds) if len(points) > 2 else EMPTY
    if rect.empty:
        return EMPTY, np.zeros((0, 0), bool)
    corners = np.asarray(points, np.float64)
    start, end = corners, np.roll(corners, -1, axis=0)
    upwards = start[:, 1] > end[:, 1]
    low, high = np.where(upwards[:, None], end, start), np.where(upwards[:, None], start, end)
    # Rows whose centre line an edge crosses: its lower end belongs to it, its upper doesn't.
    first = np.clip(np.ceil(low[:, 1] - 0.5).astype(np.int64), rect.y0, rect.y1)
    after = np.clip(np.ceil(high[:, 1] - 0.5).astype(np.int64), rect.y0, rect.y1)
    count = np.maximum(after - first, 0)
    edge = np.repeat(np.arange(len(corners)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    row = first[edge] + nth
    slope = (high[edge] - low[edge])[:, 0] / (high[edge] - low[edge])[:, 1]
    x = low[edge, 0] + (row + 0.5 - low[edge, 1]) * slope
    column = np.clip(np.ceil(x - 0.5).astype(np.int64), rect.x0, rect.x1) - rect.x0
    # How often the line winds round a pixel changes where it is crossed on the way there.
    winding = np.zeros((rect.height, rect.width + 1), np.int32)
    np.add.at(winding, (row - rect.y0, column), np.where(upwards[edge], 1, -1))
    np.cumsum(winding, axis=1, out=winding)
    return rect, winding[:, :-1] != 0
