"""The result written, tile by tile: photo, generated pixels and the new head mixed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Pixels
from engine.boxes import Box
from engine.cells import PITCH, CellGrid, fine_size, unit_of
from engine.generated import Generated
from engine.matting import Matte
from engine.placing import to_dtype
from engine.surroundings import Surroundings
from engine.tiles import upsample


@dataclass(frozen=True)
class Prepared:
    """Everything about a composite but what was generated.

    Attributes:
        body: the body photo's pixels (not copied).
        grid: its cells.
        matte: the new head, if there is one.
        around: what generated cells have to fit; ``None`` if there is nothing to generate.
        depth: HxW, how deep in the region a cell lies, in parts of its feather; negative outside.
        limit: photo-sized 0..1, the region never exceeds it.
    """

    body: Pixels
    grid: CellGrid
    matte: Matte | None
    around: Surroundings | None
    depth: Field
    limit: Field | None


@dataclass
class Painter:
    """Writes the result, tile by tile, in any order."""

    p: Prepared
    pixels: Pixels
    region: Field
    made: Generated | None = None

    def paint(self, tile: Box) -> None:
        p, unit = self.p, unit_of(self.p.body)
        made = self._generated_in(tile)
        there = made[0] if made is not None else Box(0, 0, 0, 0)
        head = p.matte.box & tile if p.matte is not None else Box(0, 0, 0, 0)
        box = there | head  # nothing else can change
        if box.empty:
            return
        values = p.body[box.slices].astype(np.float32) * unit
        share = np.zeros(box.shape, np.float32)
        if made is not None:
            _, weight, pixels = made
            np.copyto(values[there.within(box)], pixels, where=(weight > 0)[..., None])
            share[there.within(box)] = weight
        changed = share > 0
        target = self.pixels[box.slices]
        if p.matte is not None and not head.empty:
            alpha = p.matte.alpha[head.within(p.matte.box)]
            colours = p.matte.colours[head.within(p.matte.box)]
            at = head.within(box)
            under = values[at]
            under += alpha[..., None] * (colours * unit - under)
            rim = (alpha > 0) & (alpha < 1)
            changed[at] = (changed[at] | rim) & (alpha < 1)
            # The largest share that a source's own pixel has is no region's.
            own = np.maximum(alpha, (1 - alpha) * (1 - share[at]))
            share[at] = np.where(changed[at], np.maximum(1 - own, 1e-6), 0)
            np.copyto(target[at], colours, where=(alpha == 1)[..., None])
        values /= unit
        np.copyto(target, to_dtype(values, p.body.dtype), where=changed[..., None])
        self.region[box.slices] = share

    def _generated_in(self, tile: Box) -> tuple[Box, Field, Field] | None:
        """The part of ``tile`` with something generated, how much of each pixel is, and pixels."""
        p = self.p
        if self.made is None or p.around is None:
            return None
        # Of the tile, whole squares of the lattice with something to generate in them.
        k, corner = p.grid.size, p.grid.box
        cells = (tile & corner).shifted(-corner.x0, -corner.y0).over(k)
        wanted = Box.around(p.around.wanted[cells.slices]).shifted(cells.x0, cells.y0)
        part = wanted.aligned(PITCH).times(k).shifted(corner.x0, corner.y0)
        common = part & Box.of(p.body.shape)
        if wanted.empty or common.empty:
            return None
        depth = upsample(p.depth, p.grid.cells, k, part)[common.within(part)]
        weight = np.clip(depth, 0, 1)
        weight = weight * weight * (3 - 2 * weight)
        if p.limit is not None:
            weight = np.minimum(weight, p.limit[common.slices])
        if not weight.any():
            return None
        return common, weight, self._mixed(part, common, weight)

    def _mixed(self, part: Box, common: Box, weight: Field) -> Field:
        """Generated pixels; where ``weight`` is below 1, cross-faded with the photo's."""
        p = self.p
        assert self.made is not None
        assert p.around is not None
        at, inside = part.shifted(-p.grid.box.x0, -p.grid.box.y0), common.within(part)
        smooth, fine = self.made.smooth(at)[inside], self.made.fine(at)[inside]
        if (weight < 1).any():
            # Low frequencies fade linearly, details with their variance kept.
            own = p.body[common.slices].astype(np.float32) * unit_of(p.body)
            pitch = fine_size(p.grid.size)
            means = p.around.places.means.fine
            own_smooth = upsample(means, Box.of(means.shape), pitch, at, cv2.INTER_CUBIC)[inside]
            w = weight[..., None]
            smooth = (1 - w) * own_smooth + w * smooth  # exact for w = 1, as in other tiles
            fine = (1 - w) * (own - own_smooth) + w * fine
            fine /= np.sqrt((1 - w) ** 2 + w**2)
        return smooth + fine
