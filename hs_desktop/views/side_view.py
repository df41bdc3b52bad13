"""One side of the open document on a canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent, QPalette

from hs_desktop.canvas.items import CanvasItem, PictureItem
from hs_desktop.canvas.keys import CanvasKey, HeldKeys
from hs_desktop.canvas.view import CanvasView
from hs_desktop.document.compositing import base_photo
from hs_desktop.document.events import Side
from hs_desktop.document.layers import PhotoLayer
from hs_desktop.document.stack import LayerStack
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.following import watch
from hs_desktop.i18n import N_, _
from hs_desktop.views.look import LayoutLook
from hs_desktop.views.screen import screen_profile
from hs_desktop.views.stack_items import StackItems

SIDE_NAMES = {Side.HEAD: N_("Head"), Side.BODY: N_("Body"), Side.RESULT: N_("Result")}


class SideView(QObject):
    """Shows a stack of layers in a ``CanvasView``; of the result, on top of the body.

    On the result, what was before is the body photo: beside the slider, and as long as a key is
    held.

    Args:
        editor: whose document.
        side: which stack.
        look: of layouts.

    Attributes:
        view: the widget.
        side: which stack.
        items: what shows the layers.

    Signals:
        before_changed: whether the view shows what was before.
        size_changed: the picture has another size, or there is none any more.
    """

    before_changed = Signal(bool)
    size_changed = Signal()

    def __init__(
        self, editor: Editor, side: Side, look: LayoutLook, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self.side = side
        self.view = CanvasView(editor.keys)
        self._held = HeldKeys(editor.keys, CanvasKey.BEFORE)
        self.view.setAccessibleName(_(SIDE_NAMES[side]))
        self.items = StackItems(editor, side, look, self)
        self._beneath: StackItems | None = None
        if side is Side.RESULT:
            self._beneath = StackItems(editor, Side.BODY, look, self, pictures_only=True)
            self._beneath.changed.connect(self._arrange)
        self._forming: PictureItem | None = None
        self._compared: tuple[str, str] | None = None
        self.items.changed.connect(self._arrange)
        self.view.installEventFilter(self)
        watch(editor.preferences.changed, self._preference_changed, self)
        self._take_colours()
        self._arrange()

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of the picture; ``None`` while there is none."""
        return picture_size(self._editor.document.state, self.side)

    @property
    def before(self) -> bool:
        """Whether what was before is shown instead."""
        return self.view.show_before

    @before.setter
    def before(self, before: bool) -> None:
        if self._beneath is not None and before != self.view.show_before:
            self.view.show_before = before
            self.before_changed.emit(before)

    @property
    def compared(self) -> tuple[str, str] | None:
        """Two variations, shown instead of what was before and of what is visible."""
        return self._compared

    @compared.setter
    def compared(self, pair: tuple[str, str] | None) -> None:
        if pair != self._compared:
            former, self._compared = self._compared, pair
            for layer_id in former or ():
                self.items.reveal(layer_id, False)
            for layer_id in pair or ():
                self.items.reveal(layer_id, True)
            self._arrange()

    def show_forming(self, item: PictureItem | None) -> None:
        """Lay a picture over all others, below layouts and masks; or take it away."""
        self._forming = item
        self._arrange()

    # --- parts ---------------------------------------------------------------------------------

    def _arrange(self) -> None:
        beneath = [] if self._beneath is None else self._beneath.pictures()
        forming: list[CanvasItem] = [] if self._forming is None else [self._forming]
        former = self.view.photo_size
        self.view.set_photo_size(self.size)
        before, after = self._compared or (None, None)
        self.view.set_items([*beneath, *self.items.pictures(after), *forming, *self.items.maps()])
        self.view.set_before(
            beneath if before is None else [*beneath, *self.items.pictures(before)]
        )
        if self.view.photo_size != former:
            self.size_changed.emit()

    def _take_colours(self) -> None:
        self.view.set_background(self.view.palette().color(QPalette.ColorRole.Dark))

    def _take_screen(self) -> None:
        chosen = self._editor.preferences["screen_profile"]
        profile = screen_profile(self.view.screen(), chosen)
        for items in (self.items, self._beneath):
            if items is not None:
                items.set_screen_profile(profile)

    def _preference_changed(self, key: str) -> None:
        if key == "screen_profile":
            self._take_screen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.PaletteChange:
            self._take_colours()
        elif kind in (QEvent.Type.Show, QEvent.Type.ScreenChangeInternal):
            self._take_screen()
        elif kind == QEvent.Type.FocusOut:
            self._held.clear()
            self.before = False
        elif kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            assert isinstance(event, QKeyEvent)
            if self._beneath is not None and self._held.follow(event):
                self.before = CanvasKey.BEFORE in self._held
                return True
        return super().eventFilter(watched, event)


def picture_size(state: ProjectState, side: Side) -> tuple[int, int] | None:
    """(width, height) of what a side shows, layers that are hidden now included."""
    photo = base_photo(state, side)
    if photo is not None:
        return photo.size
    stacks = (state.body, state.result) if side is Side.RESULT else (state.stack(side),)
    return next((size for stack in stacks if (size := _stack_size(stack)) is not None), None)


def _stack_size(stack: LayerStack) -> tuple[int, int] | None:
    for layer in stack:
        if isinstance(layer, PhotoLayer | Variation):
            return layer.size
    return None
