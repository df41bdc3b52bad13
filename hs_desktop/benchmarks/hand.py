"""A hand on a canvas: real events, and how long each takes until its effect is seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Point

_NONE, _LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
_PATIENCE = 20.0  # seconds for a frame
_NOTCH = 120  # of a wheel


class Hand(QObject):
    """Moves the mouse over a view. Points are the widget's.

    Not to be used within a coroutine: it handles events (``Session.in_window``).

    Args:
        view: the canvas.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._paints = 0
        self._awaited: Callable[[], object] | None = None
        self._at: Point = (0.0, 0.0)
        self._button = _NONE
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._paints += 1
            awaited, self._awaited = self._awaited, None
            if awaited is not None:
                QTimer.singleShot(0, awaited)  # once this paint event is over
        return False

    # --- what it does --------------------------------------------------------------------------

    def press(self, at: Point, button: Qt.MouseButton = _LEFT) -> None:
        self._at, self._button = at, button
        self._send(QEvent.Type.MouseButtonPress, button)

    def move(self, at: Point) -> None:
        self._at = at
        self._send(QEvent.Type.MouseMove, _NONE)

    def release(self) -> None:
        button, self._button = self._button, _NONE
        self._send(QEvent.Type.MouseButtonRelease, button)

    def wheel(self, at: Point, notches: int) -> None:
        position, none = QPointF(*at), Qt.KeyboardModifier.NoModifier
        where = self._view.mapToGlobal(position)
        QApplication.sendEvent(
            self._view,
            QWheelEvent(position, where, QPoint(), QPoint(0, _NOTCH * notches), _NONE, none,
                        Qt.ScrollPhase.NoScrollPhase, False),
        )  # fmt: skip

    def drag(self, points: Sequence[Point], button: Qt.MouseButton = _LEFT) -> list[float]:
        """Press at the first point, go through all others and release; seconds of each move."""
        self.timed(lambda: self.press(points[0], button))
        seconds = [self.timed(lambda at=at: self.move(at)) for at in points[1:]]  # type: ignore[misc]
        self.release()
        self.settle()
        return seconds

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton) -> None:
        position = QPointF(*self._at)
        event = QMouseEvent(
            kind, position, self._view.mapToGlobal(position), button, self._button,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(self._view, event)

    # --- how long it takes ---------------------------------------------------------------------

    def timed(self, act: Callable[[], object], *, sharp: bool = True) -> float:
        """Seconds from an act to the frame that shows its effect.

        Args:
            act: something that has the view painted.
            sharp: the frame that shows it as sharp as it gets, not only the first one.

        Raises:
            RuntimeError: nothing was painted.
        """
        if sharp:
            self.settle()
        before, start = self._paints, time.perf_counter()
        act()
        while self._paints == before or (sharp and not self._view.is_complete):
            QApplication.processEvents()
            if time.perf_counter() - start > _PATIENCE:
                raise RuntimeError("the canvas wasn't painted")
        return time.perf_counter() - start

    def settle(self) -> None:
        """Have done what was due before: the next measurement shall not pay for it."""
        QApplication.processEvents()

    def finish(self) -> None:
        """Have everything painted that is due, as sharp as it gets."""
        self.settle()
        while not self._view.is_complete:
            QApplication.processEvents()

    def when_painted(self, call: Callable[[], object]) -> None:
        """``call()`` after the next paint."""
        self._awaited = call
