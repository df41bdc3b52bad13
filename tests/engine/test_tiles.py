"""Boxes, the fixed grid of tiles, and what is read and enlarged tile by tile."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import tiles as tiles_module
from engine.boxes import Box
from engine.tiles import each, power_of_two, read_padded, tiles, upsample
from tests.engine.pictures import noise

SIDE = 12
corners = st.integers(-SIDE, 2 * SIDE)
lengths = st.integers(0, SIDE)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), corners, corners, lengths, lengths)
solid = boxes.filter(lambda box: not box.empty)
steps = st.integers(1, 12)
factors = st.sampled_from([1, 2, 4, 8])


def pixels_of(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for y in range(box.y0, box.y1) for x in range(box.x0, box.x1)}


# --- boxes -------------------------------------------------------------------------------------


@given(boxes, boxes)
def test_a_box_is_a_set_of_pixels(a: Box, b: Box) -> None:
    assert len(pixels_of(a)) == a.width * a.height == np.prod(a.shape)
    assert a.empty == (not pixels_of(a))
    common = a & b
    assert pixels_of(common) == pixels_of(a) & pixels_of(b)
    assert min(common.shape) >= 0
    assert pixels_of(a | b) >= pixels_of(a) | pixels_of(b)


@given(boxes, boxes)
def test_the_union_is_the_smallest_box_round_both(a: Box, b: Box) -> None:
    seen = np.zeros((4 * SIDE, 4 * SIDE), bool)
    for box in (a, b):
        seen[box.shifted(SIDE, SIDE).slices] = True
    assert pixels_of(Box.around(seen)) == pixels_of((a | b).shifted(SIDE, SIDE))


def test_nothing_lies_in_an_empty_box() -> None:
    assert Box.around(np.zeros((5, 7), bool)).empty
    assert Box.of((5, 7, 3)).shape == (5, 7)
    assert Box(9, 2, 4, 6).shape == (4, 0)


@given(solid, boxes)
def test_a_part_is_found_within_the_whole(outer: Box, other: Box) -> None:
    photo = noise(4 * SIDE, 4 * SIDE)
    outer, other = outer.shifted(SIDE, SIDE), other.shifted(SIDE, SIDE)
    part = outer & other
    assert (photo[outer.slices][part.within(outer)] == photo[part.slices]).all()


@given(boxes, steps)
def test_an_aligned_box_is_the_box_grown_by_less_than_a_step(box: Box, step: int) -> None:
    outer = box.aligned(step)
    edges = np.array([outer.x0, outer.y0, outer.x1, outer.y1])
    assert (edges % step == 0).all()
    growth = np.array([box.x0, box.y0, -box.x1, -box.y1]) - edges * (1, 1, -1, -1)
    assert ((growth >= 0) & (growth < step)).all()
    assert outer.over(step).times(step) == outer


@given(boxes, st.integers(0, 9))
def test_grown(box: Box, by: int) -> None:
    assert box.grown(by).grown(-by) == box
    assert box.grown(by).width == box.x1 - box.x0 + 2 * by


# --- tiles -------------------------------------------------------------------------------------


@given(boxes, steps)
def test_tiles_cover_a_box_once(box: Box, size: int) -> None:
    covered = [pixel for tile in tiles(box, size) for pixel in pixels_of(tile & box)]
    assert len(covered) == len(set(covered))
    assert set(covered) == pixels_of(box)


@given(solid, boxes, steps)
def test_the_grid_of_tiles_is_the_photos(box: Box, other: Box, size: int) -> None:
    """Whatever part is asked for: its tiles are whole, and those of all that it is a part of."""
    part = list(tiles(box & other, size))
    assert set(part) <= set(tiles(box, size))
    assert all(tile.shape == (size, size) and not (tile & box & other).empty for tile in part)


@pytest.mark.parametrize("workers", [1, 3])
class TestEach:
    @pytest.fixture(autouse=True)
    def _workers(self, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tiles_module, "WORKERS", workers)

    def test_every_box_has_its_turn(self) -> None:
        wanted, done, fractions = list(tiles(Box(0, 0, 50, 40), 10)), [], []
        each(done.append, wanted, progress=fractions.append)
        assert sorted(done, key=wanted.index) == wanted
        assert fractions == sorted(fractions)
        assert 0 <= fractions[0] <= fractions[-1] < 1

    def test_an_error_comes_out(self) -> None:
        def work(box: Box) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            each(work, list(tiles(Box(0, 0, 30, 30), 10)))

    def test_cancelled(self) -> None:
        """What is begun is done, but nothing else is begun."""
        done: list[Box] = []
        cancelled, never = threading.Event(), threading.Event()

        def work(box: Box) -> None:
            cancelled.wait(10)
            never.wait(0.05)
            done.append(box)

        def cancel() -> None:
            cancelled.set()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            each(work, list(tiles(Box(0, 0, 20, 20), 1)), check_cancel=cancel)
        assert len(done) < 400

    def test_nothing_to_do(self) -> None:
        each(lambda box: pytest.fail("there is no box"), [])


# --- reading beyond the border -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [(), (3,), (9,)])
@settings(max_examples=30)
@given(box=solid)
def test_beyond_the_border_the_nearest_pixels_go_on(
    dtype: type, channels: tuple[int, ...], box: Box
) -> None:
    photo = noise(SIDE, SIDE - 5, *channels).astype(dtype)
    rows = np.clip(np.arange(box.y0, box.y1), 0, SIDE - 1)
    columns = np.clip(np.arange(box.x0, box.x1), 0, SIDE - 6)
    read = read_padded(photo, box)
    assert read.dtype == dtype
    assert (read == photo[np.ix_(rows, columns)]).all()
    assert read.shape == (*box.shape, *channels)


# --- enlarging -------------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", [cv2.INTER_LINEAR, cv2.INTER_CUBIC])
@settings(max_examples=60)
@given(tile=solid, other=solid, factor=factors, channels=st.sampled_from([(), (3,), (9,)]))
def test_a_pixel_does_not_depend_on_the_tile_it_is_enlarged_in(
    interpolation: int, tile: Box, other: Box, factor: int, channels: tuple[int, ...]
) -> None:
    cells = Box(-3, 2, 15, 14)
    grid = noise(*cells.shape, *channels).astype(np.float32)
    tile, other = tile.aligned(factor), (tile | other).aligned(factor)
    alone = upsample(grid, cells, factor, tile, interpolation)
    together = upsample(grid, cells, factor, other, interpolation)
    assert alone.shape == (*tile.shape, *channels)
    assert (alone == together[tile.within(other)]).all()


@given(tile=solid, factor=factors)
def test_a_slope_goes_on_evenly(tile: Box, factor: int) -> None:
    """A cell's value stands in the middle of its pixels, wherever the cells begin."""
    tile = tile.aligned(factor)
    cells = tile.over(factor).grown(3)
    y, x = np.mgrid[cells.y0 : cells.y1, cells.x0 : cells.x1] + np.float32(0.5)
    enlarged = upsample(np.float32(3 * x - y), cells, factor, tile)
    y, x = (np.mgrid[tile.y0 : tile.y1, tile.x0 : tile.x1] + 0.5) / factor
    np.testing.assert_allclose(enlarged, 3 * x - y, atol=1e-3)


@given(st.floats(0.01, 500), st.sampled_from([1, 16, 64]))
def test_the_nearest_power_of_two(value: float, largest: int) -> None:
    power = power_of_two(value, largest)
    assert power in [2**n for n in range(largest.bit_length())]
    if 1 <= value <= largest:
        assert 2**-0.5001 <= power / value <= 2**0.5001
    else:
        assert power == (1 if value < 1 else largest)
