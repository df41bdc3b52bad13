"""The head photo laid into the body photo's pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.boxes import Box
from engine.framing import Similarity
from engine.placing import HeadLayer, place_head, to_dtype
from engine.tiles import read_padded
from tests.engine.pictures import grey3, noise

NOBODY = np.zeros((256, 256), np.uint8)
PIXELS = noise(40, 56, 3)

moves = st.builds(
    Similarity,
    scale=st.floats(0.08, 6),
    angle=st.floats(-math.pi, math.pi),
    tx=st.floats(-300, 300),
    ty=st.floats(-300, 300),
    flip=st.booleans(),
)


def placed(pixels: NDArray[Any], move: Similarity, box: Box) -> NDArray[Any]:
    layer = HeadLayer(pixels, move, NOBODY, NOBODY.astype(np.float32), Similarity())
    return place_head(layer, box)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shift", [(0, 0), (7, -5), (-300, 280)])
def test_a_shift_by_whole_pixels_changes_none(dtype: type, shift: tuple[int, int]) -> None:
    pixels = noise(40, 56, 3, dtype=dtype)
    box = Box(-20, -10, 300, 290)
    moved = placed(pixels, Similarity(tx=shift[0], ty=shift[1]), box)
    assert moved.dtype == dtype
    assert (moved == read_padded(pixels, box.shifted(-shift[0], -shift[1]))).all()


def test_mirrored_and_turned_by_a_quarter_it_is_itself() -> None:
    box = Box.of(PIXELS.shape)
    assert (placed(PIXELS, Similarity(flip=True, tx=56), box) == PIXELS[:, ::-1]).all()
    turned = placed(PIXELS, Similarity(angle=math.pi / 2, tx=40), Box(0, 0, 40, 56))
    assert (turned == np.rot90(PIXELS, -1)).all()


@settings(max_examples=30)
@given(move=moves, x=st.integers(-280, 280), y=st.integers(-280, 280), side=st.integers(1, 90))
def test_a_pixel_does_not_depend_on_the_box_it_is_asked_in(
    move: Similarity, x: int, y: int, side: int
) -> None:
    part = Box(x, y, x + side, y + side // 2 + 1)
    whole = part.grown(40)
    assert (placed(PIXELS, move, part) == placed(PIXELS, move, whole)[part.within(whole)]).all()


@pytest.mark.parametrize("scale", [0.12, 0.3, 0.5, 0.8, 1.7, 3])
@pytest.mark.parametrize("degrees", [0, 30])
def test_everything_comes_to_lie_where_the_alignment_says(scale: float, degrees: float) -> None:
    y, x = np.mgrid[:240, :250] + 0.5
    at, sigma = (123.0, 113.0), max(6, 2 / scale)
    spot = 250 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * sigma**2))
    move = Similarity(scale, math.radians(degrees), 31.3, 12.8)
    box = Box(-90, -10, int(250 * scale) + 90, int(350 * scale) + 40)
    shown = placed(grey3(spot.astype(np.uint8)), move, box)[..., 0].astype(float)
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1] + 0.5
    centre = (x * shown).sum() / shown.sum(), (y * shown).sum() / shown.sum()
    np.testing.assert_allclose(centre, move.apply(np.array(at)), atol=0.05 + 0.05 * scale)
    # ... and in its size.
    spread = np.sqrt(((y - centre[1]) ** 2 * shown).sum() / shown.sum())
    assert spread == pytest.approx(sigma * scale, rel=0.12)


@pytest.mark.parametrize("scale", [0.5, 0.41, 0.2, 0.1])
def test_shrinking_makes_fine_checks_grey(scale: float) -> None:
    checks = np.indices((200, 200)).sum(0) % 2 * 255
    grey = placed(
        grey3(checks.astype(np.uint8)), Similarity(scale, 0.1, 9.3, 4.1), Box(8, 8, 20, 20)
    )
    assert np.abs(grey.astype(int) - 127.5).max() < 12


def test_shrinking_keeps_what_can_be_seen() -> None:
    stripes = grey3((np.indices((200, 200))[1] // 12 % 2 * 200).astype(np.uint8))
    small = placed(stripes, Similarity(0.5), Box(4, 4, 90, 90))
    assert small.std() > 85


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_too_bright_is_white_and_too_dark_is_black(dtype: type) -> None:
    top = np.iinfo(dtype).max
    values = np.array([-3.0, 0.4, 0.6, top - 0.4, top + 900])
    assert to_dtype(values, np.dtype(dtype)).tolist() == [0, 0, 1, top, top]
    # Lanczos overshoots beside an edge: no pixel may wrap round.
    edge = grey3(np.where(np.arange(60) < 30, 0, top).astype(dtype)[None].repeat(20, 0))
    large = placed(edge, Similarity(2.7), Box(0, 0, 150, 40))[..., 0]
    assert (large[:, :70] < top / 4).all()
    assert (large[:, 95:] > top / 4 * 3).all()
