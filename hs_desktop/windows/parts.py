"""Small things that several windows are made of."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontDatabase, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)


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


def device_name(device: str) -> str:
    """What the engine runs on (``cuda:1 bf16``), as people write it."""
    kind, space, precision = device.partition(" ")
    return kind.upper() + space + precision


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


def listing(name: str, text: str = "") -> QPlainTextEdit:
    """Text to be read and copied, in columns; ``name`` is for screen readers."""
    field = QPlainTextEdit(text)
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    field.setAccessibleName(name)
    return field


def thumbnail(image: QImage, width: int, height: int, widget: QWidget) -> QPixmap:
    """``image`` as it fits into ``width`` x ``height`` of ``widget``'s pixels, in the middle."""
    scale = widget.devicePixelRatioF()
    whole = QPixmap(round(width * scale), round(height * scale))
    whole.fill(Qt.GlobalColor.transparent)
    whole.setDevicePixelRatio(scale)
    if image.isNull():
        return whole
    fitted = image.scaled(
        whole.size(), Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )  # fmt: skip
    fitted.setDevicePixelRatio(scale)
    size = fitted.deviceIndependentSize()
    with QPainter(whole) as painter:
        painter.drawImage(QPointF((width - size.width()) / 2, (height - size.height()) / 2), fitted)
    return whole
