"""The panels round the canvas: where they are at first, and how their places are kept."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from hs_desktop.preferences import Preferences

LAYOUT_VERSION = 1  # of the docks: another set of them needs another number
_KEPT = "window"
_RIGHT, _BOTTOM = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
_WIDTH = 356  # of the right column, widget px
_STRIP = 132  # height of the variations


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
        self._docks = {name: self._dock(name, *panel) for name, panel in panels.items()}
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.reset()

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    @property
    def actions(self) -> list[QAction]:
        """Switches that show and hide the panels."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

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
        column = [docks[name] for name in self.COLUMN]
        window.resizeDocks(column, [_WIDTH] * len(column), Qt.Orientation.Horizontal)
        window.resizeDocks(column, [212, 248, 246], Qt.Orientation.Vertical)
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

    def _dock(self, name: str, title: str, panel: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(panel)
        dock.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        return dock


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(text: object) -> QByteArray | None:
    if not isinstance(text, str):
        return None
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
