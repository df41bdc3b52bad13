"""Photos on cells, and known values continued from where they are known."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.boxes import Box
from engine.cells import PITCH, CellGrid, cell_means
from engine.framing import FRAME_SIZE, Similarity, inside_mask
from engine.spreading import continued, shrink, spread
from engine.tiles import read_padded
from tests.engine.pictures import grey3, noise

frames = st.builds(
    Similarity,
    scale=st.floats(0.03, 3),
    angle=st.floats(-3.1, 3.1),
    tx=st.floats(-60, 160),
    ty=st.floats(-60, 160),
)
sizes = st.integers(30, 900)


# --- cells -------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(to_frame=frames, width=sizes, height=sizes)
def test_cells_hold_all_that_the_frame_shows(to_frame: Similarity, width: int, height: int) -> None:
    photo = Box(0, 0, width, height)
    grid = CellGrid.of(photo, to_frame)
    assert grid.box == grid.box.aligned(grid.size * PITCH)
    y, x = np.nonzero(inside_mask((height, width), to_frame))
    shown = np.stack([x, y], axis=-1) + 0.5
    at = to_frame.inverse().apply(shown)
    cells = grid.from_frame.apply(shown)
    np.testing.assert_allclose(cells * grid.size + (grid.box.x0, grid.box.y0), at, atol=1e-6)
    assert ((cells >= 0) & (cells <= grid.shape[::-1])).all()
    # A cell is about a pixel of the frame, but never less than one of the photo.
    assert 0.7 < grid.scale < 1.42 or grid.size == 1


def test_a_frames_field_lies_on_its_cells() -> None:
    y, x = np.mgrid[:FRAME_SIZE, :FRAME_SIZE] + np.float32(0.5)
    to_frame = Similarity(0.3, 0.2, 30, -20)
    grid = CellGrid.of(Box(0, 0, 500, 450), to_frame)
    field = grid.from_frame_field(np.dstack([x, y]), cv2.INTER_LINEAR)
    y, x = np.mgrid[: grid.shape[0], : grid.shape[1]] + 0.5
    at = np.stack([x, y], axis=-1) * grid.size + (grid.box.x0, grid.box.y0)
    wanted = to_frame.apply(at)
    shown = ((wanted > 1) & (wanted < FRAME_SIZE - 1)).all(-1)
    assert shown.mean() > 0.3
    np.testing.assert_allclose(field[shown], wanted[shown], atol=0.05)
    beyond = grid.from_frame_field(np.ones((256, 256), np.float32), cv2.INTER_LINEAR, beyond=0)
    far = ((wanted < -2) | (wanted > FRAME_SIZE + 2)).any(-1)
    assert (beyond[far] == 0).all()


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cells_are_means_of_their_pixels(size: int, dtype: Any) -> None:
    photo = noise(90, 70, 3, dtype=dtype)
    box = Box.of(photo.shape).aligned(size * PITCH)  # sticks out of the photo
    means = cell_means(photo, box, size)
    levels = read_padded(photo, box) * (255 / np.iinfo(dtype).max)

    def blocks(field: Any, side: int) -> Any:
        rows, columns = field.shape[0] // side, field.shape[1] // side
        return field.reshape(rows, side, columns, side, *field.shape[2:]).swapaxes(1, 2)

    np.testing.assert_allclose(means.cells, blocks(levels, size).mean((2, 3)), atol=0.01)
    fine = size // means.ratio
    assert means.ratio == min(size, 4)
    np.testing.assert_allclose(means.fine, blocks(levels, fine).mean((2, 3)), atol=0.01)
    light = levels @ (0.299, 0.587, 0.114)
    within = blocks(blocks(light, fine).var((2, 3)), means.ratio).mean((2, 3))
    np.testing.assert_allclose(means.within, within, rtol=0.01, atol=0.5)


def test_a_part_of_the_photo_has_the_same_cells() -> None:
    photo = noise(300, 340, 3)
    whole = cell_means(photo, Box(0, 0, 352, 320), 8)
    part = cell_means(photo, Box(64, 32, 192, 160), 8)
    assert (part.cells == whole.cells[4:20, 8:24]).all()
    assert (part.within == whole.within[4:20, 8:24]).all()


# --- spreading ---------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    channels=st.integers(1, 9),
    share=st.sampled_from([0.02, 0.4, 1.0]),
    seed=st.integers(0, 99),
)
def test_known_values_stay_and_others_lie_between(
    shape: tuple[int, int], channels: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(20, 90, (*shape, channels)).astype(np.float32)
    weight = (rng.random(shape) < share).astype(np.float32)
    values[weight == 0] = 1e6  # never looked at
    filled = spread(values, weight)
    assert filled.shape == values.shape
    np.testing.assert_allclose(filled[weight == 1], values[weight == 1], rtol=1e-5)
    if weight.any():
        assert filled.min() >= 19.9
        assert filled.max() <= 90.1
    else:
        assert not filled.any()


def test_values_go_on_from_the_nearest() -> None:
    values = np.where(np.arange(80) < 40, 10, 50)[None, :, None].repeat(60, 0).astype(np.float32)
    weight = np.ones((60, 80), np.float32)
    weight[15:45, 10:70] = 0
    filled = spread(values, weight)[..., 0]
    assert filled[30, 14] < 20
    assert filled[30, 66] > 40
    steps = np.abs(np.diff(filled[30, 10:70]))
    assert steps.max() < 6


def test_a_gap_goes_on_where_nothing_is_known() -> None:
    known = np.zeros((40, 50), bool)
    known[:, :20] = True
    gap = np.where(known[..., None], np.array((3, -2, 0), np.float32), np.float32(np.nan))
    np.testing.assert_allclose(continued(gap, known, 2.0), np.full_like(gap, (3, -2, 0)), atol=1e-4)
    gap[20, 10] += 60  # of one pixel little is left
    assert 0 < continued(gap, known, 2.0)[20, 10, 0] - 3 < 6
    assert not continued(gap, np.zeros_like(known), 2.0).any()


@pytest.mark.parametrize("channels", [1, 4, 9])
def test_shrinking_takes_means(channels: int) -> None:
    field = noise(12, 20, channels).astype(np.float32)
    small = shrink(field, (5, 3))
    np.testing.assert_allclose(small, field.reshape(3, 4, 5, 4, -1).mean((1, 3)), rtol=1e-5)
    assert shrink(grey3(field[..., 0])[..., 0], (5, 3)).shape == (3, 5)
