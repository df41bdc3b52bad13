"""Small things that panels are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QSize, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import EngineError
from hs_desktop.document.undo import Command
from hs_desktop.editor import Editor, Level
from hs_desktop.i18n import translated
from hs_desktop.icons import icon

T = TypeVar("T")
ICON = QSize(16, 16)


class ThemedIcon(QObject):
    """The icon of a button or action, in the colours of the theme, whichever that is then.

    Args:
        target: what shows it.
        name: of the icon.
        owner: a widget that hears of another theme; the target itself if that is one.
    """

    def __init__(self, target: QAbstractButton | QAction, name: str, owner: QWidget) -> None:
        super().__init__(owner)
        self._target, self._name = target, name
        owner.installEventFilter(self)
        self.show(name)

    def show(self, name: str) -> None:
        self._name = name
        if self._target.property("primary"):
            role = QPalette.ColorRole.HighlightedText
            self._target.setIcon(icon(name, QApplication.palette().color(role)))
        else:
            self._target.setIcon(icon(name))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self.show(self._name)
        return False


class IconButton(QToolButton):
    """A flat button with nothing but an icon.

    Args:
        name: of the icon.
        text: the tooltip's first words and the accessible name.
        help: what more the tooltip says.
        checkable: whether it stays down.
    """

    def __init__(self, name: str, text: str, help: str = "", *, checkable: bool = False) -> None:
        super().__init__()
        self.setAutoRaise(True)
        self.setIconSize(ICON)
        self.setCheckable(checkable)
        self.setToolTip(f"{text}\n{help}" if help else text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(help)
        self.themed = ThemedIcon(self, name, self)


class IconLabel(QLabel):
    """An icon that can't be pressed.

    Args:
        name: of the icon.
        size: widget px.
    """

    def __init__(self, name: str, size: int = 16) -> None:
        super().__init__()
        self._name, self._size = name, size
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._draw()

    def _draw(self) -> None:
        self.setPixmap(icon(self._name).pixmap(self._size, self._size))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)


class ShortLabel(QLabel):
    """A line that gives way to what stands beside it: an ellipsis, and a tooltip with all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip("" if self._shown() == self.text() else self.text())
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        line = self.alignment() | Qt.TextFlag.TextSingleLine
        with QPainter(self) as painter:
            self.style().drawItemText(
                painter, self.contentsRect(), int(line), self.palette(), self.isEnabled(),
                self._shown(), self.foregroundRole(),
            )  # fmt: skip

    def _shown(self) -> str:
        width = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, width)


def calm_rows(view: QListView) -> None:
    """Give a list of words room round each of them, as the style sheet says."""
    view.setProperty("calm", True)
    view.ensurePolished()  # rows may be measured before the view is shown


def icon_button(name: str, text: str, help: str = "") -> QPushButton:
    """A button with an icon and a text."""
    button = QPushButton(text)
    button.setToolTip(help)
    ThemedIcon(button, name, button)
    return button


def set_primary(button: QPushButton, primary: bool) -> None:
    """Whether a button stands out: it is what to do next."""
    if bool(button.property("primary")) != primary:
        button.setProperty("primary", primary)
        button.style().unpolish(button)  # the style sheet is looked at anew
        button.style().polish(button)


def search_field(text: str) -> QLineEdit:
    """A field to search with; ``text`` says what."""
    field = QLineEdit()
    field.setPlaceholderText(text)
    field.setAccessibleName(text)
    field.setClearButtonEnabled(True)
    action = field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
    ThemedIcon(action, "search", field)
    return field


def tight_column(panel: QWidget) -> QVBoxLayout:
    """What a panel is made of, one below the other, without margins and gaps."""
    column = QVBoxLayout(panel)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return column


def hint(text: str) -> QLabel:
    """What stands in an empty panel: what to do next."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("muted", True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setMargin(12)
    return label


def quiet_colour(palette: QPalette) -> QColor:
    """For writing of less weight."""
    return palette.color(QPalette.ColorRole.PlaceholderText)


def paint_row(painter: QPainter, option: QStyleOptionViewItem) -> QColor:
    """Fill a row's ground as its state wants it; the colour to write on it with."""
    palette, state = option.palette, option.state
    selected = bool(state & QStyle.StateFlag.State_Selected)
    if selected:
        painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Highlight))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, palette.color(QPalette.ColorRole.AlternateBase))
    role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
    return palette.color(role)


def add_to_menu(
    menu: QMenu, name: str, text: str, run: Callable[[], object], *, enabled: bool = True
) -> None:
    """An entry of a context menu; ``name`` is its icon's, or empty."""
    action = QAction(text, menu)
    if name:
        action.setIcon(icon(name))
    action.setEnabled(enabled)
    action.triggered.connect(lambda: run())
    menu.addAction(action)


def do(editor: Editor, command: Command) -> bool:
    """Do an undoable command; a layer that is locked is told the user."""
    return attempt(editor, lambda: editor.document.do(command))


def attempt(editor: Editor, work: Callable[[], object]) -> bool:
    """Whether ``work`` could be done; if not, the user is told why."""
    try:
        work()
    except EngineError as error:
        editor.say(translated(error), Level.WARNING)
        return False
    return True


def rearrange(
    model: QAbstractItemModel,
    parent: QModelIndex,
    rows: list[T],
    wanted: Sequence[T],
    key: Callable[[T], object],
) -> None:
    """Make a model's rows those that are wanted, by single insertions, removals and moves.

    Args:
        model: that the rows belong to; told of each step.
        parent: of the rows.
        rows: as they are, changed in place.
        wanted: as they shall be.
        key: what stays the same of a row that has changed.
    """
    keys = [key(row) for row in wanted]
    for at in reversed(range(len(rows))):
        if key(rows[at]) not in keys:
            model.beginRemoveRows(parent, at, at)
            del rows[at]
            model.endRemoveRows()
    for at, row in enumerate(wanted):
        was = next((i for i in range(at, len(rows)) if key(rows[i]) == keys[at]), None)
        if was is None:
            model.beginInsertRows(parent, at, at)
            rows.insert(at, row)
            model.endInsertRows()
        elif was != at:
            model.beginMoveRows(parent, was, was, parent, at)
            rows.insert(at, rows.pop(was))
            model.endMoveRows()
        rows[at] = row


# --- watching ----------------------------------------------------------------------------------
