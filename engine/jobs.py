"""Jobs: what a caller holds of a request on its way, and what a runner has of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from enum import StrEnum
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, TypeVar

from engine.cache import StageCache
from engine.errors import Cancelled
from engine.requests import (
    IDENTITY,
    Affine,
    LoadRequest,
    Preview,
    Progress,
    Request,
    Result,
)
from engine.timing import JobTimer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.requests import Mask

log = logging.getLogger(__name__)

T = TypeVar("T")
OnProgress = Callable[[Progress], None]
OnPreview = Callable[[Preview], None]

LOADING = "load"  # the stage in which the first job brings the models in


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job:
    """A request on its way; made by ``Engine.submit``. Safe to use from any thread.

    Attributes:
        request: what was asked.
    """

    def __init__(
        self,
        request: Request | LoadRequest,
        on_progress: OnProgress | None,
        on_preview: OnPreview | None,
    ) -> None:
        self.request = request
        self._on_progress, self._on_preview = on_progress, on_preview
        self._state = JobState.QUEUED
        self._progress = Progress("queued", 0, 1, 0.0)
        self._future: Future[tuple[Result, ...]] = Future()
        self._callbacks: list[Callable[[Job], None]] = []
        self._lock = threading.Lock()
        self._cancel = threading.Event()

    @property
    def state(self) -> JobState:
        return self._state

    @property
    def progress(self) -> Progress:
        """The latest word on where the job is."""
        return self._progress

    def result(self, timeout: float | None = None) -> tuple[Result, ...]:
        """Wait for the results, one a variation.

        Raises:
            EngineError: what went wrong, if a user can cause it; ``Cancelled`` among them.
            TimeoutError: nothing after ``timeout`` seconds.
            Exception: whatever else was raised in the worker: a fault of the program.
        """
        return self._future.result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What ``result`` would raise, ``None`` for a job that succeeded; waits likewise."""
        return self._future.exception(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the job has ended, in whatever way, after at most ``timeout`` seconds."""
        try:
            self._future.exception(timeout)
        except TimeoutError:
            return False
        return True

    def cancel(self) -> bool:
        """Ask for the job's end; returns ``False`` if it has ended already.

        One that waits in the queue ends at once, a running one within a denoising step.
        """
        with self._lock:
            if self._state not in (JobState.QUEUED, JobState.RUNNING):
                return False
            self._cancel.set()
            waiting = self._state == JobState.QUEUED
            if waiting:
                self._state = JobState.CANCELLED
        if waiting:
            self._future.set_exception(Cancelled())
            self._call_back()
        return True

    def add_done_callback(self, callback: Callable[[Job], None]) -> None:
        """Have ``callback(job)`` called once the job has ended, at once if it has already.

        It is called in the thread in which the job ended: the worker or a canceller.
        """
        with self._lock:
            if not self._future.done():
                self._callbacks.append(callback)
                return
        callback(self)

    def _call_back(self) -> None:
        # Kept here and let go, not left to the future: a circle of job and future would hold
        # the pictures of a result until the garbage collector's rare full round.
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback(self)
            except Exception:
                log.exception("a callback of a job that has ended failed")

    def _begin(self) -> bool:
        """Take the job from the queue; ``False`` if it was cancelled there."""
        with self._lock:
            if self._state == JobState.QUEUED:
                self._state = JobState.RUNNING
        return self._state == JobState.RUNNING

    def _end(self, outcome: tuple[Result, ...] | BaseException) -> None:
        with self._lock:
            if self._cancel.is_set() and not isinstance(outcome, BaseException):
                outcome = Cancelled()  # asked for just before the end
            if isinstance(outcome, Cancelled):
                self._state = JobState.CANCELLED
            elif isinstance(outcome, BaseException):
                self._state = JobState.FAILED
            else:
                self._state = JobState.DONE
        if isinstance(outcome, BaseException):
            self._future.set_exception(outcome)
        else:
            self._future.set_result(outcome)
        self._call_back()


class Stage:
    """What ``JobContext.stage`` gives: the end of a ``with`` block ends the stage."""

    def __init__(self, context: JobContext) -> None:
        self._context = context

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._context._leave(self, failed=error is not None)


class JobContext:
    """What a runner has of its job: progress, cancelling, previews, notes and the cache."""

    def __init__(self, job: Job, cache: StageCache, timer: JobTimer) -> None:
        self._job, self._cache, self._timer = job, cache, timer
        self._stage: Stage | None = None
        self._hits = self._misses = 0
        self._notes: list[str] = []

    def plan(self, steps: Mapping[str, int], seconds: Mapping[str, float] | None = None) -> None:
        """Say at the job's beginning which stages come, for progress and time left.

        Without it, the stages of the last job of this kind are expected again.

        Args:
            steps: stage -> steps over the whole job, all its rounds together (a stage may
                be entered once for each variation).
            seconds: first guesses of seconds a step takes; a stage's own times replace
                them from the second job on.
        """
        self._timer.plan(steps, seconds)

    def stage(self, name: str, total_steps: int = 1) -> Stage:
        """Begin a stage; the one before ends here, if a ``with`` block hasn't ended it yet.

        A stage all of whose ``cached`` calls (at least one) are served from the cache counts
        as 0 ms: what takes long in such a stage has to be done within ``cached``.
        """
        self.check()
        self._leave(self._stage)
        self._stage = Stage(self)
        self._hits = self._misses = 0
        self._timer.begin(name, total_steps)
        self._report()
        return self._stage

    def advance(self, steps: int = 1) -> None:
        """Steps of the current stage are done; also a ``check``."""
        if self._stage is None:
            raise RuntimeError("steps are done outside of any stage")
        self.check()
        self._timer.advance(steps)
        self._report()

    def check(self) -> None:
        """Raise ``Cancelled`` if the user has cancelled; to be called within every step."""
        if self._job._cancel.is_set():
            raise Cancelled

    @property
    def wants_previews(self) -> bool:
        """Whether somebody looks at previews: otherwise none need be made."""
        return self._job._on_preview is not None

    def preview(
        self,
        frame: NDArray[np.uint8],
        step: int,
        steps: int,
        to_photo: Affine = IDENTITY,
        shown: Mask | None = None,
    ) -> None:
        """Show the result forming, see ``Preview``; the arrays aren't changed afterwards."""
        if self._job._on_preview is not None:
            self._job._on_preview(Preview(frame, step, steps, to_photo, shown))

    def note(self, sentence: str) -> None:
        """Tell the user something, with the progress; kept in ``notes``, each only once."""
        if sentence not in self._notes:
            self._notes.append(sentence)
            self._report(sentence)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    @property
    def milliseconds(self) -> Mapping[str, float]:
        """Stage -> milliseconds so far (a copy); 0 for one served from the cache."""
        return MappingProxyType(self._timer.milliseconds)

    def cached(self, key: str, make: Callable[[], T], *, slot: str | None = None) -> T:
        """``make()``, or what it gave the last time it was asked for under ``key``.

        Args:
            key: ``content_hash`` of the computation's name and everything that goes into it.
            make: a plain function of these. What it returns is shared: never change it.
            slot: see ``StageCache.get_or_make``.
        """
        value, hit = self._cache.get_or_make(key, make, slot=slot)
        if hit:
            self._hits += 1
        else:
            self._misses += 1
        return value

    def _leave(self, stage: Stage | None, *, failed: bool = False) -> None:
        """End ``stage`` unless another one has begun since."""
        if stage is None or stage is not self._stage:
            return
        self._stage = None
        if failed:
            self._timer.abandon()
        else:
            self._timer.end(cached=self._hits > 0 and not self._misses, typical=not self._hits)
            self._report()

    def _load(self, factory: Callable[[], T]) -> T:
        """Make the runner; the time shows as a stage, but is no part of the course of jobs."""
        self._job._progress = Progress(LOADING, 0, 1, 0.0)
        self._tell()
        start = time.perf_counter()
        runner = factory()
        self._timer.add(LOADING, time.perf_counter() - start)
        return runner

    def _complete(self) -> None:
        self._leave(self._stage)
        self.check()
        self._job._progress = Progress("done", 1, 1, 1.0, 0.0)
        self._tell()

    def _report(self, message: str = "") -> None:
        timer, latest = self._timer, self._job._progress
        self._job._progress = Progress(
            stage=timer.stage or latest.stage,
            done=timer.done if timer.stage else latest.total,
            total=timer.total if timer.stage else latest.total,
            fraction=timer.fraction,
            seconds_left=timer.seconds_left,
            message=message,
        )
        self._tell()

    def _tell(self) -> None:
        if self._job._on_progress is not None:
            self._job._on_progress(self._job._progress)
