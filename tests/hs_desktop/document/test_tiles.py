"""Undo memory of pixels."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hs_desktop.document.planes import TILE, Plane, cut
from hs_desktop.document.tiles import Recorder, TilePatch
from hs_desktop.rects import EMPTY, Rect

SHAPES: list[tuple[int, ...]] = [(1, 1), (256, 256), (300, 270), (257, 40, 4)]


@st.composite
def edits(draw: st.DrawFn) -> tuple[np.ndarray, list[tuple[Rect, int]]]:
    """An array, and rectangles (some outside of it) with what is painted into them."""
    shape = draw(st.sampled_from(SHAPES))
    dtype: Any = draw(st.sampled_from([np.uint8, np.uint16]))
    seed = draw(st.integers(0, 9))
    pixels = np.random.default_rng(seed).integers(0, 200, shape, dtype)
    coordinate = st.integers(-20, 320)
    rects = st.builds(Rect, coordinate, coordinate, coordinate, coordinate)
    return pixels, draw(st.lists(st.tuples(rects, st.integers(0, 255)), max_size=6))


def record(plane: Plane, painted: list[tuple[Rect, int]]) -> TilePatch:
    recorder = Recorder(plane)
    for rect, value in painted:
        recorder.touch(rect)[...] = value
    return recorder.patch()


@given(edits())
def test_undone_and_redone(edit: tuple[np.ndarray, list[tuple[Rect, int]]]) -> None:
    pixels, painted = edit
    plane = Plane(pixels)
    patch = record(plane, painted)
    after = plane.pixels.copy()
    changed = after != pixels if after.ndim == 2 else (after != pixels).any(2)
    covered = np.zeros(changed.shape, bool)
    for rect in patch.rects:
        assert changed[rect.slices].any()
        covered[rect.slices] = True
    assert covered[changed].all()
    assert (reduce(Rect.united, patch.rects, EMPTY).empty) == (not changed.any())
    patch.apply()
    np.testing.assert_array_equal(plane.pixels, pixels)
    patch.apply()
    np.testing.assert_array_equal(plane.pixels, after)


@given(edits(), st.integers(0, 6))
def test_two_edits_merged_are_one(edit: tuple[np.ndarray, list[tuple[Rect, int]]], at: int) -> None:
    pixels, painted = edit
    plane = Plane(pixels)
    merged = record(plane, painted[:at]).merged(record(plane, painted[at:]))
    after = plane.pixels.copy()
    merged.apply()
    np.testing.assert_array_equal(plane.pixels, pixels)
    merged.apply()
    np.testing.assert_array_equal(plane.pixels, after)


@given(edits())
def test_restored(edit: tuple[np.ndarray, list[tuple[Rect, int]]]) -> None:
    pixels, painted = edit
    plane, recorder = Plane(pixels), None
    recorder = Recorder(plane)
    for rect, value in painted:
        recorder.touch(rect)[...] = value
    recorder.restore()
    np.testing.assert_array_equal(plane.pixels, pixels)


@given(edits())
def test_a_key_is_of_the_content(edit: tuple[np.ndarray, list[tuple[Rect, int]]]) -> None:
    pixels, painted = edit
    plane = Plane(pixels)
    before = plane.key
    record(plane, painted)
    assert plane.key == Plane(plane.pixels).key
    assert (plane.key == before) == np.array_equal(plane.pixels, pixels)


def test_only_touched_tiles_are_kept_and_packed() -> None:
    plane = Plane(np.zeros((2000, 3000), np.uint8))
    patch = record(plane, [(Rect(250, 250, 260, 260), 3)])
    assert set(patch.deltas) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert patch.nbytes < 200
    large = record(plane, [(Rect(0, 0, 3000, 2000), 7)])
    assert large.nbytes < 3000 * 2000 / 50


def test_noise_is_not_packed() -> None:
    rng = np.random.default_rng(0)
    plane = Plane(rng.integers(0, 65536, (TILE, TILE, 4), np.uint16))
    recorder = Recorder(plane)
    recorder.touch(plane.rect)[...] = rng.integers(0, 65536, (TILE, TILE, 4), np.uint16)
    patch = recorder.patch()
    assert patch.nbytes == TILE * TILE * 8
    before = plane.pixels.copy()
    patch.apply()
    patch.apply()
    np.testing.assert_array_equal(plane.pixels, before)


def test_planes_are_read_only() -> None:
    plane = Plane(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        plane.pixels[0, 0] = 1
    for wrong in (np.zeros((4, 4)), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8)):
        with pytest.raises(ValueError, match="pixels are"):
            Plane(wrong)


def test_cut() -> None:
    pixels = np.arange(30, dtype=np.uint8).reshape(5, 6)
    crop = cut(pixels, (pixels == 8) | (pixels == 22))
    assert (crop.at, crop.rect) == ((2, 1), Rect(2, 1, 5, 4))
    np.testing.assert_array_equal(crop.pixels, pixels[1:4, 2:5])
    nothing = cut(pixels, pixels > 99)
    assert nothing.pixels.shape == (1, 1)


def test_an_array_that_nobody_else_writes_is_taken_over() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    plane = Plane(pixels, copy=False)
    assert np.shares_memory(plane.pixels, pixels)
    assert not np.shares_memory(Plane(pixels).pixels, pixels)
    again = Plane(plane.pixels, copy=False)  # read-only: somebody else writes it
    plane.writable(Rect(0, 0, 1, 1))[...] = 99
    assert (plane.highest, again.highest) == (99, 11)
    assert not np.shares_memory(Plane(pixels[:, ::2], copy=False).pixels, pixels)


def test_a_plane_with_nothing_on_it() -> None:
    plane = Plane.zeros((5, 7, 4), np.uint16)
    assert (plane.shape, plane.dtype, plane.highest) == ((5, 7, 4), np.uint16, 0)
    assert plane.key == Plane(np.zeros((5, 7, 4), np.uint16)).key


def test_the_highest_value_follows_changes() -> None:
    plane = Plane(np.full((4, 4), 3, np.uint8))
    frozen = (plane.highest, plane.frozen())[1]
    plane.writable(Rect(0, 0, 4, 4))[...] = 1
    assert (plane.highest, frozen.highest) == (1, 3)
    plane.writable(Rect(1, 1, 2, 2))[...] = 7
    assert plane.frozen().highest == 7
