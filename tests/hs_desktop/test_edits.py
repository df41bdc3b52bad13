"""What menus do to the layer that is worked on."""

from __future__ import annotations

import numpy as np
import pytest

from engine.labels import SemanticClass
from hs_desktop import edits
from hs_desktop.document import commands
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Message
from hs_desktop.rects import Rect
from tests.hs_desktop.conftest import WindowLoop


@pytest.fixture
def swapped(loaded: Editor, loop: WindowLoop) -> Editor:
    loaded.swap()
    loop.settle(loaded)
    return loaded


def layout(editor: Editor, side: Side) -> LayoutLayer:
    found = edits.topmost_layout(editor.document, side)
    assert found is not None
    return found


def count(editor: Editor, side: Side, class_id: SemanticClass) -> int:
    return int((layout(editor, side).ids.pixels == class_id).sum())


def test_layers_are_duplicated_moved_and_deleted(swapped: Editor) -> None:
    top = swapped.document.result.layers[-1].id
    swapped.activate(Side.RESULT, top)
    edits.duplicate_layer(swapped)
    assert len(swapped.document.result) == 4
    edits.move_layer(swapped, -1)
    assert swapped.document.result.index(top) == 1
    edits.move_layer(swapped, -5)
    assert swapped.document.result.index(top) == 0
    edits.delete_layer(swapped)
    assert top not in swapped.document.result
    for _ in range(3):  # both moves are one command
        swapped.document.undo()
    assert swapped.document.result.layers[-1].id == top


def test_switches_of_a_layer(loaded: Editor) -> None:
    top = loaded.document.head.layers[-1]
    loaded.activate(Side.HEAD, top.id)
    edits.toggle_visible(loaded)
    assert loaded.document.layer(top.id).visible is not top.visible
    edits.toggle_locked(loaded)
    with pytest.raises(LayerError, match="locked"):
        edits.delete_layer(loaded)
    edits.toggle_alone(loaded)
    assert loaded.document.head.solo == top.id
    edits.toggle_alone(loaded)
    assert loaded.document.head.solo is None


def test_a_class_grows_shrinks_and_is_smoothed(loaded: Editor) -> None:
    loaded.activate(Side.BODY)
    loaded.tools.class_id = SemanticClass.HAIR
    before = count(loaded, Side.BODY, SemanticClass.HAIR)
    edits.grow_class(loaded)
    grown = count(loaded, Side.BODY, SemanticClass.HAIR)
    assert grown > before
    edits.shrink_class(loaded)
    assert count(loaded, Side.BODY, SemanticClass.HAIR) < grown
    edits.smooth_class(loaded)
    assert loaded.document.history.names[-1] == "Smooth class"
    while loaded.document.history.names[loaded.document.history.index - 1] != "Open body photo":
        loaded.document.undo()
    assert count(loaded, Side.BODY, SemanticClass.HAIR) == before


def test_a_class_that_is_not_there_is_told(loaded: Editor, said: list[Message]) -> None:
    loaded.tools.class_id = SemanticClass.GLASSES
    edits.grow_class(loaded)
    assert "nothing of this class" in said[-1].text


def test_a_layout_goes_back_to_what_was_parsed(loaded: Editor) -> None:
    loaded.activate(Side.HEAD)
    layer = layout(loaded, Side.HEAD)
    with (
        loaded.document.stroke(layer.id, "Brush") as stroke,
        stroke.edit("ids", Rect(0, 0, 20, 20)) as pixels,
    ):
        pixels[...] = SemanticClass.HAT
    assert layer.is_edited
    edits.reset_layout(loaded)
    assert np.array_equal(layer.ids.pixels, layer.parsed.pixels)
    loaded.document.undo()
    assert layer.is_edited


def test_retouching_needs_something_painted(swapped: Editor, said: list[Message]) -> None:
    swapped.activate(Side.RESULT)
    edits.retouch(swapped)
    assert "Paint over" in said[-1].text


def test_what_is_painted_is_retouched(swapped: Editor, loop: WindowLoop) -> None:
    mask = MaskLayer.of("Retouch", MaskRole.RETOUCH, (160, 200))
    swapped.document.do(commands.add_layer(Side.RESULT, mask))
    with (
        swapped.document.stroke(mask.id, "Retouch") as stroke,
        stroke.edit("add", Rect(10, 10, 40, 40)) as pixels,
    ):
        pixels[...] = 255
    swapped.activate(Side.RESULT, mask.id)
    edits.retouch(swapped)
    loop.settle(swapped)
    assert len(variations(swapped)) == 2


def variations(editor: Editor) -> list[Variation]:
    return [layer for layer in editor.document.result if isinstance(layer, Variation)]


def test_the_next_seed_is_made_at_once(swapped: Editor, loop: WindowLoop) -> None:
    first = variations(swapped)[0]
    edits.next_seed(swapped)
    loop.settle(swapped)
    assert variations(swapped)[-1].sampling.seed == first.sampling.seed + 1


def test_the_next_seed_without_a_result_is_the_first_swap(loaded: Editor, loop: WindowLoop) -> None:
    edits.next_seed(loaded)
    loop.settle(loaded)
    assert len(variations(loaded)) == 1


def test_variations_are_stepped_through_and_starred(swapped: Editor, loop: WindowLoop) -> None:
    edits.next_seed(swapped)
    loop.settle(swapped)
    swapped.activate(Side.RESULT, layout(swapped, Side.RESULT).id)
    one, other = variations(swapped)
    assert edits.shown_variation(swapped) is not None
    edits.step_variation(swapped, 1)
    shown = edits.shown_variation(swapped)
    assert shown is not None
    assert shown.id == one.id
    edits.toggle_star(swapped)
    assert swapped.document.layer(one.id).starred  # type: ignore[attr-defined]
    edits.step_variation(swapped, -1)
    shown = edits.shown_variation(swapped)
    assert shown is not None
    assert shown.id == other.id


def test_the_variation_that_is_stepped_to_is_worked_on(swapped: Editor, loop: WindowLoop) -> None:
    edits.next_seed(swapped)
    loop.settle(swapped)
    one, other = variations(swapped)
    swapped.compare((one.id, other.id))
    swapped.activate(Side.HEAD)
    edits.step_variation(swapped, 1)
    assert swapped.compared is None  # it would hide what was stepped to
    assert (swapped.side, swapped.layer_id) == (Side.RESULT, one.id)
    assert swapped.document.layer(one.id).visible


def test_without_a_layer_nothing_happens(editor: Editor) -> None:
    for edit in (
        edits.delete_layer, edits.duplicate_layer, edits.toggle_visible, edits.toggle_locked,
        edits.toggle_alone, edits.grow_class, edits.reset_layout, edits.toggle_star,
    ):  # fmt: skip
        edit(editor)
    edits.move_layer(editor, 1)
    edits.step_variation(editor, 1)
    assert editor.document.history.names == ()
