"""The line at the bottom: what the engine does, on what, and what lies under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from engine.jobs import JobState
from engine.labels import CLASSES
from engine.requests import LoadRequest
from hs_desktop.commands.terminal import stage_name, time_left
from hs_desktop.engine_bridge import EngineBridge, JobRecord
from hs_desktop.i18n import _
from hs_desktop.icons import icon
from hs_desktop.panels.parts import ShortLabel
from hs_desktop.readings import Readings
from hs_desktop.windows.parts import device_name

_BAR = 140  # widget px


class StatusBar(QStatusBar):
    """Watches the engine and what is being read; the rest is told by the window."""

    def __init__(
        self, bridge: EngineBridge, readings: Readings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge, self._readings = bridge, readings
        self._tasks: list[str] = []
        self._failed = False
        self.setSizeGripEnabled(False)
        self._state = ShortLabel()
        self._state.setContentsMargins(4, 0, 0, 0)
        self._state.setAccessibleName(_("What is being done"))
        self._bar = QProgressBar()
        self._bar.setFixedWidth(_BAR)
        self._bar.setFixedHeight(12)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(_("Progress"))
        self._cancel = QToolButton()
        self._cancel.setIcon(icon("close"))
        self._cancel.setAccessibleName(_("Cancel"))
        self._cancel.clicked.connect(self._cancel_running)
        self.addWidget(self._bar)
        self.addWidget(self._cancel)
        self.addWidget(self._state, 1)
        width = QFontMetrics(self.font()).horizontalAdvance
        self._readout = self._field(
            _("Under the pointer"),
            "65535 65535 65535 · " + max((_(info.name) for info in CLASSES), key=width),
        )
        self._size = self._field(_("Size of the photo"))
        self._zoom = self._field(_("Zoom"))
        self._device = self._field(_("Device"))
        for signal in (bridge.added, bridge.changed, bridge.ended):
            signal.connect(self._job_changed)
        readings.changed.connect(self.refresh)
        self.refresh()

    def _field(self, name: str, widest: str = "") -> QLabel:
        label = QLabel()
        label.setAccessibleName(name)
        label.setToolTip(name)
        label.setContentsMargins(6, 0, 6, 0)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if widest:  # so that nothing jumps while the pointer moves
            label.setMinimumWidth(QFontMetrics(label.font()).horizontalAdvance(widest))
        self.addPermanentWidget(label)
        return label

    # --- what the window tells -------------------------------------------------------------------

    def set_readout(self, text: str) -> None:
        self._readout.setText(text)

    def set_view(self, zoom: float | None, size: tuple[int, int] | None) -> None:
        """The zoom (1 = 100 %) and the size in pixels of the photo that is shown."""
        self._zoom.setText("" if zoom is None else _("{percent:.3g} %").format(percent=100 * zoom))
        self._size.setText(
            "" if size is None else _("{width} × {height} px").format(width=size[0], height=size[1])
        )
        self._zoom.setVisible(zoom is not None)
        self._size.setVisible(size is not None)

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Show that something goes on that isn't the engine's: a file being written."""
        self._tasks.append(text)
        self.refresh()
        try:
            yield
        finally:
            self._tasks.remove(text)
            self.refresh()

    # --- the engine ------------------------------------------------------------------------------

    def _job_changed(self, record: JobRecord) -> None:
        if isinstance(record.request, LoadRequest) and record.has_ended:
            self._failed = record.state is JobState.FAILED
        self.refresh()

    def _running(self) -> JobRecord | None:
        jobs = self._bridge.open_jobs
        running = [record for record in jobs if record.state is JobState.RUNNING]
        return next(iter(running or jobs), None)

    def _cancel_running(self) -> None:
        record = self._running()
        if self._readings.latest is not None:
            self._readings.cancel()
        elif record is not None:
            self._bridge.cancel(record)

    def refresh(self) -> None:
        record, reading = self._running(), self._readings.latest
        works = record is not None and not isinstance(record.request, LoadRequest)
        self._cancel.setVisible(works or reading is not None)
        self._cancel.setToolTip(
            _("Cancel what the engine is doing") if reading is None else _("Stop reading")
        )
        if reading is not None:  # the user waits for it, whatever else goes on
            self._show(reading.text, reading.share)
        elif record is not None and works:
            moves = record.progress.stage != "load"
            self._show(progress_text(record), record.progress.fraction if moves else None)
        elif self._tasks:
            self._show(self._tasks[-1], None)
        elif record is not None:
            self._show(progress_text(record), None)
        else:
            self._state.setText(_("The models can't be loaded") if self._failed else _("Ready"))
            self._bar.hide()
        described = self._bridge.describe()
        self._device.setText("" if described is None else device_name(described.device))
        self._device.setToolTip("" if described is None else described.pack)
        self._device.setVisible(described is not None)

    def _show(self, text: str, share: float | None) -> None:
        """Something that goes on, and how far it is; ``None`` where nobody knows."""
        self._state.setText(text)
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(0 if share is None else round(1000 * share))
        self._bar.show()


def progress_text(record: JobRecord) -> str:
    """A job in a line: ``Swap: sampling 12/20 · 3 s left``."""
    progress = record.progress
    if isinstance(record.request, LoadRequest):
        return _("Loading the models…")
    text = _("{job}: {stage}").format(job=record.title, stage=stage_name(progress.stage))
    if progress.total > 1:
        text += f" {progress.done}/{progress.total}"
    if progress.seconds_left is not None:
        text += " · " + time_left(progress.seconds_left)
    return text
