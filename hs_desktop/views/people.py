"""Picking one of several people on the canvas."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from engine.requests import Box
from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.keys import CanvasKey, KeyPress, Keys
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Point, Viewport
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.i18n import _
from hs_desktop.views.labels import paint_hint, paint_label
from hs_desktop.views.side_view import SideView

_ACCENT = QColor(88, 166, 255)
_STEPS = {CanvasKey.LEFT: -1, CanvasKey.RIGHT: 1}


class PeoplePicker(Overlay):
    """Boxes round people, with numbers.

    A click into a box picks; so does the key that finishes, of the one that keys have chosen. The
    key that gives up, or a click beside all boxes, leaves it as it is.

    Args:
        boxes: of the people, in photo px.
        keys: of the canvas, which are told.

    Signals:
        picked: the index of a person.
        dismissed: nobody was picked.
    """

    picked = Signal(int)
    dismissed = Signal()

    def __init__(self, boxes: tuple[Box, ...], keys: Keys) -> None:
        super().__init__()
        self.boxes = boxes
        self._keys = keys
        self._chosen = 0
        self._down: int | None = None

    @property
    def chosen(self) -> int:
        """The index of the box that finishing would pick."""
        return self._chosen

    def _choose(self, index: int) -> None:
        if index != self._chosen:
            self._chosen = index
            self.repaint.emit()

    def _at(self, point: Point) -> int | None:
        """The person there; of several the one whose middle is nearest."""
        x, y = point
        held = [i for i, (x0, y0, x1, y1) in enumerate(self.boxes) if x0 <= x < x1 and y0 <= y < y1]
        return min(held, key=lambda i: math.dist(point, _middle(self.boxes[i])), default=None)

    def press(self, event: PointerEvent, view: Viewport) -> bool:
        if event.button != Qt.MouseButton.LeftButton:
            return False
        self._down = self._at(event.photo)
        return True

    def release(self, event: PointerEvent, view: Viewport) -> None:
        down, self._down = self._down, None
        if down is None:
            self.dismissed.emit()
        elif down == self._at(event.photo):
            self.picked.emit(down)

    def cancel(self) -> None:
        self._down = None

    def hover(self, event: PointerEvent, view: Viewport) -> Qt.CursorShape | None:
        at = self._at(event.photo)
        if at is None:
            return Qt.CursorShape.ArrowCursor
        self._choose(at)
        return Qt.CursorShape.PointingHandCursor

    def key(self, press: KeyPress, view: Viewport) -> bool:
        if press.key in _STEPS:
            self._choose((self._chosen + _STEPS[press.key]) % len(self.boxes))
        elif press.key is CanvasKey.FINISH:
            self.picked.emit(self._chosen)
        elif press.key is CanvasKey.GIVE_UP:
            self.dismissed.emit()
        else:
            return False
        return True

    def paint(self, painter: QPainter, view: Viewport) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, box in enumerate(self.boxes):
            x0, y0, x1, y1 = view.bounds(box)
            shown = QRectF(x0, y0, x1 - x0, y1 - y0)
            chosen = index == self._chosen
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(0, 0, 0, 150), 4 if chosen else 3))
            painter.drawRoundedRect(shown, 6, 6)
            painter.setPen(QPen(_ACCENT if chosen else QColor(255, 255, 255, 200), 2))
            painter.drawRoundedRect(shown, 6, 6)
        for index, box in enumerate(self.boxes):  # none lies under another one's frame
            x0, y0, _x1, _y1 = view.bounds(box)
            _paint_tag(painter, str(index + 1), x0 + 6, y0 + 6, index == self._chosen)
        told = self._keys.told
        hint = _(
            "Which person? Click one, or choose with {left} and {right}, then {finish}."
        ).format(
            left=told(CanvasKey.LEFT), right=told(CanvasKey.RIGHT), finish=told(CanvasKey.FINISH)
        )
        paint_hint(painter, hint, view)


def _middle(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _paint_tag(painter: QPainter, text: str, x: float, y: float, chosen: bool) -> None:
    metrics = QFontMetricsF(painter.font())
    side = metrics.height() + 4
    width = max(side, metrics.horizontalAdvance(text) + 10)
    box = QRectF(x, y, width, side)
    if chosen:
        paint_label(painter, text, box, _ACCENT, QColor(16, 16, 18))
    else:
        paint_label(painter, text, box)


class PeopleKeeper(QObject):
    """Asks once for each photo with several people; ``ask`` asks again."""

    def __init__(self, editor: Editor, side_view: SideView) -> None:
        super().__init__(side_view)
        self._editor, self._side_view = editor, side_view
        self._picker: PeoplePicker | None = None
        editor.people_changed.connect(self._people_changed)

    @property
    def picker(self) -> PeoplePicker | None:
        """What is shown while it is asked."""
        return self._picker

    def ask(self) -> bool:
        """Show the boxes; ``False`` where there is nobody to choose from."""
        self._end()
        people = self._editor.people(self._side_view.side)
        if len(people) < 2:
            return False
        self._picker = PeoplePicker(people, self._editor.keys)
        self._picker.picked.connect(self._picked)
        self._picker.dismissed.connect(self._end)
        self._side_view.view.add_overlay(self._picker)
        return True

    def _people_changed(self, side: Side) -> None:
        if side is not self._side_view.side:
            return
        self._end()
        state = self._editor.document.state
        picked = state.head_at if side is Side.HEAD else state.body_at
        # Whoever swapped these photos before, perhaps in another session, took whom they wanted.
        if picked is None and self._editor.head_place is None:
            self.ask()

    def _picked(self, index: int) -> None:
        side = self._side_view.side
        box = self._editor.people(side)[index]
        self._end()
        self._editor.pick_person(side, box)

    def _end(self) -> None:
        picker, self._picker = self._picker, None
        if picker is not None:
            self._side_view.view.remove_overlay(picker)
