"""Masks, retouching, clone and heal, moving about and moving pictures."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.errors import NoPersonError
from engine.imageio import Photo
from hs_desktop.canvas.view import CanvasView
from hs_desktop.document import commands
from hs_desktop.document.compositing import flatten_part
from hs_desktop.document.events import Side
from hs_desktop.document.layers import MaskLayer, MaskRole, PhotoLayer, PictureLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Message
from hs_desktop.rects import Rect
from hs_desktop.tools.state import Tool
from hs_desktop.tools.strokes import Brush
from hs_desktop.views.canvases import Canvases
from tests.hs_desktop.canvas.looking import pen
from tests.hs_desktop.conftest import WindowLoop, head_photo
from tests.hs_desktop.document.projects import full_document, picture
from tests.hs_desktop.fake_engine import FakeEngine
from tests.hs_desktop.views.showing import (
    ALT,
    RIGHT,
    at_work,
    click,
    double_click,
    line,
    new_canvases,
    on_widget,
    top,
)

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canvases(qtbot: QtBot, loaded: Editor) -> Canvases:
    loaded.tools.brush = Brush(diameter=10)
    return new_canvases(qtbot, loaded)


def names(editor: Editor) -> tuple[str, ...]:
    return editor.document.history.names


# --- masks -------------------------------------------------------------------------------------


def test_the_mask_brush_adds_and_takes_away(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.HEAD)
    loaded.tools.tool = Tool.MASK
    count = loaded.document.history.index
    line(view, (10, 100), (40, 100))
    layer = top(loaded, Side.HEAD, MaskLayer)
    assert layer.visible  # it was hidden
    assert layer.add.pixels[100, 10:38].all()
    line(view, (20, 100), (60, 100), button=RIGHT)
    assert not layer.add.pixels[100, 20:].any()
    assert layer.subtract.pixels[100, 20:58].all()
    assert layer.combined()[100, 10:14].all()
    line(view, (30, 100), (50, 100))  # the last stroke counts
    assert layer.combined()[100, 30:50].all()
    assert not layer.subtract.pixels[100, 32:48].any()
    assert names(loaded)[count:] == (
        "Change visibility", "Add to mask", "Take away from mask", "Add to mask",
    )  # fmt: skip
    loaded.document.undo()
    assert not layer.combined()[100, 40]


def test_the_pens_strength_counts(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.HEAD)
    loaded.tools.tool = Tool.MASK
    loaded.tools.brush = Brush(diameter=10, opacity_by_pressure=1.0)
    at = on_widget(view, (20, 100))
    pen(view, QEvent.Type.TabletPress, at, 0.5)
    pen(view, QEvent.Type.TabletRelease, at, 0.0)
    layer = top(loaded, Side.HEAD, MaskLayer)
    assert layer.combined()[100, 20] == pytest.approx(0.5, abs=0.01)
    pen(view, QEvent.Type.TabletPress, at, 0.5, eraser=True)
    pen(view, QEvent.Type.TabletRelease, at, 0.0)
    assert layer.subtract.pixels[100, 20] == pytest.approx(128, abs=1)


# --- retouching --------------------------------------------------------------------------------


@pytest.fixture
def result(canvases: Canvases, loaded: Editor, loop: WindowLoop) -> CanvasView:
    loaded.swap()
    loop.settle(loaded)
    loaded.tools.tool = Tool.RETOUCH
    return at_work(canvases, Side.RESULT)


def retouch_masks(editor: Editor) -> list[MaskLayer]:
    return [
        layer
        for layer in editor.document.result
        if isinstance(layer, MaskLayer) and layer.role is MaskRole.RETOUCH
    ]


def test_letting_go_asks_for_the_retouch(
    canvases: Canvases, result: CanvasView, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    items = canvases.pane(Side.RESULT).side_view.items
    fake.hold()
    line(result, (60, 150), (90, 150), release=False)
    [mask] = retouch_masks(loaded)
    assert items.item(mask.id).visible
    QTest.mouseRelease(result, LEFT)
    fake.wait_held()
    assert items.item(mask.id).visible
    line(result, (60, 170), (90, 170))  # while the engine is at work: as well
    assert mask.combined()[150, 70] == mask.combined()[170, 70] == 1
    fake.release()
    loop.settle(loaded)
    request = fake.requests[-1]
    assert (getattr(request, "mask", None) == mask.combined()).all()
    assert not items.item(mask.id).visible
    assert len([x for x in loaded.document.result if isinstance(x, Variation)]) == 2
    line(result, (60, 20), (90, 20))  # and now anew
    loop.settle(loaded)
    assert mask.combined()[20, 70] == 1
    assert not mask.combined()[150].any()
    assert len(retouch_masks(loaded)) == 1


def test_a_retouch_that_is_cancelled_asks_nothing(
    canvases: Canvases, result: CanvasView, loaded: Editor, fake: FakeEngine
) -> None:
    asked = len(fake.requests)
    line(result, (60, 150), (90, 150), release=False)
    QTest.keyClick(result, Qt.Key.Key_Escape)
    QTest.mouseRelease(result, LEFT)
    [mask] = retouch_masks(loaded)
    assert not mask.combined().any()
    assert not canvases.pane(Side.RESULT).side_view.items.item(mask.id).visible
    assert not loaded.bridge.is_busy
    assert len(fake.requests) == asked


def test_retouching_works_on_the_result(
    canvases: Canvases, loaded: Editor, said: list[Message]
) -> None:
    loaded.tools.tool = Tool.RETOUCH
    click(at_work(canvases, Side.HEAD), (20, 20))
    assert "result" in said[-1].text
    assert not retouch_masks(loaded)


# --- clone and heal ----------------------------------------------------------------------------


def ramp(dtype: type, icc: bytes | None = None) -> Photo:
    """Fine stripes on a slope of brightness: 120 x 100."""
    y, x = np.mgrid[:100, :120]
    grey = 40 + x + 10 * (y % 2)
    pixels = np.stack([grey, grey + 5, grey + 10], axis=2)
    return Photo((pixels * (257 if dtype == np.uint16 else 1)).astype(dtype), icc)


@pytest.fixture(params=[np.uint8, np.uint16])
def cloning(
    request: pytest.FixtureRequest, canvases: Canvases, loaded: Editor, loop: WindowLoop
) -> CanvasView:
    loaded.set_photo(Side.BODY, ramp(request.param), "ramp")
    loop.settle(loaded)
    loaded.tools.tool = Tool.CLONE
    return at_work(canvases, Side.BODY)


def seen(editor: Editor) -> np.ndarray:
    photo = editor.document.photo(Side.BODY)
    assert photo is not None
    return photo.pixels


def test_cloning_copies_exactly(cloning: CanvasView, loaded: Editor) -> None:
    before = seen(loaded).copy()
    count = loaded.document.history.index
    click(cloning, (30, 30), modifiers=ALT)
    line(cloning, (80, 41), (90, 41))
    layer = top(loaded, Side.BODY, PictureLayer)
    assert layer.pixels.pixels.dtype == before.dtype
    assert loaded.layer_id == layer.id
    now = seen(loaded)
    assert (now[38:44, 78:92] == before[27:33, 28:42]).all()
    assert (now[:30] == before[:30]).all()
    assert (now[:, :70] == before[:, :70]).all()
    assert names(loaded)[count:] == ("Add layer", "Clone")
    line(cloning, (80, 61), (82, 61))  # the distance stays the same
    assert (seen(loaded)[61, 80] == before[50, 30]).all()
    loaded.tools.resize(1.4)  # the rim of what was painted is soft
    line(cloning, (80, 61), (82, 61), button=RIGHT)
    assert (seen(loaded)[50:] == before[50:]).all()
    loaded.document.undo()
    loaded.document.undo()
    loaded.document.undo()
    assert (seen(loaded) == before).all()


def test_what_is_copied_is_what_was_there_before(cloning: CanvasView, loaded: Editor) -> None:
    """The source runs into what the stroke has just painted."""
    before = seen(loaded).copy()
    click(cloning, (30, 31), modifiers=ALT)
    line(cloning, (40, 31), (60, 31), (80, 31))
    assert (seen(loaded)[31, 40:80] == before[31, 30:70]).all()


def test_nothing_is_copied_from_beyond_the_photo(cloning: CanvasView, loaded: Editor) -> None:
    before = seen(loaded).copy()
    click(cloning, (110, 31), modifiers=ALT)
    line(cloning, (40, 31), (70, 31))
    assert (seen(loaded)[31, 40:50] == before[31, 110:]).all()
    assert (seen(loaded)[31, 50:] == before[31, 50:]).all()


def test_cloning_needs_a_source(cloning: CanvasView, loaded: Editor, said: list[Message]) -> None:
    click(cloning, (30, 30))
    assert "Alt" in said[-1].text
    assert not any(isinstance(x, PictureLayer) for x in loaded.document.body)


def test_another_project_has_another_source(
    cloning: CanvasView, loaded: Editor, said: list[Message]
) -> None:
    former = weakref.ref(loaded.document)
    click(cloning, (30, 30), modifiers=ALT)
    line(cloning, (80, 41), (90, 41))
    loaded.replace_document(full_document())
    click(cloning, (30, 30))
    assert "Alt" in said[-1].text
    gc.collect()
    assert former() is None  # no tool holds on to its photos


def test_escape_takes_a_clone_back(cloning: CanvasView, loaded: Editor) -> None:
    before = seen(loaded).copy()
    click(cloning, (30, 30), modifiers=ALT)
    line(cloning, (80, 41), (90, 41), release=False)
    QTest.keyClick(cloning, Qt.Key.Key_Escape)
    QTest.mouseRelease(cloning, LEFT)
    assert (seen(loaded) == before).all()


def test_healing_keeps_the_tone(cloning: CanvasView, loaded: Editor) -> None:
    loaded.tools.brush = Brush(diameter=20, hardness=0.5)
    before = seen(loaded).astype(float)
    top_level = np.iinfo(seen(loaded).dtype).max
    loaded.tools.tool = Tool.HEAL
    click(cloning, (30, 30), modifiers=ALT)
    line(cloning, (80, 51), (95, 51))  # stripes fall on stripes, one row off
    now = seen(loaded).astype(float)
    inside = now[45:57, 76:99]
    # The tone is that of the place, though the source is much darker ...
    step = top_level / 255
    assert np.abs(inside.mean((0, 1)) - before[45:57, 76:99].mean((0, 1))).max() < 2.5 * step
    # ... and the stripes are those of the source, which lie the other way round.
    assert (np.sign(np.diff(inside[:, 12, 0])) == -np.sign(np.diff(before[45:57, 88, 0]))).all()
    assert names(loaded)[-1] == "Heal"
    loaded.document.undo()
    assert (seen(loaded) == before).all()


def test_a_retouch_layer_below_a_picture_is_not_painted_on(
    cloning: CanvasView, loaded: Editor
) -> None:
    click(cloning, (30, 30), modifiers=ALT)
    click(cloning, (80, 41))
    loaded.document.do(commands.add_layer(Side.BODY, picture((120, 100))))
    loaded.activate(Side.BODY, top(loaded, Side.BODY, PictureLayer).id)
    loaded.activate(Side.BODY, top(loaded, Side.BODY, PhotoLayer).id)
    click(cloning, (80, 61))
    pictures = [x.name for x in loaded.document.body if isinstance(x, PictureLayer)]
    assert pictures == ["Retouch", "Picture", "Retouch 2"]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("side", Side)
def test_parts_are_flattened_as_the_whole(bits: int, side: Side) -> None:
    document = full_document(bits)
    whole = document.photo(side)
    assert whole is not None
    for rect in (Rect(0, 0, *whole.size), Rect(11, 7, 33, 29)):
        part = flatten_part(document.state, side, rect)
        assert part.dtype == whole.pixels.dtype
        assert (part == whole.pixels[rect.slices]).all()


# --- moving ------------------------------------------------------------------------------------


def test_the_hand_moves_what_is_shown(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.HEAD)
    loaded.tools.tool = Tool.HAND
    assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor
    before = view.viewport
    at = before.to_widget((40, 40))
    line(view, (40, 40), (50, 45))
    assert view.viewport.to_widget((40, 40)) == pytest.approx((at[0] + 20, at[1] + 10), abs=1)
    line(view, (40, 40), (50, 45), release=False)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.viewport.to_widget((40, 40)) == pytest.approx((at[0] + 20, at[1] + 10), abs=1)


def test_a_double_click_of_the_hand_fits_the_photo(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.HEAD)
    loaded.tools.tool = Tool.HAND
    assert not view.fits
    double_click(view, (40, 40))
    assert view.fits


def test_zooming_with_the_glass(canvases: Canvases, loaded: Editor) -> None:
    view = at_work(canvases, Side.HEAD)
    loaded.tools.tool = Tool.ZOOM
    zoom = view.viewport.zoom
    click(view, (30, 30))
    assert view.viewport.zoom > zoom
    click(view, (30, 30), modifiers=ALT)
    assert view.viewport.zoom == zoom
    click(view, (30, 30), RIGHT)
    assert view.viewport.zoom < zoom
    line(view, (20, 30), (40, 40), (50, 60))
    assert view.viewport.centre == pytest.approx((35, 45), abs=0.5)
    x0, y0, x1, y1 = view.viewport.bounds((20, 30, 50, 60))
    assert max(x1 - x0, y1 - y0) == pytest.approx(min(view.width(), view.height()), rel=0.1)


def test_a_picture_is_moved(canvases: Canvases, loaded: Editor) -> None:
    loaded.document.do(commands.add_layer(Side.BODY, picture((30, 20))))
    layer = top(loaded, Side.BODY, PictureLayer)
    view = at_work(canvases, Side.BODY)
    loaded.activate(Side.BODY, layer.id)
    loaded.tools.tool = Tool.MOVE
    count = loaded.document.history.index
    line(view, (10, 10), (15, 14), (30, 25))
    assert top(loaded, Side.BODY, PictureLayer).position == (17, 20)
    assert loaded.document.history.index == count + 1
    item = canvases.pane(Side.BODY).side_view.items.item(layer.id)
    line(view, (10, 10), (30, 25), release=False)
    assert (item.matrix.dx(), item.matrix.dy()) == (37, 35)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert (item.matrix.dx(), item.matrix.dy()) == (17, 20)
    assert top(loaded, Side.BODY, PictureLayer).position == (17, 20)
    assert loaded.document.history.index == count + 1


def test_why_the_head_cant_be_moved_yet(
    canvases: Canvases,
    loaded: Editor,
    fake: FakeEngine,
    loop: WindowLoop,
    said: list[Message],
) -> None:
    view = at_work(canvases, Side.RESULT)
    loaded.tools.tool = Tool.MOVE

    def told() -> str:
        click(view, (20, 30))
        return said[-1].text

    assert told().startswith("Make a swap first")
    fake.hold()
    loaded.swap()
    fake.wait_held()
    view = at_work(canvases, Side.RESULT)
    assert told().startswith("The head's place is still being found")
    fake.release()
    loop.settle(loaded)
    count = len(said)
    click(view, (20, 30))
    assert len(said) == count  # there are handles

    fake.hold()
    loaded.set_photo(Side.HEAD, head_photo((100, 130)), "other.png")
    fake.wait_held()
    view = at_work(canvases, Side.RESULT)
    loaded.tools.tool = Tool.MOVE
    assert told().startswith("The head's place is still being found")  # once it is parsed
    fake.fail(NoPersonError("Nobody is there."), after=0)
    fake.release()
    loop.settle(loaded)
    assert loaded.head_place is None
    assert told().startswith("No place was found for this head")
