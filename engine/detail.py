"""Where detail may come from, class family by class family, and the finest detail itself.

Detail within fine places is big, so it is worked out only in those tiles that something is
copied from. Beside the body photo lies, if skin is wanted and the body keeps none, the head
photo as it was placed: one canvas, so that an offset can lead to either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Indices, Mask, Pixels
from engine.boxes import Box
from engine.cells import PITCH, CellMeans, fine_size, unit_of
from engine.labels import IGNORE, SKIN, Layout, SemanticClass, mask_of
from engine.spreading import spread
from engine.texture import WINDOW, Lattice, Places, needed_nodes, usable_corners
from engine.tiles import each, read_padded, tiles, upsample

DETAIL_STEPS = 128  # of a level of 255, in int16
_TILE = 256
_ENOUGH = 200  # places a family needs before it is content with the best kind of source
_NEAR = 9  # cells: neighbourhood in which the weakest detail counts as texture
_COMMON = 75  # percentile of a family's texture: more is hardly seen in it
_SCATTER = 1.3  # by how much even texture exceeds its least
# By how much more where an uneven one is as strong as that, in levels: leaves, prints.
_UNEVEN, _STRONG = {int(SemanticClass.FACE): 0.0, int(SemanticClass.BACKGROUND): 4.5}, 8.0
_ORNAMENT, _FAINT = 3.0, 2.0  # times the usual strength, and levels, from which detail stands out
_STRANDS = 10  # cells from hair within which single strands lie
_MARGIN = 2  # cells kept from other classes and from the region

SKIN_FAMILY = int(SemanticClass.FACE)
# Classes whose texture is of a kind share the smallest id.
_FAMILY = np.arange(256, dtype=np.uint8)
_FAMILY[[int(c) for c in SKIN]] = SKIN_FAMILY
# Nostrils and the folds of an ear are no texture of skin.
_SHAPED = frozenset({SemanticClass.NOSE, SemanticClass.EAR})


def family_layout(layout: Layout) -> Layout:
    """A layout with classes of like texture joined."""
    return _FAMILY[layout]


def source_layout(layout: Layout) -> Layout:
    """Families, where there is nothing but their texture; 255 elsewhere."""
    result: Layout = np.where(mask_of(layout, _SHAPED), np.uint8(IGNORE), _FAMILY[layout])
    return result


@dataclass(frozen=True)
class Family:
    """A family of classes that is to be generated somewhere.

    Attributes:
        id: the smallest class id in it.
        mask: hxw float32 0..1 in the box of work: where it is wanted; families sum to 1.
        known: hxw, where the photo shows and keeps it, and the result shows it too.
        nodes: lattice nodes that need an offset.
        usable: HxW, top-left cells of places to copy from, on the canvas; may be all false.
        expected: hxwx2, strength of detail to expect.
    """

    id: int
    mask: Field
    known: Mask
    nodes: Mask
    usable: Mask
    expected: Field


@dataclass(frozen=True)
class Plane:
    """A picture to copy from.

    Attributes:
        pixels: HxWx3 uint8 or uint16.
        origin: where its first pixel stands in the body photo, (x, y).
        box: what of it is offered, in body pixels, aligned to ``PITCH`` cells.
        means: its cells.
    """

    pixels: Pixels
    origin: tuple[int, int]
    box: Box
    means: CellMeans


class DetailStore:
    """What is finer than fine places, as int16 in 1/``DETAIL_STEPS``, filled where it is needed.

    Args:
        planes: laid side by side on the canvas.
        size: pixels per cell.
        shape: of the canvas, in cells.
    """

    def __init__(self, planes: list[Plane], size: int, shape: tuple[int, int]) -> None:
        self.size = size
        self.planes = planes
        height, width = shape[0] * size, shape[1] * size
        # Untouched pages of this take no memory.
        self.values = np.empty((height, width, 3), np.int16)
        self.box = Box(0, 0, width, height)
        self._done: set[Box] = set()

    def fill(self, boxes: Iterable[Box]) -> Indices:
        """Work out all tiles that meet ``boxes`` (in pixels of the canvas)."""
        wanted: dict[Box, None] = {}
        for box in boxes:
            for tile in tiles(box & self.box, max(_TILE, self.size * PITCH)):
                if tile not in self._done:
                    wanted[tile] = None
        each(self._work_out, list(wanted))
        self._done.update(wanted)
        return self.values

    def _work_out(self, tile: Box) -> None:
        left = 0
        for plane in self.planes:
            box = plane.box
            here = tile & Box(left, 0, left + box.width, box.height)
            if not here.empty:
                at = here.shifted(box.x0 - left, box.y0)
                x, y = plane.origin
                values = read_padded(plane.pixels, at.shifted(-x, -y)).astype(np.float32)
                fine = fine_size(self.size)
                smooth = upsample(plane.means.fine, box.over(fine), fine, at, cv2.INTER_CUBIC)
                steps = (values * unit_of(plane.pixels) - smooth) * DETAIL_STEPS
                self.values[here.slices] = np.rint(np.clip(steps, -32767, 32767))
            left += box.width


def source_boxes(lattice: Lattice, nodes: Mask, size: int) -> Iterable[Box]:
    """The pixels that a lattice copies from."""
    side, fine = WINDOW * size, fine_size(size)
    for x, y in np.unique(lattice.sources(nodes), axis=0) * fine:
        yield Box(int(x), int(y), int(x) + side, int(y) + side)


def eroded(mask: Mask, cells: int) -> Mask:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * cells + 1, 2 * cells + 1))
    work = mask.astype(np.uint8)
    result: Mask = cv2.erode(work, disc, borderType=cv2.BORDER_REPLICATE).astype(bool)
    return result


def families_of(
    box: Box,
    masks: dict[int, Field],
    body_families: Layout,
    keeps: Mask,
    wanted: Mask,
    places: Places,
    behind: Places,
    head_skin: Mask | None,
) -> list[Family]:
    """The families wanted and the best sources of each.

    Args:
        box: the cells to work on; ``wanted`` lies in it.
        masks: family -> soft mask of the final layout in ``box``.
        body_families: family ids of the body photo's own cells.
        keeps: cells whose pixels stay, well away from the region.
        wanted: cells to be generated.
        places: on the canvas, which is at least as large as the body's grid.
        behind: likewise, for the background.
        head_skin: on the canvas, skin of the placed head, to be used if no other is kept.
    """
    here = box.slices
    canvas = places.grey.shape
    total = np.sum(list(masks.values()), axis=0)
    hair = ~eroded(body_families != SemanticClass.HAIR, _STRANDS)
    families = []
    for id, soft in masks.items():
        beside_hair = hair & (id != SemanticClass.HAIR)
        mask = (soft / np.maximum(total, 1e-6)).astype(np.float32)
        needed = wanted[here] & (mask > 0.02)
        if not needed.any():
            continue
        own = eroded(body_families == id, _MARGIN)
        # Beside hair lie strands of it, even where no layout holds them.
        tiers = [
            _on_canvas(part, canvas) for part in (own & keeps & ~beside_hair, own & keeps, own)
        ]
        if id == SKIN_FAMILY and head_skin is not None:
            tiers.insert(2, head_skin)  # a neck looks like its face, not like the one that went
        source = np.zeros(canvas, bool)
        for tier in tiers:
            source = source | tier
            if has_enough(source):
                break
        usable = usable_corners(source)
        if not usable.any():
            source, usable = plain_places(places, keeps)
        else:
            usable = _without_ornaments(usable, source, places)
        strength = (behind if id == SemanticClass.BACKGROUND else places).strength
        expected = np.zeros((*box.shape, 2), np.float32)
        if usable.any():
            floor = _floor(strength, source, _UNEVEN.get(id, 4.0))
            # Skin is the same all over a person, but for wrinkles and shine; elsewhere, too, what
            # is stronger than nearly all there is, is no texture.
            usual = np.percentile(floor[source], 30 if id == SKIN_FAMILY else _COMMON, axis=0)
            expected = np.minimum(floor[here], usual.astype(np.float32))
        known = (body_families == id)[here] & keeps[here] & (mask > 0.9)
        families.append(Family(id, mask, known, needed_nodes(needed), usable, expected))
    return families


def _without_ornaments(usable: Mask, source: Mask, places: Places) -> Mask:
    """Places without what stands out of the texture around: badges, medals, letters, buttons.

    Where all is patterned nothing stands out.
    """
    calm = np.ones(usable.shape, bool)
    for band in (0, 1):
        strength = np.ascontiguousarray(places.strength[..., band])
        strongest = cv2.dilate(strength, np.ones((WINDOW, WINDOW), np.uint8), anchor=(0, 0))
        calm &= strongest <= _ORNAMENT * np.median(strength[source]) + _FAINT
    kept = usable & calm
    return kept if np.count_nonzero(kept) >= _ENOUGH else usable


def has_enough(source: Mask) -> bool:
    """Whether a family finds what it needs in these cells."""
    return int(np.count_nonzero(usable_corners(source))) >= _ENOUGH


def _on_canvas(cells: Mask, canvas: tuple[int, ...]) -> Mask:
    result = np.zeros(canvas, bool)
    result[: cells.shape[0], : cells.shape[1]] = cells
    return result


def _floor(strength: Field, source: Mask, uneven: float) -> Field:
    """Strength of texture alone around every cell: little more than the least nearby.

    Edges and folds are no texture: they belong where the generated picture has them. Where even
    the least is strong, though, all of it is texture.

    Args:
        uneven: how much the mean counts there.
    """
    window = np.ones((_NEAR, _NEAR), np.uint8)
    known = source[..., None]
    least = cv2.erode(np.where(known, strength, np.float32(1e6)), window)
    usual = np.minimum(least * np.float32(_SCATTER), strength)
    share = cv2.blur(source.astype(np.float32), window.shape)[..., None]
    mean = cv2.blur(strength * known, window.shape) / np.maximum(share, 1e-3)
    more = np.clip(mean / np.maximum(usual, 1e-3) - 1, 0, 1)
    more *= np.clip(usual / _STRONG - 0.25, 0, 0.75)
    return spread(usual * (1 + np.float32(uneven) * more), source.astype(np.float32))


def plain_places(places: Places, keeps: Mask) -> tuple[Mask, Mask]:
    """The flattest tenth of what is kept: where nothing but grain is seen."""
    source = np.zeros(places.grey.shape, bool)
    source[: keeps.shape[0], : keeps.shape[1]] = keeps
    usable = usable_corners(source)
    if not usable.any():
        return source, usable
    power = (places.strength**2).sum(axis=2)
    around = np.full_like(power, np.inf)
    around[:-PITCH, :-PITCH] = power[PITCH:, PITCH:]
    limit = np.percentile(around[usable], 10)
    flat = usable & (around <= limit)
    middle = np.zeros_like(flat)
    middle[PITCH:, PITCH:] = flat[:-PITCH, :-PITCH]
    return middle, flat
