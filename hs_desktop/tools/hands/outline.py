"""The line of a lasso or polygon while it is made."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from hs_desktop.canvas.keys import KeyPress
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Point, Viewport

_CORNER = 3.0  # widget px, half a side


class Outline(Overlay):
    """A line through photo points; its end is joined to its beginning by a dashed line.

    Args:
        corners: whether each point is shown as a square.
        on_key: is asked about keys; ``True`` takes one.
    """

    def __init__(
        self, corners: bool = False, on_key: Callable[[KeyPress], bool] | None = None
    ) -> None:
        super().__init__()
        self._corners = corners
        self._on_key = on_key
        self._points: list[Point] = []

    def show_points(self, points: list[Point]) -> None:
        self._points = points
        self.repaint.emit()

    def key(self, press: KeyPress, view: Viewport) -> bool:
        return self._on_key is not None and self._on_key(press)

    def paint(self, painter: QPainter, view: Viewport) -> None:
        points = [QPointF(*view.to_widget(point)) for point in self._points]
        if not points:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255, 235), 1.3)):
            painter.setPen(QPen(colour, width))
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(QPen(QColor(255, 255, 255, 170), 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(points[-1], points[0])
        if self._corners:
            painter.setPen(QPen(QColor(0, 0, 0, 170), 1))
            painter.setBrush(QColor(255, 255, 255))
            side = 2 * _CORNER
            for point in points:
                painter.drawRect(QRectF(point.x() - _CORNER, point.y() - _CORNER, side, side))
