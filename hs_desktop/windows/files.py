"""Opening, saving, exporting and pasting: dialogs to be awaited, then the editor's work."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from engine.errors import Cancelled, EngineError
from engine.limits import MIN_SIDE
from engine.resources import resource_path
from engine.sentences import Sentence
from hs_desktop.asking import Button, ask, ask_to_open, ask_to_save
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Level
from hs_desktop.exporting import ask_to_export
from hs_desktop.filetypes import PHOTOS, PROJECT
from hs_desktop.i18n import _, translated
from hs_desktop.importing import add_picture, can_take_picture, import_picture
from hs_desktop.windows.pasted import cut_out_of, photo_of
from hs_desktop.windows.psd_layers import MERGED, ask_for_layer

if TYPE_CHECKING:
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
        else:
            await self._editor.open_photo(side, path, layer or None)

    async def open_files(self, paths: Sequence[Path], side: Side | None = None) -> None:
        """What was dropped: a project, a photo, a head and a body, or layers for the result.

        One that can't be opened is told, and the others are opened all the same.

        Args:
            paths: projects, of which one is opened, and photos.
            side: of the first photo; the second is for the other side. By default of two the
                first is the head, and one is for the first side that has none.
        """
        projects = [path for path in paths if path.suffix.lower() == PROJECT]
        photos = [path for path in paths if path not in projects]
        places: list[Side | None] = [side]
        if side is Side.RESULT:
            places *= len(photos)
        elif len(photos) > 1:
            places = [Side.BODY, Side.HEAD] if side is Side.BODY else [Side.HEAD, Side.BODY]
        for path in projects[:1]:
            await self._open_or_tell(path)
        document = self._editor.document
        for path, place in zip(photos, places, strict=False):
            if document is self._editor.document:  # else another one was opened meanwhile
                await self._open_or_tell(path, place)
        if len(projects) > 1 or len(photos) > len(places):
            self._editor.say(
                _("Only one project, or one head and one body photo, can be open at a time: "
                  "the other files were not opened."),
                Level.WARNING,
            )  # fmt: skip

    async def _open_or_tell(self, path: Path, side: Side | None = None) -> None:
        """As ``open_file``; why a file can't be opened is told."""
        try:
            await self.open_file(path, side)
        except Cancelled:
            raise
        except EngineError as error:
            self._editor.say(translated(error), Level.ERROR)

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

    async def open_sample(self) -> None:
        """Two photos that come with the program, as a project without a name."""
        if not await self.may_leave():
            return
        self._editor.new()
        document = self._editor.document
        for side, name in ((Side.HEAD, SAMPLE_HEAD), (Side.BODY, SAMPLE_BODY)):
            if document is self._editor.document:  # else another one was opened meanwhile
                await self._editor.open_photo(side, resource_path(name))

    async def save(self) -> bool:
        """Save under the project's own name, else ask for one; whether it was saved."""
        if self._editor.document.path is None:
            return await self.save_as()
        return await self._save(self._editor.document.path)

    async def save_as(self) -> bool:
        document = self._editor.document
        proposal = document.path or self._proposal(PROJECT)
        while True:
            chosen = await ask_to_save(
                self._window, _("Save project"),
                [_("Projects ({patterns})").format(patterns=f"*{PROJECT}")],
                proposal, PROJECT[1:],
            )  # fmt: skip
            if chosen is None or document is not self._editor.document:
                return False
            # The dialog takes what follows a dot for a suffix, as in "anna 1.5".
            path = chosen
            if chosen.suffix.lower() != PROJECT:
                path = chosen.with_name(chosen.name + PROJECT)
            if path == chosen or not path.exists():
                return await self._save(path)
            proposal = path  # which the dialog asks about, since there is such a file

    async def _save(self, path: Path) -> bool:
        self._remember(path)
        with self._window.status.busy(_("Saving {name}…").format(name=path.name)):
            await self._editor.save(path)
        return True

    async def may_leave(self) -> bool:
        """Whether the open project may be given up; where it isn't saved, the user says.

        What was done while it was being saved is asked about, too.
        """
        while True:
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
            if answer is not Button.Save:
                return answer is Button.Discard
            if not await self.save():
                return False

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

        Raises:
            InputFileError: it is too small or too large, or the file can't be read.
        """
        from hs_desktop.reading import need_size  # brings decoders along

        if side is None:
            side = self._editor.side
            if side is Side.RESULT and not can_take_picture(self._editor, side):
                side = self._missing_side()
        mime = QGuiApplication.clipboard().mimeData()
        for url in [] if mime is None else mime.urls():
            if url.isLocalFile() and Path(url.toLocalFile()).suffix.lower() in PHOTOS:
                await self.open_file(Path(url.toLocalFile()), side)
                return
        image, document = QGuiApplication.clipboard().image(), self._editor.document
        if image.isNull():
            self._editor.say(_("There is no picture in the clipboard."), Level.WARNING)
            return
        name, least = Sentence("Pasted photo"), MIN_SIDE
        if side is Side.RESULT:
            name, least = Sentence("Pasted picture"), 1
        need_size(Path(translated(name)), image.width(), image.height(), least)
        if side is Side.RESULT:
            pixels, icc = await asyncio.to_thread(cut_out_of, image)
            if document is self._editor.document:
                add_picture(self._editor, side, pixels, icc, name)
        else:
            photo = await asyncio.to_thread(photo_of, image)
            if document is self._editor.document:
                self._editor.set_photo(side, photo, name)

    async def export(self, variation: Variation | None = None) -> None:
        """Ask for a file for the result, or for one of its variations alone."""
        title, proposal = _("Export the result"), self._proposal(".png")
        if variation is not None:
            title = _("Export the variation")
            name = re.sub(r'[/\\:*?"<>|]', "-", translated(variation.name))
            proposal = proposal.with_name(f"{proposal.stem} {name}.png")
        path = await ask_to_export(self._window, self._editor.preferences, title, proposal)
        if path is not None:
            self._remember(path)
            with self._window.status.busy(_("Exporting {name}…").format(name=path.name)):
                await self._editor.export(path, None if variation is None else variation.id)

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


def _photo_filters() -> list[str]:
    patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in PHOTOS)
    return [_("Photos ({patterns})").format(patterns=patterns), _("All files (*)")]
