"""Generated pictures brought in line with the photo: colours, edges, grain."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.boxes import Box
from engine.grain import grain_floor, missing_grain, plain_lattice
from engine.harmonising import harmonised
from engine.sharpening import edge_width, narrowed, narrowing
from engine.texture import needed_nodes
from tests.engine.pictures import grey3

Picture = NDArray[Any]
SHAPE = (60, 80)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]]
LEFT = X < 40
HOLE = (Y >= 15) & (Y < 45) & (X >= 15) & (X < 65)
PHOTO = np.dstack([90 + X / 2, 120 - Y / 3, np.where(LEFT, 60, 160)]).astype(np.float32)
LEFT_OFF, RIGHT_OFF = np.array((18, -9, 5)), np.array((-12, 4, 20))
FAMILIES = [(side.astype(np.float32), side & ~HOLE) for side in (LEFT, ~LEFT)]


# --- colours -----------------------------------------------------------------------------------


def off(left: Picture = LEFT_OFF, right: Picture = RIGHT_OFF) -> NDArray[np.float32]:
    return (PHOTO + np.where(LEFT[..., None], left, right)).astype(np.float32)


def test_every_family_is_corrected_by_its_own() -> None:
    corrected = harmonised(off(), PHOTO, FAMILIES)
    np.testing.assert_allclose(corrected, PHOTO, atol=1)


def test_a_difference_that_changes_goes_on_inwards() -> None:
    slope = (X / 4)[..., None] * (1, 0, -1)
    everywhere = [(np.ones(SHAPE, np.float32), ~HOLE)]
    gap = harmonised((PHOTO + slope).astype(np.float32), PHOTO, everywhere) - PHOTO
    assert np.abs(gap[HOLE]).max() < 5
    assert np.abs(gap[HOLE]).mean() < 1.5


def test_detail_is_left_alone() -> None:
    """Only low frequencies are tied: an eye or a button stays where it was made."""
    made = off()
    made[25:30, 20:25] += 70
    gap = harmonised(made, PHOTO, FAMILIES) - PHOTO
    assert gap[27, 22].mean() == pytest.approx(70, abs=2)


def test_a_misplaced_edge_does_not_stain_the_rest() -> None:
    made = off()
    made[20:40, :3] += 120  # at the rim, where the photo shows something else
    gap = harmonised(made, PHOTO, FAMILIES) - PHOTO
    assert np.abs(gap[HOLE]).mean() < 3


def test_of_which_nothing_is_known_half_is_taken_from_the_rest() -> None:
    one = [FAMILIES[0], (FAMILIES[1][0], np.zeros(SHAPE, bool))]
    gap = harmonised(off(LEFT_OFF, LEFT_OFF), PHOTO, one) - PHOTO
    np.testing.assert_allclose(gap[LEFT].mean(0), 0, atol=0.5)
    np.testing.assert_allclose(gap[~LEFT].mean(0), LEFT_OFF / 2, atol=0.5)


def test_where_nothing_is_known_nothing_is_changed() -> None:
    unknown = [(mask, np.zeros(SHAPE, bool)) for mask, _ in FAMILIES]
    assert (harmonised(off(), PHOTO, unknown) == off()).all()


# --- edges -------------------------------------------------------------------------------------


def edge(sigma: float, low: float = 60, high: float = 180) -> NDArray[np.float32]:
    """A slanting edge that passes through the middle."""
    across = np.where(X - 40 + (Y - 30) / 3 < 0, low, high).astype(np.float32)
    wide = cv2.copyMakeBorder(across, 20, 20, 20, 20, cv2.BORDER_REPLICATE)
    return cv2.GaussianBlur(wide, (0, 0), sigma)[20:-20, 20:-20]


MIDDLE = np.zeros(SHAPE, bool)
MIDDLE[10:50, 10:70] = True


@pytest.mark.parametrize("sigma", [0.6, 1, 1.6, 2.4, 3.5])
def test_the_width_of_edges_is_measured(sigma: float) -> None:
    for high in (90, 200):  # whatever their contrast
        assert edge_width(edge(sigma, high=high), MIDDLE) == pytest.approx(sigma, rel=0.3)


def test_where_there_are_no_edges_none_is_measured() -> None:
    assert edge_width(np.full(SHAPE, 90, np.float32), MIDDLE) is None
    assert edge_width(edge(1), MIDDLE & (X < 12)) is None
    assert narrowing(None, 2.0) == narrowing(1.0, None) == 1
    assert narrowing(2.0, 1.0) == 1  # a sharp picture isn't blurred
    assert narrowing(1.0, 2.0) == 2


@pytest.mark.parametrize("factor", [1.5, 2, 3.5])
def test_a_narrowed_edge_stays_in_place_and_does_not_overshoot(factor: float) -> None:
    soft = edge(3)
    planes = np.full(SHAPE, factor, np.float32), np.full(SHAPE, 1, np.float32)
    sharp = narrowed(grey3(soft), 3, *planes)[..., 0]
    width, before = edge_width(sharp, MIDDLE), edge_width(soft, MIDDLE)
    assert width is not None
    assert before is not None
    assert before / width > 0.7 * factor
    assert sharp.min() >= soft.min() - 1.5
    assert sharp.max() <= soft.max() + 1.5
    for row in (20, 30, 40):
        crossing = [np.interp(120, line[row], np.arange(80)) for line in (soft, sharp)]
        assert crossing[0] == pytest.approx(crossing[1], abs=0.35)


def test_what_is_sharp_enough_stays_as_it_is() -> None:
    one = np.ones(SHAPE, np.float32)
    assert (narrowed(grey3(edge(3)), 3, one, one) == grey3(edge(3))).all()
    # ... and slopes too gentle for an edge.
    slope = grey3((X * 0.5).astype(np.float32))
    shy = np.full(SHAPE, 18, np.float32)
    np.testing.assert_allclose(narrowed(slope, 3, 3 * one, shy)[MIDDLE], slope[MIDDLE], atol=0.2)


# --- grain -------------------------------------------------------------------------------------

DARK_AND_LIGHT = grey3(np.where(LEFT, 50, 200).astype(np.float32))


def strength_of_grain() -> NDArray[np.float32]:
    """2 in the dark and 5 in the light, and much more where there are folds."""
    strength = np.where(LEFT, 2, 5).astype(np.float32)
    strength[Y % 3 != 0] = 30
    return strength


def test_grain_is_measured_by_brightness_in_flat_places() -> None:
    floor = grain_floor(DARK_AND_LIGHT, strength_of_grain(), ~HOLE)
    dark, light = floor.at(np.array((50.0, 200.0)))
    assert dark == pytest.approx(4, rel=0.1)
    assert light == pytest.approx(25, rel=0.1)
    # Of too few cells nothing is said.
    few = grain_floor(DARK_AND_LIGHT, strength_of_grain(), (Y < 2) & (X < 9))
    assert (few.at(DARK_AND_LIGHT[..., 0]) == 0).all()


def test_grain_that_is_missing_is_added_and_no_more() -> None:
    floor = grain_floor(DARK_AND_LIGHT, strength_of_grain(), ~HOLE)
    has = np.where(LEFT, 0, 4).astype(np.float32)
    more = missing_grain(floor, DARK_AND_LIGHT, has, HOLE)
    assert more is not None
    assert more[30, 28] == pytest.approx(2, rel=0.15)
    assert more[30, 52] == pytest.approx(3, rel=0.15)
    assert (more[:5] == 0).all()
    assert missing_grain(floor, DARK_AND_LIGHT, has + 9, HOLE) is None


def test_grain_is_copied_from_flat_places() -> None:
    flat = np.zeros(SHAPE, bool)
    flat[3:30:4, 50:60:3] = True
    box = Box(8, 12, 40, 44)
    nodes = needed_nodes(np.ones(box.shape, bool))
    places = []
    for seed in (0, 0, 1):
        lattice = plain_lattice(box, nodes, flat, 4, np.random.default_rng(seed))
        x, y = lattice.sources(nodes).T
        assert (np.concatenate([x, y]) % 4 == 0).all()
        assert flat[y // 4, x // 4].all()
        places.append(x + 1000 * y)
    assert (places[0] == places[1]).all()
    assert (places[0] != places[2]).any()
    assert len(set(places[0])) > 15  # one after the other it would show
