"""Between the window and the engine's thread: jobs with names, lanes, and signals in our thread.

A lane holds one running job and one that waits: whoever asks again replaces what waits and
cancels what runs. So a slider that is dragged never builds a queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal

from engine.engine import Description
from engine.errors import Cancelled
from engine.jobs import Job, JobState, OnPreview, OnProgress
from engine.requests import LoadRequest, Preview, Progress, Request, Result
from hs_desktop.i18n import _

_numbers = count(1)


class EngineLike(Protocol):
    """What of ``engine.engine.Engine`` is needed here; tests bring a scripted one."""

    def submit(
        self,
        request: Request | LoadRequest,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
    ) -> Job: ...

    def describe(self) -> Description | None: ...

    def close(self) -> None: ...


@dataclass(eq=False)
class JobRecord:
    """A job as the window sees it; belongs to the window's thread.

    Attributes:
        request: what was asked.
        title: in the user's language.
        lane: ``None``, or the name of the lane it is in.
        state: ``QUEUED`` while it waits in its lane or for the engine.
        progress: the latest word.
        results: one a variation, once it is done.
        error: why it failed.
    """

    request: Request | LoadRequest
    title: str
    lane: str | None = None
    number: int = field(default_factory=lambda: next(_numbers))
    state: JobState = JobState.QUEUED
    progress: Progress = field(default_factory=lambda: Progress("queued", 0, 1, 0.0))
    results: tuple[Result, ...] = ()
    error: BaseException | None = None
    _job: Job | None = None
    _is_wanted: bool = True

    @property
    def has_ended(self) -> bool:
        return self.state not in (JobState.QUEUED, JobState.RUNNING)


class EngineBridge(QObject):
    """Asks the engine, which is opened with the first job.

    Signals, all with a ``JobRecord`` and in the thread that made the bridge:
        added: it was asked for.
        changed: it has begun or come further.
        previewed: a ``Preview`` of it behind; none any more once it is to be cancelled.
        ended: it is done, has failed or was cancelled; see its ``state``.
    """

    added = Signal(object)
    changed = Signal(object)
    previewed = Signal(object, object)
    ended = Signal(object)
    _told = Signal(object)

    def __init__(
        self, open_engine: Callable[[], EngineLike], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._open_engine = open_engine
        self._engine: EngineLike | None = None
        self._records: list[JobRecord] = []
        self._waiting: dict[str, JobRecord] = {}
        self._news: dict[JobRecord, tuple[Progress | None, Preview | None]] = {}
        self._lock = threading.Lock()
        self._closed = False
        # Queued: what a worker thread says is heard in ours.
        self._told.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    @property
    def open_jobs(self) -> tuple[JobRecord, ...]:
        """Those that run or wait, the oldest first."""
        return tuple(record for record in self._records if not record.has_ended)

    @property
    def is_busy(self) -> bool:
        return bool(self.open_jobs)

    def describe(self) -> Description | None:
        """The engine's device and pack; ``None`` before the models are loaded."""
        return None if self._engine is None else self._engine.describe()

    def warm_up(self) -> JobRecord:
        """Have the models loaded, after the first paint for instance."""
        return self.submit(LoadRequest(), _("Load models"))

    def submit(
        self, request: Request | LoadRequest, title: str, *, lane: str | None = None
    ) -> JobRecord:
        """Ask for something.

        Args:
            request: for the engine.
            title: of the job, in the user's language.
            lane: what was asked in the same lane before is not wanted any more.

        Raises:
            RuntimeError: the bridge is closed.
        """
        if self._closed:
            raise RuntimeError("the bridge is closed")
        record = JobRecord(request, title, lane)
        self._records.append(record)
        self.added.emit(record)
        running = self._in_lane(lane, but=record)
        if lane is None or not running:
            self._start(record)
            return record
        former = self._waiting.get(lane)
        self._waiting[lane] = record
        if former is not None:
            self._end(former, JobState.CANCELLED)
        for other in running:
            if other is not former:
                self._stop(other)
        return record

    def cancel(self, record: JobRecord) -> None:
        """Ask for a job's end; ``ended`` follows."""
        if record.has_ended:
            return
        if record._job is not None:
            self._stop(record)
        else:
            if record.lane is not None and self._waiting.get(record.lane) is record:
                del self._waiting[record.lane]
            self._end(record, JobState.CANCELLED)

    def cancel_all(self) -> None:
        for record in reversed(self.open_jobs):
            self.cancel(record)

    def close(self) -> None:
        """Cancel everything and wait for the engine's end."""
        self._closed = True
        self.cancel_all()
        if self._engine is not None:
            self._engine.close()

    # --- parts ---------------------------------------------------------------------------------

    def _in_lane(self, lane: str | None, but: JobRecord) -> list[JobRecord]:
        return [r for r in self.open_jobs if r.lane is not None and r.lane == lane and r is not but]

    def _start(self, record: JobRecord) -> None:
        try:
            if self._engine is None:
                self._engine = self._open_engine()
            record._job = self._engine.submit(
                record.request,
                on_progress=lambda progress: self._tell(record, progress, None),
                on_preview=lambda preview: self._tell(record, None, preview),
            )
        except Exception as error:  # whatever it is: the window goes on without this job
            record.error = error
            self._end(record, JobState.FAILED)
            return
        record._job.add_done_callback(lambda _job: self._tell(record, None, None))

    def _stop(self, record: JobRecord) -> None:
        """Ask for the end of a job that the engine has."""
        if record._job is not None:
            record._is_wanted = False
            record._job.cancel()

    def _tell(self, record: JobRecord, progress: Progress | None, preview: Preview | None) -> None:
        """From any thread. Only the latest of each is kept: a busy window isn't flooded."""
        with self._lock:
            pending = record in self._news
            former = self._news.get(record, (None, None))
            self._news[record] = (progress or former[0], preview or former[1])
        if not pending:
            self._told.emit(record)

    def _hear(self, record: JobRecord) -> None:
        progress, preview = self._news_of(record)
        job = record._job
        if record.has_ended or job is None:
            return
        state = job.state
        has_ended = state not in (JobState.QUEUED, JobState.RUNNING)
        if has_ended:  # it may have told more between the two looks
            late = self._news_of(record)
            progress, preview = late[0] or progress, late[1] or preview
        if progress is not None:
            record.progress = progress
        if state == JobState.RUNNING or progress is not None:
            record.state = JobState.RUNNING
            self.changed.emit(record)
        if preview is not None and record._is_wanted:
            self.previewed.emit(record, preview)
        if not has_ended:
            return
        error = job.exception()
        if error is None:
            record.results = job.result()
            self._end(record, JobState.DONE)
        elif isinstance(error, Cancelled):
            self._end(record, JobState.CANCELLED)
        else:
            record.error = error
            self._end(record, JobState.FAILED)

    def _news_of(self, record: JobRecord) -> tuple[Progress | None, Preview | None]:
        with self._lock:
            return self._news.pop(record, (None, None))

    def _end(self, record: JobRecord, state: JobState) -> None:
        record.state = state
        self._records.remove(record)
        lane = record.lane
        self.ended.emit(record)
        record._job = None  # its photos needn't stay
        if lane is None or lane not in self._waiting or self._closed:
            return
        if not self._in_lane(lane, but=self._waiting[lane]):
            self._start(self._waiting.pop(lane))
