"""Undo memory of pixels: only the tiles touched, and of those only the difference.

What was before and what is after an edit are kept as one array, their exclusive or. It is
zero wherever nothing changed, so it packs well, and applying it once more undoes or redoes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.document.planes import Plane, Tile
from hs_desktop.rects import Rect

_PROBE = 1 << 14  # bytes of a difference that are packed to see whether it pays


@dataclass(frozen=True)
class Delta:
    """The difference within a tile: ``rect`` in the plane's pixels, its bytes packed or not."""

    rect: Rect
    data: bytes
    packed: bool

    def read(self, plane: Plane) -> NDArray[Any]:
        """The exclusive or of before and after, of ``rect``'s shape."""
        data = zlib.decompress(self.data) if self.packed else self.data
        shape = (self.rect.height, self.rect.width, *plane.shape[2:])
        return np.frombuffer(data, plane.dtype).reshape(shape)


@dataclass(frozen=True)
class TilePatch:
    """An edit of a plane, done or undone by ``apply``."""

    plane: Plane
    deltas: Mapping[Tile, Delta]

    @property
    def nbytes(self) -> int:
        return sum(len(delta.data) for delta in self.deltas.values())

    @property
    def rects(self) -> tuple[Rect, ...]:
        """Where pixels differ, at most one rectangle a tile."""
        return tuple(delta.rect for delta in self.deltas.values())

    def apply(self) -> tuple[Rect, ...]:
        """Undo what is done, redo what is undone; gives the rectangles that changed."""
        for delta in self.deltas.values():
            pixels = self.plane.writable(delta.rect)
            np.bitwise_xor(pixels, delta.read(self.plane), out=pixels)
        return self.rects

    def merged(self, later: TilePatch) -> TilePatch:
        """This edit and then ``later``, of the same plane, as one."""
        deltas = dict(self.deltas)
        for tile, second in later.deltas.items():
            first = deltas.pop(tile, None)
            if first is None:
                deltas[tile] = second
                continue
            rect = first.rect.united(second.rect)
            shape = rect.height, rect.width, *self.plane.shape[2:]
            both = np.zeros(shape, self.plane.dtype)
            for one in (first, second):
                both[one.rect.shifted(-rect.x0, -rect.y0).slices] ^= one.read(self.plane)
            if (delta := _delta(both, rect)) is not None:
                deltas[tile] = delta
        return TilePatch(self.plane, deltas)


class Recorder:
    """Writes into a plane, and knows of it as it was."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self._before = plane.frozen()

    def touch(self, rect: Rect) -> NDArray[Any]:
        """The writable pixels under ``rect``, cut at the plane's edges; valid until the next call.

        Outside the plane that is an array without pixels.
        """
        rect = rect.intersected(self.plane.rect)
        if rect.empty:
            return np.empty((rect.height, rect.width, *self.plane.shape[2:]), self.plane.dtype)
        return self.plane.writable(rect)

    def patch(self) -> TilePatch:
        """What changed since the recorder was made."""
        deltas = {}
        for tile, before in self._before.kept.items():
            rect = self.plane.tile_rect(tile)
            delta = _delta(before ^ self.plane.read(rect), rect)
            if delta is not None:
                deltas[tile] = delta
        return TilePatch(self.plane, deltas)

    def restore(self) -> tuple[Rect, ...]:
        """Put everything back; gives the rectangles that were touched."""
        rects = []
        for tile, before in self._before.kept.items():
            rect = self.plane.tile_rect(tile)
            self.plane.writable(rect)[...] = before
            rects.append(rect)
        self._before = self.plane.frozen()
        return tuple(rects)


def _delta(difference: NDArray[Any], rect: Rect) -> Delta | None:
    """``difference`` lies at ``rect``; it is cut to what isn't zero. ``None`` where nothing is."""
    flat = np.any(difference.reshape(*difference.shape[:2], -1), axis=2)
    inner = Rect.around(flat)
    if inner.empty:
        return None
    data = difference[inner.slices].tobytes()
    middle = max(0, (len(data) - _PROBE) // 2)
    probe = data[middle : middle + _PROBE]
    pays = len(zlib.compress(probe, 1)) < 0.8 * len(probe)
    if pays:
        data = zlib.compress(data, 1)
    return Delta(inner.shifted(rect.x0, rect.y0), data, pays)
