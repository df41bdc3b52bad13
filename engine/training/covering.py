"""Head-cover augmentation and training masks: holes as swaps, retouches and new heads make them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.framing import FRAME_SIZE, Similarity, warp
from engine.labels import BODY, HEAD, NECK, Layout, flip_layout, mask_of
from engine.masks import NECK_GROWTH, OLD_HEAD_GROWTH, RIM, dilate


def moved_head(other: Layout, rng: np.random.Generator, *, with_neck: bool) -> Mask:
    """Another person's head region as it may lie over this body: scaled, shifted, mirrored.

    ``(256, 256)`` bool; empty in one case of eight (the paper: "sometimes nothing").
    """
    if rng.random() < 0.125:
        return np.zeros((FRAME_SIZE, FRAME_SIZE), dtype=bool)
    layout = flip_layout(other) if rng.random() < 0.5 else other
    head = mask_of(layout, HEAD | NECK if with_neck else HEAD)
    scale = math.exp(rng.normal(0.05, 0.12))
    turn = Similarity(scale, math.radians(rng.normal(0, 6)))
    x, y = turn.apply(np.array([128.0, 96.0]))
    move = turn.with_shift(128 - x + rng.normal(0, 6), 96 - y + rng.normal(0, 5))
    return warp(
        head.astype(np.uint8), move, (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_NEAREST,
        border=cv2.BORDER_CONSTANT,
    ).astype(bool)  # fmt: skip


def strokes(rng: np.random.Generator) -> Mask:
    """A few brush strokes anywhere about the person, as a retoucher paints them."""
    mask = np.zeros((FRAME_SIZE, FRAME_SIZE), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        points = rng.normal((128, 130), (50, 60), size=(1, 2)).repeat(int(rng.integers(2, 6)), 0)
        points = np.cumsum(
            np.vstack([points[:1], rng.normal(0, 22, size=(len(points) - 1, 2))]), axis=0
        )
        cv2.polylines(
            mask, [points.round().astype(np.int32)], False, 1, thickness=int(rng.integers(8, 40))
        )
    return mask.astype(bool)


def swap_hole(layout: Layout, other: Layout, rng: np.random.Generator) -> Mask:
    """The hole a swap would leave in this photo: neck, rim of the head, another head's cover.

    The photo's own head plays the new head, ``other`` the old one.
    """
    own = mask_of(layout, HEAD)
    core = own & ~(dilate(own, RIM) & ~dilate(own, -RIM))
    # As in a swap, clothes beside the neck stay, but for what a parser errs by: where a neckline
    # was is where it will be.
    clothes = dilate(mask_of(layout, BODY), -int(rng.integers(0, 3)))
    neck = dilate(mask_of(layout, NECK), NECK_GROWTH + int(rng.integers(0, 4))) & ~clothes
    rim = dilate(own, RIM + int(rng.integers(0, 3))) & ~core
    cover = moved_head(other, rng, with_neck=rng.random() < 0.7)
    cover |= dilate(cover, OLD_HEAD_GROWTH) & ~clothes
    if rng.random() < 0.3:  # the head sits a little off: the band round it is wider
        cover |= dilate(own, int(rng.integers(4, 14)))
    return (neck | rim | cover) & ~core


def training_hole(layout: Layout, other: Layout, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A random training mask: 70 % swaps, 15 % whole heads, 15 % strokes."""
    kind = rng.random()
    if kind < 0.70:
        return swap_hole(layout, other, rng)
    if kind < 0.85:
        own = mask_of(layout, HEAD | NECK)
        return dilate(own, int(rng.integers(4, 12)))
    return strokes(rng)
