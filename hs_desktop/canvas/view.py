"""The widget that shows a photo with what lies over it, and tells what the hand does on it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QMetaObject, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QTransform
from PySide6.QtWidgets import QWidget

from hs_desktop.canvas.cursor import BrushOutline
from hs_desktop.canvas.events import PointerEvent, Readout
from hs_desktop.canvas.input import InputWidget
from hs_desktop.canvas.items import CanvasItem, LayoutItem, MaskItem, PictureItem
from hs_desktop.canvas.keys import Keys
from hs_desktop.canvas.painting import (
    paint_checkerboard,
    paint_grid,
    paint_item,
    photo_to_widget,
    wanted_tiles,
)
from hs_desktop.canvas.split import SplitSlider
from hs_desktop.canvas.viewport import Point, Viewport
from hs_desktop.i18n import _
from hs_desktop.rects import Rect

_PAINT_TIME = 0.005  # seconds of a paint event for making tiles
_FILL_TIME = 0.003  # seconds of a turn of the event loop for making tiles
_MARGIN = 12.0  # widget px round a photo that fits


class CanvasView(InputWidget):
    """A photo's area, items from the bottom to the top, overlays above.

    Signals (see also ``InputWidget``):
        viewport_changed: the new ``Viewport``.
        readout: what lies under the pointer, a ``Readout``; ``None`` beside the photo.
    """

    viewport_changed = Signal(object)
    readout = Signal(object)

    def __init__(self, keys: Keys | None = None, parent: QWidget | None = None) -> None:
        super().__init__(keys, parent)
        self._items: list[CanvasItem] = []
        self._before: list[CanvasItem] = []
        self._connections: dict[CanvasItem, QMetaObject.Connection] = {}
        self._split: SplitSlider | None = None
        self._show_before = False
        self._brush: BrushOutline | None = None
        self._brush_at: Point | None = None
        self._fits = True
        self._has_photo = False
        self._colours = QColor(31, 31, 33), QColor(92, 92, 92), QColor(76, 76, 76)
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.setInterval(0)
        self._filling.timeout.connect(self._fill)
        self.hovered.connect(self._pointer_at)
        self.moved.connect(self._pointer_at)
        self.pressed.connect(self._pointer_at)
        self.left.connect(self._pointer_gone)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(_("Canvas"))
        self.setAccessibleDescription(
            _("Shows the photo. The wheel zooms, the middle button and keys move it.")
        )

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    # --- what is shown -------------------------------------------------------------------------

    @property
    def photo_size(self) -> tuple[int, int] | None:
        """(width, height) of the photo, px; ``None`` while there is none."""
        return self._viewport.photo if self._has_photo else None

    def set_photo_size(self, size: tuple[int, int] | None) -> None:
        """The area that items lie on. Another size than before is shown as a whole."""
        if size == self.photo_size:
            return
        self._has_photo = size is not None
        self.set_viewport(replace(self._viewport, photo=size or (1, 1), rotation=0.0, flip=False))
        self.fit()

    @property
    def items(self) -> Sequence[CanvasItem]:
        """From the bottom to the top."""
        return tuple(self._items)

    def set_items(self, items: Iterable[CanvasItem]) -> None:
        self._items = list(items)
        self._watch()

    def set_before(self, items: Iterable[CanvasItem]) -> None:
        """What the slider shows on its left, and ``show_before`` everywhere."""
        self._before = list(items)
        self._watch()

    def _watch(self) -> None:
        wanted = [*self._items, *self._before]
        for item in [i for i in self._connections if i not in wanted]:
            item.changed.disconnect(self._connections.pop(item))
        for item in wanted:
            if item not in self._connections:
                self._connections[item] = item.changed.connect(
                    lambda rect, item=item: self._item_changed(item, rect)
                )
        self.update()

    def _item_changed(self, item: CanvasItem, rect: Rect | None) -> None:
        if rect is None or not item.visible:
            self.update()
            return
        matrix = item.matrix * photo_to_widget(self._viewport)
        shown = matrix.mapRect(QRectF(rect.x0, rect.y0, rect.width, rect.height))
        # A pixel of a coarse level may be larger than the change, and smooth scaling spreads.
        margin = 3 + 2 * self._viewport.scale
        self.update(shown.adjusted(-margin, -margin, margin, margin).toAlignedRect())

    def set_background(self, colour: QColor, checks: tuple[QColor, QColor] | None = None) -> None:
        """The colour round the photo, and those of the squares behind transparent pictures."""
        light, dark = checks or self._colours[1:]
        self._colours = colour, light, dark
        self.update()

    # --- before and after ----------------------------------------------------------------------

    @property
    def split(self) -> SplitSlider | None:
        return self._split

    def set_split(self, on: bool) -> None:
        """Show before and after beside each other, with a slider between them."""
        if on and self._split is None:
            self._split = SplitSlider()
            self.add_overlay(self._split)
        elif not on and self._split is not None:
            self.remove_overlay(self._split)
            self._split = None

    @property
    def show_before(self) -> bool:
        return self._show_before

    @show_before.setter
    def show_before(self, before: bool) -> None:
        self._show_before = before
        self.update()

    # --- the brush -----------------------------------------------------------------------------

    @property
    def brush(self) -> BrushOutline | None:
        return self._brush

    def set_brush(self, brush: BrushOutline | None) -> None:
        """The outline under the pointer, instead of an arrow."""
        self._update_brush()
        self._brush = brush
        self._update_brush()
        self.tool_cursor = None if brush is None else Qt.CursorShape.BlankCursor

    def _update_brush(self) -> None:
        if self._brush is not None and self._brush_at is not None:
            self.update(self._brush.bounds(self._brush_at, self._viewport).toAlignedRect())

    def _pointer_at(self, event: PointerEvent) -> None:
        self._update_brush()
        self._brush_at = event.photo
        self._update_brush()
        self.readout.emit(self.read(event.photo))

    def _pointer_gone(self) -> None:
        self._update_brush()
        self._brush_at = None
        self.readout.emit(None)

    def read(self, photo: Point) -> Readout | None:
        """What lies at a photo point; ``None`` beside the photo."""
        x, y = photo
        w, h = self._viewport.photo
        if not (self._has_photo and 0 <= x < w and 0 <= y < h):
            return None
        result = Readout((int(x), int(y)))
        for item in self._items:
            if not item.visible:
                continue
            if isinstance(item, PictureItem) and (colour := item.colour_at(photo)) is not None:
                depth = 255 if item.pixels.dtype.itemsize == 1 else 65535
                result = replace(result, colour=colour, depth=depth)
            elif isinstance(item, LayoutItem) and (class_id := item.class_at(photo)) is not None:
                result = replace(result, class_id=class_id)
            elif isinstance(item, MaskItem) and (value := item.value_at(photo)) is not None:
                result = replace(result, mask=value)
        return result

    # --- the viewport --------------------------------------------------------------------------

    @property
    def viewport(self) -> Viewport:
        return self._viewport

    def set_viewport(self, viewport: Viewport) -> None:
        """Show this; a photo that was fitted into the widget isn't kept so any more."""
        self._fits = False
        self._show(viewport)

    def _show(self, viewport: Viewport) -> None:
        viewport = viewport.clamped()
        if viewport == self._viewport:
            return
        self._filling.stop()  # the frame comes first; its paint event starts this again
        at = self._brush_at and self._viewport.to_widget(self._brush_at)
        self._viewport = viewport
        self._brush_at = at and viewport.to_photo(at)
        self.update()
        self.viewport_changed.emit(viewport)

    def fit(self) -> None:
        """Show the whole photo, and go on doing so when the widget changes its size."""
        self._fits = True
        self._show(self._viewport.fitted(_MARGIN))

    @property
    def fits(self) -> bool:
        return self._fits

    def actual_size(self, at: Point | None = None) -> None:
        """100 %: one pixel of the photo for one of the screen."""
        self.set_viewport(self._viewport.zoomed(1.0, at))

    def zoom_by_steps(self, steps: int, at: Point | None = None) -> None:
        self.set_viewport(self._viewport.stepped(steps, at))

    def rotate_by(self, degrees: float) -> None:
        self.set_viewport(self._viewport.rotated(degrees))

    def reset_rotation(self) -> None:
        upright = self._viewport.rotated(-self._viewport.rotation)
        self.set_viewport(upright.flipped() if upright.flip else upright)

    def flip_view(self) -> None:
        """Mirror what is shown: a fresh eye for the retoucher. The photo stays as it is."""
        self.set_viewport(self._viewport.flipped())

    def show_rect(self, rect: tuple[float, float, float, float]) -> None:
        """As large as possible: a rectangle (x0, y0, x1, y1) of the photo."""
        self.set_viewport(self._viewport.filled_with(rect))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _measure(self) -> None:
        viewport = self._viewport.resized((self.width(), self.height()), self.devicePixelRatioF())
        self._show(viewport.fitted(_MARGIN) if self._fits else viewport)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.devicePixelRatioF() != self._viewport.dpr:
            self._measure()
        deadline = time.perf_counter() + _PAINT_TIME
        # Ended whatever happens: Qt crashes where a painter outlives its paint event.
        with QPainter(self) as painter:
            current = self._paint(painter, event.rect(), deadline)
        if not current:
            self._filling.start()

    def _paint(self, painter: QPainter, rect: QRect, deadline: float) -> bool:
        """Whether everything is shown as sharp as it gets."""
        exposed = QRectF(rect)
        painter.fillRect(rect, self._colours[0])
        current = True
        if self._has_photo:
            if not self._is_opaque:
                paint_checkerboard(painter, self._viewport, *self._colours[1:])
            for items, part in self._sides(exposed):
                painter.save()
                painter.setClipRect(part)
                current &= self._paint_items(painter, items, part, deadline)
                painter.restore()
            paint_grid(painter, self._viewport, exposed)
        for overlay in self.overlays:
            painter.save()
            overlay.paint(painter, self._viewport)
            painter.restore()
        if self._brush is not None and self._brush_at is not None and not self.is_navigating:
            self._brush.paint(painter, self._brush_at, self._viewport)
        return current

    @property
    def _is_opaque(self) -> bool:
        """Whether a picture hides all that is behind the photo, on every side that is shown."""
        whole = QRectF(0, 0, *self._viewport.photo)
        return all(
            any(
                item.visible
                and item.opacity == 1
                and item.mipmaps.opaque
                and not item.matrix.isRotating()
                and item.matrix.mapRect(QRectF(0, 0, *item.size)).contains(whole)
                for item in items
            )
            for items, _part in self._sides(QRectF(self.rect()))
        )

    def _sides(self, exposed: QRectF) -> list[tuple[list[CanvasItem], QRectF]]:
        """Items and the part of the widget that they are to be seen in."""
        if self._show_before:
            return [(self._before, exposed)]
        if self._split is None:
            return [(self._items, exposed)]
        w, h = self._viewport.size
        x = self._split.x(self._viewport)
        parts = [(self._before, QRectF(0, 0, x, h)), (self._items, QRectF(x, 0, w - x, h))]
        return [(items, part & exposed) for items, part in parts if part.intersects(exposed)]

    def _paint_items(
        self, painter: QPainter, items: list[CanvasItem], part: QRectF, deadline: float
    ) -> bool:
        current = True
        stores = {id(item.mipmaps.store): item.mipmaps.store for item in items}
        for store in stores.values():
            store.begin()
        for item in items:
            if item.visible:
                current &= paint_item(painter, item, self._viewport, part, deadline)
        painter.setTransform(QTransform())
        return current

    # --- making tiles between the events -------------------------------------------------------

    def load_all(self) -> None:
        """Make all tiles that are to be seen now, however long it takes."""
        self._fill(float("inf"))

    @property
    def is_complete(self) -> bool:
        """Whether everything is shown as sharp as it gets."""
        return not self._missing()

    def _missing(self) -> list[tuple[CanvasItem, tuple[int, int, int]]]:
        if not self._has_photo:
            return []
        missing = []
        for items, part in self._sides(QRectF(self.rect())):
            for item in items:
                item.mipmaps.store.begin()
            wanted = [
                (item, key)
                for item in items
                if item.visible
                for key in wanted_tiles(item, self._viewport, part)
            ]
            missing += [(i, key) for i, key in wanted if not i.mipmaps.is_current(key)]
        return missing

    def _fill(self, seconds: float = _FILL_TIME) -> None:
        deadline = time.perf_counter() + seconds
        for item, key in self._missing():
            if not item.mipmaps.make(key, deadline):
                self._filling.start()
                return
            self.update(self._place_of(item, key))

    def _place_of(self, item: CanvasItem, key: tuple[int, int, int]) -> QRect:
        tile = item.mipmaps.tile(key)
        if tile is None:
            return self.rect()
        shrink = 1 << key[0]
        inner = tile.inner
        rect = QRectF(inner.x0, inner.y0, inner.width, inner.height)
        matrix = QTransform.fromScale(shrink, shrink) * item.matrix
        shown = (matrix * photo_to_widget(self._viewport)).mapRect(rect)
        return shown.adjusted(-2, -2, 2, 2).toAlignedRect()
