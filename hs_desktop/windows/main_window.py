"""The window: canvases in the middle, panels round them, menus above."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QMenu,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hs_desktop.canvas.keys import CanvasKey, HeldKeys
from hs_desktop.document.document import Document
from hs_desktop.document.events import Change, What
from hs_desktop.editor import Editor
from hs_desktop.filetypes import PHOTOS, PROJECT
from hs_desktop.i18n import _
from hs_desktop.panels.classes import ClassesPanel
from hs_desktop.panels.history import HistoryPanel
from hs_desktop.panels.jobs import JobsPanel
from hs_desktop.panels.layers import LayersPanel
from hs_desktop.panels.message_bar import MessageBar
from hs_desktop.panels.sampling import SamplingPanel
from hs_desktop.panels.tool_options import ToolOptions
from hs_desktop.panels.variations import VariationsPanel
from hs_desktop.views.canvases import Canvases
from hs_desktop.windows.action_set import ActionSet
from hs_desktop.windows.actions import (
    CLASS_ROWS,
    EDIT,
    FILE,
    MENUS,
    SUBMENUS,
    TOOL_ROWS,
    WINDOW,
)
from hs_desktop.windows.dialogs import Dialogs
from hs_desktop.windows.docks import Docks
from hs_desktop.windows.files import Files, title_of
from hs_desktop.windows.status_bar import StatusBar

SIZE = QSize(1280, 800)
_ENTER = Qt.Key.Key_Return, Qt.Key.Key_Enter


class MainWindow(QMainWindow):
    """One editor's window. It closes itself when the user has said what becomes of the project.

    Attributes:
        editor: what everything here acts on.
        canvases: the middle.
        files, dialogs: what the menus open.
        status: the line at the bottom.
        action_set: everything that can be asked for.

    Signals:
        painted: for the first time.
        closed: it is gone.
    """

    painted = Signal()
    closed = Signal()

    editor: Editor
    canvases: Canvases
    files: Files
    dialogs: Dialogs
    status: StatusBar
    docks: Docks
    action_set: ActionSet

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self.editor = editor
        self._document: Document | None = None
        self._was_painted = self._may_close = False
        self._held = HeldKeys(editor.keys, CanvasKey.BEFORE)
        self.canvases = Canvases(editor)
        self.files = Files(self)
        self.dialogs = Dialogs(self)
        self.status = StatusBar(editor.bridge, editor.readings)
        self.setStatusBar(self.status)
        self.setCentralWidget(self._centre())
        self._classes = ClassesPanel(editor)
        self._variations = VariationsPanel(editor)
        self.docks = Docks(
            self,
            {
                "layers": (_("Layers"), LayersPanel(editor)),
                "classes": (_("Classes"), self._classes),
                "sampling": (_("Sampling"), SamplingPanel(editor)),
                "history": (_("History"), HistoryPanel(editor)),
                "jobs": (_("Jobs"), JobsPanel(editor)),
                "variations": (_("Variations"), self._variations),
            },
        )
        self.action_set = ActionSet(self)
        self._add_bars()
        self._add_menus()
        self.setAcceptDrops(True)
        self._watch()
        self._place()

    # --- parts -----------------------------------------------------------------------------------

    def _centre(self) -> QWidget:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(MessageBar(self.editor))
        column.addWidget(self.canvases, 1)
        return centre

    def _add_bars(self) -> None:
        """Tools on the left; above, how the tool is set, and what is asked for most."""
        above, asked = QWidget(), QWidget()
        row, buttons = QHBoxLayout(above), QHBoxLayout(asked)
        row.setContentsMargins(2, 0, 2, 0)
        buttons.setContentsMargins(0, 0, 0, 0)
        row.addWidget(ToolOptions(self.editor), 1)
        row.addWidget(asked)
        for action_id in ("swap.swap", "swap.live"):
            button = QToolButton()
            button.setDefaultAction(self.action_set[action_id])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.addWidget(button)
        # The sampling panel has the same two: here they are while that isn't to be seen.
        self.docks["sampling"].visibilityChanged.connect(lambda on: asked.setVisible(not on))
        self._bar("options", _("Tool options"), Qt.ToolBarArea.TopToolBarArea).addWidget(above)
        tools = self._bar("tools", _("Tools"), Qt.ToolBarArea.LeftToolBarArea)
        for tool in TOOL_ROWS:
            tools.addAction(self.action_set[tool.id])

    def _bar(self, name: str, title: str, area: Qt.ToolBarArea) -> QToolBar:
        bar = QToolBar(title)
        bar.setObjectName(name)
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.toggleViewAction().setVisible(False)  # what is asked for most is always there
        self.addToolBar(area, bar)
        return bar

    def _add_menus(self) -> None:
        self._recent = QMenu(_("Open &recent"), self)
        self._recent.aboutToShow.connect(self._list_recent)
        self._recent.menuAction().setObjectName("file.recent")
        menus = {name: QMenu(_(name), self) for name in (*MENUS, *SUBMENUS)}
        for name in MENUS:
            self.menuBar().addMenu(menus[name])
        menus[WINDOW].addActions(self.docks.actions)
        for name, menu in menus.items():
            menu.setToolTipsVisible(True)
            self.action_set.add_to(menu, name)
        menus[FILE].insertMenu(self.action_set["file.open-head"], self._recent)
        for name, parent in SUBMENUS.items():
            before = {EDIT: self.action_set["edit.preferences"]}.get(parent)
            if before is None:
                menus[parent].addSeparator()
                menus[parent].addMenu(menus[name])
            else:
                menus[parent].insertMenu(before, menus[name])

    def _list_recent(self) -> None:
        self._recent.clear()
        for path in self.editor.preferences.recent:
            action = self._recent.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(
                lambda _checked=False, path=path: self.editor.spawn(self.files.open_file(path))
            )
        self._recent.setToolTipsVisible(True)
        if self._recent.isEmpty():
            self._recent.addAction(_("No project was saved or opened yet")).setEnabled(False)
            return
        self._recent.addSeparator()
        self._recent.addAction(_("&Clear list")).triggered.connect(
            self.editor.preferences.clear_recent
        )

    def _place(self) -> None:
        self.setMinimumSize(640, 480)
        if not self.docks.restore(self.editor.preferences):
            room = QGuiApplication.primaryScreen().availableGeometry().size()
            self.resize(SIZE.boundedTo(room))
            self.docks.reset()

    def reset_layout(self) -> None:
        """Panels and window as at the first start."""
        self.showNormal()
        self.resize(SIZE.boundedTo(self.screen().availableGeometry().size()))
        self.docks.reset()

    # --- what is watched -------------------------------------------------------------------------

    def _watch(self) -> None:
        editor, refresh = self.editor, self.action_set.refresh
        editor.document_replaced.connect(self._document_replaced)
        for signal in (editor.document_saved, editor.active_changed, editor.live_changed,
                       editor.people_changed):  # fmt: skip
            signal.connect(self._refresh)
        for signal in (editor.bridge.added, editor.bridge.ended):
            signal.connect(refresh)
        editor.tools.changed.connect(refresh)
        editor.readings.changed.connect(refresh)
        self.action_set.shortcuts_changed.connect(self._tell_class_keys)
        self._tell_class_keys()
        self.canvases.readout.connect(self.status.set_readout)
        self.canvases.view_changed.connect(self._view_changed)
        self._variations.export_requested.connect(lambda one: editor.spawn(self.files.export(one)))
        self.canvases.open_requested.connect(lambda side: editor.spawn(self.files.open_photo(side)))
        self.canvases.dropped.connect(
            lambda side, paths: editor.spawn(self.files.open_files(paths, side))
        )
        self._document_replaced()

    def _document_replaced(self) -> None:
        self._unwatch_document()
        self._document = self.editor.document
        self._document.changed.connect(self._document_changed)
        self._document.history.changed.connect(self._refresh)
        self._refresh()
        self._view_changed()

    def _unwatch_document(self) -> None:
        if self._document is not None:
            self._document.changed.disconnect(self._document_changed)
            self._document.history.changed.disconnect(self._refresh)
            self._document = None

    def _document_changed(self, change: Change) -> None:
        if change.what is not What.PIXELS:  # of a stroke, whose end the history tells
            self._refresh()

    def _refresh(self) -> None:
        document = self.editor.document
        self.setWindowTitle(_("{project}[*] – HS Desktop").format(project=title_of(document)))
        self.setWindowModified(document.is_modified)
        self.action_set.refresh()

    def _tell_class_keys(self) -> None:
        native = QKeySequence.SequenceFormat.NativeText
        shortcuts = [self.action_set[row.id].shortcut() for row in CLASS_ROWS]
        self._classes.set_keys([shortcut.toString(native) for shortcut in shortcuts])

    def _view_changed(self) -> None:
        view = self.canvases.view
        size = view.photo_size
        self.status.set_view(None if size is None else view.viewport.zoom, size)
        self.action_set.refresh()

    # --- what is asked for -----------------------------------------------------------------------

    def toggle_live(self) -> None:
        self.editor.live = not self.editor.live

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # --- Qt's events -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            self.painted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What no panel wanted: the keys go back to the canvas, where the tools' letters work."""
        field = isinstance(self.focusWidget(), QLineEdit | QAbstractSpinBox)
        if event.key() == Qt.Key.Key_Escape or (field and event.key() in _ENTER):
            self.canvases.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif not self._hold(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._hold(event):
            super().keyReleaseEvent(event)

    def _hold(self, event: QKeyEvent) -> bool:
        if not self._held.follow(event):
            return False
        self.canvases.hold_before(CanvasKey.BEFORE in self._held)
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _files_of(event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Projects and photos beside the canvases; those take photos for their own side."""
        event.acceptProposedAction()
        self.editor.spawn(self.files.open_files(_files_of(event.mimeData().urls())))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close:
            event.ignore()
            self.editor.spawn(self._ask_and_close())
            return
        super().closeEvent(event)
        self.docks.keep(self.editor.preferences)
        self._unwatch_document()
        self.editor.tools.changed.disconnect(self.action_set.refresh)
        self.closed.emit()

    async def _ask_and_close(self) -> None:
        if await self.files.may_leave():
            self.close_now()

    def close_now(self) -> None:
        """Without a question: what isn't saved is given up, or kept by who calls this."""
        self._may_close = True
        self.close()


def _files_of(urls: Iterable[QUrl]) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in (PROJECT, *PHOTOS)]
