"""Handles that move, scale and turn the head."""

from __future__ import annotations

import math
from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.requests import HeadTransform
from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.keys import CanvasKey, KeyPress
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.placement import Placement
from hs_desktop.canvas.viewport import Point, Viewport

_REACH = 9.0  # widget px from a handle's middle that still take it
_STALK = 28.0  # widget px from an edge to the handle that turns
_EDGES = 0, 2, 1, 3  # top, bottom, right, left: by the corner that each begins with
_TURN_STEP = 15.0  # degrees, with shift
_SCALE_STEP = 0.05  # with shift
_NUDGE, _FAR_NUDGE = 1.0, 10.0  # photo px
_ACCENT = QColor(88, 166, 255)
_ARROWS = {
    CanvasKey.LEFT: (-1, 0),
    CanvasKey.RIGHT: (1, 0),
    CanvasKey.UP: (0, -1),
    CanvasKey.DOWN: (0, 1),
}


class Part(Enum):
    """What of the handles the pointer is on."""

    NONE = auto()
    MOVE = auto()
    SCALE = auto()
    ROTATE = auto()
    PIVOT = auto()


class TransformHandles(Overlay):
    """Edits a ``HeadTransform`` in photo px.

    Dragging inside moves (shift: along one axis), a corner scales about the pivot (alt: about
    the opposite corner; shift: in steps), the round handle turns about the pivot (shift: in
    steps); it stands above the head, or beside it where the canvas ends there. The pivot itself
    can be moved; a double click brings it back. Arrow keys move by one photo pixel, with shift
    by ten. Escape takes a drag back.

    Signals:
        changed: the value while it changes.
        finished: the value at the end of a drag, or after a key.
    """

    changed = Signal(object)
    finished = Signal(object)

    def __init__(self, placement: Placement, value: HeadTransform | None = None) -> None:
        super().__init__()
        self._placement = placement
        self._value = value or HeadTransform()
        self._own_pivot: Point | None = None  # relative: of the automatic position
        self._part = Part.NONE
        self._corner = 0
        self._edge: int | None = None  # that keeps the handle while it is turned
        self._start = self._value
        self._start_pivot: Point | None = None
        self._from: Point = (0.0, 0.0)

    @property
    def value(self) -> HeadTransform:
        return self._value

    @value.setter
    def value(self, value: HeadTransform) -> None:
        """Set from elsewhere (fields, undo): no signal but ``repaint``."""
        self._value = value
        self.repaint.emit()

    @property
    def placement(self) -> Placement:
        return self._placement

    @placement.setter
    def placement(self, placement: Placement) -> None:
        self._placement = placement
        self._own_pivot = None
        self.repaint.emit()

    @property
    def pivot(self) -> Point:
        """The photo point that scaling and turning leave where it is; it moves with the head."""
        return self._placement.apply(self._value, self._own_pivot or self._placement.centre)

    def _set(self, value: HeadTransform) -> None:
        if value != self._value:
            self._value = value
            self.changed.emit(value)
            self.repaint.emit()

    # --- where things are, in widget px --------------------------------------------------------

    def _corners(self, view: Viewport) -> list[Point]:
        return [view.to_widget(p) for p in self._placement.corners(self._value)]

    def _turner(self, view: Viewport) -> tuple[Point, Point]:
        """The middle of an edge, and the handle that turns."""
        corners = self._corners(view)
        return _stalk(corners, self._turning_edge(corners, view))

    def _turning_edge(self, corners: list[Point], view: Viewport) -> int:
        """The first whose handle is on the canvas; the top edge where none is."""
        if self._edge is not None:
            return self._edge
        width, height = view.size
        for edge in _EDGES:
            x, y = _stalk(corners, edge)[1]
            if _REACH <= x <= width - _REACH and _REACH <= y <= height - _REACH:
                return edge
        return _EDGES[0]

    def _part_at(self, at: Point, view: Viewport) -> tuple[Part, int]:
        corners = self._corners(view)
        if math.dist(at, self._turner(view)[1]) <= _REACH:
            return Part.ROTATE, 0
        near = min(range(4), key=lambda i: math.dist(at, corners[i]))
        if math.dist(at, corners[near]) <= _REACH:
            return Part.SCALE, near
        if math.dist(at, view.to_widget(self.pivot)) <= _REACH:
            return Part.PIVOT, 0
        inside = QPolygonF([QPointF(*p) for p in corners]).containsPoint(
            QPointF(*at), Qt.FillRule.OddEvenFill
        )
        return (Part.MOVE if inside else Part.NONE), 0

    # --- the hand ------------------------------------------------------------------------------

    def press(self, event: PointerEvent, view: Viewport) -> bool:
        if event.button != Qt.MouseButton.LeftButton:
            return False
        self._part, self._corner = self._part_at(event.widget, view)
        self._start, self._start_pivot = self._value, self._own_pivot
        self._from = event.photo
        if self._part is Part.ROTATE:
            self._edge = self._turning_edge(self._corners(view), view)
        return self._part is not Part.NONE

    def drag(self, event: PointerEvent, view: Viewport) -> None:
        if self._part is Part.MOVE:
            self._set(self._moved(event))
        elif self._part is Part.SCALE:
            self._set(self._scaled(event))
        elif self._part is Part.ROTATE:
            self._set(self._rotated(event))
        elif self._part is Part.PIVOT:
            self._own_pivot = _back(self._placement, self._value, event.photo)
            self.repaint.emit()

    def _moved(self, event: PointerEvent) -> HeadTransform:
        dx, dy = event.photo[0] - self._from[0], event.photo[1] - self._from[1]
        if event.shift:
            dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
        return self._placement.shifted(self._start, dx, dy)

    def _scaled(self, event: PointerEvent) -> HeadTransform:
        corners = self._placement.corners(self._start)
        about = corners[(self._corner + 2) % 4] if event.alt else self._pivot_at_start()
        # Along the line from there to the corner: sideways movements change nothing.
        corner = corners[self._corner]
        arm = corner[0] - about[0], corner[1] - about[1]
        length = arm[0] ** 2 + arm[1] ** 2
        if length < 1e-9:
            return self._start
        dx, dy = event.photo[0] - self._from[0], event.photo[1] - self._from[1]
        factor = max(1e-3, 1 + (dx * arm[0] + dy * arm[1]) / length)
        if event.shift:
            whole = max(1, round(self._start.scale * factor / _SCALE_STEP)) * _SCALE_STEP
            factor = whole / self._start.scale
        return self._placement.scaled(self._start, factor, about)

    def _rotated(self, event: PointerEvent) -> HeadTransform:
        x, y = self._pivot_at_start()
        turn = math.degrees(
            math.atan2(event.photo[1] - y, event.photo[0] - x)
            - math.atan2(self._from[1] - y, self._from[0] - x)
        )
        if event.shift:
            whole = round((self._start.rotate + turn) / _TURN_STEP) * _TURN_STEP
            turn = whole - self._start.rotate
        return self._placement.rotated(self._start, turn, (x, y))

    def _pivot_at_start(self) -> Point:
        return self._placement.apply(self._start, self._own_pivot or self._placement.centre)

    def release(self, event: PointerEvent, view: Viewport) -> None:
        part, self._part, self._edge = self._part, Part.NONE, None
        if part is not Part.PIVOT and self._value != self._start:
            self.finished.emit(self._value)

    def cancel(self) -> None:
        self._part, self._edge, self._own_pivot = Part.NONE, None, self._start_pivot
        self._set(self._start)
        self.repaint.emit()

    def double_click(self, event: PointerEvent, view: Viewport) -> bool:
        if self._part_at(event.widget, view)[0] is not Part.PIVOT:
            return False
        self._own_pivot = None
        self.repaint.emit()
        return True

    def hover(self, event: PointerEvent, view: Viewport) -> Qt.CursorShape | None:
        part, corner = self._part_at(event.widget, view)
        if part is Part.SCALE:
            at = self._corners(view)[corner]
            x, y = view.to_widget(self.pivot)
            # As the arm from the pivot lies on the screen, however view and head are turned.
            falling = (at[0] - x) * (at[1] - y) >= 0
            return Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor
        return {
            Part.MOVE: Qt.CursorShape.SizeAllCursor,
            Part.ROTATE: Qt.CursorShape.PointingHandCursor,
            Part.PIVOT: Qt.CursorShape.CrossCursor,
        }.get(part)

    def key(self, press: KeyPress, view: Viewport) -> bool:
        if press.key not in _ARROWS:
            return False
        # Along the photo's own axis that lies nearest to where the arrow shows: whole pixels.
        x, y = view.direction_to_photo(_ARROWS[press.key])
        far = _FAR_NUDGE if press.shift else _NUDGE
        dx, dy = (math.copysign(far, x), 0.0) if abs(x) > abs(y) else (0.0, math.copysign(far, y))
        self._set(self._placement.shifted(self._value, dx, dy))
        self.finished.emit(self._value)
        return True

    # --- painting ------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: Viewport) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners = [QPointF(*p) for p in self._corners(view)]
        edge, turner = (QPointF(*p) for p in self._turner(view))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(0, 0, 0, 140), 3), QPen(_ACCENT, 1.4)):
            painter.setPen(pen)
            painter.drawPolygon(QPolygonF(corners))
            painter.drawLine(edge, turner)
        painter.setPen(QPen(QColor(0, 0, 0, 170), 1))
        painter.setBrush(QColor(255, 255, 255))
        for corner in corners:
            painter.drawRect(QRectF(int(corner.x()) - 4, int(corner.y()) - 4, 8, 8))
        painter.drawEllipse(turner, 5, 5)
        self._paint_pivot(painter, QPointF(*view.to_widget(self.pivot)))

    @staticmethod
    def _paint_pivot(painter: QPainter, at: QPointF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(0, 0, 0, 150), 3), QPen(_ACCENT, 1.4)):
            painter.setPen(pen)
            painter.drawEllipse(at, 5, 5)
            for dx, dy in ((1, 0), (0, 1)):
                arm = QPointF(9 * dx, 9 * dy)
                painter.drawLine(at - arm, at + arm)


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _stalk(corners: list[Point], edge: int) -> tuple[Point, Point]:
    """The middle of the edge that begins with a corner, and a point beyond it."""
    a, b, c, d = (corners[(edge + i) % 4] for i in range(4))
    near, far = _middle(a, b), _middle(c, d)
    length = math.dist(near, far) or 1.0
    out = (near[0] - far[0]) / length, (near[1] - far[1]) / length
    return near, (near[0] + _STALK * out[0], near[1] + _STALK * out[1])


def _back(placement: Placement, value: HeadTransform, point: Point) -> Point:
    """The point of the automatic position that lies at the photo point ``point``."""
    a, b, c, d, tx, ty = placement.matrix(value)
    det = a * d - b * c
    x, y = point[0] - tx, point[1] - ty
    return (d * x - c * y) / det, (a * y - b * x) / det
