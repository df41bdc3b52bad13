"""The seam test: is the border of what was generated like any other place of the photo?

Two figures are taken across the region's border and, in the same way, across borders that run
beside it through the untouched part of the same photo, where the same class is: the slope of
brightness at the line itself, and the step of colour from one side to the other. A feathered
line shows as too little slope, one that was matched badly as a step, what is left of the old
hair as too much slope.

Whether the two kinds of border are alike is tested for equivalence, so that few photos, whose
mean is uncertain, can't pass: the 90 % interval of the mean ratio has to lie between
1/``MARGIN`` and ``MARGIN`` (two one-sided tests at 5 %, by bootstrap; Schuirmann 1987). Only
places are looked at that have one class on both sides and no part of the new head near: at an
outline there should be an edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask
from engine.evaluation.baselines import pasted_swaps, placed_matte
from engine.evaluation.distances import equivalence
from engine.evaluation.swaps import MadeSwap, validation_swaps
from engine.framing import FRAME_SIZE, Similarity, warp
from engine.labels import Layout
from engine.matting import Matte
from engine.runner import PipelineRunner

MARGIN = 1.25
MEASURES = ("slope", "step")
_SIDES = (1.0, 2.0, 3.0)  # frame px from the line, where colours are asked for
_SLOPES = (-1.0, -0.5, 0.0, 0.5, 1.0)  # photo px from the line
_PURE = (0.75, 1.5, 2.25, 3.0, 3.75)  # frame px to either side that are of one class
_CLEAR = 3.0  # frame px that the line keeps from the new head
_BESIDE = (5.0, 7.0, 9.0, 11.0)  # frame px from the region's border, further out
_FEWEST = 15  # places of a class that a border must have to be compared

Points = NDArray[np.float64]
Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Border:
    """Places along a line.

    Attributes:
        at: ``(N, 2)`` in the photo.
        normals: ``(N, 2)``, of length 1, into the region.
        classes: ``(N,)``, of what is on both sides; -1 where that isn't one class.
    """

    at: Points
    normals: Points
    classes: NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """Where something was made in a photo; arrays have its height and width.

    Attributes:
        region: bool.
        head: bool, where any of the new head is.
        layout: class ids.
        to_frame: photo -> canonical frame.
    """

    region: Mask
    head: Mask
    layout: Layout
    to_frame: Similarity

    @property
    def unit(self) -> float:
        """Photo px per frame px."""
        return 1 / self.to_frame.scale

    def border(self) -> Border:
        """The region's own, between what was generated and what was kept."""
        depth = depth_of(self.region)
        down, right = np.gradient(cv2.GaussianBlur(depth, (0, 0), max(1.0, self.unit)))
        size = self.region.shape[1::-1]
        frame = np.ones((FRAME_SIZE, FRAME_SIZE), np.uint8)
        seen = warp(
            frame, self.to_frame.inverse(), size, interpolation=cv2.INTER_NEAREST,
            border=cv2.BORDER_CONSTANT,
        )  # fmt: skip
        line = (depth > 0) & (depth <= 1) & (seen > 0)
        line &= depth_of(self.head) < -_CLEAR * self.unit
        rows, columns = np.nonzero(line)
        normals = np.stack([right[line], down[line]], -1).astype(float)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
        at = np.stack([columns, rows], -1) + 0.5 - 0.5 * normals
        return Border(at, normals, self._classes(at, normals))

    def beside(self, border: Border, distance: float) -> Border:
        """The border moved outwards by frame px, where nothing of the photo was touched."""
        at = border.at - distance * self.unit * border.normals
        depth = _sampled(depth_of(self.region | self.head), at)
        reach = max(_PURE) * self.unit
        size = np.array(self.region.shape[::-1])
        free = (depth < -reach) & (at > reach).all(1) & (at < size - reach).all(1)
        at, normals = at[free], border.normals[free]
        return Border(at, normals, self._classes(at, normals))

    def _classes(self, at: Points, normals: Points) -> NDArray[np.int64]:
        steps = np.array([*(-t for t in _PURE), *_PURE]) * self.unit
        nearest = _sampled(self.layout, _profiles(at, normals, steps), cv2.INTER_NEAREST)
        same = (nearest == nearest[:, :1]).all(1)
        return np.where(same, nearest[:, 0].astype(np.int64), -1)

    def across(self, lab: Field, border: Border) -> Figures:
        """``(N, 2)``: slope (levels of L* per photo px) and step (CIE76) of each place.

        Args:
            lab: a picture of the photo's size in L*a*b*.
        """
        light = np.ascontiguousarray(lab[..., 0])
        ends = [np.array(_SLOPES) + half for half in (0.5, -0.5)]
        a, b = (_sampled(light, _profiles(border.at, border.normals, t)) for t in ends)
        sides = [sign * self.unit * np.array(_SIDES) for sign in (1, -1)]
        c, d = (_sampled(lab, _profiles(border.at, border.normals, t)).mean(1) for t in sides)
        return np.stack([np.abs(a - b).mean(1), np.linalg.norm(c - d, axis=1)], -1)


def depth_of(mask: Mask) -> Field:
    """Distance to the outline in px, positive inside."""
    work = mask.astype(np.uint8)
    within = cv2.distanceTransform(work, cv2.DIST_L2, 5)
    beyond = cv2.distanceTransform(1 - work, cv2.DIST_L2, 5)
    return np.where(mask, within - 0.5, 0.5 - beyond).astype(np.float32)


def _profiles(at: Points, normals: Points, steps: NDArray[np.floating]) -> Points:
    """``(N, len(steps), 2)``: points along the normals."""
    return at[:, None] + normals[:, None] * steps[None, :, None]


def _sampled(picture: Field, at: Points, kind: int = cv2.INTER_LINEAR) -> Figures:
    """Values at points ``(N, ..., 2)`` of the photo; beyond its border the edge's."""
    flat = at.reshape(-1, 1, 2).astype(np.float32) - np.float32(0.5)
    # OpenCV's maps have less than 32768 rows.
    parts = [flat[k : k + 32000] for k in range(0, len(flat), 32000)]
    values = [
        cv2.remap(picture, p[..., 0], p[..., 1], kind, borderMode=cv2.BORDER_REPLICATE)
        for p in parts
    ]
    channels = picture.shape[2:]
    if not values:
        return np.zeros((*at.shape[:-1], *channels))
    return np.concatenate(values).reshape(*at.shape[:-1], *channels).astype(np.float64)


def ratios(place: Place, pictures: Mapping[str, Field]) -> tuple[dict[str, Figures], float]:
    """Of slope and step across the region's border in some pictures to those of places beside it.

    Args:
        pictures: 8-bit RGB of the photo's size, by name; ``"before"`` is the untouched photo.

    Returns:
        by name ``(2,)``, ``"untouched"`` being that of the nearest border beside to the others;
        and which share of the border could be compared. Names are missing where none could.
    """
    own = place.border()
    if not len(own.at):
        return {}, 0.0
    near, *far = (place.beside(own, distance) for distance in _BESIDE)
    before = _lab(pictures["before"])
    reference = [(border, place.across(before, border)) for border in (near, *far)]
    made: dict[str, Figures] = {}
    share = 0.0
    for name, picture in pictures.items():
        if name == "before":
            continue
        ratio, share = _ratio(own, place.across(_lab(picture), own), reference)
        if ratio is not None:
            made[name] = ratio
    ratio, _ = _ratio(near, reference[0][1], reference[1:])
    if ratio is not None:
        made["untouched"] = ratio
    return made, share


def _lab(picture: Field) -> Field:
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _ratio(
    border: Border, figures: Figures, reference: list[tuple[Border, Figures]]
) -> tuple[Figures | None, float]:
    """Mean over a border's places to that over others, each class with the border's weight."""
    classes = np.concatenate([other.classes for other, _ in reference])
    values = np.concatenate([other for _, other in reference])
    above, below, compared = np.zeros(2), np.zeros(2), 0
    for label in np.unique(border.classes[border.classes >= 0]):
        here, there = border.classes == label, classes == label
        if min(here.sum(), there.sum()) < _FEWEST:
            continue
        compared += int(here.sum())
        above += figures[here].sum(0)
        below += values[there].mean(0) * here.sum()
    if not compared or not (above > 0).all() or not (below > 0).all():
        return None, 0.0
    return above / below, compared / len(border.classes)


def seam_figures(runner: PipelineRunner, data: Path, *, count: int = 100) -> dict[str, object]:
    """Ratios of slope and step at the region's border to those beside it.

    Returns:
        for ``ours``, two classical fills and the ``untouched`` photo (what the test itself
        finds where nothing was done) ``slope`` and ``step``, see ``distances.equivalence``;
        ``compared``: the mean share of the border that was looked at.
    """
    found: dict[str, list[Figures]] = {}
    shares = []
    errors = 0
    for swap in validation_swaps(runner, data, count):
        if isinstance(swap, str):
            errors += 1
            continue
        matte, to_frame = placed_matte(runner, swap.request)
        head = np.zeros(swap.result.layout.shape, bool)
        head[matte.box.slices] = matte.alpha > 0
        made, share = ratios(_place(swap, head, to_frame), _pictures(runner, swap, matte))
        shares.append(share)
        for name, ratio in made.items():
            found.setdefault(name, []).append(ratio)
    return {
        "pairs": count,
        "errors": errors,
        "margin": MARGIN,
        "compared": float(np.mean(shares)) if shares else None,
        **{
            name: {
                measure: equivalence(np.array(values)[:, k], MARGIN)
                for k, measure in enumerate(MEASURES)
            }
            for name, values in found.items()
        },
    }


def _place(swap: MadeSwap, head: Mask, to_frame: Similarity) -> Place:
    region = swap.result.region
    assert region is not None
    return Place(region > 0, head, swap.result.layout, to_frame)


def _pictures(runner: PipelineRunner, swap: MadeSwap, matte: Matte) -> dict[str, Field]:
    made = swap.result.photo
    assert made is not None
    classical = pasted_swaps(runner, swap.request, swap.result, matte)
    return {
        "before": swap.request.body.pixels,
        "ours": made.pixels,
        **{name: classical[name] for name in ("telea", "navier_stokes")},
    }
