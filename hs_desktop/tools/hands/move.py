"""The move tool, where no handle is: it moves pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTransform

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.viewport import Point
from hs_desktop.document import commands
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import PictureLayer
from hs_desktop.document.stack import need_unlocked
from hs_desktop.i18n import _
from hs_desktop.tools.hands.hand import Hand, Workplace


class Move(Hand):
    """Drags the active picture layer; the head has its own handles on the result."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._layer: PictureLayer | None = None
        self._from: Point = (0.0, 0.0)

    def press(self, event: PointerEvent) -> None:
        layer = self.place.active
        if isinstance(layer, PictureLayer):
            need_unlocked(layer)
            self._layer, self._from = layer, event.photo
        elif self.place.side is not Side.RESULT:
            raise LayerError(_("The head is moved on the result; here only pictures are."))
        elif self.place.editor.head_place is None:
            raise LayerError(self._why_no_handles())

    def _why_no_handles(self) -> str:
        state = self.place.document.state
        if self.place.editor.is_placing_head:
            return _("The head's place is still being found: its handles appear once it is known.")
        if state.pair in state.findings.places:
            return _(
                "No place was found for this head on this body: pick another person, or open "
                "another photo."
            )
        return _("Make a swap first: then the head gets handles to move it by.")

    def _position(self, event: PointerEvent) -> tuple[int, int]:
        assert self._layer is not None
        x, y = self._layer.position
        return x + round(event.photo[0] - self._from[0]), y + round(event.photo[1] - self._from[1])

    def move(self, event: PointerEvent) -> None:
        """Only what is seen moves: the document is changed once, at the end."""
        if self._layer is not None:
            self._show(self._position(event))

    def _show(self, position: tuple[int, int]) -> None:
        if self._layer is not None and any(x.id == self._layer.id for x in self.place.layers):
            item = self.place.items.item(self._layer.id)
            item.matrix = QTransform.fromTranslate(*position)

    def release(self, event: PointerEvent) -> None:
        layer, document = self._layer, self.place.document
        if layer is None or layer not in self.place.layers:
            self._layer = None  # undone or changed meanwhile
            return
        position, self._layer = self._position(event), None
        if position != layer.position:
            document.do(commands.change_layer(layer.id, position=position))
            document.history.seal()

    def cancel(self) -> None:
        if self._layer is not None:
            self._show(self._layer.position)
            self._layer = None
