"""The result forming, the head's handles, people to be picked, the legend."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.errors import RequestError
from engine.labels import SemanticClass
from engine.requests import Box, HeadTransform
from hs_desktop import edits
from hs_desktop.canvas.handles import TransformHandles
from hs_desktop.canvas.items import PictureItem
from hs_desktop.canvas.keys import Keys
from hs_desktop.canvas.viewport import Viewport
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Message
from hs_desktop.rects import Rect
from hs_desktop.tools.state import Tool
from hs_desktop.views.canvases import Canvases
from hs_desktop.views.labels import Hint
from hs_desktop.views.legend import Legend
from hs_desktop.views.people import PeoplePicker
from tests.hs_desktop.canvas.looking import look, move
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine, frame_of, head_box
from tests.hs_desktop.views.showing import SHIFT, at_work, click, line, new_canvases, on_widget, top


@pytest.fixture
def canvases(qtbot: QtBot, loaded: Editor) -> Canvases:
    return new_canvases(qtbot, loaded)


def pictures(canvases: Canvases) -> list[PictureItem]:
    view = canvases.view_of(Side.RESULT)
    return [item for item in view.items if isinstance(item, PictureItem)]


# --- forming -----------------------------------------------------------------------------------


def test_the_result_forms_on_the_canvas(
    canvases: Canvases, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    loaded.document.do(commands.set_settings(steps=3))
    fake.hold()
    loaded.swap()
    assert canvases.shows(Side.RESULT)
    fake.wait_held()
    fake.seconds_per_step = 0.05
    fake.release()
    loop.until(lambda: len(pictures(canvases)) == 2, "a preview")
    forming = pictures(canvases)[1]
    x0, y0, *_ = head_box((160, 200))
    seed = loaded.document.settings.sampling.seed
    loop.until(
        lambda: (
            forming.colour_at((x0 + 5, y0 + 5))
            in [tuple(frame_of(seed, step, 3)[100, 100].tolist()) for step in (1, 2, 3)]
        )
    )
    loop.settle(loaded)
    # No moment without either: it has gone with the coming of the layer.
    shown = pictures(canvases)
    assert len(shown) == 2
    assert forming not in shown
    assert isinstance(top(loaded, Side.RESULT, Variation), Variation)


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_what_was_forming_goes(
    canvases: Canvases, loaded: Editor, fake: FakeEngine, loop: WindowLoop, how: str
) -> None:
    if how == "failed":
        fake.fail(RequestError("No."))
    fake.holds_at_preview = True
    loaded.swap()
    loop.until(lambda: len(pictures(canvases)) == 2, "a preview")
    if how == "cancelled":
        loaded.cancel()
    fake.release()
    loop.settle(loaded)
    assert len(pictures(canvases)) == 1


def test_a_result_that_nobody_wants_leaves_nothing(
    canvases: Canvases, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.holds_at_preview = True
    loaded.live = True
    loop.until(lambda: len(pictures(canvases)) == 2, "a preview")
    record = loaded.bridge.open_jobs[0]

    def off(ended: object) -> None:
        loaded.live = False

    loaded.bridge.ended.connect(off)
    fake.release()
    loop.until(lambda: record.has_ended and len(pictures(canvases)) == 1, "it to go")


# --- the head ----------------------------------------------------------------------------------


@pytest.fixture
def swapped(canvases: Canvases, loaded: Editor, loop: WindowLoop) -> Canvases:
    loaded.swap()
    loop.settle(loaded)
    at_work(canvases, Side.RESULT)
    loaded.tools.tool = Tool.MOVE
    return canvases


def handles(canvases: Canvases) -> list[TransformHandles]:
    overlays = canvases.view_of(Side.RESULT).overlays
    return [overlay for overlay in overlays if isinstance(overlay, TransformHandles)]


def test_dragging_the_head_is_one_command(swapped: Canvases, loaded: Editor) -> None:
    view = swapped.view_of(Side.RESULT)
    x0, y0, *_ = head_box((160, 200))
    inside = x0 + 8, y0 + 10
    count = loaded.document.history.index
    line(view, inside, (inside[0] + 5, inside[1]), (inside[0] + 12, inside[1] - 4))
    assert loaded.document.transform.shift == pytest.approx((12, -4))
    line(view, (inside[0] + 12, inside[1]), (inside[0] + 12, inside[1] + 6))
    assert loaded.document.transform.shift == pytest.approx((12, 2))
    assert loaded.document.history.index == count + 2
    loaded.document.undo()
    assert handles(swapped)[0].value.shift == pytest.approx((12, -4))


def test_nudging_flipping_aligning(swapped: Canvases, loaded: Editor) -> None:
    view = swapped.view_of(Side.RESULT)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Up, SHIFT)
    assert loaded.document.transform.shift == (1, -10)
    swapped.handles.flip()
    assert loaded.document.transform.flip
    swapped.handles.align()
    assert loaded.document.transform == HeadTransform()
    loaded.document.undo()
    assert loaded.document.transform == HeadTransform((1, -10), flip=True)


def test_escape_takes_a_drag_back(swapped: Canvases, loaded: Editor) -> None:
    view = swapped.view_of(Side.RESULT)
    x0, y0, *_ = head_box((160, 200))
    count = loaded.document.history.index
    line(view, (x0 + 8, y0 + 10), (x0 + 20, y0 + 10), release=False)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert loaded.document.transform == HeadTransform()
    assert loaded.document.history.index == count


def test_handles_come_and_go(swapped: Canvases, loaded: Editor) -> None:
    assert len(handles(swapped)) == 1
    loaded.tools.tool = Tool.BRUSH
    assert not handles(swapped)
    loaded.tools.tool = Tool.MOVE
    assert len(handles(swapped)) == 1


def test_before_the_first_swap_no_head_is_moved(
    canvases: Canvases, loaded: Editor, said: list[Message]
) -> None:
    loaded.tools.tool = Tool.MOVE
    assert not handles(canvases)
    click(at_work(canvases, Side.RESULT), (30, 30))
    assert "swap" in said[-1].text


def test_a_project_that_is_opened_again_has_its_handles(
    swapped: Canvases, loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    place = loaded.head_place
    assert place is not None
    loop.run_until_complete(loaded.save(tmp_path / "a.hsd"))
    loaded.new()
    assert loaded.head_place is None
    assert not handles(swapped)
    loop.run_until_complete(loaded.open_project(tmp_path / "a.hsd"))
    loop.settle(loaded)
    assert loaded.head_place == place
    assert len(handles(swapped)) == 1
    view = at_work(swapped, Side.RESULT)
    x0, y0, *_ = head_box((160, 200))
    line(view, (x0 + 8, y0 + 10), (x0 + 13, y0 + 10), (x0 + 20, y0 + 6))
    assert loaded.document.transform.shift == pytest.approx((12, -4))


@pytest.mark.parametrize("side", [Side.HEAD, Side.BODY])
def test_a_photos_copy_that_takes_its_place_keeps_the_handles(
    swapped: Canvases, loaded: Editor, side: Side
) -> None:
    original = loaded.document.state.photo_id(side)
    assert original is not None
    loaded.activate(side, original)
    edits.duplicate_layer(loaded)
    loaded.activate(side, original)
    edits.delete_layer(loaded)
    assert loaded.document.state.photo_id(side) not in (None, original)
    assert len(handles(swapped)) == 1
    assert loaded.people(side)
    loaded.document.undo()
    assert len(handles(swapped)) == 1


# --- people ------------------------------------------------------------------------------------

TWO = ((20.0, 20.0, 60.0, 70.0), (90.0, 20.0, 130.0, 70.0))


def picker(canvases: Canvases) -> PeoplePicker:
    [found] = [x for x in canvases.view_of(Side.BODY).overlays if isinstance(x, PeoplePicker)]
    return found


def test_a_click_picks_a_person(
    canvases: Canvases, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    view = at_work(canvases, Side.BODY)
    count = loaded.document.history.index
    loaded._found.set_people(Side.BODY, TWO)
    move(view, on_widget(view, (100, 40)))
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert picker(canvases).chosen == 1
    look(view)
    click(view, (100, 40))
    assert loaded.document.state.body_at == TWO[1]
    assert canvases.pane(Side.BODY).people.picker is None  # type: ignore[union-attr]
    loop.settle(loaded)
    assert getattr(fake.requests[-1], "at", None) == TWO[1]
    assert loaded.document.history.names[count] == "Pick person"


def test_keys_pick_a_person(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.BODY)
    loaded._found.set_people(Side.BODY, TWO)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert canvases.pane(Side.BODY).people.picker is None  # type: ignore[union-attr]
    assert canvases.ask_person(Side.BODY)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert loaded.document.state.body_at == TWO[1]


@pytest.mark.usefixtures("qapp")
def test_a_number_lies_over_the_box_of_another_person() -> None:
    beside, across = (100.0, 5.0, 190.0, 150.0), (32.0, 5.0, 190.0, 150.0)
    assert painted_number((TWO[0], beside)) == painted_number((TWO[0], across))


def painted_number(boxes: tuple[Box, ...]) -> QImage:
    """The first person's number, as it is painted."""
    image = QImage(200, 160, QImage.Format.Format_RGB32)
    image.fill(QColor(128, 128, 128))
    with QPainter(image) as painter:
        view = Viewport((200, 160), (200, 160), centre=(100, 80))
        PeoplePicker(boxes, Keys()).paint(painter, view)
    return image.copy(QRect(28, 28, 10, 10))


def test_nobody_is_asked_about_one_person(canvases: Canvases, loaded: Editor) -> None:
    assert len(loaded.people(Side.BODY)) == 1  # the scripted engine finds one
    assert not canvases.ask_person(Side.BODY)
    assert not canvases.ask_person(Side.RESULT)


def test_a_click_beside_all_keeps_the_first(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.BODY)
    count = loaded.document.history.index
    loaded._found.set_people(Side.BODY, TWO)
    click(view, (75, 150))
    assert canvases.pane(Side.BODY).people.picker is None  # type: ignore[union-attr]
    assert loaded.document.history.index == count


def test_people_are_known_when_a_project_is_opened_again(
    canvases: Canvases, loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    loaded._found.set_people(Side.BODY, TWO)
    loop.run_until_complete(loaded.save(tmp_path / "unasked.hsd"))
    loaded.swap()
    loop.settle(loaded)
    loop.run_until_complete(loaded.save(tmp_path / "swapped.hsd"))
    people = canvases.pane(Side.BODY).people  # type: ignore[union-attr]
    for name, asked in (("swapped.hsd", False), ("unasked.hsd", True)):
        loaded.new()
        assert people.picker is None
        assert not canvases.ask_person(Side.BODY)
        loop.run_until_complete(loaded.open_project(tmp_path / name))
        loop.settle(loaded)
        assert loaded.people(Side.BODY) == TWO
        assert (people.picker is not None) is asked  # who was taken needn't be told again
        assert canvases.ask_person(Side.BODY)


# --- legend and hint ---------------------------------------------------------------------------


def legend(canvases: Canvases, side: Side) -> list[SemanticClass]:
    [found] = [x for x in canvases.view_of(side).overlays if isinstance(x, Legend)]
    return [info.id for info in found.classes]


def test_the_legend_lists_what_is_there(
    canvases: Canvases, loaded: Editor, loop: WindowLoop
) -> None:
    c = SemanticClass
    assert legend(canvases, Side.HEAD) == [c.HAIR, c.FACE, c.NECK, c.UPPER_CLOTHES]
    layer = top(loaded, Side.HEAD, LayoutLayer)
    with loaded.document.stroke(layer.id, "Paint") as stroke:
        with stroke.edit("ids", Rect(0, 0, 96, 100)) as pixels:
            pixels[...] = 0
        with stroke.edit("ids", Rect(3, 3, 5, 5)) as pixels:
            pixels[...] = c.HAT
    loop.until(lambda: legend(canvases, Side.HEAD) == [c.HAT, c.UPPER_CLOTHES], "the legend")
    canvases.look.legend = False
    assert legend(canvases, Side.HEAD) == []
    canvases.look.legend = True
    canvases.look.visible = False
    assert legend(canvases, Side.HEAD) == []


def test_the_legend_knows_what_was_painted_while_it_was_hidden(
    canvases: Canvases, loaded: Editor
) -> None:
    layer = top(loaded, Side.HEAD, LayoutLayer)
    assert SemanticClass.HAT not in legend(canvases, Side.HEAD)
    canvases.look.legend = False
    with (
        loaded.document.stroke(layer.id, "Paint") as stroke,
        stroke.edit("ids", Rect(3, 3, 5, 5)) as pixels,
    ):
        pixels[...] = SemanticClass.HAT
    canvases.look.legend = True
    assert SemanticClass.HAT in legend(canvases, Side.HEAD)


def test_the_legend_is_seen(canvases: Canvases) -> None:
    view = at_work(canvases, Side.HEAD)
    with_it = look(view)
    canvases.look.legend = False
    changed = (look(view) != with_it).any(-1)
    assert changed[-100:, :130].mean() > 0.3
    assert not changed[:100].any()


def test_the_legend_hides_no_small_canvas(canvases: Canvases) -> None:
    view = at_work(canvases, Side.HEAD)
    canvases.resize(240, 260)
    QApplication.processEvents()
    with_it = look(view)
    canvases.look.legend = False
    assert not (look(view) != with_it).any()


def test_a_result_that_is_none_says_so(
    canvases: Canvases, loaded: Editor, loop: WindowLoop
) -> None:
    [hint] = [x for x in canvases.view_of(Side.RESULT).overlays if isinstance(x, Hint)]
    assert "Swap" in hint.text
    loaded.swap()
    assert hint.text == ""
    loop.settle(loaded)
    assert hint.text == ""
