"""The three stacks of a document as a tree: result, head, body; the topmost layer first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, Qt

from engine.errors import EngineError
from hs_desktop.document import commands
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, PhotoLayer, PictureLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Level
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import N_, _, translated
from hs_desktop.panels.parts import rearrange
from hs_desktop.panels.thumbnails import Thumbnails

SIDES = Side.RESULT, Side.HEAD, Side.BODY
TITLES = {Side.RESULT: N_("Result"), Side.HEAD: N_("Head"), Side.BODY: N_("Body")}
MIME = "application/x-hs-desktop-layer"
LAYER = Qt.ItemDataRole.UserRole  # the layer; ``None`` for a stack's own row
ALONE = Qt.ItemDataRole.UserRole + 1  # whether only this layer of its stack is shown
_KINDS = {
    PhotoLayer: N_("photo"), LayoutLayer: N_("layout"), MaskLayer: N_("mask"),
    PictureLayer: N_("picture"), Variation: N_("variation"),
}  # fmt: skip
_Index = QModelIndex


def kind_of(layer: Layer) -> str:
    """What a layer is, in the user's language."""
    return _(_KINDS[type(layer)])


class LayerModel(QAbstractItemModel):
    """Rows follow the document by single insertions, removals and moves, so that what is
    selected stays so.

    A layer's index has its side's number, counted from 1, as ``internalId``; a side's own has 0.

    Attributes:
        is_changing: rows come and go just now.
    """

    def __init__(self, editor: Editor, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._rows: dict[Side, list[Layer]] = {side: [] for side in SIDES}
        self.is_changing = False
        self._thumbnails = Thumbnails(editor, self)
        self._thumbnails.made.connect(self._thumbnail_made)
        self._watch = DocumentWatch(editor, self, changed=self._change, replaced=self._reset)
        self._reset()

    # --- places --------------------------------------------------------------------------------

    def index_of(self, side: Side, layer_id: str | None = None) -> QModelIndex:
        """Of a layer, or of the stack's own row; invalid where there is no such layer."""
        if layer_id is None:
            return self.createIndex(SIDES.index(side), 0, 0)
        for row, layer in enumerate(self._rows[side]):
            if layer.id == layer_id:
                return self.createIndex(row, 0, SIDES.index(side) + 1)
        return QModelIndex()

    def side_of(self, index: _Index) -> Side:
        return SIDES[index.internalId() - 1 if index.internalId() else index.row()]

    def layer_of(self, index: _Index) -> Layer | None:
        if not index.isValid() or not index.internalId():
            return None
        return self._rows[self.side_of(index)][index.row()]

    # --- what Qt asks --------------------------------------------------------------------------

    def rowCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return len(SIDES)
        return 0 if parent.internalId() else len(self._rows[self.side_of(parent)])

    def columnCount(self, parent: Any = QModelIndex()) -> int:  # noqa: B008
        return 1

    def index(self, row: int, column: int, parent: Any = QModelIndex()) -> QModelIndex:  # noqa: B008
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Any = None) -> Any:
        if index is None:
            return super().parent()
        if not index.isValid() or not index.internalId():
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        side, layer = self.side_of(index), self.layer_of(index)
        if layer is None:
            if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
                return _(TITLES[side])
            return None
        return self._layer_data(layer, side, role)

    def _layer_data(self, layer: Layer, side: Side, role: int) -> Any:
        alone = self._editor.document.state.stack(side).solo == layer.id
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return translated(layer.name)
        if role == LAYER:
            return layer
        if role == ALONE:
            return alone
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.of(layer.id)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            width, height = layer.size
            words = [translated(layer.name), kind_of(layer), f"{width} × {height} px"]
            words += [_("hidden")] * (not layer.visible) + [_("locked")] * layer.locked
            words += [_("shown alone")] * alone
            words += [_("starred")] * (isinstance(layer, Variation) and layer.starred)
            return ", ".join(words)
        return None

    def setData(self, index: Any, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        layer = self.layer_of(index)
        if layer is None or role != Qt.ItemDataRole.EditRole:
            return False
        if str(value).strip() != translated(layer.name):
            self._editor.document.do(commands.rename_layer(layer.id, str(value)))
        return True

    def flags(self, index: Any) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.NoItemFlags
        base = flag.ItemIsEnabled | flag.ItemIsSelectable
        if not index.internalId():
            return flag.ItemIsEnabled | flag.ItemIsDropEnabled
        return base | flag.ItemIsEditable | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren

    # --- dragging ------------------------------------------------------------------------------

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        layer = self.layer_of(indexes[0])
        if layer is not None:
            data.setData(MIME, layer.id.encode())
        return data

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Any
    ) -> bool:
        """Within its own stack only."""
        layer_id = bytes(data.data(MIME).data()).decode()
        return parent.isValid() and self.index_of(self.side_of(parent), layer_id).isValid()

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Any
    ) -> bool:
        """Before ``row`` as it is shown, on the stack itself: to its top.

        Gives ``False``, for the view need not remove anything: the document tells what moved.
        """
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        side = self.side_of(parent)
        layer_id = bytes(data.data(MIME).data()).decode()
        was, count = self.index_of(side, layer_id).row(), len(self._rows[side])
        if parent.internalId():  # dropped on a layer: in its place
            row = parent.row()
        to = max(row, 0)
        to -= to > was  # as counted once it is taken out
        if to != was:
            try:
                self._editor.document.do(commands.move_layer(layer_id, count - 1 - to))
            except EngineError as error:
                self._editor.say(translated(error), Level.WARNING)
        return False

    # --- following the document ----------------------------------------------------------------

    def _reset(self) -> None:
        self.is_changing = True
        self.beginResetModel()
        for side in SIDES:
            self._rows[side] = list(reversed(self._editor.document.state.stack(side).layers))
        self.endResetModel()
        self.is_changing = False

    def _change(self, change: Change) -> None:
        side = change.side
        if side is None:
            return
        if change.what is What.ORDER:
            self.is_changing = True
            wanted = list(reversed(self._editor.document.state.stack(side).layers))
            parent = self.index_of(side)
            rearrange(self, parent, self._rows[side], wanted, lambda layer: layer.id)
            self.is_changing = False
            self._repaint(parent)
        elif change.what is What.ATTRIBUTES and change.layer_id is not None:
            index = self.index_of(side, change.layer_id)
            stack = self._editor.document.state.stack(side)
            if index.isValid() and change.layer_id in stack:
                self._rows[side][index.row()] = stack[change.layer_id]
                self.dataChanged.emit(index, index)

    def _repaint(self, parent: QModelIndex) -> None:
        count = self.rowCount(parent)
        self.dataChanged.emit(parent, parent)
        if count:
            self.dataChanged.emit(self.index(0, 0, parent), self.index(count - 1, 0, parent))

    def _thumbnail_made(self, layer_id: str) -> None:
        for side in SIDES:
            index = self.index_of(side, layer_id)
            if index.isValid():
                self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])
