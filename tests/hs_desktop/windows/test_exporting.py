"""How a picture is exported: what its format leaves open, asked and remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from engine.fileoptions import FileOptions
from engine.imageio import read_photo
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.exporting import ExportDialog, choices_of
from hs_desktop.filetypes import FLAT, LAYERED
from hs_desktop.panels.variations import VariationsPanel
from hs_desktop.preferences import Preferences
from hs_desktop.windows.main_window import MainWindow
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.editing import swapped, variations
from tests.hs_desktop.windows.conftest import choose, press

Dialog = Callable[[type[QWidget]], QWidget]


def exporting(window: MainWindow, dialog: Dialog, path: Path) -> ExportDialog:
    """The dialog that asks how, after the name has been given."""
    window.editor.spawn(window.files.export())
    asked = dialog(QFileDialog)
    assert isinstance(asked, QFileDialog)
    choose(asked, path)
    how = dialog(ExportDialog)
    assert isinstance(how, ExportDialog)
    return how


def proposed(dialog: QFileDialog) -> Path:
    """The file that would be written."""
    name = within(dialog, QLineEdit)
    assert isinstance(name, QLineEdit)
    return Path(dialog.directory().absolutePath()) / name.text()


def within(form: QWidget, kind: type[QWidget]) -> QWidget:
    found = form.findChild(kind)
    assert found is not None
    return found


def test_every_flat_format_leaves_something_open() -> None:
    assert {suffix: len(choices_of(suffix)) for suffix in FLAT} == {
        ".png": 2, ".tif": 2, ".tiff": 2, ".jpg": 2, ".jpeg": 2, ".webp": 3,
    }  # fmt: skip
    assert not any(choices_of(suffix) for suffix in (*LAYERED, ".gif", ""))
    assert choices_of(".JPG") == ("quality", "provenance")


def test_bits_are_chosen_and_kept(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    how = exporting(window, dialog, tmp_path / "one.png")
    assert list(how.form.fields) == ["bits", "provenance"]
    box = within(how.form["bits"], QComboBox)
    QTest.keyClick(box, Qt.Key.Key_End)
    press(how, "Export")
    loop.settle(loaded)
    assert read_photo(tmp_path / "one.png").bit_depth == 16
    assert loaded.preferences["bits"] == "16"
    press(exporting(window, dialog, tmp_path / "two.tif"), "Export")
    loop.settle(loaded)
    assert read_photo(tmp_path / "two.tif").bit_depth == 16


def test_quality_is_chosen_by_key(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    press(exporting(window, dialog, tmp_path / "fine.jpg"), "Export")
    loop.settle(loaded)
    how = exporting(window, dialog, tmp_path / "coarse.jpg")
    box = within(how.form["quality"], QSpinBox)
    assert isinstance(box, QSpinBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "20")
    QTest.keyClick(box, Qt.Key.Key_Tab)
    press(how, "Export")
    loop.settle(loaded)
    fine, coarse = (tmp_path / f"{name}.jpg" for name in ("fine", "coarse"))
    assert coarse.stat().st_size < fine.stat().st_size
    assert loaded.preferences["quality"] == 20


def test_without_loss_quality_does_not_count(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    how = exporting(window, dialog, tmp_path / "one.webp")
    assert how.form["quality"].isEnabled()
    assert not how.form["quality"].reset.isEnabled()  # it is the default
    switch = within(how.form["lossless"], QCheckBox)
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert not how.form["quality"].isEnabled()
    press(how, "Export")
    loop.settle(loaded)
    body = loaded.document.photo(Side.BODY)
    assert body is not None
    assert (read_photo(tmp_path / "one.webp").pixels == body.pixels).all()


def test_given_up_nothing_is_written_nor_kept(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    how = exporting(window, dialog, tmp_path / "one.webp")
    QTest.keyClick(within(how.form["lossless"], QCheckBox), Qt.Key.Key_Space)
    QTest.keyClick(how, Qt.Key.Key_Escape)
    loop.settle(loaded)
    assert not (tmp_path / "one.webp").exists()
    assert not loaded.preferences["lossless"]


def test_layers_are_exported_at_once(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    loaded.spawn(window.files.export())
    asked = dialog(QFileDialog)
    assert isinstance(asked, QFileDialog)
    choose(asked, tmp_path / "all.ora")
    loop.settle(loaded)
    assert (tmp_path / "all.ora").is_file()


def test_a_variation_is_proposed_where_the_result_is(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    swapped(loaded, loop)
    (made,) = variations(loaded)
    loaded.document.do(commands.rename_layer(made.id, "Anna/1"))
    (tmp_path / "there").mkdir()
    press(exporting(window, dialog, tmp_path / "there" / "first.png"), "Export")
    loop.settle(loaded)
    for ask, name in ((window.action_set["file.export"].trigger, "untitled.png"),
                      (strip(window).export.click, "untitled Anna-1.png")):  # fmt: skip
        ask()
        asked = dialog(QFileDialog)
        assert isinstance(asked, QFileDialog)
        assert proposed(asked) == tmp_path / "there" / name
        asked.reject()
        loop.until(lambda asked=asked: not asked.isVisible())


def test_one_of_several_variations_is_exported(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    loaded.document.do(commands.set_settings(variations=2))
    swapped(loaded, loop)
    other = variations(loaded)[1]
    strip(window).view.setCurrentIndex(strip(window).model.index_of(other.id))
    strip(window).export.click()
    asked = dialog(QFileDialog)
    assert isinstance(asked, QFileDialog)
    choose(asked, tmp_path / "other.png")
    press(dialog(ExportDialog), "Export")
    loop.settle(loaded)
    assert (read_photo(tmp_path / "other.png").pixels == other.photo().pixels).all()
    assert loaded.preferences.kept("folder") == str(tmp_path)


def strip(window: MainWindow) -> VariationsPanel:
    panel = window.findChild(VariationsPanel)
    assert panel is not None
    return panel


@pytest.mark.parametrize(("bits", "wanted"), [("source", None), ("8", 8), ("16", 16)])
def test_preferences_as_file_options(
    preferences: Preferences, bits: str, wanted: int | None
) -> None:
    preferences["quality"], preferences["lossless"], preferences["bits"] = 80, True, bits
    assert preferences.file_options == FileOptions(80, True, wanted)
