"""Zooming and panning a photo of 50 megapixels."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import Qt

from hs_desktop.benchmarks.hand import Hand
from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures, milliseconds, percentile
from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Point
from hs_desktop.document.events import Side

NOTCHES = 14  # of the wheel, from the whole photo to beyond 100 %
MOVES = 60  # of a drag
PLACES: tuple[Point, ...] = ((0.5, 0.5), (0.3, 0.35), (0.7, 0.6))  # in the view, 0..1


async def measure(session: Session, *, photo: str) -> Figures:
    """Time of each frame, and until it is sharp.

    Args:
        session: without an engine.
        photo: a file.
    """
    await session.editor.open_photo(Side.HEAD, Path(photo))
    session.window.canvases.show_side(Side.HEAD)
    return await session.in_window(
        lambda: _measure(session.window.canvases.view_of(Side.HEAD), session)
    )


def _measure(view: CanvasView, session: Session) -> Figures:
    hand = Hand(view)
    hand.settle()
    width, height = view.viewport.size
    zoom: list[float] = []
    pan: list[float] = []
    for x, y in PLACES:
        at = x * width, y * height
        for _ in range(NOTCHES):
            zoom.append(hand.timed(lambda: hand.wheel(at, 1), sharp=False))  # noqa: B023
        pan += _pan(hand, (width / 2, height / 2))
        for _ in range(NOTCHES):
            zoom.append(hand.timed(lambda: hand.wheel(at, -1), sharp=False))  # noqa: B023
    return {
        "zoom_p95_ms": 1000 * percentile(zoom, 95),
        "pan_p95_ms": 1000 * percentile(pan, 95),
        **milliseconds("view", zoom + pan, 50, 95),
    }


def _pan(hand: Hand, middle: Point) -> list[float]:
    """Seconds of the frames of a wide curve, drawn with the middle button."""
    hand.press(middle, Qt.MouseButton.MiddleButton)
    seconds = []
    for k in range(1, MOVES + 1):
        turn = 4 * math.pi * k / MOVES
        at = middle[0] + 8 * k * math.cos(turn), middle[1] + 6 * k * math.sin(turn)
        seconds.append(hand.timed(lambda: hand.move(at), sharp=False))  # noqa: B023
    hand.release()
    return seconds
