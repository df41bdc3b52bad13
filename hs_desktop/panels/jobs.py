"""The jobs panel: what the engine does, will do and has done."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.jobs import LOADING, JobState
from hs_desktop.commands.terminal import stage_name, time_left
from hs_desktop.editor import LIVE, Editor
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.i18n import N_, _, translated
from hs_desktop.panels.parts import IconButton, IconLabel, hint, tight_column

KEPT = 20  # jobs that have ended
OUTCOMES = {
    JobState.DONE: ("check", N_("Done in {seconds:.1f} s")),
    JobState.FAILED: ("error", N_("Failed: {reason}")),
    JobState.CANCELLED: ("stop", N_("Cancelled")),
}


class JobsPanel(QWidget):
    """Open jobs above those that have ended, each the newest first."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = editor.bridge
        self.open: dict[JobRecord, OpenJob] = {}
        self.ended: list[EndedJob] = []  # the newest first
        self._empty = hint(_("Nothing to do. What the engine works on is listed here."))
        self.cancel_all = IconButton("stop", _("Cancel all jobs"))
        self.clear = IconButton("trash", _("Clear the list"), _("Of jobs that have ended."))
        self._build()
        self.cancel_all.clicked.connect(self._bridge.cancel_all)
        self.clear.clicked.connect(self._clear)
        self._bridge.added.connect(self._add)
        self._bridge.changed.connect(self._change)
        self._bridge.ended.connect(self._end)
        for record in self._bridge.open_jobs:
            self._add(record)
        self._follow()

    def _build(self) -> None:
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(6, 4, 6, 4)
        self._column.setSpacing(6)
        self._column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidget(inner)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(4, 2, 4, 2)
        bottom.setSpacing(2)
        bottom.addWidget(self.cancel_all)
        bottom.addStretch(1)
        bottom.addWidget(self.clear)
        whole = tight_column(self)
        whole.addWidget(self._empty, 1)
        whole.addWidget(self._area, 1)
        whole.addLayout(bottom)

    def _add(self, record: JobRecord) -> None:
        job = OpenJob(record, lambda: self._bridge.cancel(record))
        self._column.insertWidget(0, job)
        self.open[record] = job
        self._follow()

    def _change(self, record: JobRecord) -> None:
        if record in self.open:
            self.open[record].follow()

    def _end(self, record: JobRecord) -> None:
        job = self.open.pop(record, None)
        if job is None:
            return
        self._remove(job)
        # Strokes in live mode cancel one job after another: nobody wants to know.
        if record.lane != LIVE or record.state is JobState.FAILED:
            row = EndedJob(record, job.seconds)
            self._column.insertWidget(len(self.open), row)
            self.ended.insert(0, row)
            for old in self.ended[KEPT:]:
                self._remove(old)
            del self.ended[KEPT:]
        self._follow()

    def _clear(self) -> None:
        for row in self.ended:
            self._remove(row)
        self.ended.clear()
        self._follow()

    def _remove(self, row: QWidget) -> None:
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _follow(self) -> None:
        some = bool(self.open or self.ended)
        self._empty.setVisible(not some)
        self._area.setVisible(some)
        self.cancel_all.setEnabled(bool(self.open))
        self.clear.setEnabled(bool(self.ended))


class OpenJob(QFrame):
    """A job that waits or runs: title, progress, time left, cancel."""

    def __init__(self, record: JobRecord, cancel: Callable[[], None]) -> None:
        super().__init__()
        self._record = record
        self._begun: float | None = None
        self.title = QLabel(record.title)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(_("Progress of {job}").format(job=record.title))
        self.stage = QLabel()
        self.stage.setProperty("muted", True)
        self.cancel = IconButton("close", _("Cancel {job}").format(job=record.title))
        self.cancel.clicked.connect(lambda: cancel())
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.title, 1)
        top.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.stage)
        self.follow()

    @property
    def seconds(self) -> float:
        """Since it began to run."""
        return 0.0 if self._begun is None else time.monotonic() - self._begun

    def follow(self) -> None:
        """Show how far it is."""
        record, progress = self._record, self._record.progress
        if record.state is JobState.RUNNING and self._begun is None:
            self._begun = time.monotonic()
        moves = progress.stage != LOADING
        self.bar.setRange(0, 1000 if moves else 0)
        self.bar.setValue(round(1000 * progress.fraction) if moves else 0)
        words = stage_name(progress.stage)
        if progress.total > 1:
            words += f" {progress.done}/{progress.total}"
        if progress.seconds_left is not None and record.state is JobState.RUNNING:
            words += " · " + time_left(progress.seconds_left)
        self.stage.setText(words)


class EndedJob(QFrame):
    """How a job ended. Nothing of the job itself is kept: its photos are large."""

    def __init__(self, record: JobRecord, seconds: float) -> None:
        super().__init__()
        name, text = OUTCOMES[record.state]
        self.outcome = _(text).format(seconds=seconds, reason=_reason(record.error))
        picture = IconLabel(name, 14)
        title = QLabel(record.title)
        words = QLabel(self.outcome)
        words.setWordWrap(True)
        words.setProperty("muted", record.state is not JobState.FAILED)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(picture)
        row.addLayout(column, 1)
        self.setAccessibleName(f"{record.title}: {self.outcome}")


def _reason(error: BaseException | None) -> str:
    """For people; a fault of the program may have no words at all."""
    return "" if error is None else translated(error) or type(error).__name__
