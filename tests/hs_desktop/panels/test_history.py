"""The history panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.panels.history import HistoryPanel
from tests.hs_desktop.document.projects import facts, picture

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, editor: Editor) -> HistoryPanel:
    made = HistoryPanel(editor)
    qtbot.addWidget(made)
    made.resize(280, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def work(editor: Editor) -> None:
    """Four steps."""
    layer = picture()
    editor.document.do(commands.add_layer(Side.HEAD, layer))
    editor.document.do(commands.rename_layer(layer.id, "Hat"))
    editor.document.do(commands.change_layer(layer.id, visible=False))
    editor.document.do(commands.duplicate_layer(layer.id))


def rows(panel: HistoryPanel) -> list[str]:
    model = panel.view.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def click(panel: HistoryPanel, name: str) -> None:
    index = panel.view.model().index(rows(panel).index(name), 0)
    at = panel.view.visualRect(index).center()
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=at)


def test_empty(panel: HistoryPanel, editor: Editor) -> None:
    assert panel._empty.isVisible()
    assert not panel.undo.isEnabled()
    work(editor)
    assert not panel._empty.isVisible()


def test_a_click_jumps(panel: HistoryPanel, editor: Editor) -> None:
    states = [facts(editor.document.state)]
    work(editor)
    names = ["As opened", "Add layer", "Rename layer", "Change visibility", "Duplicate layer"]
    assert rows(panel) == names
    assert panel.view.currentIndex().row() == 4
    click(panel, "Rename layer")
    assert editor.document.history.index == 2
    model = panel.view.model()
    greyed = [
        model.index(row, 0).data(Qt.ItemDataRole.ForegroundRole) is not None for row in range(5)
    ]
    assert greyed == [False, False, False, True, True]
    click(panel, "As opened")
    assert facts(editor.document.state) == states[0]
    QTest.mouseClick(panel.redo, LEFT)
    assert editor.document.history.index == 1
    QTest.mouseClick(panel.undo, LEFT)
    assert editor.document.history.index == 0
    assert not panel.undo.isEnabled()


def test_what_is_done_after_undo_takes_the_place(panel: HistoryPanel, editor: Editor) -> None:
    work(editor)
    editor.document.history.jump(1)
    editor.document.do(commands.set_settings(seed=3))
    assert rows(panel) == ["As opened", "Add layer", "Change settings"]


def test_what_is_forgotten_is_not_pretended(panel: HistoryPanel, editor: Editor) -> None:
    work(editor)
    editor.document.do(commands.remove_layer(editor.document.head.layers[0].id))
    editor.document.do(commands.remove_layer(editor.document.head.layers[0].id))
    editor.document.history.byte_budget = 1
    assert rows(panel) == ["Earlier steps forgotten", "Delete layer"]
    assert "undo memory" in panel.view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    click(panel, "Earlier steps forgotten")
    assert len(editor.document.head) == 1
    editor.new()
    assert rows(panel) == ["As opened"]


def test_keys(panel: HistoryPanel, editor: Editor) -> None:
    work(editor)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Up)
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert editor.document.history.index == 3


def test_search(panel: HistoryPanel, editor: Editor) -> None:
    work(editor)
    QTest.keyClicks(panel.search, "layer")
    assert rows(panel) == ["Add layer", "Rename layer", "Duplicate layer"]
    click(panel, "Add layer")
    assert editor.document.history.index == 1


def test_another_document(panel: HistoryPanel, editor: Editor) -> None:
    work(editor)
    former = editor.document
    editor.new()
    former.undo()
    assert rows(panel) == ["As opened"]
    assert panel._empty.isVisible()
