"""Strands of the old hair that no layout holds: over clothes, skin and background beside it.

A pixel beside hair is a strand's if its colour lies between that of what is around and that of
the hair, further towards the hair than the same surroundings are where no hair can be.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask
from engine.labels import BODY, Layout, SemanticClass, mask_of

REACH = 18  # px of the frame: how far from its hair a strand may be
_RIM = 1.5  # px: so near, hair and what lies beside it share pixels
_CLEAN, _FAR = 10, 44  # px from hair between which surroundings are looked at
_SIGMA = 9.0  # px over which a colour is that of what is around
_CONTRAST = 34.0  # levels between hair and surroundings; below, nobody sees a strand
_LEAST = 0.2  # of the way to the hair's colour
_UNUSUAL = 2.5  # times as far as the surroundings are
_ASIDE = 0.9  # off the line between the two colours, of the way along it
_ENOUGH = 150  # px of surroundings to judge by
_WIDE = 7  # px: strands side by side are narrower
_ROOT, _ROOT_ON_BODY = 3, 8  # px from the hair: where a strand begins
# A chain lies on skin as a strand does, and stays.
_UNDER_HAIR = sorted({*BODY, SemanticClass.BACKGROUND} - {SemanticClass.BODY_ACCESSORY})


def flyaways(image: NDArray[np.uint8], layout: Layout, inside: Mask) -> Mask:
    """Where strands lie outside the head's own classes.

    Args:
        image: ``(256, 256, 3)`` sRGB uint8.
        layout: ``(256, 256)`` class ids.
        inside: ``(256, 256)`` bool, pixels that show the photo.
    """
    nothing = np.zeros(layout.shape, bool)
    hair = layout == SemanticClass.HAIR
    core = cv2.erode(hair.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if np.count_nonzero(core) < _ENOUGH:
        return nothing
    distance = cv2.distanceTransform((~hair).astype(np.uint8), cv2.DIST_L2, 5)
    colours: Field = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 0.5)
    towards = _around(colours, core, 2 * _SIGMA)
    found = nothing.copy()
    for label in _UNDER_HAIR:
        part = (layout == label) & inside
        near = part & (distance > _RIM) & (distance <= REACH)
        if not near.any():
            continue
        clean = part & (distance > _CLEAN) & (distance <= _FAR)
        if np.count_nonzero(clean) < _ENOUGH:
            continue
        base = _around(colours, clean, _SIGMA)
        line = towards - base
        length = np.sqrt((line**2).sum(2))
        offset = colours - base
        along = (offset * line).sum(2) / np.maximum(length, 1) ** 2
        aside = np.sqrt(((offset - along[..., None] * line) ** 2).sum(2))
        way = np.where((length > _CONTRAST) & (aside < _ASIDE * along * length), along, 0)
        far = part & (distance > REACH) & (distance <= _FAR)
        usual = np.sqrt(_around(way * way, far if far.any() else clean, 2 * _SIGMA))
        limit = np.maximum(_LEAST, _UNUSUAL * usual)
        found |= near & (way > limit)
    # A strand is thin, a belt as dark as the hair isn't.
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_WIDE, _WIDE))
    found &= cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, disc) == 0
    # ... and it grows on a head; an edge of the background doesn't.
    on_body = mask_of(layout, BODY)
    root = found & (distance <= np.where(on_body, _ROOT_ON_BODY, _ROOT))
    joined = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, parts = cv2.connectedComponents(joined)
    rooted = np.unique(parts[root])
    result: Mask = found & np.isin(parts, rooted)
    return result


def _around(values: Field, where: Mask, sigma: float) -> Field:
    """Means (H x W or H x W x 3) of the pixels ``where`` around each pixel."""
    planes = values.reshape(*where.shape, -1)
    weight = where.astype(np.float32)[..., None]
    mean = planes[where].mean(0)
    total = cv2.GaussianBlur(planes * weight, (0, 0), sigma).reshape(planes.shape)
    share = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    result: Field = (total + 1e-3 * mean) / (share + 1e-3)
    return result.reshape(values.shape)
