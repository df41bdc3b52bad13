"""What the engine brings below commands that are undone, or as if it had been there all along."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hs_desktop.document.commands import add_layer, change_layer, pick_person, set_settings
from hs_desktop.document.document import Document
from hs_desktop.document.events import Change, Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.state import ProjectState
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import facts, find, full_document, picture

NEW = picture()
add = add_layer(Side.RESULT, NEW).change


def names(document: Document) -> list[str]:
    return list(document.history.names)


def paint(document: Document) -> None:
    layer = find(document, Side.HEAD, LayoutLayer)
    with (
        document.stroke(layer.id, "Paint") as stroke,
        stroke.edit("ids", Rect(0, 0, 9, 9)) as pixels,
    ):
        pixels[...] ^= 1


def three_steps(document: Document) -> list[object]:
    """A change, a stroke and a group of both; the facts after each."""
    layer = find(document, Side.HEAD, LayoutLayer)
    after = [facts(document.state)]
    document.do(set_settings(seed=3))
    after.append(facts(document.state))
    paint(document)
    after.append(facts(document.state))
    with document.history.group("Both"):
        document.do(change_layer(layer.id, opacity=0.5))
        paint(document)
    after.append(facts(document.state))
    return after


def without_new(document: Document) -> object:
    state = document.state
    layers = tuple(layer for layer in state.result if layer.id != NEW.id)
    return facts(replace(state, result=replace(state.result, layers=layers)))


@pytest.mark.parametrize("undone", [0, 1, 2, 3])
def test_redo_leads_to_the_same_and_what_was_inserted(undone: int) -> None:
    document = full_document()
    after = three_steps(document)
    count = len(document.history.names)
    for _ in range(undone):
        document.undo()
    told: list[Change] = []
    document.changed.connect(told.append)
    assert document.history.insert("New", add)
    assert {change.side for change in told} == {Side.RESULT}
    assert document.history.index == count - undone + 1
    assert names(document)[count - undone] == "New"
    for at in range(3 - undone, 4):
        assert without_new(document) == after[at]
        assert NEW.id in document.result
        assert document.redo() is (at < 3)
    document.history.jump(count - undone)
    assert facts(document.state) == after[3 - undone]
    document.history.jump(count - 3)
    assert facts(document.state) == after[0]


def test_what_makes_no_difference_is_no_command() -> None:
    document = full_document()
    document.do(set_settings(seed=3))
    document.undo()
    count = names(document)
    assert document.history.insert("Nothing", lambda state: state)
    assert document.history.revise(lambda state: state)
    assert names(document) == count
    assert document.history.can_redo


def test_inserted_below_what_was_saved_it_isnt_in_the_file() -> None:
    document = full_document()
    document.do(set_settings(seed=3))
    document.history.mark_clean()
    document.undo()
    assert document.history.insert("New", add)
    document.redo()
    assert not document.history.is_clean


def test_inserted_above_what_was_saved_undo_leads_to_the_file() -> None:
    document = full_document()
    document.history.mark_clean()
    document.do(set_settings(seed=3))
    document.undo()
    assert document.history.insert("New", add)
    assert not document.history.is_clean
    document.undo()
    assert document.history.is_clean


PICKED = 3.0, 4.0


def exchange(document: Document) -> bool:
    """Another layout of the head photo, where that person is picked; whether it could be done."""
    layer = find(document, Side.HEAD, LayoutLayer)
    plane = Plane(layer.ids.pixels ^ 2)

    def change(state: ProjectState) -> ProjectState:
        if state.head_at != PICKED or state.layer(layer.id).planes["ids"] is not layer.ids:
            return state
        return change_layer(layer.id, ids=plane).change(state)

    return document.history.revise(change)


def test_what_was_there_all_along_is_no_step() -> None:
    document = full_document()
    document.history.mark_clean()
    paint(document)
    before = facts(document.state)
    document.do(pick_person(Side.HEAD, PICKED))
    document.do(set_settings(seed=3))
    document.do(set_settings(guidance=3.0))
    document.undo()
    count = names(document)
    assert exchange(document)
    ids = find(document, Side.HEAD, LayoutLayer).ids
    assert names(document) == count
    document.redo()
    assert find(document, Side.HEAD, LayoutLayer).ids is ids
    document.history.jump(len(count) - 3)
    assert facts(document.state) == before
    document.undo()
    assert document.history.is_clean
    document.redo()
    document.redo()
    assert find(document, Side.HEAD, LayoutLayer).ids is ids


@pytest.mark.parametrize("undone", [0, 1])
def test_planes_that_commands_paint_on_are_not_exchanged(undone: int) -> None:
    document = full_document()
    document.do(pick_person(Side.HEAD, PICKED))
    before = find(document, Side.HEAD, LayoutLayer).ids
    paint(document)
    for _ in range(undone):
        document.undo()
    assert not exchange(document)
    assert find(document, Side.HEAD, LayoutLayer).ids is before


def test_a_saved_state_that_is_revised_is_modified() -> None:
    document = full_document()
    document.do(pick_person(Side.HEAD, PICKED))
    document.history.mark_clean()
    document.do(set_settings(seed=3))
    assert exchange(document)
    document.undo()
    assert not document.history.is_clean


def test_pixels_that_were_exchanged_count() -> None:
    document = full_document()
    document.do(pick_person(Side.HEAD, PICKED))
    held = document.history.nbytes
    assert exchange(document)
    assert document.history.nbytes == held + find(document, Side.HEAD, LayoutLayer).ids.nbytes


def test_not_within_a_group() -> None:
    document = full_document()
    with document.history.group("Both"):
        document.do(set_settings(seed=3))
        with pytest.raises(RuntimeError, match="group"):
            document.history.insert("New", add)
        with pytest.raises(RuntimeError, match="group"):
            document.history.revise(add)
