"""What isn't saved is asked about before it goes, and what is saved can be opened again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from hs_desktop.document import hsd
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import facts
from tests.hs_desktop.editing import paint
from tests.hs_desktop.test_saving import Gate
from tests.hs_desktop.windows.conftest import choose, press

Dialog = Callable[[type[Any]], Any]


def test_what_is_done_while_the_last_save_is_written_is_asked_about(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = tmp_path / "job.hsd"
    loop.run_until_complete(loaded.save(path))
    paint(loaded, Side.BODY)
    gate = Gate(hsd.write_project)
    monkeypatch.setattr(hsd, "write_project", gate)
    window.close()
    press(dialog(QMessageBox), "Save")
    loop.until(gate.reached.is_set)
    paint(loaded, Side.HEAD)
    gate.open.set()
    press(dialog(QMessageBox), "Save")
    loop.until(lambda: not window.isVisible(), "the window's end")
    assert facts(hsd.load(path).state) == facts(loaded.document.state)


def test_a_project_whose_name_has_a_dot_gets_its_suffix(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    saving = loaded.spawn(window.files.save_as())
    choose(dialog(QFileDialog), tmp_path / "anna 1.5")
    loop.run_until_complete(saving)
    assert loaded.document.path == tmp_path / "anna 1.5.hsd"
    loaded.new()
    loop.run_until_complete(window.files.open_file(tmp_path / "anna 1.5.hsd"))
    assert len(loaded.document.head) == 3


def test_the_suffix_overwrites_nothing_that_was_not_agreed_to(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    there = tmp_path / "anna 1.5.hsd"
    there.write_bytes(b"of another")
    saving = loaded.spawn(window.files.save_as())
    first = dialog(QFileDialog)
    choose(first, tmp_path / "anna 1.5")
    loop.until(lambda: not first.isVisible())
    again = dialog(QFileDialog)
    assert [Path(file).name for file in again.selectedFiles()] == [there.name]
    again.reject()
    loop.run_until_complete(saving)
    assert there.read_bytes() == b"of another"


def test_another_project_is_not_saved_in_the_place_of_the_one_that_was_meant(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    saving = loaded.spawn(window.files.save_as())
    asked = dialog(QFileDialog)
    loaded.replace_document(Document())  # had been asked for before, and took long to read
    choose(asked, tmp_path / "job.hsd")
    loop.run_until_complete(saving)
    assert not (tmp_path / "job.hsd").exists()
