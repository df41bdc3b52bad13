"""The strokes of ``brush`` with napari's labels brush; a script for a Python that has napari.

Reads from standard input, as JSON: ``layout`` (an ``.npy`` file), ``diameter`` (photo px),
``size`` of the window, and ``strokes``: for each name a ``zoom``, a ``centre`` and ``lines`` of
photo points. Writes the seconds of each mouse move to standard output, as JSON, by name.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QEvent, QObject, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

PATIENCE = 20.0  # seconds for a frame


class Hand(QObject):
    """Moves the mouse over napari's canvas."""

    def __init__(self, widget: Any) -> None:
        super().__init__(widget)
        self.widget = widget
        self.paints = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.paints += 1
        return False

    def send(self, kind: Any, at: tuple[float, float], button: Any, buttons: Any) -> None:
        position = QPointF(*at)
        event = QMouseEvent(
            kind, position, QPointF(self.widget.mapToGlobal(position.toPoint())), button, buttons,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(self.widget, event)

    def timed(self, kind: Any, at: tuple[float, float], button: Any, buttons: Any) -> float:
        """Seconds from an event to the frame that shows its effect."""
        QApplication.processEvents()
        before, start = self.paints, time.perf_counter()
        self.send(kind, at, button, buttons)
        while self.paints == before:
            QApplication.processEvents()
            if time.perf_counter() - start > PATIENCE:
                raise RuntimeError("the canvas wasn't painted")
        return time.perf_counter() - start


def main() -> None:
    task = json.load(sys.stdin)
    layout = np.load(task["layout"])
    viewer = napari.Viewer(show=True)
    window = viewer.window._qt_window
    window.resize(*task["size"])
    layer = viewer.add_labels(layout)
    layer.brush_size = task["diameter"]
    layer.mode = "paint"
    camera = viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera  # before 0.9
    widget = viewer.window._qt_viewer.canvas.native
    QApplication.processEvents()
    hand = Hand(widget)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    press, move, release = (
        QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease,
    )  # fmt: skip
    seconds: dict[str, list[float]] = {}
    for name, look in task["strokes"].items():
        zoom, (cx, cy) = look["zoom"], look["centre"]
        camera.center = (0.0, cy, cx)
        camera.zoom = zoom
        for _ in range(20):
            QApplication.processEvents()
            time.sleep(0.02)
        seconds[name] = []
        for number, line in enumerate(look["lines"]):
            layer.selected_label = (2, 10)[number % 2]
            at = [
                ((x - cx) * zoom + widget.width() / 2, (y - cy) * zoom + widget.height() / 2)
                for x, y in line
            ]
            before = int((layer.data == layer.selected_label).sum())
            hand.timed(press, at[0], left, left)
            seconds[name] += [hand.timed(move, point, none, left) for point in at[1:]]
            hand.send(release, at[-1], left, none)
            QApplication.processEvents()
            if int((layer.data == layer.selected_label).sum()) == before:
                raise RuntimeError("nothing was painted")
    json.dump(seconds, sys.stdout)
    sys.stdout.flush()
    viewer.close()


if __name__ == "__main__":
    main()
