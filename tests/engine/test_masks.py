"""Who keeps what in a swap, and how layouts are blended."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.arrays import Mask
from engine.labels import BODY, HEAD, IGNORE, NECK, Layout, SemanticClass, mask_of
from engine.masks import (
    OLD_HEAD_GROWTH,
    RIM,
    SwapMasks,
    blend_layouts,
    dilate,
    known_cells,
    swap_masks,
)
from tests.engine.people import person

C = SemanticClass
EVERYWHERE = np.ones((256, 256), bool)

people = st.builds(
    person,
    x=st.integers(100, 156),
    y=st.integers(-14, 30),
    long_hair=st.booleans(),
    hat=st.booleans(),
)


def border(width: int) -> Mask:
    inside = np.zeros((256, 256), bool)
    inside[width:-width, width:-width] = True
    return inside


# --- growing and shrinking -----------------------------------------------------------------


def test_dilate_is_a_disc() -> None:
    dot = np.zeros((41, 41), bool)
    dot[20, 20] = True
    y, x = np.indices(dot.shape) - 20
    for radius in (1, 3, 5):
        grown = dilate(dot, radius)
        assert grown[np.hypot(y, x) <= radius - 0.5].all()
        assert not grown[np.hypot(y, x) > radius + 0.5].any()


@given(radius=st.integers(-6, 6))
def test_shrinking_is_growing_of_all_else(radius: int) -> None:
    mask = mask_of(person(long_hair=True), HEAD)
    assert (dilate(mask, radius) == ~dilate(~mask, -radius)).all()
    assert (dilate(mask, 0) == mask).all()


def test_what_lies_beyond_the_frame_counts_neither_way() -> None:
    assert dilate(EVERYWHERE, -5).all()
    assert not dilate(~EVERYWHERE, 5).any()


# --- masks -----------------------------------------------------------------------------------


@settings(max_examples=30)
@given(head=people, body=people, keep_background=st.booleans(), margin=st.integers(1, 90))
def test_what_is_known(head: Layout, body: Layout, keep_background: bool, margin: int) -> None:
    inside = border(margin)
    masks = swap_masks(head, body, inside, keep_background=keep_background)
    own_head, old = mask_of(head, HEAD), mask_of(body, HEAD | NECK)
    # Nothing beyond the photo is known, and nothing of the old head but under the new one.
    assert not masks.known[~inside].any()
    assert not (masks.known & old & ~masks.core).any()
    # Of the new head its core only, and none of the rim within its outline.
    assert (masks.core <= own_head).all()
    rim = dilate(own_head, RIM) & ~dilate(own_head, -RIM)
    assert not (masks.known & rim & own_head).any()
    assert (masks.known & own_head == masks.core & inside).all()
    assert (masks.head == own_head).all()
    assert (masks.body == (mask_of(body, BODY) & ~own_head)).all()
    if not keep_background:
        assert (masks.known <= (own_head | mask_of(body, BODY))).all()
        assert not (masks.known & rim).any()


@settings(max_examples=30)
@given(head=people, body=people, margin=st.integers(1, 90))
def test_what_is_replaced(head: Layout, body: Layout, margin: int) -> None:
    inside = border(margin)
    masks = swap_masks(head, body, inside)
    old = mask_of(body, HEAD | NECK)
    # All of the old head that the new one doesn't hide; nothing known, nothing beyond the photo.
    assert masks.region[old & inside & ~masks.core].all()
    assert not (masks.region & (masks.known | ~inside)).any()
    # The background behind the new head's rim is the photo's own.
    assert (masks.region <= masks.old).all()
    papers = swap_masks(head, body, inside, keep_background=False)
    assert (papers.region == (~papers.known & inside)).all()


def test_what_stays_of_the_body_photo() -> None:
    head, body = person(), person(long_hair=True)
    masks = swap_masks(head, body, EVERYWHERE)
    far = ~dilate(masks.old, 1) & ~dilate(masks.head, RIM + 1)
    assert masks.known[far].all()
    # Flyaways go with the old head, but its clothes stay to within their own soft edge.
    background = body == C.BACKGROUND
    grown = dilate(mask_of(body, HEAD | NECK), OLD_HEAD_GROWTH)
    assert masks.old[grown & background].all()
    clothes = dilate(body == C.UPPER_CLOTHES, -2) & ~masks.head
    assert not masks.old[clothes].any()


def test_a_neckline_keeps_all_but_its_soft_edge() -> None:
    """What is generated beside it ends where cloth begins; hair frays out further."""
    body = np.zeros((256, 256), np.uint8)
    body[100:200, 60:200] = C.UPPER_CLOTHES
    body[90:130, 110:140] = C.NECK
    body[60:90, 105:145] = C.FACE
    body[60:130, 140:150] = C.HAIR
    masks = swap_masks(np.zeros_like(body), body, EVERYWHERE)
    below_neck = masks.old[130:140, 120]  # cloth from row 130 on
    assert below_neck.tolist() == [True] + [False] * 9
    beside_hair = masks.old[115, 150:160]
    assert beside_hair.tolist() == [True] * 2 + [False] * 8


def test_the_paper_knows_no_background() -> None:
    head, body = person(), person()
    ours = swap_masks(head, body, EVERYWHERE)
    papers = swap_masks(head, body, EVERYWHERE, keep_background=False)
    assert (papers.known <= ours.known).all()
    assert ours.known[4, 4]
    assert not papers.known[4, 4]


def test_no_new_head_at_all() -> None:
    nobody = np.zeros((256, 256), np.uint8)
    masks = swap_masks(nobody, person(), EVERYWHERE)
    assert not masks.head.any()
    assert not masks.core.any()
    assert (masks.known == ~masks.old).all()


# --- blended layouts -----------------------------------------------------------------------


@settings(max_examples=30)
@given(head=people, body=people, keep_background=st.booleans())
def test_blending(head: Layout, body: Layout, keep_background: bool) -> None:
    masks = swap_masks(head, body, EVERYWHERE, keep_background=keep_background)
    blended = blend_layouts(head, body, masks, keep_background=keep_background)
    assert (blended[masks.head] == head[masks.head]).all()
    rest = ~masks.head
    filled = rest & (blended != IGNORE)
    assert (blended[filled] == body[filled]).all()
    # Of the old head and neck nothing is left to be seen beside the new one.
    assert not mask_of(blended, HEAD | NECK)[rest].any()
    empty = rest & (blended == IGNORE)
    assert empty[rest & mask_of(body, HEAD | NECK)].all()
    if keep_background:
        assert (empty <= masks.old).all()
    else:
        assert not (blended[rest] == C.BACKGROUND).any()
    # Whatever the denoiser is given has a class.
    assert (blended[masks.known] != IGNORE).all()


# --- latent cells --------------------------------------------------------------------------


def test_a_cell_is_known_only_if_all_of_it_is() -> None:
    known = np.ones((16, 12), bool)
    known[5, 7] = False
    cells = known_cells(known)
    assert cells.shape == (4, 3)
    assert not cells[1, 1]
    assert cells.sum() == 11
    assert known_cells(known, factor=1).sum() == known.sum()


@given(st.integers(0, 2**32 - 1))
def test_known_cells_hold_known_pixels_only(seed: int) -> None:
    known = np.random.default_rng(seed).random((32, 32)) < 0.9
    covered = known_cells(known).repeat(4, 0).repeat(4, 1)
    assert known[covered].all()
    counts = known.reshape(8, 4, 8, 4).sum((1, 3))
    assert ((counts == 16) == known_cells(known)).all()


def test_masks_are_frozen() -> None:
    masks = swap_masks(person(), person(), EVERYWHERE)
    with pytest.raises(AttributeError):
        masks.known = EVERYWHERE  # type: ignore[misc]
    assert isinstance(masks, SwapMasks)
