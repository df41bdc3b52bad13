"""Detail copied into what was generated: as strong and as fine as what lies around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.boxes import Box
from engine.cells import PITCH, cell_means
from engine.compositing import FrameResult, composite
from engine.framing import FRAME_SIZE, Similarity
from engine.labels import HEAD, NECK, mask_of
from engine.matching import match
from engine.texture import (
    WINDOW,
    Lattice,
    Places,
    blur,
    corners_of,
    needed_nodes,
    transfer,
    usable_corners,
)
from tests.engine.composites import C, face_at, grainy, head_layer, laid, made_up
from tests.engine.people import painted, person
from tests.engine.pictures import grey3

Picture = NDArray[Any]
BOTH = np.mgrid[:FRAME_SIZE, :FRAME_SIZE]


# --- made anew between cloth and wall ----------------------------------------------------------

# Pixels per pixel of the frame -> frame pixels that the photo has a side.
SIDES = {1: 200, 4: 90, 8: 64}
every_scale = pytest.mark.parametrize("scale", SIDES)
CLOTH, WALL = np.array((150, 96, 70)), np.array((112, 118, 130))
OFF = np.array((22, -14, 9))  # what the denoiser's colours are off by, and the reverse on the wall


class Scene:
    """Woven cloth on the left and a wall on the right; a square across both is made anew.

    The photo shows something bright there: whatever is seen afterwards comes from around it.
    """

    def __init__(self, scale: int) -> None:
        side = SIDES[scale]
        self.scale, n = scale, side * scale
        rng = np.random.default_rng(scale)
        y, x = np.mgrid[:n, :n]
        self.cloth = x < n // 2
        weave = 9 * rng.normal(size=(n, n))
        coarse = cv2.GaussianBlur(rng.normal(size=(n, n)), (0, 0), 0.8 * scale)
        weave += 14 * coarse / coarse.std()
        grey = np.where(self.cloth, weave, rng.normal(0, 1.5, (n, n)))
        photo = np.where(self.cloth[..., None], CLOTH, WALL) + grey[..., None]
        self.whole = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
        first, last = side // 4, side * 3 // 4
        self.inside = (np.minimum(y, x) >= first * scale) & (np.maximum(y, x) < last * scale)
        self.body = self.whole.copy()
        self.body[self.inside] = (250, 240, 60)

        region = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
        region[first:last, first:last] = 1
        layout = np.where(BOTH[1] < side // 2, C.UPPER_CLOTHES, C.BACKGROUND).astype(np.uint8)
        cloth = (layout == C.UPPER_CLOTHES)[..., None]
        image = np.where(cloth, CLOTH + OFF, WALL - OFF).astype(np.float32)
        frame = FrameResult(image, layout, region)
        to_frame = Similarity(1 / scale)
        self.pixels, _ = composite(self.body, to_frame, frame, None, layout, seed=2)

        # Well within and well without, away from where cloth meets wall.
        near = np.abs(x - n // 2) > 8 * scale
        margin = 6.5 * scale  # beyond the feather
        depth = cv2.distanceTransform(self.inside.astype(np.uint8), cv2.DIST_L2, 5)
        beyond = cv2.distanceTransform((~self.inside).astype(np.uint8), cv2.DIST_L2, 5)
        self.deep, self.around = near & (depth > margin), near & (beyond > margin)


scene = lru_cache(Scene)


def bands(picture: Picture, scale: int) -> list[Picture]:
    """Pixel by pixel, within cells, and cell by cell."""
    grey = picture.astype(np.float32).mean(-1)
    sigmas = sorted({0.7, 0.35 * scale, 1.5 * scale})
    layers = [grey] + [cv2.GaussianBlur(grey, (0, 0), s) for s in sigmas]
    return [a - b for a, b in pairwise(layers)]


@every_scale
def test_cloth_gets_the_texture_of_the_cloth_around(scale: int) -> None:
    it = scene(scale)
    for band in bands(it.pixels, scale):
        made, own = (band[it.cloth & mask].std() for mask in (it.deep, it.around))
        assert made == pytest.approx(own, rel=0.25)


@every_scale
def test_a_plain_wall_stays_plain_and_keeps_its_grain(scale: int) -> None:
    it = scene(scale)
    for band in bands(it.pixels, scale):
        made, own = (band[~it.cloth & mask].std() for mask in (it.deep, it.around))
        assert made < 1.5 * own + 0.2
    finest = bands(it.pixels, scale)[0]
    made, own = (finest[~it.cloth & mask].std() for mask in (it.deep, it.around))
    assert made > 0.6 * own


@every_scale
def test_colours_are_those_around_class_by_class(scale: int) -> None:
    it = scene(scale)
    for part in (it.cloth, ~it.cloth):
        made, own = (it.pixels[part & mask].mean(0) for mask in (it.deep, it.around))
        np.testing.assert_allclose(made, own, atol=3)


@every_scale
def test_texture_is_copied_from_what_the_photo_keeps(scale: int) -> None:
    """Real detail of the photo: not what was there before, nor a mean of much."""
    it = scene(scale)
    yellow = it.pixels[..., :2].min(-1).astype(int) - it.pixels[..., 2]
    assert yellow[it.deep].max() < 60  # that was there: 180
    for part in (it.cloth, ~it.cloth):
        grey = it.pixels.astype(float).mean(-1)
        made, own = ((grey - cv2.blur(grey, (5, 5)))[part & m] for m in (it.deep, it.around))
        # Their distribution, not only their strength.
        low, high = np.percentile(made, (5, 95)) / np.percentile(own, (5, 95))
        assert 0.6 < min(low, high) <= max(low, high) < 1.7


def test_stripes_go_on_across_the_region() -> None:
    y, _ = np.mgrid[:160, :160]
    stripes = 110 + 30 * np.sign(np.sin(2 * np.pi * (y + 0.5) / 8))
    whole = grainy(grey3(stripes.astype(np.uint8)), sigma=2)
    region = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    region[50:110, 50:110] = 1
    body = np.where(region[:160, :160, None] > 0, 60, whole).astype(np.uint8)
    image = cv2.copyMakeBorder(whole, 0, 96, 0, 96, cv2.BORDER_REFLECT).astype(np.float32)
    image = cv2.GaussianBlur(image, (0, 0), 2.2)
    layout = np.full((FRAME_SIZE, FRAME_SIZE), C.UPPER_CLOTHES, np.uint8)
    pixels, _ = composite(body, Similarity(), FrameResult(image, layout, region), None, layout)
    middle = slice(55, 105), slice(55, 105)
    pair = pixels[middle][..., 0].ravel(), whole[middle][..., 0].ravel()
    soft = image[middle][..., 0].ravel()
    assert np.corrcoef(*pair)[0, 1] > 0.85
    assert pair[0].std() > 1.3 * soft.std()


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("cut", [0, 8])
def test_a_badge_on_plain_cloth_is_not_copied(scale: int, cut: int) -> None:
    """Even at the border of what is made, or across it, beside something brighter."""
    plain, side = (44, 48, 66), 200 * scale
    cloth = np.full((side, side, 3), plain, np.uint8)
    badge = Box(110 - cut, 70, 150, 130).times(scale)
    y, x = np.mgrid[: badge.height, : badge.width] // scale
    cloth[badge.slices][(x // 3 + y // 5) % 2 == 0] = (220, 180, 60)
    region = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    region[60:140, 40:110] = 1
    hidden = Box(40, 60, 110, 140).times(scale)
    cloth = grainy(cloth, sigma=4)
    cloth[hidden.slices] = 120
    image = np.full((FRAME_SIZE, FRAME_SIZE, 3), plain, np.float32)
    image[90:110, 80:110] = (76, 70, 66)
    layout = np.full((FRAME_SIZE, FRAME_SIZE), C.UPPER_CLOTHES, np.uint8)
    frame = FrameResult(image, layout, region)
    pixels, _ = composite(cloth, Similarity(1 / scale), frame, None, layout)
    grey = pixels.astype(np.float32).mean(-1)
    detail = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2 * scale))
    assert detail[Box(44, 64, 106, 136).times(scale).slices].max() < 40  # the letters: 100


def test_what_a_sample_adds_stays_within_the_photos_texture() -> None:
    """Before a plain wall a pattern goes back to the first estimate, before brick it stays."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:200, :200]
    weave = 28 * np.sign(np.sin(x * 0.9) * np.sin(y * 0.9))
    made = {}
    for kind, wall in (("plain", np.zeros((200, 200))), ("brick", weave)):
        photo = np.clip(120 + wall + rng.normal(0, 1, wall.shape), 0, 255)
        body = grey3(photo.astype(np.uint8))
        region = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
        region[60:140, 40:110] = 1
        coarse = np.full((FRAME_SIZE, FRAME_SIZE, 3), 120, np.float32)
        noise = rng.normal(0, 1, coarse.shape[:2]).astype(np.float32)
        pattern = cv2.GaussianBlur(noise, (0, 0), 1.2)
        image = coarse + 12 * (pattern / pattern.std())[..., None]
        layout = np.full((FRAME_SIZE, FRAME_SIZE), C.BACKGROUND, np.uint8)
        for name, first in (("free", None), ("restrained", coarse)):
            frame = FrameResult(image, layout, region, first)
            pixels, _ = composite(body, Similarity(), frame, None, layout, match_grain=False)
            made[kind, name] = cv2.GaussianBlur(pixels[70:130, 50:100], (0, 0), 1).std()
    assert made["plain", "free"] > 6
    assert made["plain", "restrained"] < 0.4 * made["plain", "free"]
    assert made["brick", "restrained"] > 0.8 * made["brick", "free"]


@pytest.mark.parametrize("match_grain", [True, False])
def test_skin_taken_from_a_clean_head_gets_the_bodys_grain(match_grain: bool) -> None:
    frame, size = face_at(190, 30, 400), (380, 410)
    layout = person()
    head = head_layer(painted(layout, frame, size), layout, frame)
    body = grainy(np.full((*size[::-1], 3), 110, np.uint8), sigma=5)
    wall = np.full_like(layout, C.BACKGROUND)
    neck = mask_of(layout, NECK)
    final = np.where(neck, C.NECK, C.BACKGROUND).astype(np.uint8)
    image = painted(layout).astype(np.float32)
    result = FrameResult(image, final, neck.astype(np.float32))
    pixels, region = composite(body, frame, result, head, wall, match_grain=match_grain)
    fine = bands(pixels, 8)[0]
    made = cv2.erode((region == 1).astype(np.uint8), np.ones((41, 41))) > 0
    assert made.sum() > 2000
    ratio = fine[made].std() / fine[:, :20].std()
    assert 0.6 < ratio < 1.4 if match_grain else ratio < 0.3


def test_a_neck_takes_after_the_face_above_it() -> None:
    """Not after the one that went, whose skin is hidden with it."""
    swap = made_up(face=176, size=(600, 720))
    body = swap.body.astype(np.float32)
    old = laid(mask_of(swap.body_layout, HEAD | NECK), swap.to_frame.inverse(), swap.size)
    wrinkles = 40 * np.sin(np.mgrid[: body.shape[0], : body.shape[1]][0] / 2)[..., None]
    body = np.clip(body + old[..., None] * wrinkles, 0, 255).astype(np.uint8)
    # No skin of the body's own is kept: what isn't hidden is clothed.
    clothed = np.where(swap.body_layout == C.BODY_SKIN, C.UPPER_CLOTHES, swap.body_layout)
    swap = replace(swap, body=body, body_layout=clothed.astype(np.uint8))
    pixels, region = swap.composite(match_grain=False)
    neck = laid(swap.result.layout == C.NECK, swap.to_frame.inverse(), swap.size)
    seen = cv2.erode((neck & (region > 0.99)).astype(np.uint8), np.ones((9, 9))) > 0
    grey = pixels.astype(np.float32).mean(2)
    detail = (grey - cv2.GaussianBlur(grey, (0, 0), 3))[seen]
    assert seen.sum() > 500
    assert detail.std() < 10  # the wrinkles are three times as strong


# --- lattices ----------------------------------------------------------------------------------

masks = st.builds(
    lambda rows, columns, seed, share: np.random.default_rng(seed).random((rows, columns)) < share,
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 99),
    st.sampled_from([0.02, 0.5, 0.97, 1.0]),
)


@settings(max_examples=40)
@given(masks)
def test_a_wanted_cell_has_a_node_at_every_corner_of_its_square(wanted: Picture) -> None:
    rows, columns = (PITCH * (n // PITCH + 1) for n in wanted.shape)
    cells = np.zeros((rows, columns), bool)
    cells[: wanted.shape[0], : wanted.shape[1]] = wanted
    nodes = needed_nodes(cells)
    assert nodes.shape == (rows // PITCH + 1, columns // PITCH + 1)
    expected = np.zeros_like(nodes)
    for y, x in np.argwhere(cells) // PITCH:
        expected[y : y + 2, x : x + 2] = True
    assert (nodes == expected).all()
    # A node's neighbourhood is the four squares round it.
    box = Box(8, 4, 8 + columns, 4 + rows)
    centres = corners_of(box, nodes) + WINDOW // 2
    assert (centres == np.argwhere(nodes)[:, ::-1] * PITCH + (box.x0, box.y0)).all()


@settings(max_examples=40)
@given(masks)
def test_neighbourhoods_that_may_be_copied_are_nearly_all_source(source: Picture) -> None:
    usable = usable_corners(source)
    assert usable.shape == source.shape
    for y, x in np.ndindex(source.shape):
        part = source[y : y + WINDOW, x : x + WINDOW]
        fits = part.shape == (WINDOW, WINDOW)
        if not fits or abs(part.mean() - 0.85) > 0.01:
            assert usable[y, x] == (fits and part.mean() > 0.85)


UNIT, FINE, WORK = 2, 4, Box(8, 12, 28, 36)
SOURCE = np.random.default_rng(0).normal(0, 10, (100, 90, 3)).astype(np.float32)


def lattice(offset: Callable[[np.random.Generator, tuple[int, ...]], Picture]) -> Lattice:
    shape = WORK.height // PITCH + 1, WORK.width // PITCH + 1, 2
    steps = offset(np.random.default_rng(1), shape)
    return Lattice(WORK, (np.broadcast_to(steps, shape) * (FINE // UNIT)).astype(np.int32), FINE)


def test_one_offset_for_all_copies_as_it_is() -> None:
    tile = WORK.times(UNIT)
    moved = transfer(SOURCE, lattice(lambda rng, shape: np.array((11, -9))), UNIT, tile)
    assert (moved == SOURCE[tile.shifted(11, -9).slices]).all()


def test_where_offsets_meet_details_stay_as_strong() -> None:
    jumbled = lattice(lambda rng, shape: rng.integers(-14, 15, shape))
    tile = WORK.times(UNIT)
    moved = transfer(SOURCE, jumbled, UNIT, tile)
    assert moved.std() == pytest.approx(SOURCE.std(), rel=0.06)
    # In the middle of the change as well, where a plain cross-fade halves the strength.
    side = PITCH * UNIT
    at = np.arange(side // 2 - 1, tile.height, side)
    assert moved[at][:, at[at < tile.width]].std() == pytest.approx(SOURCE.std(), rel=0.15)


def test_copied_tile_by_tile_it_is_the_same() -> None:
    mixed = lattice(lambda rng, shape: rng.integers(-2, 3, shape) // 2 * 6)
    tile, side = WORK.times(UNIT), PITCH * UNIT
    whole = transfer(SOURCE, mixed, UNIT, tile)
    for part in (Box(16, 24, 32, 48), Box(48, 64, 56, 72), Box(16, 24, 16 + side, 72)):
        assert (transfer(SOURCE, mixed, UNIT, part) == whole[part.within(tile)]).all()


# --- where from --------------------------------------------------------------------------------


@pytest.mark.parametrize("upright", [True, False])
def test_texture_comes_from_where_the_photo_looks_alike(upright: bool) -> None:
    """Upright stripes in the left half of the photo and level ones in the right."""
    y, x = np.mgrid[:64, :128]
    stripes = np.sin(2 * np.pi * np.where(x < 64, x, y) / 7)
    photo = grainy(grey3((110 + 25 * stripes).astype(np.uint8)), sigma=2)
    hole = Box(48, 20, 80, 44)
    known = np.ones((64, 128), bool)
    known[hole.slices] = False
    places = Places.of(cell_means(photo, Box.of(photo.shape), 1), known)
    look = blur(places.means.cells, 1.2)
    target = look[20:44, 8:40] if upright else look[20:44, 88:120]
    nodes = needed_nodes(~known[hole.slices])
    expected = np.full((*hole.shape, 2), places.strength[..., 0].mean(), np.float32)
    found = match(
        hole, np.ascontiguousarray(target), look, expected, nodes, usable_corners(known), places,
        np.random.default_rng(0),
    )  # fmt: skip
    middle = np.zeros_like(nodes)
    middle[2:-2, 2:-2] = True  # nearer to the rim the photo itself has a say
    centres = found.sources(middle)[:, 0] + WINDOW // 2
    assert ((centres < 64) == upright).mean() > 0.9
    corners = found.sources(nodes)
    assert usable_corners(known)[corners[:, 1], corners[:, 0]].all()
