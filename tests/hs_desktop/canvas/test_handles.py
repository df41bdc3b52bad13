from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.framing import Similarity
from engine.requests import HeadTransform
from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.handles import TransformHandles
from hs_desktop.canvas.items import PictureItem
from hs_desktop.canvas.placement import SCALES, Placement
from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Viewport
from tests.hs_desktop.canvas.looking import drag, look, move, new_view

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
KEY = Qt.Key

coordinates = st.floats(-2000, 2000)
points = st.tuples(coordinates, coordinates)
transforms = st.builds(
    HeadTransform, points, st.floats(0.1, 8), st.floats(-180, 179), st.booleans()
)
placements = st.builds(Placement, st.just((100.0, 50.0, 300.0, 350.0)), points, st.floats(-90, 90))


# --- geometry ----------------------------------------------------------------------------------


@given(placements, transforms)
def test_as_the_engine_moves_the_head(placement: Placement, value: HeadTransform) -> None:
    """In the head's upright frame: mirrored, scaled, turned about the centre; then shifted."""
    lean = Similarity(angle=-math.radians(placement.axis))
    own = Similarity(value.scale, math.radians(value.rotate), flip=value.flip)
    centre = lean.apply(np.array(placement.centre))
    x, y = own.apply(centre)
    wanted = (
        lean.then(own.with_shift(centre[0] - x, centre[1] - y))
        .then(lean.inverse())
        .with_shift(*value.shift)
    )
    a, b, c, d, tx, ty = placement.matrix(value)
    np.testing.assert_allclose([[a, c, tx], [b, d, ty]], wanted.matrix, atol=1e-6)


@given(placements, transforms, points, st.floats(0.5, 2), st.floats(-180, 180))
def test_scaling_and_turning_leave_the_pivot(
    placement: Placement, value: HeadTransform, inside: tuple[float, float], k: float, turn: float
) -> None:
    pivot = placement.apply(value, inside)
    for changed in (placement.scaled(value, k, pivot), placement.rotated(value, turn, pivot)):
        assert placement.apply(changed, inside) == pytest.approx(pivot, abs=1e-5)
        assert SCALES[0] <= changed.scale <= SCALES[1]
        assert -180 <= changed.rotate < 180


@given(placements, transforms)
def test_flipping_leaves_the_centre(placement: Placement, value: HeadTransform) -> None:
    mirrored = replace(value, flip=not value.flip)
    assert placement.apply(mirrored, placement.centre) == pytest.approx(
        placement.apply(value, placement.centre)
    )


# --- the hand ----------------------------------------------------------------------------------


class Hand:
    """Handles on a view of 400 x 300 at 100 %, photo px = widget px; and what they say."""

    def __init__(self, qtbot: QtBot) -> None:
        self.view = new_view(qtbot, PictureItem(np.full((300, 400, 3), 90, np.uint8)))
        self.handles = TransformHandles(Placement((150, 100, 250, 200), (200, 180)))
        self.view.add_overlay(self.handles)
        self.changed: list[HeadTransform] = []
        self.finished: list[HeadTransform] = []
        self.handles.changed.connect(self.changed.append)
        self.handles.finished.connect(self.finished.append)

    @property
    def value(self) -> HeadTransform:
        return self.handles.value


@pytest.fixture
def hand(qtbot: QtBot) -> Hand:
    return Hand(qtbot)


def test_moving(hand: Hand) -> None:
    drag(hand.view, (170, 130), (180, 133), (190, 136))
    assert hand.value == HeadTransform(shift=(20, 6))
    assert [v.shift for v in hand.changed] == [(10, 3), (20, 6)]
    assert hand.finished == [hand.value]
    drag(hand.view, (190, 130), (180, 133), (190, 160), modifiers=SHIFT)
    assert hand.value.shift == (20, 36)


def test_a_click_changes_nothing(hand: Hand) -> None:
    drag(hand.view, (170, 130), (170, 130))
    assert (hand.changed, hand.finished) == ([], [])


def test_beside_the_handles_the_press_goes_on(hand: Hand, qtbot: QtBot) -> None:
    with qtbot.waitSignal(hand.view.pressed):
        drag(hand.view, (20, 20), (30, 30))
    assert hand.value == HeadTransform()


def test_scaling_about_the_pivot(hand: Hand) -> None:
    drag(hand.view, (250, 200), (275, 210))
    assert hand.value.scale == pytest.approx(1.5)
    assert hand.handles.placement.apply(hand.value, (200, 180)) == pytest.approx((200, 180))
    assert hand.handles.placement.corners(hand.value)[2] == pytest.approx((275, 210))


def test_scaling_about_the_opposite_corner(hand: Hand) -> None:
    drag(hand.view, (250, 200), (300, 250), modifiers=ALT)
    assert hand.value.scale == pytest.approx(1.5)
    corners = hand.handles.placement.corners(hand.value)
    assert corners[0] == pytest.approx((150, 100))
    assert corners[2] == pytest.approx((300, 250))


def test_scaling_in_steps(hand: Hand) -> None:
    drag(hand.view, (250, 200), (266, 207), modifiers=SHIFT)
    assert hand.value.scale == pytest.approx(1.3) or hand.value.scale == pytest.approx(1.35)


def test_the_size_has_limits(hand: Hand) -> None:
    drag(hand.view, (250, 200), (60, 120))
    assert hand.value.scale == SCALES[0]


def test_turning(hand: Hand) -> None:
    # The handle is 28 px above the top edge, 108 above the pivot.
    drag(hand.view, (200, 72), (308, 180))
    assert hand.value.rotate == pytest.approx(90)
    assert hand.handles.placement.apply(hand.value, (200, 180)) == pytest.approx((200, 180))
    hand.handles.value = HeadTransform()
    drag(hand.view, (200, 72), (225, 75), modifiers=SHIFT)
    assert hand.value.rotate == 15


def test_the_handle_that_turns_stays_on_the_canvas(hand: Hand) -> None:
    """Above the head, else below, else on its right."""
    around = hand.view.viewport
    for viewport, at in (
        (around, (200, 72)),
        (replace(around, centre=(200, 240)), (200, 138)),
        (replace(around, zoom=2.8), (368, 150)),
    ):
        hand.view.set_viewport(viewport)
        move(hand.view, at)
        assert hand.view.cursor().shape() == Qt.CursorShape.PointingHandCursor, at


def test_the_handle_keeps_its_edge_while_it_turns(hand: Hand) -> None:
    hand.view.set_viewport(replace(hand.view.viewport, centre=(200, 240)))
    drag(hand.view, (200, 138), (152, 90), release=False)
    assert hand.value.rotate == pytest.approx(90)
    assert tuple(look(hand.view)[90, 152]) == (255, 255, 255)
    QTest.mouseRelease(hand.view, Qt.MouseButton.LeftButton, pos=QPoint(152, 90))
    assert tuple(look(hand.view)[90, 152]) != (255, 255, 255)  # there is room above now


def test_a_pivot_of_ones_own(hand: Hand) -> None:
    drag(hand.view, (200, 180), (150, 100))
    assert hand.handles.pivot == (150, 100)
    assert hand.finished == []
    drag(hand.view, (250, 200), (300, 250))
    assert hand.value.scale == pytest.approx(1.5)
    assert hand.handles.placement.corners(hand.value)[0] == pytest.approx((150, 100))
    # It goes with the head ...
    QTest.keyClick(hand.view, KEY.Key_Right)
    assert hand.handles.pivot == pytest.approx((151, 100))


def test_the_pivot_goes_home(hand: Hand) -> None:
    drag(hand.view, (200, 180), (170, 130))
    drag(hand.view, (170, 130), (180, 140))
    assert hand.handles.pivot == (180, 140)
    QTest.mouseDClick(hand.view, Qt.MouseButton.LeftButton, pos=QPoint(180, 140))
    assert hand.handles.pivot == (200, 180)


def test_escape_takes_a_drag_back(hand: Hand) -> None:
    drag(hand.view, (170, 130), (180, 133), release=False)
    assert hand.value.shift == (10, 3)
    QTest.keyClick(hand.view, KEY.Key_Escape)
    assert hand.value == HeadTransform()
    assert hand.changed[-1] == HeadTransform()
    QTest.mouseRelease(hand.view, Qt.MouseButton.LeftButton)
    assert hand.finished == []


def test_arrow_keys(hand: Hand) -> None:
    centre = hand.view.viewport.centre
    QTest.keyClick(hand.view, KEY.Key_Left)
    QTest.keyClick(hand.view, KEY.Key_Down, SHIFT)
    assert hand.value.shift == (-1, 10)
    assert len(hand.finished) == 2
    assert hand.view.viewport.centre == centre
    # On a view that is turned and mirrored, to where the arrow shows.
    hand.view.set_viewport(replace(hand.view.viewport, rotation=80, flip=True, zoom=0.5))
    hand.handles.value = HeadTransform()
    before = hand.view.viewport.to_widget(hand.handles.pivot)
    QTest.keyClick(hand.view, KEY.Key_Right, SHIFT)
    after = hand.view.viewport.to_widget(hand.handles.pivot)
    assert after[0] - before[0] == pytest.approx(5 * math.sin(math.radians(80)))
    assert sorted(map(abs, hand.value.shift)) == [0, 10]


@settings(max_examples=30)
@given(st.floats(-180, 179), st.booleans(), st.floats(0.5, 3))
def test_the_handles_are_where_the_head_is(rotation: float, flip: bool, zoom: float) -> None:
    """Moving by the pointer moves by just as much, however the view is turned."""
    view = Viewport((400, 300), (400, 300), 1, zoom, (200, 150), rotation, flip)
    handles = TransformHandles(Placement((150, 100, 250, 200), (200, 180)))

    def at(photo: tuple[float, float]) -> PointerEvent:
        left = Qt.MouseButton.LeftButton
        return PointerEvent(photo, view.to_widget(photo), button=left, buttons=left)

    assert handles.press(at((170, 130)), view)
    handles.drag(at((181, 142)), view)
    assert handles.value.shift == pytest.approx((11, 12))
    handles.release(at((181, 142)), view)
    assert handles.press(at((261, 212)), view)  # a corner
    handles.drag(at((286, 222)), view)
    assert handles.value.scale == pytest.approx(1.5)


def test_cursors_and_looks(hand: Hand) -> None:
    for at, shape in (
        ((170, 130), Qt.CursorShape.SizeAllCursor),
        ((250, 200), Qt.CursorShape.SizeFDiagCursor),
        ((250, 100), Qt.CursorShape.SizeBDiagCursor),
        ((200, 72), Qt.CursorShape.PointingHandCursor),
        ((200, 180), Qt.CursorShape.CrossCursor),
        ((20, 20), Qt.CursorShape.ArrowCursor),
    ):
        move(hand.view, at)
        assert hand.view.cursor().shape() == shape, at
    seen = look(hand.view)
    for x, y in ((150, 100), (250, 100), (250, 200), (150, 200), (200, 72)):
        assert tuple(seen[y, x]) == (255, 255, 255)
    assert tuple(seen[30, 30]) == (90, 90, 90)
    hand.view.remove_overlay(hand.handles)
    assert (look(hand.view) == 90).all()


def test_removed_while_dragging(hand: Hand) -> None:
    view: CanvasView = hand.view
    drag(view, (170, 130), (180, 133), release=False)
    view.remove_overlay(hand.handles)
    assert hand.value == HeadTransform()
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
