"""The centre of the window: head, body and result, one at a time or beside each other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabBar, QVBoxLayout, QWidget

from hs_desktop import edits
from hs_desktop.canvas.events import Readout
from hs_desktop.canvas.linking import LinkedViews
from hs_desktop.canvas.view import CanvasView
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.stack import LayerStack
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch, watch
from hs_desktop.i18n import _
from hs_desktop.views.comparing import Comparison
from hs_desktop.views.forming import FormingPicture
from hs_desktop.views.head_handles import HeadHandles
from hs_desktop.views.layout_controls import LayoutControls
from hs_desktop.views.look import LayoutLook
from hs_desktop.views.pane import Pane
from hs_desktop.views.readout import readout_text
from hs_desktop.views.result_hint import ResultHint
from hs_desktop.views.side_view import SIDE_NAMES

_SIDES = tuple(Side)


class Canvases(QWidget):
    """Tabs over three panes. Whichever is looked at is the side that tools work on.

    Attributes:
        look: how layouts are shown.
        handles: of the head on the result.

    Signals:
        readout: what lies under the pointer, as text; empty beside the photo.
        view_changed: another view, zoom, size, split or look of layouts is shown.
        open_requested: a photo for this ``Side`` shall be chosen.
        dropped: these photos (paths) shall be opened on this ``Side``.
    """

    readout = Signal(str)
    view_changed = Signal()
    open_requested = Signal(object)
    dropped = Signal(object, object)

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._all = False
        self.look = LayoutLook()
        self._panes = {side: Pane(editor, side, self.look) for side in Side}
        self._tabs = QTabBar()
        self._tabs.setAccessibleName(_("Canvases"))
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for side in _SIDES:
            self._tabs.addTab(_(SIDE_NAMES[side]))
        self._tabs.addTab(_("Side by side"))
        top = QHBoxLayout()
        top.setContentsMargins(4, 0, 6, 0)
        top.addWidget(self._tabs)
        top.addStretch()
        self._controls = LayoutControls(self.look)
        self._controls.toggled.connect(self.toggle_layout)
        top.addWidget(self._controls)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(3)
        for pane in self._panes.values():
            self._splitter.addWidget(pane)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._splitter, 1)
        result = self._panes[Side.RESULT].side_view
        self.handles = HeadHandles(editor, result)
        FormingPicture(editor, result)
        Comparison(editor, result)
        ResultHint(editor, result)
        self._linked = LinkedViews(*(self.view_of(side) for side in Side))
        self._linked.enabled = False
        self._watch()
        self._arrange()

    def _watch(self) -> None:
        for pane in self._panes.values():
            pane.open_requested.connect(self.open_requested)
            pane.dropped.connect(self.dropped)
            view = pane.side_view.view
            view.readout.connect(self._read)
            view.viewport_changed.connect(self.view_changed)
            pane.side_view.size_changed.connect(self.view_changed)
            pane.side_view.before_changed.connect(self.view_changed)
        self._tabs.currentChanged.connect(self._tab_chosen)
        self._editor.active_changed.connect(self._active_changed)
        DocumentWatch(
            self._editor, self,
            changed=self._document_changed, replaced=self._follow_layouts,
        )  # fmt: skip
        watch(self.look.changed, self._look_changed, self)

    # --- which are shown -----------------------------------------------------------------------

    def pane(self, side: Side) -> Pane:
        return self._panes[side]

    def view_of(self, side: Side) -> CanvasView:
        return self._panes[side].side_view.view

    @property
    def view(self) -> CanvasView:
        """The one that is worked on."""
        return self.view_of(self._editor.side)

    def show_side(self, side: Side) -> None:
        """Show one side alone, and work on it."""
        self._all = False
        self._editor.activate(side)
        self._arrange()

    def show_all(self) -> None:
        """Show all sides, moving together."""
        self._all = True
        self._arrange()

    def shows(self, side: Side | None) -> bool:
        """Whether this side is shown alone; ``None``: all of them."""
        return self._all if side is None else not self._all and self._editor.side is side

    def _tab_chosen(self, index: int) -> None:
        if index < len(_SIDES):
            self.show_side(_SIDES[index])
        else:
            self.show_all()

    def _active_changed(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        active = self._editor.side
        for side, pane in self._panes.items():
            pane.setVisible(self._all or side is active)
            pane.set_titled(self._all, side is active)
        self._tabs.setCurrentIndex(len(_SIDES) if self._all else _SIDES.index(active))
        if self._all and not self._linked.enabled:
            self._splitter.setSizes([1 << 12] * len(_SIDES))
        self._linked.enabled = self._all
        self._follow_layouts()
        self.view_changed.emit()

    def _document_changed(self, change: Change) -> None:
        if change.what is not What.PIXELS:
            self._follow_layouts()

    def _follow_layouts(self) -> None:
        """The controls are about the layouts of what is shown."""
        exist = any(isinstance(x, LayoutLayer) for stack in self._stacks() for x in stack)
        self._controls.set_layouts(exist=exist, shown=self._layers_show_layouts())

    def _stacks(self) -> list[LayerStack]:
        """Of the sides to be seen."""
        sides = _SIDES if self._all else (self._editor.side,)
        return [self._editor.document.state.stack(side) for side in sides]

    def _layers_show_layouts(self) -> bool:
        return any(isinstance(x, LayoutLayer) for stack in self._stacks() for x in stack.shown)

    def _read(self, readout: Readout | None) -> None:
        self.readout.emit(readout_text(readout))

    # --- what is seen of it --------------------------------------------------------------------

    def fit(self) -> None:
        self.view.fit()

    def actual_size(self) -> None:
        self.view.actual_size()

    def zoom_by_steps(self, steps: int) -> None:
        self.view.zoom_by_steps(steps)

    def rotate_by(self, degrees: float) -> None:
        self.view.rotate_by(degrees)

    def flip_view(self) -> None:
        self.view.flip_view()

    def reset_rotation(self) -> None:
        self.view.reset_rotation()

    @property
    def split(self) -> bool:
        """Whether a slider on the result shows what was before on its left."""
        return self.view_of(Side.RESULT).split is not None

    def toggle_split(self) -> None:
        """The slider on or off; the result comes to be seen with it."""
        self.view_of(Side.RESULT).set_split(not self.split)
        self._show_result()

    @property
    def before(self) -> bool:
        """Whether the result's canvas shows what was before."""
        return self._panes[Side.RESULT].side_view.before

    def toggle_before(self) -> None:
        side_view = self._panes[Side.RESULT].side_view
        side_view.before = not side_view.before
        self._show_result()

    def hold_before(self, held: bool) -> None:
        """As long as a key is held, what was before."""
        self._panes[Side.RESULT].side_view.before = held

    def _show_result(self) -> None:
        if not self._all:
            self.show_side(Side.RESULT)
        self.view_changed.emit()

    @property
    def layout_shown(self) -> bool:
        """Whether layouts are shown over the photos."""
        return self.look.visible and self._layers_show_layouts()

    def toggle_layout(self) -> None:
        """Show layouts, or hide them all."""
        self.look.visible = self._reveal_layout() or not self.look.visible

    def toggle_outlines(self) -> None:
        """Only borders, or filled again; to be seen in any case."""
        self.look.toggle_outlines()
        self._reveal_layout()

    def _reveal_layout(self) -> bool:
        """Switch the side's own layout on where no layer shows one; whether that was so."""
        layout = edits.active_layout(self._editor)
        if layout is None or self._layers_show_layouts():
            return False
        edits.reveal(self._editor.document, self._editor.side, layout)
        return True

    def _look_changed(self) -> None:
        self.view_changed.emit()

    def ask_person(self, side: Side) -> bool:
        """Have one of several people picked on the canvas; ``False`` where there is no choice."""
        people = self._panes[side].people
        if people is None or not people.ask():
            return False
        if not self._all:
            self.show_side(side)
        self.view_of(side).setFocus()
        return True
