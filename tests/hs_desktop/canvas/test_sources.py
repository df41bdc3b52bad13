from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.labels import palette
from hs_desktop.canvas.borders import border_lines
from hs_desktop.canvas.colours import ScreenTransform, to_8bit
from hs_desktop.canvas.reduce import block_mean, read_blocks
from hs_desktop.canvas.sources import LayoutSource, MaskSource, OutlineSource, PictureSource
from hs_desktop.rects import Rect
from tests.engine.profiles import gamma_curve, grey_profile, matrix_profile, rgb_table_profile

SRGB = ScreenTransform()


def noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("factor", [1, 2, 4, 16, 32, 256])
def test_means_of_blocks(factor: int, dtype: type) -> None:
    array = noise(2 * factor, 3 * factor, 3, dtype=dtype)
    wanted = array.reshape(2, factor, 3, factor, 3).astype(float).mean((1, 3))
    got = block_mean(array, factor)
    assert got.dtype == dtype
    assert np.abs(got - wanted).max() <= 0.5
    white = np.full_like(array, np.iinfo(dtype).max)
    assert (block_mean(white, factor) == np.iinfo(dtype).max).all()


@settings(max_examples=40)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 2, 4, 8, 16]), st.data())
def test_a_part_of_a_level_is_a_part_of_the_whole(
    w: int, h: int, shrink: int, data: st.DataObject
) -> None:
    ids = np.random.default_rng(1).integers(0, 16, (h, w), dtype=np.uint8)
    width, height = -(-w // shrink), -(-h // shrink)
    xs = sorted(data.draw(st.tuples(st.integers(0, width), st.integers(0, width))))
    ys = sorted(data.draw(st.tuples(st.integers(0, height), st.integers(0, height))))
    rect = Rect(xs[0], ys[0], xs[1], ys[1])
    if rect.empty:
        return
    for source in (
        LayoutSource(ids, palette()),
        OutlineSource(ids, palette()),
        MaskSource(ids * 15, (255, 0, 0)),
        PictureSource(noise(h, w, 3), SRGB, alpha=ids * 17),
    ):
        whole = source.render(Rect(0, 0, width, height), shrink)
        assert whole.shape == (height, width, 4)
        assert (source.render(rect, shrink) == whole[rect.slices]).all()


def test_beyond_the_edge_the_edge_repeats() -> None:
    array = np.arange(15, dtype=np.uint8).reshape(3, 5)
    part, taken = read_blocks(array, Rect(1, 0, 2, 1), 4)
    assert taken == 4
    assert part.tolist() == [[4] * 4, [9] * 4, [14] * 4, [14] * 4]


def test_a_picture_is_shown_as_it_is() -> None:
    pixels = noise(4, 5, 3)
    shown = PictureSource(pixels, SRGB).render(Rect(1, 1, 4, 3), 1)
    assert (shown[..., 2::-1] == pixels[1:3, 1:4]).all()
    assert (shown[..., 3] == 255).all()


def test_transparent_colours_leave_no_trace() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0], pixels[1] = (200, 100, 50), (0, 255, 0)
    alpha = np.array([[1, 1], [0, 0]], np.float32)
    shown = PictureSource(pixels, SRGB, alpha).render(Rect(0, 0, 1, 1), 2)[0, 0]
    assert shown[3] == 128
    assert np.abs(shown[2::-1].astype(float) - np.array([200, 100, 50]) / 2).max() <= 1.5


def test_a_mask_is_premultiplied() -> None:
    mask = np.array([[0, 0.5, 1]], np.float32)
    source = MaskSource(mask, (255, 100, 0))
    assert source.render(Rect(0, 0, 3, 1), 1)[0].tolist() == [
        [0, 0, 0, 0], [0, 50, 128, 128], [0, 100, 255, 255],
    ]  # fmt: skip
    inverted = MaskSource(mask, (255, 100, 0), inverted=True)
    assert inverted.render(Rect(0, 0, 3, 1), 1)[0, :, 3].tolist() == [255, 127, 0]


def test_hidden_and_unknown_classes_are_not_shown() -> None:
    ids = np.array([[0, 2, 255, 40]], np.uint8)
    shown = LayoutSource(ids, palette(), hidden=[0]).render(Rect(0, 0, 4, 1), 1)[0]
    assert shown[:, 3].tolist() == [0, 255, 0, 0]
    assert shown[1, 2::-1].tolist() == palette()[2].tolist()


def test_outlines_are_one_pixel_on_each_side() -> None:
    ids = np.zeros((9, 9), np.uint8)
    ids[3:6, 3:6] = 2
    shown = OutlineSource(ids, palette()).render(Rect(0, 0, 9, 9), 1)[..., 3] > 0
    wanted = np.zeros((9, 9), bool)
    wanted[2:7, 3:6] = wanted[3:6, 2:7] = True
    wanted[4, 4] = False
    assert (shown == wanted).all()


def test_outlines_between_what_is_hidden_are_hidden() -> None:
    ids = np.zeros((6, 9), np.uint8)
    ids[:, 3:6], ids[:, 6:] = 4, 2
    shown = OutlineSource(ids, palette(), hidden=[0, 4]).render(Rect(0, 0, 9, 6), 1)[3]
    assert shown[:5, 3].tolist() == [0] * 5
    assert shown[5].tolist() == [0, 0, 0, 120]  # a shade on the side that has no colour
    assert shown[6, 2::-1].tolist() == palette()[2].tolist()


def test_lines_between_classes() -> None:
    ids = np.zeros((6, 9), np.uint8)
    ids[1:4, 2:5] = 7
    ids[1:4, 5] = 3
    lines = border_lines(ids, Rect(0, 0, 9, 6))
    assert sorted(lines) == [3, 7]
    assert sorted(lines[7]) == [(2, 1, 2, 4), (2, 1, 5, 1), (2, 4, 5, 4), (5, 1, 5, 4)]
    assert sorted(lines[3]) == [(5, 1, 6, 1), (5, 4, 6, 4), (6, 1, 6, 4)]
    part = border_lines(ids, Rect(0, 2, 9, 6), hidden=[0, 3])
    assert sorted(part) == [7]
    assert sorted(part[7]) == [(2, 2, 2, 4), (2, 4, 5, 4), (5, 2, 5, 4)]
    assert border_lines(ids, Rect(0, 0, 0, 0)) == {}


@pytest.mark.parametrize("bad", [noise(3, 3), noise(3, 3, 4), np.zeros((3, 3, 3))])
def test_no_picture(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no picture"):
        PictureSource(bad, SRGB)


# --- colours -----------------------------------------------------------------------------------


def test_16_bit_is_rounded() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    assert (to_8bit(values) == np.rint(values / 257.0)).all()


def test_the_photos_profile_becomes_the_screens() -> None:
    adobe = matrix_profile()
    grey, green = np.full((1, 1, 3), 128, np.uint8), np.uint8([[[0, 255, 0]]])
    to_srgb, back = ScreenTransform(adobe), ScreenTransform(None, adobe)
    assert np.abs(to_srgb.apply(grey).astype(int) - 128).max() <= 2  # nearly the same curve
    assert to_srgb.apply(np.uint8([[[100, 200, 100]]]))[0, 0, 0] < 80  # less red than it says
    assert back.apply(green)[0, 0].tolist() != green[0, 0].tolist()
    wide = ScreenTransform(adobe).apply(np.uint16([[[25700, 51400, 25700]]]))
    assert (wide == to_srgb.apply(np.uint8([[[100, 200, 100]]]))).all()


def test_a_profile_that_no_screen_can_have_counts_as_srgb() -> None:
    """A scanner's, for instance: it says what colours are, but not how to get them."""
    scanner, pixels = rgb_table_profile(), noise(3, 4, 3)
    assert (ScreenTransform(scanner).apply(pixels) != pixels).any()
    np.testing.assert_array_equal(ScreenTransform(None, scanner).apply(pixels), pixels)
    seen = ScreenTransform(scanner, grey_profile(gamma_curve(1.8))).apply(pixels)
    np.testing.assert_array_equal(seen, ScreenTransform(scanner).apply(pixels))


def test_the_same_profile_changes_nothing() -> None:
    adobe = matrix_profile()
    pixels = noise(3, 4, 3)
    for transform in (ScreenTransform(adobe, adobe), ScreenTransform(), ScreenTransform(b"junk")):
        assert transform.apply(pixels) is pixels
