"""Which picture and layer are worked on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer


class Active(QObject):
    """The side that is worked on, and of each side the layer that would be.

    Signals:
        changed: another side or layer is the one.
    """

    changed = Signal()

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._layers: dict[Side, str | None] = dict.fromkeys(Side)
        self.side = Side.HEAD

    @property
    def layer_id(self) -> str | None:
        return self._layers[self.side]

    def on(self, side: Side) -> Layer | None:
        """The layer that is worked on once this side is the one."""
        layer_id = self._layers[side]
        return None if layer_id is None else self._document.layer(layer_id)

    def activate(self, side: Side, layer_id: str | None = None) -> None:
        """As ``Editor.activate``."""
        layer_id = layer_id or self._layers[side]
        if layer_id not in self._document.state.stack(side):
            layer_id = self._first(side)
        if (side, layer_id) != (self.side, self._layers[side]):
            self.side = side
            self.prefer(side, layer_id)

    def prefer(self, side: Side, layer_id: str | None) -> None:
        """Make another layer of a side that one; the side that is worked on stays."""
        self._layers[side] = layer_id
        self.changed.emit()

    def forget(self, document: Document) -> None:
        """Another document is open; ``begin`` follows once everybody has heard of it."""
        self._document = document
        self._layers = dict.fromkeys(Side)

    def begin(self) -> None:
        """Work on the document's result, where it has one."""
        self._choose(Side.RESULT if len(self._document.result) else Side.HEAD)

    def follow(self) -> None:
        """Layers may be gone."""
        for side in Side:
            layer_id = self._layers[side]
            if layer_id is not None and layer_id not in self._document.state.stack(side):
                self._layers[side] = None
                if side is self.side:
                    self._choose(side)

    def _choose(self, side: Side) -> None:
        self.side = side
        self.prefer(side, self._first(side))

    def _first(self, side: Side) -> str | None:
        """The topmost layer to be seen, else the topmost."""
        stack = self._document.state.stack(side)
        layers = stack.shown or stack.layers
        return layers[-1].id if layers else None
