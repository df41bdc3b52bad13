"""Alpha as a linear function of colour: on pictures whose alpha is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.arrays import Field
from engine.colour_lines import ColourLines, dot
from tests.engine.pictures import noise


def test_scalar_products() -> None:
    a, b = (noise(7, 5, 3, seed=s).astype(np.float32) for s in (1, 2))
    np.testing.assert_allclose(dot(a, b), (a * b).sum(-1), rtol=1e-6)


@pytest.fixture
def step() -> Field:
    """Dark on the left, bright from column 43 on, with some grain."""
    x = np.arange(80)
    photo = np.where(x < 43, 60, 190)[None, :, None].repeat(50, 0).repeat(3, 2).astype(np.float32)
    return photo + noise(50, 80, 3) / np.float32(64)


def test_guided_edges_are_those_of_the_guide(step: Field) -> None:
    windows = ColourLines(step, 12, 60)
    mask = (np.arange(80) < 38)[None].repeat(50, 0).astype(np.float32)
    filtered = windows.filtered(mask)
    assert (filtered[:, :43] > filtered[:, 43:].max()).all()
    np.testing.assert_allclose(windows.filtered(np.ones_like(mask)), 1, atol=1e-3)


def test_what_is_linear_stays() -> None:
    guide = cv2.GaussianBlur(noise(40, 60, 3), (0, 0), 1).astype(np.float32)
    alpha = guide @ np.array([0.002, -0.001, 0.003], np.float32) + np.float32(0.1)
    lines = ColourLines(guide, 1, 0.01).of(alpha)
    np.testing.assert_allclose(lines.at(guide), alpha, atol=0.01)


@pytest.mark.parametrize("grey", [False, True])
def test_the_alpha_of_two_colours_is_found(grey: bool) -> None:
    """From a guess that knows nothing between what is sure; grey windows span one dimension."""
    rng = np.random.default_rng(3)
    truth = np.zeros((60, 90), np.uint8)
    cv2.ellipse(truth, (45, 30), (20, 14), 0, 0, 360, 255, -1, cv2.LINE_AA)
    for angle in rng.uniform(0, 2 * np.pi, 30):
        way = np.array((np.cos(angle), np.sin(angle)))
        a, b = ((45, 30) + way * (20, 14) * r for r in (0.9, 1.3))
        cv2.line(truth, tuple(map(int, a)), tuple(map(int, b)), 200, 1, cv2.LINE_AA)
    alpha = truth.astype(np.float32) / 255
    front, back = ((20, 20, 20), (220, 220, 220)) if grey else ((60, 40, 30), (40, 150, 220))
    guide = alpha[..., None] * np.float32(front) + (1 - alpha[..., None]) * np.float32(back)
    guide += rng.normal(0, 0.5, guide.shape).astype(np.float32)
    y, x = np.mgrid[:60, :90]
    out = np.hypot((x - 45) / 20, (y - 30) / 14)
    unknown = (out > 0.7) & (out < 1.45)
    start = np.where(unknown, np.float32(0.5), (out < 1).astype(np.float32))
    windows = ColourLines(guide, 1, 0.065)
    found = windows.solved(start, unknown, 1e-3, 40)
    assert np.array_equal(found[~unknown], start[~unknown])
    assert np.abs(found - alpha)[unknown].mean() < 0.05
    # More rounds come nearer; and none change nothing.
    errors = [
        np.abs(windows.solved(start, unknown, 1e-3, n) - alpha)[unknown].mean() for n in (0, 3, 40)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert np.array_equal(windows.solved(start, unknown, 1e-3, 0), start)


def test_where_there_are_no_colours_the_guess_stays() -> None:
    flat = np.full((30, 30, 3), 90, np.float32)
    unknown = np.zeros((30, 30), bool)
    unknown[5:25, 5:25] = True
    start = np.tile(np.linspace(0, 1, 30, dtype=np.float32), (30, 1))
    windows = ColourLines(flat, 1, 0.065)
    assert np.isfinite(windows.solved(start, unknown, 1e-3, 20)).all()
    np.testing.assert_allclose(windows.solved(start, unknown, 1e-3, 20), start, atol=0.06)
    assert np.array_equal(windows.solved(start, np.zeros_like(unknown), 1e-3, 20), start)
