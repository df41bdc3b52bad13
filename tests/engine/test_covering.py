"""Holes as swaps, retouches and new heads make them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.labels import BODY, HEAD, NECK, SemanticClass, mask_of
from engine.masks import NECK_GROWTH, RIM, dilate, swap_masks
from engine.training.covering import moved_head, strokes, swap_hole, training_hole
from engine.training.layout import layout_hole
from tests.engine.people import person

OWN, OTHER = person(), person(long_hair=True)
CORE = dilate(mask_of(OWN, HEAD), -RIM)


def many(count: int = 60) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(count)]


def test_the_other_head_moves_about_its_place() -> None:
    placed = [moved_head(OTHER, rng, with_neck=False) for rng in many()]
    areas = np.array([m.sum() for m in placed])
    nothing = areas == 0
    assert 0.02 < nothing.mean() < 0.3  # "sometimes nothing"
    true = mask_of(OTHER, HEAD).sum()
    assert 0.5 * true < areas[~nothing].min() < areas[~nothing].max() < 2 * true
    centres = np.array([np.argwhere(m).mean(0) for m in placed if m.any()])
    assert (np.abs(centres - np.argwhere(mask_of(OTHER, HEAD)).mean(0)) < 30).all()
    assert centres.std(0).min() > 1
    longer = [moved_head(OTHER, rng, with_neck=True).sum() for rng in many()]
    assert np.sum(longer) > np.sum(areas)


def test_a_swaps_hole() -> None:
    own_head, neck = mask_of(OWN, HEAD), mask_of(OWN, NECK)
    rim = dilate(own_head, RIM) & ~CORE
    for rng in many():
        hole = swap_hole(OWN, OTHER, rng)
        assert not hole[CORE].any()
        assert hole[neck & ~CORE].all()
        assert hole[rim].all()
    assert np.mean([swap_hole(OWN, OTHER, rng).mean() for rng in many()]) < 0.4


def test_clothes_beside_a_neck_stay() -> None:
    """As in a swap: the hole ends where the neckline was."""
    nobody = np.full_like(OWN, SemanticClass.BACKGROUND)
    collar = mask_of(OWN, BODY) & dilate(mask_of(OWN, NECK), NECK_GROWTH)
    collar &= ~dilate(mask_of(OWN, HEAD), 3 * RIM)
    lost = [swap_hole(OWN, nobody, rng)[collar].mean() for rng in many()]
    assert min(lost) == 0
    assert 0.2 < np.mean([share > 0 for share in lost]) < 0.9


def test_training_holes_cover_those_of_real_swaps() -> None:
    """The hole of a swap of the same two people lies in the holes drawn, in most places."""
    masks = swap_masks(OWN, OTHER, np.ones((256, 256), bool))
    wanted = ~masks.known
    seen = np.mean([swap_hole(OWN, OTHER, rng) for rng in many()], axis=0)
    assert (seen[wanted] > 0.05).mean() > 0.97
    assert seen[wanted].mean() > 0.6


def test_kinds_of_training_holes() -> None:
    own = mask_of(OWN, HEAD | NECK)
    holes = [training_hole(OWN, OTHER, rng) for rng in many(200)]
    whole_heads = np.mean([hole[own].all() for hole in holes])
    assert 0.08 < whole_heads < 0.25
    assert np.mean([not hole[CORE].any() for hole in holes]) > 0.6
    assert all(hole.any() for hole in holes)


def test_strokes_are_brush_strokes() -> None:
    drawn = [strokes(rng) for rng in many()]
    assert all(s.shape == (256, 256) and s.dtype == bool for s in drawn)
    assert 0.005 < np.mean([s.mean() for s in drawn]) < 0.3


@pytest.mark.parametrize("keep_background", [True, False])
def test_the_layout_generators_holes(keep_background: bool) -> None:
    head, neck = mask_of(OWN, HEAD), mask_of(OWN, NECK)
    for rng in many(20):
        hole = layout_hole(OWN, OTHER, rng, keep_background=keep_background)
        assert hole[neck].all()
        assert not hole[head].any()
        if not keep_background:
            assert hole[OWN == 0].all()


def test_a_heads_rim_may_be_lost() -> None:
    head = mask_of(OWN, HEAD)
    for rng in many(20):
        hole = layout_hole(OWN, OTHER, rng, keep_background=True, keep_head=False)
        assert hole[head].any()
        assert not hole[head].all()


def test_the_same_state_draws_the_same_hole() -> None:
    a, b = (training_hole(OWN, OTHER, np.random.default_rng(7)) for _ in range(2))
    assert (a == b).all()
