"""The names of the classes in a corner of the canvas."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from engine.labels import CLASSES, ClassInfo, SemanticClass
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Viewport
from hs_desktop.document.events import Change, What
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch, watch
from hs_desktop.i18n import _
from hs_desktop.observed import Observed
from hs_desktop.views.classes_present import ClassesPresent
from hs_desktop.views.look import LayoutLook
from hs_desktop.views.side_view import SideView

_MARGIN, _PADDING, _SWATCH, _GAP = 12.0, 9.0, 11.0, 7.0  # widget px
_LARGEST = 1 / 8  # of the canvas
_PAUSE = 150  # ms after a change until classes are counted again


class Legend(Overlay):
    """Lists classes, in their order, in the bottom left corner."""

    classes = Observed[tuple[ClassInfo, ...]](lambda legend: legend.repaint.emit())

    def __init__(self) -> None:
        super().__init__()
        self.classes = ()

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if not self.classes:
            return
        names = tuple(_(info.name).capitalize() for info in self.classes)
        picture = _picture(self.classes, names, QFont(painter.font()), view.dpr)
        size = picture.deviceIndependentSize()
        if size.width() * size.height() > _LARGEST * view.size[0] * view.size[1]:
            return  # it would hide what it is about
        top = math.floor((view.size[1] - _MARGIN - size.height()) * view.dpr) / view.dpr
        painter.drawImage(QPointF(_MARGIN, top), picture)


@lru_cache(maxsize=4)  # one for each view: nothing of it changes while somebody paints
def _picture(
    classes: tuple[ClassInfo, ...], names: tuple[str, ...], font: QFont, dpr: float
) -> QImage:
    """The legend alone."""
    metrics = QFontMetricsF(font)
    row = max(metrics.height(), _SWATCH) + 3
    width = max(metrics.horizontalAdvance(name) for name in names)
    width = math.ceil(width + 2 * _PADDING + _SWATCH + _GAP)
    height = math.ceil(len(names) * row + 2 * _PADDING - 3)
    image = QImage(
        math.ceil(width * dpr), math.ceil(height * dpr), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.setDevicePixelRatio(dpr)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 22, 190))
        painter.drawRoundedRect(QRectF(0, 0, width, height), 5, 5)
        for number, (info, name) in enumerate(zip(classes, names, strict=True)):
            top = _PADDING + number * row
            middle = top + (row - 3) / 2
            swatch = QRectF(_PADDING, middle - _SWATCH / 2, _SWATCH, _SWATCH)
            painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
            painter.setBrush(QColor(*info.colour))
            painter.drawRoundedRect(swatch, 2, 2)
            painter.setPen(QColor(235, 235, 238))
            text = QRectF(swatch.right() + _GAP, top, width, row - 3)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, name)
    return image


class LegendKeeper(QObject):
    """Keeps a view's legend at what the topmost layout that is shown holds."""

    def __init__(self, editor: Editor, side_view: SideView, look: LayoutLook) -> None:
        super().__init__(side_view)
        self._editor, self._side_view, self._look = editor, side_view, look
        self._legend = Legend()
        self._present: ClassesPresent | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._count)
        DocumentWatch(editor, self, changed=self._document_changed, replaced=self._count)
        watch(look.changed, self._count, self)
        side_view.view.add_overlay(self._legend)
        self._count()

    @property
    def legend(self) -> Legend:
        return self._legend

    def _document_changed(self, change: Change) -> None:
        if change.side is not self._side_view.side:
            return
        if change.what is What.PIXELS and self._present is not None:
            layer = self._layout()
            if layer is not None and layer.id == change.layer_id and change.plane is not None:
                self._present.touch(change.rects)
        if not self._pause.isActive():
            self._pause.start()

    def _layout(self) -> LayoutLayer | None:
        if not (self._look.visible and self._look.legend and self._look.opacity > 0):
            return None
        shown = self._editor.document.state.stack(self._side_view.side).shown
        layouts = [layer for layer in shown if isinstance(layer, LayoutLayer)]
        return layouts[-1] if layouts else None

    def _count(self) -> None:
        layer = self._layout()
        if layer is None:
            self._legend.classes = ()
            self._present = None  # nobody tells it of what is painted meanwhile
            return
        if self._present is None or self._present.plane is not layer.ids:
            self._present = ClassesPresent(layer.ids)
        ids = self._present.ids() - {int(SemanticClass.BACKGROUND)}
        self._legend.classes = tuple(info for info in CLASSES if int(info.id) in ids)
