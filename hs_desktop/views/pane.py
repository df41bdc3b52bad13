"""One canvas with its name above it, or what to do where there is nothing to show."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPalette
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.i18n import N_, _
from hs_desktop.tools.hands.controller import Hands
from hs_desktop.tools.hands.hand import Workplace
from hs_desktop.views.drops import DropFrame, dropped_photos
from hs_desktop.views.empty_state import EmptyState
from hs_desktop.views.legend import LegendKeeper
from hs_desktop.views.look import LayoutLook
from hs_desktop.views.people import PeopleKeeper
from hs_desktop.views.side_view import SIDE_NAMES, SideView

_DROP = {
    Side.HEAD: N_("Open as head photo"),
    Side.BODY: N_("Open as body photo"),
    Side.RESULT: N_("Add as a layer"),
}


class Pane(QWidget):
    """A side of the document, worked on as soon as it has the focus.

    Attributes:
        side: which one.
        side_view: what shows it.
        people: asks which of several people is meant; ``None`` on the result.

    Signals:
        open_requested: a photo for this ``Side`` shall be chosen.
        dropped: these photos (paths) shall be opened on this ``Side``.
    """

    open_requested = Signal(object)
    dropped = Signal(object, object)

    def __init__(self, editor: Editor, side: Side, look: LayoutLook) -> None:
        super().__init__()
        self._editor = editor
        self.side = side
        self.side_view = SideView(editor, side, look, self)
        view = self.side_view.view
        place = Workplace(editor, side, view, look, self.side_view.items)
        Hands(place, self.side_view)
        LegendKeeper(editor, self.side_view, look)
        self.people = None if side is Side.RESULT else PeopleKeeper(editor, self.side_view)
        self._title = QLabel(_(SIDE_NAMES[side]))
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setContentsMargins(0, 3, 0, 3)
        self._title.hide()
        self._empty = EmptyState(editor, side)
        self._empty.open_requested.connect(self.open_requested)
        self._stack = QStackedWidget()
        self._stack.addWidget(view)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addWidget(self._stack, 1)
        self.setAcceptDrops(True)
        self._drop_frame = DropFrame(_(_DROP[side]), self)
        view.installEventFilter(self)
        self.side_view.size_changed.connect(self._follow)
        self._follow()

    def set_titled(self, titled: bool, active: bool = False) -> None:
        """Whether the name stands above, and whether it is the one that is worked on."""
        self._title.setVisible(titled)
        font = self._title.font()
        font.setBold(active)
        self._title.setFont(font)
        role = QPalette.ColorRole
        self._title.setForegroundRole(role.WindowText if active else role.PlaceholderText)

    def _follow(self) -> None:
        shown = self.side_view.view if self.side_view.view.photo_size else self._empty
        self._stack.setCurrentWidget(shown)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._editor.activate(self.side)
        return super().eventFilter(watched, event)

    # --- dropping; what isn't for this canvas is the window's ----------------------------------

    def _photos(self, event: QDropEvent) -> list[Path]:
        """Those that are for this canvas; the result takes layers once there is a picture."""
        if self.side is Side.RESULT and self.side_view.view.photo_size is None:
            return []
        return dropped_photos(event.mimeData())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not self._photos(event):
            event.ignore()
            return
        event.acceptProposedAction()
        self._drop_frame.show_over(self)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = self._photos(event)
        if not paths:
            event.ignore()
            return
        self._drop_frame.hide()
        event.acceptProposedAction()
        self.dropped.emit(self.side, paths)
