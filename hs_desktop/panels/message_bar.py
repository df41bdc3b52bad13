"""What the editor has to tell, in a bar that stands in nobody's way."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hs_desktop.editor import Editor, Level, Message
from hs_desktop.i18n import N_, _
from hs_desktop.icons import icon
from hs_desktop.panels.parts import IconButton

SECONDS = {Level.INFO: 6, Level.WARNING: 12}  # errors stay
SHOWN = 3  # at once: the oldest goes, errors last
COLOURS = {Level.INFO: "#4a90d9", Level.WARNING: "#d99a2b", Level.ERROR: "#d9534a"}
TITLES = {Level.INFO: N_("Information"), Level.WARNING: N_("Warning"), Level.ERROR: N_("Error")}
_FADE = 400  # ms


class MessageBar(QWidget):
    """The last messages under each other; without any, it takes no room."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notes: list[Note] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(_("Messages"))
        self.hide()
        editor.said.connect(self.add)

    def add(self, message: Message) -> None:
        """Show a message; one that is there already begins its time again."""
        for note in self.notes:
            if note.message == message:
                note.say_again()
                return
        if len(self.notes) >= SHOWN:
            lesser = [note for note in self.notes if note.message.level is not Level.ERROR]
            self._remove((lesser or self.notes)[0])
        note = Note(message, self)
        note.gone.connect(lambda: self._remove(note))
        self.notes.append(note)
        self._column.addWidget(note)
        self.show()

    def _remove(self, note: Note) -> None:
        if note in self.notes:
            self.notes.remove(note)
            self._column.removeWidget(note)
            note.hide()
            note.deleteLater()
        self.setVisible(bool(self.notes))


class Note(QFrame):
    """One message.

    Signals:
        gone: it was closed or its time is up.
    """

    gone = Signal()

    def __init__(self, message: Message, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self._times = 1
        self._icon = QLabel()
        self._icon.setAccessibleName(_(TITLES[message.level]))
        self._text = QLabel(message.text)
        self._text.setWordWrap(True)
        self._text.setContentsMargins(0, 4, 0, 4)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.close_button = IconButton("close", _("Close the message"))
        self.close_button.clicked.connect(self.gone)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 6, 1)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self.close_button)
        self.setAccessibleName(f"{_(TITLES[message.level])}: {message.text}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._show_icon()
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.timeout.connect(self._fade)
        self._effect = QGraphicsOpacityEffect(self)
        self._effect.setEnabled(False)
        self.setGraphicsEffect(self._effect)
        self._animation = QPropertyAnimation(self._effect, b"opacity", self)
        self._animation.setDuration(_FADE)
        self._animation.setStartValue(1.0)
        self._animation.setEndValue(0.0)
        self._animation.setEasingCurve(QEasingCurve.Type.InQuad)
        self._animation.finished.connect(self.gone)
        self._begin()

    def say_again(self) -> None:
        """The same was said once more."""
        self._times += 1
        self._text.setText(
            _("{message} ({count} times)").format(message=self.message.text, count=self._times)
        )
        self._begin()

    def _begin(self) -> None:
        self._animation.stop()
        self._effect.setEnabled(False)
        if self.message.level in SECONDS:
            self.timer.start(1000 * SECONDS[self.message.level])

    def _fade(self) -> None:
        if self.underMouse() or self.hasFocus() or self._text.hasFocus():
            self._begin()  # it is being read
            return
        self._effect.setEnabled(True)
        self._animation.start()

    def _show_icon(self) -> None:
        colour = QColor(COLOURS[self.message.level])
        self._icon.setPixmap(icon(self.message.level.value, colour).pixmap(16, 16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Delete):
            self.gone.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
            stripe = self.rect()
            stripe.setWidth(4)
            painter.fillRect(stripe, QColor(COLOURS[self.message.level]))
