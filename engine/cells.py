"""The body photo on cells: means of k x k pixels, about one frame pixel each.

Cells are fixed to the photo's origin and k is a power of two, so whatever is smooth is worked
out on them, brought up to pixels tile by tile, and comes out the same in every tiling.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.framing import FRAME_SIZE, Similarity, warp
from engine.texture import PITCH, luminance
from engine.tiles import Box, each, power_of_two, read_padded, tiles

Field = NDArray[np.float32]


@dataclass(frozen=True)
class CellGrid:
    """Where cells lie.

    Attributes:
        size: k, pixels per cell.
        box: the pixels they cover, aligned to ``PITCH`` cells; may stick out of the photo.
        from_frame: canonical frame -> coordinates on the grid, in cells.
    """

    size: int
    box: Box
    from_frame: Similarity

    @classmethod
    def of(cls, photo: Box, to_frame: Similarity) -> CellGrid:
        """Cells for all that the frame shows of a photo, and a little around."""
        back = to_frame.inverse()
        size = power_of_two(back.scale)
        n = FRAME_SIZE
        corners = back.apply(np.array([(0, 0), (n, 0), (0, n), (n, n)], dtype=np.float64))
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        box = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).grown(2 * size)
        box = (box & photo).aligned(size * PITCH)
        to_cells = Similarity(1 / size, 0, -box.x0 / size, -box.y0 / size)
        return cls(size, box, back.then(to_cells))

    @property
    def cells(self) -> Box:
        return self.box.over(self.size)

    @property
    def shape(self) -> tuple[int, int]:
        return self.cells.shape

    @property
    def scale(self) -> float:
        """Cells per frame px."""
        return self.from_frame.scale

    def from_frame_field(
        self, field: NDArray, interpolation: int, *, beyond: float | None = None
    ) -> NDArray:
        """A frame's field on the cells; ``beyond`` the frame its edge or a value."""
        border = cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT
        return warp(
            field,
            self.from_frame,
            (self.shape[1], self.shape[0]),
            interpolation=interpolation,
            border=border,
            border_value=beyond or 0,
        )


def unit_of(pixels: NDArray) -> np.float32:
    """What one step of a photo's values is on the scale 0..255."""
    return np.float32(255 / np.iinfo(pixels.dtype).max)


def cell_means(pixels: NDArray, box: Box, size: int) -> tuple[Field, Field]:
    """Mean colour (H x W x 3, 0..255) of cells and the variance (H x W) of luminance in each."""
    rows, columns = box.over(size).shape
    mean = np.empty((rows, columns, 3), np.float32)
    within = np.zeros((rows, columns), np.float32)
    unit = unit_of(pixels)

    def measure(tile: Box) -> None:
        part = tile & box
        values = read_padded(pixels, part).astype(np.float32) * unit
        place = part.over(size).within(box.over(size))
        if size == 1:
            mean[place] = values
            return
        small = part.over(size).shape[::-1]
        mean[place] = cv2.resize(values, small, interpolation=cv2.INTER_AREA)
        grey = luminance(values)
        square = cv2.resize(grey * grey, small, interpolation=cv2.INTER_AREA)
        within[place] = np.maximum(square - luminance(mean[place]) ** 2, 0)

    each(measure, list(tiles(box, max(256, size * PITCH))))
    return mean, within
