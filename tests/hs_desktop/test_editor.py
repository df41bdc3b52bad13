"""The editor on a scripted engine."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtTest import QSignalSpy

from engine.errors import EngineError, NoPersonError
from engine.imageio import Photo
from engine.jobs import JobState
from engine.labels import SemanticClass
from engine.requests import HeadTransform, SamplingSettings
from hs_desktop.document import commands
from hs_desktop.document.autosave import recoverable
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole, PhotoLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import LIVE, Editor, Level, Message
from hs_desktop.engine_bridge import EngineBridge
from hs_desktop.preferences import Preferences
from hs_desktop.rects import Rect
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import facts, find
from tests.hs_desktop.fake_engine import FakeEngine


def kinds(editor: Editor, side: Side) -> list[type]:
    return [type(layer) for layer in editor.document.state.stack(side)]


def variations(editor: Editor) -> list[Variation]:
    return [layer for layer in editor.document.result if isinstance(layer, Variation)]


def swapped(editor: Editor, loop: WindowLoop) -> Editor:
    editor.swap()
    loop.settle(editor)
    return editor


def paint(editor: Editor, side: Side = Side.RESULT, class_id: int = SemanticClass.HAT) -> None:
    """A stroke on the topmost layout."""
    layer = find(editor.document, side, LayoutLayer)
    with (
        editor.document.stroke(layer.id, "Paint") as stroke,
        stroke.edit("ids", Rect(2, 3, 12, 9)) as pixels,
    ):
        pixels[...] = class_id


def texts(said: list[Message]) -> list[str]:
    return [message.text for message in said]


# --- photos ------------------------------------------------------------------------------------


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

    def read(self, path: Path) -> Photo:
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
    while loaded.document.photo(Side.BODY).size != (160, 200):
        loaded.document.undo()
    assert loaded.people(Side.BODY) == people
    assert loaded.head_place == place
    assert told.count() == 2
    loaded.new()
    assert loaded.people(Side.BODY) == ()
    assert loaded.head_place is None


def test_nothing_to_parse(editor: Editor) -> None:
    assert editor.parse(Side.BODY) is None
    with pytest.raises(ValueError, match="made"):
        editor.set_photo(Side.RESULT, head_photo(), "x")


# --- the swap ----------------------------------------------------------------------------------


def test_swap_makes_layers_as_one_command(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(commands.set_settings(variations=3, seed=5))
    count = len(loaded.document.history.names)
    swapped(loaded, loop)
    assert kinds(loaded, Side.RESULT) == [MaskLayer, LayoutLayer, *[Variation] * 3]
    made = variations(loaded)
    assert [one.sampling.seed for one in made] == [5, 6, 7]
    assert [one.visible for one in made] == [True, False, False]
    assert (loaded.side, loaded.layer_id) == (Side.RESULT, made[0].id)
    assert loaded.document.history.names[count:] == ("Swap",)
    loaded.document.undo()
    assert len(loaded.document.result) == 0


def test_a_photo_is_missing(editor: Editor, loop: WindowLoop, said: list[Message]) -> None:
    assert editor.swap() is None
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    assert editor.swap() is None
    assert [m.level for m in said] == [Level.WARNING] * 2
    assert texts(said) == ["Open a head photo first.", "Open a body photo first."]
    loop.settle(editor)


def test_old_variations_are_pruned_but_not_the_starred(
    loaded: Editor, loop: WindowLoop, preferences: Preferences
) -> None:
    swapped(loaded, loop)
    first = variations(loaded)[0]
    loaded.document.do(commands.change_layer(first.id, starred=True))
    preferences._values["variation_memory"] = 0
    for seed in (1, 2, 3):
        loaded.document.do(commands.set_settings(seed=seed))
        swapped(loaded, loop)
    assert [one.sampling.seed for one in variations(loaded)] == [0, 3]


def test_painted_layouts_stay_the_users(loaded: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    swapped(loaded, loop)
    parsed = find(loaded.document, Side.RESULT, LayoutLayer).parsed
    paint(loaded)
    for _ in range(2):
        swapped(loaded, loop)
        layer = find(loaded.document, Side.RESULT, LayoutLayer)
        assert layer.parsed is parsed  # for the eraser
        assert layer.is_edited
        assert (fake.requests[-1].layout[3:9, 2:12] == SemanticClass.HAT).all()


def test_a_result_for_another_project_is_dropped(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    record = loaded.swap()
    assert record is not None
    assert record._job is not None
    assert record._job.wait(20)  # done, and nobody has heard of it yet
    loaded.new()
    loop.settle(loaded)
    assert record.state is JobState.DONE
    assert len(loaded.document.result) == 0


def test_models_go_on_loading_for_another_project(
    editor: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.load_seconds = 0.05
    record = editor.bridge.warm_up()
    editor.new()
    loop.settle(editor)
    assert record.state is JobState.DONE


def test_a_stroke_outlasts_the_result_that_comes_meanwhile(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    layer = LayoutLayer.of("Layout", np.full((200, 160), SemanticClass.NECK, np.uint8))
    loaded.document.do(commands.add_layer(Side.RESULT, layer))  # not what the engine will say
    fake.hold()
    loaded.swap()
    stroke = loaded.document.stroke(layer.id, "Paint")
    with stroke.edit("ids", Rect(2, 3, 12, 9)) as pixels:
        pixels[...] = SemanticClass.HAT
    fake.release()
    loop.until(lambda: not loaded.bridge.is_busy, "the engine")
    loop.run_until_complete(asyncio.sleep(0.1))
    with stroke.edit("ids", Rect(12, 3, 20, 9)) as pixels:
        pixels[...] = SemanticClass.HAT
    stroke.finish()
    loop.settle(loaded)
    assert len(variations(loaded)) == 1
    now = find(loaded.document, Side.RESULT, LayoutLayer)
    assert (now.parsed.pixels != SemanticClass.NECK).any()
    assert (now.ids.pixels[3:9, 2:20] == SemanticClass.HAT).all()
    loaded.document.undo()
    loaded.document.undo()
    now = find(loaded.document, Side.RESULT, LayoutLayer)
    assert (now.ids.pixels == SemanticClass.NECK).all()


def test_results_of_the_same_seed_are_told_apart(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(commands.set_settings(seed=5))
    for _ in range(3):
        swapped(loaded, loop)
    assert [one.name for one in variations(loaded)] == ["Seed 5", "Seed 5 (2)", "Seed 5 (3)"]


def test_a_new_result_is_seen_though_another_was_shown_alone(
    loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    from engine.imageio import read_photo

    first = variations(swapped(loaded, loop))[0]
    loaded.document.do(commands.show_alone(first.id))
    loaded.document.do(commands.set_settings(seed=3))
    second = variations(swapped(loaded, loop))[1]
    assert loaded.document.result.shown[-1].id == second.id
    loaded.document.do(commands.show_alone(second.id))
    loop.run_until_complete(loaded.export(tmp_path / "first.png", first.id))
    assert (read_photo(tmp_path / "first.png").pixels == first.photo().pixels).all()


def test_errors_are_told(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop, said: list[Message], allow_log: None
) -> None:
    fake.fail(NoPersonError("No head was found."))
    swapped(loaded, loop)
    fake.fail(ZeroDivisionError("1/0"))
    swapped(loaded, loop)
    assert [message.level for message in said] == [Level.ERROR] * 2
    assert said[0].text == "No head was found."
    assert "1/0" in said[1].text
    assert not variations(loaded)


def test_notes_are_told_once(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop, said: list[Message]
) -> None:
    fake.notes = ("The head is small.",)
    loaded.document.do(commands.set_settings(variations=3))
    swapped(loaded, loop)
    assert said == [Message(Level.WARNING, "The head is small.")]


def test_the_next_seed(loaded: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    loaded.document.do(commands.set_settings(seed=7, guidance=3.0, steps=4))
    swapped(loaded, loop)
    first = variations(loaded)[0]
    loaded.document.do(commands.set_settings(guidance=1.0, variations=4))
    fake.hold()
    records = [loaded.swap_again(first.id) for _ in range(3)]  # none cancels another
    fake.release()
    loop.settle(loaded)
    assert {record.state for record in records} == {JobState.DONE}
    assert [one.sampling.seed for one in variations(loaded)] == [7, 8, 9, 10]
    assert {one.sampling.guidance for one in variations(loaded)} == {3.0}
    loaded.swap_again(first.id)
    loop.settle(loaded)
    assert variations(loaded)[-1].sampling == SamplingSettings(11, 3.0, 4, first.sampling.strength)


def test_an_unlocked_seed_is_another_each_time(loaded: Editor, loop: WindowLoop) -> None:
    assert loaded.seed_locked
    loaded.seed_locked = False
    seeds = set()
    for _ in range(3):
        swapped(loaded, loop)
        seeds.add(variations(loaded)[-1].sampling.seed)
        assert loaded.document.settings.sampling.seed in seeds
    assert len(seeds) == 3
    loaded.seed_locked = True
    swapped(loaded, loop)
    assert variations(loaded)[-1].sampling.seed in seeds


def test_retouch(loaded: Editor, loop: WindowLoop, said: list[Message]) -> None:
    mask = MaskLayer.of("Here", MaskRole.RETOUCH, (160, 200))
    loaded.document.do(commands.add_layer(Side.RESULT, mask))
    with (
        loaded.document.stroke(mask.id, "Paint") as stroke,
        stroke.edit("add", Rect(40, 40, 80, 80)) as pixels,
    ):
        pixels[...] = 255
    loaded.retouch(mask.id)
    loop.settle(loaded)
    (made,) = variations(loaded)
    assert made.region.rect == Rect(40, 40, 80, 80)
    assert loaded.document.history.names[-1] == "Retouch"
    assert not said


def test_retouching_a_body_that_is_gone_is_dropped(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    loaded.set_photo(Side.BODY, body_photo((100, 100)), "other.png")
    loop.settle(loaded)
    mask = MaskLayer.of("Here", MaskRole.RETOUCH, (100, 100), np.ones((100, 100)))
    loaded.document.do(commands.add_layer(Side.RESULT, mask))
    fake.hold()
    loaded.retouch(mask.id)
    fake.wait_held()
    while loaded.document.photo(Side.BODY).size == (100, 100):
        loaded.document.undo()
    fake.release()
    loop.settle(loaded)
    assert not variations(loaded)


# --- live --------------------------------------------------------------------------------------


@pytest.fixture
def live(loaded: Editor, loop: WindowLoop) -> Editor:
    loaded.live = True
    loop.settle(loaded)
    return loaded


def test_live_makes_one_result_and_renews_it(
    live: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    live.document.do(commands.set_settings(variations=4))
    (first,) = variations(live)
    asked = len(fake.requests)
    paint(live)
    loop.settle(live)
    (second,) = variations(live)
    assert second.id == first.id
    assert second is not first
    assert len(fake.requests) == asked + 1
    assert fake.requests[-1].variations == 1


def test_live_asks_only_where_the_result_would_be_another(
    live: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    asked = len(fake.requests)
    layout = find(live.document, Side.RESULT, LayoutLayer)
    live.document.do(commands.rename_layer(layout.id, "Classes"))
    live.document.do(commands.change_layer(layout.id, visible=True))
    live.document.do(commands.set_settings(variations=2))
    loop.settle(live)
    assert len(fake.requests) == asked
    for change in (
        commands.set_settings(guidance=4.0),
        commands.set_transform(HeadTransform(shift=(3.0, 0.0))),
        commands.pick_person(Side.BODY, (5.0, 5.0)),
    ):
        live.document.do(change)
        loop.settle(live)
        asked += 1
        assert len(fake.requests) == asked


def test_live_is_undone_with_what_it_answers(
    live: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    names, before = live.document.history.names, facts(live.document.state)
    paint(live)
    loop.settle(live)
    assert live.document.history.names == (*names, "Paint")
    after = facts(live.document.state)
    live.live = False
    live.document.undo()
    assert facts(live.document.state) == before
    live.document.redo()
    assert facts(live.document.state) == after


def test_live_keeps_what_can_be_redone(live: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    live.document.do(commands.set_settings(guidance=4.0))
    loop.settle(live)
    paint(live)
    loop.settle(live)
    live.document.undo()
    loop.settle(live)
    live.document.undo()
    loop.settle(live)
    assert variations(live)[0].sampling.guidance == 1.5
    assert live.document.redo()
    assert live.document.redo()
    assert not live.document.history.can_redo
    loop.settle(live)
    assert find(live.document, Side.RESULT, LayoutLayer).is_edited
    assert variations(live)[0].sampling.guidance == 4.0


def test_a_dragged_slider_stays_one_command(live: Editor, loop: WindowLoop) -> None:
    count = len(live.document.history.names)
    for guidance in (2.0, 3.0, 4.0):
        live.document.do(commands.set_settings(guidance=guidance))
        loop.settle(live)  # results come in between
    assert live.document.history.names[count:] == ("Change settings",)
    assert variations(live)[0].sampling.guidance == 4.0
    live.live = False
    live.document.undo()
    assert variations(live)[0].sampling.guidance == 1.5


def test_stale_live_requests_are_replaced(live: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    fake.hold()
    for step in range(10):
        live.document.do(commands.set_settings(guidance=2.0 + step / 10))
        assert len(live.bridge.open_jobs) <= 2
    fake.release()
    loop.settle(live)
    (made,) = variations(live)
    assert made.sampling.guidance == pytest.approx(2.9)


def test_a_drag_asks_now_and_then(live: Editor, loop: WindowLoop) -> None:
    asked = QSignalSpy(live.bridge.added)
    for step in range(50):
        live.document.do(commands.set_transform(HeadTransform(shift=(step + 1.0, 0.0))))
    loop.settle(live)
    assert asked.count() == 2  # the first and the last
    assert live.document.history.names[-1] == "Move head"


def test_live_results_are_called_by_their_seed(live: Editor, loop: WindowLoop) -> None:
    live.document.do(commands.set_settings(seed=9))
    loop.settle(live)
    (made,) = variations(live)
    assert made.name == "Seed 9"
    live.document.do(commands.rename_layer(made.id, "Mine"))
    live.document.do(commands.set_settings(seed=10))
    loop.settle(live)
    assert variations(live)[0].name == "Mine"


def test_live_leaves_what_is_shown_alone(live: Editor, loop: WindowLoop) -> None:
    layout = find(live.document, Side.RESULT, LayoutLayer)
    live.document.do(commands.show_alone(layout.id))
    live.document.do(commands.set_settings(guidance=3.0))
    loop.settle(live)
    assert variations(live)[0].sampling.guidance == 3.0
    assert live.document.result.solo == layout.id


def test_starred_live_results_stay(live: Editor, loop: WindowLoop) -> None:
    (first,) = variations(live)
    live.document.do(commands.change_layer(first.id, starred=True))
    live.document.do(commands.set_settings(guidance=3.0))
    loop.settle(live)
    assert [one.starred for one in variations(live)] == [True, False]
    assert [one.visible for one in variations(live)] == [False, True]


def test_live_off_stops_what_runs(live: Editor, fake: FakeEngine, loop: WindowLoop) -> None:
    fake.hold()
    live.document.do(commands.set_settings(guidance=3.0))
    fake.wait_held()
    live.live = False
    loop.settle(live)
    assert variations(live)[0].sampling.guidance == 1.5


def test_live_after_saving_is_not_saved(live: Editor, loop: WindowLoop) -> None:
    live.document.do(commands.set_settings(guidance=3.0))
    live.document.history.mark_clean()
    loop.settle(live)
    assert live.document.is_modified


def test_live_waits_for_photos(editor: Editor, loop: WindowLoop, said: list[Message]) -> None:
    editor.live = True
    assert len(said) == 1
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.document.do(commands.set_settings(guidance=3.0))
    loop.settle(editor)
    assert len(said) == 1  # not again with each change
    editor.set_photo(Side.BODY, body_photo(), "body.png")
    loop.settle(editor)
    assert len(variations(editor)) == 1


# --- files -------------------------------------------------------------------------------------


def test_save_and_open(
    loaded: Editor, loop: WindowLoop, tmp_path: Path, preferences: Preferences
) -> None:
    swapped(loaded, loop)
    path = tmp_path / "one.hsd"
    saved = QSignalSpy(loaded.document_saved)
    with pytest.raises(ValueError, match="path"):
        loop.run_until_complete(loaded.save())
    loop.run_until_complete(loaded.save(path))
    assert saved.count() == 1
    assert not loaded.document.is_modified
    state = facts(loaded.document.state)
    loaded.new()
    assert not any(len(loaded.document.state.stack(side)) for side in Side)
    preferences["undo_memory"] = 64
    loop.run_until_complete(loaded.open_project(path))
    assert facts(loaded.document.state) == state
    assert loaded.document.path == path
    assert loaded.document.history._budget == 64 << 20
    assert loaded.side is Side.RESULT
    assert preferences.recent == [path]


def test_what_is_done_while_saving_counts_as_modified(
    loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    task = loaded.spawn(loaded.save(tmp_path / "one.hsd"))
    loop.run_until_complete(asyncio.sleep(0))
    loaded.document.do(commands.set_settings(guidance=3.0))
    loop.run_until_complete(task)
    assert loaded.document.is_modified
    assert loaded.document.path == tmp_path / "one.hsd"


def test_a_bad_project_leaves_the_present_one(
    loaded: Editor, loop: WindowLoop, tmp_path: Path, said: list[Message]
) -> None:
    (tmp_path / "bad.hsd").write_bytes(b"PK\x03\x04 nothing")
    document = loaded.document
    with pytest.raises(ProjectError):
        loop.run_until_complete(loaded.open_project(tmp_path / "bad.hsd"))
    loaded.spawn(loaded.open_project(tmp_path / "none.hsd"))
    loop.settle(loaded)
    assert loaded.document is document
    assert [message.level for message in said] == [Level.ERROR]


def test_export_the_result_or_one_variation(
    loaded: Editor, loop: WindowLoop, tmp_path: Path, said: list[Message]
) -> None:
    from engine.imageio import read_photo

    loaded.document.do(commands.set_settings(variations=2))
    swapped(loaded, loop)
    first, second = variations(loaded)
    state = loaded.document.state
    for path, layer in ((tmp_path / "a.png", None), (tmp_path / "b.png", second.id)):
        loop.run_until_complete(loaded.export(path, layer))
    assert (read_photo(tmp_path / "a.png").pixels == first.photo().pixels).all()
    assert (read_photo(tmp_path / "b.png").pixels == second.photo().pixels).all()
    assert loaded.document.state is state
    assert len(said) == 2


def test_autosave(
    qapp: object, loop: WindowLoop, bridge: EngineBridge, preferences: Preferences, tmp_path: Path
) -> None:
    folder = tmp_path / "autosave"
    editor = Editor(preferences, bridge, folder)
    loop.run_until_complete(editor.autosave_now())
    assert not folder.exists()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    loop.settle(editor)
    loop.run_until_complete(editor.autosave_now())
    assert list(folder.glob("*/index.json"))
    writing = editor.spawn(editor.autosave_now())  # perhaps under way while it is given up
    editor.document.do(commands.set_settings(guidance=3.0))
    editor.new()
    loop.run_until_complete(writing)
    assert not list(folder.glob("*/index.json"))
    editor.close()
    assert not recoverable(folder)
    assert not list(folder.iterdir())


def test_saving_is_noted_for_the_case_of_a_crash(
    qapp: object, loop: WindowLoop, bridge: EngineBridge, preferences: Preferences,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from hs_desktop.document import hsd

    editor = Editor(preferences, bridge, tmp_path / "autosave")
    seen: list[Path] = []
    write = hsd.write_project

    def look(state: object, path: Path) -> None:
        seen.extend((tmp_path / "autosave").glob("*/saving.json"))
        write(state, path)  # type: ignore[arg-type]

    monkeypatch.setattr(hsd, "write_project", look)
    loop.run_until_complete(editor.save(tmp_path / "one.hsd"))
    assert len(seen) == 1
    assert not seen[0].exists()
    editor.close()


# --- what is worked on -------------------------------------------------------------------------


def test_active_layers(loaded: Editor, loop: WindowLoop) -> None:
    changed = QSignalSpy(loaded.active_changed)
    photo = loaded.document.head.layers[0]
    loaded.activate(Side.HEAD, photo.id)
    assert (loaded.side, loaded.layer_id) == (Side.HEAD, photo.id)
    loaded.activate(Side.HEAD, photo.id)
    assert changed.count() == 1
    loaded.activate(Side.BODY)
    loaded.activate(Side.HEAD)
    assert loaded.layer_id == photo.id  # as it was left
    loaded.document.do(commands.remove_layer(photo.id))
    assert loaded.layer_id == loaded.document.head.layers[-1].id
    loaded.new()
    assert (loaded.side, loaded.layer_id) == (Side.HEAD, None)


def test_comparing(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(commands.set_settings(variations=2))
    swapped(loaded, loop)
    first, second = variations(loaded)
    changed = QSignalSpy(loaded.compared_changed)
    loaded.compare((first.id, second.id))
    assert loaded.compared == (first.id, second.id)
    with pytest.raises(KeyError):
        loaded.compare((first.id, "none"))
    loaded.document.do(commands.remove_layer(second.id))
    assert loaded.compared is None
    loaded.document.undo()
    loaded.compare((first.id, second.id))
    loaded.new()
    assert loaded.compared is None
    assert changed.count() == 4


def test_nobody_hears_of_a_former_document(loaded: Editor) -> None:
    former = loaded.document
    loaded.replace_document(Document())
    changed = QSignalSpy(loaded.active_changed)
    former.do(commands.remove_layer(former.head.layers[-1].id))
    assert changed.count() == 0


# --- telling and closing -----------------------------------------------------------------------


def test_spawned_work_tells_its_errors(
    editor: Editor, loop: WindowLoop, said: list[Message], allow_log: None
) -> None:
    async def fails(error: Exception) -> None:
        await asyncio.sleep(0)
        raise error

    editor.spawn(fails(EngineError("A sentence.")))
    editor.spawn(fails(KeyError("x")))
    assert editor.is_waiting
    loop.settle(editor)
    assert said[0] == Message(Level.ERROR, "A sentence.")
    assert "x" in said[1].text


def test_closing_in_the_middle_of_everything(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop, said: list[Message]
) -> None:
    loaded.live = True
    fake.hold()
    loaded.swap()
    fake.wait_held()

    async def endless() -> None:
        await asyncio.Event().wait()

    loaded.spawn(endless())
    loaded.close()
    loaded.document.do(commands.set_settings(guidance=3.0))  # asks nothing any more
    loop.settle(loaded)
    assert not said


def test_live_requests_have_their_own_lane(live: Editor, fake: FakeEngine) -> None:
    fake.hold()
    live.document.do(commands.set_settings(guidance=3.0))
    live.swap()
    assert [record.lane for record in live.bridge.open_jobs].count(LIVE) == 1
    assert len(live.bridge.open_jobs) == 2


def test_results_of_16_bits(editor: Editor, loop: WindowLoop) -> None:
    body = replace(body_photo(), pixels=body_photo().pixels.astype(np.uint16) * 257)
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.set_photo(Side.BODY, body, "body.tif")
    swapped(editor, loop)
    assert editor.document.photo(Side.RESULT).pixels.dtype == np.uint16
