"""What can be put on a canvas: pictures, layouts and masks over plain numpy arrays.

An item shares its array with whoever made it. Who changes the array says so with ``update``.
The same item may stand on several views.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QTransform

from engine.labels import palette as class_colours
from hs_desktop.canvas.colours import ScreenTransform
from hs_desktop.canvas.mipmaps import Mipmaps, TileStore
from hs_desktop.canvas.sources import (
    Colour,
    LayoutSource,
    MaskSource,
    OutlineSource,
    PictureSource,
    Source,
)
from hs_desktop.canvas.viewport import Point
from hs_desktop.observed import Observed, fraction
from hs_desktop.rects import Rect


def transform_of(matrix: NDArray[np.floating]) -> QTransform:
    """A (2, 3) affine matrix in corner coordinates, ``Similarity.matrix`` for instance, as Qt's."""
    (a, c, tx), (b, d, ty) = matrix.tolist()
    return QTransform(a, b, c, d, tx, ty)


class CanvasItem(QObject):
    """An array on the canvas.

    Attributes:
        visible: whether it is shown at all.
        opacity: 0..1.
        matrix: the item's pixels -> the photo's, in corner coordinates; see ``transform_of``.

    Signals:
        changed: a ``Rect`` of the item's own pixels to be painted anew; ``None``: everything.
    """

    changed = Signal(object)

    visible = Observed[bool](lambda item: item.changed.emit(None))
    opacity = Observed[float](lambda item: item.changed.emit(None), keep=fraction)
    matrix = Observed[QTransform](lambda item: item.changed.emit(None), keep=QTransform)

    def __init__(self, source: Source, opacity: float, store: TileStore | None) -> None:
        super().__init__()
        self.mipmaps = Mipmaps(source, store)
        self.visible = True
        self.opacity = opacity
        self.matrix = QTransform()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        return self.mipmaps.size

    def update(self, rect: tuple[int, int, int, int] | None = None) -> None:
        """The array has changed in ``rect`` (x0, y0, x1, y1), anywhere by default."""
        changed = None if rect is None else Rect(*rect)
        self.mipmaps.update(changed)
        self.changed.emit(changed)

    def pixel_at(self, photo: Point) -> tuple[int, int] | None:
        """(column, row) of the item's pixel under a photo point."""
        inverse, invertible = self.matrix.inverted()
        if not invertible:
            return None
        at = inverse.map(QPointF(*photo))
        x, y = at.x(), at.y()
        w, h = self.size
        return (int(x), int(y)) if 0 <= x < w and 0 <= y < h else None

    def close(self) -> None:
        """Give the memory of its tiles back at once."""
        self.mipmaps.close()

    def _show(self, source: Source) -> None:
        self.mipmaps.replace(source)
        self.changed.emit(None)


class PictureItem(CanvasItem):
    """A photo, a generated picture, an imported layer.

    Args:
        pixels: H x W x 3 RGB, uint8 or uint16.
        icc: the profile they are in; ``None`` = sRGB.
        alpha: H x W, uint8, uint16 or float32 in 0..1; ``None`` = opaque.
        screen_icc: the profile of the screen; ``None`` = sRGB.
    """

    def __init__(
        self,
        pixels: NDArray[Any],
        icc: bytes | None = None,
        alpha: NDArray[Any] | None = None,
        *,
        screen_icc: bytes | None = None,
        opacity: float = 1.0,
        store: TileStore | None = None,
    ) -> None:
        self._source = PictureSource(pixels, ScreenTransform(icc, screen_icc), alpha)
        self._icc = icc
        self._screen_icc = screen_icc
        super().__init__(self._source, opacity, store)

    @property
    def pixels(self) -> NDArray[Any]:
        return self._source.pixels

    def set_pixels(
        self,
        pixels: NDArray[Any],
        icc: bytes | None = None,
        alpha: NDArray[Any] | None = None,
    ) -> None:
        """Show another picture: a preview while it forms, a variation."""
        self._icc = icc
        self._source = PictureSource(pixels, ScreenTransform(icc, self._screen_icc), alpha)
        self._show(self._source)

    def set_screen_profile(self, icc: bytes | None) -> None:
        """The window has come to another screen."""
        if icc != self._screen_icc:
            self._screen_icc = icc
            self.set_pixels(self._source.pixels, self._icc, self._source.alpha)

    def colour_at(self, photo: Point) -> tuple[int, int, int] | None:
        """RGB in the picture's own profile and depth; ``None`` where it is transparent."""
        at = self.pixel_at(photo)
        if at is None:
            return None
        x, y = at
        if self._source.alpha is not None and self._source.alpha[y, x] == 0:
            return None
        r, g, b = self._source.pixels[y, x].tolist()
        return r, g, b


class LayoutItem(CanvasItem):
    """The classes of a layout over a photo.

    Args:
        ids: H x W uint8 class ids.
        palette: N x 3 uint8 sRGB.
        outlines: show the borders of the classes only.
        hidden: classes that aren't shown; the background by default, for the photo to shine.
    """

    outlines = Observed[bool](lambda item: item._show(item._source()))
    hidden = Observed[frozenset[int]](lambda item: item._show(item._source()))

    def __init__(
        self,
        ids: NDArray[np.uint8],
        palette: NDArray[np.uint8] | None = None,
        *,
        opacity: float = 0.5,
        outlines: bool = False,
        hidden: Iterable[int] = (0,),
        store: TileStore | None = None,
    ) -> None:
        self._ids = ids
        self._palette = class_colours() if palette is None else palette
        self.outlines = outlines
        self.hidden = frozenset(hidden)
        super().__init__(self._source(), opacity, store)

    def _source(self) -> LayoutSource:
        kind = OutlineSource if self.outlines else LayoutSource
        return kind(self._ids, self._palette, self.hidden)

    @property
    def ids(self) -> NDArray[np.uint8]:
        return self._ids

    def set_ids(self, ids: NDArray[np.uint8]) -> None:
        self._ids = ids
        self._show(self._source())

    @property
    def palette(self) -> NDArray[np.uint8]:
        return self._palette

    @palette.setter
    def palette(self, palette: NDArray[np.uint8]) -> None:
        self._palette = palette
        self._show(self._source())

    def class_at(self, photo: Point) -> int | None:
        at = self.pixel_at(photo)
        return None if at is None else int(self._ids[at[1], at[0]])


class MaskItem(CanvasItem):
    """A mask in one colour over a photo.

    Args:
        mask: H x W, uint8 (255 = in) or float32 in 0..1.
        colour: sRGB.
        inverted: colour what is not in the mask.
    """

    colour = Observed[Colour](lambda item: item.set_mask(item.mask))
    inverted = Observed[bool](lambda item: item.set_mask(item.mask))

    def __init__(
        self,
        mask: NDArray[Any],
        colour: Colour = (255, 64, 64),
        *,
        opacity: float = 0.5,
        inverted: bool = False,
        store: TileStore | None = None,
    ) -> None:
        self._mask = mask
        self.colour = colour
        self.inverted = inverted
        super().__init__(MaskSource(mask, colour, inverted), opacity, store)

    @property
    def mask(self) -> NDArray[Any]:
        return self._mask

    def set_mask(self, mask: NDArray[Any]) -> None:
        self._mask = mask
        self._show(MaskSource(mask, self.colour, self.inverted))

    def value_at(self, photo: Point) -> float | None:
        at = self.pixel_at(photo)
        if at is None:
            return None
        value = float(self._mask[at[1], at[0]])
        return value / 255 if self._mask.dtype == np.uint8 else value
