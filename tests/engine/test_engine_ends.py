"""How jobs and the engine end: callbacks, memory, closing."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from engine import engine as engine_module
from engine.engine import Engine, Job
from engine.memory import release_unused
from tests.engine.scripted import WAIT, Bench, Gate, ScriptedRunner, endless, request


def test_close_cancels_and_ends_the_thread() -> None:
    before = set(threading.enumerate())
    begun = threading.Event()
    runner = ScriptedRunner()
    runner.scripts = [endless(begun)]
    engine = Engine(lambda: runner)
    assert set(threading.enumerate()) == before  # no job, no thread
    jobs = [engine.submit(request(i)) for i in range(3)]
    assert begun.wait(WAIT)
    engine.close()
    assert [job.state for job in jobs] == ["cancelled"] * 3
    assert set(threading.enumerate()) == before
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit(request())


def test_close_without_jobs() -> None:
    Engine(ScriptedRunner).close()


def test_done_callbacks(bench: Bench) -> None:
    gate = Gate()
    bench.runner.scripts = [gate]
    job = bench.engine.submit(request())
    ended: list[str] = []
    job.add_done_callback(lambda j: ended.append(j.state))
    assert gate.begun.wait(WAIT)
    assert ended == []
    gate.go.set()
    assert job.wait(WAIT)
    bench.engine.submit(request()).result(WAIT)  # by now the first one's callbacks have run
    job.add_done_callback(lambda j: ended.append(j.state))
    assert ended == ["done", "done"]


def test_a_callback_that_fails_harms_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture, allow_log: None
) -> None:
    gate = Gate()
    bench.runner.scripts = [gate]
    job = bench.engine.submit(request())
    told: list[str] = []

    def fail(job: Job) -> None:
        raise RuntimeError("in a callback")

    job.add_done_callback(fail)
    job.add_done_callback(lambda j: told.append(j.state))
    gate.go.set()
    bench.engine.submit(request()).result(WAIT)
    assert told == ["done"]
    assert "in a callback" in caplog.text


def test_pictures_go_with_their_job(bench: Bench) -> None:
    """At once, not with the garbage collector's next full round: they may be large."""
    gc.disable()
    try:
        job = bench.engine.submit(request())
        job.add_done_callback(lambda j: None)
        (result,) = job.result(WAIT)
        layout = weakref.ref(result.layout)
        bench.engine.submit(request(1)).result(WAIT)
        assert layout() is not None
        del job, result
        assert layout() is None
    finally:
        gc.enable()


def test_unused_memory_goes_back_when_there_is_nothing_to_do(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def release() -> None:
        release_unused()  # it doesn't fail on any system
        released.set()

    monkeypatch.setattr(engine_module, "IDLE", 0.01)
    monkeypatch.setattr(engine_module, "release_unused", release)
    bench.engine.submit(request()).result(WAIT)
    assert released.wait(WAIT)
    bench.engine.submit(request()).result(WAIT)


def test_jobs_can_be_awaited(bench: Bench) -> None:
    async def wait() -> str:
        loop, future = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        job = bench.engine.submit(request())
        job.add_done_callback(lambda j: loop.call_soon_threadsafe(future.set_result, j.state))
        return await asyncio.wait_for(future, WAIT)

    assert asyncio.run(wait()) == "done"
