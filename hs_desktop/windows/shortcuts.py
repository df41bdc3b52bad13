"""The page of the preferences on which keys are given to actions."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hs_desktop.canvas.keys import KeyRow, native, sequences_of
from hs_desktop.i18n import _
from hs_desktop.panels.parts import search_field
from hs_desktop.windows.action_set import ActionSet, conflicts, plain
from hs_desktop.windows.actions import SHORTCUTS, ActionRow, groups

_ID = Qt.ItemDataRole.UserRole
_PORTABLE = QKeySequence.SequenceFormat.PortableText
_ROWS: dict[str, ActionRow | KeyRow] = {row.id: row for row in SHORTCUTS}


class ShortcutsPage(QWidget):
    """Searches actions and changes their shortcuts; what is changed counts at once."""

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: list[QTreeWidgetItem] = []
        self._search = search_field(_("Search actions and keys"))
        self._search.textChanged.connect(self._filter)
        self._tree = QTreeWidget()
        self._tree.setHeaderLabels([_("Action"), _("Shortcut")])
        self._tree.setUniformRowHeights(True)
        self._tree.setAccessibleName(_("Actions"))
        self._tree.header().setStretchLastSection(False)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        self._tree.currentItemChanged.connect(self._choose)
        self._keys = QKeySequenceEdit()
        self._keys.setMaximumSequenceLength(1)
        self._keys.setClearButtonEnabled(True)
        self._keys.setAccessibleName(_("Press the new shortcut"))
        self._keys.setToolTip(_("Click here and press the keys"))
        self._keys.editingFinished.connect(self._set)
        self._reset = QPushButton(_("&Reset"))
        self._reset.setToolTip(_("The chosen action's first shortcut"))
        self._reset.clicked.connect(self._reset_chosen)
        reset_all = QPushButton(_("Reset &all"))
        reset_all.clicked.connect(self._reset_all)
        for button in (self._reset, reset_all):
            button.setAutoDefault(False)
        self._conflicts = QLabel()
        self._conflicts.setWordWrap(True)
        self._conflicts.setAccessibleName(_("Conflicts"))
        row = QHBoxLayout()
        label = QLabel(_("&Shortcut:"))
        label.setBuddy(self._keys)
        row.addWidget(label)
        row.addWidget(self._keys, 1)
        row.addWidget(self._reset)
        row.addWidget(reset_all)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 10)
        column.addWidget(self._search)
        column.addWidget(self._tree, 1)
        column.addLayout(row)
        column.addWidget(self._conflicts)
        self._fill()
        self._show()

    def _fill(self) -> None:
        height = self.fontMetrics().height() + 8
        for title, rows in groups():
            group = QTreeWidgetItem([plain(_(title))])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setSizeHint(0, QSize(0, height))  # all rows get that of the first
            self._tree.addTopLevelItem(group)
            self._groups.append(group)
            group.setExpanded(True)
            for row in rows:
                item = QTreeWidgetItem([plain(_(row.text))])
                item.setData(0, _ID, str(row.id))
                if row.help:
                    item.setToolTip(0, _(row.help))
                group.addChild(item)
                self._items[row.id] = item
        self._tree.setColumnWidth(1, 190)
        self._tree.setCurrentItem(next(iter(self._items.values())))

    def _show(self) -> None:
        """The shortcuts as they are; those that several actions share in another colour."""
        shortcuts = self._actions.shortcuts
        shared = conflicts(shortcuts)
        troubled = {action_id for ids in shared.values() for action_id in ids}
        for action_id, item in self._items.items():
            item.setText(1, ", ".join(native(shortcuts[action_id])))
            font = item.font(1)
            font.setBold(shortcuts[action_id] != _ROWS[action_id].shortcut)
            item.setFont(1, font)
            brush = item.foreground(0)
            if action_id in troubled:
                brush.setColor(QColor("#c8452e"))
                brush.setStyle(Qt.BrushStyle.SolidPattern)
            item.setForeground(1, brush)
        sentences = [
            _("{keys} is the shortcut of {names}: give all but one of them another.").format(
                keys=", ".join(native(keys)),
                names=_(" and ").join(plain(_(_ROWS[i].text)) for i in ids),
            )
            for keys, ids in shared.items()
        ]
        self._conflicts.setText("\n".join(sentences))
        self._conflicts.setVisible(bool(sentences))
        if (chosen := self._tree.currentItem()) is not None:
            self._column.activate()  # what is told takes room from the rows
            self._tree.scrollToItem(chosen)

    @property
    def _chosen(self) -> ActionRow | KeyRow | None:
        item = self._tree.currentItem()
        return None if item is None else _ROWS.get(item.data(0, _ID))

    def _choose(self) -> None:
        row = self._chosen
        self._keys.setEnabled(row is not None)
        self._reset.setEnabled(row is not None)
        shortcut = "" if row is None else self._actions.shortcuts[row.id]
        self._keys.blockSignals(True)
        sequences = sequences_of(shortcut)
        self._keys.setKeySequence(sequences[0] if sequences else QKeySequence())
        self._keys.blockSignals(False)

    def _set(self) -> None:
        row = self._chosen
        if row is None:
            return
        shortcut = self._keys.keySequence().toString(_PORTABLE)
        former = sequences_of(self._actions.shortcuts[row.id])
        if shortcut != (former[0].toString(_PORTABLE) if former else ""):
            self._actions.set_shortcuts({row.id: shortcut})
            self._show()

    def _reset_chosen(self) -> None:
        row = self._chosen
        if row is not None:
            self._actions.set_shortcuts({row.id: row.shortcut})
            self._show()
            self._choose()

    def _reset_all(self) -> None:
        self._actions.set_shortcuts({row.id: row.shortcut for row in SHORTCUTS})
        self._show()
        self._choose()

    def _filter(self, text: str) -> None:
        wanted = text.casefold()
        for group in self._groups:
            shown = 0
            for at in range(group.childCount()):
                item = group.child(at)
                fits = any(wanted in item.text(column).casefold() for column in (0, 1))
                item.setHidden(not fits)
                shown += fits
            group.setHidden(not shown)
