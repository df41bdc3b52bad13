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
from numpy.typing import NDArray

from engine.cells import CellGrid, cell_means, unit_of
from engine.detail import (
    DETAIL_STEPS,
    SKIN_FAMILY,
    DetailStore,
    Family,
    Plane,
    eroded,
    families_of,
    family_layout,
    plain_places,
    source_boxes,
    source_layout,
)
from engine.framing import FACE_HEIGHT, Similarity, warp
from engine.grain import GrainFloor, grain_floor, missing_grain, plain_lattice
from engine.harmonising import harmonised
from engine.labels import Layout
from engine.matting import Matte, head_matte
from engine.placing import HeadLayer, place_head, to_dtype
from engine.texture import PITCH, Lattice, Places, match, needed_nodes, sharpened, transfer
from engine.tiles import Box, each, read_padded, tiles, upsample

__all__ = [
    "FrameResult",
    "HeadLayer",
    "Prepared",
    "composite",
    "finish_composite",
    "place_head",
    "prepare_composite",
]

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

TILE = 256
FEATHER = 0.02  # of the face's height, if it isn't given
_EDGE = 0.4  # a region's outline: a line of one frame px must survive the warp


@dataclass(frozen=True)
class FrameResult:
    """What was generated, in the body's canonical frame.

    Attributes:
        image: 256x256x3 float32 0..255, in the body photo's own profile.
        layout: 256x256 class ids of the whole result; under the head's matte what is behind it.
        region: 256x256 float32 0..1, body pixels to be replaced before the head is laid over.
    """

    image: Field
    layout: Layout
    region: Field


@dataclass(frozen=True)
class Prepared:
    """Everything about a composite but what was generated.

    Attributes:
        body: the body photo's pixels (not copied).
        grid: its cells.
        means: HxWx3, the body photo on cells.
        depth: HxW, how deep in the region a cell lies, in cells; negative outside.
        feather: in pixels of the photo.
        wanted: HxW, cells that must be generated.
        places, families, store: what can be copied as texture.
        limit: photo-sized 0..1, the region never exceeds it.
    """

    body: NDArray
    grid: CellGrid
    matte: Matte | None
    means: Field
    depth: Field
    feather: float
    wanted: Mask
    keeps: Mask
    places: Places
    families: list[Family]
    store: DetailStore
    floor: GrainFloor
    limit: Field | None


def prepare_composite(
    body_pixels: NDArray,
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
        limit: HxW float32 0..1 of the photo's size (a painted mask): nothing changes where it
            is 0, and the result's region is never above it.
    """
    photo = Box.of(body_pixels.shape)
    grid = CellGrid.of(photo, to_frame)
    matte = head_matte(head, photo) if head is not None else None
    if matte is not None and matte.box.empty:
        matte = None
    k = grid.size

    means, within = cell_means(body_pixels, grid.box, k)
    share = grid.from_frame_field(
        cv2.GaussianBlur(region.astype(np.float32), (0, 0), 0.5), cv2.INTER_LINEAR, beyond=0
    )
    core = _core_cells(matte, grid)
    support = share > _EDGE
    # Under the opaque core nothing is seen, so the region may go on there: its feather must
    # not fade towards the head.
    depth = _depth(support | core)
    if feather is None:
        feather = max(1.5, FEATHER * FACE_HEIGHT / to_frame.scale)
    inside = float(depth[support].max()) * k if support.any() else 0.0
    feather = float(np.clip(feather, 1e-3, max(0.5 * inside, 1e-3)))
    wanted = (depth > -1.5) & ~eroded(core, 2)
    if not support.any():
        wanted[:] = False

    inner = photo & grid.box
    seen = np.zeros(grid.shape, bool)
    seen[: inner.height // k, : inner.width // k] = True
    keeps = seen & (depth < -1.5)
    body_families = source_layout(
        grid.from_frame_field(body_layout, cv2.INTER_NEAREST, beyond=255)
    )
    body_families = np.where(seen, body_families, 255).astype(np.uint8)
    final = family_layout(layout)
    masks = {
        int(f): grid.from_frame_field((final == f).astype(np.float32), cv2.INTER_LINEAR)
        for f in np.unique(final)
    }
    planes = [Plane(body_pixels, (0, 0), grid.box, means, within)]
    head_skin = None
    if head is not None and matte is not None and SKIN_FAMILY in masks:
        wants_skin = (wanted & (masks[SKIN_FAMILY] > 0.5)).any()
        if wants_skin and not (body_families == SKIN_FAMILY).any():
            planes.append(_head_plane(matte, grid))
            skin = _head_skin(head, matte, grid, planes[1].box)
            head_skin = _beside([np.zeros(grid.shape, bool), skin])
    canvas = _beside([plane.means for plane in planes])
    known = np.zeros(canvas.shape[:2], bool)
    known[: seen.shape[0], : seen.shape[1]] = ~wanted & seen
    places = Places.of(canvas, _beside([plane.within for plane in planes]), known)
    families = families_of(masks, body_families, keeps, wanted, places, head_skin)
    store = DetailStore(planes, k, known.shape)
    floor = grain_floor(
        means, places.strength[: means.shape[0], : means.shape[1], 1], keeps
    )
    return Prepared(
        body_pixels, grid, matte, means, depth, feather, wanted, keeps, places, families,
        store, floor, limit,
    )  # fmt: skip


def finish_composite(
    prepared: Prepared,
    image: Field,
    *,
    seed: int = 0,
    match_grain: bool = True,
    progress: Callable[[float], None] | None = None,
    check_cancel: Callable[[], None] | None = None,
    tile: int = TILE,
) -> tuple[NDArray, Field]:
    """The photo with what was generated in it.

    Args:
        image: 256x256x3 float32 0..255 (for 16-bit photos too), in the body's profile.
        tile: pixels; a multiple of ``PITCH`` cells. Changes nothing in the result.

    Returns:
        the photo (size and dtype of the body) and the region (HxW float32): 1 minus the largest
        share that a source's own pixel has, so 0 exactly where a pixel is its source's own.
    """
    p, k = prepared, prepared.grid.size
    rng = np.random.default_rng(seed)
    pixels = p.body.copy()
    region = np.zeros(p.body.shape[:2], np.float32)
    base, layers, grain, gain = _generated_cells(p, image, rng, match_grain, check_cancel)
    if progress is not None:
        progress(0.3)
    photo = Box.of(p.body.shape)
    cells = p.grid.cells
    unit = unit_of(p.body)
    soft_masks = np.dstack([family.mask for family, _ in layers]) if layers else None
    detail = p.store.values

    def generate(part: Box, weight: Field) -> Field:
        """Generated pixels of ``part``; where ``weight`` < 1 cross-faded with the photo's."""
        at = part.shifted(-p.grid.box.x0, -p.grid.box.y0)
        result = upsample(base, cells, k, part, cv2.INTER_CUBIC)
        fine = np.zeros_like(result)
        if k > 1 and soft_masks is not None:
            masks = upsample(soft_masks, cells, k, part).reshape(*part.shape, -1)
            power = np.zeros(part.shape, np.float32)
            for n, (_, lattice) in enumerate(layers):
                share = masks[..., n]
                if lattice is None or not share.any():
                    continue
                power += share * share
                fine += share[..., None] * transfer(detail, lattice, k, at)
            level = upsample(gain, cells, k, part) / DETAIL_STEPS
            fine *= (level / np.sqrt(np.maximum(power, 1e-6)))[..., None]
            if grain is not None:
                amount = upsample(grain[0], cells, k, part)
                fine += amount[..., None] * transfer(detail, grain[1], k, at) / DETAIL_STEPS
        if (weight < 1).any():
            # Low frequencies fade linearly, details with their variance kept.
            own = read_padded(p.body, part).astype(np.float32) * unit
            smooth = upsample(p.means, cells, k, part, cv2.INTER_CUBIC)
            w = weight[..., None]
            result = smooth + w * (result - smooth)
            fine = (1 - w) * (own - smooth) + w * fine
            fine /= np.sqrt((1 - w) ** 2 + w**2)
        return result + fine

    def paint(whole: Box) -> None:
        part, here = whole & p.grid.box, whole & photo
        weight = np.zeros(here.shape, np.float32)
        common = part & here
        behind = None
        if not common.empty:
            depth = upsample(p.depth, cells, k, part)
            ramp = np.clip(depth * (k / p.feather), 0, 1)
            ramp = ramp * ramp * (3 - 2 * ramp)
            if p.limit is not None:
                mask = np.zeros(part.shape, np.float32)
                mask[common.within(part)] = p.limit[common.slices]
                ramp = np.minimum(ramp, mask)
            if ramp.any():
                weight[common.within(here)] = ramp[common.within(part)]
                behind = generate(part, ramp)
        alpha, colours = _head_in(p.matte, here)
        if alpha is None and behind is None:
            return
        under = p.body[here.slices].astype(np.float32) * unit
        if behind is not None:
            made = weight > 0
            fit = np.zeros((*here.shape, 3), np.float32)
            fit[common.within(here)] = behind[common.within(part)]
            under = np.where(made[..., None], fit, under)
        changed = weight > 0
        if alpha is not None:
            a = alpha[..., None]
            under = under + a * (colours.astype(np.float32) * unit - under)
            changed = (changed | (alpha > 0)) & (alpha < 1)
            share = 1 - np.maximum(alpha, (1 - alpha) * (1 - weight))
            region[here.slices] = np.where(changed, np.maximum(share, 1e-6), 0)
        else:
            region[here.slices] = weight
        values = to_dtype(under / unit, p.body.dtype)
        target = pixels[here.slices]
        target[changed] = values[changed]
        if alpha is not None:
            core = alpha == 1
            target[core] = colours[core]

    touched = _touched(p, photo)
    work = [
        t for t in tiles(touched, max(tile, k * PITCH))
    ]
    each(
        paint,
        work,
        progress=None if progress is None else lambda f: progress(0.3 + 0.7 * f),
        check_cancel=check_cancel,
    )
    return pixels, region


def composite(
    body_pixels: NDArray,
    to_frame: Similarity,
    result: FrameResult,
    head: HeadLayer | None,
    body_layout: Layout,
    *,
    feather: float | None = None,
    match_grain: bool = True,
    seed: int = 0,
    limit: Field | None = None,
    progress: Callable[[float], None] | None = None,
    check_cancel: Callable[[], None] | None = None,
) -> tuple[NDArray, Field]:
    """Lay a generated frame, then the new head, into the body photo.

    See ``prepare_composite`` and ``finish_composite``.
    """
    prepared = prepare_composite(
        body_pixels, to_frame, result.layout, result.region, head, body_layout,
        feather=feather, limit=limit,
    )  # fmt: skip
    return finish_composite(
        prepared, result.image, seed=seed, match_grain=match_grain, progress=progress,
        check_cancel=check_cancel,
    )  # fmt: skip


def _generated_cells(
    p: Prepared,
    image: Field,
    rng: np.random.Generator,
    match_grain: bool,
    check_cancel: Callable[[], None] | None,
) -> tuple[Field, list[tuple[Family, Lattice | None]], tuple[Field, Lattice] | None, Field]:
    """Generated cells with their texture, where finer detail comes from, and missing grain."""
    generated = p.grid.from_frame_field(image.astype(np.float32), cv2.INTER_CUBIC)
    generated = harmonised(
        generated, p.means, [(family.mask, family.known) for family in p.families]
    )
    h, w = p.means.shape[:2]
    canvas = p.places.grey.shape
    target = np.where(p.wanted[..., None], generated, p.means)
    padded = np.zeros((*canvas, 3), np.float32)
    padded[:h, :w] = target
    layers: list[tuple[Family, Lattice | None]] = []
    detail = np.zeros((h, w, 3), np.float32)
    power = np.zeros((h, w), np.float32)
    expected = np.zeros((h, w, 2), np.float32)
    finer = np.zeros((h, w), np.float32)
    for family in p.families:
        if check_cancel is not None:
            check_cancel()
        lattice = None
        if family.usable.any():
            lattice = match(
                padded, family.expected, family.nodes, family.usable, p.places, rng
            )
            box = _node_box(family.nodes) & Box(0, 0, w, h)
            mask = family.mask[box.slices]
            detail[box.slices] += mask[..., None] * transfer(p.places.detail, lattice, 1, box)
            power[box.slices] += mask * mask
            expected[box.slices] += mask[..., None] * family.expected[box.slices]
            if p.grid.size > 1:
                within = np.repeat(p.places.strength[..., 1:], 3, axis=2)
                finer[box.slices] += mask * transfer(within, lattice, 1, box)[..., 0]
        layers.append((family, lattice))
    detail /= np.sqrt(np.maximum(power, 1e-6))[..., None]
    base = np.where(p.wanted[..., None], sharpened(target, detail, expected[..., 0]), p.means)
    # Copied from a fold or an edge after all? Then weaker.
    gain = np.clip(1.2 * expected[..., 1] / np.maximum(finer, 1e-3), 0.3, 1)
    finer *= gain
    grain = None
    if match_grain and p.grid.size > 1:
        amount = missing_grain(p.floor, target, finer, p.wanted)
        _, flat = plain_places(p.places, p.keeps)
        if amount is not None and flat.any():
            nodes = needed_nodes(
                np.pad(p.wanted, ((0, canvas[0] - h), (0, canvas[1] - w)))
            )
            lattice = plain_lattice(nodes, flat, rng)
            rows, columns = np.nonzero(flat)
            typical = np.median(p.places.strength[rows + PITCH, columns + PITCH, 1])
            grain = (amount / np.float32(max(typical, 1e-3)), lattice)
            p.store.fill(source_boxes(lattice, nodes, p.grid.size))
    if p.grid.size > 1:
        for family, lattice in layers:
            if lattice is not None:
                p.store.fill(source_boxes(lattice, family.nodes, p.grid.size))
    return base, layers, grain, gain


def _node_box(nodes: Mask) -> Box:
    box = Box.around(nodes)
    return Box(box.x0, box.y0, box.x1 - 1, box.y1 - 1).times(PITCH)


def _touched(p: Prepared, photo: Box) -> Box:
    box = Box.around(p.depth > -1.5).times(p.grid.size)
    box = box.shifted(p.grid.box.x0, p.grid.box.y0) if p.wanted.any() else Box(0, 0, 0, 0)
    if p.matte is not None:
        box = box | p.matte.box
    return box & photo


def _head_in(matte: Matte | None, part: Box) -> tuple[Field | None, NDArray]:
    """Alpha and colours of the head in ``part``; ``None`` if it doesn't reach there."""
    nothing = np.zeros((0, 0, 3), np.uint8)
    if matte is None or (matte.box & part).empty:
        return None, nothing
    common = matte.box & part
    inner = matte.alpha[common.within(matte.box)]
    if not inner.any():
        return None, nothing
    if common == part:
        return inner, matte.colours[common.within(matte.box)]
    alpha = np.zeros(part.shape, np.float32)
    colours = np.zeros((*part.shape, 3), matte.colours.dtype)
    alpha[common.within(part)] = inner
    colours[common.within(part)] = matte.colours[common.within(matte.box)]
    return alpha, colours


def _core_cells(matte: Matte | None, grid: CellGrid) -> Mask:
    """Cells that the new head hides wholly."""
    core = np.zeros(grid.shape, bool)
    if matte is None:
        return core
    box = matte.box.aligned(grid.size) & grid.box
    if box.empty:
        return core
    alpha = read_padded(matte.alpha, box.shifted(-matte.box.x0, -matte.box.y0))
    opaque = (alpha >= 1).astype(np.uint8) * 255
    small = cv2.resize(opaque, box.over(grid.size).shape[::-1], interpolation=cv2.INTER_AREA)
    core[box.over(grid.size).within(grid.cells)] = small > 250
    return core


def _depth(mask: Mask) -> Field:
    """Distance in cells to the outline of ``mask``, positive inside."""
    if not mask.any():
        return np.full(mask.shape, -1e3, np.float32)
    work = mask.astype(np.uint8)
    within = cv2.distanceTransform(work, cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform(1 - work, cv2.DIST_L2, 5)
    raw = np.where(mask, within - 0.5, 0.5 - beyond).astype(np.float32)
    return cv2.GaussianBlur(raw, (0, 0), 0.8, borderType=cv2.BORDER_REPLICATE)


def _head_plane(matte: Matte, grid: CellGrid) -> Plane:
    """The placed head as a second plane of the canvas."""
    box = matte.box.aligned(grid.size * PITCH)
    x, y = matte.box.x0, matte.box.y0
    means, within = cell_means(
        read_padded(matte.colours, box.shifted(-x, -y)), Box.of(box.shape), grid.size
    )
    return Plane(matte.colours, (x, y), box, means, within)


def _head_skin(head: HeadLayer, matte: Matte, grid: CellGrid, box: Box) -> Mask:
    """Which cells of ``box`` show nothing but the new head's skin."""
    k = grid.size
    to_cells = head.to_frame.inverse().then(head.to_body)
    to_cells = to_cells.then(Similarity(1 / k, 0, -box.x0 / k, -box.y0 / k))
    size = box.over(k).shape[::-1]
    families = warp(
        source_layout(head.layout), to_cells, size, interpolation=cv2.INTER_NEAREST,
        border=cv2.BORDER_CONSTANT, border_value=255,
    )  # fmt: skip
    opaque = read_padded(matte.alpha, box.shifted(-matte.box.x0, -matte.box.y0))
    small = cv2.resize(opaque, size, interpolation=cv2.INTER_AREA)
    return eroded((families == SKIN_FAMILY) & (small > 0.999), 2)


def _beside(fields: list[NDArray]) -> NDArray:
    """Arrays side by side, the lower ones filled up with zeros."""
    height = max(field.shape[0] for field in fields)
    return np.concatenate(
        [
            np.pad(f, ((0, height - f.shape[0]), *[(0, 0)] * (f.ndim - 1)))
            for f in fields
        ],
        axis=1,
    )
