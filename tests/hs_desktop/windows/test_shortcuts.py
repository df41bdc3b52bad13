"""Keys are searched, given to actions and taken back; those that are shared are told."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hs_desktop.document.events import Side
from hs_desktop.windows.actions import SHORTCUTS
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.shortcuts import ShortcutsPage
from tests.hs_desktop.windows.conftest import press


@pytest.fixture
def shortcuts(window: MainWindow, qtbot: QtBot) -> ShortcutsPage:
    page = ShortcutsPage(window.action_set)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    return page


def shown_rows(page: ShortcutsPage) -> list[str]:
    return [item.text(0) for item in page._items.values() if not item.isHidden()]


def test_shortcuts_are_searched_by_name_and_key(shortcuts: ShortcutsPage) -> None:
    shortcuts._search.setText("brush")
    assert "Brush" in shown_rows(shortcuts)
    assert "Save" not in shown_rows(shortcuts)
    shortcuts._search.setText("Ctrl+S")
    assert "Save" in shown_rows(shortcuts)


def test_a_shortcut_is_pressed_and_reset(
    shortcuts: ShortcutsPage, window: MainWindow, qtbot: QtBot
) -> None:
    shortcuts._tree.setCurrentItem(shortcuts._items["tool.brush"])
    shortcuts._keys.setFocus()
    with qtbot.waitSignal(window.action_set.shortcuts_changed):
        QTest.keyClick(shortcuts._keys, Qt.Key.Key_Q)
    assert window.action_set.shortcuts["tool.brush"] == "Q"
    assert shortcuts._items["tool.brush"].text(1) == "Q"
    press(shortcuts, "Reset")
    assert window.action_set.shortcuts["tool.brush"] == "B"


@pytest.mark.parametrize(
    ("key", "told"),
    [(Qt.Key.Key_Space, "Space"), (Qt.Key.Key_Escape, "Esc"), (Qt.Key.Key_Backspace, "Backspace")],
)
def test_keys_that_are_held_are_pressed_like_any_other(
    shortcuts: ShortcutsPage, window: MainWindow, key: Qt.Key, told: str
) -> None:
    shortcuts._tree.setCurrentItem(shortcuts._items["canvas.before"])
    shortcuts._keys.setFocus()
    QTest.keyClick(shortcuts._keys, key)
    assert shortcuts._items["canvas.before"].text(1) == told
    press(shortcuts, "Reset")
    view = window.canvases.view_of(Side.RESULT)
    QTest.keyPress(view, Qt.Key.Key_Backslash)
    assert window.canvases.before
    QTest.keyRelease(view, Qt.Key.Key_Backslash)


def test_all_that_a_key_can_do_is_listed(shortcuts: ShortcutsPage) -> None:
    assert set(shortcuts._items) == {row.id for row in SHORTCUTS}
    shortcuts._search.setText("held")
    assert shown_rows(shortcuts) == [
        "Move view while held", "Rotate view while held", "Show before while held",
    ]  # fmt: skip


def test_conflicts_are_told(shortcuts: ShortcutsPage, window: MainWindow) -> None:
    assert not shortcuts._conflicts.isVisible()
    window.action_set.set_shortcuts({"tool.brush": "E"})
    shortcuts._show()
    assert shortcuts._conflicts.isVisible()
    assert "Brush and Eraser" in shortcuts._conflicts.text()
    window.action_set.set_shortcuts({"tool.brush": "Space"})
    shortcuts._show()
    assert "Brush and Move view while held" in shortcuts._conflicts.text()
    press(shortcuts, "Reset all")
    assert not shortcuts._conflicts.isVisible()
