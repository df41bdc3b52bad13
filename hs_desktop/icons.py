"""Icons drawn from SVG in the colours of the theme, sharp at any scale.

The files lie in ``resources/icons``: 24 x 24, drawn with ``currentColor``.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

from engine.resources import resource_path

_SIZES = 16, 20, 24, 32, 40, 48, 64, 96
_PALE = 0.35  # opacity of what is disabled
_names: dict[int, str] = {}  # of icons in the theme's colour, by QIcon.cacheKey


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """The icon ``resources/icons/NAME.svg``.

    Args:
        colour: by default that of the palette's text; paler where disabled.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    if colour is not None:
        return _icon(name, colour.rgba())
    text = QGuiApplication.palette().color(QPalette.ColorRole.WindowText)
    made = _icon(name, text.rgba())
    _names[made.cacheKey()] = name
    return made


def pixmap(name: str, size: int, scale: float = 1.0) -> QPixmap:
    """The icon in the palette's colour, ``size`` widget px with ``scale`` device px to each."""
    text = QGuiApplication.palette().color(QPalette.ColorRole.WindowText)
    made = QPixmap(_drawn(name, text.rgba(), 1.0, round(size * scale)))
    made.setDevicePixelRatio(scale)
    return made


def recolour() -> None:
    """Give all buttons and actions their icons in the palette's present colour."""
    actions: dict[QAction, None] = {}
    for widget in QApplication.allWidgets():
        actions.update(dict.fromkeys(widget.actions()))
        if isinstance(widget, QAbstractButton) and (name := _names.get(widget.icon().cacheKey())):
            widget.setIcon(icon(name))
    for action in actions:
        if name := _names.get(action.icon().cacheKey()):
            action.setIcon(icon(name))


@lru_cache(maxsize=512)
def _icon(name: str, rgba: int) -> QIcon:
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(_drawn(name, rgba, 1.0, size), QIcon.Mode.Normal)
        made.addPixmap(_drawn(name, rgba, _PALE, size), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=2048)
def _drawn(name: str, rgba: int, opacity: float, size: int) -> QPixmap:
    colour = QColor.fromRgba(rgba)
    svg = _svg(name).replace("currentColor", colour.name())
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setOpacity(opacity * colour.alphaF())
        renderer.render(painter, QRectF(0, 0, size, size))
    return pixmap


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    return resource_path(f"icons/{name}.svg").read_text(encoding="utf-8")
