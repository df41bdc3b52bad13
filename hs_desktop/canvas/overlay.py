"""What lies above the photo and can be taken hold of: handles, the before/after slider."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPainter

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.keys import KeyPress
from hs_desktop.canvas.viewport import Viewport


class Overlay(QObject):
    """Painted in widget coordinates, above all items.

    The view asks its overlays first, the topmost one before the others; what none of them
    takes comes out as the view's own signals.

    Signals:
        repaint: it looks different now.
    """

    repaint = Signal()

    def paint(self, painter: QPainter, view: Viewport) -> None:
        raise NotImplementedError

    def press(self, event: PointerEvent, view: Viewport) -> bool:
        """A button goes down; ``True`` takes it and everything until it goes up."""
        return False

    def drag(self, event: PointerEvent, view: Viewport) -> None:
        """The pointer moves while a button that was taken is down."""

    def release(self, event: PointerEvent, view: Viewport) -> None:
        """The button that was taken goes up."""

    def cancel(self) -> None:
        """What was begun is not wanted: go back to before the press."""

    def hover(self, event: PointerEvent, view: Viewport) -> Qt.CursorShape | None:
        """The cursor to show where a press would be taken."""
        return None

    def double_click(self, event: PointerEvent, view: Viewport) -> bool:
        return False

    def key(self, press: KeyPress, view: Viewport) -> bool:
        """A key of the canvas goes down; ``True`` takes it."""
        return False
