"""Coordinates count from corners, the canonical frame, and neck alignment."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.framing import (
    FACE_CENTRE,
    FACE_HEIGHT,
    FRAME_SIZE,
    Similarity,
    canonical_frame,
    inside_mask,
    lower_face_centre,
    neck_alignment,
    warp,
)
from engine.labels import SemanticClass
from tests.engine.people import person
from tests.engine.pictures import noise

lengths = st.floats(-2000, 2000)
similarities = st.builds(
    Similarity,
    scale=st.floats(0.02, 40),
    angle=st.floats(-math.pi, math.pi),
    tx=lengths,
    ty=lengths,
    flip=st.booleans(),
)
points = st.tuples(lengths, lengths)

POINTS = np.array([(0.0, 0.0), (100.0, 0.0), (0.0, 100.0), (-37.5, 212.25)])


# --- similarities --------------------------------------------------------------------------


@given(similarities)
def test_a_matrix_tells_its_similarity(move: Similarity) -> None:
    again = Similarity.from_matrix(move.matrix)
    np.testing.assert_allclose(again.matrix, move.matrix, atol=1e-9 * max(1, move.scale))
    assert again.flip == move.flip
    assert again.scale == pytest.approx(move.scale)


@given(similarities)
def test_the_inverse_brings_points_back(move: Similarity) -> None:
    np.testing.assert_allclose(move.inverse().apply(move.apply(POINTS)), POINTS, atol=1e-6)
    np.testing.assert_allclose(move.then(move.inverse()).matrix, Similarity().matrix, atol=1e-6)


@given(similarities, similarities)
def test_then_is_one_after_the_other(first: Similarity, after: Similarity) -> None:
    both = first.then(after)
    np.testing.assert_allclose(
        both.apply(POINTS), after.apply(first.apply(POINTS)), rtol=1e-9, atol=1e-5
    )
    assert both.scale == pytest.approx(first.scale * after.scale)
    assert both.flip == (first.flip != after.flip)


@given(similarities, points, points)
def test_distances_grow_by_the_scale(
    move: Similarity, a: tuple[float, float], b: tuple[float, float]
) -> None:
    moved = move.apply(np.array([a, b]))
    assert math.dist(*moved) == pytest.approx(move.scale * math.dist(a, b), abs=1e-6)


def test_a_positive_angle_turns_clockwise_on_the_screen() -> None:
    turned = Similarity(angle=math.pi / 2).apply(np.array([1.0, 0.0]))
    np.testing.assert_allclose(turned, (0, 1), atol=1e-12)


def test_the_mirror_comes_before_the_turn() -> None:
    moved = Similarity(2.0, math.pi / 2, 10, 20, flip=True).apply(np.array([3.0, 1.0]))
    np.testing.assert_allclose(moved, (10 - 2, 20 - 6), atol=1e-12)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0, 0], [0, 2, 0]],
        [[1, 0.5, 0], [0, 1, 0]],
        [[1, 1, 0], [1, 1, 0]],
        [[2, 1, 0], [1, 2, 0]],
        [[0, 0, 3], [0, 0, 4]],
    ],
)
def test_other_matrices_are_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="not a similarity"):
        Similarity.from_matrix(np.array(matrix, float))


# --- warping: corners, not centres ------------------------------------------------------------

PHOTO = noise(40, 60, 3)


@pytest.mark.parametrize("interpolation", [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC])
def test_identity_is_exact(interpolation: int) -> None:
    assert (warp(PHOTO, Similarity(), (60, 40), interpolation=interpolation) == PHOTO).all()


@given(dx=st.integers(-30, 30), dy=st.integers(-20, 20), flip=st.booleans())
def test_whole_pixels_are_exact(dx: int, dy: int, flip: bool) -> None:
    # Mirrored about the origin the photo lies left of it: bring it back by its width.
    move = Similarity(tx=dx + 60 * flip, ty=dy, flip=flip)
    moved = warp(PHOTO, move, (120, 80), border=cv2.BORDER_CONSTANT, border_value=9)
    wanted = np.full((80, 120, 3), 9, np.uint8)
    source = PHOTO[:, ::-1] if flip else PHOTO
    for y in range(40):
        if 0 <= y + dy < 80:
            xs = np.arange(60)[(np.arange(60) + dx >= 0)]
            wanted[y + dy, xs + dx] = source[y, xs]
    assert (moved == wanted).all()


def test_doubling_puts_each_pixel_on_four() -> None:
    nearest = warp(PHOTO, Similarity(2.0), (120, 80), interpolation=cv2.INTER_NEAREST)
    assert (nearest == PHOTO.repeat(2, 0).repeat(2, 1)).all()
    # Interpolated, the centres of the new pixels lie at quarters between the old ones'.
    doubled = warp(PHOTO.astype(np.float32), Similarity(2.0), (120, 80))
    row = PHOTO[0].astype(np.float32)
    np.testing.assert_allclose(doubled[0, 1:-1:2], 0.75 * row[:-1] + 0.25 * row[1:], atol=1e-3)


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.1])
def test_halving_takes_the_mean_of_the_pixels_below(scale: float) -> None:
    step = round(1 / scale)
    small = warp(PHOTO.astype(np.float32), Similarity(scale), (60 // step, 40 // step))
    means = PHOTO.reshape(40 // step, step, 60 // step, step, 3).mean((1, 3))
    if scale == 0.5:
        np.testing.assert_allclose(small, means, atol=1e-3)
    assert small.std() < 1.3 * means.std()


@settings(max_examples=50)
@given(
    scale=st.floats(0.03, 20),
    angle=st.floats(-0.4, 0.4),
    at=st.tuples(st.floats(0.4, 0.6), st.floats(0.4, 0.6)),
)
def test_a_ramp_stays_where_it_is(scale: float, angle: float, at: tuple[float, float]) -> None:
    """A photo that tells its own corner coordinates: what arrives at a pixel came from there."""
    w, h = 300, 200
    ramp = np.stack(np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5), -1).astype(np.float32)
    turn = Similarity(scale, angle)
    x, y = turn.apply(np.array([at[0] * w, at[1] * h]))
    move = turn.with_shift(32 - x, 32 - y)
    seen = warp(ramp, move, (64, 64))
    cells = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), -1)
    told = move.inverse().apply(cells)
    reach = 1 + 1.5 / min(1.0, scale)  # what interpolation or shrinking takes from the border
    inner = ((told > reach) & (told < np.array([w, h]) - reach)).all(-1)
    # OpenCV may count in 32nds of a pixel of what it interpolates: the photo, or the photo shrunk.
    coarse = 1 if scale >= 0.6 else 1.1 * max(1, round(0.8 / scale))
    np.testing.assert_allclose(seen[inner], told[inner], rtol=0, atol=coarse / 60)


def test_shrinking_is_antialiased() -> None:
    checks = np.indices((400, 400)).sum(0) % 2 * 255
    for scale in (0.5, 0.3, 0.1, 0.05):
        small = warp(checks.astype(np.uint8), Similarity(scale), (20, 20))
        assert np.abs(small.astype(int) - 127).max() < 45, scale


def test_labels_are_never_mixed() -> None:
    labels = noise(100, 100) // 16 * 16
    for scale in (0.07, 0.5, 3.3):
        seen = warp(labels, Similarity(scale, 0.3), (50, 50), interpolation=cv2.INTER_NEAREST)
        assert set(np.unique(seen)) <= set(np.unique(labels))


def test_sixteen_bits_and_masks_keep_their_kind() -> None:
    deep = noise(20, 30, 3, dtype=np.uint16)
    assert (warp(deep, Similarity(tx=2), (32, 20))[:, 2:] == deep).all()
    mask = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    moved = warp(mask, Similarity(tx=2), (32, 20), border=cv2.BORDER_CONSTANT)
    assert moved.dtype == np.float32
    assert (moved[:, 2:] == mask).all()
    assert (moved[:, :2] == 0).all()


# --- the canonical frame ------------------------------------------------------------------------


@given(top=points, chin=points.map(lambda p: (p[0] / 10, p[1] / 10)))
def test_the_face_stands_where_it_must(top: tuple[float, float], chin: tuple[float, float]) -> None:
    if math.dist(top, chin) < 1:
        return
    frame = canonical_frame(top, chin)
    seen = frame.apply(np.array([top, chin]))
    x, y = FACE_CENTRE
    half = FACE_HEIGHT / 2
    np.testing.assert_allclose(seen, [(x, y - half), (x, y + half)], atol=1e-6)
    assert not frame.flip


def test_a_face_of_no_height_is_refused() -> None:
    with pytest.raises(ValueError, match="no height"):
        canonical_frame((3, 4), (3, 4))


def test_which_pixels_show_the_photo() -> None:
    inside = inside_mask((30, 50, 3), Similarity(1.0, tx=10, ty=-5), 64)
    assert inside[:25, 10:60].all()
    assert inside.sum() == 25 * 50
    # A pixel belongs to the photo if its centre does.
    assert inside_mask((30, 50), Similarity(1.0, tx=0.49, ty=0), 64)[0, 0]
    assert not inside_mask((30, 50), Similarity(1.0, tx=0.51, ty=0), 64)[0, 0]


@given(similarities)
def test_inside_and_warp_agree(move: Similarity) -> None:
    white = np.full((30, 50), 255, np.uint8)
    shown = warp(white, move, (64, 64), interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT)
    inside = inside_mask(white.shape, move, 64)
    edge = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
    assert ((shown > 0) == inside)[~edge].all()


# --- neck alignment ----------------------------------------------------------------------------


def test_the_lower_face_is_below_the_nose() -> None:
    centre = lower_face_centre(person())
    assert centre is not None
    assert centre[0] == pytest.approx(128)
    assert 79 < centre[1] < 96  # between nose and chin


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (11, 0), (-7, 9), (4, -6)])
def test_neck_alignment_brings_lower_face_to_lower_face(dx: int, dy: int) -> None:
    shift = neck_alignment(person(), person(x=128 + dx, y=dy))
    assert shift == pytest.approx((dx, dy), abs=0.51)


def test_hair_over_one_cheek_does_not_pull_the_head_aside() -> None:
    covered = person()
    covered[60:92, 106:116] = SemanticClass.HAIR  # the chin and the other cheek are to be seen
    aligned = neck_alignment(covered, person())
    assert abs(aligned[0]) < 6


def test_without_a_nose_the_lower_half_of_the_face_counts() -> None:
    layout = person()
    layout[layout == SemanticClass.NOSE] = SemanticClass.FACE
    centre = lower_face_centre(layout)
    assert centre is not None
    assert centre[0] == pytest.approx(128)
    assert 68 < centre[1] < 90


def test_without_a_face_nothing_is_aligned() -> None:
    empty = np.zeros((FRAME_SIZE, FRAME_SIZE), np.uint8)
    assert lower_face_centre(empty) is None
    assert neck_alignment(person(), empty) == (0, 0)
    assert neck_alignment(empty, person()) == (0, 0)
    # A nose at the very bottom: there is no face below it.
    empty[-1, 100] = SemanticClass.NOSE
    assert lower_face_centre(empty) is None
