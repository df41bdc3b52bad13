"""Opening, saving, exporting and pasting: dialogs to be awaited, then the editor's work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QMessageBox

from engine.resources import resource_path
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.export import FLAT, LAYERED
from hs_desktop.editor import Editor, Level
from hs_desktop.filetypes import PHOTOS, PROJECT
from hs_desktop.i18n import _
from hs_desktop.importing import add_picture, can_take_picture, import_picture
from hs_desktop.windows.asking import Button, ask, ask_to_open, ask_to_save
from hs_desktop.windows.exporting import ask_to_export
from hs_desktop.windows.psd_layers import MERGED, ask_for_layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.imageio import Photo
    from hs_desktop.windows.main_window import MainWindow

SAMPLE_HEAD, SAMPLE_BODY = "samples/astronaut.png", "samples/grace_hopper.jpg"
_FOLDER = "folder"  # where files were opened or written last, in the preferences


class Files:
    """What the file menu does; belongs to the main window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    @property
    def _editor(self) -> Editor:
        return self._window.editor

    # --- projects --------------------------------------------------------------------------------

    async def new(self) -> None:
        if await self.may_leave():
            self._editor.new()

    async def open(self) -> None:
        """Ask for a project, or for a photo to become the head."""
        projects = _("Projects ({patterns})").format(patterns=f"*{PROJECT}")
        path = await ask_to_open(
            self._window, _("Open"), [projects, *_photo_filters()], self._folder()
        )
        if path is not None:
            await self.open_file(path)

    async def open_file(self, path: Path, side: Side | None = None) -> None:
        """A project; or a photo, for ``side`` or for the first side that has none.

        On the result, a photo becomes a layer over it.
        """
        self._remember(path)
        if path.suffix.lower() == PROJECT:
            if await self.may_leave():
                await self._editor.open_project(path, self.may_leave)
            return
        layer = await self._psd_layer(path)
        if layer is None:
            return
        if side is None:
            side = self._missing_side()
        if side is Side.RESULT:
            await import_picture(self._editor, side, path, layer or None)
        elif layer == MERGED:
            await self._editor.open_photo(side, path)
        else:
            await self._open_psd_layer(side, path, layer)

    async def open_files(self, paths: Sequence[Path], side: Side | None = None) -> None:
        """What was dropped: one file, or a head and a body.

        Args:
            paths: projects and photos.
            side: of the first photo; the second is for the other side. By default of two the
                first is the head, and one is for the first side that has none.
        """
        others = {Side.HEAD: Side.BODY, Side.BODY: Side.HEAD}
        if side is None and len(paths) > 1:
            side = Side.HEAD
        for path in paths:
            await self.open_file(path, side)
            side = None if side is None else others.get(side, side)

    def _missing_side(self) -> Side:
        return Side.BODY if len(self._editor.document.head) else Side.HEAD

    async def _psd_layer(self, path: Path) -> str | None:
        """Which layer of a Photoshop file; ``MERGED`` of all else, ``None`` if given up."""
        if path.suffix.lower() not in (".psd", ".psb"):
            return MERGED
        from hs_desktop.reading import read_psd_layers  # brings decoders along

        text = _("Reading {name}…").format(name=path.name)
        layers = await self._editor.readings.read(text, lambda _watch: read_psd_layers(path))
        if len(layers) < 2:
            return MERGED
        return await ask_for_layer(path.name, layers, self._window)

    async def _open_psd_layer(self, side: Side, path: Path, layer: str) -> None:
        from hs_desktop.reading import read_picture

        document = self._editor.document
        text = _("Reading {name}…").format(name=path.name)
        photo = await self._editor.readings.read(text, lambda _watch: read_picture(path, layer))
        if document is self._editor.document:
            self._editor.set_photo(side, photo, layer)

    async def open_sample(self) -> None:
        """Two photos that come with the program, as a project without a name."""
        if await self.may_leave():
            self._editor.new()
            for side, name in ((Side.HEAD, SAMPLE_HEAD), (Side.BODY, SAMPLE_BODY)):
                await self._editor.open_photo(side, resource_path(name))

    async def save(self) -> bool:
        """Save under the project's own name, else ask for one; whether it was saved."""
        if self._editor.document.path is None:
            return await self.save_as()
        return await self._save(self._editor.document.path)

    async def save_as(self) -> bool:
        document = self._editor.document
        path = await ask_to_save(
            self._window, _("Save project"),
            [_("Projects ({patterns})").format(patterns=f"*{PROJECT}")],
            document.path or self._proposal(PROJECT), PROJECT[1:],
        )  # fmt: skip
        return path is not None and await self._save(path)

    async def _save(self, path: Path) -> bool:
        self._remember(path)
        with self._window.status.busy(_("Saving {name}…").format(name=path.name)):
            await self._editor.save(path)
        return True

    async def may_leave(self) -> bool:
        """Whether the open project may be given up; where it isn't saved, the user says."""
        document = self._editor.document
        document.settle()
        if not document.is_modified:
            return True
        answer = await ask(
            self._window,
            _('Save the changes to "{name}"?').format(name=title_of(document)),
            _("What isn't saved is lost."),
            {
                QMessageBox.StandardButton.Save: _("&Save"),
                QMessageBox.StandardButton.Discard: _("&Don't save"),
                QMessageBox.StandardButton.Cancel: _("Cancel"),
            },
            QMessageBox.StandardButton.Save,
        )
        if answer is Button.Save:
            return await self.save()
        return answer is Button.Discard

    # --- pictures --------------------------------------------------------------------------------

    async def open_photo(self, side: Side) -> None:
        title = _("Open head photo") if side is Side.HEAD else _("Open body photo")
        path = await ask_to_open(self._window, title, _photo_filters(), self._folder())
        if path is not None:
            await self.open_file(path, side)

    async def import_picture(self) -> None:
        """Ask for a picture that becomes a layer of the side that is worked on."""
        side = self._editor.side
        path = await ask_to_open(
            self._window, _("Import a picture as a layer"), _photo_filters(), self._folder()
        )
        if path is None:
            return
        self._remember(path)
        layer = await self._psd_layer(path)
        if layer is not None:
            await import_picture(self._editor, side, path, layer or None)

    async def paste(self, side: Side | None = None) -> None:
        """The picture in the clipboard as the head or body photo; a copied file is opened.

        Args:
            side: by default that which is looked at; on the result it becomes a layer.
        """
        if side is None:
            side = self._editor.side
            if side is Side.RESULT and not can_take_picture(self._editor, side):
                side = self._missing_side()
        mime = QGuiApplication.clipboard().mimeData()
        for url in [] if mime is None else mime.urls():
            if url.isLocalFile() and Path(url.toLocalFile()).suffix.lower() in PHOTOS:
                await self.open_file(Path(url.toLocalFile()), side)
                return
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self._editor.say(_("There is no picture in the clipboard."), Level.WARNING)
            return
        if side is Side.RESULT:
            pixels, icc = await asyncio.to_thread(cut_out_of, image)
            add_picture(self._editor, side, pixels, icc, _("Pasted picture"))
        else:
            photo = await asyncio.to_thread(photo_of, image)
            self._editor.set_photo(side, photo, _("Pasted photo"))

    async def export(self) -> None:
        path = await ask_to_export(
            self._window, self._editor.preferences, _("Export the result"), _export_filters(),
            self._proposal(".png"),
        )  # fmt: skip
        if path is not None:
            self._remember(path)
            with self._window.status.busy(_("Exporting {name}…").format(name=path.name)):
                await self._editor.export(path)

    # --- parts -----------------------------------------------------------------------------------

    def _folder(self) -> Path | None:
        kept = self._editor.preferences.kept(_FOLDER)
        return Path(kept) if isinstance(kept, str) and Path(kept).is_dir() else None

    def _remember(self, path: Path) -> None:
        if not path.is_relative_to(resource_path("samples")):
            self._editor.preferences.keep(_FOLDER, str(path.absolute().parent))

    def _proposal(self, suffix: str) -> Path:
        path = self._editor.document.path
        if path is not None:
            return path.with_suffix(suffix)
        return (self._folder() or Path.home()) / (_("untitled") + suffix)


def title_of(document: Document) -> str:
    """The project's name, as in the window's title."""
    return _("untitled") if document.path is None else document.path.name


def photo_of(image: QImage) -> Photo:
    """A picture of Qt's as a photo: 16 bits where it has more than 8."""
    import numpy as np

    from engine.imageio import Photo

    pixels, icc = _rgbx_of(image, QImage.Format.Format_RGBX8888, QImage.Format.Format_RGBX64)
    return Photo(np.ascontiguousarray(pixels[..., :3]), icc=icc)


def cut_out_of(image: QImage) -> tuple[NDArray[Any], bytes | None]:
    """The same as H x W x 4 RGBA, uint8 or uint16, and the profile."""
    return _rgbx_of(image, QImage.Format.Format_RGBA8888, QImage.Format.Format_RGBA64)


def _rgbx_of(
    image: QImage, format_8: QImage.Format, format_16: QImage.Format
) -> tuple[NDArray[Any], bytes | None]:
    import numpy as np

    deep = image.depth() > 32
    converted = image.convertToFormat(format_16 if deep else format_8)
    rows: NDArray[Any] = np.frombuffer(converted.constBits(), np.uint16 if deep else np.uint8)
    height, width = converted.height(), converted.width()
    pixels = rows.reshape(height, -1)[:, : 4 * width].reshape(height, width, 4).copy()
    icc = bytes(image.colorSpace().iccProfile().data()) if image.colorSpace().isValid() else None
    return pixels, icc or None


def _photo_filters() -> list[str]:
    patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in PHOTOS)
    return [_("Photos ({patterns})").format(patterns=patterns), _("All files (*)")]


def _export_filters() -> list[str]:
    names = {
        ".png": "PNG", ".tif": "TIFF", ".jpg": "JPEG", ".webp": "WebP",
        ".psd": _("Photoshop, in layers"), ".ora": _("OpenRaster, in layers"),
    }  # fmt: skip
    assert set(names) <= {*FLAT, *LAYERED}
    every = " ".join(f"*{suffix}" for suffix in (*FLAT, *LAYERED))
    return [
        _("All formats ({patterns})").format(patterns=every),
        *(f"{name} (*{suffix})" for suffix, name in names.items()),
    ]
