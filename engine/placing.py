"""The head photo laid into the body photo's pixels: resampled once, by the alignment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Field, Mask, Pixels
from engine.boxes import Box
from engine.framing import Similarity
from engine.labels import Layout
from engine.tiles import each, read_padded, tiles

TILE = 256
_STEPS = 32  # cv2.remap knows positions to 1/32 px
_REACH = 4  # Lanczos4 reads 4 px to each side


@dataclass(frozen=True)
class HeadLayer:
    """The new head.

    Attributes:
        pixels: head photo, HxWx3 RGB uint8 or uint16, in the body's profile and bit depth.
        to_body: head photo px -> body photo px.
        layout: 256x256 layout of the head photo in its canonical frame.
        probabilities: 256x256 float32, how likely each pixel of that frame is HEAD.
        to_frame: head photo px -> its canonical frame.
        painted: 256x256 bool, where the user says what is HEAD.
        mask: of the head photo, HxW float32 0..1: the user's own matte ...
        masked: 256x256 bool: ... and where it counts, to the pixel.
    """

    pixels: Pixels
    to_body: Similarity
    layout: Layout
    probabilities: Field
    to_frame: Similarity
    painted: Mask | None = None
    mask: Field | None = None
    masked: Mask | None = None


def place_head(head: HeadLayer, box: Box) -> Pixels:
    """The head photo as it lies in ``box`` of the body photo: ``box.shape + (3,)``, same dtype.

    One resampling: Lanczos where the head grows or keeps its size (an identity or a shift by
    whole pixels gives its pixels unchanged), Lanczos widened to the body's pixel pitch where
    it shrinks, on means of whole pixels where it shrinks to less than a third. Beyond the head
    photo its edge pixels are repeated. A pixel doesn't depend on ``box``.
    """
    result = np.empty((*box.shape, 3), head.pixels.dtype)
    to_head = head.to_body.inverse()
    bins = max(1, int(0.7 * to_head.scale))

    def place(tile: Box) -> None:
        part = tile & box
        placed = _place_tile(head.pixels, to_head, bins, tile)
        result[part.within(box)] = placed[part.within(tile)]

    each(place, list(tiles(box, TILE)))
    return result


def _place_tile(pixels: Pixels, to_head: Similarity, bins: int, tile: Box) -> Pixels:
    y, x = np.mgrid[tile.y0 : tile.y1, tile.x0 : tile.x1] + 0.5
    (a, b, tx), (d, e, ty) = to_head.matrix
    # From pixel corners to the centres of bins that OpenCV counts from, in 1/32 of a bin.
    qx = np.rint((((a * x + b * y) + tx) / bins - 0.5) * _STEPS).astype(np.int64)
    qy = np.rint((((d * x + e * y) + ty) / bins - 0.5) * _STEPS).astype(np.int64)
    # Far beyond the photo every pixel repeats its edge: no need to go there.
    h, w = -(-pixels.shape[0] // bins), -(-pixels.shape[1] // bins)
    qx = np.clip(qx, -2 * _REACH * _STEPS, (w + 2 * _REACH) * _STEPS)
    qy = np.clip(qy, -2 * _REACH * _STEPS, (h + 2 * _REACH) * _STEPS)

    shrink = 1 / to_head.scale * bins  # what remains to be done after binning
    taps = lanczos_taps(shrink) if shrink < 1 else None
    reach = _REACH + 4 + (len(taps) // 2 if taps is not None else 0)
    source = Box(
        int(qx.min()) // _STEPS - reach,
        int(qy.min()) // _STEPS - reach,
        int(qx.max()) // _STEPS + 1 + reach,
        int(qy.max()) // _STEPS + 1 + reach,
    )
    crop = read_padded(pixels, source.times(bins))
    if bins > 1:
        crop = cv2.resize(crop.astype(np.float32), source.shape[::-1], interpolation=cv2.INTER_AREA)
    if taps is not None:
        crop = cv2.sepFilter2D(crop, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REPLICATE)
    qx -= source.x0 * _STEPS
    qy -= source.y0 * _STEPS
    whole = np.stack([qx >> 5, qy >> 5], axis=-1).astype(np.int16)
    fraction = ((qy & 31) * _STEPS + (qx & 31)).astype(np.uint16)
    placed = cv2.remap(
        np.ascontiguousarray(crop),
        whole,
        fraction,
        cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return to_dtype(placed, pixels.dtype)


def lanczos_taps(scale: float) -> Field:
    """Low-pass for shrinking by ``scale`` < 1: Lanczos3 as wide as the new pixels."""
    n = math.ceil(3 / scale) - 1
    t = np.arange(-n, n + 1) * scale
    taps = np.sinc(t) * np.sinc(t / 3)
    result: Field = (taps / taps.sum()).astype(np.float32)
    return result


def to_dtype(values: Pixels, dtype: np.dtype) -> Pixels:
    """Round and clip ``values`` (already in the range of ``dtype``); no copy if they fit."""
    if values.dtype == dtype:
        return values
    result: Pixels = np.clip(np.rint(values), 0, np.iinfo(dtype).max).astype(dtype)
    return result
