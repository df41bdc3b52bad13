"""A cheap classical fill of unknown pixels (pull-push), used before encoding.

Latents next to a hole carry what was in it, some 40 px around; so the hole is filled from
its surroundings first, in training and in use (ours, method notes section 2).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def pull_push(image: NDArray, known: NDArray[np.bool_]) -> NDArray:
    """Fill ``image`` (H x W x C) where ``known`` (H x W) is false, smoothly from all sides.

    Returns the image's dtype; known pixels are untouched. An image with nothing known comes
    back mid-grey (128 for uint8).
    """
    if known.all():
        return image.copy()
    weight = known.astype(np.float32)
    values = image.astype(np.float32) * weight[..., None]
    levels = [(values, weight)]
    while min(values.shape[:2]) > 1:
        h, w = values.shape[:2]
        size = ((w + 1) // 2, (h + 1) // 2)
        values = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        if values.ndim == 2:
            values = values[..., None]
        # Saturate: a cell with a quarter of its pixels known counts as known.
        strong = np.minimum(1.0, weight * 4)
        scale = np.where(weight > 0, strong / np.maximum(weight, 1e-8), 0)
        values, weight = values * scale[..., None], strong
        levels.append((values, weight))
    values, weight = levels[-1]
    filled = np.where(weight[..., None] > 0, values / np.maximum(weight, 1e-8)[..., None], 128.0)
    for values, weight in reversed(levels[:-1]):
        h, w = values.shape[:2]
        up = cv2.resize(filled, (w, h), interpolation=cv2.INTER_LINEAR)
        filled = values + (1 - weight[..., None]) * up.reshape(values.shape)
    if np.issubdtype(image.dtype, np.integer):
        filled = np.clip(np.rint(filled), 0, np.iinfo(image.dtype).max)
    filled = filled.astype(image.dtype)
    filled[known] = image[known]
    out: NDArray = filled
    return out
