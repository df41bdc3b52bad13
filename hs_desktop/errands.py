"""Coroutines that nobody waits for, and the faults that come of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from engine.errors import Cancelled, EngineError
from hs_desktop.i18n import _, translated
from hs_desktop.messages import Level

_log = logging.getLogger(__name__)


class Errands:
    """What was started and goes on by itself; whatever goes wrong is told the user.

    Args:
        say: to the user.
    """

    def __init__(self, say: Callable[[str, Level], None]) -> None:
        self._say = say
        self._tasks: set[asyncio.Task[Any]] = set()

    def __bool__(self) -> bool:
        """Whether anything goes on."""
        return bool(self._tasks)

    def start(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        """As ``Editor.spawn``."""
        self._tasks.add(task := asyncio.get_event_loop().create_task(self._told(work)))
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: work.close())  # cancelled before it began
        return task

    async def _told(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Cancelled:
            pass  # the user knows
        except EngineError as error:
            self._say(translated(error), Level.ERROR)
        except Exception as error:
            self.fault(error)

    def fault(self, error: BaseException) -> None:
        """As ``Editor.fault``."""
        _log.error("a fault of the program", exc_info=error)
        sentence = _("Something went wrong inside the program ({reason}); the log has it in full.")
        self._say(sentence.format(reason=error), Level.ERROR)

    def cancel(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
