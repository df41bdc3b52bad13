"""Live mode: how soon a stroke is answered; and how soon the engine lets go."""

from __future__ import annotations

import time

from engine.labels import SemanticClass
from engine.requests import Preview
from hs_desktop.benchmarks.hand import Hand
from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures, milliseconds, percentile
from hs_desktop.canvas.viewport import Point
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.editor import LIVE
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.tools.state import Tool
from hs_desktop.tools.strokes import Brush

STROKES = 8
CANCELLED = 5  # jobs
LONG = 60  # steps of a job that is to be cancelled


async def measure(session: Session) -> Figures:
    """Time from the end of a stroke to what is seen of it, and of cancelling.

    Args:
        session: with the engine.
    """
    await session.open_sample()
    session.editor.swap()
    await session.idle()
    session.window.canvases.show_side(Side.RESULT)
    session.editor.live = True
    await session.idle()
    hand = Hand(session.window.canvases.view_of(Side.RESULT))
    session.editor.tools.tool = Tool.BRUSH
    session.editor.tools.brush = Brush(diameter=24.0)
    answers = [await _answer(session, hand, k) for k in range(STROKES + 1)][1:]  # one warms up
    return {
        **milliseconds("live_preview", [first for first, _ in answers], 50),
        **milliseconds("live_final", [final for _, final in answers], 50),
        **await _cancelling(session),
    }


async def _answer(session: Session, hand: Hand, number: int) -> tuple[float, float]:
    """Seconds from the end of a stroke to the first preview and to the result, both seen."""
    editor = session.editor
    editor.tools.class_id = (SemanticClass.HAIR, SemanticClass.BACKGROUND)[number % 2]
    seen: list[float] = []

    def previewed(record: JobRecord, preview: Preview) -> None:
        if record.lane == LIVE and not seen:
            hand.when_painted(lambda: seen.append(time.perf_counter()))

    points = _stroke(session, number)
    ended = await session.in_window(lambda: _paint(hand, points))
    editor.bridge.previewed.connect(previewed)
    await session.idle()
    final = await session.in_window(lambda: _shown(hand))
    editor.bridge.previewed.disconnect(previewed)
    if not seen:
        raise RuntimeError("the stroke wasn't answered with a preview")
    return seen[0] - ended, final - ended


def _stroke(session: Session, number: int) -> list[Point]:
    """Widget points along the upper edge of the new head."""
    place = session.editor.head_place
    assert place is not None
    viewport = session.window.canvases.view_of(Side.RESULT).viewport
    x0, y0, x1, y1 = place.box
    y = y0 + (0.02 + 0.01 * number) * (y1 - y0)
    ends = [viewport.to_widget((x0 + share * (x1 - x0), y)) for share in (0.3, 0.7)]
    (ax, ay), (bx, by) = ends
    return [(ax + (bx - ax) * t / 15, ay + (by - ay) * t / 15) for t in range(16)]


def _paint(hand: Hand, points: list[Point]) -> float:
    """Paint a stroke; the time of its end."""
    hand.press(points[0])
    for point in points[1:]:
        hand.move(point)
        hand.settle()
    ended = time.perf_counter()
    hand.release()
    return ended


def _shown(hand: Hand) -> float:
    """Have everything painted that is due; the time then."""
    hand.finish()
    return time.perf_counter()


async def _cancelling(session: Session) -> Figures:
    """Jobs that are cancelled while they sample."""
    editor = session.editor
    editor.live = False
    await session.idle()
    editor.document.do(commands.set_settings(steps=LONG))
    seconds: list[float] = []
    steps: list[int] = []
    paces: list[float] = []
    for k in range(CANCELLED):
        lasted, more, pace = await _cancelled(session, 6 + 3 * k)
        seconds.append(lasted)
        steps.append(more)
        paces.append(pace)
    return {
        **milliseconds("cancel", seconds, 50),
        "step_ms": 1000 * percentile(paces, 50),
        "cancel_steps": max(steps),
    }


async def _cancelled(session: Session, after: int) -> tuple[float, int, float]:
    """Cancel a swap after so many steps.

    Returns:
        Seconds until it has ended, steps it still did, seconds a step took before.
    """
    editor = session.editor
    heard: list[tuple[float, int]] = []
    cancelled: list[tuple[float, int]] = []

    def changed(record: JobRecord) -> None:
        done = record.progress.done
        if record.progress.stage != "sample" or cancelled:
            return
        heard.append((time.perf_counter(), done))
        if done >= after:
            cancelled.append(heard[-1])
            editor.cancel()

    editor.bridge.changed.connect(changed)
    record = editor.swap()
    assert record is not None
    await session.until(lambda: record.has_ended)
    ended = time.perf_counter()
    editor.bridge.changed.disconnect(changed)
    await session.idle()
    if not cancelled:
        raise RuntimeError("the swap had ended before it was cancelled")
    (first, one), (last, done) = heard[0], cancelled[0]
    return ended - last, record.progress.done - done, (last - first) / max(1, done - one)
