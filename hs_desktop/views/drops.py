"""Dropping photos onto a canvas."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from hs_desktop.filetypes import PHOTOS


def dropped_photos(mime: QMimeData) -> list[Path]:
    """The photos among the files that are dragged."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in PHOTOS]


class DropFrame(QWidget):
    """Laid over a canvas while something is dragged over it: where it would go."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = text
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_over(self, size_of: QWidget) -> None:
        self.setGeometry(size_of.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        metrics = QFontMetricsF(self.font())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            tint = QColor(accent)
            tint.setAlphaF(0.25)
            painter.setBrush(tint)
            painter.setPen(QPen(accent, 3))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 6, 6)
            width, height = metrics.horizontalAdvance(self._text) + 28, metrics.height() + 14
            middle = QRectF(self.rect()).center()
            label = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawRoundedRect(label, 5, 5)
            painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, self._text)
