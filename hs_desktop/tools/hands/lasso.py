"""The lasso."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.viewport import Point
from hs_desktop.i18n import _
from hs_desktop.tools.hands.areas import put_polygon
from hs_desktop.tools.hands.hand import Hand, Workplace, erases
from hs_desktop.tools.hands.outline import Outline
from hs_desktop.tools.hands.targets import layout_target

_STEP = 1.0  # widget px between two points of the line


class Lasso(Hand):
    """Drawn round an area with the button down; the right one puts back what the parser said."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._outline = Outline()
        self._points: list[Point] = []
        self._erase = False

    def press(self, event: PointerEvent) -> None:
        layout_target(self.place)  # told now, not after the line has been drawn
        self._erase = erases(event)
        self._points = [event.photo]
        self.place.view.add_overlay(self._outline)
        self._outline.show_points(self._points)

    def move(self, event: PointerEvent) -> None:
        step = _STEP / self.place.view.viewport.scale
        if self._points and math.dist(self._points[-1], event.photo) >= step:
            self._points.append(event.photo)
            self._outline.show_points(self._points)

    def release(self, event: PointerEvent) -> None:
        points = self._points
        self.cancel()
        put_polygon(self.place, _("Lasso"), points, self._erase)

    def cancel(self) -> None:
        self._points = []
        self.place.view.remove_overlay(self._outline)

    lay_down = cancel
