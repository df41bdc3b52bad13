"""Which classes a layout holds, known again quickly after a stroke."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hs_desktop.document.planes import Plane, Tile
from hs_desktop.rects import Rect


class ClassesPresent:
    """Counted tile by tile, only where something changed.

    Args:
        plane: H x W uint8 class ids.
    """

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self._tiles: dict[Tile, frozenset[int]] = {}

    def touch(self, rects: Iterable[Rect]) -> None:
        """Pixels have changed in ``rects``; everywhere without any."""
        for rect in tuple(rects) or (self.plane.rect,):
            for tile in self.plane.tiles(rect):
                self._tiles.pop(tile, None)

    def ids(self) -> frozenset[int]:
        """The ids of all classes that have a pixel."""
        for tile in self.plane.tiles(self.plane.rect):
            if tile not in self._tiles:
                pixels = self.plane.pixels[self.plane.tile_rect(tile).slices]
                counts = np.bincount(pixels.ravel(), minlength=1)
                self._tiles[tile] = frozenset(np.flatnonzero(counts).tolist())
        return frozenset().union(*self._tiles.values())
