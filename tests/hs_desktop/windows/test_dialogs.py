"""The windows beside the main one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QTreeView,
    QTreeWidget,
)
from pytestqt.qtbot import QtBot

from engine.packs import MODELS, PackManifest, find_pack, write_manifest
from engine.requests import FIT_PARTS, Fit
from engine.resources import resource_path
from engine.sentences import Sentence
from hs_desktop.document import commands
from hs_desktop.document.settings import Fitting
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor
from hs_desktop.preferences import Preferences
from hs_desktop.settings import PREFERENCES
from hs_desktop.windows.about import About
from hs_desktop.windows.about_result import AboutResult, as_text
from hs_desktop.windows.base_pack import BasePackDialog
from hs_desktop.windows.log_viewer import LogViewer
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.models import ModelManager
from hs_desktop.windows.preferences import PreferencesDialog
from hs_desktop.windows.shortcuts import ShortcutsPage
from hs_desktop.windows.welcome import Welcome
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.editing import swapped
from tests.hs_desktop.windows.conftest import choose, press

Dialog = Callable[[type[Any]], Any]


# --- welcome -----------------------------------------------------------------------------------


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


def test_dates_have_room_where_files_are_chosen(
    window: MainWindow, dialog: Dialog, loop: WindowLoop, tmp_path: Path
) -> None:
    (tmp_path / "photo.png").touch()
    window.action_set["file.open-head"].trigger()
    asked = dialog(QFileDialog)
    asked.setDirectory(str(tmp_path))
    files = asked.findChild(QTreeView, "treeView")
    model, date = files.model(), 3
    loop.until(lambda: model.rowCount(files.rootIndex()), "the files")
    assert files.isColumnHidden(2)  # types in words of Qt's own, which nobody translates
    told = model.index(0, date, files.rootIndex()).data()
    loop.until(lambda: files.columnWidth(date) > files.fontMetrics().horizontalAdvance(told))
    asked.reject()
    loop.until(lambda: not asked.isVisible())


def test_welcome_can_be_switched_off(
    window: MainWindow, dialog: Dialog, preferences: Preferences
) -> None:
    window.action_set["window.welcome"].trigger()
    box = dialog(Welcome).findChild(QCheckBox)
    box.click()
    assert preferences["show_welcome"] is False


# --- preferences -------------------------------------------------------------------------------


def test_every_preference_has_a_control(window: MainWindow, dialog: Dialog) -> None:
    window.action_set["edit.preferences"].trigger()
    shown = {key for form in dialog(PreferencesDialog).forms for key in form.fields}
    assert shown == {row.key for row in PREFERENCES}


def test_preferences_count_at_once_and_can_be_reset(
    window: MainWindow, dialog: Dialog, preferences: Preferences
) -> None:
    window.action_set["edit.preferences"].trigger()
    open_one: PreferencesDialog = dialog(PreferencesDialog)
    theme = next(form for form in open_one.forms if "theme" in form.fields)
    theme.changed.emit("theme", "light")
    assert preferences["theme"] == "light"
    assert not open_one._restart.isVisible()
    theme.changed.emit("language", "ko")
    assert open_one._restart.isVisible()
    press(open_one, "Restore defaults")
    assert preferences["theme"] == "dark"
    assert theme["theme"].value == "dark"


@pytest.fixture
def shortcuts(window: MainWindow, qtbot: QtBot) -> ShortcutsPage:
    page = ShortcutsPage(window.action_set)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    return page


def shown_rows(page: ShortcutsPage) -> list[str]:
    return [item.text(0) for item in page._items.values() if not item.isHidden()]


def test_shortcuts_are_searched_by_name_and_key(shortcuts: ShortcutsPage) -> None:
    shortcuts._search.setText("brush")
    assert "Brush" in shown_rows(shortcuts)
    assert "Save" not in shown_rows(shortcuts)
    shortcuts._search.setText("Ctrl+S")
    assert "Save" in shown_rows(shortcuts)


def test_a_shortcut_is_pressed_and_reset(
    shortcuts: ShortcutsPage, window: MainWindow, qtbot: QtBot
) -> None:
    shortcuts._tree.setCurrentItem(shortcuts._items["tool.brush"])
    shortcuts._keys.setFocus()
    with qtbot.waitSignal(window.action_set.shortcuts_changed):
        QTest.keyClick(shortcuts._keys, Qt.Key.Key_Q)
    assert window.action_set.shortcuts["tool.brush"] == "Q"
    assert shortcuts._items["tool.brush"].text(1) == "Q"
    press(shortcuts, "Reset")
    assert window.action_set.shortcuts["tool.brush"] == "B"


def test_conflicts_are_told(shortcuts: ShortcutsPage, window: MainWindow) -> None:
    assert not shortcuts._conflicts.isVisible()
    window.action_set.set_shortcuts({"tool.brush": "E"})
    shortcuts._show()
    assert shortcuts._conflicts.isVisible()
    assert "Brush and Eraser" in shortcuts._conflicts.text()
    press(shortcuts, "Reset all")
    assert not shortcuts._conflicts.isVisible()


# --- models ------------------------------------------------------------------------------------


@pytest.fixture
def manager(editor: Editor, tmp_path: Path, qtbot: QtBot) -> ModelManager:
    made = ModelManager(editor, tmp_path / "own")
    qtbot.addWidget(made)
    made.show()
    return made


def rows(manager: ModelManager) -> list[list[str]]:
    tree = manager.findChild(QTreeWidget)
    items = [tree.topLevelItem(index) for index in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(4)] for item in items]


def test_packs_lie_where_the_preferences_say(
    window: MainWindow, dialog: Dialog, preferences: Preferences, tmp_path: Path
) -> None:
    own = tmp_path / "elsewhere"
    (own / "mine").mkdir(parents=True)
    (own / "mine" / "pack.json").write_text("{}")
    preferences["pack_folder"] = str(own)
    window.action_set["window.models"].trigger()
    assert rows(dialog(ModelManager))[-1] == ["mine", "", "", "can't be read"]


def test_the_pack_in_use_is_listed_and_verified(
    manager: ModelManager, editor: Editor, loop: WindowLoop
) -> None:
    assert rows(manager)[0][0] == "compact-256"
    assert rows(manager)[0][3] == "in use"
    press(manager, "Verify")
    loop.settle(editor)
    assert "as they should be" in manager._outcome.text()


def test_a_zip_is_imported_and_used(
    manager: ModelManager, editor: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    for model in MODELS:
        (pack / model).mkdir(parents=True)
        (pack / model / "config.json").write_text("{}")
    write_manifest(pack, PackManifest("Other", "2", "CC0"))
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
        for file in pack.rglob("*.json"):
            archive.write(file, file.relative_to(pack))
    press(manager, "Import zip")
    choose(dialog(QFileDialog), tmp_path / "pack.zip")
    loop.settle(editor)
    assert rows(manager)[1] == ["Other", "2", "CC0", ""]
    press(manager, "Use")
    assert editor.preferences["pack"] == str(tmp_path / "own" / "Other-2")
    assert rows(manager)[1][3] == "in use"


def test_what_is_no_pack_is_told_in_the_dialog(
    manager: ModelManager, editor: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    press(manager, "Import zip")
    choose(dialog(QFileDialog), tmp_path / "bad.zip")
    loop.settle(editor)
    assert "bad.zip" in manager._outcome.text()
    assert len(rows(manager)) == 1


@pytest.mark.parametrize("by_folder", [True, False])
def test_a_trained_model_goes_into_a_base_pack(
    manager: ModelManager, editor: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, by_folder: bool,
) -> None:  # fmt: skip
    run = tmp_path / "runs" / "parser"
    (run / "parser").mkdir(parents=True)
    (run / "parser" / "config.json").write_text('{"_class_name": "Parser"}')
    (run / "parser" / "model.safetensors").write_bytes(b"")
    (run / "log.csv").touch()
    asked: list[tuple[Path, Path]] = []

    def replaced(base: Path, source: Path, folder: Path) -> None:
        asked.append((base, source))
        for model in MODELS:
            (folder / model).mkdir(parents=True)
            (folder / model / "config.json").write_text("{}")
        told = {"model": "parser", "in": "compact-256 1", "from": "parser/parser"}
        write_manifest(folder, PackManifest("Mixed", "3", "CC0", provenance={"replaced": [told]}))

    monkeypatch.setattr("engine.training.replacing.replace_model", replaced)
    press(manager, "Import folder" if by_folder else "Import model")
    choose(dialog(QFileDialog), run if by_folder else run / "parser" / "model.safetensors")
    base = dialog(BasePackDialog)
    assert "parser" in base.findChild(QLabel).text()
    assert base.findChild(QComboBox).currentText().startswith("compact-256")
    press(base, "Import")
    loop.settle(editor)
    assert asked == [(find_pack(), run if by_folder else run / "parser" / "model.safetensors")]
    assert rows(manager)[1][:2] == ["Mixed", "3"]
    assert "parser replaced, in compact-256 1, from parser/parser" in manager._details.text()


def test_a_folder_without_anything_is_told(
    manager: ModelManager, editor: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    press(manager, "Import folder")
    choose(dialog(QFileDialog), tmp_path / "nothing")
    loop.settle(editor)
    assert "no trained model" in manager._outcome.text()


# --- about, log --------------------------------------------------------------------------------


def test_about(window: MainWindow, dialog: Dialog) -> None:
    window.action_set["help.about"].trigger()
    assert dialog(About).windowTitle() == "About HS Desktop"


def test_how_a_result_was_made(
    window: MainWindow, loaded: Editor, dialog: Dialog, loop: WindowLoop
) -> None:
    loaded.swap()
    loop.settle(loaded)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    window.action_set.refresh_now()
    window.action_set["swap.about"].trigger()
    about = dialog(AboutResult)
    close = about.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    assert about.focusWidget() is close  # what Enter means
    press(about, "Copy")
    text = QGuiApplication.clipboard().text()
    assert text == as_text(variation)
    for part in (
        f"Seed: {variation.sampling.seed}", f"Guidance: {variation.sampling.guidance:g}",
        f"Strength: {variation.sampling.strength:g}", "scripted 1.0",
        "Keep background: on", "Feather: automatic", "Complete from photo: on",
        "Match grain: on", "Fit new skin: on",
        "Head's skin: 0 %", "Body's skin: 0 %", "Head's light: 0 %", "Sampling: ", "Total: ",
    ):  # fmt: skip
        assert part in text


def test_about_a_result_that_was_made_otherwise(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(
        commands.set_settings(
            keep_background=False,
            feather=2.5,
            complete=False,
            match_skin=False,
            head_skin=0.4,
            match_light=0.29,
        )
    )
    swapped(loaded, loop)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    said = as_text(variation)
    for part in (
        "Keep background: off", "Feather: 2.5 px", "Complete from photo: off", "Match grain: on",
        "Fit new skin: off",
        "Head's skin: 40 %", "Body's skin: 0 %", "Head's light: 29 %",
    ):  # fmt: skip
        assert part in said
    older = as_text(replace(variation, fitting=None))
    assert "Feather" not in older
    retouched = as_text(replace(variation, fitting=Fitting(None, None, True, True, True)))
    assert "background" not in retouched
    assert "Head's" not in retouched


def test_how_well_head_and_body_fit(loaded: Editor, loop: WindowLoop, qtbot: QtBot) -> None:
    swapped(loaded, loop)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    assert variation.fit is None
    assert "Visibility" not in as_text(variation)
    parts = {"pose": 0.8, "light": 0.2, "resolution": 1.0, "occlusion": 0.5}
    fit = Fit(parts, ("Try this.", "Try that.", "Try more."))
    variation = replace(variation, fit=fit, notes=("Try this.", "Try that."))
    told = as_text(variation)
    for part in (
        "All in all: 41 %", "Pose: 80 %", "Lighting: 20 %", "Resolution: 100 %", "Visibility: 50 %",
    ):  # fmt: skip
        assert part in told
    assert told.endswith("Try this.\nTry that.\nTry more.\n")
    window = AboutResult(variation)
    qtbot.addWidget(window)
    shown = [label.text() for label in window.findChildren(QLabel)]
    assert {"How well head and body fit", "41 %", "Try this.", "Try more."} <= set(shown)
    assert shown.count("Try this.") == 1


def test_a_result_is_told_in_the_windows_language(
    loaded: Editor, loop: WindowLoop, speak_korean: Callable[[], None]
) -> None:
    swapped(loaded, loop)
    variation = loaded.document.result.layers[-1]
    assert isinstance(variation, Variation)
    flip = "The head looks to the left, the body's own to the right: try flipping the head."
    fit = Fit(dict.fromkeys(FIT_PARTS, 0.5), (Sentence(flip), "Try more."))
    speak_korean()
    told = as_text(replace(variation, fit=fit, notes=(Sentence(flip),))).splitlines()
    assert told[0] == f"시드 {variation.sampling.seed}"
    assert "뒤집" in told[-2]
    assert told[-1] == "Try more."
    assert sum("뒤집" in line for line in told) == 1


def test_the_log_is_searched_and_copied(tmp_path: Path, qtbot: QtBot, loop: WindowLoop) -> None:
    (tmp_path / "hs-desktop.log").write_text("one line\nanother line\n", encoding="utf-8")

    async def diagnostics() -> str:
        return "versions and so on"

    viewer = LogViewer(tmp_path, diagnostics)
    qtbot.addWidget(viewer)
    viewer.show()
    viewer.findChild(QLineEdit).setText("ANOTHER")
    assert viewer._listing.toPlainText() == "another line"
    press(viewer, "Copy diagnostics")
    loop.until(lambda: "versions" in QGuiApplication.clipboard().text())
    assert "one line" in QGuiApplication.clipboard().text()


def test_an_empty_log(tmp_path: Path, qtbot: QtBot) -> None:
    viewer = LogViewer(tmp_path / "nowhere", _nothing)
    qtbot.addWidget(viewer)
    assert viewer._listing.toPlainText() == "The log is empty."


async def _nothing() -> str:
    return ""
