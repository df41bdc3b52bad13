"""Dialogs to be awaited: the window goes on painting, nothing blocks.

Files and answers are asked for with ``open``, so the loop runs as ever; what is given up
(Escape, the window's cross) comes back as ``None``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHeaderView,
    QMessageBox,
    QToolButton,
    QTreeView,
    QWidget,
)
from shiboken6 import isValid

from hs_desktop.i18n import _
from hs_desktop.icons import icon

_ARROWS = {"backButton": "back", "forwardButton": "forward", "toParentButton": "up"}
_NAME, _TYPE, _DATE = 0, 2, 3  # columns of Qt's own dialog
Button = QMessageBox.StandardButton


async def finished(dialog: QDialog) -> int:
    """Show a dialog and wait for its end; gives its result. The dialog is deleted."""
    end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    dialog.finished.connect(lambda result: None if end.done() else end.set_result(result))
    dialog.open()
    try:
        return await end
    finally:
        if isValid(dialog):  # it may have gone with its window
            dialog.hide()
            dialog.deleteLater()


async def accepted(dialog: QDialog) -> bool:
    """As ``finished``: whether it was agreed to."""
    return await finished(dialog) == QDialog.DialogCode.Accepted


async def ask(
    parent: QWidget, text: str, more: str, buttons: dict[Button, str], default: Button
) -> Button | None:
    """A question; ``None`` where it is given up.

    Args:
        text: what it is about, in one sentence.
        more: what the answers mean.
        buttons: the answers, with the text on each.
        default: what Enter means.
    """
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_("HS Desktop"))
    box.setText(text)
    box.setInformativeText(more)
    for which, label in buttons.items():
        box.addButton(which).setText(label)
    box.setDefaultButton(default)
    answer = Button(await finished(box))
    return answer if answer in buttons else None


async def ask_to_open(
    parent: QWidget, title: str, filters: list[str], folder: Path | None = None
) -> Path | None:
    """A file that is there."""
    dialog = _file_dialog(parent, title, filters, folder)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _chosen(dialog)


async def ask_for_folder(parent: QWidget, title: str) -> Path | None:
    dialog = _file_dialog(parent, title, [], None)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return await _chosen(dialog)


async def ask_to_save(
    parent: QWidget, title: str, filters: list[str], proposal: Path, suffix: str
) -> Path | None:
    """A file to be written; that another one is overwritten has been agreed to then.

    Args:
        proposal: where, and under which name, unless the user says otherwise.
        suffix: what a name without one gets, without the dot.
    """
    dialog = _file_dialog(parent, title, filters, proposal.parent)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(proposal.name)
    return await _chosen(dialog)


def _file_dialog(
    parent: QWidget, title: str, filters: list[str], folder: Path | None
) -> QFileDialog:
    dialog = QFileDialog(parent, title, "" if folder is None else str(folder))
    # Where the system has no dialog of its own, Qt's is shown, which lacks some translations; a
    # long list of suffixes wouldn't fit.
    dialog.setOption(QFileDialog.Option.HideNameFilterDetails)
    dialog.setLabelText(QFileDialog.DialogLabel.LookIn, _("Look &in:"))
    dialog.setLabelText(QFileDialog.DialogLabel.FileType, _("Files of &type:"))
    if filters:
        dialog.setNameFilters(filters)
    _tidy(dialog)
    return dialog


def _tidy(dialog: QFileDialog) -> None:
    """Of Qt's own dialog: arrows in the colour of the theme, room for dates, and no types of
    files, which the names tell and nobody translates."""
    for name, arrow in _ARROWS.items():
        if (button := dialog.findChild(QToolButton, name)) is not None:
            button.setIcon(icon(arrow))
    if (files := dialog.findChild(QTreeView, "treeView")) is not None:
        files.setColumnHidden(_TYPE, True)
        files.header().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        files.header().setSectionResizeMode(_DATE, QHeaderView.ResizeMode.ResizeToContents)


async def _chosen(dialog: QFileDialog) -> Path | None:
    chosen: list[str] = []
    dialog.accepted.connect(lambda: chosen.extend(dialog.selectedFiles()))
    await finished(dialog)
    return Path(chosen[0]) if chosen else None
