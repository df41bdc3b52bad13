"""What stands in the place of a picture that isn't there yet: what to do next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from hs_desktop.document.events import Side
from hs_desktop.editor import Editor
from hs_desktop.following import DocumentWatch
from hs_desktop.i18n import N_, _
from hs_desktop.icons import icon

_ICON = 48  # widget px
_OPEN = {Side.HEAD: N_("Open head photo…"), Side.BODY: N_("Open body photo…")}
_WANTED = {
    Side.HEAD: (
        N_("No head photo yet"),
        N_("Drop the photo here that gives the head, or choose it."),
    ),
    Side.BODY: (
        N_("No body photo yet"),
        N_("Drop the photo here that gives all the rest, or choose it."),
    ),
}


class EmptyState(QWidget):
    """A picture of what is wanted, a sentence and a button.

    Signals:
        open_requested: a photo for this ``Side`` shall be chosen.
    """

    open_requested = Signal(object)

    def __init__(self, editor: Editor, side: Side, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor, self._side = editor, side
        self._icon, self._title, self._hint = QLabel(), QLabel(), QLabel()
        self._button = QPushButton()
        self._button.setProperty("primary", True)
        self._button.clicked.connect(lambda: self.open_requested.emit(self._wanted))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addStretch()
        for label in (self._icon, self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self._hint.setProperty("muted", True)
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self._title.setFont(font)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        DocumentWatch(editor, self, changed=lambda change: self._follow(), replaced=self._follow)
        self._follow()

    @property
    def _wanted(self) -> Side:
        """The side whose photo is missing."""
        if self._side is Side.RESULT:
            return Side.BODY if len(self._editor.document.head) else Side.HEAD
        return self._side

    def _follow(self) -> None:
        if self._side is Side.RESULT:
            title = _("No result yet")
            hint = _("Open a head photo and a body photo, then swap.")
        else:
            title, hint = (_(text) for text in _WANTED[self._side])
        self._title.setText(title)
        self._hint.setText(hint)
        self._button.setText(_(_OPEN[self._wanted]))
        self._show_icon()

    def _show_icon(self) -> None:
        names = {Side.HEAD: "person", Side.BODY: "photo", Side.RESULT: "swap"}
        self._icon.setPixmap(icon(names[self._side]).pixmap(_ICON, _ICON))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icon()
