"""A box for whole numbers of more than 32 bits, such as seeds."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFontMetrics, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QWidget


class WholeBox(QAbstractSpinBox):
    """Like ``QSpinBox``, for any range.

    Signals:
        valueChanged: the new value, an ``int`` of any size.
    """

    valueChanged = Signal(object)

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low, self._high = low, high
        self._value = low
        self.lineEdit().setText(str(low))
        self.editingFinished.connect(self._read)

    def value(self) -> int:
        return self._value

    def setValue(self, value: float) -> None:
        limited = min(max(int(value), self._low), self._high)
        text = str(limited)
        if self.lineEdit().text() != text:
            self.lineEdit().setText(text)
        if limited != self._value:
            self._value = limited
            self.valueChanged.emit(limited)

    def _read(self) -> None:
        text = self.lineEdit().text().strip()
        self.setValue(int(text) if text.lstrip("-").isdigit() else self._value)

    def stepBy(self, steps: int) -> None:
        self._read()
        self.setValue(self._value + steps)
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flag = QAbstractSpinBox.StepEnabledFlag
        enabled = flag.StepNone
        if self._value > self._low:
            enabled |= flag.StepDownEnabled
        if self._value < self._high:
            enabled |= flag.StepUpEnabled
        return enabled

    def validate(self, text: str, position: int) -> object:
        stripped = text.strip()
        if not stripped:
            return QValidator.State.Intermediate, text, position
        if not stripped.isdigit() or int(stripped) > self._high:
            return QValidator.State.Invalid, text, position
        state = QValidator.State
        known = state.Acceptable if int(stripped) >= self._low else state.Intermediate
        return known, text, position

    def fixup(self, text: str) -> str:
        return str(self._value)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance("0" * 12) + 28, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance("0" * 6) + 28, super().minimumSizeHint().height())
