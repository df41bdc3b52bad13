"""A swap as a chain of pure stages, all in the canonical frame.

photo -> find -> view -> parse -> align -> blend -> inpaint -> (SG-LDM) -> composite.
Each is a plain function of its inputs; ``runner.PipelineRunner`` caches and chains them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.colour import to_srgb8
from engine.finding.finder import Head, find_heads, pick_head
from engine.flyaways import flyaways
from engine.framing import (
    FACE_CENTRE,
    FACE_HEIGHT,
    FRAME_SIZE,
    Similarity,
    inside_mask,
    lower_face_centre,
    neck_alignment,
    warp,
)
from engine.imageio import Photo
from engine.labels import (
    FACE_PARTS,
    HEAD,
    IGNORE,
    Layout,
    SemanticClass,
    mask_of,
    swap_sides,
)
from engine.layout_generator.inpaint import inpaint_layout
from engine.masks import SwapMasks, blend_layouts, swap_masks
from engine.parsing.deciding import likeliest
from engine.parsing.tidying import tidied
from engine.requests import Box, HeadPlace, HeadTransform
from engine.sgldm.pipeline import HSDiffusionPipeline

HEAD_BOX = 1.5  # of a face's height: a box that shows which head is meant
FIND_SIDE = 1536  # px: the finder never needs a larger photo
HEADROOM = 40.0  # px of the frame; the models learn from frames that lie so far off
_CUT_OFF = 4  # px of head in a frame's topmost row: fewer are a strand
SIZE = (FRAME_SIZE, FRAME_SIZE)


@dataclass(frozen=True)
class FrameView:
    """A photo seen through a canonical frame.

    Attributes:
        image: ``(256, 256, 3)`` sRGB uint8.
        inside: ``(256, 256)`` bool, which pixels show the photo.
        to_frame: photo -> frame.
    """

    image: NDArray[np.uint8]
    inside: Mask
    to_frame: Similarity


@dataclass(frozen=True)
class Parsed:
    """What the parser says of a view, under what the user painted (see ``overrides``).

    Attributes:
        layout: ``(256, 256)`` class ids.
        head_probability: ``(256, 256)`` float32 0..1, how likely each pixel is HEAD.
        painted: ``(256, 256)`` bool, where the user says otherwise of the head.
        taken: ``(256, 256)`` float32 0..1, the user's own m^H.
        masked: ``(256, 256)`` bool, where that is otherwise than the classes say.
    """

    layout: Layout
    head_probability: NDArray[np.float32]
    painted: Mask | None = None
    taken: NDArray[np.float32] | None = None
    masked: Mask | None = None

    @property
    def head(self) -> Mask:
        """m^H in this view."""
        return mask_of(self.layout, HEAD) if self.taken is None else self.taken > 0.5


@dataclass(frozen=True)
class Scene:
    """Everything SG-LDM needs for one frame, and what compositing takes over.

    Attributes:
        image: ``(256, 256, 3)`` sRGB uint8; what isn't known is never looked at.
        known: ``(256, 256)`` bool.
        layout: ``(256, 256)`` class ids of the whole frame, under the new head's matte too.
        region: ``(256, 256)`` bool: body pixels to be replaced.
        masks: of a swap, else ``None``.
    """

    image: NDArray[np.uint8]
    known: Mask
    layout: Layout
    region: Mask
    masks: SwapMasks | None = None


def find(pipeline: HSDiffusionPipeline, photo: Photo, at: tuple[float, ...] | None = None) -> Head:
    """The most prominent head of a photo, or the one at a point or box (photo px).

    Raises:
        NoPersonError: there is none.
    """
    return pick(find_all(pipeline, photo, thorough=at is not None), photo, at)


def pick(heads: Sequence[Head], photo: Photo, at: tuple[float, ...] | None) -> Head:
    """The one of a photo's heads that is asked for; raises ``NoPersonError``."""
    return pick_head(list(heads), at, name=None if photo.path is None else str(photo.path))


def find_all(
    pipeline: HSDiffusionPipeline, photo: Photo, *, thorough: bool = False
) -> tuple[Head, ...]:
    """The heads of a photo, in its own pixels, the most prominent first.

    Args:
        thorough: all there are; else the search ends with the first sure one.
    """
    longest = max(photo.height, photo.width)
    pixels = photo.pixels
    if longest > FIND_SIDE:
        factor = FIND_SIDE / longest
        size = max(1, round(photo.width * factor)), max(1, round(photo.height * factor))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = to_srgb8(pixels, photo.icc)
    heads = find_heads(
        pipeline.finder, small, thorough=thorough,
        verify=lambda frame: face_agreement(pipeline.parse(frame, thorough=False, refine=False)),
    )  # fmt: skip
    fx, fy = photo.width / small.shape[1], photo.height / small.shape[0]
    grow, shrink = (fx + fy) / 2, Similarity(2 / (fx + fy))
    return tuple(
        Head(
            (head.centre[0] * fx, head.centre[1] * fy), head.height * grow,
            shrink.then(head.to_frame), head.score,
        )
        for head in heads
    )  # fmt: skip


def people(first: Head, heads: Sequence[Head]) -> tuple[Box, ...]:
    """A box round each head, ``first`` first: a square about the face's centre."""

    def box(head: Head) -> Box:
        (x, y), half = head.centre, HEAD_BOX / 2 * head.height
        return x - half, y - half, x + half, y + half

    kept = [first]
    for head in heads:
        apart = [math.dist(head.centre, other.centre) / other.height for other in kept]
        # The same head found again; or, far smaller, a badge on somebody's cap or collar.
        least = [0.5 if head.height > 0.4 * other.height else 1.2 for other in kept]
        if all(a > b for a, b in zip(apart, least, strict=True)):
            kept.append(head)
    return tuple(box(head) for head in kept)


def face_agreement(probabilities: NDArray[np.float32]) -> float:
    """How well a parsed frame shows a face where the canonical frame has it, 0..1.

    Soft intersection over union of the face classes with an ellipse of the canonical size;
    hats, fringes and beards hide part of it, so even a perfect frame stays below 1.
    """
    (x, y), half = FACE_CENTRE, FACE_HEIGHT / 2
    rows, columns = np.mgrid[:FRAME_SIZE, :FRAME_SIZE] + 0.5
    ellipse = ((columns - x) / (0.75 * half)) ** 2 + ((rows - y) / half) ** 2 <= 1
    face = probabilities[[int(c) for c in sorted(FACE_PARTS)]].sum(0)
    return float(face[ellipse].sum() / (ellipse.sum() + face[~ellipse].sum()))


def view(photo: Photo, to_frame: Similarity) -> FrameView:
    """The photo through a frame, in sRGB; beyond its border the edge pixels go on."""
    image = to_srgb8(warp(photo.pixels, to_frame, SIZE), photo.icc)
    return FrameView(image, inside_mask(photo.pixels.shape, to_frame), to_frame)


def parse(pipeline: HSDiffusionPipeline, seen: FrameView, *, thorough: bool = True) -> Parsed:
    """The layout of a frame; background beyond the photo's border.

    Args:
        thorough: look at the frame mirrored and from nearer, too, and draw the classes to the
            photo's edges; else at a fifth of the time.
    """
    p = pipeline.parse(seen.image, thorough=thorough, refine=thorough)
    layout = likeliest(p)
    layout[~seen.inside] = SemanticClass.BACKGROUND
    head = p[[int(c) for c in sorted(HEAD)]].sum(0)
    return Parsed(tidied(layout), np.where(seen.inside, head, 0).astype(np.float32))


def person(
    head: Head, look: Callable[[Similarity], tuple[FrameView, Parsed]]
) -> tuple[Head, FrameView, Parsed]:
    """A head in a frame that holds all of it, and what is seen there.

    The canonical frame ends 0.7 of a face's height above the forehead. Where that cuts a hat or
    hair off, the frame moves up by ``HEADROOM``.

    Args:
        look: a frame (photo -> frame) -> its view, parsed.
    """
    seen, parsed = look(head.to_frame)
    cut = mask_of(parsed.layout, HEAD)[0] & seen.inside[0]
    if np.count_nonzero(cut) < _CUT_OFF:
        return head, seen, parsed
    roomy = replace(head, to_frame=head.to_frame.with_shift(0, HEADROOM))
    return roomy, *look(roomy.to_frame)


def _pivot(head: Parsed, shift: tuple[float, float]) -> NDArray[np.float64]:
    """What the user's move of a head leaves in place: the aligned lower face's centre."""
    pivot: NDArray[np.float64] = np.add(lower_face_centre(head.layout) or (128.0, 84.0), shift)
    return pivot


def align(
    head: Parsed, body: Parsed, transform: HeadTransform, body_to_frame: Similarity
) -> Similarity:
    """The head's frame -> the body's frame: neck alignment, then the user's own move."""
    shift = neck_alignment(head.layout, body.layout)
    automatic = Similarity().with_shift(*shift)
    pivot = _pivot(head, shift)
    own = Similarity(transform.scale, math.radians(transform.rotate), flip=transform.flip)
    x, y = own.apply(pivot)
    moved = automatic.then(own.with_shift(pivot[0] - x, pivot[1] - y))
    linear = body_to_frame.matrix[:, :2]
    dx, dy = linear @ np.array(transform.shift, dtype=np.float64)
    return moved.with_shift(float(dx), float(dy))


def head_place(head: Parsed, body: Parsed, body_to_frame: Similarity) -> HeadPlace | None:
    """Where ``align`` puts the head without a move of the user's; ``None`` without a head."""
    rows, columns = np.flatnonzero(head.head.any(1)), np.flatnonzero(head.head.any(0))
    if not rows.size:
        return None
    shift = neck_alignment(head.layout, body.layout)
    pivot = _pivot(head, shift)
    corners = np.array([(columns[0], rows[0]), (columns[-1] + 1, rows[-1] + 1)])
    x, y = body_to_frame.inverse().apply(pivot)
    (x0, y0), (x1, y1) = (corners + shift - pivot) / body_to_frame.scale + (x, y)
    return HeadPlace(
        (float(x0), float(y0), float(x1), float(y1)), (float(x), float(y)),
        -math.degrees(body_to_frame.angle),
    )  # fmt: skip


def moved_layout(layout: Layout, move: Similarity) -> Layout:
    """A head's layout as it lies in the body's frame."""
    out: Layout = warp(
        layout, move, SIZE, interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT
    )
    return swap_sides(out) if move.flip else out


def blend(
    head: FrameView, head_parsed: Parsed, body: FrameView, body_parsed: Parsed, move: Similarity,
    head_image: NDArray[np.uint8], *, keep_background: bool, strands: Mask | None = None,
) -> tuple[Scene, Layout]:  # fmt: skip
    """The scene before its layout is inpainted, and the blended layout (``IGNORE`` = empty).

    Args:
        head_image: the head photo warped straight into the body's frame.
        strands: see ``flyaways``, of the body.
    """
    layout = moved_layout(head_parsed.layout, move)
    head_inside = warp(
        head.inside.astype(np.uint8), move, SIZE, interpolation=cv2.INTER_NEAREST,
        border=cv2.BORDER_CONSTANT,
    ).astype(bool)  # fmt: skip
    layout[~head_inside] = SemanticClass.BACKGROUND
    taken = head_parsed.taken
    if taken is not None:
        # As the layout moves: where nothing was painted, m^H is still that of the classes.
        taken = warp(taken, move, SIZE, interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT)
        taken = taken * head_inside
    masks = swap_masks(
        layout, body_parsed.layout, body.inside, keep_background=keep_background, taken=taken,
        strands=strands,
    )  # fmt: skip
    image = np.where(masks.head[..., None], head_image, body.image)
    blended = blend_layouts(layout, body_parsed.layout, masks, keep_background=keep_background)
    return Scene(image, masks.known, blended, masks.region, masks), blended


def inpaint(pipeline: HSDiffusionPipeline, scene: Scene, blended: Layout) -> Scene:
    """Fill the blended layout; the result says what stands *behind* the head's rim."""
    # The whole head is there already; under its matte's outer half, never hair under hair.
    filled = inpaint_layout(pipeline.layout_generator, blended, whole_head=True)
    return Scene(scene.image, scene.known, filled, scene.region, scene.masks)


def with_overrides(
    scene: Scene, to_frame: Similarity, layout: Layout | None, region: NDArray[np.float32] | None
) -> Scene:
    """The user's own layout or region (photo-sized) in place of the automatic ones.

    Where the layout is ``IGNORE``, the automatic one stays.
    """
    if layout is not None:
        own = warp(layout, to_frame, SIZE, interpolation=cv2.INTER_NEAREST)
        own = np.where(own == IGNORE, scene.layout, own)
        scene = Scene(scene.image, scene.known, own, scene.region, scene.masks)
    if region is not None:
        inside = inside_mask(region.shape, to_frame)
        wanted = (warp(region, to_frame, SIZE, border=cv2.BORDER_CONSTANT) > 0.02) & inside
        known = ~wanted & inside
        if scene.masks is not None:
            known |= scene.masks.core
        scene = Scene(scene.image, known, scene.layout, wanted, scene.masks)
    return scene


def retouch_frame(mask: NDArray[np.float32], head: Head | None) -> Similarity:
    """The frame for a painted mask (photo-sized).

    The person's own where the mask lies in it, else one of the same scale centred on the
    mask; without a person, or where the mask is too large, one in which the mask takes half
    the frame.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x0, x1, y0, y1 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    if head is not None:
        corners = np.array([(x0, y0), (x1, y0), (x0, y1), (x1, y1)], dtype=np.float64)
        seen = head.to_frame.apply(corners)
        if (seen >= 8).all() and (seen <= FRAME_SIZE - 8).all():
            return head.to_frame
    scale = FRAME_SIZE / 2 / max(x1 - x0, y1 - y0)
    angle = 0.0
    if head is not None and head.to_frame.scale * max(x1 - x0, y1 - y0) <= FRAME_SIZE * 0.75:
        scale, angle = head.to_frame.scale, head.to_frame.angle
    turn = Similarity(min(scale, 2.0), angle)
    x, y = turn.apply(centre)
    return turn.with_shift(FRAME_SIZE / 2 - x, FRAME_SIZE / 2 - y)


def retouch_scene(
    photo: Photo, seen: FrameView, parsed: Parsed, mask: NDArray[np.float32]
) -> Scene:
    """Everything but the white part of the mask is known."""
    wanted = warp(mask, seen.to_frame, SIZE, border=cv2.BORDER_CONSTANT) > 0.02
    wanted &= seen.inside
    return Scene(seen.image, ~wanted & seen.inside, parsed.layout, wanted)


def replace_head_scene(seen: FrameView, parsed: Parsed, *, keep_background: bool) -> Scene:
    """Head and neck unknown, all else known (paper, section 4.4: replacement with a fake)."""
    masks = swap_masks(
        np.zeros_like(parsed.layout), parsed.layout, seen.inside, keep_background=keep_background,
        strands=flyaways(seen.image, parsed.layout, seen.inside),
    )  # fmt: skip
    region = ~masks.known & seen.inside
    return Scene(seen.image, masks.known, parsed.layout, region)


def photo_layout(layout: Layout, to_frame: Similarity, size: tuple[int, int]) -> Layout:
    """A frame's layout at the photo's (width, height); background beyond the frame."""
    out: Layout = warp(
        layout, to_frame.inverse(), size, interpolation=cv2.INTER_NEAREST,
        border=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    return out
