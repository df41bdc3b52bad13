"""Exceptions that nobody has caught, and the log."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qWarning
from PySide6.QtWidgets import QApplication

from hs_desktop.faults import FaultWatch
from hs_desktop.logs import LOG, Logs
from tests.hs_desktop.conftest import WindowLoop


class Heard:
    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.stops = 0

    def stop(self) -> None:
        self.stops += 1


@pytest.fixture
def heard(loop: WindowLoop) -> Iterator[Heard]:
    made = Heard()
    watch = FaultWatch(loop, made.errors.append, made.stop)
    yield made
    watch.close()


def test_a_fault_in_a_slot(loop: WindowLoop, heard: Heard) -> None:
    def slot() -> None:
        raise ZeroDivisionError("in a slot")

    QTimer.singleShot(0, slot)
    loop.until(lambda: heard.errors)
    assert str(heard.errors[0]) == "in a slot"


def test_a_fault_in_a_thread_is_told_in_the_windows(loop: WindowLoop, heard: Heard) -> None:
    told_in: list[threading.Thread] = []
    heard.errors = _Noting(told_in)  # type: ignore[assignment]
    watch = FaultWatch(loop, heard.errors.append, heard.stop)

    def work() -> None:
        raise ZeroDivisionError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not told_in
    loop.until(lambda: told_in)
    watch.close()
    assert told_in == [threading.main_thread()]


class _Noting(list[BaseException]):
    def __init__(self, threads: list[threading.Thread]) -> None:
        super().__init__()
        self._threads = threads

    def append(self, error: BaseException) -> None:
        self._threads.append(threading.current_thread())


def test_a_fault_in_a_task(loop: WindowLoop, heard: Heard) -> None:
    async def work() -> None:
        raise ZeroDivisionError("in a task")

    task = loop.create_task(work())
    loop.until(task.done)
    del task  # only then asyncio knows that nobody will ask
    loop.until(lambda: heard.errors)
    assert str(heard.errors[0]) == "in a task"


def test_ctrl_c_in_a_slot_stops(loop: WindowLoop, heard: Heard) -> None:
    def slot() -> None:
        raise KeyboardInterrupt

    QTimer.singleShot(0, slot)
    loop.until(lambda: heard.stops)
    assert not heard.errors


def test_hooks_are_given_back(loop: WindowLoop) -> None:
    before = sys.excepthook, threading.excepthook
    FaultWatch(loop, print, print).close()
    assert (sys.excepthook, threading.excepthook) == before
    assert asyncio.get_event_loop().get_exception_handler() is None


@pytest.mark.usefixtures("allow_log")
def test_the_log_has_everything_in_full(tmp_path: Path, qapp: QApplication) -> None:
    logs = Logs(tmp_path / "logs")
    try:
        logging.getLogger("hs_desktop.x").info("a quiet word")
        qWarning("Qt says so")
        try:
            raise ZeroDivisionError("deep down")
        except ZeroDivisionError:
            logging.getLogger("hs_desktop.x").exception("a fault")
    finally:
        logs.close()
    text = (tmp_path / "logs" / LOG).read_text(encoding="utf-8")
    for part in ("a quiet word", "Qt says so", "a fault", "Traceback", "deep down"):
        assert part in text
    logging.getLogger("hs_desktop.x").error("after the end")
    assert "after the end" not in (tmp_path / "logs" / LOG).read_text(encoding="utf-8")


def test_without_a_folder_there_is_no_log_but_no_fault_either(
    tmp_path: Path, qapp: QApplication
) -> None:
    (tmp_path / "file").write_text("in the way")
    Logs(tmp_path / "file" / "logs").close()
