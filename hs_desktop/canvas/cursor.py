"""The outline of the brush under the pointer, as large as what it will paint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform

from hs_desktop.canvas.viewport import Point, Viewport

_SMALLEST = 5.0  # widget px; a smaller brush gets a cross round it to be found by
_CROSS = 4.0, 9.0  # widget px from the middle
_PENS = 3.0  # widget px that the lines reach beyond the outline
_LARGEST_KEPT = 400.0  # device px; a larger brush's outline is drawn each time
_PHASES = 4  # of a device pixel along each axis, at which outlines are kept

Linear = tuple[float, float, float, float]  # of ``Viewport.matrix``: photo px -> widget px


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

    def path(self, middle: Point, linear: Linear, part: float = 1.0) -> QPainterPath:
        """The outline in widget px, the brush being at the widget point ``middle``.

        Args:
            part: of the diameter.
        """
        radius = self.diameter / 2 * part
        dab = QPainterPath()
        dab.addEllipse(QPointF(0, 0), radius, radius * self.roundness)
        return (QTransform().rotate(self.angle) * QTransform(*linear, *middle)).map(dab)

    def bounds(self, at: Point, view: Viewport) -> QRectF:
        """The part of the widget that ``paint`` touches, the brush being at a photo point."""
        return self._bounds(view.to_widget(at), view.matrix[:4])

    def _bounds(self, middle: Point, linear: Linear) -> QRectF:
        x, y = middle
        reach = _CROSS[1] + 1
        cross = QRectF(x - reach, y - reach, 2 * reach, 2 * reach)
        rect = self.path(middle, linear).boundingRect()
        return rect.adjusted(-_PENS, -_PENS, _PENS, _PENS) | cross

    def paint(self, painter: QPainter, at: Point, view: Viewport) -> None:
        """Where the brush is: at the photo point ``at``."""
        middle, linear, dpr = view.to_widget(at), view.matrix[:4], view.dpr
        bounds = self._bounds(middle, linear)
        if max(bounds.width(), bounds.height()) * dpr > _LARGEST_KEPT:
            self.draw(painter, middle, linear)
            return
        # Lines of a quality that can be looked at take longer than all else that a move costs.
        steps = [math.floor(place * dpr * _PHASES + 0.5) for place in middle]
        (x, x_phase), (y, y_phase) = (divmod(step, _PHASES) for step in steps)
        image, offset = _drawn(self, linear, dpr, (x_phase, y_phase))
        painter.drawImage(QPointF(x / dpr, y / dpr) - offset, image)

    def draw(self, painter: QPainter, middle: Point, linear: Linear) -> None:
        """The lines themselves, about the widget point ``middle``."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        outline = self.path(middle, linear)
        _stroke(painter, outline, 1.0)
        if outline.boundingRect().width() < _SMALLEST:
            cross = QPainterPath()
            x, y = middle
            near, far = _CROSS
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                cross.moveTo(x + near * dx, y + near * dy)
                cross.lineTo(x + far * dx, y + far * dy)
            _stroke(painter, cross, 1.0)
        elif 0.02 < self.hardness < 0.98:
            _stroke(painter, self.path(middle, linear, self.hardness), 0.45)
        painter.restore()


@lru_cache(maxsize=_PHASES**2)
def _drawn(
    outline: BrushOutline, linear: Linear, dpr: float, phase: tuple[int, int]
) -> tuple[QImage, QPointF]:
    """An outline as a picture, and the widget px from its corner to the pixel of its middle."""
    at = phase[0] / _PHASES / dpr, phase[1] / _PHASES / dpr
    bounds = outline._bounds(at, linear)
    left, top = (math.floor(side * dpr) for side in (bounds.left(), bounds.top()))
    right, bottom = (math.ceil(side * dpr) for side in (bounds.right(), bounds.bottom()))
    image = QImage(right - left, bottom - top, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(dpr)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.translate(-left / dpr, -top / dpr)
        outline.draw(painter, at, linear)
    return image, QPointF(-left / dpr, -top / dpr)


def _stroke(painter: QPainter, path: QPainterPath, strength: float) -> None:
    """Light on dark: seen on snow and on black hair."""
    painter.setPen(QPen(QColor(0, 0, 0, round(150 * strength)), 2.6))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(255, 255, 255, round(235 * strength)), 1.1))
    painter.drawPath(path)
