"""What the user painted, in place of what the models say.

What is painted on the head or body photo is photo-sized and comes down to the canonical frame
here. Where nothing was changed, the parser's own layout and probabilities stay as they are: they
know more than a picture of them has kept. What is painted on the result moves with its head.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.framing import Similarity, warp
from engine.labels import HEAD, IGNORE, Layout, SemanticClass, mask_of, swap_sides
from engine.stages import SIZE, FrameView, Parsed, photo_layout

_LEAST = 0.05  # of a frame pixel: if less of it was changed, it wasn't


def as_painted(
    parsed: Parsed,
    seen: FrameView,
    layout: Layout | None = None,
    mask: NDArray[np.float32] | None = None,
) -> Parsed:
    """``parsed`` under what the user painted: ``repainted``, then ``remasked``."""
    if layout is not None:
        parsed = repainted(parsed, seen, layout)
    return parsed if mask is None else remasked(parsed, seen, mask)


def repainted(parsed: Parsed, seen: FrameView, layout: Layout) -> Parsed:
    """``parsed`` with the user's own layout of the photo (H x W uint8 class ids)."""
    said = photo_layout(parsed.layout, seen.to_frame, layout.shape[::-1])
    own = warp(
        layout, seen.to_frame, SIZE, interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT
    )
    own[~seen.inside] = SemanticClass.BACKGROUND
    wanted, had = mask_of(layout, HEAD), mask_of(said, HEAD)
    painted = _share(wanted != had, seen) > _LEAST
    return replace(
        parsed,
        layout=np.where(_share(layout != said, seen) > _LEAST, own, parsed.layout),
        head_probability=np.where(painted, _share(wanted, seen), parsed.head_probability),
        painted=painted,
    )


def remasked(parsed: Parsed, seen: FrameView, mask: NDArray[np.float32]) -> Parsed:
    """``parsed`` with the user's own m^H (H x W float32 0..1 of the photo's size)."""
    said = mask_of(photo_layout(parsed.layout, seen.to_frame, mask.shape[::-1]), HEAD)
    share = _share(mask, seen)
    masked = _share(np.abs(mask - said), seen) > _LEAST
    return replace(
        parsed,
        head_probability=np.where(masked, share, parsed.head_probability),
        painted=masked if parsed.painted is None else parsed.painted | masked,
        taken=np.where(masked, share, mask_of(parsed.layout, HEAD).astype(np.float32)),
        masked=masked,
    )


def moved_along(layout: Layout, move: Similarity) -> Layout:
    """A painted layout of a result after the head in it has moved.

    What is painted of the head's classes goes along, and lies on top of what stays.

    Args:
        layout: H x W uint8 class ids, ``IGNORE`` where nothing is painted.
        move: of the head, in pixels of the layout.
    """
    head = mask_of(layout, HEAD)
    moved: Layout = warp(
        np.where(head, layout, np.uint8(IGNORE)), move, layout.shape[::-1],
        interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT, border_value=IGNORE,
    )  # fmt: skip
    if move.flip:
        moved = swap_sides(moved)
    stays = np.where(head, np.uint8(IGNORE), layout)
    return np.where(moved == IGNORE, stays, moved)


def _share(mask: Mask | NDArray[np.float32], seen: FrameView) -> NDArray[np.float32]:
    """How much of each frame pixel a photo-sized mask covers; 0 beyond the photo."""
    values = mask if mask.dtype == np.float32 else mask.astype(np.uint8) * np.uint8(255)
    share = warp(values, seen.to_frame, SIZE, border=cv2.BORDER_CONSTANT).astype(np.float32)
    if mask.dtype != np.float32:
        share /= 255
    return np.where(seen.inside, np.clip(share, 0, 1), np.float32(0))
