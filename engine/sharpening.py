"""Edges of a generated picture made as narrow as the photo's own.

A generated frame is soft and the photo may have twenty pixels where it has one. Its edges are
narrowed by moving pixels, not by adding contrast: near an edge every place shows what lies
further away from it (warp sharpening), so nothing overshoots. How narrow they should be is
measured: the same figure is taken of the photo's known cells and of the generated ones.
"""

from __future__ import annotations

import cv2
import numpy as np

from engine.arrays import Field, Mask

# Energy finer than a blur of 2 cells over energy between blurs of 2 and of 5 cells, of a
# straight edge blurred by sigma cells (computed from the normal distribution function).
_RATIOS = (0.0771, 0.1064, 0.1338, 0.179, 0.2586, 0.3207, 0.4058, 0.5216, 0.6736, 0.9487)
_SIGMAS = (4.0, 3.0, 2.5, 2.0, 1.5, 1.25, 1.0, 0.75, 0.5, 0.2)
_STEP = 1.5  # more in one pass would fold the picture
_MOST = 4.5
_LEAST_ENERGY = 0.5  # squared levels, below which there are no edges to speak of


def edge_width(grey: Field, mask: Mask) -> float | None:
    """Typical blur (sigma in cells) of the edges under ``mask``; ``None`` if it has none."""
    if np.count_nonzero(mask) < 64:
        return None
    blurred = cv2.GaussianBlur(grey, (0, 0), 2.0)
    fine = (grey - blurred)[mask]
    middle = (blurred - cv2.GaussianBlur(grey, (0, 0), 5.0))[mask]
    energy = float(np.mean(middle * middle))
    if energy < _LEAST_ENERGY:
        return None
    return float(np.interp(float(np.mean(fine * fine)) / energy, _RATIOS, _SIGMAS))


def narrowing(photo: float | None, generated: float | None) -> float:
    """By which factor edges must become narrower."""
    if photo is None or generated is None:
        return 1.0
    return float(np.clip(generated / photo, 1, _MOST))


def narrowed(image: Field, sigma: float, factor: Field, shy: Field) -> Field:
    """``image`` (H x W x C) with its edges narrowed.

    Args:
        sigma: blur of its edges in its own pixels.
        factor: H x W, by how much they shall be narrower, >= 1.
        shy: H x W, contrast (levels per pixel) an edge must have to be narrowed by half.
    """
    left = factor
    while sigma > 0.4 and float(left.max()) > 1.15:
        step = np.clip(left - 1, 0, _STEP)
        image = _narrow(image, sigma, step, shy)
        mean = 1 + float(step.max())
        sigma /= mean
        shy = shy * mean
        left = left / (1 + step)
    return image


def _narrow(image: Field, sigma: float, step: Field, shy: Field) -> Field:
    soft = cv2.GaussianBlur(image, (0, 0), max(0.3, 0.5 * sigma))
    gx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=1 / 8)
    edge = np.sqrt((gx * gx + gy * gy).sum(axis=2) / 3)
    edge = cv2.GaussianBlur(edge, (0, 0), max(0.3, 0.5 * sigma))
    size = 2 * max(1, round(1.5 * sigma)) + 1
    ridge = cv2.dilate(edge, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    ridge = cv2.GaussianBlur(ridge, (0, 0), sigma)
    edge = edge * ridge / (ridge + shy) ** 2
    # Of an edge of this blur, the slope of ``edge`` times sigma^2 is the way to go.
    reach = step * np.float32(1.5 * sigma * sigma)
    h, w = edge.shape
    x = np.arange(w, dtype=np.float32) - cv2.Sobel(edge, cv2.CV_32F, 1, 0, scale=1 / 8) * reach
    y = np.arange(h, dtype=np.float32)[:, None]
    y = y - cv2.Sobel(edge, cv2.CV_32F, 0, 1, scale=1 / 8) * reach
    return cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
