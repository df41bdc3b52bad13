"""The cheap fills of what isn't known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.fill import fill_by_class, pull_push
from engine.labels import SemanticClass
from tests.engine.pictures import noise, smooth


def hole(shape: tuple[int, int], seed: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) >= share


@settings(max_examples=30)
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 999),
    share=st.sampled_from([0.05, 0.5, 0.97, 1.0]),
)
def test_hidden_pixels_are_never_looked_at(shape: tuple[int, int], seed: int, share: float) -> None:
    known = hole(shape, seed, share)
    one, other = noise(*shape, 3), noise(*shape, 3, seed=1)
    other[known] = one[known]
    filled = pull_push(one, known)
    assert (filled == pull_push(other, known)).all()
    assert (filled[known] == one[known]).all()
    assert filled.dtype == np.uint8
    assert filled.shape == one.shape


@pytest.mark.parametrize("shape", [(256, 256), (40, 200), (199, 33), (1, 9)])
def test_one_colour_goes_everywhere(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), (10, 200, 77), np.uint8)
    known = np.zeros(shape, bool)
    known[0, -1] = True
    image[~known] = 0
    assert (pull_push(image, known) == (10, 200, 77)).all()


def test_nothing_known_is_mid_grey_and_all_known_a_copy() -> None:
    image = noise(20, 30, 3)
    assert (pull_push(image, np.zeros((20, 30), bool)) == 128).all()
    same = pull_push(image, np.ones((20, 30), bool))
    assert (same == image).all()
    assert not np.shares_memory(same, image)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels(channels: int) -> None:
    image = noise(33, 21, channels)
    assert pull_push(image, hole((33, 21), 0, 0.5)).shape == image.shape


def test_the_fill_is_smooth_and_near() -> None:
    image = smooth(256, 256)
    known = np.ones((256, 256), bool)
    known[100:150, 90:160] = False
    filled = pull_push(image, known).astype(int)
    assert np.abs(filled - image)[..., :2].max() < 25  # ramps over 255 px
    # No step at the hole's edge, and none within.
    for axis in (0, 1):
        steps = np.abs(np.diff(filled[..., :2], axis=axis))
        assert steps[95:155, 85:165].max() <= 8


def test_values_stay_between_those_known() -> None:
    image = noise(64, 64, 3) // 4 + 100
    filled = pull_push(image, hole((64, 64), 3, 0.8))
    assert filled.min() >= 100
    assert filled.max() <= 163


# --- under a layout -------------------------------------------------------------------------------

C = SemanticClass


@settings(max_examples=30)
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 999),
    share=st.sampled_from([0.05, 0.5, 0.97, 1.0]),
)
def test_under_a_layout_neither(shape: tuple[int, int], seed: int, share: float) -> None:
    known = hole(shape, seed, share)
    layout = np.random.default_rng(seed).integers(0, 16, shape).astype(np.uint8)
    one, other = noise(*shape, 3), noise(*shape, 3, seed=1)
    other[known] = one[known]
    filled = fill_by_class(one, known, layout)
    assert (filled == fill_by_class(other, known, layout)).all()
    assert (filled[known] == one[known]).all()
    assert filled.dtype == np.uint8
    assert filled.shape == one.shape


def stripes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Background, a neck below a face, clothes; a hole across all of them."""
    layout = np.full((128, 128), C.BACKGROUND, np.uint8)
    layout[:, 40:90] = C.UPPER_CLOTHES
    layout[:64, 50:80] = C.FACE
    layout[64:, 50:80] = C.NECK
    image = np.full((128, 128, 3), (30, 90, 30), np.uint8)
    image[layout == C.UPPER_CLOTHES] = (20, 30, 160)
    image[np.isin(layout, (C.FACE, C.NECK))] = (200, 160, 140)
    known = np.ones((128, 128), bool)
    known[60:, 20:110] = False
    return image, known, layout


def test_each_class_goes_on_in_its_own_colour() -> None:
    image, known, layout = stripes()
    filled = fill_by_class(image, known, layout).astype(int)
    assert np.abs(filled - image).max() <= 3  # the neck from the face's skin, no soft outline
    blind = pull_push(image, known).astype(int)
    assert np.abs(blind - image).max() > 60


def test_a_class_that_is_nowhere_known_is_filled_from_all_sides() -> None:
    image, known, layout = stripes()
    layout[100:, 60:70] = C.BODY_ACCESSORY
    filled = fill_by_class(image, known, layout)
    scarf = filled[100:, 60:70].reshape(-1, 3).astype(int)
    assert (scarf >= (20, 30, 30)).all()
    assert (scarf <= (200, 160, 160)).all()


def test_with_nothing_or_all_known_a_layout_has_no_say() -> None:
    image, _, layout = stripes()
    assert (fill_by_class(image, np.zeros(layout.shape, bool), layout) == 128).all()
    same = fill_by_class(image, np.ones(layout.shape, bool), layout)
    assert (same == image).all()
    assert not np.shares_memory(same, image)


def test_far_from_everything_known_the_whole_image_counts() -> None:
    image, known, layout = (x.repeat(2, 0).repeat(2, 1) for x in stripes())
    known[:] = False
    known[0, 0] = True
    assert (fill_by_class(image, known, layout) == image[0, 0]).all()
