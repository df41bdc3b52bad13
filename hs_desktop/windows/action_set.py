"""The table's rows as Qt's actions, with the user's own shortcuts; those of the canvas, too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from engine.errors import EngineError
from hs_desktop.canvas.keys import KEY_ROWS, KeyRow, native, sequences_of
from hs_desktop.editor import Level
from hs_desktop.i18n import _, translated
from hs_desktop.icons import icon
from hs_desktop.windows.actions import ACTIONS, CHOICES, SHORTCUTS, ActionRow, of_menu

if TYPE_CHECKING:
    from hs_desktop.windows.main_window import MainWindow

_PORTABLE = QKeySequence.SequenceFormat.PortableText
KEPT = "shortcuts"  # id -> shortcuts that differ from the table's, in the preferences


class ActionSet(QObject):
    """One ``QAction`` for each row; they know when they can be used.

    Signals:
        shortcuts_changed: some action, or key of the canvas, has another shortcut now.
    """

    shortcuts_changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = window.editor.preferences
        window.editor.keys.set_shortcuts(self.shortcuts)
        self._actions = {row.id: self._action(row) for row in ACTIONS}
        for ids in CHOICES:
            group = QActionGroup(self)
            for action_id in ids:
                group.addAction(self._actions[action_id])
        self._refreshing = QTimer(self)
        self._refreshing.setSingleShot(True)
        self._refreshing.setInterval(0)
        self._refreshing.timeout.connect(self.refresh_now)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def add_to(self, menu: QMenu, name: str) -> None:
        """Fill a menu with its rows."""
        for row in of_menu(name):
            if row.apart:
                menu.addSeparator()
            menu.addAction(self._actions[row.id])

    # --- whether they can be used ----------------------------------------------------------------

    def refresh(self) -> None:
        """Look again at what can be done, once the present event is over."""
        self._refreshing.start()

    def refresh_now(self) -> None:
        window = self._window
        for row in ACTIONS:
            action = self._actions[row.id]
            if row.enabled is not None:
                action.setEnabled(row.enabled(window.editor))
            if row.checked is not None:
                action.setChecked(row.checked(window))

    # --- shortcuts -------------------------------------------------------------------------------

    @property
    def shortcuts(self) -> dict[str, str]:
        """What each row of the table is reached by now, in Qt's portable form."""
        return {row.id: self._shortcut(row) for row in SHORTCUTS}

    def set_shortcuts(self, shortcuts: Mapping[str, str]) -> None:
        """Give rows other shortcuts and keep them; ``""`` takes them away."""
        now = {**self.shortcuts, **shortcuts}
        own = {row.id: now[row.id] for row in SHORTCUTS if now[row.id] != row.shortcut}
        self._preferences.keep(KEPT, own)
        self._window.editor.keys.set_shortcuts(now)
        for row in ACTIONS:
            self._name(row, self._actions[row.id])
        self.shortcuts_changed.emit()

    def _shortcut(self, row: ActionRow | KeyRow) -> str:
        own = self._preferences.kept(KEPT)
        text = own.get(row.id) if isinstance(own, dict) else None
        return text if isinstance(text, str) else row.shortcut

    # --- parts -----------------------------------------------------------------------------------

    def _action(self, row: ActionRow) -> QAction:
        action = QAction(_(row.text), self._window)
        action.setObjectName(row.id)
        action.setCheckable(row.checked is not None)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if row.icon:
            action.setIcon(icon(row.icon))
        self._name(row, action)
        action.triggered.connect(lambda: self.run(row))
        self._window.addAction(action)  # else the shortcut is dead where no menu shows it
        return action

    def _name(self, row: ActionRow, action: QAction) -> None:
        """Shortcut, and a tool tip that tells it and the canvas's keys for the like."""
        action.setShortcuts(sequences_of(self._shortcut(row)))
        lines = [_with_keys(row, self._shortcut(row)), *([_(row.help)] if row.help else [])]
        for key in KEY_ROWS:
            if key.id in row.keys and (shortcut := self._shortcut(key)):
                lines.append(_with_keys(key, shortcut))
        action.setToolTip("\n".join(lines))
        action.setStatusTip("")

    def run(self, row: ActionRow) -> None:
        """Do what a row says; what goes wrong is told the user."""
        editor = self._window.editor
        try:
            outcome = row.run(self._window)
        except EngineError as error:
            editor.say(translated(error), Level.WARNING)
        else:
            if inspect.iscoroutine(outcome):
                editor.spawn(outcome)
        self.refresh()


def _with_keys(row: ActionRow | KeyRow, shortcut: str) -> str:
    """What a row does and, behind it, the first of its shortcuts."""
    label, keys = plain(_(row.text)), native(shortcut)
    return _("{action} ({keys})").format(action=label, keys=keys[0]) if keys else label


def plain(text: str) -> str:
    """A menu's text without its mnemonic, which may stand apart as ``(&F)``, and dots."""
    return re.sub(r"\(&.\)|&", "", text).removesuffix("…")


def conflicts(shortcuts: Mapping[str, str]) -> dict[str, list[str]]:
    """Key sequence -> ids of the actions that share it, where several do."""
    users: dict[str, list[str]] = {}
    for action_id, text in shortcuts.items():
        for sequence in _sequences(text):
            users.setdefault(sequence, []).append(action_id)
    return {sequence: ids for sequence, ids in users.items() if len(ids) > 1}


def _sequences(text: str) -> Iterable[str]:
    return (s.toString(_PORTABLE) for s in sequences_of(text))
