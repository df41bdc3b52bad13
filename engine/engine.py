"""The engine: one worker thread that takes requests from a queue, one after another.

Importing this module imports neither torch nor cv2: models and everything heavy arrive in
the worker thread, with the first job (``open_engine``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import NamedTuple, Protocol

from engine.cache import StageCache
from engine.errors import EngineError
from engine.jobs import Job, JobContext, JobState, OnPreview, OnProgress
from engine.memory import release_unused
from engine.requests import LoadRequest, Request, Result
from engine.timing import JobTimer, StageTimes

CACHE_BYTES = 512 << 20
IDLE = 0.5  # seconds without a job after which unused memory is given back


class Description(NamedTuple):
    """What a runner works with, for instance ``("cpu bf16", "compact-256 1.0")``."""

    device: str
    pack: str


class Runner(Protocol):
    """What turns requests into results, in the worker thread."""

    def run(self, request: Request, context: JobContext) -> tuple[Result, ...]:
        """Results of a request, one a variation; raises ``EngineError`` for what users do."""

    def describe(self) -> Description:
        """Device and pack; may be asked from any thread."""


class Engine:
    """Runs requests one after another in a thread of its own; use it in a ``with`` block.

    ``submit`` may be called from any thread. The runner is made in the worker thread when
    the first job needs it; where that fails, the job fails and the next one tries again.

    Args:
        runner_factory: makes the runner.
        cache_bytes: how much memory the stages' results may keep.
    """

    def __init__(
        self, runner_factory: Callable[[], Runner], *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._factory = runner_factory
        self._runner: Runner | None = None
        self._cache = StageCache(cache_bytes)
        self._times = StageTimes()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._open: set[Job] = set()  # not ended yet
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(
        self,
        request: Request | LoadRequest,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
    ) -> Job:
        """Put a request at the queue's end.

        The callbacks are called in the worker thread: they should be quick, must not touch
        a widget and must not wait for a job. One that raises makes the job fail.

        Raises:
            RuntimeError: the engine is closed.
        """
        job = Job(request, on_progress, on_preview)
        with self._lock:
            if self._closed:
                raise RuntimeError("the engine is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
                self._thread.start()
            self._open.add(job)
            self._queue.put(job)
        job.add_done_callback(self._forget)
        return job

    def _forget(self, job: Job) -> None:
        with self._lock:
            self._open.discard(job)

    def describe(self) -> Description | None:
        """Device and pack; ``None`` before they are loaded."""
        return None if self._runner is None else self._runner.describe()

    @property
    def cache(self) -> StageCache:
        return self._cache

    def close(self) -> None:
        """Cancel all jobs and wait for the worker's end; to be called as often as one likes."""
        with self._lock:
            first, self._closed = not self._closed, True
            jobs = list(self._open)
        for job in jobs:
            job.cancel()
        if self._thread is None:
            return
        if first:
            self._queue.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._execute(job)
            del job  # or its photos would stay until the next one comes
        self._runner = None
        self._cache.clear()

    def _next(self) -> Job | None:
        try:
            return self._queue.get(timeout=IDLE)
        except Empty:
            release_unused()
            return self._queue.get()

    def _execute(self, job: Job) -> None:
        if not job._begin():
            return
        timer = JobTimer(self._times, type(job.request).__name__)
        context = JobContext(job, self._cache, timer)
        outcome: tuple[Result, ...] | BaseException
        try:
            if self._runner is None:
                self._runner = context._load(self._factory)
            context.check()
            if isinstance(job.request, LoadRequest):
                outcome = ()
            else:
                outcome = self._runner.run(job.request, context)
            context._complete()
        except EngineError as error:
            # Its traceback would keep the job's photos in memory, and nobody will see it.
            outcome = error.with_traceback(None)
        except BaseException as error:  # whatever it is, it is the job's and not the worker's
            outcome = error
        timer.finish(succeeded=not isinstance(outcome, BaseException))
        job._end(outcome)


def open_engine(
    pack: str | Path | None = None,
    device: str | None = None,
    cache_bytes: int = CACHE_BYTES,
    *,
    precision: str | None = None,
) -> Engine:
    """The engine with a model pack; torch and the models are loaded with its first job.

    Args:
        pack: a pack's name or folder; the embedded one without it.
        device: for instance ``"cpu"`` or ``"cuda:1"``; the best there is without it.
        cache_bytes: how much memory the stages' results may keep.
        precision: ``"bf16"``, ``"fp16"`` or ``"fp32"``; the device's fast one without it.
    """

    def runner() -> Runner:
        from engine.runner import PipelineRunner

        return PipelineRunner(pack, device, precision)

    return Engine(runner, cache_bytes=cache_bytes)


__all__ = [
    "Description",
    "Engine",
    "Job",
    "JobContext",
    "JobState",
    "Runner",
    "open_engine",
]
