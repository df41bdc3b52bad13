"""From Qt's events to pointer events in photo coordinates, and who gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QTabletEvent,
    QTouchEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from hs_desktop.canvas.events import PointerEvent, from_finger, from_mouse, from_tablet
from hs_desktop.canvas.keys import CanvasKey, Keys
from hs_desktop.canvas.navigation import Navigator
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Viewport


class InputWidget(QWidget):
    """A widget that is moved about in, taken hold of by its overlays, and painted on.

    A press goes to navigation (a key held, the middle button), else to the topmost overlay that
    takes it, else out as a signal; so does what follows until the button goes up.

    Args:
        keys: of the canvas, as the user has set them; by default as they are at first.

    Signals, all but ``left`` and ``cancelled`` with a ``PointerEvent``:
        pressed, moved, released: the pointer with a button down.
        hovered: the pointer with no button down.
        double_clicked: the second press within a short time.
        left: the pointer has left the widget.
        cancelled: what was begun by ``pressed`` shall not be: no ``released`` will come.
    """

    pressed = Signal(object)
    moved = Signal(object)
    released = Signal(object)
    hovered = Signal(object)
    double_clicked = Signal(object)
    left = Signal()
    cancelled = Signal()

    def __init__(self, keys: Keys | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys or Keys()
        self._viewport = Viewport()
        self._navigator = Navigator(lambda: self._viewport, self.set_viewport, self._keys)
        self._overlays: list[Overlay] = []
        self._taker: Overlay | None = None
        self._button = Qt.MouseButton.NoButton  # that is down for an overlay or a tool
        self._is_mouse = False  # whose button that is
        self._fingers = 0  # 2 from when a second one has come until the last has gone
        self._tool_cursor: Qt.CursorShape | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)

    def set_viewport(self, viewport: Viewport) -> None:
        raise NotImplementedError

    # --- overlays ------------------------------------------------------------------------------

    @property
    def overlays(self) -> Sequence[Overlay]:
        """From the bottom to the top."""
        return tuple(self._overlays)

    def add_overlay(self, overlay: Overlay) -> None:
        """Lay it above the others."""
        if overlay not in self._overlays:
            self._overlays.append(overlay)
            overlay.repaint.connect(self.update)
            self.update()

    def remove_overlay(self, overlay: Overlay) -> None:
        if overlay in self._overlays:
            if overlay is self._taker:
                self.cancel()
            self._overlays.remove(overlay)
            overlay.repaint.disconnect(self.update)
            self.update()

    # --- the pointer ---------------------------------------------------------------------------

    @property
    def is_navigating(self) -> bool:
        return self._navigator.cursor is not None

    @property
    def tool_cursor(self) -> Qt.CursorShape | None:
        """The cursor where neither navigation nor an overlay has its own."""
        return self._tool_cursor

    @tool_cursor.setter
    def tool_cursor(self, shape: Qt.CursorShape | None) -> None:
        self._tool_cursor = shape
        self._show_cursor(None)

    def _show_cursor(self, shape: Qt.CursorShape | None) -> None:
        if self._navigator.cursor is not None:
            shape = self._navigator.cursor
        if shape is None:
            shape = self._tool_cursor
        if shape is None:
            self.unsetCursor()
        elif self.cursor().shape() != shape:
            self.setCursor(shape)

    def _press(self, event: PointerEvent) -> None:
        if self._navigator.is_dragging or self._button.value:
            return  # a second button while the first is down
        if self._navigator.press(event):
            self._show_cursor(None)
            self.update()
            return
        self._button, self._is_mouse = event.button, event.is_mouse
        for overlay in reversed(self._overlays):
            if overlay.press(event, self._viewport):
                self._taker = overlay
                return
        self.pressed.emit(event)

    def _move(self, event: PointerEvent) -> None:
        if self._navigator.is_dragging:
            self._navigator.drag(event)
        elif self._taker is not None:
            self._taker.drag(event, self._viewport)
        elif self._button.value:
            self.moved.emit(event)
        else:
            shapes = (o.hover(event, self._viewport) for o in reversed(self._overlays))
            self._show_cursor(next((s for s in shapes if s is not None), None))
            self.hovered.emit(event)

    def _release(self, event: PointerEvent) -> None:
        if self._navigator.release(event):
            self._show_cursor(None)
            self.update()
        elif self._button.value and event.button == self._button:
            self._button = Qt.MouseButton.NoButton
            taker, self._taker = self._taker, None
            if taker is not None:
                taker.release(event, self._viewport)
            else:
                self.released.emit(event)

    def cancel(self) -> bool:
        """Give up what a press has begun; whether there was anything."""
        if not self._button.value:
            return False
        self._button = Qt.MouseButton.NoButton
        taker, self._taker = self._taker, None
        if taker is not None:
            taker.cancel()
        else:
            self.cancelled.emit()
        return True

    # --- Qt's events ---------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(from_mouse(event, self._viewport))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = from_mouse(event, self._viewport)
        if self._is_mouse and not event.buttons() & self._button:
            # A dialog that has opened meanwhile kept the release to itself.
            self._release(replace(pointer, button=self._button))
        self._move(pointer)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._release(from_mouse(event, self._viewport))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's double click takes the place of the second press."""
        pointer = from_mouse(event, self._viewport)
        if not self.is_navigating:
            for overlay in reversed(self._overlays):
                if overlay.double_click(pointer, self._viewport):
                    return
            self.double_clicked.emit(pointer)
        self._press(pointer)

    def tabletEvent(self, event: QTabletEvent) -> None:
        pointer = from_tablet(event, self._viewport)
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._press(pointer)
        elif event.type() == QEvent.Type.TabletMove:
            self._move(pointer)
        elif event.type() == QEvent.Type.TabletRelease:
            self._release(pointer)
        event.accept()  # else Qt makes a mouse event of it as well

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._navigator.wheel(event)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        press = self._keys.of(event)
        if press is not None:
            if press.key is CanvasKey.GIVE_UP and self.cancel():
                return
            if any(overlay.key(press, self._viewport) for overlay in reversed(self._overlays)):
                return
            if self._hold(event) or self._navigator.key(press):
                return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._hold(event):
            super().keyReleaseEvent(event)

    def _hold(self, event: QKeyEvent) -> bool:
        if not self._navigator.hold(event):
            return False
        self._show_cursor(None)
        self.update()
        return True

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._navigator.reset()
        self._show_cursor(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            press = self._keys.of(event)
            if press is not None and not press.shift:
                event.accept()  # on the canvas its keys come before any shortcut
                return True
        if isinstance(event, QNativeGestureEvent):
            return self._navigator.native_gesture(event)
        if isinstance(event, QTouchEvent):
            self._touch(event)
            event.accept()  # else Qt makes a mouse of the first finger, and forgets the others
            return True
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        """One finger works as the left button; a second one turns it all into a pinch."""
        points = event.points()
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        kind = event.type()
        if kind == QEvent.Type.TouchBegin and len(points) == 1:
            self._fingers = 1
            self._press(from_finger(event, self._viewport, left))
        elif kind == QEvent.Type.TouchCancel:
            self._fingers = 0
            self.cancel()
        elif kind == QEvent.Type.TouchEnd:
            if self._fingers == 1:
                self._release(from_finger(event, self._viewport, left))
            self._fingers = 0
        elif len(points) == 2:
            one, other = ((p.position().x(), p.position().y()) for p in points)
            if self._fingers != 2:
                self.cancel()  # what the first finger has begun
                self._fingers = 2
                self._navigator.begin_pinch(one, other)
            self._navigator.pinch(one, other)
        elif self._fingers == 1 and len(points) == 1:
            self._move(from_finger(event, self._viewport, none))
