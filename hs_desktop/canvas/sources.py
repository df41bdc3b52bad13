"""What the screen shows of an array: rectangles of it, at any level, as Qt's pixels.

A *level* is the picture made smaller by 1, 2, 4, ... (its ``shrink``). Qt's pixels are
``h x w x 4`` uint8, BGRA with colours premultiplied by alpha (``QImage.Format_RGB32`` where
opaque, ``Format_ARGB32_Premultiplied`` otherwise) on little-endian machines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hs_desktop.canvas.colours import ScreenTransform, to_8bit
from hs_desktop.canvas.reduce import block_mean, read_blocks
from hs_desktop.rects import Rect

Bgra = NDArray[np.uint8]  # h x w x 4, premultiplied
Colour = tuple[int, int, int]

_NOWHERE = 255  # an id that no class has
_SHADE = np.uint32(120 << 24)  # black, half transparent
_SAMPLES = 4  # rows and columns of a block that overlays are averaged from


class Source(Protocol):
    """An array that can be shown.

    Attributes:
        size: (width, height) px.
        opaque: whether alpha is 255 everywhere.
        reach: by how many pixels of any level a change of the array spreads.
    """

    opaque: bool
    reach: int

    @property
    def size(self) -> tuple[int, int]: ...

    def render(self, rect: Rect, shrink: int, rough: bool = False) -> Bgra:
        """The pixels ``rect`` of the level, each the mean of ``shrink x shrink``.

        ``rough``: one pixel of the array for each instead, which is quick.
        """
        ...


def premultiplied_table(colours: Iterable[tuple[int, int, int, int]]) -> NDArray[np.uint32]:
    """RGBA colours, 0..255, as Qt's pixels in one uint32 each."""
    rgba = np.array(list(colours), np.uint32)
    alpha = rgba[:, 3]
    r, g, b = ((rgba[:, i] * alpha + 127) // 255 for i in range(3))
    packed: NDArray[np.uint32] = ((alpha << 24) | (r << 16) | (g << 8) | b).astype(np.uint32)
    return packed


def _as_bgra(packed: NDArray[np.uint32]) -> Bgra:
    return packed.astype("<u4", copy=False).view(np.uint8).reshape(*packed.shape, 4)


class PictureSource:
    """A photo.

    Args:
        pixels: H x W x 3 RGB, uint8 or uint16; shared, not copied.
        transform: to the screen's colours.
        alpha: H x W, uint8, uint16 or float32 in 0..1; ``None`` = opaque. Shared.
    """

    reach = 0

    def __init__(
        self,
        pixels: NDArray[Any],
        transform: ScreenTransform,
        alpha: NDArray[Any] | None = None,
    ) -> None:
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"no picture: {pixels.dtype} {pixels.shape}")
        if alpha is not None and alpha.shape != pixels.shape[:2]:
            raise ValueError(f"alpha {alpha.shape} for a picture of {pixels.shape[:2]}")
        self.pixels = pixels
        self.alpha = alpha
        self.transform = transform
        self.opaque = alpha is None

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]

    def render(self, rect: Rect, shrink: int, rough: bool = False) -> Bgra:
        samples = 1 if rough else shrink
        part, taken = read_blocks(self.pixels, rect, shrink, samples)
        if self.alpha is None:
            return self._packed(block_mean(part, taken), None)
        opacity = to_8bit_mask(read_blocks(self.alpha, rect, shrink, samples)[0])
        return self._averaged(to_8bit(part), opacity, taken)

    def _averaged(self, rgb: NDArray[np.uint8], opacity: NDArray[np.uint8], factor: int) -> Bgra:
        """Colours count by their opacity: what is transparent has none to give."""
        if factor == 1:
            return self._packed(rgb, opacity)
        weighted = block_mean(rgb.astype(np.uint16) * opacity[..., None], factor)
        mean = block_mean(opacity, factor)
        weight = np.maximum(block_mean(opacity.astype(np.uint16) * 255, factor), 1)[..., None]
        straight = np.minimum(weighted.astype(np.uint32) * 255 // weight, 255).astype(np.uint8)
        return self._packed(straight, mean)

    def _packed(self, rgb: NDArray[Any], opacity: NDArray[np.uint8] | None) -> Bgra:
        shown = self.transform.apply(rgb)
        out = np.empty((*shown.shape[:2], 4), np.uint8)
        if opacity is None:
            out[..., :3] = shown[..., ::-1]
            out[..., 3] = 255
        else:
            wide = shown[..., ::-1].astype(np.uint16) * opacity[..., None]
            out[..., :3] = (wide + 127) // 255
            out[..., 3] = opacity
        return out


class MaskSource:
    """A mask in one colour.

    Args:
        mask: H x W, uint8 (255 = in) or float32 in 0..1; shared, not copied.
        colour: sRGB, shown where the mask is.
    """

    opaque = False
    reach = 0

    def __init__(self, mask: NDArray[Any], colour: Colour, inverted: bool = False) -> None:
        if mask.ndim != 2 or mask.dtype not in (np.uint8, np.float32):
            raise ValueError(f"no mask: {mask.dtype} {mask.shape}")
        self.mask = mask
        self._table = premultiplied_table((*colour, a) for a in range(256))
        if inverted:
            self._table = self._table[::-1].copy()

    @property
    def size(self) -> tuple[int, int]:
        return self.mask.shape[1], self.mask.shape[0]

    def render(self, rect: Rect, shrink: int, rough: bool = False) -> Bgra:
        part, taken = read_blocks(self.mask, rect, shrink, 1 if rough else _SAMPLES)
        return _as_bgra(self._table[block_mean(to_8bit_mask(part), taken)])


class LayoutSource:
    """The classes of a layout, filled with their colours.

    Args:
        ids: H x W uint8 class ids; shared, not copied.
        palette: N x 3 uint8 sRGB, the colour of class 0..N-1; other ids aren't shown.
        hidden: classes that aren't shown.
    """

    opaque = False
    reach = 0

    def __init__(
        self, ids: NDArray[np.uint8], palette: NDArray[np.uint8], hidden: Iterable[int] = ()
    ) -> None:
        if ids.ndim != 2 or ids.dtype != np.uint8:
            raise ValueError(f"no layout: {ids.dtype} {ids.shape}")
        self.ids = ids
        rgba = np.zeros((256, 4), np.uint8)
        rgba[: len(palette), :3] = palette
        rgba[: len(palette), 3] = 255
        rgba[list(hidden), 3] = 0
        self.table = premultiplied_table((r, g, b, a) for r, g, b, a in rgba.tolist())

    @property
    def size(self) -> tuple[int, int]:
        return self.ids.shape[1], self.ids.shape[0]

    def render(self, rect: Rect, shrink: int, rough: bool = False) -> Bgra:
        part, taken = read_blocks(self.ids, rect, shrink, 1 if rough else _SAMPLES)
        mean: Bgra = block_mean(_as_bgra(self.table[part]), taken)
        return mean


class OutlineSource(LayoutSource):
    """The borders of a layout's classes: each class's outermost pixels, in its colour.

    Where the class on one side isn't shown, its pixels there are darkened instead.
    """

    reach = 1

    def __init__(
        self, ids: NDArray[np.uint8], palette: NDArray[np.uint8], hidden: Iterable[int] = ()
    ) -> None:
        super().__init__(ids, palette, hidden)
        unseen = self.table >> 24 == 0
        # Between classes that aren't shown there is no border.
        self._merged = np.where(unseen, _NOWHERE, np.arange(256)).astype(np.uint8)
        self._border_table = np.where(unseen, _SHADE, self.table)

    def render(self, rect: Rect, shrink: int, rough: bool = False) -> Bgra:
        level = Rect(0, 0, -(-self.size[0] // shrink), -(-self.size[1] // shrink))
        wide = rect.grown(1).intersected(level)
        ids = self._merged[read_blocks(self.ids, wide, shrink, 1)[0]]
        border = np.zeros(ids.shape, bool)
        across, down = ids[:, 1:] != ids[:, :-1], ids[1:] != ids[:-1]
        border[:, 1:] |= across
        border[:, :-1] |= across
        border[1:] |= down
        border[:-1] |= down
        packed = np.where(border, self._border_table[ids], np.uint32(0))
        return _as_bgra(np.ascontiguousarray(packed[rect.shifted(-wide.x0, -wide.y0).slices]))


def to_8bit_mask(mask: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 as it is, uint16 and float32 in 0..1 as 0..255."""
    if mask.dtype != np.float32:
        return to_8bit(mask)
    rounded: NDArray[np.uint8] = (np.clip(mask, 0, 1) * 255 + 0.5).astype(np.uint8)
    return rounded
