"""Strands of hair that grow from the outline of a real head, painted so that alpha is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.framing import Similarity

Points = NDArray[np.float64]
_SHIFT = 4  # fractional bits of the positions that OpenCV draws at
_STEP = 0.5  # frame px between the points of a strand
_FINEST = 0.08  # frame px: 0.3 mm, a few hairs side by side
_THICKEST = 2.0  # natural logarithm of how many times as wide a strand may be
_INSIDE = 1.5  # frame px that roots lie within the hair
_LOCK, _LOCK_LONG = 8, 3  # strands that go nearly the same way


@dataclass(frozen=True)
class Strand:
    """One strand.

    Attributes:
        points: ``(N, 2)`` from root to tip.
        width: at the root, in the same unit; it tapers.
        opacity: 0..1, how much of what is behind it hides.
    """

    points: Points
    width: float
    opacity: float


@dataclass(frozen=True)
class Hairdo:
    """What the rim of somebody's hair is like; lengths in frame px.

    Attributes:
        dense: short strands per px of outline, which fray it.
        flying: long ones.
        reach: median length of the long ones.
        bend: standard deviation of the curvature, 1/px.
    """

    dense: float
    flying: float
    reach: float
    bend: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Self:
        """Anything between sleek and frizzy."""
        wild = float(rng.uniform())
        return cls(
            dense=4 + 6 * float(rng.uniform()),
            flying=0.1 + 0.9 * wild,
            reach=4 + 4 * float(rng.uniform()),
            bend=0.02 + 0.12 * wild,
        )

    def strands(self, outline: Points, normals: Points, rng: np.random.Generator) -> list[Strand]:
        """Grown from an outline.

        Args:
            outline: ``(N, 2)``, about 1 px apart.
            normals: ``(N, 2)``, outwards, of length 1.
        """
        made = []
        for long, density in ((False, self.dense), (True, self.flying)):
            lock = _LOCK_LONG if long else _LOCK
            for middle in rng.integers(len(outline), size=round(density * len(outline) / lock)):
                outwards = rng.uniform(0.3, 1.2) if long else rng.uniform(0.05, 0.7)
                turn, curve = rng.normal(0, 0.25), rng.normal(0, self.bend)
                for beside in np.rint(rng.normal(0, 0.4 * lock, lock)).astype(int):
                    k = (middle + beside) % len(outline)
                    way = self._way(outline[k], normals[k], outwards, turn, curve, long, rng)
                    width = _FINEST * np.exp(rng.uniform(0, _THICKEST))
                    made.append(Strand(way, float(width), float(rng.uniform(0.4, 1))))
        return made

    def _way(
        self, root: Points, normal: Points, outwards: float, turn: float, curve: float, long: bool,
        rng: np.random.Generator,
    ) -> Points:  # fmt: skip
        # Hair falls: along the outline, downwards, leaving it the more the longer it flies.
        along = np.array([-normal[1], normal[0]])
        along *= np.sign(along[1]) or 1.0
        heading = outwards * normal + along
        angle = np.arctan2(heading[1], heading[0]) + turn + rng.normal(0, 0.1)
        median, spread = (self.reach, 0.45) if long else (3.0, 0.35)
        length = median * np.exp(rng.normal(0, spread)) + _INSIDE
        steps = np.full(max(4, round(length / _STEP)), _STEP)
        angles = angle + np.cumsum(steps) * (curve + rng.normal(0, 0.3 * self.bend))
        way: Points = np.cumsum(
            np.stack([np.cos(angles), np.sin(angles)], -1) * steps[:, None], axis=0
        )
        return way + root - _INSIDE * normal * rng.uniform(0.3, 1)


@dataclass
class Painting:
    """A head being painted at several times the picture's resolution.

    Attributes:
        paint: H x W x 3 float32, colours times ``cover``.
        cover: H x W float32 0..1.
    """

    paint: Field
    cover: Field

    @classmethod
    def of(cls, mask: Mask, colours: Field) -> Self:
        """Begun with what is wholly there: ``mask`` H x W, ``colours`` H x W x 3."""
        cover = mask.astype(np.float32)
        return cls(colours * cover[..., None], cover)

    def add(self, strand: Strand, colour: Field, way: Similarity) -> None:
        """Lay a strand over the rest.

        Args:
            colour: ``(3,)``.
            way: the strand's coordinates -> the painting's.
        """
        points, width = way.apply(strand.points), strand.width * way.scale
        reach = int(np.ceil(width)) + 2
        low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
        whole = Box(low[0] - reach, low[1] - reach, high[0] + reach, high[1] + reach)
        box = whole & Box.of(self.cover.shape)
        if box.empty:
            return
        share = np.zeros(box.shape, np.uint8)
        for part, wide, opacity in _tapered(points, width):
            # OpenCV's coordinates are those of pixel centres.
            at = np.rint((part - (box.x0 + 0.5, box.y0 + 0.5)) * (1 << _SHIFT)).astype(np.int32)
            drawn = np.zeros(box.shape, np.uint8)
            cv2.polylines(
                drawn, [at], False, round(255 * opacity * strand.opacity), wide, cv2.LINE_AA, _SHIFT
            )
            share = np.maximum(share, drawn)
        left = 1 - share.astype(np.float32) / 255
        self.cover[box.slices] = 1 - (1 - self.cover[box.slices]) * left
        more = (1 - left)[..., None] * colour
        self.paint[box.slices] = self.paint[box.slices] * left[..., None] + more

    def averaged(self, size: tuple[int, int]) -> tuple[Field, Field]:
        """Alpha (H x W, 0..1) and the head's own colours (H x W x 3) at ``size`` (w, h)."""
        alpha = cv2.resize(self.cover, size, interpolation=cv2.INTER_AREA)
        paint = cv2.resize(self.paint, size, interpolation=cv2.INTER_AREA)
        alpha = np.clip(alpha, 0, 1)
        return alpha, paint / np.maximum(alpha, 1e-6)[..., None]


def _tapered(points: Points, width: float) -> Iterator[tuple[Points, int, float]]:
    """Parts of a strand with their width in whole pixels, and how opaque what is finer is."""
    parts = 4
    cuts = np.linspace(0, len(points) - 1, parts + 1).round().astype(int)
    for k in range(parts):
        exact = width * (1 - 0.8 * k / (parts - 1))
        wide = max(1, round(exact))
        yield points[cuts[k] : cuts[k + 1] + 1], wide, min(1.0, exact / wide)
