"""The items of a stack of layers, in its order, as the document changes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from hs_desktop.canvas.items import CanvasItem, PictureItem
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch, watch
from hs_desktop.views.layer_items import LayerItem, layer_item
from hs_desktop.views.look import LayoutLook


class StackItems(QObject):
    """What shows the layers of one side.

    Layouts and masks say something of the pictures and are no part of them, so they lie above
    all of these, whatever their place in the stack.

    Args:
        editor: whose document.
        side: which stack.
        look: of layouts.
        pictures_only: without layouts and masks; where one of these is shown alone, the
            pictures stay as they are.

    Signals:
        changed: there are other items, or in another order.
    """

    changed = Signal()

    def __init__(
        self,
        editor: Editor,
        side: Side,
        look: LayoutLook,
        parent: QObject,
        *,
        pictures_only: bool = False,
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._side = side
        self._look = look
        self._pictures_only = pictures_only
        self._items: dict[str, LayerItem] = {}
        self._revealed: set[str] = set()
        self._screen_icc: bytes | None = None
        DocumentWatch(editor, self, changed=self._document_changed, replaced=self._arrange)
        watch(look.changed, self._follow_all, self)
        self._arrange()

    def pictures(self, variation_id: str | None = None) -> list[CanvasItem]:
        """From the bottom to the top.

        Args:
            variation_id: of the only variation to be among them; all by default.
        """
        return [
            self._items[layer.id].item
            for layer in self._arranged()
            if not _is_map(layer)
            and (variation_id in (None, layer.id) or not isinstance(layer, Variation))
        ]

    def maps(self) -> list[CanvasItem]:
        """Layouts and masks, from the bottom to the top."""
        return [self._items[layer.id].item for layer in self._arranged() if _is_map(layer)]

    def item(self, layer_id: str) -> CanvasItem:
        """What shows a layer; ``KeyError`` where there is no such layer."""
        return self._items[layer_id].item

    def reveal(self, layer_id: str, shown: bool) -> None:
        """Show a layer though it is hidden, while a tool works on it; or no longer."""
        if shown:
            self._revealed.add(layer_id)
        else:
            self._revealed.discard(layer_id)
        self._follow_all()

    def set_screen_profile(self, icc: bytes | None) -> None:
        self._screen_icc = icc
        for made in self._items.values():
            if isinstance(made.item, PictureItem):
                made.item.set_screen_profile(icc)

    # --- parts ---------------------------------------------------------------------------------

    def _layers(self) -> list[Layer]:
        layers = self._editor.document.state.stack(self._side).layers
        return [layer for layer in layers if not (self._pictures_only and _is_map(layer))]

    def _is_visible(self, layer: Layer) -> bool:
        solo = self._editor.document.state.stack(self._side).solo
        if solo is not None and any(other.id == solo for other in self._layers()):
            return layer.id == solo or layer.id in self._revealed
        return layer.visible or layer.id in self._revealed

    def _arrange(self) -> None:
        layers = self._layers()
        ids = {layer.id for layer in layers}
        for gone in [layer_id for layer_id in self._items if layer_id not in ids]:
            self._items.pop(gone).item.close()
        self._revealed &= ids
        for layer in layers:
            if layer.id not in self._items:
                self._items[layer.id] = layer_item(layer, self._look, self._screen_icc)
        self._follow_all()
        self.changed.emit()

    def _arranged(self) -> list[Layer]:
        """Whoever hears of another document first may ask before its layers have items."""
        return [layer for layer in self._layers() if layer.id in self._items]

    def _follow_all(self) -> None:
        for layer in self._arranged():
            self._items[layer.id].follow(layer, self._is_visible(layer))

    def _document_changed(self, change: Change) -> None:
        if change.side is not self._side:
            return
        if change.what is What.ORDER:
            self._arrange()
            return
        # A change that comes late may be about a layer that is gone, or not yet arranged.
        layer = next((x for x in self._layers() if x.id == change.layer_id), None)
        made = None if layer is None else self._items.get(layer.id)
        if layer is None or made is None:
            return
        if change.what is What.PIXELS and change.plane is not None:
            made.touch(change.rects)
            return
        if change.what is What.PIXELS:
            made.replace(layer)
        made.follow(layer, self._is_visible(layer))


def _is_map(layer: Layer) -> bool:
    return isinstance(layer, LayoutLayer | MaskLayer)
