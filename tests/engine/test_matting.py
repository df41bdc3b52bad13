"""What of the head photo is head: on heads whose true matte is known."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.boxes import Box
from engine.framing import Similarity, warp
from engine.labels import HEAD, SemanticClass, mask_of
from engine.matting import head_matte
from engine.placing import HeadLayer, place_head
from tests.engine.composites import face_at, head_area, head_layer, made_up
from tests.engine.people import person

C = SemanticClass
Picture = NDArray[Any]
SIZE = (300, 300)
PHOTO = Box(0, 0, *SIZE)
TO_FRAME = face_at(150, 150, 110)
GREEN = (40, 170, 60)


def in_photo(layer: HeadLayer, margin: int) -> NDArray[np.bool_]:
    return head_area(layer, margin, SIZE)


def alpha_of(layer: HeadLayer) -> Picture:
    matte = head_matte(layer, PHOTO)
    whole = np.zeros(SIZE[::-1], np.float32)
    whole[matte.box.slices] = matte.alpha
    return whole


@lru_cache
def truth() -> tuple[Picture, Picture]:
    """A head's true matte, with strands that no parser sees, and its own colours."""
    layout = person()
    way = TO_FRAME.inverse()
    head = warp(mask_of(layout, HEAD).astype(np.float32), way, SIZE)
    alpha = np.uint8(255 * (head > 0.5))
    rng = np.random.default_rng(5)
    for angle in rng.uniform(np.pi, 2 * np.pi, 70):  # round the top of the head
        ends = np.array([(np.cos(angle), np.sin(angle))]) * ([[28, 34]], [[34, 41]])
        a, b = np.rint(way.apply(ends[:, 0] + (128, 66))).astype(int)
        cv2.line(alpha, tuple(map(int, a)), tuple(map(int, b)), 255, 1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), 0.7)
    skin = warp((layout != C.HAIR).astype(np.float32) * mask_of(layout, HEAD), way, SIZE)
    own = np.array((62, 42, 26)) + skin[..., None] * np.array((158, 128, 104))
    return soft, own + rng.normal(0, 3, own.shape)


def photo_of(alpha: Picture, own: Picture, behind: Picture) -> NDArray[np.uint8]:
    mixed = alpha[..., None] * own + (1 - alpha[..., None]) * behind
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


@lru_cache
def before_green() -> HeadLayer:
    alpha, own = truth()
    behind = np.array(GREEN) + np.random.default_rng(1).normal(0, 2, own.shape)
    return head_layer(photo_of(alpha, own, behind), person(), TO_FRAME)


def feathered(layer: HeadLayer, sigma: float) -> Picture:
    hard = in_photo(layer, 0).astype(np.float32)
    return cv2.GaussianBlur(hard, (0, 0), sigma)


# --- what is sure ------------------------------------------------------------------------------


MOVED = Similarity(0.8, 0.2, 60, -10)


@pytest.mark.parametrize("move", [Similarity(), MOVED, Similarity(1.4, -0.1, -60, -80, flip=True)])
@pytest.mark.parametrize("deep", [False, True])
def test_the_core_is_the_heads_own_and_far_away_there_is_nothing(
    move: Similarity, deep: bool
) -> None:
    layer = replace(before_green(), to_body=before_green().to_body.then(move))
    if move.flip:
        layer = replace(layer, to_body=layer.to_body.then(Similarity(tx=300)))
    if deep:
        layer = replace(layer, pixels=layer.pixels.astype(np.uint16) * 257)
    matte, alpha = head_matte(layer, PHOTO), alpha_of(layer)
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert in_photo(layer, -4).any()
    assert (alpha[in_photo(layer, -4)] == 1).all()
    assert (alpha[~in_photo(layer, 9)] == 0).all()
    assert matte.colours.dtype == layer.pixels.dtype
    core = matte.alpha == 1
    assert (matte.colours == place_head(layer, matte.box))[core].all()


def test_more_bits_give_the_same_matte() -> None:
    layer = before_green()
    deep = replace(layer, pixels=layer.pixels.astype(np.uint16) * 257)
    np.testing.assert_allclose(alpha_of(deep), alpha_of(layer), atol=0.02)


def test_the_matte_stays_in_the_body_photo() -> None:
    for shift in (-140, 140):
        layer = replace(before_green(), to_body=Similarity(tx=shift, ty=shift))
        matte = head_matte(layer, PHOTO)
        assert matte.box & PHOTO == matte.box
        assert matte.alpha.shape == matte.box.shape == matte.colours.shape[:2]
        assert matte.alpha.any()


def test_beyond_the_body_photo_there_is_no_matte() -> None:
    assert head_matte(replace(before_green(), to_body=Similarity(tx=5000)), PHOTO).box.empty
    nobody = np.zeros_like(before_green().probabilities)
    assert not head_matte(replace(before_green(), probabilities=nobody), PHOTO).alpha.any()


def test_another_persons_head_stays_where_it_was() -> None:
    layer = before_green()
    both = layer.probabilities.copy()
    both[20:60, 176:200] = 1
    seen = replace(layer, probabilities=both)
    other = warp((both > layer.probabilities).astype(np.float32), TO_FRAME.inverse(), SIZE) > 0.5
    assert other.sum() > 1000
    assert (alpha_of(seen)[other] == 0).all()
    assert (alpha_of(seen) == alpha_of(layer)).mean() > 0.99


def test_a_head_cut_off_by_its_photo_ends_there() -> None:
    """What lies beyond the border is repeated edge pixels: no part of the head."""
    swap = made_up()
    cut = swap.head.pixels[60:]  # the top of the head is missing
    layer = replace(
        swap.head,
        pixels=cut,
        to_frame=Similarity(ty=60).then(swap.head.to_frame),
        to_body=Similarity(ty=60, tx=60),
    )
    alpha = alpha_of(layer)
    assert (alpha[:60] == 0).all()
    assert (alpha[65, 140:160] == 1).all()


# --- strands of hair ---------------------------------------------------------------------------


def test_the_matte_is_nearer_to_the_truth_than_any_feathered_mask() -> None:
    alpha, _ = truth()
    ours = np.abs(alpha_of(before_green()) - alpha).sum()
    theirs = [np.abs(feathered(before_green(), s) - alpha).sum() for s in (0.5, 1, 2, 3, 4, 6)]
    assert ours < 0.6 * min(theirs)


def test_a_strand_is_seen_against_a_plain_background() -> None:
    """Out where the parser sees nothing, alpha tells strands from what lies between them."""
    alpha, _ = truth()
    out = ~in_photo(before_green(), 1) & in_photo(before_green(), 5)
    strands, between = out & (alpha > 0.4), out & (alpha < 0.02)
    assert strands.sum() > 100
    ours = alpha_of(before_green())
    assert ours[strands].mean() > 0.3
    assert ours[between].mean() < 0.03


def test_nothing_of_the_old_background_bleeds_into_the_new() -> None:
    alpha, own = truth()
    layer = before_green()
    matte = head_matte(layer, PHOTO)
    colours = layer.pixels.astype(np.float32)
    colours[matte.box.slices] = matte.colours
    ours = alpha_of(layer)
    rim = (alpha > 0.1) & (alpha < 0.9) & (ours > 0.1)

    def greenness(picture: Picture) -> Picture:
        return (picture[..., 1] - picture[..., [0, 2]].mean(-1))[rim]

    assert greenness(layer.pixels.astype(float)).mean() > 40  # there is something to be taken off
    assert np.abs(greenness(colours) - greenness(own)).mean() < 6
    # Before another background the picture is what it would have been there.
    violet = np.array((200.0, 60, 170))
    wanted = photo_of(alpha, own, violet).astype(float)
    there = ours[..., None] * colours + (1 - ours[..., None]) * violet
    cut = feathered(layer, 1)[..., None]
    naive = cut * layer.pixels + (1 - cut) * violet
    around = in_photo(layer, 6) & ~in_photo(layer, -3)
    assert np.abs(there - wanted)[around].mean() < 0.5 * np.abs(naive - wanted)[around].mean()


def test_where_colours_tell_nothing_the_outline_stays() -> None:
    alpha, own = truth()
    rng = np.random.default_rng(2)
    hair = np.array((62, 42, 26)) + rng.normal(0, 25, own.shape)
    layer = head_layer(photo_of(alpha, hair, hair), person(), TO_FRAME)
    ours, hard = alpha_of(layer), in_photo(layer, 0)
    assert ((ours > 0.5) & hard).sum() / ((ours > 0.5) | hard).sum() > 0.95
    assert np.abs(ours - feathered(layer, 3)).max() < 0.6
