"""Jobs with names, lanes and signals in the window's thread."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from engine.errors import NoPersonError
from engine.imageio import Photo
from engine.jobs import JobState
from engine.requests import ParseRequest, Preview, Progress, RetouchRequest, SamplingSettings
from hs_desktop.engine_bridge import EngineBridge, JobRecord
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine


def parse(shade: int = 0) -> ParseRequest:
    return ParseRequest(Photo(np.full((16, 24, 3), shade, np.uint8)))


def retouch(steps: int = 5) -> RetouchRequest:
    photo = Photo(np.zeros((16, 24, 3), np.uint8))
    mask = np.ones((16, 24), np.float32)
    return RetouchRequest(photo, mask, sampling=SamplingSettings(steps=steps))


class Heard:
    """What a bridge told, in order."""

    def __init__(self, bridge: EngineBridge) -> None:
        self.words: list[tuple[str, JobRecord]] = []
        self.previews: list[Preview] = []
        self.threads: set[int] = set()
        bridge.added.connect(lambda record: self.hear("added", record))
        bridge.changed.connect(lambda record: self.hear("changed", record))
        bridge.previewed.connect(self.see)
        bridge.ended.connect(lambda record: self.hear(str(record.state), record))

    def hear(self, word: str, record: JobRecord) -> None:
        self.words.append((word, record))
        self.threads.add(threading.get_ident())

    def see(self, record: JobRecord, preview: Preview) -> None:
        self.previews.append(preview)
        self.threads.add(threading.get_ident())

    def ends(self) -> list[tuple[str, JobRecord]]:
        return [(word, record) for word, record in self.words if word not in ("added", "changed")]


def idle(bridge: EngineBridge, loop: WindowLoop) -> None:
    loop.until(lambda: not bridge.is_busy, "the bridge")


def test_a_job_is_told_in_our_thread(bridge: EngineBridge, loop: WindowLoop) -> None:
    heard = Heard(bridge)
    record = bridge.submit(retouch(), "Retouch")
    assert record.state is JobState.QUEUED
    assert bridge.open_jobs == (record,)
    idle(bridge, loop)
    assert [word for word, _ in heard.words][:2] == ["added", "changed"]
    assert heard.ends() == [("done", record)]
    assert heard.threads == {threading.get_ident()}
    assert record.progress.fraction == 1
    assert len(record.results) == 1
    assert heard.previews[-1].step == 5


def test_what_a_job_tells_last_is_heard(
    bridge: EngineBridge, loop: WindowLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it ends just after the window looked for news."""
    look, heard = bridge._news_of, Heard(bridge)

    def looked_too_early(record: JobRecord) -> tuple[Progress | None, Preview | None]:
        news = look(record)
        if record._job is not None:
            record._job.exception()  # waits for its end
        return news

    monkeypatch.setattr(bridge, "_news_of", looked_too_early)
    record = bridge.submit(retouch(), "Retouch")
    idle(bridge, loop)
    assert record.progress.fraction == 1
    assert heard.previews[-1].step == 5
    assert heard.ends() == [("done", record)]


def test_the_engine_is_opened_with_the_first_job(
    fake: FakeEngine, loop: WindowLoop, qapp: QApplication
) -> None:
    opened: list[FakeEngine] = []

    def open_engine() -> FakeEngine:
        opened.append(fake)
        return fake

    bridge = EngineBridge(open_engine)
    assert not opened
    bridge.warm_up()
    bridge.submit(parse(), "Parse")
    idle(bridge, loop)
    assert opened == [fake]
    assert len(fake.requests) == 1
    bridge.close()


def test_an_engine_that_cannot_be_opened_fails_the_job(
    loop: WindowLoop, qapp: QApplication
) -> None:
    def open_engine() -> FakeEngine:
        raise OSError("no room")

    bridge = EngineBridge(open_engine)
    heard = Heard(bridge)
    record = bridge.submit(parse(), "Parse", lane="a")
    assert heard.ends() == [("failed", record)]
    assert isinstance(record.error, OSError)
    assert not bridge.is_busy
    bridge.close()


@pytest.mark.parametrize("error", [NoPersonError("No head was found."), ZeroDivisionError("1/0")])
def test_errors_end_the_job_and_no_other(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop, error: Exception
) -> None:
    heard = Heard(bridge)
    fake.fail(error)
    first, second = bridge.submit(parse(), "One"), bridge.submit(parse(), "Two")
    idle(bridge, loop)
    assert heard.ends() == [("failed", first), ("done", second)]
    assert first.error is error
    assert first.results == ()


def test_models_that_cannot_be_loaded(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.load_error = NoPersonError("no pack")
    record = bridge.warm_up()
    idle(bridge, loop)
    assert record.state is JobState.FAILED
    fake.load_error = None
    assert bridge.submit(parse(), "Parse") is not record
    idle(bridge, loop)
    assert len(fake.requests) == 1


def test_a_lane_has_one_running_and_one_waiting(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    heard = Heard(bridge)
    fake.hold()
    records = [bridge.submit(parse(0), "Live", lane="live")]
    fake.wait_held()
    for shade in range(1, 6):
        records.append(bridge.submit(parse(shade), "Live", lane="live"))
        assert len(bridge.open_jobs) <= 2
    loop.until(lambda: records[0].has_ended)  # it obeys while it is held
    assert bridge.open_jobs == (records[-1],)
    fake.release()
    idle(bridge, loop)
    assert [record.state for record in records] == [JobState.CANCELLED] * 5 + [JobState.DONE]
    assert [record for _, record in heard.ends()] == [*records[1:5], records[0], records[5]]
    assert len(fake.requests) == 2


def test_lanes_do_not_disturb_each_other(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    one = bridge.submit(parse(1), "A", lane="a")
    two = bridge.submit(parse(2), "B", lane="b")
    three = bridge.submit(parse(3), "C")
    fake.release()
    idle(bridge, loop)
    assert {record.state for record in (one, two, three)} == {JobState.DONE}


def test_what_is_cancelled_shows_no_more(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    heard = Heard(bridge)
    record = bridge.submit(retouch(), "Retouch")
    assert record._job is not None
    assert record._job.wait(20)  # its last preview is on the way
    bridge.cancel(record)
    idle(bridge, loop)
    assert not heard.previews


def test_cancel_running_waiting_and_all(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    heard = Heard(bridge)
    fake.hold()
    running = bridge.submit(retouch(), "Running", lane="a")
    queued = bridge.submit(parse(), "Queued in the engine")
    fake.wait_held()
    waiting = bridge.submit(retouch(), "Waiting", lane="a")
    bridge.cancel(waiting)
    assert waiting.state is JobState.CANCELLED
    bridge.cancel(waiting)  # twice does no harm
    bridge.cancel_all()
    idle(bridge, loop)
    assert {record for word, record in heard.ends() if word == "cancelled"} == {
        running, queued, waiting,
    }  # fmt: skip
    assert len(heard.ends()) == 3


def test_asking_again_from_within_ended(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    again: list[JobRecord] = []

    def ask_again(record: JobRecord) -> None:
        if len(again) < 3:
            again.append(bridge.submit(parse(len(again)), "Again", lane="a"))

    bridge.ended.connect(ask_again)
    bridge.submit(parse(), "First", lane="a")
    idle(bridge, loop)
    assert [record.state for record in again] == [JobState.DONE] * 3


def test_a_busy_window_hears_the_latest_only(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    heard = Heard(bridge)
    record = bridge.submit(retouch(50), "Retouch")
    assert record._job is not None
    assert record._job.wait(20)  # nothing of Qt runs here
    idle(bridge, loop)
    assert len(heard.previews) == 1
    assert heard.previews[0].step == 50


def test_nothing_is_started_after_closing(
    bridge: EngineBridge, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    running = bridge.submit(retouch(), "Running", lane="a")
    fake.wait_held()
    waiting = bridge.submit(retouch(), "Waiting", lane="a")
    bridge.close()
    idle(bridge, loop)
    assert running.state is waiting.state is JobState.CANCELLED
    assert len(fake.requests) == 1
    with pytest.raises(RuntimeError):
        bridge.submit(parse(), "Too late")
    bridge.close()
