"""The cheap fill of what isn't known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.fill import pull_push
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
