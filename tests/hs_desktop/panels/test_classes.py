"""The class palette."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.labels import CLASSES, SemanticClass
from hs_desktop.editor import Editor
from hs_desktop.panels.classes import NAMES, ClassesPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, editor: Editor) -> ClassesPanel:
    made = ClassesPanel(editor)
    qtbot.addWidget(made)
    made.resize(290, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def click(panel: ClassesPanel, name: str) -> None:
    model = panel.view.model()
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        if index.data() == name:
            at = panel.view.visualRect(index).center()
            QTest.mouseClick(panel.view.viewport(), LEFT, pos=at)
            return
    pytest.fail(name)


def current(panel: ClassesPanel) -> str:
    return panel.view.currentIndex().data()


def test_names_are_the_engines() -> None:
    assert [name.lower() for name in NAMES] == [info.name for info in CLASSES]


def test_a_click_takes_a_class(panel: ClassesPanel, editor: Editor) -> None:
    assert current(panel) == "Hair"
    click(panel, "Neck")
    assert editor.tools.class_id is SemanticClass.NECK
    editor.tools.class_id = SemanticClass.HAT
    assert current(panel) == "Hat"


def test_keys_take_the_neighbours(panel: ClassesPanel, editor: Editor) -> None:
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Right)
    assert editor.tools.class_id is SemanticClass.FACE


def test_search(panel: ClassesPanel, editor: Editor) -> None:
    panel.search.setFocus()
    QTest.keyClicks(panel.search, "clothes")
    assert panel.view.model().rowCount() == 2
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert editor.tools.class_id is SemanticClass.UPPER_CLOTHES
    assert panel.search.text() == ""
    QTest.keyClicks(panel.search, "zebra")
    assert not panel.view.isVisible()
    assert panel._nothing.isVisible()


def test_keys_are_told(panel: ClassesPanel) -> None:
    index = panel.view.model().index(SemanticClass.NECK, 0)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "Neck, key Shift+0"
    keys = [""] * len(CLASSES)
    keys[SemanticClass.NECK] = "Ctrl+K"
    panel.set_keys(keys)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "Neck, key Ctrl+K"
    assert panel.view.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "Background"


def test_exchange(panel: ClassesPanel, editor: Editor) -> None:
    QTest.mouseClick(panel.exchange, LEFT)
    assert editor.tools.class_id is SemanticClass.BACKGROUND
    assert current(panel) == "Background"
    assert "Background" in panel.pair.accessibleDescription()
