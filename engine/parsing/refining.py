"""Class probabilities drawn to the picture's own edges: a guided filter with a colour guide.

He, Sun and Tang, "Guided Image Filtering" (2010), equations 5 to 8 and 19 to 21, and He and Sun,
"Fast Guided Filter" (2015). The parser's outlines are a pixel or two off; along them the photo
knows better.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field
from engine.labels import FACE_PARTS, NUM_CLASSES

RADIUS = 6  # px of the frame
SMALL_RADIUS = 2  # for the parts of a face, which are small themselves
EPSILON = 1e-3  # of colours in 0..1: contrasts below its root are no edges

_SMALL = sorted(int(c) for c in FACE_PARTS)
_OTHERS = sorted(set(range(NUM_CLASSES)) - set(_SMALL))


def refined(probabilities: Field, image: NDArray[np.uint8]) -> Field:
    """Probabilities ``(16, H, W)`` float32 along the edges of ``image`` ``(H, W, 3)`` uint8."""
    guide: Field = image.astype(np.float32) / 255
    out = np.empty_like(probabilities)
    for classes, radius, shrink in ((_OTHERS, RADIUS, 2), (_SMALL, SMALL_RADIUS, 1)):
        planes: Field = np.ascontiguousarray(np.moveaxis(probabilities[classes], 0, -1))
        out[classes] = np.moveaxis(guided_filter(guide, planes, radius, shrink=shrink), -1, 0)
    out = np.maximum(out, 1e-6)  # a linear function may fall a little below 0
    result: Field = out / out.sum(0)
    return result


def guided_filter(
    guide: Field, planes: Field, radius: int, *, epsilon: float = EPSILON, shrink: int = 1
) -> Field:
    """``planes`` (H x W x C) as local linear functions of ``guide`` (H x W x 3, 0..1).

    Args:
        radius: px of the window.
        epsilon: see ``EPSILON``.
        shrink: the functions, which are smooth, are found at a resolution so much lower.
    """
    size = guide.shape[1], guide.shape[0]
    small = size[0] // shrink, size[1] // shrink
    i, p = (_resized(x, small, cv2.INTER_AREA) for x in (guide, planes))
    window = 2 * (radius // shrink) + 1

    def mean(x: Field) -> Field:
        blurred = cv2.boxFilter(
            x.reshape(*x.shape[:2], -1), -1, (window, window), borderType=cv2.BORDER_REFLECT
        )
        return np.asarray(blurred, np.float32).reshape(x.shape)

    mean_i, mean_p = mean(i), mean(p)
    covariance = mean(i[..., :, None] * i[..., None, :])
    covariance -= mean_i[..., :, None] * mean_i[..., None, :]
    cov_ip = mean(i[..., :, None] * p[..., None, :]) - mean_i[..., :, None] * mean_p[..., None, :]
    a: Field = np.linalg.inv(covariance + epsilon * np.eye(3, dtype=np.float32)) @ cov_ip
    b = mean_p - (mean_i[..., None, :] @ a)[..., 0, :]
    lines = [
        _resized(mean(x), size, cv2.INTER_LINEAR)
        for x in (a[..., 0, :], a[..., 1, :], a[..., 2, :], b)
    ]
    result: Field = lines[3]
    for channel in range(3):
        result = result + guide[..., channel, None] * lines[channel]
    return result


def _resized(field: Field, size: tuple[int, int], interpolation: int) -> Field:
    return np.asarray(cv2.resize(field, size, interpolation=interpolation), np.float32)
