"""Faults of the program, wherever they happen: logged, told the user, and the work goes on."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

_log = logging.getLogger(__name__)


class FaultWatch(QObject):
    """Hears of exceptions that nobody has caught, in any thread, slot or coroutine.

    Args:
        loop: the window's.
        tell: called with each in the window's thread; logs it as well.
        stop: called where it was Ctrl-C.
    """

    _happened = Signal(object)

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        tell: Callable[[BaseException], None],
        stop: Callable[[], None],
    ) -> None:
        super().__init__()
        self._tell, self._stop = tell, stop
        self._former = sys.excepthook, threading.excepthook
        self._loop = loop
        self._happened.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        loop.set_exception_handler(self._uncaught_in_loop)

    def close(self) -> None:
        sys.excepthook, threading.excepthook = self._former
        self._loop.set_exception_handler(None)

    def _uncaught(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        self._happened.emit(error)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self._happened.emit(args.exc_value)

    def _uncaught_in_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            _log.warning("%s", context.get("message"))
        else:
            self._happened.emit(error)

    def _hear(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self._stop()
        else:
            self._tell(error)
