"""What was generated, on cells: fitted to the photo's colours, edges narrowed, with texture.

This is the part of compositing that every seed needs anew; it works in a box of cells around
the region.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.cells import PITCH, fine_size, luminance
from engine.detail import (
    DETAIL_STEPS,
    SKIN_FAMILY,
    plain_places,
    source_boxes,
)
from engine.grain import missing_grain, plain_lattice
from engine.harmonising import harmonised
from engine.labels import SemanticClass
from engine.matching import match
from engine.sharpening import edge_width, narrowed, narrowing
from engine.skin import in_tone
from engine.surroundings import Surroundings
from engine.texture import (
    Lattice,
    blur,
    enlarged,
    needed_nodes,
    transfer,
    with_detail,
)
from engine.tiles import upsample

_SOFTNESS = 1.2  # cells: blur of a generated picture that has no edges to measure it
_SHY, _SHY_INSIDE, _SHY_SKIN = 2.0, 10.0, 18.0  # contrast (levels per cell) of an edge


@dataclass(frozen=True)
class Generated:
    """Generated pixels, ready to be brought up tile by tile.

    Attributes:
        base: on fine places, all that isn't finer.
        level: hxw, how much of the copied detail to take.
        lattices: where each family's detail comes from.
        grain: how much more grain, and where from.
    """

    around: Surroundings
    base: Field
    level: Field
    lattices: Sequence[Lattice | None]
    grain: tuple[Field, Lattice] | None

    def smooth(self, part: Box) -> Field:
        """``part`` (in pixels from the grid's corner, aligned to ``PITCH`` cells): the base."""
        fine = fine_size(self.around.size)
        places = self.around.box.times(self.around.size).over(fine)
        return upsample(self.base, places, fine, part, cv2.INTER_CUBIC)

    def fine(self, part: Box) -> Field:
        """... and what is finer."""
        size, box, store = self.around.size, self.around.box, self.around.store
        result = np.zeros((*part.shape, 3), np.float32)
        if fine_size(size) == 1:
            return result
        power = np.zeros(part.shape, np.float32)
        for family, lattice in zip(self.around.families, self.lattices, strict=True):
            if lattice is None:
                continue
            # Where in this part the family is at all (a soft mask reaches one cell further).
            cells = (part.over(size).grown(1) & box).shifted(-box.x0, -box.y0)
            there = Box.around(family.mask[cells.slices] > 0).shifted(cells.x0, cells.y0)
            there = there.shifted(box.x0, box.y0).grown(1).aligned(PITCH).times(size) & part
            if there.empty:
                continue
            share = upsample(family.mask, box, size, there)
            detail = transfer(store.values, lattice, size, there)
            if (share < 1).any():
                detail *= share[..., None]
            result[there.within(part)] += detail
            power[there.within(part)] += share * share
        level = upsample(self.level, box, size, part) / DETAIL_STEPS
        result *= (level / np.sqrt(np.maximum(power, 1e-6)))[..., None]
        if self.grain is not None:
            amount = upsample(self.grain[0], box, size, part) / DETAIL_STEPS
            if amount.any():
                more = transfer(store.values, self.grain[1], size, part)
                result += amount[..., None] * more
        return result


def generate(
    around: Surroundings,
    image: Field,
    rng: np.random.Generator,
    *,
    match_grain: bool = True,
    match_skin: bool = True,
    check_cancel: Callable[[], None] | None = None,
) -> Generated:
    """Make generated cells (hxwx3, 0..255, in ``around.box``) look like the photo's.

    Args:
        match_grain: add grain where there is less than in the photo.
        match_skin: skin, too, takes on the colours of its like in the picture.
    """
    a, here, places = around, around.box.slices, around.places
    size, ratio = a.size, places.means.ratio
    means, wanted = places.means.cells[here], a.wanted[here]
    image = harmonised(
        image, means,
        [
            (family.mask * np.float32(match_skin or family.id != SKIN_FAMILY), family.known)
            for family in a.families
        ],
    )  # fmt: skip
    for family in a.families:
        if match_skin and family.id == SKIN_FAMILY:
            image = in_tone(image, family.mask, a.skin)
    crisp, softness = _with_narrow_edges(a, image, ratio)
    look = blur(places.means.cells, softness)

    fine_shape = a.box.height * ratio, a.box.width * ratio
    detail = np.zeros((*fine_shape, 3), np.float32)
    power = np.zeros(fine_shape, np.float32)
    copied = np.zeros((*a.box.shape, 2), np.float32)  # as strong as this where it comes from
    skin = np.zeros(a.box.shape, np.float32)
    expected = np.zeros((*a.box.shape, 2), np.float32)
    strength = np.dstack([places.strength, places.strength[..., 1]])
    lattices: list[Lattice | None] = []
    for family in a.families:
        if check_cancel is not None:
            check_cancel()
        if not family.usable.any():
            lattices.append(None)
            continue
        lattice = match(
            a.box, image, look, family.expected, family.nodes, family.usable, places, rng
        )
        lattices.append(lattice)
        box = _between(family.nodes)
        at, mask = box.shifted(a.box.x0, a.box.y0), family.mask[box.slices]
        there = box.times(ratio).slices
        share = enlarged(mask, ratio, cv2.INTER_LINEAR)
        moved = transfer(places.detail, lattice, ratio, at.times(ratio))
        detail[there] += share[..., None] * moved
        power[there] += share * share
        expected[box.slices] += mask[..., None] * family.expected[box.slices]
        copied[box.slices] += mask[..., None] * transfer(strength, lattice, 1, at)[..., :2]
        if family.id == SKIN_FAMILY:
            skin = family.mask
        if fine_size(size) > 1:
            a.store.fill(source_boxes(lattice, family.nodes, size))
    detail /= np.sqrt(np.maximum(power, 1e-6))[..., None]
    base = with_detail(crisp, detail, expected[..., 0], copied[..., 0], skin, ratio)
    # Copied from a fold or an edge after all? Then weaker.
    within = copied[..., 1]
    level = np.clip(1.2 * expected[..., 1] / np.maximum(within, 1e-3), 0.3, 1)

    grain = None
    if match_grain and fine_size(size) > 1:
        amount = missing_grain(a.floor, image, within * level, wanted)
        _, flat = plain_places(places, a.keeps)
        if amount is not None and flat.any():
            nodes = needed_nodes(wanted)
            lattice = plain_lattice(a.box, nodes, flat, ratio, rng)
            rows, columns = np.nonzero(flat)
            typical = np.median(places.strength[rows + PITCH, columns + PITCH, 1])
            grain = (amount / np.float32(max(typical, 1e-3)), lattice)
            a.store.fill(source_boxes(lattice, nodes, size))
    return Generated(a, base, level, lattices, grain)


def _with_narrow_edges(a: Surroundings, image: Field, ratio: int) -> tuple[Field, float]:
    """``image`` on fine places, edges as narrow as the photo's; and how soft it was, in cells."""
    wanted = a.wanted[a.box.slices]
    background: Field = np.zeros(a.box.shape, np.float32)
    skin: Field = np.zeros_like(background)
    inside: Field = np.zeros_like(background)
    hair: Field = np.zeros_like(background)
    for family in a.families:
        if family.id == SemanticClass.BACKGROUND:
            background = family.mask
        if family.id == SKIN_FAMILY:
            skin = family.mask
        if family.id == SemanticClass.HAIR:
            hair = cv2.dilate(family.mask, np.ones((7, 7), np.uint8))
        inside = np.maximum(inside, cv2.erode(family.mask, np.ones((5, 5), np.uint8)))
    # How sharp the person is and how sharp the background, which may be out of focus.
    grey, photo = luminance(image), luminance(a.places.means.cells)
    person = cv2.dilate(1 - background, np.ones((5, 5), np.uint8))
    here: Field = np.zeros(a.keeps.shape, np.float32)
    here[a.box.slices] = person
    photo = photo[: here.shape[0], : here.shape[1]]
    behind = a.keeps & (here < 0.1)
    widths = [
        (edge_width(grey, wanted & (person >= 0.5)), edge_width(photo, a.keeps & (here > 0.5))),
        (edge_width(grey, wanted & (person < 0.1)), edge_width(photo, behind)),
    ]
    factors = [narrowing(photo, own) for own, photo in widths]
    sigmas = [own for own, _ in widths if own is not None]
    softness = float(np.clip(max(sigmas, default=_SOFTNESS), 0.5, 2.5))
    fine = enlarged(image, ratio)
    if max(factors) <= 1.15:
        return fine, softness
    factor = factors[1] + person * (factors[0] - factors[1])
    factor = 1 + (factor - 1) * (1 - 0.6 * hair)  # hair has no hard outline
    shy = _SHY + inside * (_SHY_INSIDE - _SHY + skin * (_SHY_SKIN - _SHY_INSIDE))
    planes = np.dstack([np.maximum(factor, 1), shy / ratio]).astype(np.float32)
    planes = enlarged(planes, ratio, cv2.INTER_LINEAR)
    return narrowed(fine, max(sigmas) * ratio, planes[..., 0], planes[..., 1]), softness


def _between(nodes: Mask) -> Box:
    """The cells between the outermost nodes."""
    box = Box.around(nodes)
    return Box(box.x0, box.y0, box.x1 - 1, box.y1 - 1).times(PITCH)
