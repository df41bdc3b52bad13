"""The program in its window, and hands on it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from PySide6.QtCore import QTimer

from engine.engine import Description
from engine.jobs import Job, OnPreview, OnProgress
from engine.requests import LoadRequest, Request
from hs_desktop.app import Program
from hs_desktop.document.events import Side
from hs_desktop.editor import Level, Message
from hs_desktop.edits import topmost_layout

T = TypeVar("T")
PATIENCE = 900.0  # seconds, for whatever is waited for


def report(said: Mapping[str, Any]) -> None:
    """A line of JSON for the process that started this one."""
    print(json.dumps(said), flush=True)


class NoEngine:
    """Stands where the engine would: whatever is asked for waits until it is cancelled."""

    def submit(
        self,
        request: Request | LoadRequest,
        *,
        on_progress: OnProgress | None = None,
        on_preview: OnPreview | None = None,
    ) -> Job:
        return Job(request, on_progress, on_preview)

    def describe(self) -> Description | None:
        return None

    def close(self) -> None:
        """Nothing was opened."""


class Session:
    """A running program.

    Args:
        program: before its window is shown.
        started: ``time.time`` just before the process was started.

    Attributes:
        window, editor: the program's.
        started: as given.
        painted_at: ``time.time`` of the first paint; 0 before it.
    """

    def __init__(self, program: Program, started: float) -> None:
        self.started = started
        self.window, self.editor = program.window, program.editor
        self.painted_at = 0.0
        self._problem: str | None = None
        self.editor.said.connect(self._said)

    def was_painted(self) -> None:
        """The window can be seen now."""
        self.painted_at = time.time()

    def tell(self, done: int, total: int) -> None:
        """Say how far a long measure is."""
        report({"progress": [done, total]})

    def _said(self, message: Message) -> None:
        if message.level is Level.ERROR:
            self._problem = message.text

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the window go on until ``condition()`` is true.

        Raises:
            RuntimeError: it didn't come true, or something went wrong meanwhile.
        """
        end = time.monotonic() + PATIENCE
        while not condition():
            if self._problem is not None:
                raise RuntimeError(self._problem)
            if time.monotonic() > end:
                raise RuntimeError("what was waited for didn't come")
            await asyncio.sleep(0.005)

    async def idle(self) -> None:
        """Until the engine has nothing to do and its results are layers."""
        editor = self.editor
        await self.until(lambda: not editor.bridge.is_busy and not editor.is_waiting)

    async def in_window(self, work: Callable[[], T]) -> T:
        """``work()``, called by the window's loop itself: within it events may be handled.

        (Within a coroutine they may not: they would run other coroutines in the midst of it.)
        """
        done: asyncio.Future[T] = asyncio.get_event_loop().create_future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        QTimer.singleShot(0, run)
        return await done

    async def open_sample(self) -> None:
        """The sample project, ready for a swap."""
        await self.window.files.open_sample()
        await self.until(self.is_ready)

    def is_ready(self) -> bool:
        """Whether a swap can be asked for, and nothing else is under way."""
        parsed = all(
            topmost_layout(self.editor.document, side) is not None
            for side in (Side.HEAD, Side.BODY)
        )
        return parsed and not self.editor.bridge.is_busy and not self.editor.is_waiting
