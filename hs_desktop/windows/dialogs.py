"""The windows beside the main one, opened when they are asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog

from hs_desktop import edits
from hs_desktop.asking import finished
from hs_desktop.commands.machine import examine, format_report
from hs_desktop.editor import Level
from hs_desktop.i18n import _
from hs_desktop.paths import log_folder, packs_folder

if TYPE_CHECKING:
    from hs_desktop.document.autosave import Recoverable
    from hs_desktop.windows.main_window import MainWindow

D = TypeVar("D", bound=QDialog)


class Dialogs:
    """Belongs to the main window. Each dialog is there once at most."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    async def welcome(self) -> None:
        from hs_desktop.windows.welcome import Welcome

        await self._show(Welcome(self._window))

    async def preferences(self, *, shortcuts: bool = False) -> None:
        from hs_desktop.windows.preferences import PreferencesDialog

        dialog = PreferencesDialog(self._window)
        if shortcuts:
            dialog.show_shortcuts()
        await self._show(dialog)

    def guide(self) -> None:
        """Beside the window, which goes on working."""
        from hs_desktop.windows.guide import Guide

        for other in self._window.findChildren(Guide):
            if other.isVisible():
                other.raise_()
                other.activateWindow()
                return
        guide = Guide(self._window.action_set, self._window)
        guide.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        guide.show()

    async def models(self) -> None:
        from hs_desktop.windows.models import ModelManager

        editor = self._window.editor
        folder = packs_folder(editor.preferences["pack_folder"])
        await self._show(ModelManager(editor, folder, self._window))

    async def about(self) -> None:
        from hs_desktop.windows.about import About

        await self._show(About(self._window))

    async def about_result(self) -> None:
        """Of the variation that is worked on, else of the one to be seen."""
        from hs_desktop.windows.about_result import AboutResult

        variation = edits.shown_variation(self._window.editor)
        if variation is not None:
            await self._show(AboutResult(variation, self._window))

    async def log(self) -> None:
        from hs_desktop.windows.log_viewer import LogViewer

        await self._show(LogViewer(log_folder(), self.diagnostics, self._window))

    async def recovery(self, found: list[Recoverable]) -> None:
        """What editors that died have left: recover, discard, or leave it for later."""
        from hs_desktop.windows.recovery import RecoveryDialog

        window = self._window
        await self._show(RecoveryDialog(window.editor, found, window.files.may_leave, window))

    async def copy_diagnostics(self) -> None:
        """Versions, device and pack into the clipboard."""
        text = await self.diagnostics()
        QGuiApplication.clipboard().setText(text)
        self._window.editor.say(_("The diagnostics are in the clipboard."), Level.INFO)

    async def diagnostics(self) -> str:
        """As ``hs-desktop doctor`` prints them; takes some seconds the first time."""
        preferences = self._window.editor.preferences
        wanted = (preferences[key] for key in ("pack", "device", "precision"))
        with self._window.status.busy(_("Looking at the installation…")):
            report = await asyncio.to_thread(examine, *wanted)
        return format_report(report)

    async def _show(self, dialog: D) -> None:
        for other in self._window.findChildren(type(dialog)):
            if other is not dialog and other.isVisible():
                dialog.deleteLater()
                other.raise_()
                other.activateWindow()
                return
        await finished(dialog)
