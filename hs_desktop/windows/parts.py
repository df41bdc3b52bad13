"""Small things that several windows are made of."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontDatabase, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QPlainTextEdit, QWidget


def device_name(device: str) -> str:
    """What the engine runs on (``cuda:1 bf16``), as people write it."""
    kind, space, precision = device.partition(" ")
    return kind.upper() + space + precision


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
