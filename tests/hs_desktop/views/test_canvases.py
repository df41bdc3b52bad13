"""Tabs, linked zoom, the active side, empty states, drops, the status line."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSlider, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, PhotoLayer
from hs_desktop.editor import Editor
from hs_desktop.views.canvases import Canvases
from tests.hs_desktop.canvas.looking import LEFT, NO_MODIFIER, move, wheel
from tests.hs_desktop.conftest import WindowLoop, head_photo
from tests.hs_desktop.views.showing import at_work, new_canvases, on_widget, top


@pytest.fixture
def empty(qtbot: QtBot, editor: Editor) -> Canvases:
    return new_canvases(qtbot, editor)


@pytest.fixture
def canvases(qtbot: QtBot, loaded: Editor) -> Canvases:
    return new_canvases(qtbot, loaded)


def tabs(canvases: Canvases) -> QTabBar:
    return canvases.findChildren(QTabBar)[0]


def choose_tab(canvases: Canvases, index: int) -> None:
    bar = tabs(canvases)
    QTest.mouseClick(bar, LEFT, NO_MODIFIER, bar.tabRect(index).center())


def shown(canvases: Canvases) -> list[Side]:
    return [side for side in Side if canvases.pane(side).isVisible()]


# --- which side --------------------------------------------------------------------------------


def test_tabs_activate_sides(canvases: Canvases, loaded: Editor) -> None:
    for index, side in enumerate(Side):
        choose_tab(canvases, index)
        assert loaded.side is side
        assert shown(canvases) == [side]
        assert canvases.shows(side)
        assert canvases.view is canvases.view_of(side)
    loaded.activate(Side.BODY)
    assert tabs(canvases).currentIndex() == 1
    assert shown(canvases) == [Side.BODY]


def test_side_by_side(canvases: Canvases, loaded: Editor) -> None:
    choose_tab(canvases, 3)
    assert shown(canvases) == list(Side)
    assert canvases.shows(None)
    assert not canvases.shows(loaded.side)
    result = canvases.view_of(Side.RESULT)
    QTest.mouseClick(result, Qt.MouseButton.MiddleButton)
    assert loaded.side is Side.RESULT  # by the focus that a click brings
    assert shown(canvases) == list(Side)
    loaded.activate(Side.HEAD)
    assert canvases.shows(None)


def test_zoom_is_linked_side_by_side(canvases: Canvases) -> None:
    head, body, result = (canvases.view_of(side) for side in Side)
    at_work(canvases, Side.HEAD)
    assert body.viewport.zoom != head.viewport.zoom
    canvases.show_all()
    wheel(body, (100, 100), 3)
    zooms = [view.viewport.zoom for view in (head, body, result)]
    assert zooms == [body.viewport.zoom] * 3
    canvases.show_side(Side.BODY)
    wheel(body, (100, 100), 3)
    assert head.viewport.zoom == zooms[0]


def test_photos_and_swaps_show_their_side(
    canvases: Canvases, loaded: Editor, loop: WindowLoop
) -> None:
    photo = loaded.document.photo(Side.HEAD)
    assert photo is not None
    loaded.set_photo(Side.HEAD, photo, "again")
    assert canvases.shows(Side.HEAD)
    loaded.swap()
    assert canvases.shows(Side.RESULT)
    loop.settle(loaded)


def test_view_commands_go_to_the_active_side(canvases: Canvases) -> None:
    heard: list[None] = []
    canvases.view_changed.connect(lambda: heard.append(None))
    view = at_work(canvases, Side.BODY)
    other = canvases.view_of(Side.HEAD).viewport
    canvases.actual_size()
    assert view.viewport.zoom == 1
    canvases.zoom_by_steps(1)
    assert view.viewport.zoom == 1.5
    canvases.rotate_by(30)
    canvases.flip_view()
    assert view.viewport.flip
    canvases.reset_rotation()
    assert (view.viewport.rotation, view.viewport.flip) == (0, False)
    canvases.fit()
    assert view.fits
    assert canvases.view_of(Side.HEAD).viewport == other
    assert len(heard) > 5


def test_split_and_before(canvases: Canvases) -> None:
    canvases.toggle_split()
    assert canvases.split
    assert canvases.shows(Side.RESULT)
    canvases.toggle_split()
    assert not canvases.split
    canvases.toggle_before()
    assert canvases.before
    canvases.toggle_before()
    assert not canvases.before


# --- what is told ------------------------------------------------------------------------------


def test_the_readout(canvases: Canvases, loaded: Editor) -> None:
    told: list[str] = []
    canvases.readout.connect(told.append)
    view = at_work(canvases, Side.HEAD)
    photo = loaded.document.photo(Side.HEAD)
    assert photo is not None
    move(view, on_widget(view, (40.5, 20.5)))
    colour = " ".join(str(level) for level in photo.pixels[20, 40])
    assert told[-1] == f"40, 20 · {colour} · hair"
    mask = top(loaded, Side.HEAD, MaskLayer)
    loaded.document.do(commands.change_layer(mask.id, visible=True))
    move(view, on_widget(view, (41.5, 20.5)))
    percent = round(100 * float(mask.combined()[20, 41]))
    assert told[-1].endswith(f"hair · mask {percent} %")
    move(view, on_widget(view, (-3, -3)))
    assert told[-1] == ""


# --- the controls ------------------------------------------------------------------------------


def test_controls_want_a_layout_to_be_seen(canvases: Canvases, loaded: Editor) -> None:
    buttons = {b.accessibleName(): b for b in canvases.findChildren(QToolButton)}
    [slider] = canvases.findChildren(QSlider)
    show = buttons["Show layout"]
    controls = (show, buttons["Outlines only"], buttons["Legend"], slider)
    canvases.show_side(Side.RESULT)
    assert not any(control.isEnabled() for control in controls)
    assert {control.toolTip() for control in controls} == {"There is no layout here yet."}
    canvases.show_all()
    assert all(control.isEnabled() for control in controls)
    canvases.show_side(Side.HEAD)
    layer = top(loaded, Side.HEAD, LayoutLayer)
    loaded.document.do(commands.change_layer(layer.id, visible=False))
    assert [control.isEnabled() for control in controls] == [True, False, False, False]
    assert not show.isChecked()
    loaded.document.undo()
    assert all(control.isEnabled() for control in controls)
    assert not any("no layout" in control.toolTip() for control in controls)


def test_showing_layouts_switches_a_hidden_layer_on(canvases: Canvases, loaded: Editor) -> None:
    [show] = [b for b in canvases.findChildren(QToolButton) if b.accessibleName() == "Show layout"]
    canvases.show_side(Side.HEAD)
    layer = top(loaded, Side.HEAD, LayoutLayer)
    photo = top(loaded, Side.HEAD, PhotoLayer)

    def seen() -> list[str]:
        return [x.id for x in loaded.document.head.shown if isinstance(x, LayoutLayer)]

    loaded.document.do(commands.change_layer(layer.id, visible=False))
    canvases.toggle_layout()  # all are hidden anyhow: that one comes
    assert (seen(), canvases.layout_shown, show.isChecked()) == ([layer.id], True, True)
    canvases.toggle_layout()
    assert (seen(), canvases.layout_shown, show.isChecked()) == ([layer.id], False, False)
    loaded.document.do(commands.show_alone(photo.id))
    QTest.mouseClick(show, LEFT)
    assert (seen(), canvases.layout_shown, show.isChecked()) == ([layer.id], True, True)
    loaded.document.do(commands.change_layer(layer.id, visible=False))
    canvases.toggle_outlines()
    assert (seen(), canvases.look.outlines) == ([layer.id], True)


def test_controls_set_and_follow_the_look(canvases: Canvases) -> None:
    buttons = {b.accessibleName(): b for b in canvases.findChildren(QToolButton)}
    [slider] = canvases.findChildren(QSlider)
    look = canvases.look
    QTest.mouseClick(buttons["Outlines only"], LEFT)
    assert look.outlines
    QTest.mouseClick(buttons["Legend"], LEFT)
    assert not look.legend
    look.outlines = False
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert look.opacity == pytest.approx(0.51)
    look.opacity = 0.25
    assert slider.value() == 25
    canvases.toggle_layout()
    assert not canvases.layout_shown
    assert not buttons["Show layout"].isChecked()
    assert not slider.isEnabled()


# --- nothing there yet -------------------------------------------------------------------------


def button_of(canvases: Canvases, side: Side) -> QPushButton:
    [button] = canvases.pane(side).findChildren(QPushButton)
    return button


def test_empty_states_open_photos(empty: Canvases, editor: Editor, loop: WindowLoop) -> None:
    asked: list[Side] = []
    empty.open_requested.connect(asked.append)
    for side in Side:
        empty.show_side(side)
        QApplication.processEvents()  # the layout's
        assert button_of(empty, side).isVisible()
        QTest.mouseClick(button_of(empty, side), LEFT)
    assert asked == [Side.HEAD, Side.BODY, Side.HEAD]
    editor.set_photo(Side.HEAD, head_photo(), "head")
    assert empty.view_of(Side.HEAD).isVisible()
    empty.show_side(Side.RESULT)
    QApplication.processEvents()
    QTest.mouseClick(button_of(empty, Side.RESULT), LEFT)
    assert asked[-1] is Side.BODY
    loop.settle(editor)


# --- dropping ----------------------------------------------------------------------------------


def drop(widget: QWidget, path: Path) -> bool:
    """Drop a file onto a widget; whether it takes it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(20, 20), copy, mime, LEFT, NO_MODIFIER)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    dropped = QDropEvent(QPointF(20, 20), copy, mime, LEFT, NO_MODIFIER)
    QApplication.sendEvent(widget, dropped)
    return dropped.isAccepted()


@pytest.mark.parametrize("side", [Side.HEAD, Side.BODY])
def test_photos_are_dropped(empty: Canvases, tmp_path: Path, side: Side) -> None:
    dropped: list[tuple[Side, list[Path]]] = []
    empty.dropped.connect(lambda *told: dropped.append(told))
    assert drop(empty.pane(side), tmp_path / "photo.png")
    assert dropped == [(side, [tmp_path / "photo.png"])]


def test_what_else_is_dropped_is_the_windows(empty: Canvases, tmp_path: Path) -> None:
    assert not drop(empty.pane(Side.HEAD), tmp_path / "project.hsd")
    assert not drop(empty.pane(Side.HEAD), tmp_path / "notes.txt")
    assert not drop(empty.pane(Side.RESULT), tmp_path / "photo.png")


def test_the_slider_goes_by_keys(canvases: Canvases) -> None:
    canvases.toggle_split()
    view = canvases.view_of(Side.RESULT)
    slider = view.split
    assert slider is not None
    alt = Qt.KeyboardModifier.AltModifier
    QTest.keyClick(view, Qt.Key.Key_Right, alt)
    assert slider.position == pytest.approx(0.52)
    QTest.keyClick(view, Qt.Key.Key_Left, alt)
    QTest.keyClick(view, Qt.Key.Key_Left)  # moves the view, as ever
    assert slider.position == pytest.approx(0.5)
