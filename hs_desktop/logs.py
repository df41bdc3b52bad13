"""The program's log: a file in the user's log folder that never grows large."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import sys
from pathlib import Path
from typing import IO

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

LOG, CRASH = "hs-desktop.log", "crash.log"
_SIZE, _KEPT = 1 << 20, 3
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Logs:
    """What is logged goes to a file, and warnings to the terminal, too; Qt's own words as well.

    Should the process be killed by a fault of its libraries, ``crash.log`` says where. Without
    a folder that can be written to, there is only the terminal.

    Args:
        folder: made where it isn't there.
    """

    def __init__(self, folder: Path) -> None:
        self._handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
        self._handlers[0].setLevel(logging.WARNING)
        self._crash: IO[str] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handlers.append(
                logging.handlers.RotatingFileHandler(
                    folder / LOG, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8", delay=True
                )
            )
            self._crash = open(folder / CRASH, "a", encoding="utf-8")  # noqa: SIM115
            faulthandler.enable(self._crash)
        except OSError as error:
            logging.getLogger(__name__).info("no log is kept in %s: %s", folder, error)
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.INFO)
        for handler in self._handlers:
            handler.setFormatter(logging.Formatter(_FORMAT))
            root.addHandler(handler)
        logging.captureWarnings(True)
        qInstallMessageHandler(_log_qt)

    def close(self) -> None:
        qInstallMessageHandler(None)
        logging.captureWarnings(False)
        root = logging.getLogger()
        root.setLevel(self._level)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        if self._crash is not None:
            faulthandler.disable()
            self._crash.close()


def _log_qt(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    logging.getLogger(context.category or "qt").log(_LEVELS.get(kind, logging.WARNING), text)
