"""Swaps and retouches asked for in the editor, and what becomes of their results."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.errors import NoPersonError, PackError
from engine.jobs import JobState
from engine.labels import SemanticClass
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Level, Message
from hs_desktop.preferences import Preferences
from hs_desktop.rects import Rect
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import find
from tests.hs_desktop.editing import kinds, paint, swapped, texts, variations
from tests.hs_desktop.fake_engine import FakeEngine


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


def test_a_broken_pack_is_told_with_what_to_do(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop, said: list[Message]
) -> None:
    fake.fail(PackError("A file is missing."))
    swapped(loaded, loop)
    assert said[-1].level is Level.ERROR
    assert "A file is missing. The model manager" in said[-1].text


def test_results_of_16_bits(editor: Editor, loop: WindowLoop) -> None:
    body = replace(body_photo(), pixels=body_photo().pixels.astype(np.uint16) * 257)
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    editor.set_photo(Side.BODY, body, "body.tif")
    swapped(editor, loop)
    assert editor.document.photo(Side.RESULT).pixels.dtype == np.uint16
