"""What is shown at the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QListWidget,
)

from engine.resources import resource_path
from hs_desktop.editor import Editor
from hs_desktop.preferences import Preferences
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.welcome import Welcome
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.windows.conftest import choose, press

Dialog = Callable[[type[Any]], Any]


def test_welcome_without_a_project_says_what_to_do(
    window: MainWindow, dialog: Dialog, loop: WindowLoop, editor: Editor
) -> None:
    window.action_set["window.welcome"].trigger()
    welcome = dialog(Welcome)
    assert not welcome.findChild(QListWidget).isVisible()
    press(welcome, "Sample project")
    loop.settle(editor)
    assert len(editor.document.body)


def test_welcome_opens_recent_projects(
    window: MainWindow, loaded: Editor, dialog: Dialog, loop: WindowLoop, tmp_path: Path
) -> None:
    loop.run_until_complete(loaded.save(tmp_path / "job.hsd"))
    loaded.new()
    window.action_set["window.welcome"].trigger()
    recent: QListWidget = dialog(Welcome).findChild(QListWidget)
    item = recent.item(0)
    assert item.text().startswith("job.hsd")
    empty = item.icon().pixmap(72, 54).toImage()
    loop.until(lambda: item.icon().pixmap(72, 54).toImage() != empty, "the picture")
    QTest.mouseClick(
        recent.viewport(), Qt.MouseButton.LeftButton, pos=recent.visualItemRect(item).center()
    )
    loop.settle(loaded)
    assert loaded.document.path == tmp_path / "job.hsd"


def test_a_new_swap_asks_for_head_and_body(
    window: MainWindow, dialog: Dialog, loop: WindowLoop, editor: Editor
) -> None:
    window.action_set["window.welcome"].trigger()
    press(dialog(Welcome), "New swap")
    choose(dialog(QFileDialog), resource_path("samples/astronaut.png"))
    loop.until(lambda: len(editor.document.head))
    choose(dialog(QFileDialog), resource_path("samples/grace_hopper.jpg"))
    loop.settle(editor)
    assert len(editor.document.body)


def test_welcome_can_be_switched_off(
    window: MainWindow, dialog: Dialog, preferences: Preferences
) -> None:
    window.action_set["window.welcome"].trigger()
    box = dialog(Welcome).findChild(QCheckBox)
    box.click()
    assert preferences["show_welcome"] is False
