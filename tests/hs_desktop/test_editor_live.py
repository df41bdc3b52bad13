"""The editor in live mode: every change is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QSignalSpy

from engine.requests import HeadTransform, SamplingSettings
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.editor import LIVE, Editor, Message
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import facts, find
from tests.hs_desktop.editing import paint, swapped, variations
from tests.hs_desktop.fake_engine import FakeEngine


@pytest.fixture
def live(loaded: Editor, loop: WindowLoop) -> Editor:
    loaded.live = True
    loop.settle(loaded)
    return loaded


def test_switched_off_it_neither_looks_nor_holds_on_to_photos(
    live: Editor, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.live = False
    assert live._live._key is None
    monkeypatch.setattr("hs_desktop.live.swap_key", lambda _: pytest.fail("looked"))
    swapped(live, loop)
    assert len(variations(live)) == 2


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
        commands.set_settings(complete=False),
        commands.set_settings(head_skin=0.5),
        commands.set_settings(body_skin=0.5),
        commands.set_settings(match_light=0.5),
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
    assert variations(live)[0].sampling.guidance == SamplingSettings().guidance
    assert live.document.redo()
    assert live.document.redo()
    assert not live.document.history.can_redo
    loop.settle(live)
    assert find(live.document, Side.RESULT, LayoutLayer).is_edited
    assert variations(live)[0].sampling.guidance == 4.0


def test_undo_never_shows_what_live_has_renewed_since(
    live: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    """The answer came after another command, and goes with that one."""
    fake.hold()
    live.document.do(commands.set_settings(seed=9))
    live.document.do(commands.rename_layer(live.document.head.layers[0].id, "Anna"))
    fake.release()
    loop.settle(live)
    live.document.undo()
    loop.settle(live)
    assert live.document.settings.sampling.seed == 9
    assert [layer.sampling.seed for layer in variations(live)] == [9]
    asked = len(fake.requests)
    live.document.redo()
    loop.settle(live)
    assert live.document.head.layers[0].name == "Anna"
    assert [layer.sampling.seed for layer in variations(live)] == [9]
    assert len(fake.requests) == asked


def test_a_live_result_that_was_deleted_stays_away(
    live: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    asked = len(fake.requests)
    live.document.do(commands.remove_layer(variations(live)[0].id))
    loop.settle(live)
    assert (variations(live), len(fake.requests)) == ([], asked)


def test_a_dragged_slider_stays_one_command(live: Editor, loop: WindowLoop) -> None:
    count = len(live.document.history.names)
    for guidance in (2.0, 3.0, 4.0):
        live.document.do(commands.set_settings(guidance=guidance))
        loop.settle(live)  # results come in between
    assert live.document.history.names[count:] == ("Change settings",)
    assert variations(live)[0].sampling.guidance == 4.0
    live.live = False
    live.document.undo()
    assert variations(live)[0].sampling.guidance == SamplingSettings().guidance


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
    assert variations(live)[0].sampling.guidance == SamplingSettings().guidance


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


def test_live_requests_have_their_own_lane(live: Editor, fake: FakeEngine) -> None:
    fake.hold()
    live.document.do(commands.set_settings(guidance=3.0))
    live.swap()
    assert [record.lane for record in live.bridge.open_jobs].count(LIVE) == 1
    assert len(live.bridge.open_jobs) == 2


def test_a_project_that_is_opened_while_live_is_on_stays_as_it_was_saved(
    live: Editor, fake: FakeEngine, loop: WindowLoop, tmp_path: Path
) -> None:
    path, asked = tmp_path / "job.hsd", len(fake.requests)
    loop.run_until_complete(live.save(path))
    loop.run_until_complete(live.open_project(path))
    loop.run_until_complete(live.save())
    loop.settle(live)
    assert len(fake.requests) == asked
    assert not live.document.is_modified
    live.document.do(commands.set_settings(guidance=4.0))
    loop.settle(live)
    assert len(fake.requests) == asked + 1


def test_undoing_what_was_redone_brings_the_live_result_back(
    live: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    document = live.document
    document.do(commands.remove_layer(variations(live)[0].id))
    document.do(commands.rename_layer(document.head.layers[0].id, "Anna"))
    loop.settle(live)
    document.undo()
    live.live = False
    live.live = True
    loop.settle(live)
    live.live = False
    there = facts(document.state)
    assert len(variations(live)) == 1
    document.redo()
    document.undo()
    assert facts(document.state) == there
