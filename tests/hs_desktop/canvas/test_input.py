"""What comes of mouse, wheel, keys, pen and fingers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hs_desktop.canvas.cursor import BrushOutline
from hs_desktop.canvas.events import PointerEvent, Readout
from hs_desktop.canvas.items import PictureItem
from hs_desktop.canvas.keys import CanvasKey, Keys
from hs_desktop.canvas.view import CanvasView
from tests.hs_desktop.canvas.looking import drag, look, move, new_view, pen, wheel

SIGNALS = ("pressed", "moved", "released", "hovered", "double_clicked", "left", "cancelled")
KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
MIDDLE = Qt.MouseButton.MiddleButton
RIGHT = Qt.MouseButton.RightButton


@pytest.fixture
def view(qtbot: QtBot) -> CanvasView:
    """400 x 300 widget px, a grey photo of 200 x 100 at 100 %, its corner at (100, 100)."""
    return new_view(qtbot, PictureItem(np.full((100, 200, 3), 128, np.uint8)))


Heard = list[tuple[str, PointerEvent | None]]


@pytest.fixture
def heard(view: CanvasView) -> Heard:
    """All signals of ``view`` about the pointer, in order; hovering left out."""
    seen: Heard = []
    for name in SIGNALS:
        if name != "hovered":
            getattr(view, name).connect(lambda *event, name=name: seen.append((name, *event)))
    return seen


def names(heard: Heard) -> list[str]:
    return [entry[0] for entry in heard]


# --- painting ----------------------------------------------------------------------------------


def test_a_release_that_a_dialog_has_swallowed(view: CanvasView, heard: Heard) -> None:
    drag(view, (110, 120), (130, 125), release=False)
    move(view, (150, 150))
    move(view, (160, 150))
    assert names(heard) == ["pressed", "moved", "released"]
    drag(view, (110, 120), (130, 125))
    assert names(heard)[3:] == ["pressed", "moved", "released"]


def test_the_mouse_does_not_end_what_a_pen_has_begun(view: CanvasView, heard: Heard) -> None:
    pen(view, QEvent.Type.TabletPress, (110, 120), 0.5)
    move(view, (112, 120))
    pen(view, QEvent.Type.TabletRelease, (112, 120), 0.0)
    assert names(heard) == ["pressed", "moved", "released"]


def test_a_mouse_stroke_in_photo_coordinates(view: CanvasView, heard: Heard) -> None:
    drag(view, (110, 120), (130.5, 125), (150, 150), modifiers=SHIFT)
    assert names(heard) == ["pressed", "moved", "moved", "released"]
    events = [event for _, event in heard]
    assert [e.photo for e in events if e] == [(10, 20), (30.5, 25), (50, 50), (50, 50)]
    first = events[0]
    assert first is not None
    assert (first.button, first.pressure) == (Qt.MouseButton.LeftButton, 1.0)
    assert first.shift
    assert (first.ctrl, first.alt) == (False, False)


def test_strokes_follow_zoom_rotation_and_mirror(view: CanvasView, heard: Heard) -> None:
    view.set_viewport(
        replace(view.viewport, zoom=2.0, rotation=30.0, flip=True, centre=(40.0, 30.0))
    )
    drag(view, (200, 150), (230, 150))
    assert heard[0][1] is not None
    assert heard[0][1].photo == pytest.approx((40, 30))
    x, y = view.viewport.to_photo((230, 150))
    assert heard[1][1] is not None
    assert heard[1][1].photo == pytest.approx((x, y))


def test_the_right_button_is_told_from_the_left(view: CanvasView, heard: Heard) -> None:
    drag(view, (110, 120), (130, 125), button=RIGHT)
    assert [e.button for _, e in heard if e] == [RIGHT, Qt.MouseButton.NoButton, RIGHT]


def test_a_second_button_does_not_disturb_a_stroke(view: CanvasView, heard: Heard) -> None:
    drag(view, (110, 120), (130, 125), release=False)
    QTest.mousePress(view, RIGHT)
    QTest.mouseRelease(view, RIGHT)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert names(heard) == ["pressed", "moved", "released"]


def test_pen_pressure_and_eraser(view: CanvasView, heard: Heard) -> None:
    assert pen(view, QEvent.Type.TabletPress, (110.25, 120.5), 0.25)
    assert pen(view, QEvent.Type.TabletMove, (120, 120), 0.75)
    assert pen(view, QEvent.Type.TabletRelease, (120, 120), 0)
    assert pen(view, QEvent.Type.TabletPress, (110, 120), 1, eraser=True)
    assert names(heard) == ["pressed", "moved", "released", "pressed"]
    first, second, _, last = (event for _, event in heard)
    assert first is not None
    assert second is not None
    assert last is not None
    assert first.photo == (10.25, 20.5)
    assert first.pressure == 0.25
    assert not first.eraser
    assert second.pressure == 0.75
    assert last.eraser


def test_escape_cancels_a_stroke(view: CanvasView, heard: Heard) -> None:
    drag(view, (110, 120), (130, 125), release=False)
    QTest.keyClick(view, KEY.Key_Escape)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert names(heard) == ["pressed", "moved", "cancelled"]


def test_a_double_click_is_also_two_presses(view: CanvasView, heard: Heard) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton)  # the second press, and no release
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert names(heard) == ["pressed", "released", "double_clicked", "pressed", "released"]


def test_readout_and_hovering(view: CanvasView) -> None:
    read: list[Readout | None] = []
    hovered: list[PointerEvent] = []
    view.readout.connect(read.append)
    view.hovered.connect(hovered.append)
    move(view, (100.5, 101.5))
    move(view, (20, 20))
    assert read == [Readout((0, 1), (128, 128, 128)), None]
    assert hovered[0].pressure == 0
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert read[-1] is None


# --- moving about ------------------------------------------------------------------------------


def test_the_wheel_zooms_at_the_cursor(view: CanvasView) -> None:
    under = view.viewport.to_photo((250, 180))
    wheel(view, (250, 180), 3)
    assert view.viewport.zoom == pytest.approx(2)
    assert view.viewport.to_widget(under) == pytest.approx((250, 180), abs=1)
    wheel(view, (250, 180), -3.5)
    assert view.viewport.zoom == 1  # nobody passes 100 % by
    wheel(view, (250, 180), -3)
    assert view.viewport.zoom == pytest.approx(0.5)
    wheel(view, (250, 180), 0.1)
    assert view.viewport.zoom == pytest.approx(0.5 * 2 ** (1 / 30))


@pytest.mark.parametrize("way", ["middle", "space"])
def test_dragging_the_photo(view: CanvasView, heard: Heard, way: str) -> None:
    if way == "space":
        QTest.keyPress(view, KEY.Key_Space)
        assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor
        drag(view, (150, 150), (160, 155), (170, 140))
        assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor
        QTest.keyRelease(view, KEY.Key_Space)
    else:
        drag(view, (150, 150), (160, 155), (170, 140), button=MIDDLE)
    assert view.viewport.to_widget((0, 0)) == (120, 90)
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert names(heard) == []
    drag(view, (150, 150), (160, 155))
    assert names(heard) == ["pressed", "moved", "released"]


@pytest.mark.parametrize("way", ["shift+space", "R", "shift+middle"])
def test_turning_the_photo(view: CanvasView, way: str) -> None:
    if way == "shift+space":
        QTest.keyPress(view, KEY.Key_Space, SHIFT)
        drag(view, (300, 150), (200, 250), modifiers=SHIFT)
    elif way == "R":
        QTest.keyPress(view, KEY.Key_R)
        drag(view, (300, 150), (200, 250))
    else:
        drag(view, (300, 150), (200, 250), button=MIDDLE, modifiers=SHIFT)
    assert view.viewport.rotation == pytest.approx(90)
    assert view.viewport.to_widget((100, 50)) == (200, 150)


def test_turning_in_steps(view: CanvasView) -> None:
    QTest.keyPress(view, KEY.Key_R)
    drag(view, (300, 150), (290, 180), modifiers=CONTROL)
    assert view.viewport.rotation == 15


def test_keys(view: CanvasView) -> None:
    QTest.keyClick(view, KEY.Key_Right)
    assert view.viewport.to_widget((0, 0)) == (100 - 48, 100)
    QTest.keyClick(view, KEY.Key_Up, SHIFT)
    assert view.viewport.centre == (148, 0)  # as far as it goes


def test_a_held_key_is_let_go_though_its_modifier_went_up_first(qtbot: QtBot) -> None:
    keys = Keys()
    keys.set_shortcuts({CanvasKey.PAN: "Ctrl+W"})
    view = CanvasView(keys)
    qtbot.addWidget(view)
    QTest.keyPress(view, KEY.Key_W)
    assert not view.is_navigating
    QTest.keyPress(view, KEY.Key_W, CONTROL)
    assert view.is_navigating
    QTest.keyRelease(view, KEY.Key_W)
    assert not view.is_navigating


def test_keys_held_while_the_focus_goes_are_forgotten(view: CanvasView, heard: Heard) -> None:
    QTest.keyPress(view, KEY.Key_Space)
    view.clearFocus()
    drag(view, (150, 150), (160, 155))
    assert names(heard) == ["pressed", "moved", "released"]


def test_a_touchpad_pinches(view: CanvasView) -> None:
    device = QPointingDevice.primaryPointingDevice()
    assert device.type() in QInputDevice.DeviceType

    def gesture(kind: Qt.NativeGestureType, value: float) -> None:
        at = QPointF(200, 150)
        event = QNativeGestureEvent(kind, device, 2, at, at, view.mapToGlobal(at), value, QPointF())
        QApplication.sendEvent(view, event)

    gesture(Qt.NativeGestureType.ZoomNativeGesture, 0.25)
    assert view.viewport.zoom == 1.25
    gesture(Qt.NativeGestureType.RotateNativeGesture, 12)
    assert view.viewport.rotation == 12


_SCREEN: list[QPointingDevice] = []  # Qt keeps them for good


def touch(view: CanvasView, how: str, *points: tuple[int, int]) -> None:
    if not _SCREEN:
        _SCREEN.append(QTest.createTouchDevice())
    sequence = QTest.touchEvent(view, _SCREEN[0], False)
    for number, point in enumerate(points):
        getattr(sequence, how)(number, QPointF(*point).toPoint(), view)
    sequence.commit()


def test_fingers_pinch(view: CanvasView, heard: Heard) -> None:
    under = view.viewport.to_photo((180, 150))
    touch(view, "press", (180, 150))
    touch(view, "move", (183, 150))
    assert names(heard) == ["pressed", "moved"]
    touch(view, "press", (180, 150), (220, 150))
    for spread in (25, 30, 35, 40):
        touch(view, "move", (210, 160 - spread), (210, 160 + spread))
    touch(view, "release", (210, 120), (210, 200))
    assert names(heard) == ["pressed", "moved", "cancelled"]
    assert view.viewport.zoom == pytest.approx(2)
    assert view.viewport.rotation == pytest.approx(90)
    assert view.viewport.to_widget(under) == pytest.approx((210, 120), abs=2)


def test_a_finger_paints(view: CanvasView, heard: Heard) -> None:
    touch(view, "press", (150, 120))
    touch(view, "move", (160, 120))
    touch(view, "release", (160, 120))
    assert names(heard)[0] == "pressed"
    assert names(heard)[-1] == "released"
    assert set(names(heard)) == {"pressed", "moved", "released"}
    assert heard[0][1] is not None
    assert heard[0][1].photo == (50, 20)


# --- the brush's cursor ------------------------------------------------------------------------


def test_the_brushs_outline_follows_the_pointer(view: CanvasView) -> None:
    plain = look(view)
    view.set_brush(BrushOutline(40, hardness=0.5))
    assert view.cursor().shape() == Qt.CursorShape.BlankCursor
    assert (look(view) == plain).all()  # not before it is there
    move(view, (200, 150))
    seen = look(view)
    changed = np.argwhere((seen != plain).any(-1))
    assert changed.min(0).tolist() == pytest.approx([150 - 21, 200 - 21], abs=1)
    assert changed.max(0).tolist() == pytest.approx([150 + 20, 200 + 20], abs=1)
    radius = np.hypot(*(changed + 0.5 - (150, 200)).T)
    assert ((radius < 12) | (radius > 17.5)).all()  # the outline and the ring of hardness
    assert (radius > 7.5).all()
    move(view, (230, 150))
    moved = look(view)
    ring, ring_before = (moved != plain).any(-1), (seen != plain).any(-1)
    assert (ring[:, 30:] == ring_before[:, :-30]).all()
    QTest.keyPress(view, KEY.Key_Space)
    assert (look(view) == plain).all()
    QTest.keyRelease(view, KEY.Key_Space)
    view.set_brush(None)
    assert (look(view) == plain).all()
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_tiny_brush_can_be_found(view: CanvasView) -> None:
    plain = look(view)
    view.set_brush(BrushOutline(1))
    move(view, (200, 150))
    assert ((look(view) != plain).any(-1)).sum() > 30


# --- the slider --------------------------------------------------------------------------------


def test_the_slider_is_dragged(view: CanvasView, heard: Heard) -> None:
    view.set_split(True)
    assert view.split is not None
    move(view, (201, 40))
    assert view.cursor().shape() == Qt.CursorShape.SplitHCursor
    drag(view, (201, 40), (300, 60))
    assert view.split.position == pytest.approx(0.75)
    assert names(heard) == []
    drag(view, (300, 60), (100, 60), release=False)
    QTest.keyClick(view, KEY.Key_Escape)
    assert view.split.position == pytest.approx(0.75)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
    drag(view, (100, 60), (120, 60))
    assert names(heard) == ["pressed", "moved", "released"]
