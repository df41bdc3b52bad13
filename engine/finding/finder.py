"""Any photo -> the heads in it, each with its map to the canonical frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import NoPersonError
from engine.finding.model import CROP, DETECTOR_FACE, REFINER_FACE, STRIDE, Finder
from engine.framing import FRAME_SIZE, Similarity, canonical_frame, warp
from engine.sentences import Sentence

PYRAMID_STEP = 1.5
SMALLEST, LARGEST = 64, 768  # px of the photo's longer side at the pyramid's ends
SCORE = 0.12  # of the detector, for a candidate
LIKELY = 0.25  # of the detector, for one of several: below it are hands and number plates
CLEAR = 0.5  # of the detector, for a candidate that is looked at first
SURE = 0.52  # of a head's score: no smaller head is looked for
VERIFIED = 0.46  # of the second opinion
CERTAIN = 0.9  # of a head's score: then a face turned away, or half hidden, is enough
HALF_SEEN = 0.3  # of the second opinion, for these
MOST_LOOKS = 16
FACE_PROBABILITY = 0.3  # of the refiner, for a head
ROUNDS = 3
FRAME = FRAME_SIZE, FRAME_SIZE


Verify = Callable[[NDArray[np.uint8]], float]


@dataclass(frozen=True)
class Head:
    """A head found in a photo; all lengths in photo pixels.

    Attributes:
        centre: face centre (x, y).
        height: from the top of the face oval to the chin.
        to_frame: photo -> canonical frame.
        score: 0..1.
    """

    centre: tuple[float, float]
    height: float
    to_frame: Similarity
    score: float


@dataclass(frozen=True)
class _Candidate:
    x: float
    y: float
    height: float
    roll: float
    score: float


def _tensor(image: NDArray[Any], model: Finder) -> Tensor:
    x = torch.from_numpy(np.array(image, order="C")).to(model.device).movedim(-1, 0)[None]
    x = (x.float() / 127.5 - 1).to(model.dtype)
    return x.contiguous(memory_format=torch.channels_last)


def _peaks(model: Finder, photo: NDArray[np.uint8], longest: int, score: float) -> list[_Candidate]:
    """Local maxima of the score at one pyramid level, in pixels of ``photo``."""
    factor = longest / max(photo.shape[:2])
    size = [max(1, round(n * factor)) for n in photo.shape[1::-1]]
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small: NDArray[Any] = cv2.resize(photo, size, interpolation=interpolation)
    # A square of one fixed size a level: kernels are compiled once for each shape.
    side = -(-longest // 32) * 32
    border = cv2.BORDER_REPLICATE
    small = cv2.copyMakeBorder(small, 0, side - size[1], 0, side - size[0], border)
    answer = model.detect(_tensor(small, model))[0].float().cpu()
    cells, heat = answer.numpy(), answer[0].sigmoid().numpy()
    highest = cv2.dilate(heat, np.ones((3, 3)))
    found = []
    for row, column in zip(*np.nonzero((heat >= score) & (heat == highest)), strict=True):
        dx, dy, log_size, sin, cos = cells[1:, row, column]
        found.append(
            _Candidate(
                x=((column + 0.5) * STRIDE + dx * DETECTOR_FACE) / factor,
                y=((row + 0.5) * STRIDE + dy * DETECTOR_FACE) / factor,
                height=math.exp(log_size) * DETECTOR_FACE / factor,
                roll=math.atan2(sin, cos),
                score=float(heat[row, column]),
            )
        )
    return found


def _within(a: _Candidate, head: Head) -> bool:
    return math.dist((a.x, a.y), head.centre) < 0.6 * max(a.height, head.height)


def _in_photo(head: Head, fx: float, fy: float) -> Head:
    """A head found in the working copy, in the photo's own pixels."""
    to_working = Similarity(2 / (fx + fy))
    return Head(
        (head.centre[0] * fx, head.centre[1] * fy), head.height * (fx + fy) / 2,
        to_working.then(head.to_frame), head.score,
    )  # fmt: skip


def _refine(model: Finder, photo: NDArray[np.uint8], start: _Candidate) -> Head | None:
    """Look closely, each round from where the last one pointed; mirrored views are averaged."""
    x, y, height, roll = start.x, start.y, start.height, start.roll
    points = np.zeros((0, 2))
    probability = 0.0
    for _ in range(ROUNDS):
        turn = Similarity(REFINER_FACE / height, -roll)
        cx, cy = turn.apply(np.array([x, y]))
        to_crop = turn.with_shift(CROP / 2 - cx, CROP / 2 - cy)
        crop = warp(photo, to_crop, (CROP, CROP))
        both = torch.cat([_tensor(crop, model), _tensor(crop[:, ::-1], model)])
        answer, logits = model.refine(both)
        found = answer.cpu().double().numpy()
        mirrored = found[1, :2] * (-1, 1) + (CROP, 0)
        points = to_crop.inverse().apply((found[0, :2] + mirrored) / 2)
        probability = float(logits.float().sigmoid().mean())
        (x, y), (dx, dy) = points.mean(0), points[1] - points[0]
        height, roll = math.hypot(dx, dy), math.atan2(-dx, dy)
        if not 0.3 < height / start.height < 3:
            return None
    if probability < FACE_PROBABILITY:
        return None
    return Head(
        (float(x), float(y)), height, canonical_frame(points[0], points[1]),
        start.score * probability,
    )  # fmt: skip


@torch.no_grad()
def find_heads(
    model: Finder,
    photo: NDArray[np.uint8],
    *,
    score: float = SCORE,
    thorough: bool = False,
    verify: Verify | None = None,
) -> list[Head]:
    """Heads in a photo (H x W x 3 RGB uint8 sRGB), the most prominent first.

    Prominent: large, sure, and towards the middle of the photo. The pyramid is searched from
    large heads to small ones and ends at the level that shows a sure one.

    Args:
        score: of the detector, from which a place may be looked at closely; one below
            ``CLEAR`` (or ``LIKELY``) only if nothing clearer turns out to be a head.
        thorough: search the whole pyramid and look at every likely place.
        verify: a second opinion on a canonical frame, 0..1 (for instance the parser's);
            heads below ``VERIFIED`` are dropped (certain ones below ``HALF_SEEN``).
    """
    working: NDArray[Any] = photo
    base = max(photo.shape[:2])
    if base > 2 * LARGEST:  # never look at more pixels than the finest level needs
        shrink = 2 * LARGEST / base
        working = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    fx, fy = photo.shape[1] / working.shape[1], photo.shape[0] / working.shape[0]
    found: list[_Candidate] = []
    tried: list[_Candidate] = []
    heads: list[Head] = []

    def look(least: float) -> None:
        for candidate in sorted(found, key=lambda c: -c.score):
            if candidate.score < least or candidate in tried or len(tried) >= MOST_LOOKS:
                continue
            if any(_within(candidate, head) for head in heads):
                continue
            tried.append(candidate)
            head = _refine(model, working, candidate)
            if head is not None and verify is not None:
                head = _verified(head, verify(warp(working, head.to_frame, FRAME)))
            if head is not None:
                heads.append(head)

    longest = float(SMALLEST)
    while longest <= min(LARGEST, 1.5 * max(working.shape[:2])):
        found += _peaks(model, working, round(longest), score)
        look(LIKELY if thorough else CLEAR)
        if not thorough and any(head.score >= SURE for head in heads):
            break
        longest *= PYRAMID_STEP
    if not heads:
        look(score)
    heads = [_in_photo(head, fx, fy) for head in heads]
    heads = _without_doubles(heads)
    h, w = photo.shape[:2]

    def prominence(head: Head) -> float:
        off = math.hypot((head.centre[0] - w / 2) / w, (head.centre[1] - h / 2) / h)
        return head.height * head.score * (1 - 0.5 * min(1.0, off))

    return sorted(heads, key=prominence, reverse=True)


def _verified(head: Head, opinion: float) -> Head | None:
    """The head with what a second opinion makes of it."""
    if head.score < CERTAIN:
        return replace(head, score=opinion) if opinion >= VERIFIED else None
    return replace(head, score=(head.score + opinion) / 2) if opinion >= HALF_SEEN else None


def _without_doubles(heads: list[Head]) -> list[Head]:
    """One of each pair that refined to the same place: the surer."""
    kept: list[Head] = []
    for head in sorted(heads, key=lambda h: -h.score):
        if all(math.dist(head.centre, k.centre) > 0.5 * max(head.height, k.height) for k in kept):
            kept.append(head)
    return kept


def pick_head(
    heads: list[Head], at: tuple[float, ...] | None = None, *, name: str | None = None
) -> Head:
    """The most prominent head, or the one at a point (x, y) or in a box (x0, y0, x1, y1).

    Raises:
        NoPersonError: there is none, or none there; ``name`` names the photo.
    """
    name = name or Sentence("the photo")
    if not heads:
        raise NoPersonError(
            Sentence("No person's head was found in {name}.", name=name), subject=name
        )
    if at is None:
        return heads[0]
    if len(at) == 4:
        x, y = (at[0] + at[2]) / 2, (at[1] + at[3]) / 2
        inside = [
            h for h in heads if at[0] <= h.centre[0] <= at[2] and at[1] <= h.centre[1] <= at[3]
        ]
    else:
        x, y = at[0], at[1]
        inside = [h for h in heads if math.dist(h.centre, (x, y)) <= 1.5 * h.height]
    if not inside:
        place = ", ".join(f"{v:g}" for v in at)
        raise NoPersonError(
            Sentence("No person's head was found at {place} in {name}.", place=place, name=name),
            subject=name,
        )
    return min(inside, key=lambda h: math.dist(h.centre, (x, y)))
