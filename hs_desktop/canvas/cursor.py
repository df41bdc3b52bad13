"""The outline of the brush under the pointer, as large as what it will paint."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from hs_desktop.canvas.viewport import Point, Viewport

_SMALLEST = 5.0  # widget px; a smaller brush gets a cross round it to be found by
_CROSS = 4.0, 9.0  # widget px from the middle


@dataclass(frozen=True)
class BrushOutline:
    """What the brush looks like.

    Attributes:
        diameter: photo px.
        hardness: 0..1; the inner ring shows how far the brush paints with full strength.
        roundness: height by width of the dab, 0..1.
        angle: of the dab, degrees clockwise in the photo.
    """

    diameter: float
    hardness: float = 1.0
    roundness: float = 1.0
    angle: float = 0.0

    def path(self, at: Point, view: Viewport, part: float = 1.0) -> QPainterPath:
        """The outline in widget px, the brush being at the photo point ``at``.

        Args:
            part: of the diameter.
        """
        radius = self.diameter / 2 * part
        dab = QPainterPath()
        dab.addEllipse(QPointF(0, 0), radius, radius * self.roundness)
        turned = QTransform().translate(*at).rotate(self.angle)
        return (turned * QTransform(*view.matrix)).map(dab)

    def bounds(self, at: Point, view: Viewport) -> QRectF:
        """The part of the widget that ``paint`` touches."""
        rect = self.path(at, view).boundingRect()
        x, y = view.to_widget(at)
        reach = _CROSS[1] + 1
        cross = QRectF(x - reach, y - reach, 2 * reach, 2 * reach)
        return rect.adjusted(-3, -3, 3, 3) | cross

    def paint(self, painter: QPainter, at: Point, view: Viewport) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        outline = self.path(at, view)
        _draw(painter, outline, 1.0)
        if outline.boundingRect().width() < _SMALLEST:
            cross = QPainterPath()
            x, y = view.to_widget(at)
            near, far = _CROSS
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                cross.moveTo(x + near * dx, y + near * dy)
                cross.lineTo(x + far * dx, y + far * dy)
            _draw(painter, cross, 1.0)
        elif 0.02 < self.hardness < 0.98:
            _draw(painter, self.path(at, view, self.hardness), 0.45)
        painter.restore()


def _draw(painter: QPainter, path: QPainterPath, strength: float) -> None:
    """Light on dark: seen on snow and on black hair."""
    painter.setPen(QPen(QColor(0, 0, 0, round(150 * strength)), 2.6))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(255, 255, 255, round(235 * strength)), 1.1))
    painter.drawPath(path)
