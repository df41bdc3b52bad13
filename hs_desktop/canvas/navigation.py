"""Moving about in a photo: wheel, keys, drags with a key or the middle button, pinching."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QNativeGestureEvent, QWheelEvent

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.keys import CanvasKey, HeldKeys, KeyPress, Keys
from hs_desktop.canvas.viewport import Point, Viewport

_NOTCH = 2 ** (1 / 3)  # zoom for a notch of the wheel: three of them double it
_PAN, _FAR_PAN = 48.0, 240.0  # widget px for an arrow key, and with shift
_SNAP = 15.0  # degrees, while ctrl is held
_ARROWS = {
    CanvasKey.LEFT: (1, 0),
    CanvasKey.RIGHT: (-1, 0),
    CanvasKey.UP: (0, 1),
    CanvasKey.DOWN: (0, -1),
}


class _Drag(Enum):
    NONE = auto()
    PAN = auto()
    ROTATE = auto()


class Navigator:
    """Turns what the user does into viewports.

    Args:
        get, put: the view's viewport.
        keys: of the canvas.
    """

    def __init__(
        self, get: Callable[[], Viewport], put: Callable[[Viewport], None], keys: Keys
    ) -> None:
        self._get, self._put = get, put
        self._held = HeldKeys(keys, CanvasKey.PAN, CanvasKey.ROTATE)
        self._drag = _Drag.NONE
        self._button = Qt.MouseButton.NoButton
        self._start = Viewport()
        self._from: Point = (0.0, 0.0)
        self._fingers: tuple[Point, Point] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def is_dragging(self) -> bool:
        return self._drag is not _Drag.NONE

    @property
    def cursor(self) -> Qt.CursorShape | None:
        """What the pointer shows; ``None`` while the hand is at work on something else."""
        if self._drag is _Drag.PAN:
            return Qt.CursorShape.ClosedHandCursor
        if self._drag is _Drag.ROTATE or CanvasKey.ROTATE in self._held:
            return Qt.CursorShape.SizeAllCursor
        return Qt.CursorShape.OpenHandCursor if CanvasKey.PAN in self._held else None

    def reset(self) -> None:
        """Forget which keys and buttons are down: their release goes to somebody else."""
        self._held.clear()
        self._drag = _Drag.NONE

    # --- dragging ------------------------------------------------------------------------------

    def press(self, event: PointerEvent) -> bool:
        """Whether the press begins a drag of the view."""
        left = event.button == Qt.MouseButton.LeftButton
        if event.button == Qt.MouseButton.MiddleButton:
            self._drag = _Drag.ROTATE if event.shift else _Drag.PAN
        elif left and CanvasKey.ROTATE in self._held:
            self._drag = _Drag.ROTATE
        elif left and CanvasKey.PAN in self._held:
            self._drag = _Drag.ROTATE if event.shift else _Drag.PAN
        else:
            return False
        self._button = event.button
        self._start, self._from = self._get(), event.widget
        return True

    def drag(self, event: PointerEvent) -> None:
        # Always from where the drag began: rounding and limits don't add up.
        (x0, y0), (x1, y1) = self._from, event.widget
        if self._drag is _Drag.PAN:
            self._put(self._start.panned(x1 - x0, y1 - y0))
        elif self._drag is _Drag.ROTATE:
            cx, cy = (side / 2 for side in self._start.size)
            turn = math.degrees(math.atan2(y1 - cy, x1 - cx) - math.atan2(y0 - cy, x0 - cx))
            if event.ctrl:
                whole = round((self._start.rotation + turn) / _SNAP) * _SNAP
                turn = whole - self._start.rotation
            self._put(self._start.rotated(turn))

    def release(self, event: PointerEvent) -> bool:
        """Whether the release ends the drag."""
        if not self.is_dragging or event.button != self._button:
            return False
        self._drag = _Drag.NONE
        return True

    # --- keys ----------------------------------------------------------------------------------

    def hold(self, event: QKeyEvent) -> bool:
        """Whether a press or release is about a key that makes drags move the view."""
        return self._held.follow(event)

    def key(self, press: KeyPress) -> bool:
        """Whether a key that went down moves the view."""
        if press.key not in _ARROWS:
            return False
        dx, dy = _ARROWS[press.key]
        far = _FAR_PAN if press.shift else _PAN
        self._put(self._get().panned(dx * far, dy * far))
        return True

    # --- wheel and fingers ---------------------------------------------------------------------

    def wheel(self, event: QWheelEvent) -> None:
        # With alt, some systems turn the wheel sideways.
        delta = event.angleDelta().y() or event.angleDelta().x()
        at = event.position()
        self._zoom(_NOTCH ** (delta / 120), (at.x(), at.y()))

    def _zoom(self, factor: float, at: tuple[float, float]) -> None:
        view = self._get()
        zoom = view.zoom * factor
        if min(view.zoom, zoom) * 1.001 < 1.0 < max(view.zoom, zoom) / 1.001:
            zoom = 1.0  # nobody shall pass 100 % by
        self._put(view.zoomed(zoom, at))

    def native_gesture(self, event: QNativeGestureEvent) -> bool:
        """A touchpad's gestures, where the system has them."""
        at = event.position().x(), event.position().y()
        kind = event.gestureType()
        if kind == Qt.NativeGestureType.ZoomNativeGesture:
            view = self._get()
            self._put(view.zoomed(view.zoom * max(0.1, 1 + event.value()), at))
        elif kind == Qt.NativeGestureType.RotateNativeGesture:
            self._put(self._get().rotated(event.value(), at))
        else:
            return False
        return True

    def begin_pinch(self, one: Point, other: Point) -> None:
        """Two fingers lie on the photo, at these widget points."""
        self._drag = _Drag.NONE
        self._start, self._fingers = self._get(), (one, other)

    def pinch(self, one: Point, other: Point) -> None:
        """They move: the photo stays under them, as far as two points can say where."""
        (ax, ay), (bx, by) = self._fingers
        x0, y0 = (ax + bx) / 2, (ay + by) / 2
        x1, y1 = (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
        before, now = (bx - ax, by - ay), (other[0] - one[0], other[1] - one[1])
        factor = max(1.0, math.hypot(*now)) / max(1.0, math.hypot(*before))
        turn = math.degrees(math.atan2(now[1], now[0]) - math.atan2(before[1], before[0]))
        view = self._start.panned(x1 - x0, y1 - y0)
        self._put(view.zoomed(view.zoom * factor, (x1, y1)).rotated(turn, (x1, y1)))
