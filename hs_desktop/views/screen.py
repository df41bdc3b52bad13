"""The colours of the screen."""

from __future__ import annotations

from PySide6.QtGui import QColorSpace, QScreen


def screen_profile(screen: QScreen) -> bytes | None:
    """The ICC profile of a screen; ``None``, which means sRGB, where Qt doesn't tell one."""
    space = getattr(screen, "colorSpace", None)  # no method of it as of Qt 6.11
    told = space() if callable(space) else None
    if not isinstance(told, QColorSpace) or not told.isValid():
        return None
    if told == QColorSpace(QColorSpace.NamedColorSpace.SRgb):
        return None
    return bytes(told.iccProfile().data()) or None
