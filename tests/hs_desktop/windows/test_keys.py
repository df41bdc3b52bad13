"""The keyboard: from panels back to the canvas, keys that are held, panels brought to the front."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.panels.classes import ClassesPanel
from hs_desktop.panels.layers import LayersPanel
from hs_desktop.panels.tool_options import ToolOptions
from hs_desktop.tools.state import Tool
from hs_desktop.windows.guide import Guide
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def at_work(window: MainWindow, loaded: Editor) -> MainWindow:
    """With photos, the body's canvas in front."""
    window.canvases.show_side(Side.BODY)
    window.activateWindow()
    return window


# --- the focus ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [Key.Key_Return, Key.Key_Escape])
def test_from_a_field_back_to_the_canvas(at_work: MainWindow, key: Qt.Key) -> None:
    options = at_work.findChild(ToolOptions)
    assert options is not None
    options.diameter.setFocus()
    options.diameter.selectAll()
    QTest.keyClicks(options.diameter, "75")
    QTest.keyClick(options.diameter, key)
    assert at_work.canvases.view.hasFocus()
    assert at_work.editor.tools.brush.diameter == 75
    QTest.keyClicks(at_work.canvases.view, "e")
    assert at_work.editor.tools.tool is Tool.ERASER


def test_from_a_list_back_to_the_canvas(at_work: MainWindow) -> None:
    layers = at_work.findChild(LayersPanel)
    assert layers is not None
    layers.view.setFocus()
    QTest.keyClick(layers.view, Key.Key_Escape)
    assert at_work.canvases.view.hasFocus()


def test_before_is_held_from_anywhere(at_work: MainWindow) -> None:
    options = at_work.findChild(ToolOptions)
    assert options is not None
    options.by_size.setFocus()
    QTest.keyPress(options.by_size, Key.Key_Backslash)
    assert at_work.canvases.before
    QTest.keyRelease(options.by_size, Key.Key_Backslash)
    assert not at_work.canvases.before


# --- keys of their own -------------------------------------------------------------------------


def test_the_brush_gets_softer_and_harder(at_work: MainWindow, qtbot: QtBot) -> None:
    tools = at_work.editor.tools
    qtbot.keyClick(at_work, Key.Key_BracketLeft, SHIFT)
    assert tools.brush.hardness == pytest.approx(0.75)
    qtbot.keyClick(at_work, Key.Key_BracketRight, SHIFT)
    assert tools.brush.hardness == 1


def test_outlines_and_legend(at_work: MainWindow, qtbot: QtBot) -> None:
    look = at_work.canvases.look
    look.visible = False
    qtbot.keyClick(at_work, Key.Key_O, SHIFT)
    assert (look.outlines, look.visible) == (True, True)
    at_work.action_set["view.legend"].trigger()
    assert not look.legend
    at_work.action_set.refresh_now()
    assert at_work.action_set["view.outlines"].isChecked()


def test_the_class_list_tells_the_users_keys(at_work: MainWindow) -> None:
    panel = at_work.findChild(ClassesPanel)
    assert panel is not None
    at_work.action_set.set_shortcuts({"class.2": "Ctrl+K"})
    assert panel.view.model().index(2, 0).data(Qt.ItemDataRole.ToolTipRole) == "Hair, key Ctrl+K"


# --- keys of the canvas ------------------------------------------------------------------------


def test_plain_keys_zoom(at_work: MainWindow, qtbot: QtBot) -> None:
    view = at_work.canvases.view
    view.actual_size()
    qtbot.keyClick(view, Key.Key_Plus)
    assert view.viewport.zoom == 1.5
    qtbot.keyClick(view, Key.Key_Minus)
    qtbot.keyClick(view, Key.Key_Minus)
    assert view.viewport.zoom == pytest.approx(2 / 3)


def test_the_users_keys_are_held(at_work: MainWindow) -> None:
    at_work.action_set.set_shortcuts({"canvas.pan": "Q", "canvas.before": "F2"})
    view, options = at_work.canvases.view, at_work.findChild(ToolOptions)
    assert options is not None
    view.setFocus()
    QTest.keyPress(view, Key.Key_Space)
    assert not view.is_navigating
    QTest.keyPress(view, Key.Key_Q)
    assert view.is_navigating
    QTest.keyRelease(view, Key.Key_Q)
    assert not view.is_navigating
    for widget in (view, options.by_size):
        QTest.keyPress(widget, Key.Key_F2)
        assert at_work.canvases.before
        QTest.keyRelease(widget, Key.Key_F2)
        assert not at_work.canvases.before


def test_on_the_canvas_its_keys_come_before_shortcuts(at_work: MainWindow) -> None:
    at_work.action_set.set_shortcuts({"canvas.rotate": "E"})
    view = at_work.canvases.view
    view.setFocus()
    QTest.keyPress(view, Key.Key_E)
    assert view.is_navigating
    assert at_work.editor.tools.tool is Tool.BRUSH
    QTest.keyRelease(view, Key.Key_E)


def test_the_users_keys_are_told(at_work: MainWindow) -> None:
    actions = at_work.action_set
    assert actions["view.before"].toolTip().endswith("Show before while held (\\)")
    actions.set_shortcuts({"canvas.before": "F2", "canvas.pan": ""})
    assert actions["view.before"].toolTip().endswith("Show before while held (F2)")
    assert "held" not in actions["tool.hand"].toolTip()
    actions["help.guide"].trigger()
    guide = at_work.findChild(Guide)
    assert guide is not None
    assert "Hold F2 to see the photo as it was" in guide.text.toPlainText()


# --- panels ------------------------------------------------------------------------------------


def test_a_panel_among_tabs_has_its_title_once(window: MainWindow, loop: WindowLoop) -> None:
    docks = window.docks
    assert docks["history"].titleBarWidget() is not None
    assert docks["classes"].titleBarWidget() is None
    docks["jobs"].setFloating(True)
    loop.until(lambda: docks["jobs"].titleBarWidget() is None)
    assert docks["history"].titleBarWidget() is not None
    docks["history"].setFloating(True)
    loop.until(lambda: docks["layers"].titleBarWidget() is None)
    window.reset_layout()
    assert docks["jobs"].titleBarWidget() is not None


def test_a_switch_brings_a_hidden_panel_to_the_front(window: MainWindow, loop: WindowLoop) -> None:
    dock = window.docks["history"]
    loop.until(lambda: not dock.switch.isChecked())
    assert dock.isVisible() or not dock.isHidden()
    dock.switch.trigger()
    loop.until(dock.switch.isChecked)
    assert not dock.isHidden()
    assert dock.isAncestorOf(QApplication.focusWidget())
    dock.switch.trigger()
    assert dock.isHidden()
    dock.switch.trigger()
    loop.until(dock.switch.isChecked)


# --- the guide ---------------------------------------------------------------------------------


def test_the_guide_tells_the_users_keys(at_work: MainWindow, loop: WindowLoop) -> None:
    at_work.action_set["help.guide"].trigger()
    guide = at_work.findChild(Guide)
    assert guide is not None
    assert "Ctrl+Shift+L" in guide.text.toPlainText()
    assert "{" not in guide.text.toPlainText()
    at_work.action_set.set_shortcuts({"swap.live": "Ctrl+Alt+L", "tool.heal": ""})
    assert "With Live (Ctrl+Alt+L)" in guide.text.toPlainText()
    assert "heal (Heal) copy" in guide.text.toPlainText()
    guide.contents.setFocus()
    QTest.keyClick(guide.contents, Key.Key_End)
    assert guide.text.verticalScrollBar().value() > 0
    at_work.editor.tools.tool = Tool.FILL  # the window goes on working
    at_work.action_set["help.guide"].trigger()
    assert len(at_work.findChildren(Guide)) == 1
    guide.close()
    loop.until(lambda: not at_work.findChildren(Guide))
