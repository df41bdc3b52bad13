"""How a result, or one that is being made, looks in the strip."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hs_desktop.icons import icon
from hs_desktop.panels.parts import quiet_colour
from hs_desktop.panels.variation_model import ROW, Forming

_MARGIN, _STAR, _BAR = 4, 16, 3


class VariationDelegate(QStyledItemDelegate):
    """The picture, its name below, a star in the corner, a rim round what is applied.

    Attributes:
        height: of an item, widget px.
        compared: ids of the two that are seen side by side.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.height = 100
        self.compared: tuple[str, ...] = ()

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        line = option.fontMetrics.height()
        return QSize(max(72, self.height - line + 4), self.height)

    def star_rect(self, item: QRect) -> QRect:
        """Where the star is pressed."""
        return QRect(item.right() - _MARGIN - _STAR - 3, item.top() + _MARGIN + 3, _STAR, _STAR)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        row = index.data(ROW)
        item, palette = option.rect, option.palette
        state, metrics = option.state, option.fontMetrics
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hover = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if selected:
            painter.fillRect(
                item.adjusted(1, 1, -1, -1), palette.color(QPalette.ColorRole.Highlight)
            )
        elif hover:
            painter.fillRect(
                item.adjusted(1, 1, -1, -1), palette.color(QPalette.ColorRole.AlternateBase)
            )
        line = metrics.height()
        inner = item.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        place = inner.adjusted(0, 0, 0, -line - 2)
        caption = QRect(inner.left(), place.bottom() + 2, inner.width(), line)
        picture = _fitted(painter, place, index.data(Qt.ItemDataRole.DecorationRole), palette)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        text = palette.color(role)
        if isinstance(row, Forming):
            bar = QRect(picture.left(), picture.bottom() - _BAR + 1, picture.width(), _BAR)
            painter.fillRect(bar, palette.color(QPalette.ColorRole.Mid))
            bar.setWidth(round(bar.width() * row.fraction))
            painter.fillRect(bar, palette.color(QPalette.ColorRole.Highlight))
            text = quiet_colour(palette)
        else:
            if row.visible:
                painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), 2))
                painter.drawRect(picture)
            if row.starred or hover:
                self._star(painter, item, row.starred)
            if row.id in self.compared:
                self._letter(painter, picture, "AB"[self.compared.index(row.id)], palette)
        painter.setPen(text)
        words = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, caption.width())
        painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, words)
        painter.restore()

    def _star(self, painter: QPainter, item: QRect, starred: bool) -> None:
        rect = self.star_rect(item)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 140))  # readable on any picture
        painter.drawEllipse(rect.adjusted(-2, -2, 2, 2))
        colour = QColor(255, 205, 80) if starred else QColor(255, 255, 255, 200)
        icon("star-full" if starred else "star", colour).paint(painter, rect.adjusted(1, 1, -1, -1))

    def _letter(self, painter: QPainter, picture: QRect, letter: str, palette: QPalette) -> None:
        place = QRect(picture.topLeft() + QPoint(4, 4), QSize(18, 18))
        painter.fillRect(place, palette.color(QPalette.ColorRole.Accent))
        painter.setPen(palette.color(QPalette.ColorRole.HighlightedText))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, letter)


def _fitted(painter: QPainter, place: QRect, picture: QPixmap | None, palette: QPalette) -> QRect:
    """Paint a picture into the middle of ``place``; where it came to lie."""
    if picture is None:
        painter.fillRect(place, palette.color(QPalette.ColorRole.AlternateBase))
        return place
    size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRect(QPoint(0, 0), size)
    target.moveCenter(place.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(target, picture)
    return target
