"""Grain: how strong it is in the photo, and what of it a generated region lacks.

Copied detail brings its own grain. Only where that falls short of what the photo has in flat
places of the same brightness is more added, and that too is copied, from flat places: so it is
correlated in space and between channels as the photo's is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.cells import luminance
from engine.texture import Lattice, corners_of

_BINS = 4
_LEAST = 0.25  # a variance (levels of 255 squared) below this can't be seen


@dataclass(frozen=True)
class GrainFloor:
    """Variance of grain within fine places, by brightness: points of a curve."""

    brightness: tuple[float, ...]
    variance: tuple[float, ...]

    def at(self, brightness: Field) -> Field:
        if not self.brightness:
            return np.zeros_like(brightness)
        return np.interp(brightness, self.brightness, self.variance).astype(np.float32)


def grain_floor(photo: Field, strength: Field, known: Mask) -> GrainFloor:
    """What the flattest places show.

    Args:
        photo: HxWx3 means of cells.
        strength: HxW, root mean square of luminance within fine places, smoothed.
        known: which cells may be looked at.
    """
    light, power = luminance(photo)[known], strength[known] ** 2
    if light.size < 64:
        return GrainFloor((), ())
    edges = np.percentile(light, np.linspace(0, 100, _BINS + 1))
    points = []
    for low, high in pairwise(edges):
        inside = (light >= low) & (light <= high)
        points.append((float(light[inside].mean()), float(np.percentile(power[inside], 10))))
    points.sort()
    return GrainFloor(tuple(p[0] for p in points), tuple(p[1] for p in points))


def missing_grain(
    floor: GrainFloor, generated: Field, strength: Field, wanted: Mask
) -> Field | None:
    """Standard deviation (H x W) of the grain to add, ``None`` if there is none to speak of."""
    lack = floor.at(luminance(generated)) - strength**2
    lack = np.where(wanted, lack, 0)
    lack = cv2.GaussianBlur(np.maximum(lack, 0).astype(np.float32), (0, 0), 1.5)
    if not (lack > _LEAST).any():
        return None
    result: Field = np.sqrt(lack)
    return result


def plain_lattice(
    box: Box, nodes: Mask, flat: Mask, ratio: int, rng: np.random.Generator
) -> Lattice:
    """Offsets from every node to a flat place (top-left cells, at least one), at random."""
    offsets = np.zeros((*nodes.shape, 2), np.int32)
    choice = np.argwhere(flat)[:, ::-1]
    drawn = choice[rng.integers(len(choice), size=np.count_nonzero(nodes))]
    offsets[nodes] = (drawn - corners_of(box, nodes)) * ratio
    return Lattice(box, offsets, ratio)
