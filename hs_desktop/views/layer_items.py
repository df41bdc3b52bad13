"""The canvas item of each kind of layer, kept while the layer changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QTransform

from hs_desktop.canvas.items import CanvasItem, LayoutItem, MaskItem, PictureItem
from hs_desktop.document.layers import (
    Layer,
    LayoutLayer,
    MaskLayer,
    MaskRole,
    PhotoLayer,
    PictureLayer,
)
from hs_desktop.document.variation import Variation
from hs_desktop.rects import Rect
from hs_desktop.views.look import LayoutLook

ROLE_COLOURS = {
    MaskRole.HEAD: (64, 156, 255),
    MaskRole.REGION: (255, 176, 32),
    MaskRole.RETOUCH: (255, 64, 96),
}
_MASK_OPACITY = 0.5
_STRIP = 512  # rows of a mask that are put together at once


class LayerItem(ABC):
    """What shows a layer.

    Attributes:
        item: on the canvas; the same one as long as the layer is there.
    """

    item: CanvasItem

    @abstractmethod
    def follow(self, layer: Layer, visible: bool) -> None:
        """The layer has these attributes now, and is to be seen or not."""

    @abstractmethod
    def replace(self, layer: Layer) -> None:
        """The layer has other pixels now, maybe of another size."""

    def touch(self, rects: Iterable[Rect]) -> None:
        """Pixels have changed in place, in ``rects`` of the layer; everywhere without any."""
        for rect in tuple(rects) or (None,):
            self.item.update(rect)


def layer_item(layer: Layer, look: LayoutLook, screen_icc: bytes | None) -> LayerItem:
    """A new item for a layer; not visible before it is told to follow.

    Args:
        layer: of any kind.
        look: of layouts.
        screen_icc: the profile of the screen; ``None`` = sRGB.
    """
    made: LayerItem
    if isinstance(layer, LayoutLayer):
        made = _LayoutOf(layer, look)
    elif isinstance(layer, MaskLayer):
        made = _MaskOf(layer)
    else:
        made = _PictureOf(layer, screen_icc)
    made.item.visible = False
    return made


class _PictureOf(LayerItem):
    """Of a photo, a variation (its patch), or a picture."""

    item: PictureItem

    def __init__(self, layer: Layer, screen_icc: bytes | None) -> None:
        pixels, icc, alpha, _at = _picture(layer)
        self.item = PictureItem(pixels, icc, alpha, screen_icc=screen_icc)

    def follow(self, layer: Layer, visible: bool) -> None:
        self.item.matrix = QTransform.fromTranslate(*_picture(layer)[3])
        self.item.opacity = layer.opacity
        self.item.visible = visible

    def replace(self, layer: Layer) -> None:
        pixels, icc, alpha, _at = _picture(layer)
        self.item.set_pixels(pixels, icc, alpha)


def _picture(
    layer: Layer,
) -> tuple[NDArray[Any], bytes | None, NDArray[Any] | None, tuple[int, int]]:
    """Colours, profile, alpha and place of what a layer shows."""
    if isinstance(layer, PhotoLayer):
        return layer.photo.pixels, layer.photo.icc, None, (0, 0)
    if isinstance(layer, Variation):
        return layer.patch.pixels, layer.base.icc, None, layer.patch.at
    assert isinstance(layer, PictureLayer)
    rgba = layer.pixels.pixels
    return rgba[..., :3], layer.icc, rgba[..., 3], layer.position


class _LayoutOf(LayerItem):
    item: LayoutItem

    def __init__(self, layer: LayoutLayer, look: LayoutLook) -> None:
        self._look = look
        self.item = LayoutItem(layer.ids.pixels, outlines=look.outlines)

    def follow(self, layer: Layer, visible: bool) -> None:
        self.item.outlines = self._look.outlines
        # Outlines hide next to nothing: they needn't let anything through.
        strength = 1.0 if self._look.outlines else self._look.opacity
        self.item.opacity = layer.opacity * strength
        self.item.visible = visible and self._look.visible

    def replace(self, layer: Layer) -> None:
        assert isinstance(layer, LayoutLayer)
        self.item.set_ids(layer.ids.pixels)


class _MaskOf(LayerItem):
    """The mask as it counts; put together only where it is to be seen."""

    item: MaskItem

    def __init__(self, layer: MaskLayer) -> None:
        self._layer = layer
        self._levels = self._nothing()
        self._stale: list[Rect] = [layer.add.rect]
        self.item = MaskItem(self._levels, ROLE_COLOURS[layer.role])

    def _nothing(self) -> NDArray[np.uint8]:
        return np.zeros(self._layer.add.pixels.shape, np.uint8)

    def follow(self, layer: Layer, visible: bool) -> None:
        assert isinstance(layer, MaskLayer)
        self._layer = layer
        if visible:
            self._combine()
        self.item.opacity = layer.opacity * _MASK_OPACITY
        self.item.visible = visible

    def replace(self, layer: Layer) -> None:
        assert isinstance(layer, MaskLayer)
        self._layer = layer
        if layer.add.pixels.shape != self._levels.shape:
            self._levels = self._nothing()
            self.item.set_mask(self._levels)
        self.touch(())

    def touch(self, rects: Iterable[Rect]) -> None:
        if rects := tuple(rects):
            self._stale += rects
        else:
            self._stale = [self._layer.add.rect]
        if self.item.visible:
            self._combine()

    def _combine(self) -> None:
        for rect in self._stale:
            for top in range(rect.y0, rect.y1, _STRIP):
                strip = rect._replace(y0=top, y1=min(top + _STRIP, rect.y1))
                self._levels[strip.slices] = self._layer.levels(strip.slices)
            self.item.update(rect)
        self._stale.clear()
