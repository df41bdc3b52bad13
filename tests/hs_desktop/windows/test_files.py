"""Photos, layers of Photoshop files and pictures that come by dialog, drop and paste."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColorSpace, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QListWidget, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from engine.colour import space
from engine.imageio import Photo, to_srgb8
from engine.requests import HeadTransform
from hs_desktop.document.events import Side
from hs_desktop.document.layers import PhotoLayer, PictureLayer
from hs_desktop.document.parts import Part
from hs_desktop.document.psd import write_psd
from hs_desktop.editor import Editor, Message
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.pasted import photo_of
from hs_desktop.windows.psd_layers import PsdLayersDialog
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import find
from tests.hs_desktop.editing import kinds, swapped, texts, variations
from tests.hs_desktop.views.showing import at_work, line
from tests.hs_desktop.windows.conftest import choose, press

CTRL = Qt.KeyboardModifier.ControlModifier
Dialog = Callable[[type[QWidget]], QWidget]


def png(path: Path, colour: tuple[int, ...], size: tuple[int, int] = (40, 30)) -> Path:
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path)
    return path


def psd(path: Path) -> Path:
    """A red layer, transparent on the right half, over a blue one."""
    red, blue = np.zeros((32, 48, 3), np.uint8), np.zeros((32, 48, 3), np.uint8)
    red[..., 0], blue[..., 2] = 200, 150
    left: NDArray[np.uint8] = np.zeros((32, 48), np.uint8)
    left[:, :24] = 255
    merged = np.where(left[..., None] > 0, red, blue)
    with path.open("wb") as file:
        write_psd(file, Photo(merged), [Part("red", red, alpha=left), Part("blue", blue)])
    return path


def drop(widget: QWidget, *paths: Path) -> bool:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    at = widget.rect().center()
    QApplication.sendEvent(widget, QDragEnterEvent(at, copy, mime, left, none))
    dropped = QDropEvent(QPointF(at), copy, mime, left, none)
    QApplication.sendEvent(widget, dropped)
    return dropped.isAccepted()


def colour_of(editor: Editor, side: Side) -> tuple[int, ...]:
    photo = editor.document.photo(side)
    assert photo is not None
    return tuple(photo.pixels[0, 0].tolist())


# --- several at once ---------------------------------------------------------------------------


def test_two_photos_dropped_are_head_and_body(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    drop(window, png(tmp_path / "a.png", (9, 0, 0)), png(tmp_path / "b.png", (0, 9, 0)))
    loop.settle(editor)
    assert (colour_of(editor, Side.HEAD), colour_of(editor, Side.BODY)) == ((9, 0, 0), (0, 9, 0))


def test_of_two_photos_on_a_canvas_the_first_is_for_it(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    pane = window.canvases.pane(Side.BODY)
    drop(pane, png(tmp_path / "a.png", (9, 0, 0)), png(tmp_path / "b.png", (0, 9, 0)))
    loop.settle(editor)
    assert (colour_of(editor, Side.BODY), colour_of(editor, Side.HEAD)) == ((9, 0, 0), (0, 9, 0))


def test_a_third_photo_takes_nobodys_place(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path, said: list[Message]
) -> None:
    drop(window, *(png(tmp_path / f"{k}.png", (k, 0, 0)) for k in (1, 2, 3)))
    loop.settle(editor)
    assert (colour_of(editor, Side.HEAD), colour_of(editor, Side.BODY)) == ((1, 0, 0), (2, 0, 0))
    assert "the other files were not opened" in texts(said)[-1]


def test_a_photo_that_cannot_be_read_does_not_keep_the_other_away(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path, said: list[Message]
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    drop(window, tmp_path / "bad.png", png(tmp_path / "b.png", (0, 9, 0)))
    loop.settle(editor)
    assert kinds(editor, Side.HEAD) == []
    assert colour_of(editor, Side.BODY) == (0, 9, 0)
    assert ["bad.png" in text for text in texts(said)] == [True]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
def test_files_whose_names_are_no_text(
    window: MainWindow, editor: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    photo = png(folder / os.fsdecode(b"na\xefve.png"), (0, 9, 0))
    project = folder / os.fsdecode(b"na\xefve.hsd")
    loop.run_until_complete(window.files.open_file(photo))
    loop.settle(editor)
    loop.run_until_complete(editor.save(project))
    editor.new()
    loop.run_until_complete(window.files.open_file(project))
    assert colour_of(editor, Side.HEAD) == (0, 9, 0)
    assert editor.preferences.recent == [project]


# --- pictures as layers ------------------------------------------------------------------------


def test_a_picture_dropped_on_the_result_is_a_layer(
    window: MainWindow, loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    assert drop(window.canvases.pane(Side.RESULT), png(tmp_path / "logo.png", (9, 99, 199, 128)))
    loop.settle(loaded)
    layer = find(loaded.document, Side.RESULT, PictureLayer)
    assert (layer.name, layer.size, layer.position) == ("logo", (40, 30), (60, 85))
    assert layer.pixels.pixels[0, 0].tolist() == [9, 99, 199, 128]
    assert (loaded.side, loaded.layer_id) == (Side.RESULT, layer.id)
    loaded.document.undo()
    assert PictureLayer not in kinds(loaded, Side.RESULT)


def test_the_move_tool_moves_the_picture_and_not_the_head_beneath(
    window: MainWindow, loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    swapped(loaded, loop)
    drop(window.canvases.pane(Side.RESULT), png(tmp_path / "hair.png", (9, 99, 199)))
    loop.settle(loaded)
    view = at_work(window.canvases, Side.RESULT)
    line(view, (80, 100), (90, 95))
    layer = find(loaded.document, Side.RESULT, PictureLayer)
    assert layer.position == (70, 80)
    assert loaded.document.transform == HeadTransform()
    loaded.activate(Side.RESULT, variations(loaded)[0].id)
    line(view, (80, 60), (90, 55))
    assert loaded.document.transform.shift == pytest.approx((10, -5), abs=1)
    assert find(loaded.document, Side.RESULT, PictureLayer).position == (70, 80)


def test_a_picture_is_imported_onto_the_side_that_is_looked_at(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    loaded.activate(Side.HEAD)
    window.action_set.refresh_now()
    window.action_set["layer.import"].trigger()
    asked = dialog(QFileDialog)
    assert isinstance(asked, QFileDialog)
    choose(asked, png(tmp_path / "hair.png", (1, 2, 3)))
    loop.settle(loaded)
    layer = find(loaded.document, Side.HEAD, PictureLayer)
    assert layer.pixels.pixels[0, 0].tolist() == [1, 2, 3, 255]


def test_without_a_photo_nothing_is_imported(window: MainWindow) -> None:
    window.action_set.refresh_now()
    assert not window.action_set["layer.import"].isEnabled()


# --- pasting -----------------------------------------------------------------------------------


def copied(size: tuple[int, int], colour: int) -> None:
    image = QImage(*size, QImage.Format.Format_ARGB32)
    image.fill(colour)
    QGuiApplication.clipboard().setImage(image)


@pytest.mark.parametrize("side", [Side.HEAD, Side.BODY])
def test_paste_goes_to_the_canvas(
    window: MainWindow, loaded: Editor, loop: WindowLoop, qtbot: QtBot, side: Side
) -> None:
    window.canvases.show_side(side)
    copied((33, 44), 0xFF0A141E)
    qtbot.keyClick(window.canvases.view, Qt.Key.Key_V, CTRL)
    loop.settle(loaded)
    assert find(loaded.document, side, PhotoLayer).size == (33, 44)
    assert colour_of(loaded, side) == (10, 20, 30)


def test_paste_on_the_result_is_a_layer(
    window: MainWindow, loaded: Editor, loop: WindowLoop, qtbot: QtBot
) -> None:
    window.canvases.show_side(Side.RESULT)
    copied((33, 44), 0x800A141E)
    qtbot.keyClick(window.canvases.view, Qt.Key.Key_V, CTRL)
    loop.settle(loaded)
    pixels = find(loaded.document, Side.RESULT, PictureLayer).pixels.pixels
    assert pixels.shape == (44, 33, 4)
    np.testing.assert_allclose(pixels[0, 0], [10, 20, 30, 128], atol=1)


def test_paste_on_an_empty_result_begins_with_the_head(
    window: MainWindow, editor: Editor, loop: WindowLoop, qtbot: QtBot
) -> None:
    window.canvases.show_side(Side.RESULT)
    copied((33, 44), 0xFF0A141E)
    window.action_set["edit.paste"].trigger()
    loop.settle(editor)
    assert colour_of(editor, Side.HEAD) == (10, 20, 30)


def test_a_pasted_photo_lies_on_white_as_one_that_is_opened() -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    image.fill(0x00102030)
    np.testing.assert_array_equal(photo_of(image).pixels[0, 0], [255, 255, 255])


def test_pasted_grey_is_shown_as_its_profile_says() -> None:
    image = QImage(20, 20, QImage.Format.Format_Grayscale8)
    image.fill(100)
    white = QPointF(0.3127, 0.329)
    image.setColorSpace(QColorSpace(white, QColorSpace.TransferFunction.Gamma, 1.8))
    photo = photo_of(image)
    assert space(photo.icc) == "RGB"
    np.testing.assert_allclose(to_srgb8(photo)[0, 0], [119] * 3, atol=1)


def test_more_than_eight_bits_are_kept() -> None:
    image = QImage(20, 20, QImage.Format.Format_Grayscale16)
    image.fill(1000)
    photo = photo_of(image)
    assert photo.bit_depth == 16
    np.testing.assert_array_equal(photo.pixels[0, 0], [1000] * 3)


def test_a_picture_too_small_for_a_photo_is_told_and_taken_as_a_layer(
    window: MainWindow, loaded: Editor, loop: WindowLoop, said: list[Message]
) -> None:
    copied((5, 4), 0xFF0A141E)
    before = loaded.document.photo(Side.HEAD)
    window.action_set["edit.paste-head"].trigger()
    loop.settle(loaded)
    assert "too small" in texts(said)[-1]
    assert loaded.document.photo(Side.HEAD) is before
    loop.run_until_complete(window.files.paste(Side.RESULT))
    assert find(loaded.document, Side.RESULT, PictureLayer).size == (5, 4)


# --- Photoshop files ---------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "left", "right"), [
    (0, (200, 0, 0), (0, 0, 150)),
    (1, (200, 0, 0), (255, 255, 255)),
    (2, (0, 0, 150), (0, 0, 150)),
])  # fmt: skip
def test_a_layer_of_a_photoshop_file(
    window: MainWindow, editor: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path,
    row: int, left: tuple[int, ...], right: tuple[int, ...],
) -> None:  # fmt: skip
    drop(window.canvases.pane(Side.HEAD), psd(tmp_path / "two.psd"))
    asked = dialog(PsdLayersDialog)
    names = asked.findChild(QListWidget)
    assert names is not None
    for _step in range(row):
        QTest.keyClick(names, Qt.Key.Key_Down)
    press(asked, "Open")
    loop.settle(editor)
    photo = editor.document.photo(Side.HEAD)
    assert photo is not None
    np.testing.assert_array_equal(photo.pixels[5, [5, 40]], [left, right])


def test_a_layer_of_a_photoshop_file_keeps_its_transparency_on_the_result(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path
) -> None:
    drop(window.canvases.pane(Side.RESULT), psd(tmp_path / "two.psd"))
    asked = dialog(PsdLayersDialog)
    names = asked.findChild(QListWidget)
    assert names is not None
    QTest.keyClick(names, Qt.Key.Key_Down)
    press(asked, "Open")
    loop.settle(loaded)
    layer = find(loaded.document, Side.RESULT, PictureLayer)
    assert layer.name == "red"
    assert layer.pixels.pixels[5, 5].tolist() == [200, 0, 0, 255]
    assert layer.pixels.pixels[5, 40, 3] == 0


def test_opening_a_photoshop_file_is_given_up(
    window: MainWindow, editor: Editor, loop: WindowLoop, dialog: Dialog, tmp_path: Path,
    said: list[Message],
) -> None:  # fmt: skip
    drop(window.canvases.pane(Side.HEAD), psd(tmp_path / "two.psd"))
    QTest.keyClick(dialog(PsdLayersDialog), Qt.Key.Key_Escape)
    loop.settle(editor)
    assert kinds(editor, Side.HEAD) == []
    assert texts(said) == []


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
