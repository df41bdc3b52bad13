"""What a frame shows of its person: where the face looks, how it is lit, what hides it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask
from engine.framing import FACE_HEIGHT, Points
from engine.labels import BODY, FACE_PARTS, Layout, SemanticClass, mask_of
from engine.masks import dilate

UNSEEN = 0.3

_C = SemanticClass
_LIT = frozenset({_C.FACE, _C.NOSE})
_WIDE, _HIGH = 44, 34  # px to either side of a face's centre: no other face is in there
_ENOUGH = 150  # px of skin by which light is judged
_SMOOTH = 1.5  # px: neither grain nor the photo's sharpness counts as contrast
_BURNT = 97.0  # L*
_NO_COLOUR = 4.0  # of CIELAB's chroma: a black and white photo's, with JPEG's errors
_TOO_MUCH = 0.3  # hair over a face
_NOSE_AHEAD = 0.87  # half a face's width, of the nose's distance from the axis it turns about


@dataclass(frozen=True)
class Light:
    """How a face is lit.

    Shading and contrast are of lightness in proportion to the skin's own, ``(L* + 16) / (median
    L* + 16)``, which neither exposure nor the colour of somebody's skin changes.

    Attributes:
        shading: (x, y), how much lighter the face gets over half its height to the right of
            the picture, and downwards.
        contrast: between its light and dark parts (90th and 10th percentile).
        lightness: the skin's L*, 0..100.
        colour: the skin's (a*, b*).
        burnt: share of the skin that is white, 0..1.
    """

    shading: tuple[float, float]
    contrast: float
    lightness: float
    colour: tuple[float, float]
    burnt: float


@dataclass(frozen=True)
class FaceAppearance:
    """What a frame shows of its person.

    Attributes:
        turn: degrees that the face looks to the right of the picture; ``None``: no telling.
        light: ``None`` where too little skin is seen.
        covered: share of the face's middle that hands, clothes and the like hide, 0..1; no less
            than ``UNSEEN`` where nose or mouth can't be made out.
        overgrown: share of it between brows and mouth that hair hides, 0..1.
        grey: the photo is black and white.
    """

    turn: float | None
    light: Light | None
    covered: float
    overgrown: float
    grey: bool

    @classmethod
    def of(
        cls, image: NDArray[np.uint8], layout: Layout, centre: tuple[float, float] | Points
    ) -> FaceAppearance:
        """What a frame shows.

        Args:
            image: ``(256, 256, 3)`` sRGB uint8.
            layout: ``(256, 256)`` class ids.
            centre: of the face, which is ``FACE_HEIGHT`` high, in the frame.
        """
        x, y = (round(float(v)) for v in centre)
        box = np.s_[max(0, y - _HIGH) : max(0, y + _HIGH), max(0, x - _WIDE) : max(0, x + _WIDE)]
        around = layout[box]
        face = _largest(mask_of(around, FACE_PARTS))
        at = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in around.shape[::-1])), axis=-1)
        at -= (x - box[1].start, y - box[0].start)
        covered, overgrown = _hidden(around, face, at)
        return cls(
            # A face half behind hair seems to look to its other side.
            turn=_turn(around, face) if overgrown < _TOO_MUCH else None,
            light=_light(image[box], mask_of(around, _LIT) & face, at),
            covered=covered, overgrown=overgrown, grey=_is_grey(image),
        )  # fmt: skip


def _largest(mask: Mask) -> Mask:
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    largest: Mask = parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return largest


def _turn(layout: Layout, face: Mask) -> float | None:
    """From where the nose stands between the face's edges, as they are beside it."""
    nose = np.argwhere((layout == _C.NOSE) & face)
    if len(nose) < 6:
        return None
    middle = nose.mean(0) + 0.5
    rows = face[max(0, round(middle[0]) - 16) : round(middle[0]) + 16]
    rows = rows[rows.sum(1) > 8]
    if not len(rows):
        return None
    left = float(np.median(rows.argmax(1)))
    right = float(np.median(rows.shape[1] - rows[:, ::-1].argmax(1)))
    across = (2 * middle[1] - left - right) / (right - left)
    return math.degrees(math.asin(np.clip(_NOSE_AHEAD * across, -1, 1)))


def _light(image: NDArray[np.uint8], skin: Mask, at: Points) -> Light | None:
    skin = dilate(skin, -1)  # hair and background shine into the outermost pixels
    if np.count_nonzero(skin) < _ENOUGH:
        return None
    lab = _to_lab(image)
    lightness = lab[..., 0][skin]
    middle, a, b = (float(v) for v in np.median(lab[skin], axis=0))
    # Smoothed over skin alone.
    weight = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), _SMOOTH)
    smooth = cv2.GaussianBlur(lab[..., 0] * skin, (0, 0), _SMOOTH)[skin] / weight[skin]
    relative = (smooth + 16) / (middle + 16)
    darkest, lightest = np.percentile(relative, (10, 90))
    places = np.column_stack([at[skin] / (FACE_HEIGHT / 2), np.ones(len(relative))])
    slope = np.linalg.lstsq(places, np.clip(relative, darkest, lightest), rcond=None)[0]
    return Light(
        shading=(float(slope[0]), float(slope[1])),
        contrast=float(lightest - darkest),
        lightness=middle,
        colour=(a, b),
        burnt=float((lightness > _BURNT).mean()),
    )


def _hidden(layout: Layout, face: Mask, at: Points) -> tuple[float, float]:
    """How much of a face's middle is covered, and how much overgrown."""
    nose = (layout == _C.NOSE) & face
    seen = nose if nose.any() else face
    x, y = np.moveaxis(at, -1, 0)
    x = x - (np.median(x[seen]) if seen.any() else 0.0)  # a profile lies off the middle
    middle = (x / 13) ** 2 + ((y - 7) / 19) ** 2 <= 1
    inner = (abs(x) < 11) & (y > -9) & (y < 12)  # a beard counts as hair, too
    covered = mask_of(layout, BODY)[middle].mean()
    if not (nose.any() and ((layout == _C.MOUTH) & face).any()):
        covered = max(covered, UNSEEN)
    overgrown = (layout == _C.HAIR)[inner].mean()
    return float(covered), float(overgrown)


def _is_grey(image: NDArray[np.uint8]) -> bool:
    lab = _to_lab(np.ascontiguousarray(image[::4, ::4]))
    return bool(np.percentile(np.hypot(lab[..., 1], lab[..., 2]), 98) < _NO_COLOUR)


def _to_lab(image: NDArray[np.uint8]) -> Field:
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
