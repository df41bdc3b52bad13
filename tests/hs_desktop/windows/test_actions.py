"""The table of actions, their shortcuts and when they can be used."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.labels import CLASSES, SemanticClass
from hs_desktop.canvas.keys import sequences_of
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.icons import icon
from hs_desktop.preferences import Preferences
from hs_desktop.tools.state import Tool
from hs_desktop.windows.action_set import conflicts
from hs_desktop.windows.actions import ACTIONS, CHOICES, MENUS, SHORTCUTS, SUBMENUS, ActionRow
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_ids_are_unique() -> None:
    assert len({row.id for row in SHORTCUTS}) == len(SHORTCUTS)


def test_no_two_actions_share_a_shortcut() -> None:
    assert conflicts({row.id: row.shortcut for row in SHORTCUTS}) == {}


@pytest.mark.parametrize("row", ACTIONS, ids=lambda row: row.id)
def test_rows_make_sense(row: ActionRow, qapp: object) -> None:
    assert row.menu in (*MENUS, *SUBMENUS)
    for sequence in sequences_of(row.shortcut):
        assert sequence[0].key() != Qt.Key.Key_unknown
    if row.icon:
        icon(row.icon)


def test_every_row_is_in_a_menu(window: MainWindow) -> None:
    shown = set()
    menus = [action.menu() for action in window.menuBar().actions()]
    while menus:
        for action in menus.pop().actions():
            if action.menu() is not None:
                menus.append(action.menu())
            else:
                shown.add(action.objectName())
    assert {row.id for row in ACTIONS} <= shown


def test_every_tool_is_in_the_tool_bar_and_on_a_key(window: MainWindow, qtbot: QtBot) -> None:
    for row in ACTIONS:
        if row.id.startswith("tool."):
            qtbot.keyClicks(window, row.shortcut.lower())
            assert window.editor.tools.tool == Tool(row.id.removeprefix("tool."))
            window.action_set.refresh_now()
            assert window.action_set[row.id].isChecked()


def test_digits_choose_classes(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert window.editor.tools.class_id == SemanticClass.HAIR
    qtbot.keyClick(window, Qt.Key.Key_2, SHIFT)
    assert window.editor.tools.class_id == CLASSES[12].id
    qtbot.keyClick(window, Qt.Key.Key_X)
    assert window.editor.tools.class_id == SemanticClass.BACKGROUND


def test_one_of_several_is_always_chosen(window: MainWindow) -> None:
    actions = window.action_set
    for ids in CHOICES:
        for action_id in (*ids, ids[0], ids[0]):
            actions[action_id].trigger()
            actions.refresh_now()
            assert [other for other in ids if actions[other].isChecked()] == [action_id]


def test_brackets_size_the_brush(window: MainWindow, qtbot: QtBot) -> None:
    before = window.editor.tools.brush.diameter
    qtbot.keyClick(window, Qt.Key.Key_BracketRight)
    assert window.editor.tools.brush.diameter > before
    qtbot.keyClick(window, Qt.Key.Key_BracketLeft)
    assert window.editor.tools.brush.diameter == pytest.approx(before)


def test_what_cannot_be_done_is_disabled(
    window: MainWindow, loaded: Editor, loop: WindowLoop
) -> None:
    actions = window.action_set
    loop.until(lambda: actions["swap.swap"].isEnabled())
    assert not actions["swap.star"].isEnabled()
    loaded.new()
    loop.until(lambda: not actions["swap.swap"].isEnabled())
    assert not actions["file.save"].isEnabled()
    assert actions["file.new"].isEnabled()


def test_undo_and_redo_by_keys(window: MainWindow, loaded: Editor, qtbot: QtBot) -> None:
    window.action_set.refresh_now()
    done = loaded.document.history.index
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert loaded.document.history.index == done - 1
    window.action_set.refresh_now()
    qtbot.keyClick(window, Qt.Key.Key_Y, CTRL)
    assert loaded.document.history.index == done


def test_a_swap_by_key(window: MainWindow, loaded: Editor, qtbot: QtBot, loop: WindowLoop) -> None:
    window.action_set.refresh_now()
    qtbot.keyClick(window, Qt.Key.Key_Return, CTRL)
    loop.settle(loaded)
    assert len(loaded.document.result)


def test_a_locked_layer_is_told_not_raised(
    window: MainWindow, loaded: Editor, said: list[object], loop: WindowLoop
) -> None:
    from hs_desktop.document import commands

    loaded.activate(Side.HEAD)
    assert loaded.layer_id is not None
    window.action_set.refresh_now()
    loaded.document.do(commands.change_layer(loaded.layer_id, locked=True))
    window.action_set["layer.delete"].trigger()  # the window hasn't looked again yet
    assert "locked" in str(said[-1])
    loop.until(lambda: not window.action_set["layer.delete"].isEnabled())


def test_own_shortcuts_count_at_once_and_are_kept(
    window: MainWindow, preferences: Preferences, qtbot: QtBot
) -> None:
    window.action_set.set_shortcuts({"tool.brush": "Q", "tool.eraser": ""})
    qtbot.keyClick(window, Qt.Key.Key_H)
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert window.editor.tools.tool is Tool.HAND
    qtbot.keyClick(window, Qt.Key.Key_Q)
    assert window.editor.tools.tool is Tool.BRUSH
    assert preferences.kept("shortcuts") == {"tool.brush": "Q", "tool.eraser": ""}
    assert "(Q)" in window.action_set["tool.brush"].toolTip()
    window.action_set.set_shortcuts({"tool.brush": "B", "tool.eraser": "E"})
    assert preferences.kept("shortcuts") == {}


def test_shared_shortcuts_are_found() -> None:
    assert conflicts({"a": "Ctrl+A; B", "b": "B", "c": ""}) == {"B": ["a", "b"]}
