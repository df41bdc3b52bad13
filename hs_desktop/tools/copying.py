"""Copying from one place of a picture to another, onto a layer over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import Rect

_TILE = 256  # px a side
Cover = NDArray[np.float32]  # h x w, 0..1: how much of what is below a copy hides


class Snapshot:
    """Pixels as they were when they were first read or kept, whatever is painted later.

    Args:
        bounds: all there is.
        read: gives the pixels of a rectangle as they are now, h x w x C; copied here.
    """

    def __init__(self, bounds: Rect, read: Callable[[Rect], NDArray[Any]]) -> None:
        self._bounds = bounds
        self._read = read
        self._tiles: dict[tuple[int, int], NDArray[Any]] = {}

    def keep(self, rect: Rect) -> None:
        """Remember these pixels: they are about to change."""
        for column, row in self._touched(rect):
            if (column, row) not in self._tiles:
                self._tiles[column, row] = np.array(self._read(self._rect(column, row)))

    def read(self, rect: Rect) -> NDArray[Any]:
        """The pixels of ``rect``, which lies within the bounds and isn't empty: a copy."""
        self.keep(rect)
        first = next(iter(self._tiles.values()))
        out = np.empty((rect.height, rect.width, *first.shape[2:]), first.dtype)
        for column, row in self._touched(rect):
            tile = self._rect(column, row)
            part = tile.intersected(rect)
            pixels = self._tiles[column, row][part.shifted(-tile.x0, -tile.y0).slices]
            out[part.shifted(-rect.x0, -rect.y0).slices] = pixels
        return out

    def _touched(self, rect: Rect) -> list[tuple[int, int]]:
        rect = rect.intersected(self._bounds)
        if rect.empty:
            return []
        tiles = rect.shrunk(_TILE)
        return [(x, y) for y in range(tiles.y0, tiles.y1) for x in range(tiles.x0, tiles.x1)]

    def _rect(self, column: int, row: int) -> Rect:
        x, y = column * _TILE, row * _TILE
        return Rect(x, y, x + _TILE, y + _TILE).intersected(self._bounds)


def laid_over(rgba: NDArray[Any], colours: NDArray[Any], cover: Cover) -> NDArray[Any]:
    """Colours laid upon a transparent picture.

    Args:
        rgba: h x w x 4, uint8 or uint16, colours not multiplied by alpha.
        colours: h x w x 3, of the same range; float32 is rounded.
        cover: 0: the picture stays exactly, 1: the colours come through exactly.

    Returns:
        A new h x w x 4 picture.
    """
    top = np.float32(np.iinfo(rgba.dtype).max)
    new = cover[..., None]
    old = (rgba[..., 3:].astype(np.float32) / top) * (1 - new)
    alpha = new + old
    mixed = (colours * new + rgba[..., :3] * old) / np.maximum(alpha, np.float32(1e-6))
    out = np.concatenate([mixed, alpha * top], axis=2)
    result: NDArray[Any] = np.rint(np.clip(out, 0, top)).astype(rgba.dtype)
    return np.where(new > 0, result, rgba)


def faded(rgba: NDArray[Any], cover: Cover) -> NDArray[Any]:
    """A picture that is more transparent where it is covered: ``rgba``'s shape and type."""
    out = rgba.copy()
    out[..., 3] = np.rint(rgba[..., 3] * (1 - cover)).astype(rgba.dtype)
    return out
