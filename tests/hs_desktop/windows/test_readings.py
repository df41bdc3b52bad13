"""Projects and photos are read aside: what is read is shown, and can be given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

import hs_desktop.reading
from engine.errors import Cancelled
from engine.imageio import write_photo
from hs_desktop.document import commands, hsd
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Message
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop, body_photo, head_photo
from tests.hs_desktop.document.projects import facts, full_document
from tests.hs_desktop.windows.conftest import press


@pytest.fixture
def project(tmp_path: Path) -> Path:
    document = full_document()
    hsd.save(document, tmp_path / "job.hsd")
    return tmp_path / "job.hsd"


class Slow:
    """Reading that stops before each part until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts = 0
        self.here, self.go = threading.Event(), threading.Event()
        self.ended = threading.Event()
        read_project, read_picture = hsd.read_project, hs_desktop.reading.read_picture

        def slow_project(path: Path, watch: Any = lambda _share: None) -> Any:
            def watched(share: float) -> None:
                watch(share)
                self.parts += 1
                if self.parts == 4:
                    self.wait()

            try:
                return read_project(path, watched)
            finally:
                self.ended.set()

        def slow_picture(path: Path, layer: str | None = None) -> Any:
            self.wait()
            return read_picture(path, layer)

        monkeypatch.setattr(hsd, "read_project", slow_project)
        monkeypatch.setattr(hs_desktop.reading, "read_picture", slow_picture)

    def wait(self) -> None:
        self.here.set()
        assert self.go.wait(20)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow(monkeypatch)
    yield made
    made.go.set()


def test_a_project_tells_how_far_it_is_read(
    window: MainWindow, editor: Editor, loop: WindowLoop, project: Path, slow: Slow
) -> None:
    editor.spawn(window.files.open_file(project))
    loop.until(slow.here.is_set)
    status = window.status
    loop.until(lambda: status._bar.value() > 0)
    assert status._state.text() == "Opening job.hsd…"
    assert status._bar.maximum() == 1000
    assert status._cancel.isVisible()
    assert status._cancel.toolTip() == "Stop reading"
    slow.go.set()
    loop.settle(editor)
    assert facts(editor.document.state) == facts(hsd.load(project).state)
    assert status._state.text() == "Ready"
    assert not status._cancel.isVisible()


@pytest.mark.parametrize("how", ["button", "key"])
def test_opening_a_project_is_given_up(
    window: MainWindow, loaded: Editor, loop: WindowLoop, project: Path, slow: Slow,
    said: list[Message], how: str,
) -> None:  # fmt: skip
    document = loaded.document
    task = loaded.spawn(window.files.open_file(project))
    loop.until(slow.here.is_set)
    loop.until(lambda: window.action_set["swap.cancel"].isEnabled())
    if how == "button":
        window.status._cancel.click()
    else:
        QTest.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    loop.until(task.done)
    assert loaded.document is document
    assert said == []
    assert window.status._state.text() == "Ready"
    slow.go.set()
    assert slow.ended.wait(20)
    assert slow.parts == 4  # the thread has stopped, too
    loop.until(lambda: not window.action_set["swap.cancel"].isEnabled())


def test_reading_a_photo_is_given_up(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path, slow: Slow,
    said: list[Message],
) -> None:  # fmt: skip
    write_photo(head_photo(), tmp_path / "head.png")
    task = editor.spawn(editor.open_photo(Side.HEAD, tmp_path / "head.png"))
    loop.until(slow.here.is_set)
    assert window.status._state.text() == "Reading head.png…"
    assert window.status._bar.maximum() == 0  # nobody knows how far it is
    editor.cancel()
    loop.until(task.done)
    assert not len(editor.document.head)
    slow.go.set()
    loop.run_until_complete(editor.open_photo(Side.HEAD, tmp_path / "head.png"))
    assert len(editor.document.head)
    assert said == []
    loop.settle(editor)


def test_who_waits_is_told(editor: Editor, loop: WindowLoop, project: Path, slow: Slow) -> None:
    async def waits() -> str:
        try:
            await editor.open_project(project)
        except Cancelled:
            return "cancelled"
        return "opened"

    task = loop.create_task(waits())
    loop.until(slow.here.is_set)
    editor.cancel()
    assert loop.run_until_complete(task) == "cancelled"


def test_what_is_painted_while_a_project_is_read_is_not_lost(
    window: MainWindow, loaded: Editor, loop: WindowLoop, project: Path, slow: Slow,
    dialog: Any,
) -> None:  # fmt: skip
    document = loaded.document
    assert not document.is_modified
    task = loaded.spawn(window.files.open_file(project))
    loop.until(slow.here.is_set)
    document.do(commands.set_settings(guidance=3.0))
    slow.go.set()
    press(dialog(QMessageBox), "Cancel")
    loop.until(task.done)
    assert loaded.document is document
    assert document.settings.sampling.guidance == 3.0


def test_the_window_goes_on_while_a_photo_is_read(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path, slow: Slow,
    qtbot: QtBot,
) -> None:  # fmt: skip
    write_photo(body_photo(), tmp_path / "body.png")
    task = editor.spawn(editor.open_photo(Side.BODY, tmp_path / "body.png"))
    loop.until(slow.here.is_set)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not task.done()
    slow.go.set()
    loop.run_until_complete(task)
    assert len(editor.document.body)
    loop.settle(editor)


@pytest.mark.parametrize("how", ["sample", "dropped"])
def test_the_second_of_two_photos_stays_out_of_another_project(
    window: MainWindow, editor: Editor, loop: WindowLoop, project: Path, slow: Slow,
    tmp_path: Path, how: str,
) -> None:  # fmt: skip
    slow.parts = 9  # projects don't wait
    photos = [tmp_path / "head.png", tmp_path / "body.png"]
    for path in photos:
        write_photo(body_photo(), path)
    files = window.files
    opening = editor.spawn(files.open_sample() if how == "sample" else files.open_files(photos))
    loop.until(slow.here.is_set)
    loop.run_until_complete(files.open_file(project))
    there = facts(editor.document.state)
    slow.go.set()
    loop.until(opening.done)
    loop.settle(editor)
    assert editor.document.path == project
    assert facts(editor.document.state) == there
