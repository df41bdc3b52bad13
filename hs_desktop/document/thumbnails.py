"""Small pictures of layers, for panels and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.labels import palette
from hs_desktop.document.compositing import to_depth
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, PhotoLayer, PictureLayer
from hs_desktop.document.variation import Variation

if TYPE_CHECKING:
    from engine.imageio import Photo

_FINER = 4  # how many times finer than the thumbnail a picture is read


def layer_thumbnail(layer: Layer, longest: int) -> NDArray[np.uint8]:
    """H x W x 4 RGBA uint8 sRGB, at most ``longest`` pixels a side.

    A layout shows its classes' colours, a mask what it lets through in white.
    """
    if isinstance(layer, PhotoLayer):
        return _opaque(photo_thumbnail(layer.photo, longest))
    if isinstance(layer, Variation):
        return _opaque(_variation(layer, longest))
    if isinstance(layer, PictureLayer):
        return _picture(layer, longest)
    if isinstance(layer, LayoutLayer):
        return _opaque(_layout(layer, longest))
    assert isinstance(layer, MaskLayer)
    return _opaque(_mask(layer, longest))


def photo_thumbnail(photo: Photo, longest: int) -> NDArray[np.uint8]:
    """H x W x 3 uint8 sRGB, at most ``longest`` pixels a side."""
    step = _step(photo.size, longest)
    return _finished(photo.pixels[::step, ::step], photo.icc, photo.size, longest)


def _variation(layer: Variation, longest: int) -> NDArray[np.uint8]:
    step = _step(layer.size, longest)
    small = layer.base.pixels[::step, ::step].copy()
    left, top = layer.patch.at
    first_row, first_column = -top % step, -left % step  # of the patch, on the same grid
    part = layer.patch.pixels[first_row::step, first_column::step]
    y, x = (top + first_row) // step, (left + first_column) // step
    small[y : y + part.shape[0], x : x + part.shape[1]] = part
    return _finished(small, layer.base.icc, layer.size, longest)


def _picture(layer: PictureLayer, longest: int) -> NDArray[np.uint8]:
    step = _step(layer.size, longest)
    rgba = layer.pixels.pixels[::step, ::step]
    colours = _srgb(np.ascontiguousarray(rgba[..., :3]), layer.icc)
    alpha = to_depth(rgba[..., 3], np.dtype(np.uint8))
    return _resized(np.dstack([colours, alpha]), layer.size, longest)


def _layout(layer: LayoutLayer, longest: int) -> NDArray[np.uint8]:
    width, height = _target(layer.size, longest)
    rows = ((np.arange(height) + 0.5) * layer.size[1] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * layer.size[0] / width).astype(int)
    return palette()[layer.ids.pixels[np.ix_(rows, columns)]]


def _mask(layer: MaskLayer, longest: int) -> NDArray[np.uint8]:
    step = _step(layer.size, longest)
    grey = layer.levels(np.s_[::step, ::step])
    return _resized(np.dstack([grey, grey, grey]), layer.size, longest)


def _step(size: tuple[int, int], longest: int) -> int:
    return max(1, max(size) // (longest * _FINER))


def _target(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The thumbnail's (width, height) of a picture of ``size``."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _srgb(pixels: NDArray[Any], icc: bytes | None) -> NDArray[np.uint8]:
    if icc is None:
        return to_depth(pixels, np.dtype(np.uint8))
    from engine import colour  # brings OpenCV along

    return colour.to_srgb8(pixels, icc)


def _finished(
    pixels: NDArray[Any], icc: bytes | None, size: tuple[int, int], longest: int
) -> NDArray[np.uint8]:
    return _resized(_srgb(np.ascontiguousarray(pixels), icc), size, longest)


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int], longest: int) -> NDArray[np.uint8]:
    """To the thumbnail's size of a picture of ``size`` (width, height)."""
    from PIL import Image  # late: the window's first paint needs none of it

    return np.array(Image.fromarray(pixels).resize(_target(size, longest), Image.Resampling.BOX))


def _opaque(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
