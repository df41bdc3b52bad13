"""Words on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Viewport
from hs_desktop.observed import Observed

_PAPER, _INK = QColor(20, 20, 22, 200), QColor(240, 240, 243)
_MARGIN = 12.0  # widget px


def paint_label(
    painter: QPainter, text: str, box: QRectF, paper: QColor = _PAPER, ink: QColor = _INK
) -> None:
    """A line of text in the middle of a box (widget px), shortened where it doesn't fit."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paper)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(ink)
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width() - 4)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)


def paint_hint(painter: QPainter, text: str, view: Viewport) -> None:
    """A line of text at the lower edge of the canvas."""
    metrics = QFontMetricsF(painter.font())
    width = min(metrics.horizontalAdvance(text) + 24, view.size[0] - 2 * _MARGIN)
    height = metrics.height() + 12
    y = view.size[1] - _MARGIN - height
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_label(painter, text, QRectF((view.size[0] - width) / 2, y, width, height))


class Hint(Overlay):
    """What to do next, at the lower edge of the canvas; nothing while the text is empty."""

    text = Observed[str](lambda hint: hint.repaint.emit())

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self.text:
            paint_hint(painter, self.text, view)
