"""Commands to give, and what they do."""

from __future__ import annotations

import _thread
import threading
from pathlib import Path
from typing import Any

from engine import imageio
from engine.engine import JobContext

SWAP = "swap head.png body.png -o out.png"
REPLACE = "replace-head body.png -o out.png"
RETOUCH = "retouch body.png --mask mask.png -o out.png"


def no_thread_is_left() -> bool:
    return not any(t.name.startswith(("engine", "batch")) for t in threading.enumerate())


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def seed_in(path: Path) -> int:
    return int(imageio.read_photo(path).pixels[0, 0, 0])


def interrupt(request: Any, context: JobContext) -> None:
    """Ctrl-C while the job is at work."""
    _thread.interrupt_main()
    while True:
        context.check()
