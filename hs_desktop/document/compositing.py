"""Layers flattened to one photo, in the base photo's size, profile and depth.

Where a layer is opaque its pixels come through exactly, where it is clear the base's do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer, PhotoLayer, PictureLayer
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation
from hs_desktop.rects import Rect

if TYPE_CHECKING:
    from engine.imageio import Photo


class Flattener:
    """The sides of a project as photos; made again only where something they show changed."""

    def __init__(self) -> None:
        self._made: dict[Side, tuple[Any, Photo | None]] = {}

    def photo(self, state: ProjectState, side: Side) -> Photo | None:
        """What is to be seen of a side; ``None`` without a photo in it.

        The result is the body with the result's variations and pictures on it. Layouts and
        masks don't show. Where nothing lies on a photo, that very object comes back.
        """
        base: Photo | None = None
        if side is Side.RESULT:
            base = self.photo(state, Side.BODY)
        layers = tuple(layer for layer in state.stack(side).pictures if _can_be_seen(layer))
        # The layers themselves are part of the key, so none of their ids is given to others.
        key = base, [(layer, [p.revision for p in layer.planes.values()]) for layer in layers]
        if side not in self._made or not _same(self._made[side][0], key):
            self._made[side] = key, flatten(base, layers)
        return self._made[side][1]


def flatten(base: Photo | None, layers: Iterable[Layer]) -> Photo | None:
    """``base`` with ``layers`` on it, the lowest first.

    Without a base, the first photo or variation among them is it.
    """
    base, above = _split(base, layers)
    if base is None or not above:
        return base
    canvas = base.pixels.copy()
    for layer in above:
        _paint(canvas, base.icc, layer)
    return base.with_pixels(canvas)


def base_photo(state: ProjectState, side: Side) -> Photo | None:
    """The photo at the bottom of what a side shows: its size, profile and depth count."""
    return _visible(state, side)[0]


def flatten_part(state: ProjectState, side: Side, rect: Rect) -> NDArray[Any]:
    """A part of what ``Flattener.photo`` gives, the quicker the smaller it is.

    Args:
        state: with a photo in the side.
        side: which picture.
        rect: within the photo.

    Returns:
        h x w x 3 of the photo's type; a copy.
    """
    base, above = _visible(state, side)
    assert base is not None
    canvas = base.pixels[rect.slices].copy()
    for layer in above:
        _paint(canvas, base.icc, layer, (rect.x0, rect.y0))
    return canvas


def _visible(state: ProjectState, side: Side) -> tuple[Photo | None, list[Layer]]:
    """What a side shows: the base photo, and what lies on it."""
    base, beneath = _visible(state, Side.BODY) if side is Side.RESULT else (None, [])
    base, above = _split(base, state.stack(side).pictures)
    return base, [*beneath, *above]


def _split(base: Photo | None, layers: Iterable[Layer]) -> tuple[Photo | None, list[Layer]]:
    """The base, by default the first photo or variation, and the layers that lie on it."""
    above: list[Layer] = []
    for layer in layers:
        if not _can_be_seen(layer):
            continue
        if base is None:
            if isinstance(layer, PhotoLayer):
                base = layer.photo
                continue
            if not isinstance(layer, Variation):
                continue
            base = layer.base
        above.append(layer)
    return base, above


def _can_be_seen(layer: Layer) -> bool:
    return isinstance(layer, PhotoLayer | PictureLayer | Variation) and layer.opacity > 0


def _paint(
    canvas: NDArray[Any], icc: bytes | None, layer: Layer, origin: tuple[int, int] = (0, 0)
) -> None:
    """One layer onto H x W x 3 pixels in the profile ``icc``, the first of them at ``origin``."""
    read: Callable[[Rect], NDArray[Any]]
    if isinstance(layer, PictureLayer):
        whole, at, own, read = layer.pixels.rect, layer.position, layer.icc, layer.pixels.read
    else:
        if isinstance(layer, PhotoLayer):
            source, at, own = layer.photo.pixels, (0, 0), layer.photo.icc
        else:
            assert isinstance(layer, Variation)
            source, at, own = layer.patch.pixels, layer.patch.at, layer.base.icc
        whole, read = Rect.of(source.shape), lambda rect: source[rect.slices]
    at = at[0] - origin[0], at[1] - origin[1]
    target = whole.shifted(*at).intersected(Rect.of(canvas.shape))
    if target.empty:
        return
    pixels = read(target.shifted(-at[0], -at[1]))
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else None
    converted = to_profile(pixels[..., :3], own, icc, canvas.dtype)
    _blend(canvas[target.slices], converted, alpha, layer.opacity)


def to_profile(
    pixels: NDArray[Any], from_icc: bytes | None, to_icc: bytes | None, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """H x W x 3 in another profile and depth (uint8 or uint16)."""
    from engine import colour  # brings OpenCV along, which nothing needs before the first photo

    if from_icc != to_icc:
        pixels = colour.convert_profile(np.ascontiguousarray(pixels), from_icc, to_icc)
    return to_depth(pixels, dtype)


def to_depth(pixels: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Any shape of uint8 or uint16 as the other: 255 is 65535."""
    if pixels.dtype == dtype:
        return pixels
    if dtype == np.uint16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _blend(
    canvas: NDArray[Any], pixels: NDArray[Any], alpha: NDArray[Any] | None, opacity: float
) -> None:
    """``pixels`` over ``canvas``, both h x w x 3, in place."""
    if alpha is None and opacity == 1:
        canvas[...] = pixels
        return
    top = np.uint32(np.iinfo(canvas.dtype).max)
    if alpha is None:
        weight = np.full(canvas.shape[:2], round(int(top) * opacity), np.uint32)
    else:
        weight = to_depth(alpha, canvas.dtype).astype(np.uint32)
        if opacity < 1:
            weight = np.rint(weight * opacity).astype(np.uint32)
    weight = weight[..., None]
    mixed = pixels * weight + canvas * (top - weight) + top // 2  # 65535 * 65535 fits
    canvas[...] = mixed // top


def _same(one: Any, other: Any) -> bool:
    """Two keys of ``Flattener``, whose photos and layers are compared by identity."""
    if one[0] is not other[0] or len(one[1]) != len(other[1]):
        return False
    return all(a is b and r == s for (a, r), (b, s) in zip(one[1], other[1], strict=True))
