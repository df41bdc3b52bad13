"""Views to look at, what they show as arrays, and hands that work on them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hs_desktop.canvas.items import CanvasItem
from hs_desktop.canvas.view import CanvasView

BACKGROUND = (1, 2, 3)
LEFT = Qt.MouseButton.LeftButton
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


def array_of(image: QImage) -> np.ndarray:
    """H x W x 3 RGB uint8, device pixels."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def noise(w: int, h: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (h, w, 3), dtype=np.uint8)


def flat(w: int, h: int, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    return np.full((h, w, 3), colour, np.uint8)


def look(view: CanvasView) -> np.ndarray:
    view.load_all()
    return array_of(view.grab().toImage())


def new_view(qtbot: QtBot, *items: CanvasItem, size: tuple[int, int] = (400, 300)) -> CanvasView:
    """A view of the first item's size, at 100 %, its middle in the middle."""
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(*size)
    view.set_background(QColor(*BACKGROUND))
    if items:
        view.set_photo_size(items[0].size)
    view.set_items(items)
    with qtbot.waitExposed(view):
        view.show()
    view.setFocus()
    view.actual_size()
    return view


def wheel(view: CanvasView, at: tuple[float, float], notches: float) -> None:
    point = QPointF(*at)
    event = QWheelEvent(
        point, view.mapToGlobal(point), QPoint(), QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton, NO_MODIFIER, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def move(
    view: CanvasView,
    to: tuple[float, float],
    buttons: Qt.MouseButton = Qt.MouseButton.NoButton,
    modifiers: Qt.KeyboardModifier = NO_MODIFIER,
) -> None:
    """``QTest.mouseMove`` would move the system's pointer, and no button with it."""
    point = QPointF(*to)
    event = QMouseEvent(
        QEvent.Type.MouseMove, point, view.mapToGlobal(point), Qt.MouseButton.NoButton, buttons,
        modifiers,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def drag(
    view: CanvasView,
    *points: tuple[float, float],
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = NO_MODIFIER,
    release: bool = True,
) -> None:
    first, last = (QPoint(round(x), round(y)) for x, y in (points[0], points[-1]))
    move(view, points[0], modifiers=modifiers)
    QTest.mousePress(view, button, modifiers, first)
    for point in points[1:]:
        move(view, point, button, modifiers)
    if release:
        QTest.mouseRelease(view, button, modifiers, last)


_PENS: dict[bool, QPointingDevice] = {}


def _pen_device(eraser: bool) -> QPointingDevice:
    if eraser not in _PENS:
        kind = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
        _PENS[eraser] = QPointingDevice(
            "pen", 7 + eraser, QInputDevice.DeviceType.Stylus, kind,
            QInputDevice.Capability.Position | QInputDevice.Capability.Pressure, 1, 3,
        )  # fmt: skip
    return _PENS[eraser]


def pen(
    view: CanvasView,
    kind: QEvent.Type,
    at: tuple[float, float],
    pressure: float,
    *,
    eraser: bool = False,
) -> bool:
    """A tablet event; whether the view has taken it."""
    point = QPointF(*at)
    up = kind == QEvent.Type.TabletRelease
    event = QTabletEvent(
        kind, _pen_device(eraser), point, view.mapToGlobal(point), pressure, 0.0, 0.0, 0.0, 0.0,
        0.0, NO_MODIFIER, Qt.MouseButton.NoButton if kind == QEvent.Type.TabletMove else LEFT,
        Qt.MouseButton.NoButton if up else LEFT,
    )  # fmt: skip
    event.ignore()
    QApplication.sendEvent(view, event)
    return event.isAccepted()
