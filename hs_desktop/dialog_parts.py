"""Small things that dialogs are made of."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout


def heading(text: str, larger: float = 1.25) -> QLabel:
    """A label in a larger, heavier font."""
    label = QLabel(text)
    font = QFont(label.font())
    font.setPointSizeF(font.pointSizeF() * larger)
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    return label


def muted(text: str) -> QLabel:
    """A label of less weight, in as many lines as it takes."""
    label = QLabel(text)
    label.setProperty("muted", True)
    label.setWordWrap(True)
    return label


def dialog_column(dialog: QDialog) -> QVBoxLayout:
    """What stands in a dialog, from the top to its buttons, within the margins of all dialogs."""
    column = QVBoxLayout(dialog)
    column.setContentsMargins(16, 14, 16, 12)
    return column


def agreeing_buttons(dialog: QDialog, text: str) -> QDialogButtonBox:
    """The buttons at a dialog's bottom: one that says ``text``, which Enter means, and Cancel."""
    kind = QDialogButtonBox.StandardButton
    box = QDialogButtonBox(kind.Ok | kind.Cancel)
    box.button(kind.Ok).setText(text)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box


def closing_buttons(dialog: QDialog, *others: QPushButton) -> QDialogButtonBox:
    """The buttons at a dialog's bottom: ``others``, and Close, which Enter means."""
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    for button in others:
        box.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
    box.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
    box.rejected.connect(dialog.reject)
    return box
