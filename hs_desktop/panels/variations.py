"""The variations panel: a strip of results that form before one's eyes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QListView,
    QMenu,
    QWidget,
)

from hs_desktop import edits
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import _
from hs_desktop.panels.parts import IconButton, add_to_menu, attempt, do, hint
from hs_desktop.panels.variation_delegate import VariationDelegate
from hs_desktop.panels.variation_model import ROW, VariationModel

Key = Qt.Key


class VariationsPanel(QWidget):
    """A click applies a result, Ctrl and a click chooses another one to compare it with.

    Signals:
        export_requested: this ``Variation`` shall be written to a file.
    """

    export_requested = Signal(object)

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._shown: str | None = None
        self.model = VariationModel(editor, self)
        self.view = VariationView(self.model)
        self._empty = hint("")
        self.star = IconButton("star", _("Star"), _("Starred variations are never cleared away."))
        self.compare = IconButton(
            "compare", _("Compare"),
            _("Two variations side by side: choose the second one with Ctrl and a click."),
            checkable=True,
        )  # fmt: skip
        self.again = IconButton("next", _("Same settings, next seed"))
        self.export = IconButton("export", _("Export this variation…"))
        self.delete = IconButton("trash", _("Delete"))
        self._build()
        self.view.chosen.connect(self.apply)
        self.view.key.connect(self._key)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.view.selectionModel().selectionChanged.connect(self._follow_buttons)
        self.model.added.connect(lambda row: self.view.scrollTo(self.model.index(row, 0)))
        self.model.rowsInserted.connect(self._follow)
        self.model.rowsRemoved.connect(self._follow)
        self.star.clicked.connect(self._star)
        self.compare.clicked.connect(self._compare)
        self.again.clicked.connect(self._again)
        self.export.clicked.connect(self._export)
        self.delete.clicked.connect(self._delete)
        editor.compared_changed.connect(self._follow_compared)
        self._watch = DocumentWatch(editor, self, history=self._follow, replaced=self._follow)
        self._follow()

    def _build(self) -> None:
        buttons = QGridLayout()
        buttons.setContentsMargins(4, 4, 4, 4)
        buttons.setSpacing(2)
        for at, button in enumerate(
            (self.star, self.compare, self.again, self.export, self.delete)
        ):
            buttons.addWidget(button, at % 3, at // 3)
        buttons.setRowStretch(3, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(buttons)
        row.addWidget(self._empty, 1)
        row.addWidget(self.view, 1)

    # --- following -----------------------------------------------------------------------------

    def _follow(self) -> None:
        """What is shown from now on is selected."""
        some = self.model.rowCount() > 0
        self.view.setVisible(some)
        self._empty.setVisible(not some)
        self._empty.setText(
            _("Results will line up here: press Swap to make the first one.")
            if self._editor.document.has_photos
            else _("Results will line up here. Open a head and a body photo, then press Swap.")
        )
        shown = [row.id for row in self.model.rows if isinstance(row, Variation) and row.visible]
        newest = shown[-1] if shown else None
        if newest is not None and (newest != self._shown or not self.selected()):
            self.view.select_only(self.model.index_of(newest))
        self._shown = newest
        self._follow_buttons()

    def _follow_buttons(self) -> None:
        chosen = self.selected()
        one = chosen[0] if len(chosen) == 1 else None
        self.star.setEnabled(bool(chosen))
        starred = bool(chosen) and all(variation.starred for variation in chosen)
        self.star.themed.show("star-full" if starred else "star")
        self.again.setEnabled(one is not None)
        self.export.setEnabled(one is not None)
        self.delete.setEnabled(any(not variation.locked for variation in chosen))
        self.compare.setEnabled(len(chosen) == 2 or self._editor.compared is not None)

    def _follow_compared(self) -> None:
        self.compare.setChecked(self._editor.compared is not None)
        self.view.delegate.compared = self._editor.compared or ()
        self.view.viewport().update()
        self._follow_buttons()

    def selected(self) -> list[Variation]:
        """In the order of the strip."""
        indexes = sorted(self.view.selectedIndexes(), key=lambda index: index.row())
        rows = [self.model.rows[index.row()] for index in indexes]
        return [row for row in rows if isinstance(row, Variation)]

    # --- what is done --------------------------------------------------------------------------

    def apply(self, index: QModelIndex) -> None:
        """Show this one and no other."""
        variation = self.model.rows[index.row()]
        if isinstance(variation, Variation):
            attempt(self._editor, lambda: edits.apply_variation(self._editor, variation.id))

    def _star(self) -> None:
        chosen = self.selected()
        starred = not all(variation.starred for variation in chosen)
        with self._editor.document.history.group(_("Change star")):
            for variation in chosen:
                if variation.starred != starred:
                    do(self._editor, commands.change_layer(variation.id, starred=starred))

    def _compare(self) -> None:
        chosen = self.selected()
        if self._editor.compared is None and len(chosen) == 2:
            self._editor.compare((chosen[0].id, chosen[1].id))
            self._editor.activate(Side.RESULT)
        else:
            self._editor.compare(None)
        self._follow_compared()

    def _again(self) -> None:
        chosen = self.selected()
        if len(chosen) == 1:
            self._editor.swap_again(chosen[0].id)

    def _delete(self) -> None:
        with self._editor.document.history.group(_("Delete variations")):
            for variation in self.selected():
                do(self._editor, commands.remove_layer(variation.id))

    def _export(self) -> None:
        chosen = self.selected()
        if len(chosen) == 1:
            self.export_requested.emit(chosen[0])

    def _key(self, key: int) -> None:
        done: dict[int, Callable[[], object]] = {
            Key.Key_Delete: self._delete, Key.Key_S: self._star, Key.Key_C: self._compare,
            Key.Key_N: self._again,
        }  # fmt: skip
        done[key]()

    def menu(self) -> QMenu | None:
        """For what is selected; ``None`` where nothing is."""
        chosen = self.selected()
        if not chosen:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        one, two = len(chosen) == 1, len(chosen) == 2
        starred = all(variation.starred for variation in chosen)
        index = self.model.index_of(chosen[0].id)
        add_to_menu(menu, "check", _("Apply"), lambda: self.apply(index), enabled=one)
        add_to_menu(menu, "star" if starred else "star-full",
                    _("Remove star") if starred else _("Star"), self._star)  # fmt: skip
        add_to_menu(menu, "compare", _("Compare"), self._compare, enabled=two)
        menu.addSeparator()
        add_to_menu(menu, "next", _("Same settings, next seed"), self._again, enabled=one)
        add_to_menu(menu, "export", _("Export…"), self._export, enabled=one)
        add_to_menu(menu, "trash", _("Delete"), self._delete, enabled=self.delete.isEnabled())
        return menu

    def _open_menu(self, at: QPoint) -> None:
        if (menu := self.menu()) is not None:
            menu.popup(self.view.viewport().mapToGlobal(at))


class VariationView(QListView):
    """A line of items, as high as the panel.

    Signals:
        chosen: an index that was clicked, or Enter pressed on it.
        key: one of ``KEYS`` was pressed.
    """

    KEYS = Key.Key_Delete, Key.Key_S, Key.Key_C, Key.Key_N

    chosen = Signal(QModelIndex)
    key = Signal(int)

    def __init__(self, model: VariationModel) -> None:
        super().__init__()
        self.delegate = VariationDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setModel(model)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(_("Variations"))
        self.setAccessibleDescription(
            _(
                "Enter applies, Ctrl with the arrow keys and Space chooses others, S stars, "
                "C compares two, N makes the next seed, Delete deletes."
            )
        )

    def select_only(self, index: QModelIndex) -> None:
        """Whatever keys are held, which ``setCurrentIndex`` would go by."""
        flag = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect)

    def resizeEvent(self, event: QResizeEvent) -> None:
        bar = self.horizontalScrollBar().sizeHint().height()
        self.delegate.height = max(60, self.height() - bar - 6)
        self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        left = event.button() == Qt.MouseButton.LeftButton
        row = index.data(ROW)
        on_star = self.delegate.star_rect(self.visualRect(index)).contains(at)
        if left and on_star and isinstance(row, Variation):
            self.select_only(index)
            self.key.emit(Key.Key_S)
            return
        super().mousePressEvent(event)
        if left and isinstance(row, Variation) and not event.modifiers():
            self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        # These keys are ours while the strip has the focus, whatever they do elsewhere.
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        return (event.key() in self.KEYS and not event.modifiers()) or self._is_choosing(event)

    @staticmethod
    def _is_choosing(event: QKeyEvent) -> bool:
        """As in any list: ctrl moves on without choosing, and with space takes one more."""
        moves = Key.Key_Left, Key.Key_Right, Key.Key_Space
        return event.key() in moves and event.modifiers() == Qt.KeyboardModifier.ControlModifier

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_choosing(event):
            super().keyPressEvent(event)
        elif event.key() in (Key.Key_Return, Key.Key_Enter, Key.Key_Space):
            if self.currentIndex().isValid():
                self.chosen.emit(self.currentIndex())
        elif self._is_ours(event):
            self.key.emit(event.key())
        else:
            super().keyPressEvent(event)
