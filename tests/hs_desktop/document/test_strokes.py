"""Strokes while they are drawn, and what observers hear."""

from __future__ import annotations

from typing import Any

import pytest

from engine.requests import HeadTransform
from hs_desktop.document import commands as c
from hs_desktop.document.document import Document
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.layers import LayoutLayer, PhotoLayer
from hs_desktop.document.undo import Command
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import facts, find, full_document, variation


def some_layout(document: Document) -> str:
    return str(find(document, Side.RESULT, LayoutLayer).id)


# --- strokes -----------------------------------------------------------------------------------


def test_a_locked_layer_refuses_strokes() -> None:
    document = full_document()
    layer_id = some_layout(document)
    document.do(c.change_layer(layer_id, locked=True))
    with pytest.raises(LayerError, match="locked"):
        document.stroke(layer_id, "Brush")
    with pytest.raises(LayerError, match="locked"):
        document.do(c.remove_layer(layer_id))


def test_a_cancelled_stroke_leaves_nothing() -> None:
    document = full_document()
    layer_id = some_layout(document)
    before, names = facts(document.state), document.history.names
    stroke = document.stroke(layer_id, "Brush")
    with stroke.edit("ids", Rect(0, 0, 20, 20)) as pixels:
        pixels[...] = 1
    stroke.cancel()

    def fail() -> None:
        with (
            document.stroke(layer_id, "Brush") as stroke,
            stroke.edit("ids", Rect(0, 0, 20, 20)) as pixels,
        ):
            pixels[...] = 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert facts(document.state) == before
    assert document.history.names == names
    with pytest.raises(RuntimeError), stroke.edit("ids", Rect(0, 0, 1, 1)):
        pass


def test_undo_in_the_middle_of_a_stroke_takes_it_back() -> None:
    document = full_document()
    layer_id = some_layout(document)
    before = facts(document.state)
    stroke = document.stroke(layer_id, "Brush")
    with stroke.edit("ids", Rect(0, 0, 20, 20)) as pixels:
        pixels[...] = 1
    assert document.is_modified
    document.undo()
    assert facts(document.state) == before
    assert not stroke.is_open


def test_a_result_may_come_in_during_a_stroke() -> None:
    document = full_document()
    layer_id = some_layout(document)
    before = facts(document.state)
    start = document.history.index
    stroke = document.stroke(layer_id, "Brush")
    with stroke.edit("ids", Rect(0, 0, 20, 20)) as pixels:
        pixels[...] = 1
    base = find(document, Side.BODY, PhotoLayer).photo
    document.do(c.add_layer(Side.RESULT, variation(base, "late")))
    with stroke.edit("ids", Rect(5, 5, 25, 25)) as pixels:
        pixels[...] = 2
    stroke.finish()
    assert document.history.names[start:] == ("New variation", "Brush")
    document.history.jump(start)
    assert facts(document.state) == before


# --- observers ---------------------------------------------------------------------------------


def watched(document: Document) -> list[Change]:
    seen: list[Change] = []
    document.changed.connect(seen.append)
    return seen


def test_observers_hear_what_changed() -> None:
    document = full_document()
    seen = watched(document)
    layer_id = some_layout(document)
    stroke = document.stroke(layer_id, "Brush")
    with stroke.edit("ids", Rect(-3, 2, 8, 9)) as pixels:
        pixels[...] = 15 - pixels
    wanted = Change(What.PIXELS, Side.RESULT, layer_id, "ids", (Rect(0, 2, 8, 9),))
    assert seen == [wanted]
    stroke.finish()
    assert seen == [wanted]  # nobody paints a stroke twice
    document.undo()
    assert seen[1:] == [wanted]
    assert seen[1].rect == Rect(0, 2, 8, 9)

    def told(command: Command) -> list[tuple[What, Any, Any, set[str]]]:
        seen.clear()
        document.do(command)
        return [(s.what, s.side, s.layer_id, set(s.names)) for s in seen]

    head_layout = find(document, Side.HEAD, LayoutLayer).id
    assert told(c.change_layer(head_layout, opacity=0.5)) == [
        (What.ATTRIBUTES, Side.HEAD, head_layout, {"opacity"})
    ]
    assert told(c.move_layer(head_layout, 0)) == [(What.ORDER, Side.HEAD, None, set())]
    assert told(c.show_alone(head_layout)) == [(What.ORDER, Side.HEAD, None, set())]
    assert told(c.remove_layer(head_layout)) == [(What.ORDER, Side.HEAD, None, set())]
    assert told(c.set_settings(seed=77)) == [(What.SETTINGS, None, None, {"settings"})]
    assert told(c.set_transform(HeadTransform((1, 2)))) == [
        (What.SETTINGS, None, None, {"transform"})
    ]


def test_observers_may_answer_with_commands() -> None:
    """What they cause is told after what they were told."""
    document = Document()
    order: list[tuple[str, Any]] = []

    def answer(change: Change) -> None:
        order.append(("first", change.names))
        if document.settings.sampling.steps != 3:
            document.do(c.set_settings(steps=3))

    document.changed.connect(answer)
    document.changed.connect(lambda change: order.append(("second", change.names)))
    document.do(c.set_transform(HeadTransform((1, 2))))
    transform, settings_ = frozenset({"transform"}), frozenset({"settings"})
    assert order == [
        ("first", transform), ("second", transform), ("first", settings_), ("second", settings_),
    ]  # fmt: skip
    assert len(document.history.names) == 2


def test_the_history_tells_its_observers() -> None:
    document = Document()
    told: list[int] = []
    document.history.changed.connect(lambda: told.append(document.history.index))
    document.do(c.set_settings(seed=5))
    document.undo()
    document.redo()
    document.history.mark_clean()
    assert told == [1, 0, 1, 1]
    assert not document.redo()
    assert told == [1, 0, 1, 1]
