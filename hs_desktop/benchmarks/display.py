"""A screen to measure on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from engine.errors import EngineError
from hs_desktop.i18n import _

_SCREEN = "1920x1080x24"


class DisplayError(EngineError):
    """There is no screen to show a window on."""


@contextmanager
def display() -> Iterator[Mapping[str, str]]:
    """The environment in which a window can be opened: as it is, or with an Xvfb of our own.

    Raises:
        DisplayError: there is neither a display nor Xvfb.
    """
    if _has_display():
        yield {}
        return
    if shutil.which("Xvfb") is None:
        raise DisplayError(
            _("There is no display, and no Xvfb either: install Xvfb, or measure on a desktop.")
        )
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", _SCREEN, "-nolisten", "tcp"],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with open(reading, encoding="ascii") as file:
            number = file.readline().strip()
        if not number:
            raise DisplayError(_("Xvfb didn't start."))
        yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
