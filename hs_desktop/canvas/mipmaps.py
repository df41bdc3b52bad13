"""Large pictures in tiles at several levels, made when they are needed and within a budget.

A *level* L is the picture made smaller by 2**L. Its tiles hold ``TILE x TILE`` of its pixels
and one more on each side, so that smooth scaling knows what goes on beyond the tile; beyond the
picture its outermost pixels are repeated. Making a
tile can stop at any moment and go on later: nobody has to wait for 110 megapixels.
"""

from __future__ import annotations

import math
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QImage

from hs_desktop.canvas.sources import Bgra, Source
from hs_desktop.rects import Rect

TILE = 512
MAX_LEVEL = 8
_STRIP = 1 << 18  # pixels of the array that are averaged between two looks at the clock
_SKETCH = 512  # px, the longer side of what stands in for tiles that aren't there yet
_BIAS = 0.2  # a level may be enlarged by 2**0.2: sharper steps would flicker
_DEFAULT_BUDGET = 256 << 20

Key = tuple[int, int, int]  # level, column, row


@dataclass(eq=False)
class Tile:
    """A piece of a level.

    Attributes:
        inner: the pixels of the level that it is to show.
        rect: the pixels that it holds, one to each side of ``inner``.
        image: these pixels; Qt's view of ``pixels``.
        todo: pixels that are missing or out of date.
        complete: whether there was a moment at which nothing was missing.
    """

    inner: Rect
    rect: Rect
    pixels: Bgra
    image: QImage
    todo: Rect
    complete: bool = False
    used: int = 0

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes


class TileStore:
    """The tiles of all pictures; those not used for longest leave first.

    Args:
        byte_budget: may be exceeded by what one view shows at one time, never by more.
    """

    def __init__(self, byte_budget: int = _DEFAULT_BUDGET) -> None:
        self.byte_budget = byte_budget
        self.nbytes = 0
        self._tiles: OrderedDict[tuple[int, Key], Tile] = OrderedDict()
        self._gone: deque[int] = deque()
        self._turn = 0

    def begin(self) -> None:
        """A view is about to ask for the tiles that it needs together."""
        self._turn += 1
        self._sweep()

    def get(self, owner: int, key: Key) -> Tile | None:
        tile = self._tiles.get((owner, key))
        if tile is not None:
            tile.used = self._turn
            self._tiles.move_to_end((owner, key))
        return tile

    def put(self, owner: int, key: Key, tile: Tile) -> None:
        tile.used = self._turn
        self._tiles[owner, key] = tile
        self.nbytes += tile.nbytes
        while self.nbytes > self.byte_budget:
            oldest, other = next(iter(self._tiles.items()))
            if other.used == self._turn:
                break
            self.nbytes -= other.nbytes
            del self._tiles[oldest]

    def of(self, owner: int) -> Iterator[tuple[Key, Tile]]:
        for (who, key), tile in self._tiles.items():
            if who == owner:
                yield key, tile

    def forget(self, owner: int) -> None:
        for key in [k for k in self._tiles if k[0] == owner]:
            self.nbytes -= self._tiles.pop(key).nbytes

    def leave(self, owner: int) -> None:
        """As ``forget``, when tiles are next asked for: garbage is collected in any thread."""
        self._gone.append(owner)

    def _sweep(self) -> None:
        while self._gone:
            self.forget(self._gone.popleft())

    def __len__(self) -> int:
        return len(self._tiles)


STORE = TileStore()  # of the whole program: the budget is for all pictures together
_owners = iter(range(1 << 62))


class Mipmaps:
    """The levels of one picture.

    Args:
        source: what the pixels are made from.
        store: where tiles are kept.
    """

    def __init__(self, source: Source, store: TileStore | None = None) -> None:
        self.store = STORE if store is None else store
        self._source = source
        self._owner = next(_owners)
        self._sketch: tuple[QImage, Bgra, int] | None = None
        weakref.finalize(self, self.store.leave, self._owner)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of level 0, px."""
        return self._source.size

    @property
    def opaque(self) -> bool:
        return self._source.opaque

    def level_size(self, level: int) -> tuple[int, int]:
        w, h = self.size
        return -(-w >> level), -(-h >> level)

    def _level_rect(self, level: int) -> Rect:
        return Rect(0, 0, *self.level_size(level))

    def level_for(self, scale: float) -> int:
        """The level to show at ``scale`` device pixels per pixel of the picture."""
        return min(max(math.floor(_BIAS - math.log2(scale)), 0), MAX_LEVEL)

    def keys(self, level: int, part: Rect) -> list[Key]:
        """The tiles of ``level`` that show the pixels ``part`` of level 0."""
        part = part.intersected(Rect(0, 0, *self.size))
        if part.empty:
            return []
        tiles = part.shrunk(TILE << level)
        return [(level, x, y) for y in range(tiles.y0, tiles.y1) for x in range(tiles.x0, tiles.x1)]

    def tile(self, key: Key) -> Tile | None:
        """The tile, if it was ever complete; some of it may be out of date."""
        tile = self.store.get(self._owner, key)
        return tile if tile is not None and tile.complete else None

    def is_current(self, key: Key) -> bool:
        tile = self.store.get(self._owner, key)
        return tile is not None and tile.todo.empty

    def make(self, key: Key, deadline: float = math.inf) -> bool:
        """Make what is missing of a tile, until ``deadline`` (``time.perf_counter``).

        Returns:
            Whether the tile is all there.
        """
        tile = self.store.get(self._owner, key) or self._new_tile(key)
        shrink = 1 << key[0]
        while not tile.todo.empty:
            if time.perf_counter() >= deadline:
                return False
            todo = tile.todo
            rows = max(1, _STRIP // (todo.width * shrink * shrink))
            strip = todo._replace(y1=min(todo.y1, todo.y0 + rows))
            place = strip.shifted(-tile.rect.x0, -tile.rect.y0)
            tile.pixels[place.slices] = self._source.render(strip, shrink)
            tile.todo = todo._replace(y0=strip.y1)
        _repeat_edges(tile, self._level_rect(key[0]))
        tile.complete = True
        return True

    def _new_tile(self, key: Key) -> Tile:
        level, column, row = key
        all_of_it = self._level_rect(level)
        corner = Rect(column * TILE, row * TILE, (column + 1) * TILE, (row + 1) * TILE)
        inner = corner.intersected(all_of_it)
        rect = inner.grown(1)
        pixels = np.zeros((rect.height, rect.width, 4), np.uint8)
        tile = Tile(
            inner, rect, pixels, _image(pixels, self.opaque), todo=rect.intersected(all_of_it)
        )
        self.store.put(self._owner, key, tile)
        return tile

    # --- changes -------------------------------------------------------------------------------

    def update(self, rect: Rect | None = None) -> None:
        """The pixels ``rect`` of the array (all) have changed.

        Tiles that show them stay as they are until they are made anew.
        """
        whole = Rect(0, 0, *self.size)
        rect = whole if rect is None else rect.intersected(whole)
        if rect.empty:
            return
        self._sketch = None
        for (level, _, _), tile in self.store.of(self._owner):
            changed = rect.shrunk(1 << level).grown(self._source.reach).intersected(tile.rect)
            changed = changed.intersected(self._level_rect(level))
            tile.todo = tile.todo.united(changed)

    def replace(self, source: Source) -> None:
        """Show another array from now on; what is there of the old one stays for the moment."""
        same = source.size == self._source.size and source.opaque == self._source.opaque
        self._source = source
        if same:
            self.update()
        else:
            self.close()

    def close(self) -> None:
        """Give the memory back."""
        self.store.forget(self._owner)
        self._sketch = None

    # --- until a tile is there -----------------------------------------------------------------

    def sketch(self) -> tuple[QImage, int]:
        """A rough picture of everything, at once, and the ``shrink`` of its level."""
        if self._sketch is None:
            level = 0
            while max(self.size) > _SKETCH << level:
                level += 1
            everything = self._level_rect(level)
            pixels = self._source.render(everything, 1 << level, rough=True)
            pixels = np.ascontiguousarray(pixels)
            self._sketch = _image(pixels, self.opaque), pixels, 1 << level
        image, _, shrink = self._sketch
        return image, shrink


def _repeat_edges(tile: Tile, whole: Rect) -> None:
    """Fill what a tile holds of the outside of the level ``whole``."""
    pixels, rect = tile.pixels, tile.rect
    if rect.y0 < whole.y0:
        pixels[0] = pixels[1]
    if rect.y1 > whole.y1:
        pixels[-1] = pixels[-2]
    if rect.x0 < whole.x0:
        pixels[:, 0] = pixels[:, 1]
    if rect.x1 > whole.x1:
        pixels[:, -1] = pixels[:, -2]


def _image(pixels: Bgra, opaque: bool) -> QImage:
    """Qt's view of ``pixels``, which has to outlive it."""
    h, w = pixels.shape[:2]
    kind = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, w, h, pixels.strides[0], kind)
