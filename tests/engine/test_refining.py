"""Class probabilities drawn to the picture's edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.labels import NUM_CLASSES, SemanticClass
from engine.parsing.refining import guided_filter, refined

HAIR, NOSE = SemanticClass.HAIR, SemanticClass.NOSE


def scene(shift: int, label: int, radius: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dark disc on grey, its true mask, and probabilities that have it ``shift`` px aside."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:96, :96] - 48.0
    true = np.hypot(x, y) < radius
    image = np.where(true, 60, 150)[..., None] + rng.normal(0, 3, (96, 96, 3))
    seen = np.clip(radius - np.hypot(x - shift, y), -2, 2) / 4 + 0.5  # as soft as a parser's
    p = np.zeros((NUM_CLASSES, 96, 96), np.float32)
    p[label], p[0] = seen, 1 - seen
    return np.clip(image, 0, 255).astype(np.uint8), true, p


def iou(p: np.ndarray, label: int, true: np.ndarray) -> float:
    mine = p.argmax(0) == label
    return float((mine & true).sum() / (mine | true).sum())


@pytest.mark.parametrize(("label", "radius", "shift"), [(HAIR, 30, 3), (NOSE, 9, 1)])
def test_outlines_move_to_the_pictures_own(label: int, radius: int, shift: int) -> None:
    image, true, p = scene(shift, label, radius)
    before, after = iou(p, label, true), iou(refined(p, image), label, true)
    assert before < 0.93
    assert after > before + 0.5 * (1 - before)


def test_right_outlines_stay() -> None:
    image, true, p = scene(0, HAIR, 30)
    assert iou(refined(p, image), HAIR, true) > 0.98


def test_where_the_picture_has_no_edge_nothing_but_noise_moves() -> None:
    _, true, p = scene(0, HAIR, 30)
    flat = np.full((96, 96, 3), 128, np.uint8)
    assert iou(refined(p, flat), HAIR, true) > 0.97


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_they_stay_probabilities(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (NUM_CLASSES, 32, 32))
    p = np.exp(logits) / np.exp(logits).sum(0)
    image = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    out = refined(p.astype(np.float32), image)
    assert out.dtype == np.float32
    assert out.min() >= 0
    np.testing.assert_allclose(out.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize("shrink", [1, 2])
def test_what_is_linear_in_the_guide_comes_through(shrink: int) -> None:
    """And all planes together stay in sum what they were: the filter is linear in them."""
    y, x = np.mgrid[:64, :64] / 64
    guide = np.dstack([x, y, 0.5 * np.sin(9 * x * y) + 0.5]).astype(np.float32)
    plane = 0.2 + 0.5 * guide[..., 0] - 0.3 * guide[..., 1] + 0.1 * guide[..., 2]
    planes = np.dstack([plane, 1 - plane])
    out = guided_filter(guide, planes, 6, epsilon=1e-7, shrink=shrink)
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(out[inner], planes[inner], atol=0.01)
    np.testing.assert_allclose(out.sum(-1), 1, atol=1e-4)
