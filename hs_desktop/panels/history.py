"""The history panel: what was done, by name."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QHBoxLayout, QListView, QWidget

from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import _
from hs_desktop.panels.parts import IconButton, calm_rows, hint, search_field, tight_column

STEPS = Qt.ItemDataRole.UserRole  # how many commands are done at this row


class HistoryPanel(QWidget):
    """The undo stack; a click goes back, or forth again, to that step."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.model = HistoryModel(editor, self)
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self.model)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = search_field(_("Search the history"))
        self.undo = IconButton("undo", _("Undo"))
        self.redo = IconButton("redo", _("Redo"))
        self.view = QListView()
        self.view.setModel(self._proxy)
        calm_rows(self.view)
        self.view.setUniformItemSizes(True)
        self.view.setFrameShape(QListView.Shape.NoFrame)
        self.view.setAccessibleName(_("History"))
        self._empty = hint(_("Nothing done yet. Each step will be listed here."))
        self._build()
        self.search.textChanged.connect(self._filter)
        self.view.clicked.connect(self._jump)
        self.view.activated.connect(self._jump)
        self.undo.clicked.connect(lambda: editor.document.undo())
        self.redo.clicked.connect(lambda: editor.document.redo())
        self._watch = DocumentWatch(editor, self, history=self._follow, replaced=self._follow)
        self._follow()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(6, 4, 6, 4)
        top.setSpacing(2)
        top.addWidget(self.search, 1)
        top.addWidget(self.undo)
        top.addWidget(self.redo)
        column = tight_column(self)
        column.addLayout(top)
        column.addWidget(self._empty, 1)
        column.addWidget(self.view, 1)

    def _filter(self, text: str) -> None:
        self._proxy.setFilterFixedString(text.strip())
        self._show_current()

    def _jump(self, index: QModelIndex) -> None:
        self._editor.document.history.jump(index.data(STEPS))

    def _follow(self) -> None:
        self.model.follow()
        history = self._editor.document.history
        self.undo.setEnabled(history.can_undo)
        self.redo.setEnabled(history.can_redo)
        self._empty.setVisible(not history.names)
        self.view.setVisible(bool(history.names))
        self._show_current()

    def _show_current(self) -> None:
        index = self._proxy.mapFromSource(self.model.index(self._editor.document.history.index, 0))
        self.view.setCurrentIndex(index)
        if index.isValid():
            self.view.scrollTo(index)
        else:
            self.view.clearSelection()


class HistoryModel(QAbstractListModel):
    """Row n: the document after n of the commands that are remembered."""

    def __init__(self, editor: Editor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._names: tuple[str, ...] = ()
        self._index = 0
        self._has_forgotten = False

    def rowCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._names) + 1

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        name = self._names[row - 1] if row else self._beginning
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == STEPS:
            return row
        undone = row > self._index
        if role == Qt.ItemDataRole.ForegroundRole and undone:
            return QGuiApplication.palette().color(
                QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text
            )
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _("{name}, undone").format(name=name) if undone else name
        if role == Qt.ItemDataRole.ToolTipRole:
            if row == 0 and self._has_forgotten:
                return _("Go to the oldest state that the undo memory still holds")
            return _("Go to this step")
        return None

    @property
    def _beginning(self) -> str:
        return _("Earlier steps forgotten") if self._has_forgotten else _("As opened")

    def follow(self) -> None:
        """Take over the history as it is, by as few rows as possible."""
        history = self._editor.document.history
        names, former = history.names, self._names
        same = 0
        while same < min(len(names), len(former)) and names[same] == former[same]:
            same += 1
        if same < len(former):
            self.beginRemoveRows(QModelIndex(), same + 1, len(former))
            self._names = former[:same]
            self.endRemoveRows()
        if same < len(names):
            self.beginInsertRows(QModelIndex(), same + 1, len(names))
            self._names = names
            self.endInsertRows()
        self._index, self._has_forgotten = history.index, history.has_forgotten
        self.dataChanged.emit(self.index(0, 0), self.index(len(names), 0))
