"""Photos put into the editor, and what is found in them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QSignalSpy

from engine.imageio import Photo
from engine.labels import Layout, SemanticClass
from engine.requests import HeadTransform
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole, PhotoLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Message
from hs_desktop.made import ParsedLayers
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import facts, find
from tests.hs_desktop.editing import kinds, paint, swapped, variations
from tests.hs_desktop.fake_engine import FakeEngine


def test_photos_are_parsed(loaded: Editor) -> None:
    assert kinds(loaded, Side.HEAD) == [PhotoLayer, LayoutLayer, MaskLayer]
    assert kinds(loaded, Side.BODY) == [PhotoLayer, LayoutLayer]
    mask = find(loaded.document, Side.HEAD, MaskLayer)
    assert mask.role is MaskRole.HEAD
    assert 0 < mask.combined().mean() < 0.5
    assert loaded.side is Side.BODY


def test_a_photo_from_a_file(editor: Editor, loop: WindowLoop, tmp_path: Path) -> None:
    from engine.imageio import write_photo

    write_photo(head_photo(), tmp_path / "anna.png")
    loop.run_until_complete(editor.open_photo(Side.HEAD, tmp_path / "anna.png"))
    (layer,) = editor.document.head
    assert layer.name == "anna.png"
    loop.settle(editor)


def test_another_photo_takes_the_place(
    loaded: Editor, loop: WindowLoop, said: list[Message]
) -> None:
    swapped(loaded, loop)
    document = loaded.document
    paint(loaded, Side.HEAD)
    document.do(commands.change_layer(find(document, Side.HEAD, PhotoLayer).id, locked=True))
    document.do(commands.pick_person(Side.HEAD, (3.0, 4.0)))
    document.do(commands.set_transform(HeadTransform(scale=2.0)))
    before = facts(document.state)
    loaded.set_photo(Side.HEAD, head_photo((40, 60)), "other.png")
    names = document.history.names
    assert [layer.name for layer in document.head] == ["other.png"]
    assert document.state.head_at is None
    assert document.transform == HeadTransform()
    assert kinds(loaded, Side.RESULT) == [Variation]  # what was painted was for the other head
    assert variations(loaded)[0].visible
    document.undo()
    assert facts(document.state) == before
    document.redo()
    loop.settle(loaded)
    assert names[-1] == "Open head photo"
    assert kinds(loaded, Side.HEAD) == [PhotoLayer, LayoutLayer, MaskLayer]
    assert not said


def test_variations_of_another_body_are_hidden(loaded: Editor, loop: WindowLoop) -> None:
    swapped(loaded, loop)
    loaded.set_photo(Side.BODY, body_photo((100, 100)), "other.png")
    assert not variations(loaded)[0].visible
    assert loaded.document.photo(Side.RESULT).size == (100, 100)


def test_what_was_parsed_of_a_photo_that_is_gone_is_dropped(
    editor: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    fake.wait_held()
    editor.document.undo()
    fake.release()
    loop.settle(editor)
    assert len(editor.document.head) == 0
    assert editor.document.history.can_redo


def test_what_was_parsed_of_a_person_who_is_not_picked_any_more_is_dropped(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.hold()
    loaded.document.do(commands.pick_person(Side.HEAD, (3.0, 4.0)))
    loaded.parse(Side.HEAD)
    loaded.document.undo()
    monkeypatch.setattr("hs_desktop.orders.set_parsed", lambda *_: pytest.fail("not wanted"))
    fake.release()
    loop.settle(loaded)
    assert loaded.document.history.can_redo


def test_what_was_parsed_comes_though_the_picture_changed(
    editor: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    (photo,) = editor.document.head
    editor.document.do(commands.change_layer(photo.id, opacity=0.5))
    fake.release()
    loop.settle(editor)
    assert kinds(editor, Side.HEAD) == [PhotoLayer, LayoutLayer, MaskLayer]


def test_parsing_again_keeps_what_was_painted(loaded: Editor, loop: WindowLoop) -> None:
    paint(loaded, Side.HEAD)
    loaded.parse(Side.HEAD)
    loop.settle(loaded)
    layer = find(loaded.document, Side.HEAD, LayoutLayer)
    assert (layer.ids.pixels[3:9, 2:12] == SemanticClass.HAT).all()
    assert not (layer.parsed.pixels == SemanticClass.HAT).any()


class Reading:
    """Files that take as long to be read as the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from hs_desktop import reading

        self.go = {name: threading.Event() for name in ("slow.png", "quick.png")}
        monkeypatch.setattr(reading, "read_picture", self.read)

    def read(self, path: Path, layer: str | None = None) -> Photo:
        assert self.go[path.name].wait(20)
        return head_photo()


def test_the_photo_that_was_asked_for_last_counts(
    editor: Editor, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Reading(monkeypatch)
    first = editor.spawn(editor.open_photo(Side.HEAD, Path("slow.png")))
    second = editor.spawn(editor.open_photo(Side.HEAD, Path("quick.png")))
    files.go["quick.png"].set()
    loop.run_until_complete(second)
    files.go["slow.png"].set()
    loop.run_until_complete(first)
    assert editor.document.head.layers[0].name == "quick.png"
    loop.settle(editor)


def test_a_photo_for_another_project_is_dropped(
    editor: Editor, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Reading(monkeypatch)
    opening = editor.spawn(editor.open_photo(Side.HEAD, Path("slow.png")))
    loop.run_until_complete(asyncio.sleep(0))
    editor.new()
    files.go["slow.png"].set()
    loop.run_until_complete(opening)
    assert len(editor.document.head) == 0


def test_what_was_found_goes_and_comes_with_the_photos(loaded: Editor, loop: WindowLoop) -> None:
    swapped(loaded, loop)
    people, place = loaded.people(Side.BODY), loaded.head_place
    assert len(people) == 1
    assert place is not None
    told = QSignalSpy(loaded.head_place_changed)
    loaded.set_photo(Side.BODY, body_photo((300, 240)), "other.png")
    assert loaded.head_place is None
    assert loaded.people(Side.BODY) == ()
    loop.settle(loaded)
    other = loaded.people(Side.BODY)
    assert other not in ((), people)
    assert loaded.head_place not in (None, place)
    while loaded.document.photo(Side.BODY).size != (160, 200):
        loaded.document.undo()
    assert loaded.people(Side.BODY) == people
    assert loaded.head_place == place
    assert told.count() == 3
    loaded.new()
    assert loaded.people(Side.BODY) == ()
    assert loaded.head_place is None


def test_nothing_to_parse(editor: Editor) -> None:
    assert editor.parse(Side.BODY) is None
    with pytest.raises(ValueError, match="made"):
        editor.set_photo(Side.RESULT, head_photo(), "x")


def test_another_photo_while_layers_are_made_of_the_layout(
    loaded: Editor, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go = threading.Event(), threading.Event()
    original = ParsedLayers.of

    def held(side: Side, layout: Layout) -> ParsedLayers:
        reached.set()
        assert go.wait(20)
        return original(side, layout)

    monkeypatch.setattr(ParsedLayers, "of", held)
    loaded.set_photo(Side.HEAD, head_photo((40, 60)), "first.png")
    loop.until(reached.is_set)
    loaded.set_photo(Side.HEAD, head_photo((50, 70)), "second.png")
    go.set()
    loop.settle(loaded)
    layers = loaded.document.head.layers
    assert [layer.name for layer in layers] == ["second.png", "Layout", "Head mask"]
    assert {layer.size for layer in layers} == {(50, 70)}


def test_the_windows_thread_makes_no_layers_of_what_the_engine_gives(
    editor: Editor, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of large photos that would hold the window up."""
    window, wrong = threading.current_thread(), []
    original = Plane.__init__

    def watched(plane: Plane, *args: Any, **options: Any) -> None:
        if threading.current_thread() is window:
            wrong.append(plane)
        original(plane, *args, **options)

    monkeypatch.setattr(Plane, "__init__", watched)
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.set_photo(Side.BODY, body_photo(), "body.png")
    loop.settle(editor)
    swapped(editor, loop)
    swapped(editor, loop)
    assert kinds(editor, Side.RESULT) == [MaskLayer, LayoutLayer, Variation, Variation]
    assert not wrong
