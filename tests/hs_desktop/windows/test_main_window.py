"""The window as a whole: title, closing, panels' places, what the status bar tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.errors import EngineError
from hs_desktop.document import hsd
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Message
from hs_desktop.exporting import ExportDialog
from hs_desktop.preferences import Preferences
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine
from tests.hs_desktop.windows.conftest import choose, press

CTRL = Qt.KeyboardModifier.ControlModifier
Dialog = Callable[[type[Any]], Any]


# --- title and closing -------------------------------------------------------------------------


def test_the_title_tells_the_project_and_whether_it_is_saved(
    window: MainWindow, loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    assert window.windowTitle().startswith("untitled[*]")
    assert not window.isWindowModified()
    loaded.tools.class_id = 2
    loaded.document.undo()
    assert window.isWindowModified()
    loop.run_until_complete(loaded.save(tmp_path / "job.hsd"))
    assert window.windowTitle().startswith("job.hsd[*]")
    assert not window.isWindowModified()


def test_an_unmodified_project_closes_without_a_question(
    window: MainWindow, loaded: Editor, qtbot: QtBot, loop: WindowLoop
) -> None:
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()


@pytest.fixture
def modified(loaded: Editor) -> Editor:
    loaded.document.undo()
    assert loaded.document.is_modified
    return loaded


def test_closing_can_be_given_up(
    window: MainWindow, modified: Editor, loop: WindowLoop, dialog: Dialog
) -> None:
    window.close()
    press(dialog(QMessageBox), "Cancel")
    loop.settle(modified)
    assert window.isVisible()


def test_closing_without_saving(
    window: MainWindow, modified: Editor, loop: WindowLoop, dialog: Dialog
) -> None:
    window.close()
    press(dialog(QMessageBox), "Don't save")
    loop.until(lambda: not window.isVisible())


def test_saving_before_closing(
    window: MainWindow, modified: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    window.close()
    press(dialog(QMessageBox), "Save")
    choose(dialog(QFileDialog), tmp_path / "kept")
    loop.until(lambda: not window.isVisible())
    assert len(hsd.read_project(tmp_path / "kept.hsd").head)


def test_a_save_that_fails_keeps_the_window(
    window: MainWindow,
    modified: Editor,
    loop: WindowLoop,
    dialog: Dialog,
    said: list[Message],
    tmp_path: Path,
) -> None:
    modified.document.path = tmp_path / "no" / "folder" / "job.hsd"
    window.close()
    press(dialog(QMessageBox), "Save")
    loop.settle(modified)
    assert window.isVisible()
    assert "can't be written" in said[-1].text


# --- files -------------------------------------------------------------------------------------


def test_save_and_open_again(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    loaded.spawn(window.files.save())
    choose(dialog(QFileDialog), tmp_path / "job")
    loop.settle(loaded)
    loaded.new()
    window._list_recent()
    recent = window._recent.actions()[0]
    assert recent.text() == "job.hsd"
    recent.trigger()
    loop.settle(loaded)
    assert loaded.document.path == tmp_path / "job.hsd"
    assert len(loaded.document.head) == 3


def test_export_by_dialog(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    loaded.spawn(window.files.export())
    choose(dialog(QFileDialog), tmp_path / "picture")
    press(dialog(ExportDialog), "Export")
    loop.settle(loaded)
    assert (tmp_path / "picture.png").is_file()


def test_the_sample_project(window: MainWindow, editor: Editor, loop: WindowLoop) -> None:
    window.action_set["file.sample"].trigger()
    loop.settle(editor)
    assert len(editor.document.head) == 3
    assert len(editor.document.body) == 2


def test_a_picture_is_pasted(window: MainWindow, editor: Editor, loop: WindowLoop) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 41, 3), np.uint8)
    image = QImage(pixels.data, 41, 30, 123, QImage.Format.Format_RGB888)
    QGuiApplication.clipboard().setImage(image)
    window.action_set["edit.paste-body"].trigger()
    loop.settle(editor)
    pasted = editor.document.photo(Side.BODY)
    assert pasted is not None
    np.testing.assert_array_equal(pasted.pixels, pixels)


def test_an_empty_clipboard_is_told(
    window: MainWindow, editor: Editor, loop: WindowLoop, said: list[Message]
) -> None:
    QGuiApplication.clipboard().clear()
    window.action_set["edit.paste-head"].trigger()
    loop.settle(editor)
    assert "no picture" in said[-1].text


def test_a_project_is_dropped(
    window: MainWindow, loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    loop.run_until_complete(loaded.save(tmp_path / "job.hsd"))
    loaded.new()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "job.hsd"))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.dropEvent(event)
    loop.settle(loaded)
    assert loaded.document.path == tmp_path / "job.hsd"


def test_a_damaged_project_is_told(
    window: MainWindow, editor: Editor, loop: WindowLoop, said: list[Message], tmp_path: Path
) -> None:
    (tmp_path / "bad.hsd").write_bytes(b"no zip")
    editor.spawn(window.files.open_file(tmp_path / "bad.hsd"))
    loop.settle(editor)
    assert "bad.hsd" in said[-1].text


# --- panels ------------------------------------------------------------------------------------


def test_panels_have_their_places(window: MainWindow) -> None:
    right, bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
    for name in ("layers", "classes", "sampling", "history", "jobs"):
        assert window.dockWidgetArea(window.docks[name]) == right
    assert window.dockWidgetArea(window.docks["variations"]) == bottom
    assert window.canvases.width() > 640


def test_the_layout_is_kept_and_reset(
    window: MainWindow, editor: Editor, preferences: Preferences, qtbot: QtBot
) -> None:
    window.docks["classes"].hide()
    window.docks["jobs"].setFloating(True)
    window.docks.keep(preferences)
    again = MainWindow(editor)
    qtbot.addWidget(again)
    with qtbot.waitExposed(again):
        again.show()
    assert not again.docks["classes"].isVisible()
    assert again.docks["jobs"].isFloating()
    again.reset_layout()
    assert again.docks["classes"].isVisible()
    assert not again.docks["jobs"].isFloating()
    again.close_now()


@pytest.mark.parametrize("kept", [None, 3, {}, {"geometry": "?", "state": 5}])
def test_a_layout_that_cannot_be_read_is_the_first_one(
    editor: Editor, preferences: Preferences, qtbot: QtBot, kept: Any
) -> None:
    preferences.keep("window", kept)
    window = MainWindow(editor)
    qtbot.addWidget(window)
    window.show()
    assert window.docks["layers"].isVisible()
    window.close_now()


def test_full_screen_and_back(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()


# --- the status bar ----------------------------------------------------------------------------


def texts(window: MainWindow) -> str:
    status = window.status
    labels = (status._state, status._readout, status._size, status._zoom, status._device)
    return " | ".join(label.text() for label in labels if label.isVisible())


def test_progress_and_cancel(
    window: MainWindow, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    assert "Ready" in texts(window)
    assert "CPU fp32" in texts(window)
    fake.hold()
    loaded.swap()
    fake.wait_held()
    loop.until(lambda: "Swap: " in texts(window))
    assert window.status._bar.isVisible()
    window.status._cancel.click()
    fake.release()
    loop.settle(loaded)
    assert "Ready" in texts(window)
    assert not window.status._bar.isVisible()
    assert not len(loaded.document.result)


def test_models_that_are_loading_or_missing(
    window: MainWindow, editor: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.load_seconds = 0.2
    fake.load_error = EngineError("There is no pack.")
    editor.bridge.warm_up()
    loop.until(lambda: "Loading the models" in texts(window))
    assert not window.status._cancel.isVisible()
    loop.settle(editor)
    assert "can't be loaded" in texts(window)


def test_size_and_zoom_of_what_is_shown(window: MainWindow, loaded: Editor) -> None:
    window.canvases.show_side(Side.HEAD)
    window.canvases.actual_size()
    assert "96 × 128 px" in texts(window)
    assert "100 %" in texts(window)
    window.canvases.show_side(Side.BODY)
    assert "160 × 200 px" in texts(window)


def test_live_is_switched_by_its_button(
    window: MainWindow, loaded: Editor, loop: WindowLoop
) -> None:
    window.action_set.refresh_now()
    window.action_set["swap.live"].trigger()
    assert loaded.live
    loop.settle(loaded)
    assert window.action_set["swap.live"].isChecked()
    loaded.live = False
    loop.until(lambda: not window.action_set["swap.live"].isChecked())
