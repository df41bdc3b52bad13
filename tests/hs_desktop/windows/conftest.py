"""The whole window on a scripted engine, and hands for its dialogs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from hs_desktop.editor import Editor
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def window(editor: Editor, loop: WindowLoop, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window, shown, without photos."""
    made = MainWindow(editor)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    loop.until(lambda: made.isVisible())
    yield made
    for dialog in made.findChildren(QDialog):
        dialog.close()
    made.close_now()
    loop.until(lambda: not editor.is_waiting, "the window's end")
    made.deleteLater()


@pytest.fixture
def dialog(window: MainWindow, loop: WindowLoop) -> Callable[[type[W]], W]:
    """Waits for a dialog of a kind to be open, and gives it."""

    def wait(kind: type[W]) -> W:
        loop.until(lambda: _open(kind), kind.__name__)
        return _open(kind)[0]

    return wait


def _open(kind: type[W]) -> list[W]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def press(dialog: QWidget, text: str) -> None:
    """Click the button with this text, mnemonics and dots left out."""
    for button in dialog.findChildren(QAbstractButton):
        if button.text().replace("&", "").removesuffix("…") == text:
            assert button.isEnabled(), f"{text} is disabled"
            button.click()
            return
    raise AssertionError(f"no button {text}")


def choose(dialog: QFileDialog, path: Path) -> None:
    """Type a file's name and press Enter."""
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(path))
    QTest.keyClick(name, Qt.Key.Key_Return)
