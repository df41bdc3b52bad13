"""A copy that takes on the tone of where it is laid: structure from there, colours from here.

What differs between the copy and its surroundings is known all round; inside, it is continued
smoothly and added to the copy, so that no edge is left.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import Rect
from hs_desktop.tools.copying import Cover

_LONGEST = 512  # cells; what is sought is smooth, so it needs no more
_CELL = 2  # px a side at least: single pixels are noise
_SAMPLES = 4_000_000  # pixels looked at; of larger pictures only some rows and columns are


class Correction:
    """What to add to a copy.

    Args:
        below: h x w x 3, what lies where the copy is laid.
        copied: h x w x 3, what is laid there.
        cover: where; around it has to be some room in which it is 0, or nothing is known.
    """

    def __init__(self, below: NDArray[Any], copied: NDArray[Any], cover: Cover) -> None:
        from engine.spreading import shrink, spread  # late: OpenCV comes with it

        self._size = cover.shape[1], cover.shape[0]
        stride = max(1, math.ceil(math.sqrt(cover.size / _SAMPLES)))
        below, copied, cover = (a[::stride, ::stride] for a in (below, copied, cover))
        height, width = cover.shape
        cell = max(_CELL, math.ceil(max(height, width) / _LONGEST))
        cells = math.ceil(width / cell), math.ceil(height / cell)
        outside = (cover == 0).astype(np.float32)
        difference = (below.astype(np.float32) - copied) * outside[..., None]
        weight = shrink(outside, cells)
        mean = shrink(difference, cells) / np.maximum(weight, np.float32(1e-6))[..., None]
        self._cells = spread(mean, (weight >= 0.5).astype(np.float32))

    def of(self, rect: Rect) -> NDArray[np.float32]:
        """For a part of the copy: h x w x 3, in levels of the pixels."""
        import cv2

        rows, columns = self._cells.shape[:2]
        width, height = self._size
        x = (np.arange(rect.x0, rect.x1, dtype=np.float32) + 0.5) * (columns / width) - 0.5
        y = (np.arange(rect.y0, rect.y1, dtype=np.float32) + 0.5) * (rows / height) - 0.5
        across = np.broadcast_to(x.astype(np.float32), (rect.height, rect.width))
        down = np.broadcast_to(y.astype(np.float32)[:, None], (rect.height, rect.width))
        return cv2.remap(
            self._cells, np.ascontiguousarray(across), np.ascontiguousarray(down),
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float32, copy=False)  # fmt: skip
