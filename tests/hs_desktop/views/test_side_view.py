"""What a canvas shows of the document, and what it keeps while that changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColorSpace
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hs_desktop.canvas.items import LayoutItem, MaskItem, PictureItem
from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, PhotoLayer, PictureLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.rects import Rect
from hs_desktop.views.canvases import Canvases
from hs_desktop.views.screen import screen_profile
from tests.engine import profiles
from tests.hs_desktop.canvas.looking import look
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import full_document, picture, variation
from tests.hs_desktop.views.showing import at_work, new_canvases, top


@pytest.fixture
def canvases(qtbot: QtBot, editor: Editor) -> Canvases:
    editor.replace_document(full_document())
    return new_canvases(qtbot, editor)


def test_items_follow_the_stack(canvases: Canvases, editor: Editor) -> None:
    head = canvases.view_of(Side.HEAD)
    assert head.photo_size == (50, 70)
    assert [type(item) for item in head.items] == [PictureItem, LayoutItem, MaskItem]
    before = head.items
    editor.document.do(commands.move_layer(top(editor, Side.HEAD, MaskLayer).id, 1))
    assert list(head.items) == [before[0], before[2], before[1]]
    editor.document.do(commands.remove_layer(top(editor, Side.HEAD, LayoutLayer).id))
    assert list(head.items) == [before[0], before[2]]
    editor.document.undo()
    assert [type(item) for item in head.items] == [PictureItem, MaskItem, LayoutItem]


def test_maps_lie_above_pictures(canvases: Canvases) -> None:
    """In the result's stack layouts and masks come first: a result would hide them."""
    result = canvases.view_of(Side.RESULT)
    kinds = [type(item) for item in result.items]
    assert kinds == [PictureItem, PictureItem, PictureItem, LayoutItem, MaskItem]


def test_attributes_are_followed(canvases: Canvases, editor: Editor) -> None:
    layer = top(editor, Side.HEAD, LayoutLayer)
    photo, layout, mask = canvases.view_of(Side.HEAD).items
    editor.document.do(commands.change_layer(layer.id, opacity=0.5))
    assert layout.opacity == pytest.approx(0.5 * canvases.look.opacity)
    canvases.look.opacity = 0.8
    assert layout.opacity == pytest.approx(0.4)
    editor.document.do(commands.show_alone(layer.id))
    assert (photo.visible, layout.visible, mask.visible) == (False, True, False)
    editor.document.do(commands.show_all(Side.HEAD))
    editor.document.do(commands.change_layer(layer.id, visible=False))
    assert (photo.visible, layout.visible, mask.visible) == (True, False, True)


def test_the_body_lies_beneath_the_result(canvases: Canvases, editor: Editor) -> None:
    view = at_work(canvases, Side.RESULT)
    for kind in (LayoutLayer, MaskLayer):
        layer = top(editor, Side.RESULT, kind)
        editor.document.do(commands.change_layer(layer.id, visible=False))
    view.actual_size()
    x, y = (round(c) for c in view.viewport.to_widget((0, 0)))
    shown = look(view)[y : y + 40, x : x + 60]
    flattened = editor.document.photo(Side.RESULT)
    assert flattened is not None
    # The picture with alpha is blended in other roundings.
    assert np.abs(shown.astype(int) - flattened.pixels).max() <= 2
    # A layout alone on the body isn't the end of the result.
    editor.document.do(commands.show_alone(top(editor, Side.BODY, LayoutLayer).id))
    assert (look(view)[y : y + 40, x : x + 60] == shown).all()


def test_a_stroke_updates_its_rectangle_only(canvases: Canvases, editor: Editor) -> None:
    view = canvases.view_of(Side.HEAD)
    item = view.items[1]
    changed: list[Rect | None] = []
    item.changed.connect(changed.append)
    layer = top(editor, Side.HEAD, LayoutLayer)
    with editor.document.stroke(layer.id, "Paint") as stroke:
        for x in (5, 20):
            with stroke.edit("ids", Rect(x, 6, x + 8, 12)) as pixels:
                pixels[...] = 4
    assert changed == [Rect(5, 6, 13, 12), Rect(20, 6, 28, 12)]
    assert view.items[1] is item
    assert isinstance(item, LayoutItem)
    assert item.class_at((6, 7)) == 4
    editor.document.undo()
    assert len(changed) == 3
    assert item.class_at((6, 7)) == layer.parsed.pixels[7, 6]


def test_masks_are_shown_as_they_count(canvases: Canvases, editor: Editor) -> None:
    layer = top(editor, Side.RESULT, MaskLayer)
    item = canvases.view_of(Side.RESULT).items[-1]
    assert isinstance(item, MaskItem)
    editor.document.do(commands.change_layer(layer.id, visible=False))
    with editor.document.stroke(layer.id, "Paint") as stroke:
        with stroke.edit("add", Rect(0, 0, 5, 5)) as pixels:
            pixels[...] = 200
        with stroke.edit("subtract", Rect(12, 16, 20, 20)) as pixels:
            pixels[...] = 99
    editor.document.do(commands.change_layer(layer.id, visible=True))
    np.testing.assert_allclose(item.mask / 255, layer.combined(), atol=0.5 / 255)
    with (
        editor.document.stroke(layer.id, "Paint") as stroke,
        stroke.edit("subtract", Rect(0, 0, 60, 40)) as pixels,
    ):
        pixels[::2] = 31
    np.testing.assert_allclose(item.mask / 255, layer.combined(), atol=0.5 / 255)


def test_a_hidden_mask_that_changes_often_is_put_together_once(
    canvases: Canvases, editor: Editor
) -> None:
    layer = top(editor, Side.RESULT, MaskLayer)
    item = canvases.view_of(Side.RESULT).items[-1]
    editor.document.do(commands.change_layer(layer.id, visible=False))
    changed: list[object] = []
    item.changed.connect(changed.append)
    for level in range(30):
        levels = np.full(layer.add.pixels.shape, level, np.uint8)
        editor.document.do(commands.change_layer(layer.id, automatic=Plane(levels)))
    before = len(changed)
    editor.document.do(commands.change_layer(layer.id, visible=True))
    assert len(changed) - before < 5
    assert isinstance(item, MaskItem)
    now = top(editor, Side.RESULT, MaskLayer)
    np.testing.assert_allclose(item.mask / 255, now.combined(), atol=0.5 / 255)


def test_pictures_move_and_change(canvases: Canvases, editor: Editor) -> None:
    layer = top(editor, Side.RESULT, PictureLayer)
    item = canvases.pane(Side.RESULT).side_view.items.item(layer.id)
    assert (item.matrix.dx(), item.matrix.dy()) == layer.position
    editor.document.do(commands.change_layer(layer.id, position=(7, 9)))
    assert (item.matrix.dx(), item.matrix.dy()) == (7, 9)


def test_sixteen_bit(qtbot: QtBot, editor: Editor) -> None:
    editor.replace_document(full_document(bits=16))
    canvases = new_canvases(qtbot, editor)  # nobody else holds it
    view = at_work(canvases, Side.RESULT)
    look(view)
    layer = top(editor, Side.RESULT, PictureLayer)
    read = view.read((1.5, 6.5))
    assert read is not None
    assert read.depth == 65535
    assert read.colour == tuple(layer.pixels.pixels[1, 4, :3])


def test_a_live_result_takes_the_place_of_the_one_before(
    canvases: Canvases, editor: Editor
) -> None:
    layer = top(editor, Side.RESULT, Variation)
    item = canvases.pane(Side.RESULT).side_view.items.item(layer.id)
    assert isinstance(item, PictureItem)
    other = variation(layer.base, seed=9)
    patch = type(other.patch)(other.patch.pixels[2:, 3:] ^ 8, (20, 15))
    editor.document.do(commands.change_layer(layer.id, patch=patch))
    assert item.pixels is patch.pixels
    assert (item.matrix.dx(), item.matrix.dy()) == (20, 15)


def test_another_document(canvases: Canvases, editor: Editor) -> None:
    former = editor.document
    editor.replace_document(Document())
    for side in Side:
        assert canvases.view_of(side).photo_size is None
        assert not canvases.view_of(side).items
    former.do(commands.add_layer(Side.HEAD, picture()))  # nobody hears of it
    assert not canvases.view_of(Side.HEAD).items


def test_before_while_the_key_is_held(canvases: Canvases, editor: Editor) -> None:
    view = at_work(canvases, Side.RESULT)
    after = look(view)
    QTest.keyPress(view, Qt.Key.Key_Backslash)
    assert canvases.before
    before = look(view)
    QTest.keyRelease(view, Qt.Key.Key_Backslash)
    assert not canvases.before
    assert (look(view) == after).all()
    assert (before != after).any()
    QTest.keyPress(view, Qt.Key.Key_Backslash)
    view.clearFocus()
    assert not canvases.before
    head = at_work(canvases, Side.HEAD)
    QTest.keyPress(head, Qt.Key.Key_Backslash)
    assert not head.show_before


def test_two_variations_beside_each_other(canvases: Canvases, editor: Editor) -> None:
    base = top(editor, Side.BODY, PhotoLayer).photo
    first = top(editor, Side.RESULT, Variation)
    editor.document.do(commands.add_layer(Side.RESULT, variation(base, "Other", seed=7)))
    second = top(editor, Side.RESULT, Variation)
    editor.document.do(commands.apply_variation(second.id))
    side_view = canvases.pane(Side.RESULT).side_view
    view = side_view.view
    editor.compare((first.id, second.id))
    assert view.split is not None
    assert view.split.labels == (first.name, "Other")
    left, right = (side_view.items.item(x.id) for x in (first, second))
    assert left.visible
    assert right.visible
    assert left not in view.items
    assert right in view.items
    look(view)
    editor.document.do(commands.rename_layer(second.id, "Renamed"))
    assert view.split.labels == (first.name, "Renamed")
    editor.document.do(commands.remove_layer(first.id))
    assert editor.compared is None
    assert view.split is None


class _Screen:
    def __init__(self, space: QColorSpace) -> None:
        self.colorSpace = lambda: space


def test_the_screens_profile() -> None:
    wide = QColorSpace(QColorSpace.NamedColorSpace.DisplayP3)
    assert screen_profile(_Screen(wide)) == wide.iccProfile().data()  # type: ignore[arg-type]
    usual = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    assert screen_profile(_Screen(usual)) is None  # type: ignore[arg-type]
    assert screen_profile(object()) is None  # type: ignore[arg-type]


def test_the_profile_of_a_calibrated_screen(
    canvases: Canvases, editor: Editor, tmp_path: Path
) -> None:
    path = tmp_path / "screen.icc"
    path.write_bytes(profiles.matrix_profile())
    view = at_work(canvases, Side.BODY)
    canvases.look.visible = False
    before = look(view)
    editor.preferences["screen_profile"] = str(path)
    assert (look(view) != before).any()
    editor.preferences["screen_profile"] = str(tmp_path / "gone.icc")  # counts as none
    np.testing.assert_array_equal(look(view), before)


def test_a_dead_canvas_hears_nothing(qtbot: QtBot, loaded: Editor, loop: WindowLoop) -> None:
    from shiboken6 import delete

    canvases = new_canvases(qtbot, loaded)
    delete(canvases)
    loaded.tools.resize(2)
    loaded.document.do(commands.add_layer(Side.HEAD, picture()))
    loaded.swap()
    loop.settle(loaded)
    loaded.new()
