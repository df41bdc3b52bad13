"""Who keeps what: m^H, m^B, m^r in the canonical frame, and the blending of layouts.

The paper (section 3.2): l = l1 . m^H + l2 . m^B, the rest is empty; m^r = 1 - m^H - m^B.
Ours: the old head grows by a few px before it is thrown away, so that no flyaway survives,
and the background may count as known.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.labels import BODY, HEAD, IGNORE, NECK, Layout, SemanticClass, mask_of

OLD_HEAD_GROWTH = 8  # px of the frame: flyaways and the soft edge of the old hair
BESIDE_HEAD, BESIDE_NECK = 2, 1  # px of the body's rim there that go with it
BESIDE_STRAND = 2  # px: its soft edge
RIM = 3  # px to either side of the new head's outline: its matte lives there
NECK_GROWTH = 3
_OPAQUE = 0.99  # of a painted m^H: what shines through less isn't known


def dilate(mask: Mask, radius: int) -> Mask:
    """``mask`` grown by ``radius`` px (a disc); shrunk if ``radius`` is negative."""
    if radius == 0:
        return mask.copy()
    size = 2 * abs(radius) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    work = mask.astype(np.uint8)
    out = cv2.dilate(work, disc) if radius > 0 else cv2.erode(work, disc, borderValue=1)
    return out.astype(bool)


@dataclass(frozen=True)
class SwapMasks:
    """All ``(256, 256)`` bool, in the body's canonical frame.

    Attributes:
        head: m^H, where the new head stands.
        core: its opaque middle, known to the denoiser.
        body: m^B, body classes of the body photo that the head doesn't cover.
        old: the old head, its flyaway strands and neck, grown by a few px.
        known: what the denoiser is given, in pixels: 1 - m^r.
        region: the body photo's pixels that are replaced by generated ones. Behind the new
            head's rim its own pixels stay where they are the background's: nothing generated
            is as true as what was there.
    """

    head: Mask
    core: Mask
    body: Mask
    old: Mask
    known: Mask
    region: Mask


def swap_masks(
    head_layout: Layout,
    body_layout: Layout,
    inside: Mask,
    *,
    keep_background: bool = True,
    taken: NDArray[np.float32] | None = None,
    strands: Mask | None = None,
) -> SwapMasks:
    """m^H, m^B and what follows from them.

    Args:
        head_layout: l1, already moved into the body's frame.
        body_layout: l2.
        inside: which frame pixels show the body photo.
        keep_background: also keep the background outside the old head (ours); off: the paper.
        taken: (256, 256) float32 0..1, the user's own m^H in the body's frame; without it
            m^H is where the head's classes are.
        strands: (256, 256) bool, where the old hair hangs beyond its class (``flyaways``).
    """
    head = mask_of(head_layout, HEAD) if taken is None else taken > 0.5
    # Clothes and hands next to the old head stay: only what isn't surely body goes. A neck ends
    # at a line, and what is left of it lies beside a new one; hair frays out.
    body = mask_of(body_layout, BODY) & ~head
    old = np.zeros_like(body)
    for group, unsure in ((HEAD, BESIDE_HEAD), (NECK, BESIDE_NECK)):
        old |= dilate(mask_of(body_layout, group), OLD_HEAD_GROWTH) & ~dilate(body, -unsure)
    if strands is not None:
        old |= dilate(strands, BESIDE_STRAND)
    rim = dilate(head, RIM) & ~dilate(head, -RIM)
    core = head & ~rim & inside
    if taken is not None:
        core &= taken > _OPAQUE
    if keep_background:
        known = core | (~head & ~old & inside)
        region = old & ~core & inside
    else:
        known = core | (body & ~old & ~rim & inside)
        region = ~known & inside
    return SwapMasks(head=head, core=core, body=body, old=old, known=known, region=region)


def blend_layouts(
    head_layout: Layout, body_layout: Layout, masks: SwapMasks, *, keep_background: bool = True
) -> Layout:
    """l = l1 . m^H + l2 . m^B; ``IGNORE`` stands for "empty", to be inpainted."""
    blended = np.full_like(body_layout, IGNORE)
    keep = masks.body & ~masks.old
    if keep_background:
        keep = keep | ((body_layout == SemanticClass.BACKGROUND) & ~masks.old)
    blended[keep] = body_layout[keep]
    blended[masks.head] = head_layout[masks.head]
    return blended


def known_cells(known: Mask, factor: int = 4) -> Mask:
    """Latent cells of which all ``factor`` x ``factor`` pixels are known."""
    h, w = known.shape
    cells: Mask = np.logical_and.reduce(
        known.reshape(h // factor, factor, w // factor, factor), axis=(1, 3)
    )
    return cells
