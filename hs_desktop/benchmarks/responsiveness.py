"""How long the window keeps its user waiting while the engine works."""

from __future__ import annotations

from pathlib import Path

from hs_desktop.benchmarks.loopwatch import INTERVAL, LoopWatch
from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures, delays, milliseconds
from hs_desktop.document.events import Side

SWAPS, LARGE_SWAPS = 8, 2


async def measure(session: Session, *, photos: list[str]) -> Figures:
    """Delays of the event loop during swaps: from the order until the results are layers.

    Args:
        session: with the engine.
        photos: large ones, head and body; the sample photos come first.
    """
    await session.open_sample()
    session.editor.seed_locked = False  # else only the first swap has something to sample
    await _swap(session)  # the first one warms up
    small = await _watched(session, SWAPS)
    session.editor.new()
    for side, photo in zip((Side.HEAD, Side.BODY), photos, strict=True):
        await session.editor.open_photo(side, Path(photo))
    await session.until(session.is_ready)
    large = await _watched(session, LARGE_SWAPS)
    return {
        **milliseconds("loop", delays(small.gaps, INTERVAL), 50, 99),
        **milliseconds("large_loop", delays(large.gaps, INTERVAL), 50, 99),
        "stalls": small.stalls, "large_stalls": large.stalls,
    }  # fmt: skip


async def _watched(session: Session, swaps: int) -> LoopWatch:
    watch = LoopWatch(session.window)
    watch.start()
    for _ in range(swaps):
        await _swap(session)
    watch.stop()
    return watch


async def _swap(session: Session) -> None:
    session.editor.swap()
    await session.idle()
