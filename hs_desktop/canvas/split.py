"""The slider between before and after."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.keys import CanvasKey, KeyPress
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Viewport
from hs_desktop.i18n import _
from hs_desktop.observed import Observed, fraction

_REACH = 7.0  # widget px to each side of the line
_KNOB = 13.0  # widget px, radius
_STEPS = {CanvasKey.SPLIT_LEFT: -0.02, CanvasKey.SPLIT_RIGHT: 0.02}  # of the widget's width


class SplitSlider(Overlay):
    """A line across the widget: before on its left, after on its right.

    Attributes:
        position: 0..1 of the widget's width.
        labels: the words on its left and right; ``None``: before and after.

    Signals:
        moved: the new position, 0..1 of the widget's width.
    """

    moved = Signal(float)

    labels = Observed[tuple[str, str] | None](lambda slider: slider.repaint.emit())

    def __init__(self, position: float = 0.5) -> None:
        super().__init__()
        self._position = position
        self._at_press: float | None = None
        self.labels = None

    @property
    def position(self) -> float:
        return self._position

    @position.setter
    def position(self, position: float) -> None:
        position = fraction(position)
        if position != self._position:
            self._position = position
            self.moved.emit(position)
            self.repaint.emit()

    def x(self, view: Viewport) -> float:
        """Where the line is, in widget px, on the edge of a device pixel."""
        return round(self._position * view.size[0] * view.dpr) / view.dpr

    def press(self, event: PointerEvent, view: Viewport) -> bool:
        if event.button != Qt.MouseButton.LeftButton or not self._hit(event, view):
            return False
        self._at_press = self._position
        return True

    def drag(self, event: PointerEvent, view: Viewport) -> None:
        self.position = event.widget[0] / max(1.0, view.size[0])

    def release(self, event: PointerEvent, view: Viewport) -> None:
        self._at_press = None

    def cancel(self) -> None:
        if self._at_press is not None:
            self.position, self._at_press = self._at_press, None

    def hover(self, event: PointerEvent, view: Viewport) -> Qt.CursorShape | None:
        return Qt.CursorShape.SplitHCursor if self._hit(event, view) else None

    def key(self, press: KeyPress, view: Viewport) -> bool:
        if press.key not in _STEPS:
            return False
        self.position += _STEPS[press.key]
        return True

    def _hit(self, event: PointerEvent, view: Viewport) -> bool:
        return abs(event.widget[0] - self.x(view)) <= _REACH

    def paint(self, painter: QPainter, view: Viewport) -> None:
        x, height = self.x(view), view.size[1]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 3))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
        painter.setPen(QPen(QColor(255, 255, 255, 230), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
        self._paint_knob(painter, QPointF(x, height / 2))
        before, after = self.labels or (_("Before"), _("After"))
        self._paint_label(painter, before, x, before=True)
        self._paint_label(painter, after, x, before=False)
        painter.restore()

    @staticmethod
    def _paint_knob(painter: QPainter, at: QPointF) -> None:
        painter.setPen(QPen(QColor(255, 255, 255, 230), 1))
        painter.setBrush(QColor(20, 20, 22, 190))
        painter.drawEllipse(at, _KNOB, _KNOB)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 230))
        for side in (-1, 1):
            tip = at + QPointF(side * 9, 0)
            back = at + QPointF(side * 4, 0)
            painter.drawPolygon(QPolygonF([tip, back + QPointF(0, 4), back - QPointF(0, 4)]))

    @staticmethod
    def _paint_label(painter: QPainter, text: str, x: float, *, before: bool) -> None:
        metrics = QFontMetricsF(painter.font())
        width, height = metrics.horizontalAdvance(text) + 14, metrics.height() + 6
        left = x - 10 - width if before else x + 10
        box = QRectF(left, 10, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 22, 170))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(235, 235, 235))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
