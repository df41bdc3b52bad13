"""A cheap classical fill of unknown pixels (pull-push), used before encoding.

Latents next to a hole carry what was in it, some 40 px around; so the hole is filled from
its surroundings first, in training and in use (ours, method notes section 2).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_MID_GREY = 128


def pull_push(image: NDArray[np.uint8], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Fill ``image`` (H x W x C) where ``known`` (H x W) is false, smoothly from all sides.

    Known pixels stay as they are; the others are never looked at. An image with nothing
    known comes back mid-grey.
    """
    if known.all():
        return image.copy()
    if not known.any():
        return np.full_like(image, _MID_GREY)
    weight: NDArray[Any] = known.astype(np.float32)
    values: NDArray[Any] = np.where(known[..., None], image, 0).astype(np.float32)
    levels: list[tuple[NDArray[Any], NDArray[Any]]] = [(values, weight)]
    while max(values.shape[:2]) > 1:
        h, w = values.shape[:2]
        size = ((w + 1) // 2, (h + 1) // 2)
        values = cv2.resize(values, size, interpolation=cv2.INTER_AREA).reshape(*size[::-1], -1)
        weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        # Saturate: a cell with a quarter of its pixels known counts as known.
        strong = np.minimum(1.0, weight * 4)
        scale = np.where(weight > 0, strong / np.maximum(weight, 1e-8), 0)
        values, weight = values * scale[..., None], strong
        levels.append((values, weight))
    values, weight = levels[-1]
    filled: NDArray[Any] = values / weight[..., None]
    for values, weight in reversed(levels[:-1]):
        h, w = values.shape[:2]
        up = cv2.resize(filled, (w, h), interpolation=cv2.INTER_LINEAR)
        filled = values + (1 - weight[..., None]) * up.reshape(values.shape)
    return np.where(known[..., None], image, np.clip(np.rint(filled), 0, 255).astype(np.uint8))
