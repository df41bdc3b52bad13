"""The panels round the canvas: where they are at first, and how their places are kept."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from hs_desktop.i18n import _
from hs_desktop.preferences import Preferences

LAYOUT_VERSION = 2  # of the docks: another set of them needs another number
_KEPT = "window"
_RIGHT, _BOTTOM = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
_WIDTH = 356  # of the right column, widget px
_STRIP = 132  # height of the variations
_HEIGHTS = 252, 250, 198  # of the column's panels


class Dock(QDockWidget):
    """A panel with a title bar, unless it shares its place with others: then its tab says it.

    Its switch brings it to the front where it is hidden behind the others, and hides it only
    where it can be seen.
    """

    def __init__(self, name: str, title: str, panel: QWidget, window: QMainWindow) -> None:
        super().__init__(title, window)
        self._window = window
        self._untitled: QWidget | None = None
        self.setObjectName(name)
        self.setWidget(panel)
        self.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        self.switch = QAction(title, self)
        self.switch.setObjectName(f"panel.{name}")
        self.switch.setCheckable(True)
        self.switch.triggered.connect(self._switch)
        self.visibilityChanged.connect(self.switch.setChecked)

    def follow_tabs(self) -> None:
        """Show the title bar or not, as it is placed now."""
        tabbed = not self.isFloating() and bool(self._window.tabifiedDockWidgets(self))
        if tabbed and self._untitled is None:
            self._untitled = QWidget()
            self.setTitleBarWidget(self._untitled)
        elif not tabbed and self._untitled is not None:
            former, self._untitled = self._untitled, None
            self.setTitleBarWidget(None)  # type: ignore[arg-type]
            former.deleteLater()

    def come(self) -> None:
        """To the front, with the focus in it."""
        self.show()
        self.raise_()
        panel = self.widget()
        panel.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not panel.hasFocus():
            panel.focusNextChild()

    def _switch(self, wanted: bool) -> None:
        if wanted:
            self.come()
        else:
            self.hide()


class Docks:
    """The window's docks; each panel is in one, by its name.

    Args:
        window: whose they are.
        panels: by name: the title in the user's language, and the widget. The names are
            those of ``COLUMN``, ``TABS`` and ``STRIP``.
    """

    COLUMN = ("layers", "classes", "sampling")  # from the top to the bottom
    TABS = ("history", "jobs")  # behind the first of the column
    STRIP = "variations"

    def __init__(self, window: QMainWindow, panels: dict[str, tuple[str, QWidget]]) -> None:
        self._window = window
        self._docks = {
            name: Dock(name, title, panel, window) for name, (title, panel) in panels.items()
        }
        self._moving = QTimer(window)  # several are told of one move, and in the midst of it
        self._moving.setSingleShot(True)
        self._moving.setInterval(0)
        self._moving.timeout.connect(self._follow_tabs)
        for dock in self._docks.values():
            for signal in (dock.visibilityChanged, dock.topLevelChanged, dock.dockLocationChanged):
                signal.connect(self._moving.start)
        option = QMainWindow.DockOption
        window.setDockOptions(
            option.AnimatedDocks | option.AllowNestedDocks | option.AllowTabbedDocks
            | option.GroupedDragging  # a tab can be dragged out: it has no title bar
        )  # fmt: skip
        window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.reset()

    def __getitem__(self, name: str) -> Dock:
        return self._docks[name]

    @property
    def actions(self) -> list[QAction]:
        """Switches that show and hide the panels."""
        return [dock.switch for dock in self._docks.values()]

    def reset(self) -> None:
        """All to their first places."""
        window, docks = self._window, self._docks
        for dock in docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        for name in self.COLUMN:
            window.addDockWidget(_RIGHT, docks[name])
        for name in self.TABS:
            window.tabifyDockWidget(docks[self.COLUMN[0]], docks[name])
        window.addDockWidget(_BOTTOM, docks[self.STRIP])
        for dock in docks.values():
            dock.show()
        docks[self.COLUMN[0]].raise_()
        self._follow_tabs()
        column = [docks[name] for name in self.COLUMN]
        window.resizeDocks(column, [_WIDTH] * len(column), Qt.Orientation.Horizontal)
        window.resizeDocks(column, list(_HEIGHTS), Qt.Orientation.Vertical)
        window.resizeDocks([docks[self.STRIP]], [_STRIP], Qt.Orientation.Vertical)

    def show(self, name: str) -> None:
        """Bring a panel to the front."""
        self._docks[name].show()
        self._docks[name].raise_()

    def keep(self, preferences: Preferences) -> None:
        """Remember places and the window's own."""
        state = {
            "geometry": _text(self._window.saveGeometry()),
            "state": _text(self._window.saveState(LAYOUT_VERSION)),
        }
        preferences.keep(_KEPT, state)

    def restore(self, preferences: Preferences) -> bool:
        """As they were when they were kept; whether anything was."""
        kept = preferences.kept(_KEPT)
        if not isinstance(kept, dict):
            return False
        geometry, state = _bytes(kept.get("geometry")), _bytes(kept.get("state"))
        if geometry is None or state is None or not self._window.restoreGeometry(geometry):
            return False
        return self._window.restoreState(state, LAYOUT_VERSION)

    def _follow_tabs(self) -> None:
        for dock in self._docks.values():
            dock.follow_tabs()
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            bar.setAccessibleName(_("Panels"))


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(text: object) -> QByteArray | None:
    if not isinstance(text, str):
        return None
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
