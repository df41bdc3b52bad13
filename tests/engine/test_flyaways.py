"""Strands of the old hair beside its class."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine import stages
from engine.arrays import Mask
from engine.flyaways import REACH, flyaways
from engine.framing import Similarity
from engine.imageio import Photo
from engine.labels import HEAD, IGNORE, NECK, Layout, mask_of
from engine.masks import dilate, swap_masks
from engine.requests import HeadTransform
from tests.engine.people import C, person
from tests.engine.studio import SWAP, Studio

EVERYWHERE = np.ones((256, 256), bool)
LAYOUT = person(long_hair=True)
BLONDE, BLACK, COAT, WALL = (205, 168, 110), (22, 20, 24), (38, 42, 58), (150, 150, 156)


def photo(
    hair: tuple[int, int, int] = BLONDE, coat: tuple[int, int, int] = COAT, *, seed: int = 0
) -> NDArray[np.uint8]:
    """A person in plain colours, with grain."""
    colours = np.full((256, 3), WALL)
    colours[C.HAIR], colours[C.UPPER_CLOTHES] = hair, coat
    for label in (C.FACE, C.NECK, C.NOSE, C.MOUTH, C.LEFT_EYE, C.RIGHT_EYE):
        colours[label] = (220, 180, 160)
    grain = np.random.default_rng(seed).normal(0, 3, (256, 256, 1))
    return np.clip(colours[LAYOUT] + grain, 0, 255).astype(np.uint8)


def strand(
    image: NDArray[np.uint8], colour: tuple[int, int, int], *points: tuple[int, int], width: int = 1
) -> Mask:
    """Paint a strand; where it lies outside the head's classes."""
    line = np.zeros(LAYOUT.shape, np.uint8)
    cv2.polylines(line, [np.array(points, np.int32)], False, 1, width)
    image[line > 0] = colour
    return (line > 0) & ~mask_of(LAYOUT, HEAD | NECK)


# From the hair's lower right corner down the coat, and from its side into the wall.
DOWN_THE_COAT = (154, 132), (160, 142), (163, 152)
INTO_THE_WALL = (158, 84), (168, 80), (174, 88)


@pytest.mark.parametrize("way", [DOWN_THE_COAT, INTO_THE_WALL])
@pytest.mark.parametrize("hair", [BLONDE, BLACK])
def test_strands_are_found(way: tuple[tuple[int, int], ...], hair: tuple[int, int, int]) -> None:
    coat = COAT if hair == BLONDE else (170, 60, 60)
    image = photo(hair, coat)
    there = strand(image, hair, *way)
    assert there.sum() > 8
    found = flyaways(image, LAYOUT, EVERYWHERE)
    assert found[there].mean() > 0.7
    assert not (found & ~dilate(there, 2)).any()


def test_plain_photos_have_none() -> None:
    for seed in range(5):
        assert not flyaways(photo(seed=seed), LAYOUT, EVERYWHERE).any()


def test_what_does_not_grow_on_the_head_is_no_strand() -> None:
    image = photo()
    edge = strand(image, BLONDE, (168, 30), (168, 110))  # of a door, not far from the hair
    assert edge.sum() > 60
    assert not flyaways(image, LAYOUT, EVERYWHERE).any()


def test_what_is_as_wide_as_a_belt_is_no_strand() -> None:
    image = photo()
    strand(image, BLONDE, (150, 150), (200, 150), width=12)
    assert flyaways(image, LAYOUT, EVERYWHERE).sum() < 80


def test_patterns_in_the_hairs_colour_stay() -> None:
    """Stripes all over a coat say nothing about hair."""
    image = photo()
    y, _ = np.mgrid[:256, :256]
    coat = LAYOUT == C.UPPER_CLOTHES
    image[coat & (y % 8 < 2)] = BLONDE
    found = flyaways(image, LAYOUT, EVERYWHERE)
    assert (found & coat).sum() < 0.02 * coat.sum()


def test_far_away_is_nothing_looked_at() -> None:
    image = photo()
    strand(image, BLONDE, *DOWN_THE_COAT)
    found = flyaways(image, LAYOUT, EVERYWHERE)
    assert found.any()
    assert not found[~dilate(LAYOUT == C.HAIR, REACH + 1)].any()


def test_nobodys_hair() -> None:
    bald = np.where(LAYOUT == C.HAIR, C.BACKGROUND, LAYOUT).astype(np.uint8)
    assert not flyaways(photo(), bald, EVERYWHERE).any()


def test_strands_go_with_the_old_head() -> None:
    """A swap makes anew what lies under them, and keeps neither their pixels nor their layout."""
    image = photo()
    there = strand(image, BLONDE, *DOWN_THE_COAT)
    body = stages.FrameView(image, EVERYWHERE, Similarity())
    new: Layout = person()
    parsed = [
        stages.Parsed(layout, mask_of(layout, HEAD).astype(np.float32)) for layout in (new, LAYOUT)
    ]
    scene, blended = stages.blend(
        body, parsed[0], body, parsed[1], Similarity(), image, keep_background=True,
        strands=flyaways(image, LAYOUT, EVERYWHERE),
    )  # fmt: skip
    without = swap_masks(new, LAYOUT, EVERYWHERE)
    assert without.known[there].mean() > 0.5
    assert not scene.known[there].any()
    assert scene.region[there].all()
    assert (blended[there] == IGNORE).all()


@pytest.mark.usefixtures("one_thread", "seeing")
def test_a_swap_makes_anew_what_strands_hide(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked for once for a body, however often the head moves."""
    looks = []

    def found(image: NDArray[np.uint8], layout: Layout, inside: Mask) -> Mask:
        looks.append(layout)
        strands = np.zeros(layout.shape, bool)
        strands[150:154, 60:80] = True
        return strands

    plain = studio.one(SWAP)
    monkeypatch.setattr("engine.runner.flyaways", found)
    body = Photo(SWAP.body.pixels + np.uint8(1))  # another photo, nothing of it is cached
    results = [
        studio.one(replace(SWAP, body=body, transform=HeadTransform((shift, 0.0))))
        for shift in (0.0, 3.0)
    ]
    assert len(looks) == 1
    to_frame = stages.find(studio.runner.pipeline, body).to_frame
    x, y = to_frame.inverse().apply(np.array([70.0, 152.0])).astype(int)
    assert plain.region is not None
    assert plain.region[y, x] == 0
    for result in results:
        assert result.region is not None
        assert result.region[y, x] > 0
