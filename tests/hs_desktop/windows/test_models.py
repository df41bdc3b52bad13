"""The model manager: packs are listed, verified, imported and chosen."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QTreeWidget,
)
from pytestqt.qtbot import QtBot

from engine.packs import MODELS, PackManifest, find_pack, write_manifest
from hs_desktop.editor import Editor
from hs_desktop.preferences import Preferences
from hs_desktop.windows.base_pack import BasePackDialog
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.models import ModelManager
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.windows.conftest import choose, press

Dialog = Callable[[type[Any]], Any]


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
