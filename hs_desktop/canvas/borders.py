"""The borders between the classes of a layout as lines along the pixels' edges."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import Rect

Line = tuple[int, int, int, int]  # x0, y0, x1, y1


def border_lines(
    ids: NDArray[np.uint8], part: Rect, hidden: Iterable[int] = ()
) -> dict[int, list[Line]]:
    """Lines between pixels of different classes.

    Args:
        ids: H x W class ids.
        part: the pixels to look at.
        hidden: classes without borders between them.

    Returns:
        By the class whose border it is (of two the higher id, for 0 is the background): lines
        in pixels of ``ids``, as long as the border goes straight on.
    """
    table = np.arange(256, dtype=np.int16)
    table[list(hidden)] = -1
    view = table[ids[part.slices]]
    found: dict[int, list[Line]] = {}
    for upright in (True, False):
        along = view.T if upright else view
        # Rows of ``along`` are the lines to run along: columns of the picture, or its rows.
        differs = along[1:] != along[:-1]
        key = np.where(differs, np.maximum(along[1:], along[:-1]), np.int16(-1))
        for class_id, line, start, end in _runs(key):
            if upright:
                x, y0, y1 = part.x0 + line + 1, part.y0 + start, part.y0 + end
                found.setdefault(class_id, []).append((x, y0, x, y1))
            else:
                y, x0, x1 = part.y0 + line + 1, part.x0 + start, part.x0 + end
                found.setdefault(class_id, []).append((x0, y, x1, y))
    return found


def _runs(key: NDArray[np.int16]) -> list[tuple[int, int, int, int]]:
    """Stretches of equal values >= 0 in the rows of ``key``: (value, row, start, end)."""
    if key.size == 0:
        return []
    fence = np.full((key.shape[0], 1), -1, np.int16)
    padded = np.hstack([fence, key, fence])
    steps = padded[:, 1:] != padded[:, :-1]
    starts = np.argwhere(steps & (padded[:, 1:] >= 0))
    ends = np.argwhere(steps & (padded[:, :-1] >= 0))
    values = key[starts[:, 0], starts[:, 1]]
    return list(
        zip(
            values.tolist(), starts[:, 0].tolist(), starts[:, 1].tolist(), ends[:, 1].tolist(),
            strict=True,
        )
    )  # fmt: skip
