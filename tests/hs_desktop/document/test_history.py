"""Undo and redo: whatever was done, in whatever order."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.requests import HeadTransform
from hs_desktop.document import commands as c
from hs_desktop.document.document import Document
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, PhotoLayer, PictureLayer
from hs_desktop.document.variation import Variation
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import (
    facts,
    find,
    full_document,
    layout,
    photo,
    picture,
    variation,
)


def paint(document: Document, layer_id: str, rect: Rect, value: int, plane: str = "ids") -> None:
    with (
        document.stroke(layer_id, "Brush") as stroke,
        stroke.edit(plane, rect) as pixels,
    ):
        pixels[...] = value


def some_layout(document: Document) -> str:
    return str(find(document, Side.RESULT, LayoutLayer).id)


def test_every_step_can_be_visited_again() -> None:
    document = full_document()
    seen = [facts(document.state)]
    layer_id = some_layout(document)
    base = find(document, Side.BODY, PhotoLayer).photo
    steps: list[Any] = [
        lambda: paint(document, layer_id, Rect(3, 4, 30, 20), 5),
        lambda: document.do(c.rename_layer(layer_id, "mine")),
        lambda: document.do(c.add_layer(Side.RESULT, variation(base, "second", 6))),
        lambda: paint(document, layer_id, Rect(-5, -5, 8, 8), 2),
        lambda: document.do(c.duplicate_layer(layer_id)),
        lambda: document.do(c.move_layer(layer_id, 3)),
        lambda: document.do(c.show_alone(layer_id)),
        lambda: document.do(c.remove_layer(layer_id)),
        lambda: document.do(c.set_transform(HeadTransform((3, 4), 1.2, 5, True))),
        lambda: document.do(c.set_settings(seed=9, feather=3.5, keep_background=False)),
        lambda: document.do(c.pick_person(Side.HEAD, (3.0, 4.0))),
    ]
    start = document.history.index
    for step in steps:
        step()
        seen.append(facts(document.state))
    assert document.history.index == start + len(steps)
    for i in reversed(range(len(steps))):
        assert document.undo()
        assert facts(document.state) == seen[i]
    for i in range(len(steps)):
        assert document.redo()
        assert facts(document.state) == seen[i + 1]
    assert not document.redo()
    for i in (3, 9, 0, len(steps), 5):
        document.history.jump(start + i)
        assert facts(document.state) == seen[i]


ACTIONS = st.sampled_from(
    ["paint", "mask", "rename", "add", "remove", "move", "duplicate", "solo", "opacity", "lock",
     "transform", "seed", "star", "apply", "prune", "undo", "redo", "group", "seal", "replace"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(ACTIONS, st.integers(0, 1000)), max_size=25))
def test_any_session_can_be_undone_and_redone(session: list[tuple[str, int]]) -> None:
    document = full_document()
    first = facts(document.state)
    start = document.history.index
    for action, number in session:
        with suppress(LayerError):
            act(document, action, number, start)
    last = facts(document.state)
    end = document.history.index
    document.history.jump(start)
    assert facts(document.state) == first
    document.history.jump(end)
    assert facts(document.state) == last


def act(document: Document, action: str, number: int, start: int) -> None:
    side = list(Side)[number % 3]
    stack = document.state.stack(side)
    layer = stack.layers[number % len(stack)] if len(stack) else None
    layer_id = layer.id if layer else ""
    planes = list(layer.planes) if layer else []
    if action == "undo":
        if document.history.index > start:
            document.undo()
    elif action == "redo":
        document.redo()
    elif action == "seal":
        document.history.seal()
    elif action == "add":
        document.do(c.add_layer(side, picture(seed=number), number % 4))
    elif action == "transform":
        document.do(c.set_transform(HeadTransform((number, 0))))
    elif action == "seed":
        document.do(c.set_settings(seed=number))
    elif action == "prune":
        document.do(c.prune_variations(number))
    elif action == "apply":
        document.do(c.apply_variation(layer_id))
    elif layer is None:
        return
    elif action in ("paint", "mask", "replace") and planes:
        plane = planes[number % len(planes)]
        if action == "replace":
            with document.stroke(layer_id, "All") as stroke:
                stroke.replace(plane, (layer.planes[plane].pixels[::-1] // 2).copy())
        else:
            rect = Rect(number % 50, number % 30, number % 50 + 9, number % 30 + 7)
            key = "same" if action == "mask" else None
            with (
                document.stroke(layer_id, "Brush", key) as stroke,
                stroke.edit(plane, rect) as pixels,
            ):
                pixels[...] = number % 16
    elif action == "group":
        with document.history.group("Both"):
            document.do(c.rename_layer(layer_id, f"group {number}"))
            if planes:
                paint(document, layer_id, Rect(0, 0, 9, 9), number % 16, planes[0])
            document.do(c.duplicate_layer(layer_id))
    else:
        document.do(
            {
                "rename": c.rename_layer(layer_id, f"name {number % 3}"),
                "remove": c.remove_layer(layer_id),
                "move": c.move_layer(layer_id, number % 5),
                "duplicate": c.duplicate_layer(layer_id),
                "solo": c.show_alone(layer_id) if number % 2 else c.show_all(side),
                "opacity": c.change_layer(layer_id, opacity=number / 1000),
                "lock": c.change_layer(layer_id, locked=not layer.locked),
                "star": c.change_layer(layer_id, visible=not layer.visible),
            }.get(action, c.show_all(side))
        )


def test_names() -> None:
    document = Document()
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=photo())))
    document.do(c.set_transform(HeadTransform((1, 1))))
    assert document.history.names == ("Add layer", "Move head")
    document.undo()
    assert document.history.names == ("Add layer", "Move head")
    assert document.history.index == 1
    document.do(c.set_settings(steps=3))
    assert document.history.names == ("Add layer", "Change settings")


def test_a_drag_is_one_command() -> None:
    document = Document()
    for i in range(5):
        document.do(c.set_transform(HeadTransform((i, i))))
        document.do(c.set_transform(HeadTransform((i, i + 1))))
    assert len(document.history.names) == 1
    for guidance in (2.0, 3.0):
        document.do(c.set_settings(guidance=guidance))
    document.do(c.set_settings(steps=9))
    assert len(document.history.names) == 3
    document.history.seal()
    document.do(c.set_settings(steps=10))
    assert len(document.history.names) == 4
    document.undo()
    document.do(c.set_settings(steps=11))  # not merged with what is done before the undo
    assert len(document.history.names) == 4
    document.history.jump(1)
    assert document.transform == HeadTransform((4, 5))


def test_a_drag_that_comes_back_leaves_nothing() -> None:
    document = Document()
    document.do(c.set_transform(HeadTransform((5, 5))))
    document.do(c.set_transform(HeadTransform()))
    assert document.history.names == ()
    assert not document.is_modified


def test_what_makes_no_difference_is_no_command() -> None:
    document = full_document()
    before = document.history.names
    layer_id = some_layout(document)
    document.do(c.set_transform(HeadTransform()))
    document.do(c.rename_layer(layer_id, "  "))
    with document.stroke(layer_id, "Brush") as stroke, stroke.edit("ids", Rect(0, 0, 5, 5)):
        pass
    assert document.history.names == before


def test_strokes_with_a_key_become_one() -> None:
    document = full_document()
    layer_id = some_layout(document)
    before, names = facts(document.state), len(document.history.names)
    for i in range(4):
        with (
            document.stroke(layer_id, "Nudge", "nudge") as stroke,
            stroke.edit("ids", Rect(i, i, i + 9, i + 9)) as pixels,
        ):
            pixels[...] = i
    assert len(document.history.names) == names + 1
    document.undo()
    assert facts(document.state) == before


def test_modified() -> None:
    document = Document()
    assert not document.is_modified
    document.do(c.set_settings(seed=1))
    assert document.is_modified
    document.history.mark_clean()
    assert not document.is_modified
    document.do(c.set_settings(seed=2))  # doesn't merge into what was saved
    assert document.is_modified
    document.undo()
    assert not document.is_modified
    document.undo()
    assert document.is_modified
    document.do(c.set_settings(seed=3))  # what was saved can't be reached any more
    document.undo()
    assert document.is_modified
    document.history.mark_modified()
    assert document.is_modified


def test_the_oldest_is_forgotten_beyond_the_budget() -> None:
    document = Document(undo_budget=100_000)
    rng = np.random.default_rng(0)
    document.do(c.add_layer(Side.BODY, picture((256, 100))))
    layer_id = document.body.layers[0].id
    for _ in range(6):
        with document.stroke(layer_id, "Noise") as stroke:
            stroke.replace("pixels", rng.integers(0, 256, (100, 256, 4), np.uint8))
    assert document.history.nbytes > 50_000
    assert document.history.has_forgotten
    assert len(document.history.names) == 1  # each holds 102 400 bytes: only the last one stays
    assert document.is_modified
    assert document.undo()
    assert not document.undo()
    assert document.is_modified


def test_a_smaller_budget_counts_at_once() -> None:
    document = Document()
    for name in "abc":
        document.do(c.add_layer(Side.BODY, picture((100, 100))))
        document.do(c.remove_layer(document.body.layers[-1].id))
        document.do(c.set_settings(seed=ord(name)))
        document.history.seal()
    heard = []
    document.history.changed.connect(lambda: heard.append(document.history.index))
    assert not document.history.has_forgotten
    document.history.byte_budget = 90_000  # two removed pictures of 40 000 bytes
    assert document.history.names[0] == "Change settings"
    assert (len(document.history.names), heard) == (7, [7])
    assert document.history.has_forgotten
    document.history.byte_budget = 1 << 20
    assert len(heard) == 1


def test_deleted_layers_count_as_memory() -> None:
    document = full_document()
    before = document.history.nbytes
    document.do(c.remove_layer(find(document, Side.RESULT, PictureLayer).id))
    assert document.history.nbytes == before + 20 * 10 * 4


def test_a_group_is_one_command_or_nothing() -> None:
    document = full_document()
    layer_id = some_layout(document)
    before, names = facts(document.state), document.history.names
    with document.history.group("Both"):
        document.do(c.rename_layer(layer_id, "x"))
        paint(document, layer_id, Rect(0, 0, 9, 9), 3)
    assert document.history.names == (*names, "Both")
    document.undo()
    assert facts(document.state) == before
    document.redo()
    document.undo()

    def fail() -> None:
        with document.history.group("Both"):
            document.do(c.rename_layer(layer_id, "x"))
            paint(document, layer_id, Rect(0, 0, 9, 9), 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert facts(document.state) == before


# --- variations --------------------------------------------------------------------------------


def test_variations_are_pruned_but_never_the_starred() -> None:
    document = Document()
    base = photo()
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=base)))
    for i in range(5):
        document.do(c.add_layer(Side.RESULT, variation(base, f"v{i}")))
    ids = [layer.id for layer in document.result]
    document.do(c.change_layer(ids[0], starred=True))
    document.do(c.apply_variation(ids[4]))
    assert [layer.name for layer in document.result.shown] == ["v4"]
    one = document.result.layers[0].nbytes
    document.do(c.prune_variations(3 * one))
    assert [layer.name for layer in document.result] == ["v0", "v3", "v4"]
    document.do(c.prune_variations(0))
    assert [layer.name for layer in document.result] == ["v0", "v4"]
    document.undo()
    document.undo()
    assert len([x for x in document.result if isinstance(x, Variation)]) == 5


def test_masks_and_layouts_have_their_planes() -> None:
    document = full_document()
    mask = find(document, Side.RESULT, MaskLayer)
    assert set(mask.planes) == {"automatic", "add", "subtract"}
    with document.stroke(mask.id, "New mask") as stroke:
        stroke.replace("automatic", np.full((40, 60), 255, np.uint8))
    assert (mask.combined() == 1).all()
    with pytest.raises(ValueError, match="in place of"), document.stroke(mask.id, "x") as stroke:
        stroke.replace("automatic", layout((9, 9)))
