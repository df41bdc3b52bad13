"""The body photo on cells: means of k x k pixels, about one frame pixel each.

Cells are fixed to the photo's origin and k is a power of two, so whatever is smooth is worked
out on them, brought up to pixels tile by tile, and comes out the same in every tiling.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Pixels
from engine.boxes import Box
from engine.framing import FRAME_SIZE, Similarity, warp
from engine.tiles import each, power_of_two, read_padded, tiles

PITCH = 4  # cells between the nodes of texture lattices: boxes of cells are aligned to it
FINE = 4  # cells are divided into this many fine places a side, if they have so many pixels


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
        self, field: Pixels, interpolation: int, *, beyond: float | None = None
    ) -> Pixels:
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


def unit_of(pixels: Pixels) -> np.float32:
    """What one step of a photo's values is on the scale 0..255."""
    return np.float32(255 / np.iinfo(pixels.dtype).max)


def luminance(colours: Field) -> Field:
    return cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)


@dataclass(frozen=True)
class CellMeans:
    """A picture on cells and on the finer places that cells are divided into.

    Attributes:
        cells: HxWx3, 0..255.
        fine: (H * ratio)x(W * ratio)x3.
        within: HxW, variance of luminance within fine places, averaged over the cell.
    """

    cells: Field
    fine: Field
    within: Field

    @property
    def ratio(self) -> int:
        return self.fine.shape[0] // self.cells.shape[0]


def fine_size(size: int) -> int:
    """Pixels per fine place, for cells of ``size`` pixels."""
    return max(1, size // FINE)


def cell_means(pixels: Pixels, box: Box, size: int) -> CellMeans:
    """Means over ``box`` (aligned to ``PITCH`` cells); beyond the border edge pixels go on."""
    rows, columns = box.over(size).shape
    fine_pixels = fine_size(size)
    ratio = size // fine_pixels
    cells = np.empty((rows, columns, 3), np.float32)
    fine = np.empty((rows * ratio, columns * ratio, 3), np.float32)
    within = np.zeros((rows, columns), np.float32)
    unit = unit_of(pixels)

    def measure(tile: Box) -> None:
        part = tile & box
        values: Field = read_padded(pixels, part).astype(np.float32) * unit
        place = part.over(size).within(box.over(size))
        small = part.over(size).shape[::-1]
        middle: Field = values
        if fine_pixels > 1:
            parts = part.over(fine_pixels).shape[::-1]
            middle = cv2.resize(values, parts, interpolation=cv2.INTER_AREA)
            grey = luminance(values)
            square = cv2.resize(grey * grey, parts, interpolation=cv2.INTER_AREA)
            square -= luminance(middle) ** 2
            within[place] = np.maximum(cv2.resize(square, small, interpolation=cv2.INTER_AREA), 0)
        fine[part.over(fine_pixels).within(box.over(fine_pixels))] = middle
        if ratio > 1:
            middle = cv2.resize(middle, small, interpolation=cv2.INTER_AREA)
        cells[place] = middle

    each(measure, list(tiles(box, max(256, size * PITCH))))
    return CellMeans(cells, fine, within)
