"""The layers panel: three stacks, and what is done to a layer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QSpinBox,
    QTreeView,
    QWidget,
)

from hs_desktop import edits
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import _
from hs_desktop.panels.layer_delegate import LayerDelegate, Part
from hs_desktop.panels.layer_model import LayerModel
from hs_desktop.panels.parts import IconButton, add_to_menu, attempt, do, hint, tight_column


class LayersPanel(QWidget):
    """Result, head and body, each with its layers from the top to the bottom."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._following = False
        self.model = LayerModel(editor, self)
        self.view = LayerView(editor, self.model)
        self.view.part_pressed.connect(self._press)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.percent = QSpinBox()
        self.percent.setRange(0, 100)
        self.percent.setSuffix(_(" %"))
        self.percent.setKeyboardTracking(False)
        self._empty = hint(_("Drop a head and a body photo on the canvas."))
        self._build()
        self.opacity.valueChanged.connect(self._set_opacity)
        self.opacity.sliderReleased.connect(lambda: editor.document.history.seal())
        self.percent.valueChanged.connect(self._set_opacity)
        self.percent.editingFinished.connect(lambda: editor.document.history.seal())
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        editor.active_changed.connect(self.follow)
        # After the model, which has connected before: the rows are there already.
        self._watch = DocumentWatch(editor, self, history=self.follow, replaced=self.follow)
        self.follow()

    def _build(self) -> None:
        for widget in (self.opacity, self.percent):
            widget.setAccessibleName(_("Opacity of the layer"))
            widget.setToolTip(_("Opacity of the layer"))
        self.opacity.setMinimumWidth(60)
        self._opacity_label = QLabel(_("Opacity"))
        self._opacity_label.setContentsMargins(0, 0, 4, 0)
        editor = self._editor
        self.buttons = {
            "up": IconButton("up", _("Move the layer up")),
            "down": IconButton("down", _("Move the layer down")),
            "duplicate": IconButton("duplicate", _("Duplicate the layer")),
            "delete": IconButton("trash", _("Delete the layer")),
        }
        self.buttons["up"].clicked.connect(lambda: self._do(lambda: edits.move_layer(editor, 1)))
        self.buttons["down"].clicked.connect(lambda: self._do(lambda: edits.move_layer(editor, -1)))
        self.buttons["duplicate"].clicked.connect(
            lambda: self._do(lambda: edits.duplicate_layer(editor))
        )
        self.buttons["delete"].clicked.connect(lambda: self._do(lambda: edits.delete_layer(editor)))
        bottom = QHBoxLayout()
        bottom.setContentsMargins(4, 2, 4, 2)
        bottom.setSpacing(2)
        bottom.addWidget(self.buttons["up"])
        bottom.addWidget(self.buttons["down"])
        bottom.addSpacing(6)
        bottom.addWidget(self._opacity_label)
        bottom.addWidget(self.opacity, 1)
        bottom.addWidget(self.percent)
        bottom.addSpacing(6)
        bottom.addWidget(self.buttons["duplicate"])
        bottom.addWidget(self.buttons["delete"])
        column = tight_column(self)
        column.addWidget(self._empty, 1)
        column.addWidget(self.view, 1)
        column.addLayout(bottom)

    # --- following the editor ------------------------------------------------------------------

    def follow(self) -> None:
        """Show what is worked on."""
        editor = self._editor
        some = any(len(editor.document.state.stack(side)) for side in Side)
        self._empty.setVisible(not some)  # first: the view scrolls as if it had its room already
        self.view.setVisible(some)
        self._following = True
        self.view.show_active()
        layer = edits.active_layer(editor)
        for widget in (
            self._opacity_label, self.opacity, self.percent, *self.buttons.values()
        ):  # fmt: skip
            widget.setEnabled(layer is not None)
        percent = 100 if layer is None else round(100 * layer.opacity)
        self.opacity.setValue(percent)
        self.percent.setValue(percent)
        if layer is not None:
            stack = editor.document.state.stack(editor.side)
            at = stack.index(layer.id)
            self.buttons["up"].setEnabled(at < len(stack) - 1)
            self.buttons["down"].setEnabled(at > 0)
            self.buttons["delete"].setEnabled(not layer.locked)
        self._following = False

    def _current_changed(self, current: QModelIndex) -> None:
        layer = self.model.layer_of(current)
        if layer is None or self._following or self.model.is_changing:
            return  # rows come and go: the editor says what is active then
        self._editor.activate(self.model.side_of(current), layer.id)

    # --- what is done --------------------------------------------------------------------------

    def _do(self, work: Callable[[], object]) -> None:
        attempt(self._editor, work)

    def _set_opacity(self, percent: int) -> None:
        layer = edits.active_layer(self._editor)
        if self._following or layer is None or round(100 * layer.opacity) == percent:
            return
        do(self._editor, commands.change_layer(layer.id, opacity=percent / 100))

    def _press(self, part: Part, index: QModelIndex) -> None:
        layer = self.model.layer_of(index)
        if layer is not None:
            self._toggle(part, layer)

    def _toggle(self, part: Part, layer: Layer) -> None:
        document = self._editor.document
        if part is Part.EYE:
            do(self._editor, commands.change_layer(layer.id, visible=not layer.visible))
        elif part is Part.LOCK:
            do(self._editor, commands.change_layer(layer.id, locked=not layer.locked))
        elif part is Part.STAR and isinstance(layer, Variation):
            do(self._editor, commands.change_layer(layer.id, starred=not layer.starred))
        elif part is Part.SOLO:
            side = document.state.side_of(layer.id)
            alone = document.state.stack(side).solo == layer.id
            do(self._editor, commands.show_all(side) if alone else commands.show_alone(layer.id))

    def _apply(self, variation_id: str) -> None:
        self._do(lambda: edits.apply_variation(self._editor, variation_id))

    def menu(self) -> QMenu | None:
        """For the active layer; ``None`` where there is none."""
        editor, layer = self._editor, edits.active_layer(self._editor)
        if layer is None:
            return None
        solo = editor.document.state.stack(editor.side).solo == layer.id
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        index = self.model.index_of(editor.side, layer.id)

        def toggled(part: Part) -> Callable[[], object]:
            return lambda: self._toggle(part, layer)

        rows: list[tuple[str, str, Callable[[], object], bool] | None] = [
            ("", _("Rename"), lambda: self.view.edit(index), True),
            ("duplicate", _("Duplicate"), self.buttons["duplicate"].click, True),
            ("trash", _("Delete"), self.buttons["delete"].click, not layer.locked),
            None,
            ("eye-off" if layer.visible else "eye", _("Hide") if layer.visible else _("Show"),
             toggled(Part.EYE), True),
            ("solo", _("Show all") if solo else _("Show alone"), toggled(Part.SOLO), True),
            ("unlock" if layer.locked else "lock", _("Unlock") if layer.locked else _("Lock"),
             toggled(Part.LOCK), True),
        ]  # fmt: skip
        if isinstance(layer, Variation):
            text = _("Remove star") if layer.starred else _("Star")
            rows.append(("star" if layer.starred else "star-full", text, toggled(Part.STAR), True))
            rows.append(("check", _("Apply"), lambda: self._apply(layer.id), True))
        for row in rows:
            if row is None:
                menu.addSeparator()
            else:
                name, text, run, enabled = row
                add_to_menu(menu, name, text, run, enabled=enabled)
        return menu

    def _open_menu(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        layer = self.model.layer_of(index)
        if layer is not None:
            self._editor.activate(self.model.side_of(index), layer.id)
            if (menu := self.menu()) is not None:
                menu.popup(self.view.viewport().mapToGlobal(at))


class LayerView(QTreeView):
    """The tree.

    Signals:
        part_pressed: a ``Part`` of a row, and the layer's index.
    """

    part_pressed = Signal(object, QModelIndex)

    def __init__(self, editor: Editor, model: LayerModel) -> None:
        super().__init__()
        self._editor, self._layers = editor, model
        self.delegate = LayerDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setModel(model)
        model.modelReset.connect(self.expandAll)
        self.expandAll()
        self.setHeaderHidden(True)
        self.setIndentation(10)
        self.setMouseTracking(True)
        self.setUniformRowHeights(False)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setExpandsOnDoubleClick(False)
        self.setAccessibleName(_("Layers"))
        self.setAccessibleDescription(
            _("F2 renames, Delete deletes, Alt with the arrow keys moves the layer.")
        )

    def show_active(self) -> None:
        """Mark what the editor works on."""
        model, editor = self._layers, self._editor
        self.delegate.set_side(editor.side)
        index = model.index_of(editor.side, editor.layer_id)
        if index != self.currentIndex():
            self.scrollTo(index.parent())  # which picture it belongs to, if there is room
            self.setCurrentIndex(index)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        row = self.visualRect(index)
        part = self.delegate.part_at(at, row, index) if index.isValid() else None
        left = event.button() == Qt.MouseButton.LeftButton
        if left and part is not None:
            self.part_pressed.emit(part, index)
        elif left and index.isValid() and not index.parent().isValid() and row.contains(at):
            self._editor.activate(self._layers.side_of(index))
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        if index.isValid() and self.delegate.part_at(at, self.visualRect(index), index) is not None:
            self.mousePressEvent(event)  # a quick second press, no double click
        else:
            super().mouseDoubleClickEvent(event)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """From layer to layer, past the stacks' own rows."""
        backwards = action in (
            QAbstractItemView.CursorAction.MoveUp, QAbstractItemView.CursorAction.MovePrevious,
            QAbstractItemView.CursorAction.MovePageUp,
        )  # fmt: skip
        index = super().moveCursor(action, modifiers)
        while index.isValid() and not index.parent().isValid():
            index = self.indexAbove(index) if backwards else self.indexBelow(index)
        return index if index.isValid() else self.currentIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editor, alt = self._editor, event.modifiers() == Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Delete:
            attempt(editor, lambda: edits.delete_layer(editor))
        elif alt and event.key() == Qt.Key.Key_Up:
            attempt(editor, lambda: edits.move_layer(editor, 1))
        elif alt and event.key() == Qt.Key.Key_Down:
            attempt(editor, lambda: edits.move_layer(editor, -1))
        elif event.key() == Qt.Key.Key_Space:
            attempt(editor, lambda: edits.toggle_visible(editor))
        else:
            super().keyPressEvent(event)
