"""What the photo gives to what is generated in it: colours, texture, grain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Mask, Pixels
from engine.boxes import Box
from engine.cells import PITCH, CellGrid, CellMeans, cell_means
from engine.detail import (
    SKIN_FAMILY,
    DetailStore,
    Family,
    Plane,
    eroded,
    families_of,
    family_layout,
    has_enough,
    source_layout,
)
from engine.framing import Similarity, warp
from engine.grain import GrainFloor, grain_floor
from engine.labels import Layout
from engine.matting import Matte
from engine.placing import HeadLayer
from engine.texture import COARSE_BEHIND, Places
from engine.tiles import read_padded

_MARGIN = 16  # cells around the region that are looked at
_SAMPLE = 2000  # colours of skin, of head and body each


@dataclass(frozen=True)
class Surroundings:
    """What the photo gives; the same for every seed.

    Attributes:
        size: pixels per cell.
        box: the cells to work on.
        wanted: HxW, cells to be generated.
        keeps: HxW, cells whose pixels stay.
        places, families, store: what can be copied.
        behind: places of the background.
        skin: Nx3, colours of the cells that show real skin in the result, a sample of them.
        floor: how strong grain is.
    """

    size: int
    box: Box
    wanted: Mask
    keeps: Mask
    places: Places
    behind: Places
    families: Sequence[Family]
    store: DetailStore
    skin: Field
    floor: GrainFloor


def surroundings_of(
    body_pixels: Pixels,
    grid: CellGrid,
    layout: Layout,
    body_layout: Layout,
    head: HeadLayer | None,
    matte: Matte | None,
    depth: Field,
    core: Mask,
) -> Surroundings:
    """What the photo and, for want of its own skin, the new head give to copy."""
    k = grid.size
    means = cell_means(body_pixels, grid.box, k)
    wanted = (depth > -1.5) & ~eroded(core, 2)
    box = Box.around(wanted).grown(_MARGIN).aligned(PITCH) & Box.of(grid.shape)
    inner = Box.of(body_pixels.shape) & grid.box
    seen = np.zeros(grid.shape, bool)
    seen[: inner.height // k, : inner.width // k] = True
    keeps = seen & (depth < -1.5)
    body_families = source_layout(grid.from_frame_field(body_layout, cv2.INTER_NEAREST, beyond=255))
    body_families = np.where(seen, body_families, 255).astype(np.uint8)
    final = family_layout(layout)
    masks = {
        int(f): grid.from_frame_field((final == f).astype(np.float32), cv2.INTER_LINEAR)[box.slices]
        for f in np.unique(final)
    }
    planes = [Plane(body_pixels, (0, 0), grid.box, means)]
    own_skin = eroded(body_families == SKIN_FAMILY, 2) & keeps
    skin = [means.cells[own_skin]]
    head_skin = None
    wants_skin = SKIN_FAMILY in masks and (wanted[box.slices] & (masks[SKIN_FAMILY] > 0.5)).any()
    if head is not None and matte is not None and wants_skin:
        plane = _head_plane(matte, grid)
        there = _head_skin(head, matte, grid, plane.box)
        skin.append(plane.means.cells[there])
        if not has_enough(own_skin):
            planes.append(plane)
            head_skin = _beside([np.zeros(grid.shape, bool), there])
    canvas = CellMeans(
        *(
            _beside([getattr(plane.means, name) for plane in planes])
            for name in ("cells", "fine", "within")
        )
    )
    known = np.zeros(canvas.within.shape, bool)
    known[: seen.shape[0], : seen.shape[1]] = ~wanted & seen
    places, behind = Places.of(canvas, known), Places.of(canvas, known, COARSE_BEHIND)
    families = families_of(box, masks, body_families, keeps, wanted, places, behind, head_skin)
    strength = places.strength[: seen.shape[0], : seen.shape[1], 1]
    return Surroundings(
        k, box, wanted, keeps, places, behind, families,
        DetailStore(planes, k, Box.of(known.shape).shape),
        np.concatenate([_sample(colours) for colours in skin]),
        grain_floor(means.cells, strength, keeps),
    )  # fmt: skip


def _sample(colours: Field) -> Field:
    """At most ``_SAMPLE`` of them, evenly."""
    return colours[:: -(-len(colours) // _SAMPLE) or 1]


def _head_plane(matte: Matte, grid: CellGrid) -> Plane:
    """The placed head as a second plane of the canvas."""
    box = matte.box.aligned(grid.size * PITCH)
    x, y = matte.box.x0, matte.box.y0
    pixels = read_padded(matte.colours, box.shifted(-x, -y))
    return Plane(matte.colours, (x, y), box, cell_means(pixels, Box.of(box.shape), grid.size))


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


def _beside(fields: list[Pixels]) -> Pixels:
    """Arrays side by side, the lower ones filled up with zeros."""
    height = max(field.shape[0] for field in fields)
    return np.concatenate(
        [np.pad(f, ((0, height - f.shape[0]), *[(0, 0)] * (f.ndim - 1))) for f in fields],
        axis=1,
    )
