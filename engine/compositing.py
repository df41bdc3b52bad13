"""The canonical result back into the full-resolution photo.

Work goes on in two grids that are fixed to the photo: its pixels, in tiles, and *cells* of
k x k pixels (k a power of two), about one frame pixel each, for all that is smooth. Outside the
returned region every pixel is its source's own, bit for bit.

``prepare_composite`` does all that doesn't depend on what was generated, ``finish_composite``
the rest: another seed needs only the latter. ``composite`` is both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Indices, Mask, Pixels
from engine.boxes import Box
from engine.cells import PITCH, CellGrid
from engine.copying import Copied
from engine.framing import FACE_HEIGHT, Similarity
from engine.generated import generate
from engine.labels import Layout, SemanticClass
from engine.matting import Matte, head_matte
from engine.painting import Painter, Prepared
from engine.placing import HeadLayer, place_head
from engine.scenery import Scenery
from engine.surroundings import surroundings_of
from engine.tiles import each, read_padded, tiles

__all__ = [
    "FrameResult",
    "HeadLayer",
    "Prepared",
    "composite",
    "finish_composite",
    "place_head",
    "prepare_composite",
]


TILE = 256
FEATHER = 0.06  # of the face's height, if it isn't given
ON_PERSON = 0.35  # of that on clothes and skin: a feather leaves dark strands of hair in them
_GAP = 3  # cells between region and core that are closed
_EDGE = 0.4  # a region's outline: a line of one frame px must survive the warp


@dataclass(frozen=True)
class FrameResult:
    """What was generated, in the body's canonical frame.

    Attributes:
        image: 256x256x3 float32 0..255, in the body photo's own profile.
        layout: 256x256 class ids of the whole result; under the head's matte what is behind it.
        region: 256x256 float32 0..1, body pixels to be replaced before the head is laid over.
        coarse: the estimate that ``image`` was sampled from, likewise.
        scenery: what of it was completed, and from where.
    """

    image: Field
    layout: Layout
    region: Field
    coarse: Field | None = None
    scenery: Scenery | None = None


def prepare_composite(
    body_pixels: Pixels,
    to_frame: Similarity,
    layout: Layout,
    region: Field,
    head: HeadLayer | None,
    body_layout: Layout,
    *,
    feather: float | None = None,
    limit: Field | None = None,
) -> Prepared:
    """All of ``composite`` that is the same for every seed.

    Args:
        body_pixels: HxWx3 uint8 or uint16.
        to_frame: body photo -> canonical frame.
        layout, region: as in ``FrameResult``.
        body_layout: 256x256, the untouched body photo's layout in its frame.
        feather: width in photo px of the soft rim inside the region; ``None`` = automatic.
        limit: HxW float32 0..1 of the photo's size (a painted mask): nothing generated shows
            where it is 0, nor above it; a head laid over is not cut by it.
    """
    photo = Box.of(body_pixels.shape)
    grid = CellGrid.of(photo, to_frame)
    matte = head_matte(head, photo) if head is not None else None
    if matte is not None and matte.box.empty:
        matte = None
    k = grid.size

    share = grid.from_frame_field(
        cv2.GaussianBlur(region.astype(np.float32), (0, 0), 0.5), cv2.INTER_LINEAR, beyond=0
    )
    core, touched = _head_cells(matte, grid)
    support = share > _EDGE
    # Under the opaque core nothing is seen, so the region may go on there: its feather must
    # not fade towards the head. A gap between the two is no place to show the body in.
    gap = cv2.morphologyEx((support | core).astype(np.uint8), cv2.MORPH_CLOSE, _disc(_GAP)) > 0
    support |= gap & touched & ~core if support.any() else False
    depth = _depth(support | core)
    width: float | Field = 1.0  # of the feather, in parts of it
    if feather is None:
        feather = max(1.5, FEATHER * FACE_HEIGHT / to_frame.scale)
        behind = (layout == SemanticClass.BACKGROUND).astype(np.float32)
        behind = grid.from_frame_field(cv2.GaussianBlur(behind, (0, 0), 1), cv2.INTER_LINEAR)
        width = ON_PERSON + (1 - ON_PERSON) * behind
    inside = float(depth[support].max()) * k if support.any() else 0.0
    feather = float(np.clip(feather, 1e-3, max(0.5 * inside, 1e-3)))
    if not support.any():
        return Prepared(body_pixels, grid, matte, None, depth, limit)
    around = surroundings_of(body_pixels, grid, layout, body_layout, head, matte, depth, core)
    depth = _feathered(depth, feather / k * width)
    return Prepared(body_pixels, grid, matte, around, depth, limit)


def finish_composite(
    prepared: Prepared,
    image: Field,
    *,
    coarse: Field | None = None,
    scenery: Scenery | None = None,
    seed: int = 0,
    match_grain: bool = True,
    match_skin: bool = True,
    progress: Callable[[float], None] | None = None,
    check_cancel: Callable[[], None] | None = None,
    tile: int = TILE,
) -> tuple[Pixels, Field]:
    """The photo with what was generated in it.

    Args:
        image: 256x256x3 float32 0..255 (for 16-bit photos too), in the body's profile.
        coarse: the estimate that it was sampled from, likewise; see ``generate``.
        scenery: what of it was completed; that is copied at the photo's own resolution.
        match_grain, match_skin: see ``generate``.
        tile: pixels, a power of two; changes nothing in the result.

    Returns:
        the photo (size and dtype of the body) and the region (HxW float32): 1 minus the largest
        share that a source's own pixel has, so 0 exactly where a pixel is its source's own.
    """
    p = prepared
    painter = Painter(p, p.body.copy(), np.zeros(p.body.shape[:2], np.float32))
    if p.around is not None:
        here = p.around.box.slices

        def cells(frame: Field) -> Field:
            return p.grid.from_frame_field(frame.astype(np.float32), cv2.INTER_CUBIC)[here]

        copied = None
        if scenery is not None:
            copied = Copied.of(p.grid, p.around.box, scenery, p.around.places.means.ratio)
        painter.made = generate(
            p.around, cells(image), np.random.default_rng(seed),
            coarse=None if coarse is None else cells(coarse), copied=copied,
            match_grain=match_grain, match_skin=match_skin, check_cancel=check_cancel,
        )  # fmt: skip
    if progress is not None:
        progress(0.4)
    each(
        painter.paint,
        list(tiles(_touched(p), max(tile, p.grid.size * PITCH))),
        progress=None if progress is None else lambda f: progress(0.4 + 0.6 * f),
        check_cancel=check_cancel,
    )
    return painter.pixels, painter.region


def composite(
    body_pixels: Pixels,
    to_frame: Similarity,
    result: FrameResult,
    head: HeadLayer | None,
    body_layout: Layout,
    *,
    feather: float | None = None,
    match_grain: bool = True,
    match_skin: bool = True,
    seed: int = 0,
    limit: Field | None = None,
    progress: Callable[[float], None] | None = None,
    check_cancel: Callable[[], None] | None = None,
) -> tuple[Pixels, Field]:
    """Lay a generated frame, then the new head, into the body photo.

    See ``prepare_composite`` and ``finish_composite``.
    """
    prepared = prepare_composite(
        body_pixels, to_frame, result.layout, result.region, head, body_layout,
        feather=feather, limit=limit,
    )  # fmt: skip
    return finish_composite(
        prepared, result.image, coarse=result.coarse, scenery=result.scenery, seed=seed,
        match_grain=match_grain, match_skin=match_skin, progress=progress,
        check_cancel=check_cancel,
    )  # fmt: skip


def _touched(p: Prepared) -> Box:
    """The pixels that may change."""
    box = Box(0, 0, 0, 0)
    if p.around is not None:
        cells = Box.around(p.depth > 0).grown(2).times(p.grid.size)
        box = cells.shifted(p.grid.box.x0, p.grid.box.y0)
    if p.matte is not None:
        box = box | p.matte.box
    return box & Box.of(p.body.shape)


def _head_cells(matte: Matte | None, grid: CellGrid) -> tuple[Mask, Mask]:
    """Cells that the new head hides wholly, and those that it touches."""
    core, touched = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    if matte is None:
        return core, touched
    box = matte.box.aligned(grid.size) & grid.box
    if box.empty:
        return core, touched
    alpha = read_padded(matte.alpha, box.shifted(-matte.box.x0, -matte.box.y0))
    size = box.over(grid.size).shape[::-1]
    at = box.over(grid.size).within(grid.cells)
    clear = (alpha < 1).astype(np.float32)
    core[at] = cv2.resize(clear, size, interpolation=cv2.INTER_AREA) < 1e-6
    touched[at] = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) > 0.02
    return core, touched


def _disc(radius: int) -> Indices:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _feathered(depth: Field, feather: float | Field) -> Field:
    """``depth`` in parts of ``feather`` (in cells), which is narrower where the region is.

    A strand of old hair is no wider than a feather: across it that takes half the room there is.
    """
    reach = int(np.ceil(np.max(feather))) + 1
    room = np.maximum(cv2.dilate(depth, _disc(reach)) / 2, 0.3)
    width: Field = np.minimum(feather, room).astype(np.float32)
    return depth / cv2.GaussianBlur(width, (0, 0), 1.0)


def _depth(mask: Mask) -> Field:
    """Distance in cells to the outline of ``mask``, positive inside."""
    if not mask.any():
        return np.full(mask.shape, -1e3, np.float32)
    work = mask.astype(np.uint8)
    within = cv2.distanceTransform(work, cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform(1 - work, cv2.DIST_L2, 5)
    raw = np.where(mask, within - 0.5, 0.5 - beyond).astype(np.float32)
    return cv2.GaussianBlur(raw, (0, 0), 0.8, borderType=cv2.BORDER_REPLICATE)
