"""Swaps with other settings than the panel's, which come with the result: one step to be undone."""

from __future__ import annotations

import pytest

from engine.errors import NoPersonError
from engine.jobs import JobState
from engine.requests import SamplingSettings
from hs_desktop.document import commands
from hs_desktop.editor import Editor, Message
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import facts
from tests.hs_desktop.editing import swapped, variations
from tests.hs_desktop.fake_engine import FakeEngine


@pytest.fixture
def unlocked(loaded: Editor) -> Editor:
    """The editor with photos; each swap takes another seed."""
    loaded.seed_locked = False
    return loaded


def seed_of(editor: Editor) -> int:
    return editor.document.settings.sampling.seed


# --- another seed each time --------------------------------------------------------------------


def test_an_unlocked_seed_is_another_each_time(unlocked: Editor, loop: WindowLoop) -> None:
    seeds = set()
    for _ in range(3):
        swapped(unlocked, loop)
        seeds.add(variations(unlocked)[-1].sampling.seed)
        assert seed_of(unlocked) == variations(unlocked)[-1].sampling.seed
    assert len(seeds) == 3
    unlocked.seed_locked = True
    swapped(unlocked, loop)
    assert variations(unlocked)[-1].sampling.seed in seeds


def test_it_is_undone_and_redone_with_its_result(unlocked: Editor, loop: WindowLoop) -> None:
    document = unlocked.document
    swapped(unlocked, loop)
    before, names = facts(document.state), document.history.names
    swapped(unlocked, loop)
    after = facts(document.state)
    assert document.history.names == (*names, "Swap")
    document.undo()
    assert facts(document.state) == before
    document.redo()
    assert facts(document.state) == after


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_a_swap_without_a_result_leaves_no_trace(
    unlocked: Editor, fake: FakeEngine, loop: WindowLoop, said: list[Message], end: str
) -> None:
    before, names = facts(unlocked.document.state), unlocked.document.history.names
    if end == "failed":
        fake.fail(NoPersonError("No head was found."))
        unlocked.swap()
    else:
        fake.hold()
        unlocked.swap()
        fake.wait_held()
        unlocked.cancel()
    loop.settle(unlocked)
    assert len(said) == (end == "failed")
    assert facts(unlocked.document.state) == before
    assert unlocked.document.history.names == names
    assert not unlocked.document.is_modified


def test_what_the_user_sets_while_it_is_made_stays(
    unlocked: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    unlocked.swap()
    unlocked.document.do(commands.set_settings(guidance=3.0))
    fake.release()
    loop.settle(unlocked)
    assert unlocked.document.settings.sampling.guidance == 3.0
    assert seed_of(unlocked) == variations(unlocked)[-1].sampling.seed
    fake.hold()
    unlocked.swap()
    unlocked.document.do(commands.set_settings(seed=7))
    fake.release()
    loop.settle(unlocked)
    assert seed_of(unlocked) == 7


# --- the next seed -----------------------------------------------------------------------------


def test_the_next_seed_is_fitted_likewise(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    loaded.document.do(commands.set_settings(feather=7.0, complete=False, body_skin=0.5))
    swapped(loaded, loop)
    made = variations(loaded)[-1]
    loaded.document.do(commands.set_settings(feather=None, complete=True, body_skin=0.0))
    loaded.swap_again(made.id)
    loop.settle(loaded)
    request = fake.requests[-1]
    assert (request.feather, request.complete, request.body_skin) == (7.0, False, 0.5)


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


def test_the_next_seed_is_one_step(loaded: Editor, loop: WindowLoop) -> None:
    document = loaded.document
    document.do(commands.set_settings(seed=7, guidance=3.0))
    swapped(loaded, loop)
    document.do(commands.set_settings(guidance=1.0))
    before, names = facts(document.state), document.history.names
    loaded.swap_again(variations(loaded)[0].id)
    loop.settle(loaded)
    assert document.history.names == (*names, "Swap")
    assert (seed_of(loaded), document.settings.sampling.guidance) == (8, 3.0)
    document.undo()
    assert facts(document.state) == before


def test_of_several_at_once_the_last_ones_settings_stay(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    swapped(loaded, loop)
    first = variations(loaded)[0]
    fake.hold()
    for _ in range(3):
        loaded.swap_again(first.id)
    fake.release()
    loop.settle(loaded)
    assert seed_of(loaded) == variations(loaded)[-1].sampling.seed == first.sampling.seed + 3
