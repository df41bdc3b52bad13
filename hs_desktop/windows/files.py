"""Opening, saving, exporting and pasting: dialogs to be awaited, then the editor's work."""

from __future__ import annotations

import asyncio
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
from hs_desktop.windows.asking import Button, ask, ask_to_open, ask_to_save

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
        """A project; or a photo, for ``side`` or for the first side that has none."""
        self._remember(path)
        if path.suffix.lower() == PROJECT:
            if await self.may_leave():
                await self._editor.open_project(path, self.may_leave)
            return
        if side is None:
            side = Side.BODY if len(self._editor.document.head) else Side.HEAD
        await self._editor.open_photo(side, path)

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

    async def paste(self, side: Side) -> None:
        """The picture in the clipboard as the head or body photo; a copied file is opened."""
        mime = QGuiApplication.clipboard().mimeData()
        for url in [] if mime is None else mime.urls():
            if url.isLocalFile() and Path(url.toLocalFile()).suffix.lower() in PHOTOS:
                await self.open_file(Path(url.toLocalFile()), side)
                return
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self._editor.say(_("There is no picture in the clipboard."), Level.WARNING)
            return
        photo = await asyncio.to_thread(photo_of, image)
        self._editor.set_photo(side, photo, _("Pasted photo"))

    async def export(self) -> None:
        suffix = ".png"
        path = await ask_to_save(
            self._window, _("Export the result"), _export_filters(), self._proposal(suffix),
            suffix[1:],
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

    deep = image.depth() > 32
    wanted = QImage.Format.Format_RGBX64 if deep else QImage.Format.Format_RGB888
    converted = image.convertToFormat(wanted)
    height, width = converted.height(), converted.width()
    rows: NDArray[Any] = np.frombuffer(converted.constBits(), np.uint16 if deep else np.uint8)
    rows = rows.reshape(height, -1)
    channels = 4 if deep else 3
    pixels = rows[:, : channels * width].reshape(height, width, channels)[..., :3]
    icc = bytes(image.colorSpace().iccProfile().data()) if image.colorSpace().isValid() else None
    return Photo(np.ascontiguousarray(pixels), icc=icc or None)


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
