"""The first thing to be seen: go on with a project, or begin another."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QFileInfo, QLocale, QSize, Qt
from PySide6.QtGui import QIcon, QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
)

from hs_desktop.dialog_parts import heading, muted
from hs_desktop.document.events import Side
from hs_desktop.i18n import _
from hs_desktop.icons import icon
from hs_desktop.windows.parts import thumbnail

if TYPE_CHECKING:
    from hs_desktop.windows.main_window import MainWindow

_THUMBNAIL = "Thumbnails/thumbnail.png"  # OpenRaster's
_PICTURE = QSize(72, 54)
_PATH = Qt.ItemDataRole.UserRole


class Welcome(QDialog):
    """Recent projects with pictures of them, and ways to begin."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.setWindowTitle(_("Welcome"))
        row = QHBoxLayout(self)
        row.setContentsMargins(22, 20, 22, 18)
        row.setSpacing(24)
        row.addLayout(self._beginnings())
        row.addLayout(self._recent(), 1)
        self.resize(760, 420)

    # --- the left: beginning ---------------------------------------------------------------------

    def _beginnings(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(heading(_("HS Desktop"), 1.6))
        about = muted(_("Put the head of one photo on the body of another."))
        about.setMaximumWidth(240)
        column.addWidget(about)
        column.addSpacing(10)
        column.addWidget(self._button(
            _("&New swap…"), "swap", _("Choose a head photo, then a body photo"), self._new_swap
        ), 0)  # fmt: skip
        column.addWidget(self._button(
            _("&Open…"), "folder", _("Open a project or a photo"), self._open
        ), 0)  # fmt: skip
        column.addWidget(self._button(
            _("&Sample project"), "person", _("Two photos to try things out with"), self._sample
        ), 0)  # fmt: skip
        column.addStretch(1)
        again = QCheckBox(_("Show this at start"))
        preferences = self._window.editor.preferences
        again.setChecked(preferences["show_welcome"])
        again.toggled.connect(lambda on: preferences.__setitem__("show_welcome", on))
        column.addWidget(again)
        return column

    def _button(self, text: str, name: str, tip: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setIcon(icon(name))
        button.setIconSize(QSize(20, 20))
        button.setToolTip(tip)
        button.setMinimumSize(220, 38)
        button.setStyleSheet("text-align: left; padding-left: 12px;")
        button.setAutoDefault(False)
        button.clicked.connect(run)
        return button

    def _new_swap(self) -> None:
        self.accept()
        self._window.editor.spawn(new_swap(self._window))

    def _open(self) -> None:
        self.accept()
        self._window.editor.spawn(self._window.files.open())

    def _sample(self) -> None:
        self.accept()
        self._window.editor.spawn(self._window.files.open_sample())

    # --- the right: going on ---------------------------------------------------------------------

    def _recent(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        title = QLabel(_("&Recent projects"))
        self._list = QListWidget()
        self._list.setIconSize(_PICTURE)
        self._list.setSpacing(2)
        self._list.setUniformItemSizes(True)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(_("Recent projects"))
        self._list.itemActivated.connect(self._open_item)
        self._list.itemClicked.connect(self._open_item)
        title.setBuddy(self._list)
        nothing = muted(_("No project yet. Begin with two photos, or try the sample project; "
                          "what you save appears here."))  # fmt: skip
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        nothing.setContentsMargins(30, 0, 30, 0)
        pages = QStackedWidget()
        pages.addWidget(self._list)
        pages.addWidget(nothing)
        recent = self._window.editor.preferences.recent
        for path in recent:
            self._list.addItem(self._item(path))
        pages.setCurrentIndex(0 if recent else 1)
        column.addWidget(title)
        column.addWidget(pages, 1)
        if recent:
            self._window.editor.spawn(self._load_pictures())
        return column

    def _item(self, path: Path) -> QListWidgetItem:
        changed: QDateTime = QFileInfo(str(path)).lastModified()
        when = QLocale().toString(changed, QLocale.FormatType.ShortFormat)
        item = QListWidgetItem(f"{path.name}\n{when}  ·  {path.parent}")
        item.setToolTip(str(path))
        item.setData(_PATH, path)
        item.setIcon(QIcon(thumbnail(QImage(), _PICTURE.width(), _PICTURE.height(), self)))
        return item

    async def _load_pictures(self) -> None:
        for index in range(self._list.count()):
            item = self._list.item(index)
            data = await asyncio.to_thread(read_thumbnail, item.data(_PATH))
            if not self.isVisible():
                return
            picture = QImage.fromData(data)
            item.setIcon(QIcon(thumbnail(picture, _PICTURE.width(), _PICTURE.height(), self)))

    def _open_item(self, item: QListWidgetItem) -> None:
        self.accept()
        self._window.editor.spawn(self._window.files.open_file(item.data(_PATH)))


async def new_swap(window: MainWindow) -> None:
    """Another project: ask for the head photo, then for the body photo."""
    if not await window.files.may_leave():
        return
    window.editor.new()
    document = window.editor.document
    for side in (Side.HEAD, Side.BODY):
        await window.files.open_photo(side)
        if document is not window.editor.document or not len(document.state.stack(side)):
            return  # given up


def read_thumbnail(path: Path) -> bytes:
    """A project's small picture as PNG; empty where there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_THUMBNAIL).file_size > 1 << 20:
                return b""
            return archive.read(_THUMBNAIL)
    except (OSError, KeyError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return b""
