from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage

from engine.labels import palette
from hs_desktop.canvas import mipmaps as module
from hs_desktop.canvas.colours import ScreenTransform
from hs_desktop.canvas.mipmaps import TILE, Mipmaps, TileStore
from hs_desktop.canvas.sources import OutlineSource, PictureSource
from hs_desktop.rects import Rect


def picture(w: int, h: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (h, w, 3), dtype=np.uint8)


def of(pixels: np.ndarray, store: TileStore | None = None) -> Mipmaps:
    return Mipmaps(
        PictureSource(pixels, ScreenTransform()), TileStore() if store is None else store
    )


def shown(image: QImage) -> np.ndarray:
    view = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return view[:, : image.width(), 2::-1].copy()


def assembled(mipmaps: Mipmaps, level: int) -> np.ndarray:
    """All tiles of a level put together, and their margins compared with the whole."""
    w, h = mipmaps.level_size(level)
    whole = np.zeros((h, w, 3), np.uint8)
    tiles = []
    for key in mipmaps.keys(level, Rect(0, 0, *mipmaps.size)):
        assert mipmaps.make(key)
        tile = mipmaps.tile(key)
        assert tile is not None
        tiles.append(tile)
        inner = tile.inner.shifted(-tile.rect.x0, -tile.rect.y0)
        whole[tile.inner.slices] = shown(tile.image)[inner.slices]
    for tile in tiles:
        rows = np.clip(np.arange(tile.rect.y0, tile.rect.y1), 0, h - 1)
        columns = np.clip(np.arange(tile.rect.x0, tile.rect.x1), 0, w - 1)
        assert (shown(tile.image) == whole[np.ix_(rows, columns)]).all()
        assert tile.rect == tile.inner.grown(1)
    return whole


def means(pixels: np.ndarray, shrink: int) -> np.ndarray:
    h, w = (-(-side // shrink) for side in pixels.shape[:2])
    padding = (0, h * shrink - pixels.shape[0]), (0, w * shrink - pixels.shape[1]), (0, 0)
    padded = np.pad(pixels.astype(float), padding, mode="edge")
    result: np.ndarray = padded.reshape(h, shrink, w, shrink, 3).mean((1, 3))
    return result


@pytest.mark.parametrize("level", [0, 1, 3])
def test_tiles_make_up_the_level(level: int) -> None:
    pixels = picture(TILE * 2 + 77, TILE + 5)
    difference = assembled(of(pixels), level) - means(pixels, 1 << level)
    assert np.abs(difference).max() <= 0.51


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 1200), st.integers(0, 700), st.integers(1, 90)),
        min_size=1, max_size=4,
    ),
    st.integers(0, 3),
)  # fmt: skip
def test_changes_reach_every_tile_and_level(dabs: list[tuple[int, int, int]], level: int) -> None:
    pixels = picture(1111, 600)
    mipmaps = of(pixels)
    assembled(mipmaps, level)
    for i, (x, y, size) in enumerate(dabs):
        pixels[y : y + size, x : x + size] = 60 * i
        mipmaps.update(Rect(x, y, x + size, y + size))
    difference = assembled(mipmaps, level) - means(pixels, 1 << level)
    assert np.abs(difference).max() <= 0.51


def test_outlines_change_beside_the_stroke() -> None:
    ids = np.zeros((100, 100), np.uint8)
    mipmaps = Mipmaps(OutlineSource(ids, palette()), TileStore())
    mipmaps.make((0, 0, 0))
    ids[40:50, 40:50] = 2
    mipmaps.update(Rect(40, 40, 50, 50))
    mipmaps.make((0, 0, 0))
    tile = mipmaps.tile((0, 0, 0))
    assert tile is not None
    assert tile.pixels[39 - tile.rect.y0, 45 - tile.rect.x0, 3] == 255


def test_only_what_changed_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = picture(1000, 800)
    mipmaps = of(pixels)
    assembled(mipmaps, 1)
    made: list[Rect] = []
    render = PictureSource.render

    def counted(self: PictureSource, rect: Rect, shrink: int, rough: bool = False) -> np.ndarray:
        made.append(rect)
        return render(self, rect, shrink, rough)

    monkeypatch.setattr(PictureSource, "render", counted)
    mipmaps.update(Rect(101, 201, 111, 221))
    mipmaps.make((1, 0, 0))
    assert made == [Rect(50, 100, 56, 111)]


def test_making_stops_at_the_deadline_and_goes_on() -> None:
    mipmaps = of(picture(4000, 3000))
    key = (3, 0, 0)
    assert not mipmaps.make(key, deadline=0)
    assert mipmaps.tile(key) is None  # not even in part
    rounds = 0
    while not mipmaps.make(key, time.perf_counter() + 1e-6):
        rounds += 1
    assert rounds > 10
    assert mipmaps.is_current(key)
    # What is out of date is still better than nothing.
    mipmaps.update()
    assert not mipmaps.is_current(key)
    assert mipmaps.tile(key) is not None


def test_memory_is_bounded() -> None:
    tile = (TILE + 2) ** 2 * 4
    store = TileStore(byte_budget=5 * tile)
    mipmaps = of(picture(TILE * 4, TILE * 3), store)
    for key in mipmaps.keys(0, Rect(0, 0, *mipmaps.size)):
        store.begin()
        mipmaps.make(key)
        assert store.nbytes <= store.byte_budget
    assert len(store) in (5, 6)  # those at the edge are smaller
    mipmaps.close()
    assert (len(store), store.nbytes) == (0, 0)


def test_pictures_that_are_garbage_give_their_memory_back() -> None:
    """In whatever thread they are collected, even while somebody looks at tiles."""
    store = TileStore()
    gone, stays = (of(picture(100, 50), store) for _ in range(2))
    for mipmaps in (gone, stays):
        store.begin()
        mipmaps.make((0, 0, 0))
    tiles = store.of(stays._owner)
    holder = [gone]
    del gone, mipmaps
    thread = threading.Thread(target=holder.clear)
    looked = [next(tiles)]
    thread.start()
    thread.join()
    looked += tiles
    store.begin()
    assert len(looked) == len(store) == 1
    assert stays.is_current((0, 0, 0))


def test_what_is_shown_together_is_kept_together() -> None:
    store = TileStore(byte_budget=1)
    mipmaps = of(picture(TILE * 2, TILE * 2), store)
    store.begin()
    keys = mipmaps.keys(0, Rect(0, 0, *mipmaps.size))
    for key in keys:
        mipmaps.make(key)
    assert all(mipmaps.is_current(key) for key in keys)


def test_a_sketch_stands_in() -> None:
    pixels = np.zeros((900, 3000, 3), np.uint8)
    pixels[:, 1500:] = 255
    mipmaps = of(pixels)
    image, shrink = mipmaps.sketch()
    assert (shrink, image.width(), image.height()) == (8, 375, 113)
    assert image.pixelColor(10, 50).red() == 0
    assert image.pixelColor(370, 50).red() == 255
    pixels[:] = 255
    mipmaps.update(Rect(0, 0, 100, 100))
    assert mipmaps.sketch()[0].pixelColor(10, 50).red() == 255


@pytest.mark.parametrize(
    ("scale", "level"),
    [
        (64, 0),
        (1, 0),
        (0.6, 0),
        (0.5, 1),
        (0.25, 2),
        (0.13, 3),
        (0.125, 3),
        (1e-6, module.MAX_LEVEL),
    ],
)
def test_levels(scale: float, level: int) -> None:
    assert of(picture(2, 2)).level_for(scale) == level


def test_another_array() -> None:
    store = TileStore()
    mipmaps = of(picture(100, 50), store)
    mipmaps.make((0, 0, 0))
    mipmaps.replace(PictureSource(picture(60, 70), ScreenTransform()))
    assert len(store) == 0
    assert mipmaps.size == (60, 70)
    mipmaps.make((0, 0, 0))
    other = np.full((70, 60, 3), 9, np.uint8)
    mipmaps.replace(PictureSource(other, ScreenTransform()))
    assert mipmaps.tile((0, 0, 0)) is not None
    assert (assembled(mipmaps, 0) == 9).all()


@pytest.mark.parametrize("deadline", [0.008])
def test_a_large_photo_never_stalls(deadline: float) -> None:
    """12 megapixels at the smallest level: every slice of work is short."""
    mipmaps = of(np.zeros((3000, 4000, 3), np.uint8))
    slices = []
    for key in mipmaps.keys(3, Rect(0, 0, 4000, 3000)):
        done = False
        while not done:
            start = time.thread_time()
            done = mipmaps.make(key, time.perf_counter() + deadline)
            slices.append(time.thread_time() - start)
    assert np.median(slices) < 0.030
