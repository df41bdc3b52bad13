"""How a layer's row looks, and what is pressed in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import N_, _, translated
from hs_desktop.icons import icon
from hs_desktop.panels.layer_model import ALONE, LAYER, kind_of
from hs_desktop.panels.parts import paint_row, quiet_colour

_ROW, _HEAD = 32, 24  # heights of a layer's row and of a stack's
_THUMB, _ICON, _GAP = 28, 16, 6


class Part(StrEnum):
    """What can be pressed in a row."""

    EYE = "eye"
    STAR = "star"
    LOCK = "lock"
    SOLO = "solo"


HELPS = {
    Part.EYE: N_("Show or hide"),
    Part.STAR: N_("Starred variations are never cleared away"),
    Part.LOCK: N_("Protect from changes"),
    Part.SOLO: N_("Show alone, or all again"),
}


class LayerDelegate(QStyledItemDelegate):
    """Eye, thumbnail, name and kind, star, lock, solo."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._side: Side | None = None

    def set_side(self, side: Side) -> None:
        """The side that is worked on: its row is marked."""
        self._side = side

    # --- places --------------------------------------------------------------------------------

    def part_rect(self, part: Part, row: QRect) -> QRect:
        """Where a part is in a row's rectangle."""
        if part is Part.EYE:
            left = row.left() + 2
        else:
            place = (Part.SOLO, Part.LOCK, Part.STAR).index(part) + 1
            left = row.right() - 3 - place * (_ICON + 4)
        return QRect(left, row.center().y() - 10, _ICON + 4, 20)

    def _thumb_rect(self, row: QRect) -> QRect:
        left = self.part_rect(Part.EYE, row).right() + _GAP
        return QRect(left, row.center().y() - _THUMB // 2, _THUMB, _THUMB)

    def name_rect(self, row: QRect) -> QRect:
        left = self._thumb_rect(row).right() + _GAP + 2
        right = self.part_rect(Part.STAR, row).left() - 2
        return QRect(left, row.top(), right - left, row.height())

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        return QSize(120, _HEAD if index.data(LAYER) is None else _ROW)

    # --- painting ------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        layer = index.data(LAYER)
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        row, palette = option.rect, option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        text = paint_row(painter, option)
        quiet = QColor(text) if selected else quiet_colour(palette)
        if layer is None:
            font = whole.font
            font.setBold(index.model().side_of(index) is self._side)
            painter.setFont(font)
            painter.setPen(text)
            painter.drawText(
                row.adjusted(4, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, str(index.data())
            )
        else:
            self._paint_layer(painter, whole, index, layer, text, quiet)
        painter.restore()

    def _paint_layer(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: Any,
        layer: Layer,
        text: QColor,
        quiet: QColor,
    ) -> None:
        row = option.rect
        hover = option.state & QStyle.StateFlag.State_MouseOver
        self._icon(painter, row, Part.EYE, "eye" if layer.visible else "eye-off", text,
                   1.0 if layer.visible else 0.45)  # fmt: skip
        thumb = index.data(Qt.ItemDataRole.DecorationRole)
        painter.setOpacity(1.0 if layer.visible else 0.4)
        _paint_thumbnail(painter, self._thumb_rect(row), thumb)
        painter.setOpacity(1.0)
        alone, starred = bool(index.data(ALONE)), isinstance(layer, Variation) and layer.starred
        right = row.right() - 4
        for part, name, on in (
            (Part.SOLO, "solo", alone),
            (Part.LOCK, "lock" if layer.locked else "unlock", layer.locked),
            (Part.STAR, "star-full" if starred else "star", starred),
        ):
            if part is Part.STAR and not isinstance(layer, Variation):
                continue
            if on or hover:
                self._icon(painter, row, part, name, text, 1.0 if on else 0.45)
                right = self.part_rect(part, row).left() - 2
        area, font = self.name_rect(row), option.font
        area.setRight(right)
        metrics, title = QFontMetrics(font), translated(layer.name)
        elide = Qt.TextElideMode.ElideRight
        upper = QRect(area.left(), area.top(), area.width(), area.height() // 2 + 1)
        lower = QRect(area.left(), upper.bottom(), area.width(), area.height() // 2 - 2)
        painter.setPen(text if layer.visible else quiet)
        painter.drawText(upper, Qt.AlignmentFlag.AlignBottom,
                         metrics.elidedText(title, elide, area.width()))  # fmt: skip
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        painter.setPen(quiet)
        words = kind_of(layer)
        if layer.opacity < 1:
            words += " · " + _("{percent} %").format(percent=round(100 * layer.opacity))
        painter.drawText(lower, Qt.AlignmentFlag.AlignTop,
                         QFontMetrics(font).elidedText(words, elide, area.width()))  # fmt: skip

    def _icon(
        self, painter: QPainter, row: QRect, part: Part, name: str, colour: QColor, opacity: float
    ) -> None:
        rect = self.part_rect(part, row)
        painter.setOpacity(opacity)
        icon(name, colour).paint(painter, rect.adjusted(2, 2, -2, -2))
        painter.setOpacity(1.0)

    # --- what lies where -----------------------------------------------------------------------

    def part_at(self, at: QPoint, row: QRect, index: Any) -> Part | None:
        """What can be pressed there in a layer's row."""
        layer = index.data(LAYER)
        for part in Part:
            if layer is None or (part is Part.STAR and not isinstance(layer, Variation)):
                continue
            if self.part_rect(part, row).contains(at):
                return part
        return None

    def helpEvent(self, event: Any, view: Any, option: QStyleOptionViewItem, index: Any) -> bool:
        part = self.part_at(event.pos(), option.rect, index)
        if part is None:
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), _(HELPS[part]), view)
        return True

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Any
    ) -> None:
        area = self.name_rect(option.rect)
        height = min(editor.sizeHint().height(), area.height())
        editor.setGeometry(area.left() - 2, area.center().y() - height // 2, area.width(), height)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Any) -> QWidget:
        editor = super().createEditor(parent, option, index)
        editor.setAccessibleName(_("Name of the layer"))
        return editor


def _paint_thumbnail(painter: QPainter, rect: QRect, pixmap: QPixmap | None) -> None:
    """In the middle of ``rect``, as large as it fits."""
    palette = QApplication.palette()
    if pixmap is None:
        painter.fillRect(rect, palette.color(QPalette.ColorRole.AlternateBase))
        return
    size = pixmap.size().scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRect(rect.topLeft(), size)
    target.moveCenter(rect.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(target, pixmap)
