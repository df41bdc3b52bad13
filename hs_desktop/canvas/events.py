"""What the hand does on a canvas, in photo coordinates; from mouse, pen and finger alike."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent, QPointingDevice, QTabletEvent, QTouchEvent

from hs_desktop.canvas.viewport import Point, Viewport


@dataclass(frozen=True)
class PointerEvent:
    """One position of the pointer.

    Attributes:
        photo: (x, y) in photo px; may lie beyond the photo.
        widget: (x, y) in widget px.
        pressure: 0..1; 1 for a mouse button that is down, 0 while nothing is.
        eraser: the pen's other end.
        button: the one that went down or up.
        buttons: those that are down now.
        modifiers: of the keyboard.
        time: milliseconds, from any beginning.
        is_mouse: whether it is neither a pen's nor a finger's.
    """

    photo: Point
    widget: Point
    pressure: float = 1.0
    eraser: bool = False
    button: Qt.MouseButton = Qt.MouseButton.NoButton
    buttons: Qt.MouseButton = Qt.MouseButton.NoButton
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    time: int = 0
    is_mouse: bool = False

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def alt(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)

    @property
    def ctrl(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)


@dataclass(frozen=True)
class Readout:
    """What lies under the pointer.

    Attributes:
        pixel: (column, row) in the photo.
        colour: RGB of the topmost picture there, in its own profile and depth.
        depth: the largest value ``colour`` can have: 255 or 65535.
        class_id: of the topmost layout.
        mask: 0..1, of the topmost mask.
    """

    pixel: tuple[int, int]
    colour: tuple[int, int, int] | None = None
    depth: int = 255
    class_id: int | None = None
    mask: float | None = None


def from_mouse(event: QMouseEvent, view: Viewport) -> PointerEvent:
    at = event.position()
    widget = at.x(), at.y()
    return PointerEvent(
        photo=view.to_photo(widget),
        widget=widget,
        pressure=1.0 if event.buttons() != Qt.MouseButton.NoButton else 0.0,
        button=event.button(),
        buttons=event.buttons(),
        modifiers=event.modifiers(),
        time=event.timestamp(),
        is_mouse=True,
    )


def from_tablet(event: QTabletEvent, view: Viewport) -> PointerEvent:
    at = event.position()
    widget = at.x(), at.y()
    return PointerEvent(
        photo=view.to_photo(widget),
        widget=widget,
        pressure=min(max(event.pressure(), 0.0), 1.0),
        eraser=event.pointerType() == QPointingDevice.PointerType.Eraser,
        button=event.button(),
        buttons=event.buttons(),
        modifiers=event.modifiers(),
        time=event.timestamp(),
    )


def from_finger(event: QTouchEvent, view: Viewport, button: Qt.MouseButton) -> PointerEvent:
    """A single finger, as the left button of a mouse.

    Args:
        button: the left one where the finger comes or goes, else none.
    """
    at = event.points()[0].position()
    widget = at.x(), at.y()
    up = event.type() == QEvent.Type.TouchEnd
    return PointerEvent(
        photo=view.to_photo(widget),
        widget=widget,
        pressure=0.0 if up else 1.0,
        button=button,
        buttons=Qt.MouseButton.NoButton if up else Qt.MouseButton.LeftButton,
        modifiers=event.modifiers(),
        time=event.timestamp(),
    )
