"""Fill, lasso, and growing, shrinking and smoothing a class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hs_desktop.rects import Rect
from hs_desktop.tools.classes import Change, grow, shrink, smooth
from hs_desktop.tools.fill import flood
from hs_desktop.tools.shapes import polygon

BOUNDS = Rect(0, 0, 60, 50)


# --- polygons ----------------------------------------------------------------------------------


def whole(rect: Rect, mask: np.ndarray, bounds: Rect = BOUNDS) -> np.ndarray:
    result = np.zeros((bounds.height, bounds.width), bool)
    result[rect.slices] = mask
    return result


def winding(points: list[tuple[float, float]], x: float, y: float) -> int:
    """How often the line goes round a point: the sum of the angles it is seen under."""
    z = np.array([complex(*p) for p in points]) - complex(x, y)
    return round(float(np.angle(np.roll(z, -1) / z).sum()) / (2 * np.pi))


coordinates = st.tuples(st.floats(-20, 80), st.floats(-20, 70))


@settings(max_examples=40)
@given(st.lists(coordinates, min_size=3, max_size=9))
def test_what_the_line_goes_round(points: list[tuple[float, float]]) -> None:
    rect, mask = polygon(points, BOUNDS)
    assert mask.shape == (rect.height, rect.width)
    got = whole(rect, mask)
    corners = np.array(points)
    for y in range(0, 50, 7):
        for x in range(0, 60, 7):
            centre = np.array([x + 0.5, y + 0.5])
            steps = np.roll(corners, -1, 0) - corners
            length = np.maximum((steps**2).sum(1), 1e-12)
            along = np.clip(((centre - corners) * steps).sum(1) / length, 0, 1)
            if np.hypot(*(corners + along[:, None] * steps - centre).T).min() < 1e-3:
                continue  # on the line
            assert got[y, x] == (winding(points, x + 0.5, y + 0.5) != 0), (x, y)


def test_a_rectangle_is_exact() -> None:
    rect, mask = polygon([(10, 5), (20, 5), (20, 9), (10, 9)], BOUNDS)
    assert rect == Rect(10, 5, 20, 9)
    assert mask.all()
    neighbour = whole(*polygon([(20, 5), (30, 5), (30, 9), (20, 9)], BOUNDS))
    assert not (neighbour & whole(rect, mask)).any()  # no pixel belongs to both


@pytest.mark.parametrize("points", [[], [(1, 1)], [(1, 1), (9, 9)], [(-9, -9), (-1, -9), (-5, -2)]])
def test_nothing_to_go_round(points: list[tuple[float, float]]) -> None:
    rect, mask = polygon(points, BOUNDS)
    assert rect.empty or not mask.any()


# --- filling -----------------------------------------------------------------------------------


@pytest.fixture
def ids() -> np.ndarray:
    layout = np.zeros((50, 60), np.uint8)
    layout[10:20, 10:20] = layout[10:20, 30:40] = 2
    layout[20, 20] = 2  # touches the first corner to corner only
    return layout


def test_a_patch_is_filled(ids: np.ndarray) -> None:
    ids.flags.writeable = False
    rect, mask = flood(ids, (12, 15))
    assert rect == Rect(10, 10, 20, 20)
    assert mask.all()
    rect, mask = flood(ids, (0, 0))
    assert rect == Rect(0, 0, 60, 50)
    assert (mask == (ids == 0)).all()


def test_everything_alike_is_filled(ids: np.ndarray) -> None:
    rect, mask = flood(ids, (12, 15), contiguous=False)
    assert rect == Rect(10, 10, 40, 21)
    assert (whole(rect, mask) == (ids == 2)).all()


def test_beside_the_picture_is_nothing(ids: np.ndarray) -> None:
    assert flood(ids, (60, 0))[0].empty
    assert flood(ids, (0, -1))[0].empty


@pytest.mark.parametrize("contiguous", [True, False])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_by_the_colours_of_a_photo(dtype: type, contiguous: bool) -> None:
    unit = 257 if dtype is np.uint16 else 1
    photo = np.full((50, 60, 3), 100 * unit, dtype)
    photo[:, 30:] = np.array([100, 110, 100]) * unit
    assert flood(photo, (5, 5), 9, contiguous)[0] == Rect(0, 0, 30, 50)
    assert flood(photo, (5, 5), 10, contiguous)[0] == Rect(0, 0, 60, 50)
    assert (photo[0, 0] == 100 * unit).all()


# --- classes -----------------------------------------------------------------------------------


def applied(ids: np.ndarray, change: Change) -> np.ndarray:
    rect, pixels = change
    result = ids.copy()
    result[rect.slices] = pixels
    return result


def disc(radius: float, around: int = 0) -> np.ndarray:
    y, x = np.mgrid[:80, :80] + 0.5
    return np.where(np.hypot(x - 40, y - 40) <= radius, 2, around).astype(np.uint8)


@pytest.mark.parametrize("px", [1, 3, 7.5])
def test_growing_and_shrinking_by_pixels(px: float) -> None:
    ids = disc(20)
    for grown, radius in ((applied(ids, grow(ids, 2, px)), 20 + px),
                          (applied(ids, shrink(ids, 2, px)), 20 - px)):  # fmt: skip
        area = (grown == 2).sum()
        assert np.sqrt(area / np.pi) == pytest.approx(radius, abs=0.6)
    assert (ids == disc(20)).all()  # not in place


def test_protected_classes_lose_nothing() -> None:
    ids = disc(20)
    ids[:, 70:] = 5
    ids[:, 60:70] = 6
    grown = applied(ids, grow(ids, 2, 100, protected=[5]))
    assert (grown[:, 70:] == 5).all()
    assert (grown[:, :70] == 2).all()


def test_what_is_given_up_goes_to_the_nearest() -> None:
    ids = disc(20, around=7)
    ids[:, :40][ids[:, :40] == 7] = 9
    shrunk = applied(ids, shrink(ids, 2, 5))
    freed = (ids == 2) & (shrunk != 2)
    assert set(np.unique(shrunk[:, :38][freed[:, :38]])) == {9}
    assert set(np.unique(shrunk[:, 42:][freed[:, 42:]])) == {7}


def test_smoothing_removes_specks_and_keeps_the_shape() -> None:
    ids = disc(20)
    ids[10, 10] = 2
    ids[40, 40] = 0
    ids[40, 60:66] = 2
    smoothed = applied(ids, smooth(ids, 2, 2))
    assert (smoothed != disc(20)).mean() < 0.01
    assert smoothed[10, 10] == 0
    assert smoothed[40, 40] == 2
    assert smoothed[40, 65] == 0


def test_a_class_that_is_not_there_or_everywhere() -> None:
    ids = disc(20)
    for change in (grow(ids, 9, 3), shrink(ids, 9, 3), smooth(ids, 9, 3)):
        assert change[0].empty
    full = np.full((20, 20), 4, np.uint8)
    for change in (grow(full, 4, 3), shrink(full, 4, 3), smooth(full, 4, 3)):
        assert (applied(full, change) == full).all()
