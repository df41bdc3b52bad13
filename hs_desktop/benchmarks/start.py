"""From the start of the process to the window, and to the first swap."""

from __future__ import annotations

import time

from PySide6.QtGui import QGuiApplication

from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures


async def measure(session: Session) -> Figures:
    """When the window is seen, and when a swap is possible: models loaded, both photos parsed.

    Args:
        session: with the engine.
    """
    await session.open_sample()
    started, possible = session.started, time.time()
    session.editor.swap()
    await session.idle()
    swapped = time.time()
    described = session.editor.bridge.describe()
    return {
        "window_ms": 1000 * (session.painted_at - started),
        "swap_possible_ms": 1000 * (possible - started),
        "first_swap_ms": 1000 * (swapped - possible),
        "device": described and described.device,
        "pack": described and described.pack,
        "platform": QGuiApplication.platformName(),
    }
