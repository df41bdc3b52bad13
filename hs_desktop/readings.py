"""Files that are being read while the window goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from engine.errors import Cancelled
from hs_desktop.document.hsd import Watch

T = TypeVar("T")


class Reading:
    """One file.

    Attributes:
        text: what is being read, for the user.
        share: how much of it has been, 0..1; ``None`` where nobody knows.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.share: float | None = None
        self.given_up = threading.Event()


class Readings(QObject):
    """Reads in other threads, and lets the user give it up.

    Signals:
        changed: something else is being read, or more of it has been.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open: dict[asyncio.Task[object], Reading] = {}

    @property
    def latest(self) -> Reading | None:
        """What is being read; of several files the one asked for last."""
        return next(reversed(self._open.values()), None)

    async def read(self, text: str, work: Callable[[Watch], T]) -> T:
        """What ``work`` gives, called in another thread.

        Args:
            text: what is being read, for the user.
            work: is given a function to be called now and then with the share, 0..1, that has
                been read; it raises ``Cancelled`` once nobody waits any more.

        Raises:
            Cancelled: the user has given it up. What can't be interrupted goes on unheard.
        """
        reading, loop = Reading(text), asyncio.get_running_loop()

        def tell(share: float) -> None:
            reading.share = share
            self.changed.emit()

        def watch(share: float) -> None:
            if reading.given_up.is_set():
                raise Cancelled
            loop.call_soon_threadsafe(tell, share)

        task = asyncio.ensure_future(asyncio.to_thread(work, watch))
        self._open[task] = reading
        self.changed.emit()
        try:
            return await task
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if own is not None and own.cancelling():  # not the file, but who wants it
                raise
            raise Cancelled from None
        finally:
            reading.given_up.set()
            del self._open[task]
            self.changed.emit()

    def cancel(self) -> None:
        """Give up whatever is being read."""
        for task in tuple(self._open):
            task.cancel()
