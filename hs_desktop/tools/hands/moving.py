"""Tools that change nothing but what is shown: the hand and the magnifying glass."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Point, Viewport
from hs_desktop.tools.hands.hand import Hand, Workplace, erases

_DRAG = 5.0  # widget px that make a click a drag


class Pan(Hand):
    """Moves what is shown; a double click fits it."""

    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._from: tuple[Viewport, Point] | None = None

    def press(self, event: PointerEvent) -> None:
        self._from = self.place.view.viewport, event.widget
        self.place.view.tool_cursor = Qt.CursorShape.ClosedHandCursor

    def move(self, event: PointerEvent) -> None:
        if self._from is not None:
            start, (x, y) = self._from
            self.place.view.set_viewport(start.panned(event.widget[0] - x, event.widget[1] - y))

    def release(self, event: PointerEvent) -> None:
        self._from = None
        self.place.view.tool_cursor = self.cursor

    def double_click(self, event: PointerEvent) -> None:
        self.place.view.fit()

    def cancel(self) -> None:
        if self._from is not None:
            self.place.view.set_viewport(self._from[0])
        self._from = None
        self.place.view.tool_cursor = self.cursor


class Zoom(Hand):
    """A click comes nearer, with alt or the right button it goes away; a drag shows a part."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._band = RubberBand()
        self._from: PointerEvent | None = None

    def press(self, event: PointerEvent) -> None:
        self._from = event
        self._band.rect = QRectF()
        self.place.view.add_overlay(self._band)

    def move(self, event: PointerEvent) -> None:
        if self._from is not None:
            (x0, y0), (x1, y1) = self._from.widget, event.widget
            self._band.rect = QRectF(x0, y0, x1 - x0, y1 - y0).normalized()
            self._band.repaint.emit()

    def release(self, event: PointerEvent) -> None:
        start, view = self._from, self.place.view
        self.cancel()
        if start is None:
            return
        if math.dist(start.widget, event.widget) < _DRAG:
            view.zoom_by_steps(-1 if event.alt or erases(start) else 1, event.widget)
            return
        (x0, y0), (x1, y1) = start.widget, event.widget
        corners = [view.viewport.to_photo(p) for p in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))]
        xs, ys = zip(*corners, strict=True)
        view.show_rect((min(xs), min(ys), max(xs), max(ys)))

    def cancel(self) -> None:
        self._from = None
        self.place.view.remove_overlay(self._band)

    lay_down = cancel


class RubberBand(Overlay):
    """A rectangle in widget px."""

    def __init__(self) -> None:
        super().__init__()
        self.rect = QRectF()

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self.rect.isEmpty():
            return
        for colour, width in ((QColor(0, 0, 0, 150), 3), (QColor(255, 255, 255, 235), 1)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(self.rect)
