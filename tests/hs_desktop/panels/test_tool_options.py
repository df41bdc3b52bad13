"""The options of the tool in the hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox, QToolTip
from pytestqt.qtbot import QtBot

from engine.requests import HeadTransform
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.editor import Editor
from hs_desktop.panels.tool_options import ToolOptions
from hs_desktop.tools.state import Tool
from tests.hs_desktop.document.projects import find

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def options(qtbot: QtBot, loaded: Editor) -> ToolOptions:
    made = ToolOptions(loaded)
    qtbot.addWidget(made)
    made.resize(1100, 30)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def type_in(box: QSpinBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def test_brush(options: ToolOptions, loaded: Editor) -> None:
    loaded.tools.tool = Tool.MASK
    for box, text in (
        (options.diameter, "120"), (options.hardness, "30"), (options.opacity, "40"),
        (options.spacing, "25"), (options.stabiliser, "50"),
    ):  # fmt: skip
        type_in(box, text)
    brush = loaded.tools.brush
    assert (brush.diameter, brush.hardness, brush.opacity, brush.spacing) == (120, 0.3, 0.4, 0.25)
    assert loaded.tools.stabiliser == 0.5
    QTest.mouseClick(options.by_size, LEFT)
    assert loaded.tools.brush.size_by_pressure == 1
    QTest.mouseClick(options.by_size, LEFT)
    QTest.mouseClick(options.by_opacity, LEFT)
    assert loaded.tools.brush.size_by_pressure == 0
    assert loaded.tools.brush.opacity_by_pressure == 1
    loaded.tools.resize(2)
    assert options.diameter.value() == 240


def test_a_fraction_of_a_pixel_survives(options: ToolOptions, loaded: Editor) -> None:
    loaded.tools.resize(1.01)
    diameter = loaded.tools.brush.diameter
    loaded.tools.tool = Tool.ERASER
    assert loaded.tools.brush.diameter == diameter


def test_only_what_the_tool_knows_is_shown(options: ToolOptions, loaded: Editor) -> None:
    for tool, size, opacity, grow, align in (
        (Tool.BRUSH, True, False, True, False), (Tool.MASK, True, True, False, False),
        (Tool.MOVE, False, False, False, True), (Tool.HAND, False, False, False, False),
        (Tool.FILL, False, False, True, False),
    ):  # fmt: skip
        loaded.tools.tool = tool
        seen = [
            widget.isVisible()
            for widget in (options.diameter, options.opacity, options.grow, options.align)
        ]
        assert seen == [size, opacity, grow, align], tool


def test_every_tool_has_a_name(options: ToolOptions, loaded: Editor) -> None:
    height = options.sizeHint().height()
    for tool in Tool:
        loaded.tools.tool = tool
        assert options.name.text()
        assert options.hint.text()
        assert options.minimumHeight() == 30 <= max(height, 30)


def test_a_hint_without_room_is_told_by_its_tooltip(options: ToolOptions, loaded: Editor) -> None:
    loaded.tools.tool = Tool.RETOUCH
    for width, told in ((1600, ""), (900, options.hint.text())):
        options.resize(width, 30)
        help = QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), QPoint(2, 2))
        QApplication.sendEvent(options.hint, help)
        assert options.hint.toolTip() == told
    QToolTip.hideText()


def test_grow_and_shrink(options: ToolOptions, loaded: Editor) -> None:
    loaded.activate(Side.HEAD)
    layer = find(loaded.document, Side.HEAD, LayoutLayer)

    def hair() -> int:
        return int((layer.ids.pixels == loaded.tools.class_id).sum())

    before = hair()
    type_in(options.reach, "3")
    assert loaded.tools.class_reach == 3
    QTest.mouseClick(options.grow, LEFT)
    grown = hair()
    assert grown > before
    QTest.mouseClick(options.shrink, LEFT)
    assert hair() < grown
    type_in(options.reach, "0")
    assert loaded.tools.class_reach is None


def test_the_head(options: ToolOptions, loaded: Editor) -> None:
    loaded.tools.tool = Tool.MOVE
    QTest.mouseClick(options.flip, LEFT)
    assert loaded.document.transform == HeadTransform(flip=True)
    QTest.mouseClick(options.align, LEFT)
    assert loaded.document.transform == HeadTransform()


def test_the_name_has_room_in_every_language(
    qtbot: QtBot, loaded: Editor, speak_korean: Callable[[], None]
) -> None:
    """Nothing beside it jumps as another tool is taken."""
    speak_korean()
    options = ToolOptions(loaded)
    qtbot.addWidget(options)
    for tool in Tool:
        loaded.tools.tool = tool
        assert options.name.sizeHint().width() <= options.name.minimumWidth()
