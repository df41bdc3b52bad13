"""The class palette: which class the tools paint with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from engine.labels import CLASSES, ClassInfo
from hs_desktop.editor import Editor
from hs_desktop.following import watch
from hs_desktop.i18n import N_, _
from hs_desktop.panels.parts import IconButton, paint_row, quiet_colour, search_field, tight_column

INFO = Qt.ItemDataRole.UserRole
KEY = Qt.ItemDataRole.UserRole + 1  # in short, as it stands in the row
NAMES = (
    N_("Background"), N_("Hat"), N_("Hair"), N_("Face"), N_("Glasses"), N_("Left eye and brow"),
    N_("Right eye and brow"), N_("Nose"), N_("Mouth"), N_("Ear"), N_("Neck"), N_("Body skin"),
    N_("Upper clothes"), N_("Lower clothes"), N_("Head accessory"), N_("Body accessory"),
)  # fmt: skip


def class_name(class_id: int) -> str:
    """In the user's language."""
    return _(NAMES[class_id])


def key_of(class_id: int) -> str:
    """The key that takes the class, unless the shortcuts say otherwise."""
    return str(class_id) if class_id < 10 else f"Shift+{class_id - 10}"


class ClassesPanel(QWidget):
    """Search, the classes in two columns, and the two classes that ``X`` exchanges."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = editor.tools
        self._proxy = QSortFilterProxyModel(self)
        self._model = _ClassModel(self)
        self._proxy.setSourceModel(self._model)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = search_field(_("Search classes"))
        self.view = _ClassView()
        self.view.setModel(self._proxy)
        self.exchange = IconButton(
            "swap", _("Exchange classes"), _("The current class and the one before (X).")
        )
        self._nothing = QLabel(_("No class has that name."))
        self._nothing.setProperty("muted", True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pair = _Pair(editor)
        self._build()
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._take_first)
        self.view.clicked.connect(self._take)
        self.view.activated.connect(self._take)
        self.exchange.clicked.connect(self._tools.exchange_classes)
        watch(self._tools.changed, self._follow, self)
        self._follow()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(6, 4, 6, 4)
        top.addWidget(self.search, 1)
        top.addWidget(self.pair)
        top.addWidget(self.exchange)
        column = tight_column(self)
        column.addLayout(top)
        column.addWidget(self._nothing, 1)
        column.addWidget(self.view, 1)
        self._nothing.hide()

    def set_keys(self, keys: Sequence[str]) -> None:
        """The keys that take the classes, in their order; empty where there is none."""
        self._model.set_keys(keys)

    def _filter(self, text: str) -> None:
        self._proxy.setFilterFixedString(text.strip())
        found = self._proxy.rowCount() > 0
        self.view.setVisible(found)
        self._nothing.setVisible(not found)
        self._follow()

    def _take(self, index: QModelIndex) -> None:
        info: ClassInfo = index.data(INFO)
        self._tools.class_id = info.id

    def _take_first(self) -> None:
        if self._proxy.rowCount():
            self._take(self._proxy.index(0, 0))
            self.search.clear()

    def _follow(self) -> None:
        self.pair.update()
        self.pair.setAccessibleDescription(
            _("Painting with {first}, to be exchanged with {second}.").format(
                first=class_name(self._tools.class_id), second=class_name(self._tools.swap_class)
            )
        )
        for row in range(self._proxy.rowCount()):
            index = self._proxy.index(row, 0)
            if index.data(INFO).id == self._tools.class_id:
                self.view.setCurrentIndex(index)
                return
        self.view.clearSelection()


class _ClassModel(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._keys = [key_of(info.id) for info in CLASSES]

    def set_keys(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        self.dataChanged.emit(self.index(0, 0), self.index(len(CLASSES) - 1, 0))

    def rowCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(CLASSES)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        info = CLASSES[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return class_name(info.id)
        if role == INFO:
            return info
        key = self._keys[index.row()]
        if role == KEY:
            return key.replace("Shift+", "⇧")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            name = class_name(info.id)
            return _("{name}, key {key}").format(name=name, key=key) if key else name
        return None


class _ClassView(QListView):
    """As many columns as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_ClassDelegate(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(_("Classes"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right,
                 Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space)  # fmt: skip
        if event.key() in moves and self.currentIndex().isValid():
            self.clicked.emit(self.currentIndex())


class _ClassDelegate(QStyledItemDelegate):
    """Colour, name, key."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        # As wide as beside a scroll bar, whether there is one; the view wraps a pixel early.
        bar = self._view.verticalScrollBar().sizeHint().width()
        width = self._view.maximumViewportSize().width() - bar - 1
        height = max(22, option.fontMetrics.height() + 6)
        return QSize(width // max(1, width // 140) if width > 0 else 140, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        info: ClassInfo = index.data(INFO)
        row, palette = option.rect, option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        text = paint_row(painter, option)
        swatch = QRect(row.left() + 6, row.center().y() - 6, 13, 13)
        paint_swatch(painter, swatch, QColor(*info.colour), palette)
        key = index.data(KEY)
        metrics = option.fontMetrics
        wide = metrics.horizontalAdvance(key)
        key_rect = QRect(row.right() - wide - 5, row.top(), wide, row.height())
        painter.setPen(text if selected else quiet_colour(palette))
        painter.drawText(key_rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, key)
        left = swatch.right() + 7
        area = QRect(left, row.top(), key_rect.left() - 4 - left, row.height())
        painter.setPen(text)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, area.width()),
        )  # fmt: skip
        painter.restore()


class _Pair(QWidget):
    """The current class over the one that it is exchanged with."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._tools = editor.tools
        self.setFixedSize(30, 24)
        self.setAccessibleName(_("Current class"))

    def paintEvent(self, event: object) -> None:
        with QPainter(self) as painter:
            for class_id, at in ((self._tools.swap_class, 12), (self._tools.class_id, 2)):
                rect = QRect(at, 1 + at // 2, 15, 15)
                paint_swatch(painter, rect, QColor(*CLASSES[class_id].colour), self.palette())

    def event(self, event: Any) -> bool:
        if event.type() == event.Type.ToolTip:
            self.setToolTip(self.accessibleDescription())
        return super().event(event)


def paint_swatch(painter: QPainter, rect: QRect, colour: QColor, palette: QPalette) -> None:
    """A square of a class's colour, with a rim that shows on any ground."""
    painter.fillRect(rect, palette.color(QPalette.ColorRole.Text))
    painter.fillRect(rect.adjusted(1, 1, -1, -1), colour)
