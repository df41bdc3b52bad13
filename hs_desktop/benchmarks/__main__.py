"""One measure in a process of its own.

``python -m hs_desktop.benchmarks MEASURE HOME OPTIONS STARTED``

Lines of JSON on standard output: ``progress`` of a long one, ``figures`` at the end.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from hs_desktop import app, cli
from hs_desktop.benchmarks.session import NoEngine, Session, report
from hs_desktop.benchmarks.statistics import Figures
from hs_desktop.engine_bridge import EngineLike
from hs_desktop.preferences import Preferences


def main(argv: Sequence[str]) -> int:
    """Open the editor, measure, close it; returns the exit code.

    Args:
        argv: see ``measured``; the options as JSON.
    """
    name, home, options, started = argv
    cli.build_parser()  # as `python main.py` does before the window
    figures = measured(name, Path(home), json.loads(options), float(started))
    report({"figures": figures})
    return 0


def measured(name: str, home: Path, options: dict[str, Any], started: float) -> Figures:
    """The figures of a measure.

    Args:
        name: of its module.
        home: of preferences, logs and autosaves.
        options: of its ``measure``; and ``engine``: pack, device and precision, ``None`` without
            models.
        started: ``time.time`` just before the process was started.

    Raises:
        RuntimeError: the window was closed, or what was waited for didn't come.
    """
    module = importlib.import_module(f"hs_desktop.benchmarks.{name}")
    wanted = options.pop("engine")
    outcome: list[Figures | Exception] = []

    async def work(session: Session) -> None:
        try:
            await session.until(lambda: session.painted_at)
            outcome.append(await module.measure(session, **options))
        except Exception as error:
            outcome.append(error)
        session.window.close_now()

    def attend(program: app.Program) -> None:
        session = Session(program, started)
        program.window.painted.connect(session.was_painted, Qt.ConnectionType.QueuedConnection)
        task = asyncio.get_event_loop().create_task(work(session))
        program.window.closed.connect(task.cancel)

    def open_engine(preferences: Preferences) -> EngineLike:
        if wanted is None:
            return NoEngine()
        from engine.engine import open_engine as opened

        pack, device, precision = wanted
        memory = preferences["engine_memory"] << 20
        return opened(pack, device, memory, precision=precision)

    app.run(home=home, open_engine=open_engine, attend=attend)
    if not outcome:
        raise RuntimeError("the window was closed")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
