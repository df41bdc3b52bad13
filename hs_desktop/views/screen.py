"""The colours of the screen."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtGui import QColorSpace, QScreen

_LARGEST = 32 << 20  # bytes of a profile
_log = logging.getLogger(__name__)


def screen_profile(screen: QScreen, chosen: str = "") -> bytes | None:
    """The ICC profile of a screen; ``None``, which means sRGB, where nobody tells one.

    Args:
        screen: that Qt may know the profile of.
        chosen: the file with the profile that the user says it has.
    """
    if chosen and (profile := _read(Path(chosen))):
        return profile
    space = getattr(screen, "colorSpace", None)  # no method of it as of Qt 6.11
    told = space() if callable(space) else None
    if not isinstance(told, QColorSpace) or not told.isValid():
        return None
    if told == QColorSpace(QColorSpace.NamedColorSpace.SRgb):
        return None
    return bytes(told.iccProfile().data()) or None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= _LARGEST else None
    except OSError as error:
        _log.info("the screen's profile can't be read: %s", error)
        return None
