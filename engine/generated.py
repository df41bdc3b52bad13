"""What was generated, on cells: fitted to the photo's colours, edges narrowed, with texture.

This is the part of compositing that every seed needs anew; it works in a box of cells around
the region.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.cells import PITCH, fine_size, luminance
from engine.copying import Copied
from engine.detail import (
    DETAIL_STEPS,
    SKIN_FAMILY,
    Family,
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
    Places,
    blur,
    enlarged,
    needed_nodes,
    transfer,
    with_detail,
)
from engine.tiles import upsample

_SOFTNESS = 1.2  # cells: blur of a generated picture that has no edges to measure it
# Times the photo's texture: what a sample may add to its first estimate. Cloth that it makes up
# has a pattern of its own; real texture is copied to it instead. A neck has more than a cheek's
# texture: shadows, folds.
_RESTRAINT = 1.6
_RESTRAINT_OF = {
    int(SemanticClass.UPPER_CLOTHES): 1.0, int(SemanticClass.LOWER_CLOTHES): 1.0,
    SKIN_FAMILY: 2.5,
}  # fmt: skip
# Cells beside another class that get less texture, of a cell's size and more; and how much.
_OUTLINE, _AT_OUTLINE = 1, 0.75
_NEARBY = 2.0  # cells over which that is compared
_SHY, _SHY_INSIDE, _SHY_SKIN = 2.0, 10.0, 18.0  # contrast (levels per cell) of an edge


@dataclass(frozen=True)
class Generated:
    """Generated pixels, ready to be brought up tile by tile.

    Attributes:
        base: on fine places, all that isn't finer.
        level: hxw, how much of the copied detail to take.
        parts: where detail comes from, each with how much of a cell it counts in.
        grain: how much more grain, and where from.
    """

    around: Surroundings
    base: Field
    level: Field
    parts: Sequence[tuple[Field, Lattice]]
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
        for mask, lattice in self.parts:
            # Where in this part it is at all (a soft mask reaches one cell further).
            cells = (part.over(size).grown(1) & box).shifted(-box.x0, -box.y0)
            there = Box.around(mask[cells.slices] > 0).shifted(cells.x0, cells.y0)
            there = there.shifted(box.x0, box.y0).grown(1).aligned(PITCH).times(size) & part
            if there.empty:
                continue
            share = upsample(mask, box, size, there)
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
    coarse: Field | None = None,
    copied: Copied | None = None,
    match_grain: bool = True,
    match_skin: bool = True,
    check_cancel: Callable[[], None] | None = None,
) -> Generated:
    """Make generated cells (hxwx3, 0..255, in ``around.box``) look like the photo's.

    Args:
        coarse: the first estimate that they go back to where they show more than the photo does.
        copied: what of it is the photo's own, from elsewhere.
        match_grain: add grain where there is less than in the photo.
        match_skin: skin, too, takes on the colours of its like in the picture.
    """
    a, here, places = around, around.box.slices, around.places
    size, ratio = a.size, places.means.ratio
    means, wanted = places.means.cells[here], a.wanted[here]
    if coarse is not None:
        image = restrained(image, coarse, a.families)
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

    person, behind = _Detail(a.box, places), _Detail(a.box, a.behind)
    skin = background = np.zeros(a.box.shape, np.float32)
    parts: list[tuple[Field, Lattice]] = []
    for family in _without(copied, a.families):
        if check_cancel is not None:
            check_cancel()
        if not (family.usable.any() and family.nodes.any()):
            continue
        onto = behind if family.id == SemanticClass.BACKGROUND else person
        lattice = match(
            a.box, image, look, family.expected, family.nodes, family.usable, onto.places, rng
        )
        parts.append((family.mask, lattice))
        onto.add(family, lattice)
        if family.id == SKIN_FAMILY:
            skin = family.mask
        if family.id == SemanticClass.BACKGROUND:
            background = family.mask
        if fine_size(size) > 1:
            a.store.fill(source_boxes(lattice, family.nodes, size))
    base = person.laid_on(crisp, skin)
    if background.any():
        share = enlarged(background, ratio, cv2.INTER_LINEAR)[..., None]
        base = base + share * (behind.laid_on(crisp, np.zeros_like(skin)) - base)
    amid = enlarged(_amid(a.families), ratio, cv2.INTER_LINEAR)[..., None]
    base = crisp + (_AT_OUTLINE + (1 - _AT_OUTLINE) * amid) * (base - crisp)
    # Copied from a fold or an edge after all? Then weaker.
    within, most = (person.strength + behind.strength)[..., 1], person.expected + behind.expected
    level = np.clip(1.2 * most[..., 1] / np.maximum(within, 1e-3), 0.3, 1)
    if copied is not None:
        base = copied.laid_on(base, image, a.box, places.means)
        level = level + copied.share * (1 - level)
        parts.append((copied.share, copied.lattice))
        if fine_size(size) > 1:
            a.store.fill(source_boxes(copied.lattice, copied.nodes, size))

    grain = None
    if match_grain and fine_size(size) > 1:
        amount = missing_grain(a.floor, image, within * level, wanted)
        _, flat = plain_places(places, a.keeps)
        if amount is not None and copied is not None:
            amount = amount * (1 - copied.share)  # that has its own
        if amount is not None and flat.any():
            nodes = needed_nodes(wanted)
            lattice = plain_lattice(a.box, nodes, flat, ratio, rng)
            rows, columns = np.nonzero(flat)
            typical = np.median(places.strength[rows + PITCH, columns + PITCH, 1])
            grain = (amount / np.float32(max(typical, 1e-3)), lattice)
            a.store.fill(source_boxes(lattice, nodes, size))
    return Generated(a, base, level, parts, grain)


def _without(copied: Copied | None, families: Sequence[Family]) -> Sequence[Family]:
    """The families where nothing is copied as it is."""
    if copied is None:
        return families
    left = []
    for family in families:
        mask = family.mask * (1 - copied.share)
        left.append(replace(family, mask=mask, nodes=family.nodes & needed_nodes(mask > 0.02)))
    return left


def _amid(families: Sequence[Family]) -> Field:
    """Where cells lie amid one family, 0..1: an outline passes for texture, and texture for it."""
    window = np.ones((2 * _OUTLINE + 1,) * 2, np.uint8)
    sure = np.max([cv2.erode(family.mask, window) for family in families], axis=0)
    return cv2.GaussianBlur(np.clip(2 * sure - 1, 0, 1), (0, 0), 0.7)


class _Detail:
    """Detail that lattices bring, family by family, and how strong it is and should be.

    Attributes:
        expected, strength: hxwx2, on cells, as far as the families reach.
    """

    def __init__(self, box: Box, places: Places) -> None:
        ratio = places.means.ratio
        self.box, self.places = box, places
        self._detail = np.zeros((box.height * ratio, box.width * ratio, 3), np.float32)
        self._power = np.zeros(self._detail.shape[:2], np.float32)
        self._share = np.full(box.shape, 1e-6, np.float32)
        self.expected = np.zeros((*box.shape, 2), np.float32)
        self.strength = np.zeros_like(self.expected)

    def add(self, family: Family, lattice: Lattice) -> None:
        ratio, strength = self.places.means.ratio, self.places.strength
        box = _between(family.nodes)
        at, mask = box.shifted(self.box.x0, self.box.y0), family.mask[box.slices]
        there = box.times(ratio).slices
        share = enlarged(mask, ratio, cv2.INTER_LINEAR)
        moved = transfer(self.places.detail, lattice, ratio, at.times(ratio))
        self._detail[there] += share[..., None] * moved
        self._power[there] += share * share
        self._share[box.slices] += mask
        self.expected[box.slices] += mask[..., None] * family.expected[box.slices]
        planes = np.dstack([strength, strength[..., 1]])
        self.strength[box.slices] += mask[..., None] * transfer(planes, lattice, 1, at)[..., :2]

    def laid_on(self, base: Field, skin: Field) -> Field:
        """``base`` (fine places) with it."""
        detail = self._detail / np.sqrt(np.maximum(self._power, 1e-6))[..., None]
        expected, strength = (x[..., 0] / self._share for x in (self.expected, self.strength))
        return with_detail(
            base, detail, expected, strength, skin, self.places.means.ratio, self.places.coarse
        )


def restrained(image: Field, coarse: Field, families: Sequence[Family]) -> Field:
    """``image`` with no stronger detail than the photo has: plain cloth and skin stay plain.

    What the fine pass adds to the first estimate is weakened where it exceeds the texture of its
    like around.
    """
    most: Field = np.zeros(image.shape[:2], np.float32)
    for family in families:
        restraint = _RESTRAINT_OF.get(family.id, _RESTRAINT)
        unknown = not family.usable.any()  # then the sample is all there is to go by
        most = most + family.mask * (255 if unknown else restraint * family.expected[..., 0])
    more = image - coarse
    grey = luminance(more)
    strength = np.sqrt(blur(grey * grey, _NEARBY))
    share = np.clip(most / np.maximum(strength, 1e-3), 0, 1)
    return coarse + share[..., None] * more


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
