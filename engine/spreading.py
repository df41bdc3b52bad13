"""Known values spread over unknown places: smooth, exact where known, at once (pull-push)."""

from __future__ import annotations

import cv2
import numpy as np

from engine.arrays import Field, Mask

_FULL = 0.25  # a cell this much of which is known counts as known


def shrink(field: Field, size: tuple[int, int]) -> Field:
    """Means over areas: ``field`` (H x W or H x W x C, any C) at ``size`` (w, h)."""
    if field.ndim == 2:
        return cv2.resize(field, size, interpolation=cv2.INTER_AREA).reshape(size[::-1])
    parts = [  # OpenCV takes four channels at most
        cv2.resize(field[..., k : k + 4], size, interpolation=cv2.INTER_AREA)
        for k in range(0, field.shape[2], 4)
    ]
    return np.concatenate([part.reshape(*size[::-1], -1) for part in parts], axis=2)


def spread(values: Field, weight: Field) -> Field:
    """``values`` (H x W x C) where ``weight`` (H x W, 0..1) is 1, continued from there.

    Between 0 and 1 a value counts in part. Zero everywhere if nothing is known.
    """
    v, w = values * weight[..., None], weight
    levels = [(v, w)]
    while max(w.shape) > 1:
        h, wide = w.shape
        size = ((wide + 1) // 2, (h + 1) // 2)
        v = shrink(v, size)
        w = shrink(w, size)
        strong = np.minimum(1, w / _FULL)
        v = v * (strong / np.maximum(w, 1e-12))[..., None]
        w = strong
        levels.append((v, w))
    v, w = levels[-1]
    filled = v / np.maximum(w, 1e-12)[..., None]
    for v, w in reversed(levels[:-1]):
        up = cv2.resize(filled, w.shape[::-1], interpolation=cv2.INTER_LINEAR).reshape(v.shape)
        filled = v + (1 - w)[..., None] * up
    result: Field = filled.astype(np.float32, copy=False)
    return result


def continued(gap: Field, known: Mask, sigma: float) -> Field:
    """What two pictures differ by where both are known, smoothed and spread from there.

    Args:
        gap: H x W x C, never looked at where it isn't known.
        known: H x W.
        sigma: cells over which it is smoothed.
    """
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    gap = np.where(known[..., None], gap, np.float32(0))
    smooth = cv2.GaussianBlur(gap, (0, 0), sigma) / np.maximum(total, 1e-6)[..., None]
    return spread(smooth, weight)
