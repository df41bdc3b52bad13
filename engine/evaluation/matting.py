"""The matting test: how near the matte of a head comes to one that is known.

Ours against what a retoucher has without it: the layout's outline, feathered. The radius of the
feather is the best one for all photos of the test together, found with the truth at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.evaluation.distances import mean_and_interval, ratio_and_interval
from engine.evaluation.mattes import SIZES, KnownMatte, known_mattes
from engine.framing import FACE_HEIGHT, warp
from engine.labels import HEAD, mask_of
from engine.matting import head_matte

RADII = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0)  # sigma, frame px
_BAND = 8.0  # frame px to either side of the layout's outline: the unknown band
_PER = 1000  # px that a sum of differences is given for
_SHOWN = 8  # photos on a contact sheet
_CELL = 256  # px, its cells


def matting_figures(data: Path, *, count: int = 48, sheet: Path | None = None) -> dict[str, object]:
    """Sums of absolute differences (SAD) from the true alpha, and errors of new composites.

    Returns:
        ``hair``: of the unknown band along hair, ``hair_x1`` and ``hair_x3`` the same of photos
        as they are and enlarged three times, ``outline``: of all of it, chin and hat too. Each
        with ``ours`` and ``feather``: ``sad`` per 1000 px and ``composite``, the mean error in
        levels once the head is laid over a third photo's background (the feather at the radius
        that is best for either); and ``lower``: by which share our SAD is lower. All with 95 %
        intervals. ``radius``: of the feather, as a share of the face's height.
    """
    cases: list[_Case] = []
    rows: list[NDArray[np.uint8]] = []
    for known in known_mattes(data, count):
        alpha, colours = our_matte(known)
        cases.append(_Case.of(known, alpha, colours))
        if len(rows) < _SHOWN:
            rows.append(_row(known, alpha, colours))
    if sheet is not None:
        cv2.imwrite(str(sheet), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))
    best = _best(cases, 0, 0)
    figures: dict[str, object] = {
        "photos": len(cases),
        "radius": RADII[best] / FACE_HEIGHT,
        "hair": _figures(cases, cases, 0),
    }
    for times in SIZES:
        if some := [case for case in cases if case.times == times]:
            figures[f"hair_x{times}"] = _figures(some, cases, 0)
    figures["outline"] = _figures(cases, cases, 1)
    return figures


@dataclass(frozen=True)
class _Case:
    """Errors of one photo: along hair and along the whole outline x SAD and composite.

    Attributes:
        times: how much the photo was enlarged.
        ours: ``(2, 2)``.
        feathered: ``(len(RADII), 2, 2)``.
    """

    times: int
    ours: NDArray[np.float64]
    feathered: NDArray[np.float64]

    @classmethod
    def of(cls, known: KnownMatte, alpha: Field, colours: Field) -> _Case:
        band = unknown_band(known)
        bands = (band & known.hair if (band & known.hair).any() else band), band
        behind = known.elsewhere
        truth = known.alpha[..., None] * (known.colours - behind) + behind

        def errors(alpha: Field, own: Field) -> list[list[float]]:
            difference = np.abs(alpha - known.alpha)
            made = np.abs(alpha[..., None] * (own - behind) + behind - truth)
            return [[float(difference[b].mean()) * _PER, float(made[b].mean())] for b in bands]

        photo = known.photo.astype(np.float32)
        feathers = [errors(feathered(known, radius), photo) for radius in RADII]
        return cls(known.times, np.array(errors(alpha, colours)), np.array(feathers))


def our_matte(known: KnownMatte) -> tuple[Field, Field]:
    """Alpha (H x W) and the head's colours (H x W x 3 float32), as a swap would use them."""
    matte = head_matte(known.layer, Box.of(known.photo.shape))
    alpha = np.zeros_like(known.alpha)
    colours = known.photo.astype(np.float32)
    alpha[matte.box.slices], colours[matte.box.slices] = matte.alpha, matte.colours
    return alpha, colours


def feathered(known: KnownMatte, radius: float) -> Field:
    """The layout's outline in the photo, blurred by ``radius`` (sigma in frame px)."""
    hard = (_outline(known) > 0.5).astype(np.float32)
    return cv2.GaussianBlur(hard, (0, 0), radius / known.to_frame.scale)


def unknown_band(known: KnownMatte) -> Mask:
    """Where alpha has to be found: near the layout's outline, and wherever it is fractional."""
    inside = (_outline(known) > 0.5).astype(np.uint8)
    apart: Field = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    apart = apart + cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    fractional = (known.alpha > 0) & (known.alpha < 1)
    band: Mask = (apart * known.to_frame.scale <= _BAND) | fractional
    return band


def _outline(known: KnownMatte) -> Field:
    mask = mask_of(known.layout, HEAD).astype(np.float32)
    size = known.photo.shape[1::-1]
    return warp(mask, known.to_frame.inverse(), size, border=cv2.BORDER_CONSTANT)


def _best(cases: Sequence[_Case], band: int, measure: int) -> int:
    return int(np.mean([case.feathered[:, band, measure] for case in cases], axis=0).argmin())


def _figures(cases: Sequence[_Case], all_cases: Sequence[_Case], band: int) -> dict[str, object]:
    """Of some cases, against the feather that is best for all of them."""
    sad, composite = (_best(all_cases, band, measure) for measure in range(2))
    ours = np.array([case.ours[band] for case in cases])
    theirs = np.array(
        [(c.feathered[sad, band, 0], c.feathered[composite, band, 1]) for c in cases]
    )  # fmt: skip
    ratio, (low, high) = ratio_and_interval(ours[:, 0], theirs[:, 0])
    return {
        "photos": len(cases),
        "ours": _of(ours),
        "feather": _of(theirs),
        "lower": 1 - ratio,
        "lower_interval": (1 - high, 1 - low),
    }


def _of(errors: NDArray[np.float64]) -> dict[str, object]:
    figures: dict[str, object] = {}
    for k, name in enumerate(("sad", "composite")):
        figures[name], figures[f"{name}_interval"] = mean_and_interval(errors[:, k])
    return figures


def _row(known: KnownMatte, alpha: Field, colours: Field) -> NDArray[np.uint8]:
    """Photo, true matte, ours, and the head before another background: the truth's and ours."""
    behind = known.elsewhere
    pictures = [known.photo, *(np.repeat(255 * a[..., None], 3, 2) for a in (known.alpha, alpha))]
    for a, own in ((known.alpha, known.colours), (alpha, colours)):
        pictures.append(a[..., None] * (own - behind) + behind)
    box = Box.around(known.alpha > 0).grown(8 * known.times) & Box.of(known.photo.shape)
    cells = []
    for picture in pictures:
        part = np.clip(picture[box.slices], 0, 255).astype(np.uint8)
        factor = _CELL / max(part.shape[:2])
        kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        part = cv2.resize(part, None, fx=factor, fy=factor, interpolation=kind)
        rest = _CELL - np.array(part.shape[:2])
        cells.append(np.pad(part, ((0, rest[0]), (0, rest[1]), (0, 0))))
    return np.hstack(cells)
