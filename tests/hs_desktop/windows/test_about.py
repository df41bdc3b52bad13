"""Which program this is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hs_desktop.windows.about import About
from hs_desktop.windows.main_window import MainWindow

Dialog = Callable[[type[Any]], Any]


def test_about(window: MainWindow, dialog: Dialog) -> None:
    window.action_set["help.about"].trigger()
    assert dialog(About).windowTitle() == "About HS Desktop"
