"""The engine's worker, driven by a runner that plays a script instead of making pictures."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from engine.cache import content_hash
from engine.engine import Engine, JobContext, JobState
from engine.errors import Cancelled, EngineError, NoPersonError
from engine.requests import ParseRequest, Preview, Progress
from tests.engine.scripted import (
    DESCRIBED,
    WAIT,
    Bench,
    Gate,
    ScriptedRunner,
    endless,
    request,
)

# --- jobs --------------------------------------------------------------------------------------


def test_engine_is_light() -> None:
    code = "import sys, engine.engine; print({'torch', 'cv2', 'diffusers'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "set()", run.stderr


def test_a_job_runs_in_the_worker(bench: Bench) -> None:
    assert bench.loads == []
    assert bench.engine.describe() is None
    job = bench.engine.submit(request())
    (result,) = job.result(WAIT)
    assert result.pack == "scripted 1.0"
    assert job.state == "done"
    assert job.exception() is None
    assert bench.engine.describe() == DESCRIBED
    assert bench.runner.threads == set(bench.loads) != {threading.get_ident()}
    bench.engine.submit(request()).result(WAIT)
    assert len(bench.loads) == 1


def test_jobs_run_in_order(bench: Bench) -> None:
    gate = Gate()
    bench.runner.scripts = [gate]
    requests = [request(i) for i in range(5)]
    jobs = [bench.engine.submit(r) for r in requests]
    assert gate.begun.wait(WAIT)
    assert [job.state for job in jobs] == ["running", *["queued"] * 4]
    with pytest.raises(TimeoutError):
        jobs[0].result(0.01)
    assert not jobs[0].wait(0.01)
    gate.go.set()
    assert jobs[-1].wait(WAIT)
    assert [id(r) for r in bench.runner.seen] == [id(r) for r in requests]


def test_progress_and_previews(bench: Bench) -> None:
    frame = np.zeros((256, 256, 3), dtype=np.uint8)
    asked: list[bool] = []

    def script(_: ParseRequest, context: JobContext) -> None:
        context.plan({"parse": 1, "sample": 4})
        with context.stage("parse"):
            context.note("The photo is small.")
            context.note("The photo is small.")
        with context.stage("sample", 4):
            asked.append(context.wants_previews)
            for step in range(4):
                context.preview(frame, step + 1, 4)
                context.advance()

    seen: list[Progress] = []
    previews: list[Preview] = []
    threads: set[int] = set()

    def on_progress(progress: Progress) -> None:
        seen.append(progress)
        threads.add(threading.get_ident())

    bench.runner.scripts = [script, script]
    job = bench.engine.submit(request(), on_progress=on_progress, on_preview=previews.append)
    (result,) = job.result(WAIT)
    assert threads == bench.runner.threads
    assert seen[0].stage == "load"
    assert [(p.stage, p.done, p.total) for p in seen if p.stage == "sample"] == [
        ("sample", 0, 4), ("sample", 1, 4), ("sample", 2, 4), ("sample", 3, 4), ("sample", 4, 4),
        ("sample", 4, 4),
    ]  # fmt: skip
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert [p.fraction for p in seen if p.stage == "sample"] == [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    assert job.progress == seen[-1]
    assert (seen[-1].stage, seen[-1].fraction, seen[-1].seconds_left) == ("done", 1.0, 0.0)
    assert [p.message for p in seen if p.message] == ["The photo is small."]
    assert result.notes == ("The photo is small.",)
    assert set(result.milliseconds) == {"load", "parse", "sample"}
    assert [(p.step, p.steps) for p in previews] == [(1, 4), (2, 4), (3, 4), (4, 4)]

    second: list[Progress] = []
    bench.engine.submit(request(), on_progress=second.append).result(WAIT)
    assert all(p.seconds_left is not None for p in second)
    assert asked == [True, False]


def test_stages_without_blocks_follow_each_other(bench: Bench) -> None:
    def script(_: ParseRequest, context: JobContext) -> None:
        context.stage("find")
        context.stage("parse", 2)
        context.advance(2)

    bench.runner.scripts = [script]
    seen: list[Progress] = []
    (result,) = bench.engine.submit(request(), on_progress=seen.append).result(WAIT)
    assert set(result.milliseconds) == {"load", "find", "parse"}
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert 0.5 <= fractions[-2] < 1


def test_a_stage_that_failed_may_be_tried_again(bench: Bench) -> None:
    def script(_: ParseRequest, context: JobContext) -> None:
        context.plan({"sample": 4})
        try:
            with context.stage("sample", 4):
                context.advance(2)
                raise MemoryError
        except MemoryError:
            context.note("Too little memory; once more on the CPU.")
        with context.stage("sample", 4):
            context.advance(3)

    bench.runner.scripts = [script]
    seen: list[Progress] = []
    job = bench.engine.submit(request(), on_progress=seen.append)
    job.result(WAIT)
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert job.progress.fraction == 1


def test_a_cached_stage_takes_no_time(bench: Bench) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("layout")
        return "layout"

    def script(request: ParseRequest, context: JobContext) -> None:
        with context.stage("parse"):
            assert context.cached(content_hash("parse", request.photo), make) == "layout"
        with context.stage("sample"):
            pass

    bench.runner.scripts = [script] * 3
    times = [bench.engine.submit(request(s)).result(WAIT)[0].milliseconds for s in (1, 1, 2)]
    assert len(made) == 2
    assert [t["parse"] > 0 for t in times] == [True, False, True]
    assert times[1]["parse"] == 0
    assert all(t["sample"] > 0 for t in times)


# --- cancelling --------------------------------------------------------------------------------


def test_cancel_within_a_step(bench: Bench) -> None:
    begun = threading.Event()
    bench.runner.scripts = [endless(begun)]
    job = bench.engine.submit(request())
    assert begun.wait(WAIT)
    assert job.cancel()
    with pytest.raises(Cancelled):
        job.result(WAIT)
    assert job.state == JobState.CANCELLED
    assert not job.cancel()
    assert bench.engine.submit(request()).result(WAIT)


def test_cancel_in_the_queue(bench: Bench) -> None:
    gate = Gate()
    bench.runner.scripts = [gate]
    first, second, third = (bench.engine.submit(request(i)) for i in range(3))
    assert gate.begun.wait(WAIT)
    assert second.cancel()
    with pytest.raises(Cancelled):
        second.result(0)
    gate.go.set()
    assert third.result(WAIT)
    assert first.state == "done"
    assert len(bench.runner.seen) == 2


def test_cancel_at_the_last_moment_gives_no_result(bench: Bench) -> None:
    gate = Gate()
    bench.runner.scripts = [gate]  # never checks
    job = bench.engine.submit(request())
    assert gate.begun.wait(WAIT)
    assert job.cancel()
    gate.go.set()
    with pytest.raises(Cancelled):
        job.result(WAIT)


def test_cancel_after_the_end(bench: Bench) -> None:
    job = bench.engine.submit(request())
    job.result(WAIT)
    assert not job.cancel()
    assert job.state == "done"


# --- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [NoPersonError("No head in a.jpg."), ZeroDivisionError(), SystemExit(3)]
)
def test_the_worker_survives(bench: Bench, error: BaseException) -> None:
    def script(_: ParseRequest, context: JobContext) -> None:
        raise error

    bench.runner.scripts = [script]
    job = bench.engine.submit(request())
    with pytest.raises(type(error)):
        job.result(WAIT)
    assert job.exception() is error
    assert job.state == "failed"
    assert bench.engine.submit(request()).result(WAIT)
    assert len(bench.runner.threads) == 1


def test_a_callback_that_raises_fails_its_job(bench: Bench) -> None:
    def on_progress(_: Progress) -> None:
        raise KeyError

    job = bench.engine.submit(request(), on_progress=on_progress)
    assert isinstance(job.exception(WAIT), KeyError)
    assert bench.engine.submit(request()).result(WAIT)


def test_loading_is_tried_again() -> None:
    loads = iter([EngineError("The pack is damaged."), None])

    def factory() -> ScriptedRunner:
        if (error := next(loads)) is not None:
            raise error
        return ScriptedRunner()

    with Engine(factory) as engine:
        with pytest.raises(EngineError, match="damaged"):
            engine.submit(request()).result(WAIT)
        assert engine.submit(request()).result(WAIT)


def test_steps_belong_to_a_stage(bench: Bench) -> None:
    bench.runner.scripts = [lambda _, context: context.advance()]
    assert isinstance(bench.engine.submit(request()).exception(WAIT), RuntimeError)
