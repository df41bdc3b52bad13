"""Tools on layouts: brush, eraser, fill, lasso, polygon, picking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.labels import SemanticClass
from hs_desktop.canvas.view import CanvasView
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, PhotoLayer
from hs_desktop.editor import Editor, Message
from hs_desktop.tools.state import Tool
from hs_desktop.tools.strokes import Brush
from hs_desktop.views.canvases import Canvases
from tests.hs_desktop.canvas.looking import LEFT, look, move, pen
from tests.hs_desktop.conftest import WindowLoop, head_photo
from tests.hs_desktop.fake_engine import FakeEngine
from tests.hs_desktop.views.showing import (
    ALT,
    RIGHT,
    SHIFT,
    at_work,
    click,
    double_click,
    line,
    new_canvases,
    on_widget,
    top,
)

HAT = SemanticClass.HAT
KEY = Qt.Key


@pytest.fixture
def canvases(qtbot: QtBot, loaded: Editor) -> Canvases:
    loaded.tools.class_id = HAT
    loaded.tools.brush = Brush(diameter=10)
    return new_canvases(qtbot, loaded)


@pytest.fixture
def view(canvases: Canvases) -> CanvasView:
    """The head's, 96 x 128, at 200 %."""
    return at_work(canvases, Side.HEAD)


def layout(editor: Editor) -> LayoutLayer:
    found = top(editor, Side.HEAD, LayoutLayer)
    assert isinstance(found, LayoutLayer)
    return found


def hats(editor: Editor) -> np.ndarray:
    return layout(editor).ids.pixels == HAT


def test_a_stroke_is_one_command(view: CanvasView, loaded: Editor) -> None:
    count = loaded.document.history.index
    line(view, (20, 20), (40, 20), (40, 60))
    ids = hats(loaded)
    assert ids[20, 16:36].all()
    assert ids[25:55, 40].all()
    assert not ids[40, 20]
    assert loaded.document.history.index == count + 1
    assert loaded.document.history.names[-1] == "Paint class"
    loaded.document.undo()
    assert not layout(loaded).is_edited


def test_it_is_seen_at_once(view: CanvasView, loaded: Editor) -> None:
    before = look(view)
    line(view, (20, 20), (40, 20), release=False)
    x, y = (round(c) for c in on_widget(view, (25, 20)))
    assert (look(view)[y, x] != before[y, x]).any()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)


def test_escape_cancels_a_stroke(view: CanvasView, loaded: Editor) -> None:
    count = loaded.document.history.index
    line(view, (20, 20), (40, 20), release=False)
    assert hats(loaded).any()
    QTest.keyClick(view, KEY.Key_Escape)
    assert not hats(loaded).any()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert loaded.document.history.index == count
    line(view, (20, 20), (40, 20))
    assert loaded.document.history.index == count + 1


@pytest.mark.parametrize("how", ["right button", "eraser", "pen's other end"])
def test_erasing_puts_back_what_was_parsed(view: CanvasView, loaded: Editor, how: str) -> None:
    line(view, (20, 30), (60, 30))
    painted = hats(loaded).sum()
    if how == "right button":
        line(view, (20, 30), (40, 30), button=RIGHT)
    elif how == "eraser":
        loaded.tools.tool = Tool.ERASER
        line(view, (20, 30), (40, 30))
    else:
        for kind, x in ((QEvent.Type.TabletPress, 20), (QEvent.Type.TabletMove, 40),
                        (QEvent.Type.TabletRelease, 40)):  # fmt: skip
            pen(view, kind, on_widget(view, (x, 30)), 1.0, eraser=True)
    layer = layout(loaded)
    assert 0 < hats(loaded).sum() < painted
    assert (layer.ids.pixels[30, 15:40] == layer.parsed.pixels[30, 15:40]).all()
    assert loaded.document.history.names[-1] == "Erase class"


def test_pressure_sets_the_size(view: CanvasView, loaded: Editor) -> None:
    loaded.tools.brush = Brush(diameter=20, size_by_pressure=1.0)
    for y, pressure in ((30, 0.25), (80, 1.0)):
        at = on_widget(view, (40, y))
        pen(view, QEvent.Type.TabletPress, at, pressure)
        pen(view, QEvent.Type.TabletRelease, at, 0)
    assert hats(loaded)[30].sum() == pytest.approx(5, abs=1)
    assert hats(loaded)[80].sum() == pytest.approx(20, abs=1)


def test_the_stabiliser_calms(view: CanvasView, loaded: Editor) -> None:
    zigzag = [(10.0 + 2 * i, 40.0 + 8 * (i % 2)) for i in range(30)]
    loaded.tools.brush = Brush(diameter=2)
    spans = []
    for amount in (0.0, 0.6):
        loaded.tools.stabiliser = amount
        line(view, *zigzag)
        rows = np.flatnonzero(hats(loaded)[:, 30:55].any(1))
        spans.append(rows[-1] - rows[0])
        loaded.document.undo()
    assert spans[1] < spans[0] - 3


def test_shift_draws_a_straight_line(view: CanvasView, loaded: Editor) -> None:
    click(view, (20, 20), modifiers=SHIFT)
    assert hats(loaded)[:, 40].sum() == 0  # from nowhere
    click(view, (80, 20), modifiers=SHIFT)
    assert hats(loaded)[20, 20:80].all()
    click(view, (80, 60))
    assert not hats(loaded)[40, 80]


def test_undo_in_the_middle_of_a_stroke(view: CanvasView, loaded: Editor) -> None:
    line(view, (20, 20), (40, 20), release=False)
    loaded.document.undo()
    assert not hats(loaded).any()
    move(view, on_widget(view, (70, 70)), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert not hats(loaded).any()


def test_another_tool_in_the_middle_of_a_stroke(view: CanvasView, loaded: Editor) -> None:
    line(view, (20, 20), (40, 20), release=False)
    loaded.tools.tool = Tool.LASSO
    move(view, on_widget(view, (60, 20)), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert hats(loaded)[20, 20:58].all()
    line(view, (20, 60), (50, 60), (35, 90))
    assert hats(loaded)[65, 35]


def test_fill(view: CanvasView, loaded: Editor) -> None:
    loaded.tools.tool = Tool.FILL
    hair = layout(loaded).ids.pixels == SemanticClass.HAIR
    y, x = np.argwhere(hair)[3]
    click(view, (x + 0.5, y + 0.5))
    assert (hats(loaded) == hair).all()
    click(view, (x + 0.5, y + 0.5), RIGHT)
    assert not layout(loaded).is_edited
    click(view, (-5, -5))
    assert not layout(loaded).is_edited


def test_lasso(view: CanvasView, loaded: Editor) -> None:
    loaded.tools.tool = Tool.LASSO
    plain = look(view)
    count = loaded.document.history.index
    line(view, (20, 20), (60, 20), (60, 60), (20, 60), release=False)
    assert not hats(loaded).any()
    assert (look(view) != plain).any()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert hats(loaded)[20:60, 20:60].all()
    assert hats(loaded).sum() == 40 * 40
    assert loaded.document.history.index == count + 1
    line(view, (20, 20), (40, 20), (40, 60), (20, 60), button=RIGHT)
    assert hats(loaded).sum() == 20 * 40
    line(view, (20, 70), (60, 70), (60, 90), release=False)
    QTest.keyClick(view, KEY.Key_Escape)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert hats(loaded).sum() == 20 * 40


@pytest.mark.parametrize("how", ["enter", "double click", "first corner"])
def test_polygon(view: CanvasView, loaded: Editor, how: str) -> None:
    loaded.tools.tool = Tool.POLYGON
    for corner in ((20, 20), (60, 20), (60, 60)):
        click(view, corner)
    if how == "double click":
        double_click(view, (20, 60))
    else:
        click(view, (20, 60))
    assert hats(loaded).any() == (how == "double click")
    if how == "enter":
        QTest.keyClick(view, KEY.Key_Return)
    elif how == "first corner":
        click(view, (21, 21))
    assert hats(loaded).sum() == 40 * 40
    move(view, on_widget(view, (80, 80)))
    QTest.keyClick(view, KEY.Key_Return)  # nothing is left to close
    assert hats(loaded).sum() == 40 * 40


def test_polygon_takes_back(view: CanvasView, loaded: Editor) -> None:
    loaded.tools.tool = Tool.POLYGON
    for corner in ((20, 20), (60, 20), (90, 90), (60, 60)):
        click(view, corner)
        if corner == (90, 90):
            QTest.keyClick(view, KEY.Key_Backspace)
    QTest.keyClick(view, KEY.Key_Return)
    assert hats(loaded).sum() == pytest.approx(800, abs=40)
    loaded.document.undo()
    for corner in ((20, 20), (60, 20), (60, 60)):
        click(view, corner)
    QTest.keyClick(view, KEY.Key_Escape)
    QTest.keyClick(view, KEY.Key_Return)
    assert not hats(loaded).any()


def test_a_polygon_begun_with_the_right_button_erases(view: CanvasView, loaded: Editor) -> None:
    loaded.tools.tool = Tool.POLYGON
    for button in (LEFT, RIGHT):
        for corner in ((20, 20), (60, 20), (60, 60), (20, 60)):
            click(view, corner, button)
        QTest.keyClick(view, KEY.Key_Return)
        assert hats(loaded).any() == (button == LEFT)
    assert not layout(loaded).is_edited


@pytest.mark.parametrize("how", ["pick", "alt"])
def test_picking_a_class(view: CanvasView, loaded: Editor, how: str) -> None:
    hair = np.argwhere(layout(loaded).ids.pixels == SemanticClass.HAIR)[0]
    if how == "pick":
        loaded.tools.tool = Tool.PICK
    click(view, (hair[1] + 0.5, hair[0] + 0.5), modifiers=ALT if how == "alt" else NO_KEYS)
    assert loaded.tools.class_id is SemanticClass.HAIR
    assert not layout(loaded).is_edited


NO_KEYS = Qt.KeyboardModifier.NoModifier


def test_the_cursor_is_the_brush(view: CanvasView, loaded: Editor) -> None:
    assert view.brush is not None
    assert view.brush.diameter == 10
    loaded.tools.resize(2)
    loaded.tools.harden(-0.25)
    assert (view.brush.diameter, view.brush.hardness) == (20, 0.75)
    loaded.tools.harden(-2)
    assert view.brush.hardness == 0
    loaded.tools.tool = Tool.FILL
    assert view.brush is None
    assert view.cursor().shape() == Qt.CursorShape.CrossCursor


# --- which layer -------------------------------------------------------------------------------


def test_the_topmost_layout_becomes_active(view: CanvasView, loaded: Editor) -> None:
    photo = top(loaded, Side.HEAD, PhotoLayer)
    loaded.activate(Side.HEAD, photo.id)
    click(view, (20, 20))
    assert loaded.layer_id == layout(loaded).id


def test_an_active_layout_is_kept(view: CanvasView, loaded: Editor) -> None:
    first = layout(loaded)
    loaded.document.do(commands.duplicate_layer(first.id))
    loaded.activate(Side.HEAD, first.id)
    click(view, (20, 20))
    assert first.is_edited
    assert not layout(loaded).is_edited


@pytest.mark.parametrize("how", ["hidden", "another alone", "all off"])
def test_nobody_paints_blindly(
    canvases: Canvases, view: CanvasView, loaded: Editor, how: str
) -> None:
    layer = layout(loaded)
    if how == "hidden":
        loaded.document.do(commands.change_layer(layer.id, visible=False))
    elif how == "another alone":
        loaded.document.do(commands.show_alone(top(loaded, Side.HEAD, PhotoLayer).id))
    else:
        canvases.look.visible = False
    click(view, (20, 20))
    assert canvases.pane(Side.HEAD).side_view.items.item(layer.id).visible
    assert hats(loaded).any()


def test_without_a_layout_it_is_told(
    canvases: Canvases, loaded: Editor, said: list[Message]
) -> None:
    view = at_work(canvases, Side.RESULT)
    for tool in (Tool.BRUSH, Tool.FILL, Tool.LASSO, Tool.POLYGON, Tool.MASK, Tool.PICK):
        loaded.tools.tool = tool
        said.clear()
        click(view, (20, 20))
        assert len(said) == 1, tool
    assert not len(loaded.document.result)


def test_a_locked_layer_is_told(view: CanvasView, loaded: Editor, said: list[Message]) -> None:
    loaded.document.do(commands.change_layer(layout(loaded).id, locked=True))
    line(view, (20, 20), (40, 20))
    assert "locked" in said[-1].text
    assert not layout(loaded).is_edited


def test_painting_activates_the_side(canvases: Canvases, loaded: Editor) -> None:
    canvases.show_all()
    loaded.activate(Side.RESULT)
    view = canvases.view_of(Side.BODY)
    view.set_viewport(replace(view.viewport, zoom=1.0))
    click(view, (80, 100))
    assert loaded.side is Side.BODY
    assert (top(loaded, Side.BODY, LayoutLayer).ids.pixels == HAT).any()


def test_where_there_is_no_layout_it_says_why(
    view: CanvasView, loaded: Editor, loop: WindowLoop, fake: FakeEngine, said: list[Message]
) -> None:
    fake.hold()
    loaded.set_photo(Side.HEAD, head_photo(), "other.png")
    line(view, (20, 20), (40, 20))
    assert "still being parsed" in said[-1].text
    loaded.cancel()
    loop.settle(loaded)
    line(view, (20, 20), (40, 20))
    assert "parsed again" in said[-1].text
    fake.release()
    loaded.parse(Side.HEAD)
    loop.settle(loaded)
    line(view, (20, 20), (40, 20))
    assert hats(loaded)[20, 30]
