"""How late the window's loop is, and where it stood when it was."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL = 0.005  # seconds between two ticks
_LOOK = 0.025  # seconds between two looks whether it stands still
STALL = 0.1  # seconds after which the place is looked up
_DEPTH = 4  # innermost calls of a place


class LoopWatch(QObject):
    """A timer that ticks in the loop, and a thread that looks where the loop is when it doesn't.

    Attributes:
        gaps: seconds from each tick to the next.
        stalls: of each stall, its milliseconds and the innermost calls, the last one first.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.gaps: list[float] = []
        self.stalls: list[tuple[float, str]] = []
        self._last = time.perf_counter()
        self._place = ""
        self._thread_id = threading.get_ident()
        self._ended = threading.Event()
        self._lookout = threading.Thread(target=self._look, name="lookout", daemon=True)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * INTERVAL))
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()
        self._lookout.start()

    def stop(self) -> None:
        self._tick()
        self._timer.stop()
        self._ended.set()
        self._lookout.join()

    def _tick(self) -> None:
        now = time.perf_counter()
        gap, self._last = now - self._last, now
        self.gaps.append(gap)
        if gap > STALL:
            self.stalls.append((1000 * gap, self._place))
        self._place = ""

    def _look(self) -> None:
        while not self._ended.wait(_LOOK):
            if time.perf_counter() - self._last > STALL and not self._place:
                self._place = _place_of(self._thread_id)


def _place_of(thread_id: int) -> str:
    """The innermost calls of a thread, each as ``file:line function``."""
    frame = sys._current_frames().get(thread_id)
    calls = traceback.extract_stack(frame)[-_DEPTH:] if frame is not None else []
    return " < ".join(f"{Path(c.filename).name}:{c.lineno} {c.name}" for c in reversed(calls))
