"""The program's log, and what goes with a report of a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from hs_desktop.dialog_parts import closing_buttons, dialog_column, muted
from hs_desktop.i18n import _
from hs_desktop.icons import icon
from hs_desktop.logs import LOG
from hs_desktop.panels.parts import search_field
from hs_desktop.windows.parts import listing

_MOST = 400_000  # characters that are shown, from the end


class LogViewer(QDialog):
    """The end of the log, searched as one types.

    Args:
        folder: where the log lies.
        diagnostics: gives versions, device and pack as text.
    """

    def __init__(
        self,
        folder: Path,
        diagnostics: Callable[[], Awaitable[str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder, self._diagnostics = folder, diagnostics
        self._text = ""
        self._copying: asyncio.Task[None] | None = None
        self.setWindowTitle(_("Log"))
        self._search = search_field(_("Search the log"))
        self._search.textChanged.connect(self._show)
        self._listing = listing(_("Log"))
        refresh = QPushButton(_("&Read again"))
        refresh.clicked.connect(self.read)
        show = QPushButton(_("Open &folder"))
        show.setIcon(icon("folder"))
        show.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
        )
        self._copy = QPushButton(_("&Copy diagnostics"))
        self._copy.setToolTip(_("Versions, device, model pack, and the end of the log"))
        self._copy.clicked.connect(self._start_copying)
        column = dialog_column(self)
        column.addWidget(self._search)
        column.addWidget(self._listing, 1)
        column.addWidget(muted(_("Kept in {path}").format(path=folder)))
        column.addWidget(closing_buttons(self, refresh, show, self._copy))
        self.resize(860, 520)
        self.read()

    def read(self) -> None:
        """Show the log as it is now."""
        try:
            self._text = (self._folder / LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            self._text = ""
        self._text = self._text[-_MOST:]
        self._show()

    def _show(self) -> None:
        wanted = self._search.text().casefold()
        lines = [line for line in self._text.splitlines() if wanted in line.casefold()]
        if not lines:
            lines = [_("No line contains that.") if wanted else _("The log is empty.")]
        self._listing.setPlainText("\n".join(lines))
        self._listing.moveCursor(QTextCursor.MoveOperation.End)
        self._listing.moveCursor(QTextCursor.MoveOperation.StartOfLine)

    def _start_copying(self) -> None:
        self._copying = asyncio.ensure_future(self._copy_diagnostics())

    async def _copy_diagnostics(self) -> None:
        self._copy.setEnabled(False)
        self._copy.setText(_("Looking…"))
        try:
            text = await self._diagnostics()
        finally:
            self._copy.setEnabled(True)
            self._copy.setText(_("&Copy diagnostics"))
        end = "\n".join(self._text.splitlines()[-100:])
        QGuiApplication.clipboard().setText(f"{text}\n\n{end}\n")
        self._copy.setText(_("Copied"))
