"""Classes reconsidered by the frame's colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.labels import NUM_CLASSES, SemanticClass
from engine.parsing.colours import by_colours
from engine.parsing.deciding import likeliest

C = SemanticClass
HAIR_COLOUR, WALL_COLOUR = (90, 60, 30), (120, 140, 170)
PATCH = np.s_[40:60, 100:120]  # beside the hair, of which the parser isn't sure
MIDDLE = np.s_[46:54, 106:114]


def scene(patch: tuple[int, int, int], hair: float) -> tuple[np.ndarray, np.ndarray]:
    """Hair before a wall, and a patch of some colour that is hair to some degree."""
    image = np.full((128, 128, 3), WALL_COLOUR, np.uint8)
    p = np.full((NUM_CLASSES, 128, 128), 1e-4, np.float32)
    p[C.BACKGROUND] = 1
    head = np.s_[20:90, 40:100]
    image[head] = HAIR_COLOUR
    p[(C.BACKGROUND, *head)] = 1e-4
    p[(C.HAIR, *head)] = 1
    image[PATCH] = patch
    p[(C.BACKGROUND, *PATCH)] = 1 - hair
    p[(C.HAIR, *PATCH)] = hair
    noise = np.random.default_rng(0).integers(-6, 7, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), p / p.sum(0)


@pytest.mark.parametrize(
    ("patch", "hair", "found"),
    [
        (HAIR_COLOUR, 0.4, C.HAIR),
        (WALL_COLOUR, 0.6, C.BACKGROUND),
        ((200, 30, 160), 0.4, C.BACKGROUND),  # nobody's colour: as the parser says
        ((200, 30, 160), 0.6, C.HAIR),
        (HAIR_COLOUR, 0.02, C.BACKGROUND),  # what it is sure of stays
        (WALL_COLOUR, 0.98, C.HAIR),
    ],
)
def test_what_is_unsure_is_what_has_its_colour(
    patch: tuple[int, int, int], hair: float, found: SemanticClass
) -> None:
    image, p = scene(patch, hair)
    layout = likeliest(by_colours(p, image))
    assert (layout[MIDDLE] == found).all()
    assert (layout[20:90, 40:100] == C.HAIR).all()
    assert (layout[100:] == C.BACKGROUND).all()


def test_skin_and_face_keep_their_odds() -> None:
    image, p = scene(HAIR_COLOUR, 0.0)
    p[(slice(None), *PATCH)] = 1e-4
    p[(C.FACE, *PATCH)], p[(C.NECK, *PATCH)] = 0.7, 0.3
    p /= p.sum(0)
    after = by_colours(p, image)
    before = p[(C.FACE, *PATCH)] / p[(C.NOSE, *PATCH)]
    np.testing.assert_allclose(after[(C.FACE, *PATCH)] / after[(C.NOSE, *PATCH)], before, rtol=1e-4)


def test_without_a_head_nothing_changes() -> None:
    image, p = scene(WALL_COLOUR, 0.1)
    p[C.BACKGROUND], p[C.HAIR] = p[[C.BACKGROUND, C.HAIR]].sum(0), 0
    np.testing.assert_array_equal(by_colours(p, image), p)


@given(st.integers(0, 2**32 - 1))
def test_probabilities_stay_probabilities(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)
    p = rng.random((NUM_CLASSES, 32, 48), np.float32) ** np.float32(rng.integers(1, 30)) + 1e-9
    p /= p.sum(0)
    before = p.copy()
    after = by_colours(p, image)
    assert after.dtype == np.float32
    assert (after >= 0).all()
    np.testing.assert_allclose(after.sum(0), 1, atol=1e-4)
    np.testing.assert_array_equal(p, before)
