from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hs_desktop.rects import Rect
from hs_desktop.tools.brushes import (
    inside,
    paint_classes,
    paint_mask,
    put_class,
    put_mask,
    reach,
    stamp,
)
from hs_desktop.tools.strokes import Brush, Dab, Stroke

WHOLE = Rect(0, 0, 120, 100)
places = st.tuples(st.floats(-30, 150), st.floats(-30, 130))
brushes = st.builds(
    Brush,
    diameter=st.floats(0.2, 90),
    hardness=st.floats(0, 1),
    roundness=st.floats(0.05, 1),
    angle=st.floats(-180, 180),
)


def distances(x: float, y: float, shape: tuple[int, int] = (100, 120)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    result: np.ndarray = np.hypot(columns - x, rows - y)
    return result


@settings(max_examples=60)
@given(brushes, places)
def test_reach_holds_all_that_a_dab_changes(brush: Brush, at: tuple[float, float]) -> None:
    dab = Dab(*at, brush.diameter)
    rect = reach(dab, brush, WHOLE)
    everywhere = stamp(dab, brush, WHOLE)
    within = np.zeros_like(everywhere)
    within[rect.slices] = stamp(dab, brush, rect)
    assert (within == everywhere).all()
    assert everywhere.min() >= 0
    assert everywhere.max() <= 1
    covered = np.zeros(everywhere.shape, bool)
    covered[rect.slices] = inside(dab, brush, rect)
    assert (covered == inside(dab, brush, WHOLE)).all()


@settings(max_examples=40)
@given(st.floats(3, 90), st.tuples(st.floats(30, 80), st.floats(30, 60)))
def test_a_hard_dab_of_a_class_is_its_outline(diameter: float, at: tuple[float, float]) -> None:
    covered = inside(Dab(*at, diameter), Brush(diameter), WHOLE)
    distance = distances(*at)
    assert covered[distance < diameter / 2 - 1e-3].all()
    assert not covered[distance > diameter / 2 + 1e-3].any()


@given(places, st.floats(0.1, 1))
def test_the_smallest_brush_paints_the_pixel_under_it(
    at: tuple[float, float], diameter: float
) -> None:
    ids = np.zeros((100, 120), np.uint8)
    paint_classes(ids, [Dab(*at, diameter)], Brush(diameter), 3)
    x, y = math.floor(at[0]), math.floor(at[1])
    if 0 <= x < 120 and 0 <= y < 100:
        assert ids[y, x] == 3
    assert (ids == 3).sum() <= 4


def test_hardness_is_the_part_of_full_strength() -> None:
    for hardness in (0.0, 0.3, 0.8, 1.0):
        strength = stamp(Dab(60, 50, 80), Brush(80, hardness=hardness), WHOLE)
        distance = distances(60, 50)
        assert strength[distance < 40 * hardness - 1] == pytest.approx(1)
        assert strength[distance > 40.51].max() == 0
        order = np.argsort(distance.ravel())
        assert (np.diff(strength.ravel()[order]) <= 1e-6).all()  # never rising outwards
    edge = stamp(Dab(60, 50, 80), Brush(80), WHOLE)
    assert ((edge > 0.05) & (edge < 0.95)).sum() > 100  # hard, but not jagged


def test_a_flat_brush() -> None:
    covered = inside(Dab(60, 50, 60), Brush(60, roundness=0.25, angle=90), WHOLE)
    assert covered.any(1).sum() == pytest.approx(60, abs=1)
    assert covered.any(0).sum() == pytest.approx(15, abs=1)


def test_only_the_dabs_rectangle_is_touched() -> None:
    ids = np.zeros((100, 120), np.uint8)
    changed = paint_classes(ids, [Dab(30, 40, 10), Dab(50, 40, 10)], Brush(10), 2)
    rows, columns = np.nonzero(ids)
    painted = Rect(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert changed.united(painted) == changed
    assert changed.area < 40 * 20
    assert paint_classes(ids, [Dab(-50, 40, 10)], Brush(10), 2).empty


def test_the_eraser_puts_back_what_was() -> None:
    original = np.random.default_rng(0).integers(0, 16, (100, 120), dtype=np.uint8)
    ids = original.copy()
    paint_classes(ids, [Dab(60, 50, 60)], Brush(60), 2)
    assert (ids != original).any()
    paint_classes(ids, [Dab(60, 50, 64)], Brush(64), original)
    assert (ids == original).all()


# --- masks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_max_never_exceeds_the_opacity(dtype: type) -> None:
    full = 255 if dtype is np.uint8 else 1
    mask = np.zeros((100, 120), dtype)
    brush = Brush(40, hardness=0.2, opacity=0.5)
    dabs = [brush_dab for x in range(20, 100, 2) for brush_dab in [Dab(x, 50, 40, 0.5)]]
    changed = paint_mask(mask, dabs, brush)
    assert mask.max() == pytest.approx(0.5 * full, abs=full / 255)
    outside = mask.copy()
    outside[changed.slices] = 0
    assert not outside.any()
    paint_mask(mask, [Dab(60, 50, 30)], Brush(30), erase=True)
    assert mask[50, 60] == 0
    assert mask[50, 30] > 0.4 * full


@given(st.integers(0, 255), st.floats(0, 1), st.booleans())
def test_8_bit_masks_are_as_float_ones(start: int, strength: float, erase: bool) -> None:
    small = np.array([[start]], np.uint8)
    wide = np.array([[start / 255]], np.float32)
    for mask in (small, wide):
        put_mask(mask, np.array([[strength]], np.float32), erase)
    assert abs(int(small[0, 0]) - 255 * float(wide[0, 0])) <= 1.51


def test_put_class_into_a_part() -> None:
    """As a document hands it out: a view of the rectangle only."""
    ids = np.zeros((100, 120), np.uint8)
    dab, brush = Dab(60, 50, 30), Brush(30)
    rect = reach(dab, brush, WHOLE)
    put_class(ids[rect.slices], inside(dab, brush, rect), 4)
    whole = np.zeros_like(ids)
    paint_classes(whole, [dab], brush, 4)
    assert (ids == whole).all()


def test_a_large_brush_on_a_large_layout_is_quick() -> None:
    ids = np.zeros((3000, 4000), np.uint8)
    brush = Brush(200)
    stroke = Stroke(brush)
    spent = []
    for i in range(60):
        start = time.thread_time()
        paint_classes(ids, stroke.add(500 + 20 * i, 800 + 5 * i), brush, 2)
        spent.append(time.thread_time() - start)
    assert np.median(spent) < 0.008
