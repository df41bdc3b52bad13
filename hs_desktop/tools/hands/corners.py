"""The polygon tool."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from engine.errors import EngineError
from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.keys import CanvasKey, KeyPress
from hs_desktop.canvas.viewport import Point
from hs_desktop.editor import Level
from hs_desktop.i18n import _, translated
from hs_desktop.tools.hands.areas import put_polygon
from hs_desktop.tools.hands.hand import Hand, Workplace, erases
from hs_desktop.tools.hands.outline import Outline
from hs_desktop.tools.hands.targets import layout_target

_NEAR = 8.0  # widget px from the first corner that close the polygon


class Polygon(Hand):
    """Clicked corner by corner.

    A click on the first corner, a double click or the key that finishes closes it and gives the
    area its class; other keys take back the last corner, or all of them. Where the first corner
    is set with the right button, or the pen's other end, the area gets back what the parser said.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._outline = Outline(corners=True, on_key=self._key)
        self._corners: list[Point] = []
        self._pointer: Point | None = None
        self._closed_by_double_click = self._erase = False

    def press(self, event: PointerEvent) -> None:
        if self._closed_by_double_click:  # its second press
            self._closed_by_double_click = False
            return
        if not self._corners:
            layout_target(self.place)  # told now, not after all the work
            self._erase = erases(event)
            self.place.view.add_overlay(self._outline)
        elif len(self._corners) > 2 and self._is_near_first(event):
            self._close()
            return
        self._corners.append(event.photo)
        self._show()

    def _is_near_first(self, event: PointerEvent) -> bool:
        first = self.place.view.viewport.to_widget(self._corners[0])
        return math.dist(first, event.widget) <= _NEAR

    def move(self, event: PointerEvent) -> None:
        self.hover(event)

    def hover(self, event: PointerEvent) -> None:
        self._pointer = event.photo
        if self._corners:
            self._show()

    def double_click(self, event: PointerEvent) -> None:
        if self._corners:
            self._closed_by_double_click = True
            self._close()

    def _key(self, press: KeyPress) -> bool:
        if not self._corners:
            return False
        if press.key is CanvasKey.FINISH:
            try:
                self._close()
            except EngineError as error:
                self.place.editor.say(translated(error), Level.WARNING)
        elif press.key is CanvasKey.STEP_BACK:
            self._corners.pop()
            if self._corners:
                self._show()
            else:
                self.lay_down()
        elif press.key is CanvasKey.GIVE_UP:
            self.lay_down()
        else:
            return False
        return True

    def _close(self) -> None:
        corners = self._corners
        self.lay_down()
        put_polygon(self.place, _("Polygon"), corners, self._erase)

    def cancel(self) -> None:
        """Given up with the button down: all corners, as with the button up."""
        self.lay_down()

    def lay_down(self) -> None:
        self._corners = []
        self.place.view.remove_overlay(self._outline)

    def _show(self) -> None:
        pointer = [] if self._pointer is None else [self._pointer]
        self._outline.show_points([*self._corners, *pointer])
