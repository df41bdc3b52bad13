"""Memory with two large photos and their layouts open."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.evaluation.machine import peak_memory_mb, resident_memory_mb
from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures
from hs_desktop.document.events import Side
from hs_desktop.made import ParsedLayers
from hs_desktop.results import set_parsed


async def measure(session: Session, *, photos: list[str], layout: str) -> Figures:
    """Memory, once both have been looked at.

    Args:
        session: without an engine.
        photos: the files of head and body.
        layout: of both, ``.npy``.
    """
    canvases = session.window.canvases
    for side, photo in zip((Side.HEAD, Side.BODY), photos, strict=True):
        await session.editor.open_photo(side, Path(photo))
        set_parsed(session.editor.document, side, ParsedLayers.of(side, np.load(layout)))
        canvases.show_side(side)
        await session.until(lambda side=side: canvases.view_of(side).is_complete)  # type: ignore[misc]
    figures = {"photos_mb": resident_memory_mb()}
    if (peak := peak_memory_mb()) is not None:
        figures["photos_peak_mb"] = peak
    return figures
