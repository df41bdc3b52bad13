"""A brush of 200 px on the layout of a photo of 24 megapixels."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.labels import SemanticClass
from hs_desktop.benchmarks.hand import Hand
from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures, milliseconds
from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Point
from hs_desktop.document.events import Side
from hs_desktop.made import ParsedLayers
from hs_desktop.results import set_parsed
from hs_desktop.tools.state import Tool
from hs_desktop.tools.strokes import Brush

DIAMETER = 200.0  # photo px
LENGTH = 1000.0  # of the stroke whose undo memory is told, photo px
STEP = 12.0  # widget px between two moves of a quick hand
MOVES = 60  # of a stroke
ROUNDS = 5  # strokes at each zoom
UNDONE = 12  # strokes undone and redone


def wave(size: tuple[float, float], phase: float) -> list[Point]:
    """The widget points of a stroke to and fro over the middle of a view of ``size``."""
    width, height = size
    points = []
    for k in range(MOVES + 1):
        along = STEP * k / (0.6 * width)
        back_and_forth = 1 - abs(along % 2 - 1)
        x = width * (0.2 + 0.6 * back_and_forth)
        y = height * (0.5 + 0.3 * math.sin(phase + 3 * along))
        points.append((x, y))
    return points


async def measure(session: Session, *, photo: str, layout: str) -> Figures:
    """Time per mouse move, undo, redo; undo memory; ``for_napari``, the task of its script.

    Args:
        session: without an engine.
        photo, layout: files, the layout as ``.npy``.
    """
    await session.editor.open_photo(Side.HEAD, Path(photo))
    return await session.in_window(lambda: _measure(session, np.load(layout)))


def _measure(session: Session, layout: np.ndarray) -> Figures:
    editor, view = session.editor, session.window.canvases.view_of(Side.HEAD)
    set_parsed(editor.document, Side.HEAD, ParsedLayers.of(Side.HEAD, layout))
    session.window.canvases.show_side(Side.HEAD)
    editor.tools.tool = Tool.BRUSH
    editor.tools.brush = Brush(diameter=DIAMETER)
    hand = Hand(view)
    figures: Figures = {}
    strokes: dict[str, Any] = {}
    for name, zoom in (("fit", None), ("full", 1.0)):
        _look(view, hand, zoom)
        lines = [wave(view.viewport.size, k) for k in range(ROUNDS)]
        seconds: list[float] = []
        for k, line in enumerate(lines):
            editor.tools.class_id = (SemanticClass.HAIR, SemanticClass.NECK)[k % 2]
            seconds += hand.drag(line)
        figures |= milliseconds(f"brush_{name}", seconds, 50, 95)
        strokes[name] = {
            "zoom": view.viewport.zoom, "centre": view.viewport.centre,
            "lines": [[view.viewport.to_photo(point) for point in line] for line in lines],
        }  # fmt: skip
    size = session.window.width(), session.window.height()
    same = {"diameter": DIAMETER, "size": size, "strokes": strokes}
    return {**figures, **_undo(session, view, hand), "for_napari": same}


def _look(view: CanvasView, hand: Hand, zoom: float | None) -> None:
    """The whole photo, or its middle at this zoom, all of it sharp."""
    if zoom is None:
        view.fit()
    else:
        width, height = view.viewport.photo
        view.set_viewport(replace(view.viewport, zoom=zoom, centre=(width / 2, height / 2)))
    view.load_all()
    hand.settle()


def _undo(session: Session, view: CanvasView, hand: Hand) -> Figures:
    """Of straight strokes of 1000 px, seen as a whole."""
    editor = session.editor
    _look(view, hand, None)
    history, actions = editor.document.history, session.window.action_set
    undo: list[float] = []
    redo: list[float] = []
    sizes: list[float] = []
    width, height = view.viewport.photo
    for k in range(UNDONE):
        editor.tools.class_id = (SemanticClass.HAIR, SemanticClass.NECK)[k % 2]
        before = history.nbytes
        y = height * (0.2 + 0.6 * k / UNDONE)
        ends = ((width - LENGTH) / 2, y), ((width + LENGTH) / 2, y)
        (x0, y0), (x1, y1) = (view.viewport.to_widget(end) for end in ends)
        hand.drag([(x0 + (x1 - x0) * t / 20, y0 + (y1 - y0) * t / 20) for t in range(21)])
        sizes.append((history.nbytes - before) / 1e6)
        actions.refresh_now()
        undo.append(hand.timed(actions["edit.undo"].trigger))
        actions.refresh_now()
        redo.append(hand.timed(actions["edit.redo"].trigger))
    return {
        **milliseconds("undo", undo, 50, 95), **milliseconds("redo", redo, 50, 95),
        "stroke_mb": max(sizes),
    }  # fmt: skip
