"""What an editor that died has left: the user says what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from hs_desktop.dialog_parts import dialog_column, heading, muted
from hs_desktop.document.autosave import Recoverable
from hs_desktop.editor import Editor
from hs_desktop.i18n import _

MayLeave = Callable[[], Awaitable[bool]]


class RecoveryDialog(QDialog):
    """Lists projects that weren't saved, the newest first.

    One is recovered into the editor, any may be discarded; what is left is found again at the
    next start.

    Args:
        editor: what one is recovered into.
        found: what there is.
        may_leave: asked whether the project that is open then may be given up.
    """

    def __init__(
        self,
        editor: Editor,
        found: list[Recoverable],
        may_leave: MayLeave,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._editor, self._may_leave = editor, may_leave
        self._left = list(found)
        self.setWindowTitle(_("Recover"))
        self._list = QTreeWidget()
        self._list.setRootIsDecorated(False)
        self._list.setHeaderLabels([_("Project"), _("Autosaved"), _("Folder")])
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setAccessibleName(_("Projects that were not saved"))
        self._list.itemDoubleClicked.connect(self._recover)
        locale = QLocale()
        for left in found:
            name = _("untitled") if left.path is None else left.path.name
            when = QDateTime.fromSecsSinceEpoch(int(left.saved))
            folder = "" if left.path is None else str(left.path.parent)
            columns = [name, locale.toString(when, QLocale.FormatType.ShortFormat), folder]
            self._list.addTopLevelItem(QTreeWidgetItem(columns))
        header = self._list.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._list.setCurrentIndex(self._list.model().index(0, 0))
        buttons = QDialogButtonBox()
        recover = buttons.addButton(_("&Recover"), QDialogButtonBox.ButtonRole.AcceptRole)
        recover.setDefault(True)
        recover.clicked.connect(self._recover)
        discard = buttons.addButton(_("&Discard"), QDialogButtonBox.ButtonRole.DestructiveRole)
        discard.setToolTip(_("Remove the chosen one for good"))
        discard.clicked.connect(self._discard)
        later = buttons.addButton(_("&Later"), QDialogButtonBox.ButtonRole.RejectRole)
        later.setToolTip(_("Leave them for the next start"))
        later.clicked.connect(self.reject)
        column = dialog_column(self)
        column.addWidget(heading(_("The editor ended without saving")))
        column.addWidget(muted(_("What was autosaved can be recovered; at most the last seconds "
                                 "of work are missing.")))  # fmt: skip
        column.addWidget(self._list, 1)
        column.addWidget(buttons)
        self.resize(620, 300)

    def _take(self) -> Recoverable | None:
        """The chosen one, which is in the list no longer."""
        at = self._list.indexOfTopLevelItem(self._list.currentItem())
        if at < 0:
            return None
        self._list.takeTopLevelItem(at)
        return self._left.pop(at)

    def _recover(self) -> None:
        chosen = self._take()
        if chosen is not None:
            self._editor.spawn(recover(self._editor, chosen, self._may_leave))
        self.accept()

    def _discard(self) -> None:
        chosen = self._take()
        if chosen is not None:
            chosen.discard()
        if not self._left:
            self.reject()

    def done(self, result: int) -> None:
        for left in self._left:
            left.release()
        self._left.clear()
        super().done(result)


async def recover(editor: Editor, left: Recoverable, may_leave: MayLeave) -> None:
    """Open what was left; it is on disk at any moment.

    Args:
        editor: where.
        left: what.
        may_leave: asked whether what is open may go; else all stays as it is.

    Raises:
        ProjectError: it is damaged; it stays where it is.
    """
    try:
        document = await asyncio.to_thread(left.load)
        if not await may_leave():
            left.release()
            return
    except BaseException:
        left.release()
        raise
    editor.replace_document(document)
    await editor.autosave_now()
    left.discard()
