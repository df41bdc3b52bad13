"""The centre of the window to be worked on, and hands in photo coordinates."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Point
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer
from hs_desktop.editor import Editor
from hs_desktop.views.canvases import Canvases
from tests.hs_desktop.canvas.looking import LEFT, NO_MODIFIER, drag, move

RIGHT = Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def new_canvases(qtbot: QtBot, editor: Editor) -> Canvases:
    made = Canvases(editor)
    qtbot.addWidget(made)
    made.resize(700, 560)
    with qtbot.waitExposed(made):
        made.show()
    return made


def at_work(canvases: Canvases, side: Side) -> CanvasView:
    """The side's view, alone, with the focus and at 200 %."""
    canvases.show_side(side)
    QApplication.processEvents()  # the layout's
    view = canvases.view_of(side)
    view.setFocus()
    view.actual_size()
    view.zoom_by_steps(2)
    return view


def on_widget(view: CanvasView, point: Point) -> Point:
    return view.viewport.to_widget(point)


def line(
    view: CanvasView,
    *points: Point,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = NO_MODIFIER,
    release: bool = True,
) -> None:
    """Drag through photo points."""
    there = [on_widget(view, point) for point in points]
    drag(view, *there, button=button, modifiers=modifiers, release=release)


def click(
    view: CanvasView,
    point: Point,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = NO_MODIFIER,
) -> None:
    line(view, point, button=button, modifiers=modifiers)


def double_click(view: CanvasView, point: Point) -> None:
    """All that Qt makes of it: press, release, double click, release."""
    x, y = on_widget(view, point)
    at = QPoint(round(x), round(y))
    move(view, (x, y))
    QTest.mouseClick(view, LEFT, NO_MODIFIER, at)
    QTest.mouseDClick(view, LEFT, NO_MODIFIER, at)
    QTest.mouseRelease(view, LEFT, NO_MODIFIER, at)


def top(editor: Editor, side: Side, kind: type[Layer]) -> Any:
    """The topmost layer of a kind."""
    return [layer for layer in editor.document.state.stack(side) if isinstance(layer, kind)][-1]
