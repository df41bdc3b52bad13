"""What the engine brings while steps are undone, or for steps that are: nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.labels import SemanticClass
from engine.requests import HeadTransform
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, PhotoLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import facts, find, photo
from tests.hs_desktop.editing import kinds, paint, swapped, variations
from tests.hs_desktop.fake_engine import FakeEngine

PICKED = (20.0, 20.0, 60.0, 70.0)
PARSED = [PhotoLayer, LayoutLayer, MaskLayer]  # of a head


@pytest.fixture
def busy(loaded: Editor, loop: WindowLoop, fake: FakeEngine) -> Editor:
    """The editor with one result and three steps, in the middle of another swap."""
    swapped(loaded, loop)
    document = loaded.document
    document.do(commands.set_settings(seed=1, guidance=2.0))
    paint(loaded)
    document.do(commands.change_layer(find(document, Side.BODY, LayoutLayer).id, opacity=0.5))
    document.do(commands.set_transform(HeadTransform(scale=2.0)))
    fake.hold()
    loaded.swap()
    fake.wait_held()
    return loaded


def undo(editor: Editor, steps: int = 1) -> None:
    for _ in range(steps):
        assert editor.document.undo()


def redo(editor: Editor) -> None:
    while editor.document.redo():
        pass


# --- results -----------------------------------------------------------------------------------


def test_a_result_keeps_what_can_be_redone(
    busy: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    history = busy.document.history
    (first,) = variations(busy)
    last, names = facts(busy.document.state), history.names
    undo(busy, 3)
    fake.release()
    loop.settle(busy)
    at = history.index - 1
    assert history.names == (*names[:at], "Swap", *names[-3:])
    assert [one.visible for one in variations(busy)] == [False, True]
    redo(busy)
    new = variations(busy)[-1]
    assert [one.visible for one in variations(busy)] == [False, True]
    busy.document.do(commands.remove_layer(new.id))
    busy.document.do(commands.change_layer(first.id, visible=True))
    assert facts(busy.document.state) == last  # nothing but the variation was added


def test_undo_after_that_takes_back_the_result_and_then_the_steps_before(
    busy: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    undo(busy, 2)
    there = facts(busy.document.state)
    fake.release()
    loop.settle(busy)
    came = facts(busy.document.state)
    redo(busy)
    undo(busy, 2)
    assert facts(busy.document.state) == came
    undo(busy)
    assert facts(busy.document.state) == there
    undo(busy)
    assert not find(busy.document, Side.RESULT, LayoutLayer).is_edited
    redo(busy)
    assert len(variations(busy)) == 2
    assert (find(busy.document, Side.RESULT, LayoutLayer).ids.pixels[4, 4]) == SemanticClass.HAT


def test_the_first_result_keeps_what_can_be_redone(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    loaded.document.do(commands.set_settings(guidance=2.0))
    fake.hold()
    loaded.swap()
    undo(loaded)
    fake.release()
    loop.settle(loaded)
    assert kinds(loaded, Side.RESULT) == [MaskLayer, LayoutLayer, Variation]
    redo(loaded)
    assert loaded.document.settings.sampling.guidance == 2.0
    assert kinds(loaded, Side.RESULT) == [MaskLayer, LayoutLayer, Variation]
    assert variations(loaded)[0].visible


def test_redo_shows_what_it_says_and_no_other_result(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    """A swap that is undone, while the next one runs: each step shows its own result."""
    swapped(loaded, loop)
    loaded.document.do(commands.rename_layer(loaded.document.head.layers[0].id, "Anna"))
    undo(loaded, 2)
    swapped(loaded, loop)
    assert [one.visible for one in variations(loaded)] == [True]
    redo(loaded)
    assert loaded.document.head.layers[0].name == "Anna"
    assert [(one.name, one.visible) for one in variations(loaded)] == [
        ("Seed 0", True), ("Seed 0 (2)", False),
    ]  # fmt: skip
    assert kinds(loaded, Side.RESULT) == [MaskLayer, LayoutLayer, Variation, Variation]


def test_a_result_is_hidden_where_another_body_is_redone(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    loaded.set_photo(Side.BODY, body_photo((100, 100)), "other.png")
    loop.settle(loaded)
    undo(loaded)
    swapped(loaded, loop)
    assert variations(loaded)[0].visible
    redo(loaded)
    assert loaded.document.photo(Side.RESULT).size == (100, 100)
    assert kinds(loaded, Side.RESULT) == [Variation]  # its layout and region are the other's
    assert [one.visible for one in variations(loaded)] == [False]


def test_a_project_that_was_saved_with_steps_now_undone_is_modified(
    busy: Editor, loop: WindowLoop, fake: FakeEngine, tmp_path: Path
) -> None:
    loop.run_until_complete(busy.save(tmp_path / "a.hsd"))
    undo(busy)
    fake.release()
    loop.settle(busy)
    redo(busy)
    assert busy.document.is_modified  # the file knows nothing of the result


# --- layouts -----------------------------------------------------------------------------------


def test_opening_a_photo_is_one_step(editor: Editor, loop: WindowLoop) -> None:
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.set_photo(Side.BODY, body_photo(), "body.png")
    loop.settle(editor)
    assert editor.document.history.names == ("Open head photo", "Open body photo")
    undo(editor)
    assert kinds(editor, Side.HEAD) == PARSED
    assert kinds(editor, Side.BODY) == []
    undo(editor)
    assert not editor.document.is_modified
    redo(editor)
    assert kinds(editor, Side.HEAD) == PARSED
    assert kinds(editor, Side.BODY) == [PhotoLayer, LayoutLayer]


@pytest.mark.parametrize(
    "meanwhile",
    [lambda editor: editor.document.undo(), lambda editor: editor.parse(Side.HEAD)],
    ids=["undone", "asked for again"],
)
def test_the_layout_belongs_to_the_step_that_opened_the_photo(
    editor: Editor, loop: WindowLoop, fake: FakeEngine, meanwhile: Callable[[Editor], object]
) -> None:
    fake.hold()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.document.do(commands.set_settings(seed=3))
    meanwhile(editor)
    fake.release()
    loop.settle(editor)
    assert kinds(editor, Side.HEAD) == PARSED
    assert editor.document.history.names == ("Open head photo", "Change settings")
    redo(editor)
    assert editor.document.settings.sampling.seed == 3
    assert kinds(editor, Side.HEAD) == PARSED
    undo(editor)
    assert kinds(editor, Side.HEAD) == PARSED


@pytest.mark.parametrize("when", ["running", "over"])
def test_a_photo_that_comes_back_before_it_was_parsed_is_parsed(
    editor: Editor, loop: WindowLoop, fake: FakeEngine, when: str
) -> None:
    fake.hold()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    fake.wait_held()
    undo(editor)
    if when == "over":
        fake.release()
        loop.settle(editor)
        assert kinds(editor, Side.HEAD) == []
    redo(editor)
    fake.release()
    loop.settle(editor)
    assert kinds(editor, Side.HEAD) == PARSED
    assert len(fake.requests) == (1 if when == "running" else 2)
    assert editor.document.history.names == ("Open head photo",)
    assert len(editor.people(Side.HEAD)) == 1


@pytest.mark.parametrize("when", ["running", "over"])
def test_a_photo_that_another_took_the_place_of_is_parsed_once_it_is_back(
    editor: Editor, loop: WindowLoop, fake: FakeEngine, when: str
) -> None:
    fake.hold()
    for seed in (1, 2):
        editor.set_photo(Side.HEAD, photo((96, 128), seed), f"{seed}.png")
    if when == "running":  # nobody has heard yet that the first was cancelled
        undo(editor)
    fake.release()
    loop.settle(editor)
    if when == "over":
        undo(editor)
        loop.settle(editor)
    assert [layer.name for layer in editor.document.head] == ["1.png", "Layout", "Head mask"]
    redo(editor)
    loop.settle(editor)
    assert [layer.name for layer in editor.document.head] == ["2.png", "Layout", "Head mask"]
    assert editor.document.history.names == ("Open head photo", "Open head photo")


def test_what_the_user_cancelled_is_not_asked_again(
    editor: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    fake.hold()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    fake.wait_held()
    editor.cancel()
    loop.settle(editor)
    editor.document.do(commands.set_settings(seed=3))
    undo(editor, 2)
    redo(editor)
    assert not editor.bridge.is_busy


def test_parsing_again_is_a_step_and_keeps_what_can_be_redone(
    loaded: Editor, loop: WindowLoop
) -> None:
    document = loaded.document
    document.do(commands.remove_layer(find(document, Side.BODY, LayoutLayer).id))
    document.do(commands.set_settings(seed=3))
    undo(loaded)
    loaded.parse(Side.BODY)
    loop.settle(loaded)
    assert document.history.names[-3:] == ("Delete layer", "Parse body photo", "Change settings")
    assert kinds(loaded, Side.BODY) == [PhotoLayer, LayoutLayer]
    redo(loaded)
    assert kinds(loaded, Side.BODY) == [PhotoLayer, LayoutLayer]
    undo(loaded, 2)
    assert kinds(loaded, Side.BODY) == [PhotoLayer]


# --- persons -----------------------------------------------------------------------------------


def painted_and_parsed(editor: Editor) -> tuple[int, int]:
    """The body's classes where ``paint`` paints, and in the hair of whom ``PICKED`` picks."""
    ids = find(editor.document, Side.BODY, LayoutLayer).ids.pixels
    return ids[4, 4], ids[25, 25]


def test_picking_a_person_is_one_step(loaded: Editor, loop: WindowLoop) -> None:
    document = loaded.document
    before, count = facts(document.state), document.history.names
    loaded.pick_person(Side.BODY, PICKED)
    document.do(commands.set_settings(seed=3))
    loop.settle(loaded)
    assert document.history.names == (*count, "Pick person", "Change settings")
    after = facts(document.state)
    assert painted_and_parsed(loaded)[1] == SemanticClass.HAIR
    undo(loaded, 2)
    assert facts(document.state) == before
    redo(loaded)
    assert facts(document.state) == after


def test_a_person_who_is_picked_again_before_the_photo_was_parsed_has_a_layout(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    before = find(loaded.document, Side.BODY, LayoutLayer).ids
    fake.hold()
    loaded.pick_person(Side.BODY, PICKED)
    undo(loaded)
    fake.release()
    loop.settle(loaded)
    assert find(loaded.document, Side.BODY, LayoutLayer).ids is before
    redo(loaded)
    loop.settle(loaded)
    assert painted_and_parsed(loaded)[1] == SemanticClass.HAIR
    undo(loaded)
    assert find(loaded.document, Side.BODY, LayoutLayer).ids is before


def test_what_is_painted_while_the_picked_person_is_parsed_stays(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    document, count = loaded.document, loaded.document.history.names
    paint(loaded, Side.BODY, SemanticClass.BODY_ACCESSORY)
    fake.hold()
    loaded.pick_person(Side.BODY, PICKED)
    paint(loaded, Side.BODY)
    fake.release()
    loop.settle(loaded)
    assert document.history.names == (*count, "Paint", "Pick person", "Paint", "Parse body photo")
    assert painted_and_parsed(loaded) == (SemanticClass.HAT, SemanticClass.HAIR)
    undo(loaded, 2)
    assert painted_and_parsed(loaded)[0] == SemanticClass.BODY_ACCESSORY


def test_strokes_to_be_redone_are_not_lost_to_a_layout(
    loaded: Editor, loop: WindowLoop, fake: FakeEngine
) -> None:
    """They know the layout as it was: the new one comes once they are done."""
    fake.hold()
    loaded.pick_person(Side.BODY, PICKED)
    paint(loaded, Side.BODY)
    undo(loaded)
    fake.release()
    loop.settle(loaded)
    redo(loaded)
    loop.settle(loaded)
    assert painted_and_parsed(loaded) == (SemanticClass.HAT, SemanticClass.HAIR)
