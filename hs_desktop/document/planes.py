"""Arrays that a user edits, and parts cut out of arrays that nobody edits.

A ``Plane`` hands out its pixels read-only: they change through ``tiles.Recorder`` and
``tiles.TilePatch`` alone, so nothing changes that can't be undone. A ``FrozenPlane`` is what
it was at one moment: undo and files are made of that while the user paints on.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hs_desktop.rects import Rect

TILE = 256  # pixels a side
Tile = tuple[int, int]  # row, column


class Plane:
    """H x W or H x W x C pixels, uint8 or uint16, in tiles of 256 x 256 for undo and hashes.

    Written in one thread only; what other threads read is a ``frozen`` one.

    Args:
        pixels: the first ones.
        copy: ``False`` takes the array itself, if it can be written: nobody else may do so then.

    Attributes:
        revision: another number after each change.
    """

    def __init__(self, pixels: NDArray[Any], *, copy: bool = True) -> None:
        if pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"pixels are {pixels.dtype}, not uint8 or uint16")
        if pixels.ndim not in (2, 3) or not pixels.size:
            raise ValueError(f"pixels are of shape {pixels.shape}, not H x W or H x W x C")
        must_copy = copy or not pixels.flags.writeable
        self._pixels = np.array(pixels, order="C", copy=must_copy or None)
        self._writes: dict[Tile, int] = {}  # how often a tile was written
        self._digests: dict[Tile, tuple[int, bytes]] = {}  # and after how many writes it was so
        self._key: tuple[int, str] | None = None  # and the revision that it is of
        self._highest: tuple[int, int] | None = None  # likewise
        self._frozen: list[weakref.ref[FrozenPlane]] = []
        self.revision = 0

    @classmethod
    def zeros(cls, shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> Plane:
        """Without anything on it; quick, and without memory of its own where nobody looks."""
        return cls(np.zeros(shape, dtype), copy=False)

    @property
    def pixels(self) -> NDArray[Any]:
        """A read-only view; what is painted later shows in it."""
        return _read_only(self._pixels)

    def read(self, rect: Rect) -> NDArray[Any]:
        """The pixels under ``rect``, which lies within: a part of ``pixels``."""
        return self.pixels[rect.slices]

    @property
    def shape(self) -> tuple[int, ...]:
        return self._pixels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._pixels.dtype

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return int(self.shape[1]), int(self.shape[0])

    @property
    def rect(self) -> Rect:
        return Rect(0, 0, *self.size)

    @property
    def nbytes(self) -> int:
        return self._pixels.nbytes

    @property
    def highest(self) -> int:
        """The highest value; looked for again only after a change."""
        if self._highest is None or self._highest[0] != self.revision:
            self._highest = self.revision, int(self.pixels.max())
        return self._highest[1]

    @property
    def key(self) -> str:
        """A hash of the content; only tiles written since the last time are read again."""
        if self._key is None or self._key[0] != self.revision:
            whole = hashlib.blake2b(digest_size=16)
            whole.update(f"{self.dtype.name}{self.shape}".encode())
            for tile in self.tiles(self.rect):
                whole.update(self._digest(tile))
            self._key = self.revision, whole.hexdigest()
        return self._key[1]

    def _digest(self, tile: Tile) -> bytes:
        writes, known = self._writes.get(tile, 0), self._digests.get(tile)
        if known is None or known[0] != writes:
            pixels = np.ascontiguousarray(self.read(self.tile_rect(tile)))
            known = writes, hashlib.blake2b(pixels.data, digest_size=16).digest()
            self._digests[tile] = known
        return known[1]

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
        """The pixels under ``rect`` to be written at once, by ``tiles`` only; within the plane."""
        frozen = [plane for ref in self._frozen if (plane := ref()) is not None]
        for tile in self.tiles(rect):
            for plane in frozen:  # first keep, then count: others read in the reverse order
                plane.keep(tile)
            self._writes[tile] = self._writes.get(tile, 0) + 1
        self.revision += 1
        return self._pixels[rect.slices]

    def copy(self) -> Plane:
        return Plane(self.pixels)

    def frozen(self) -> FrozenPlane:
        """The plane as it is now, whatever is written later; costs nothing yet."""
        frozen = FrozenPlane(self)
        self._frozen = [ref for ref in self._frozen if ref() is not None]
        self._frozen.append(weakref.ref(frozen))
        return frozen


class FrozenPlane(Plane):
    """A plane at the moment when this was made; made by ``Plane.frozen``.

    Only tiles that are written later are copied, right before. May be read in any thread,
    without locks: a tile is read first, and only then is looked whether it has been written.
    """

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._pixels = plane._pixels
        self._writes = dict(plane._writes)
        self._digests = plane._digests  # what is found out here is known there
        self._key = plane._key
        self._highest = plane._highest
        self._frozen = []
        self._kept: dict[Tile, NDArray[Any]] = {}
        self.revision = plane.revision

    @property
    def kept(self) -> Mapping[Tile, NDArray[Any]]:
        """The tiles that were written since, as they were."""
        return self._kept

    def keep(self, tile: Tile) -> None:
        """Copy a tile that is about to be written; for ``Plane.writable``."""
        if tile not in self._kept:
            self._kept[tile] = self._pixels[self.tile_rect(tile).slices].copy()

    @property
    def pixels(self) -> NDArray[Any]:
        """A copy each time."""
        return self.read(self.rect)

    def read(self, rect: Rect) -> NDArray[Any]:
        """The pixels under ``rect``, which lies within: a copy."""
        out = np.empty((rect.height, rect.width, *self.shape[2:]), self.dtype)
        for tile in self.tiles(rect):
            whole = self.tile_rect(tile)
            part = whole.intersected(rect)
            target = out[part.shifted(-rect.x0, -rect.y0).slices]
            target[...] = self._pixels[part.slices]
            if self._plane._writes.get(tile, 0) != self._writes.get(tile, 0):
                target[...] = self._kept[tile][part.shifted(-whole.x0, -whole.y0).slices]
        return _read_only(out)

    def writable(self, rect: Rect) -> NDArray[Any]:
        raise TypeError("a frozen plane can't be written")

    def frozen(self) -> FrozenPlane:
        return self


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
        object.__setattr__(self, "pixels", _read_only(np.ascontiguousarray(self.pixels)))

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
    box = Rect.around(where)
    if box.empty:
        return Crop(pixels[:1, :1].copy())
    return Crop(pixels[box.slices].copy(), (box.x0, box.y0))


def _read_only(pixels: NDArray[Any]) -> NDArray[Any]:
    view = pixels.view()
    view.flags.writeable = False
    return view
