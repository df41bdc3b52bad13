"""The preferences: declared settings by subject, and the shortcuts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hs_desktop.dialog_parts import closing_buttons, dialog_column
from hs_desktop.following import watch
from hs_desktop.i18n import N_, _
from hs_desktop.icons import icon
from hs_desktop.model_packs import InstalledPack, installed_packs
from hs_desktop.panels.settings_form import SettingsForm
from hs_desktop.paths import packs_folder
from hs_desktop.preferences import Preferences
from hs_desktop.settings import Setting, Value, setting
from hs_desktop.windows.shortcuts import ShortcutsPage

if TYPE_CHECKING:
    from hs_desktop.windows.main_window import MainWindow

_PAGES = (
    (N_("General"), ("theme", "language", "screen_profile", "show_welcome")),
    (N_("Engine"), ("device", "precision", "pack", "pack_folder", "engine_memory")),
    (N_("Export"), ("quality", "lossless", "bits", "provenance")),
    (N_("Memory"), ("undo_memory", "variation_memory", "autosave_seconds")),
)
SHORTCUTS = len(_PAGES)  # the page's index


class PreferencesDialog(QDialog):
    """What is changed counts at once; what only a new start takes up is told."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._preferences: Preferences = window.editor.preferences
        self.setWindowTitle(_("Preferences"))
        self.forms: list[SettingsForm] = []
        self._pages = QTabWidget()
        self._pages.setDocumentMode(True)
        for title, keys in _PAGES:
            self._pages.addTab(self._page(keys), _(title))
        self._pages.addTab(ShortcutsPage(window.action_set), _("Shortcuts"))
        self._restart = QLabel(_("Takes effect when the program starts the next time."))
        self._restart.hide()
        reset = QPushButton(_("Restore &defaults"))
        reset.setToolTip(_("All preferences as they were at first; shortcuts stay"))
        reset.clicked.connect(self._preferences.reset)
        column = dialog_column(self)
        column.addWidget(self._pages, 1)
        column.addWidget(self._restart)
        column.addWidget(closing_buttons(self, reset))
        watch(self._preferences.changed, self._changed, self)
        self.resize(620, 500)

    def show_shortcuts(self) -> None:
        self._pages.setCurrentIndex(SHORTCUTS)

    def _page(self, keys: tuple[str, ...]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(10)
        rows = [_row(key, self._preferences) for key in keys]
        values = {key: self._preferences[key] for key in keys}
        form = SettingsForm(rows, values, explained=True)
        form.changed.connect(self._set)
        self.forms.append(form)
        column.addWidget(form)
        if "pack" in keys:
            column.addLayout(self._packs())
        column.addStretch(1)
        return page

    def _packs(self) -> QHBoxLayout:
        manager = QPushButton(_("&Model manager…"))
        manager.clicked.connect(lambda: self._window.editor.spawn(self._window.dialogs.models()))
        folder = QPushButton(_("Open pack &folder"))
        folder.setIcon(icon("folder"))
        folder.clicked.connect(self._open_pack_folder)
        row = QHBoxLayout()
        for button in (manager, folder):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _open_pack_folder(self) -> None:
        folder = packs_folder(self._preferences["pack_folder"])
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _set(self, key: str, value: Value) -> None:
        self._preferences[key] = value

    def _changed(self, key: str) -> None:
        for form in self.forms:
            if key in form.fields:
                form.set_values({key: self._preferences[key]})
                if setting(key).only_new:
                    self._restart.show()


def _row(key: str, preferences: Preferences) -> Setting:
    """A preference as it is declared; the pack as a choice of what is installed."""
    row = setting(key)
    if key != "pack":
        return row
    own = packs_folder(preferences["pack_folder"])
    choices = {pack.key: _pack_name(pack) for pack in installed_packs(own)}
    choices.setdefault(preferences[key], preferences[key])
    return replace(row, choices=tuple(choices.items()))


def _pack_name(pack: InstalledPack) -> str:
    return pack.key if pack.manifest is None else f"{pack.manifest.name} {pack.manifest.version}"
