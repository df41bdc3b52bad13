"""Another person or photo: whom the head's handles are about, and how it is undone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.errors import NoPersonError
from engine.requests import LayoutRequest
from hs_desktop.canvas.handles import TransformHandles
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Message
from hs_desktop.tools.state import Tool
from hs_desktop.views.canvases import Canvases
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import facts
from tests.hs_desktop.fake_engine import FakeEngine, as_floats, head_box
from tests.hs_desktop.views.showing import at_work, click, new_canvases

FIRST = as_floats(head_box((160, 200)))
TWO = (FIRST, (110.0, 20.0, 150.0, 70.0))
MIDDLE = 130, 45  # of the second


@pytest.fixture
def canvases(qtbot: QtBot, loaded: Editor, loop: WindowLoop) -> Canvases:
    """With a result, the move tool in the hand, and two people in the body photo."""
    made = new_canvases(qtbot, loaded)
    loaded.swap()
    loop.settle(loaded)
    loaded.tools.tool = Tool.MOVE
    loaded._found.set_people(Side.BODY, TWO)
    return made


def places(canvases: Canvases) -> list[tuple[float, ...]]:
    """Boxes of the handles that are shown."""
    overlays = canvases.view_of(Side.RESULT).overlays
    return [one.placement.box for one in overlays if isinstance(one, TransformHandles)]


def pick(canvases: Canvases) -> None:
    view = at_work(canvases, Side.BODY)
    assert canvases.ask_person(Side.BODY)
    click(view, MIDDLE)


def test_a_person_who_is_clicked_is_picked_in_one_step(
    canvases: Canvases, loaded: Editor, loop: WindowLoop
) -> None:
    before, names = facts(loaded.document.state), loaded.document.history.names
    pick(canvases)
    loop.settle(loaded)
    assert loaded.document.history.names == (*names, "Pick person")
    loaded.document.undo()
    assert facts(loaded.document.state)[:-1] == before[:-1]  # all but what the engine found


def test_the_handles_go_to_the_person_who_is_picked(
    canvases: Canvases, loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    assert places(canvases) == [FIRST]
    fake.hold()
    pick(canvases)
    assert places(canvases) == []  # not with the former person
    fake.release()
    loop.settle(loaded)
    assert places(canvases) == [TWO[1]]
    loaded.document.undo()
    assert places(canvases) == [FIRST]
    loaded.document.redo()
    assert places(canvases) == [TWO[1]]
    asked = len(fake.requests)
    loaded.pick_person(Side.BODY, TWO[1])
    loop.settle(loaded)
    assert not any(isinstance(one, LayoutRequest) for one in fake.requests[asked:])


def test_the_result_of_the_former_person_leaves_the_handles_alone(
    canvases: Canvases, loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    loaded.document.do(commands.set_settings(seed=4))
    fake.hold()
    loaded.swap()
    fake.wait_held()
    pick(canvases)
    swapped = loaded.bridge.open_jobs[0]
    fake.release()
    loop.until(lambda: swapped.has_ended, "the swap")
    assert FIRST not in places(canvases)
    loop.settle(loaded)
    assert places(canvases) == [TWO[1]]


@pytest.mark.parametrize("side", [Side.HEAD, Side.BODY])
def test_the_handles_come_again_for_another_photo(
    canvases: Canvases, loaded: Editor, loop: WindowLoop, side: Side
) -> None:
    other, place = {
        Side.HEAD: (head_photo((40, 60)), FIRST),
        Side.BODY: (body_photo((120, 90)), as_floats(head_box((120, 90)))),
    }[side]
    loaded.set_photo(side, other, "other.png")
    assert places(canvases) == []
    loop.settle(loaded)
    assert places(canvases) == [place]


def test_a_place_is_not_asked_for_where_a_swap_tells_it(
    canvases: Canvases, loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    loaded.live = True
    loop.settle(loaded)
    pick(canvases)
    loop.settle(loaded)
    assert places(canvases) == [TWO[1]]
    assert not any(isinstance(one, LayoutRequest) for one in fake.requests)


def test_before_the_first_swap_nobody_asks_for_a_place(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    loaded.pick_person(Side.BODY, TWO[1])
    loop.settle(loaded)
    assert not any(isinstance(one, LayoutRequest) for one in fake.requests)


def test_a_head_that_has_no_place_is_not_told_twice(
    canvases: Canvases, loaded: Editor, loop: WindowLoop, fake: FakeEngine, said: list[Message]
) -> None:
    fake.fail(NoPersonError("No head was found."), after=1)  # the photo is parsed before
    pick(canvases)
    loop.settle(loaded)
    assert places(canvases) == []
    assert not said
    QTest.keyClick(canvases.view_of(Side.RESULT), Qt.Key.Key_Right)
    asked = len(fake.requests)
    loaded.parse(Side.BODY)
    loop.settle(loaded)
    assert len(fake.requests) == asked + 1
