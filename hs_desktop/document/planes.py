"""Arrays that a user edits, and parts cut out of arrays that nobody edits.

A ``Plane`` hands out its pixels read-only: they change through ``tiles.Recorder`` and
``tiles.TilePatch`` alone, so nothing changes that can't be undone.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import Rect

TILE = 256  # pixels a side
Tile = tuple[int, int]  # row, column


class Plane:
    """H x W or H x W x C pixels, uint8 or uint16, kept in tiles of 256 x 256 for undo and hashes.

    Args:
        pixels: is copied.
    """

    def __init__(self, pixels: NDArray[Any]) -> None:
        if pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"pixels are {pixels.dtype}, not uint8 or uint16")
        if pixels.ndim not in (2, 3) or not pixels.size:
            raise ValueError(f"pixels are of shape {pixels.shape}, not H x W or H x W x C")
        self._pixels = np.array(pixels, order="C")
        self._digests: dict[Tile, bytes] = {}
        self._key: str | None = None
        self.revision = 0

    @property
    def pixels(self) -> NDArray[Any]:
        """A read-only view; what is painted later shows in it."""
        view = self._pixels.view()
        view.flags.writeable = False
        return view

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return int(self._pixels.shape[1]), int(self._pixels.shape[0])

    @property
    def rect(self) -> Rect:
        return Rect(0, 0, *self.size)

    @property
    def nbytes(self) -> int:
        return self._pixels.nbytes

    @property
    def key(self) -> str:
        """A hash of the content; only tiles written since the last time are read again."""
        if self._key is None:
            whole = hashlib.blake2b(digest_size=16)
            whole.update(f"{self._pixels.dtype.name}{self._pixels.shape}".encode())
            self.read_for_key()
            for tile in self.tiles(self.rect):
                whole.update(self._digests[tile])
            self._key = whole.hexdigest()
        return self._key

    def read_for_key(self, deadline: float = math.inf) -> bool:
        """Do what ``key`` has to do, a part at a time.

        Args:
            deadline: only one tile is read after this time of ``time.perf_counter``.

        Returns:
            Whether ``key`` is quick now.
        """
        for tile in self.tiles(self.rect):
            if tile not in self._digests:
                pixels = np.ascontiguousarray(self._pixels[self.tile_rect(tile).slices])
                self._digests[tile] = hashlib.blake2b(pixels.data, digest_size=16).digest()
                if time.perf_counter() > deadline:
                    return False
        return True

    def tiles(self, rect: Rect) -> Iterator[Tile]:
        """The tiles that ``rect`` touches, row by row."""
        rect = rect.intersected(self.rect)
        if rect.empty:
            return
        for row in range(rect.y0 // TILE, (rect.y1 - 1) // TILE + 1):
            for column in range(rect.x0 // TILE, (rect.x1 - 1) // TILE + 1):
                yield row, column

    def tile_rect(self, tile: Tile) -> Rect:
        """The pixels of a tile, cut at the plane's edges."""
        top, left = tile[0] * TILE, tile[1] * TILE
        return Rect(left, top, left + TILE, top + TILE).intersected(self.rect)

    def writable(self, rect: Rect) -> NDArray[Any]:
        """The pixels under ``rect`` to be written, by ``tiles`` only; it must lie within."""
        for tile in self.tiles(rect):
            self._digests.pop(tile, None)
        self._key = None
        self.revision += 1
        return self._pixels[rect.slices]

    def copy(self) -> Plane:
        return Plane(self._pixels)


@dataclass(frozen=True, eq=False)
class Crop:
    """A part of a picture that stays as it is.

    Attributes:
        pixels: h x w or h x w x C, uint8 or uint16, made read-only; at least one pixel.
        at: (x, y) of its first pixel in the whole picture.
    """

    pixels: NDArray[Any]
    at: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        pixels = np.ascontiguousarray(self.pixels).view()
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

    @property
    def rect(self) -> Rect:
        height, width = self.pixels.shape[:2]
        return Rect(0, 0, width, height).shifted(*self.at)

    @cached_property
    def key(self) -> str:
        """A hash of the content, the place not included."""
        return pixels_key(self.pixels)


def pixels_key(pixels: NDArray[Any]) -> str:
    """A hash of an array's type, shape and content."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{pixels.dtype.name}{pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def cut(pixels: NDArray[Any], where: NDArray[np.bool_]) -> Crop:
    """A copy of what lies in the bounding box of ``where`` (H x W); one pixel if that is empty."""
    rows = np.flatnonzero(where.any(1))
    if not len(rows):
        return Crop(pixels[:1, :1].copy())
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(where[top:bottom].any(0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Crop(pixels[top:bottom, left:right].copy(), (left, top))
