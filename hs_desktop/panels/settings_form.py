"""Controls made from declared settings: a row each, with its reset button.

The sampling panel and the preferences are made of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QWidget,
)

from hs_desktop.asking import ask_for_folder, ask_to_open
from hs_desktop.i18n import _
from hs_desktop.panels.parts import IconButton
from hs_desktop.panels.whole_box import WholeBox
from hs_desktop.settings import Setting, Value

_SLIDER_STEPS = 500  # a finer range is typed, not slid
_BOX_WIDTH = 78
_APART = 8  # widget px below a help


class SettingsForm(QWidget):
    """A row for each setting: label, control, reset.

    Args:
        rows: what is set.
        values: by key; defaults where there is none.
        explained: whether each setting's help stands below its control.

    Signals:
        changed: a key and its new value, as the user changes it.
        settled: a key: what is changed from now on is another change.
    """

    changed = Signal(str, object)
    settled = Signal(str)

    def __init__(
        self,
        rows: Iterable[Setting],
        values: Mapping[str, Value],
        parent: QWidget | None = None,
        *,
        explained: bool = False,
    ) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10 if explained else 6)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self.fields: dict[str, Field] = {}
        for number, row in enumerate(rows):
            self._add(2 * number, row, values.get(row.key, row.default))
            if explained:
                self._explain(2 * number + 1, row)

    def _add(self, number: int, row: Setting, value: Value) -> None:
        field = _field_of(row)
        field.set_value(value)
        field.changed.connect(lambda value: self.changed.emit(row.key, value))
        field.settled.connect(lambda: self.settled.emit(row.key))
        self.fields[row.key] = field
        if isinstance(field, SwitchField):  # has its label behind it
            self._grid.addWidget(field, number, 0, 1, 2)
        else:
            self._grid.addWidget(field.label, number, 0)
            self._grid.addWidget(field, number, 1)
        self._grid.addWidget(field.reset, number, 2)

    def _explain(self, number: int, row: Setting) -> None:
        """The help, where the label of the control or the control itself begins."""
        help = QLabel(_(row.help))
        help.setProperty("muted", True)
        help.setWordWrap(True)
        if isinstance(self.fields[row.key], SwitchField):
            metric = QStyle.PixelMetric
            before = (metric.PM_IndicatorWidth, metric.PM_CheckBoxLabelSpacing)
            inset = sum(self.style().pixelMetric(part) for part in before)
            help.setContentsMargins(inset, 0, 0, _APART)
            self._grid.addWidget(help, number, 0, 1, 2)
        else:
            help.setContentsMargins(1, 0, 0, _APART)
            self._grid.addWidget(help, number, 1)

    def __getitem__(self, key: str) -> Field:
        return self.fields[key]

    @property
    def label_width(self) -> int:
        """That its labels take, widget px."""
        return max(
            field.label.sizeHint().width()
            for field in self.fields.values()
            if not isinstance(field, SwitchField)
        )

    def set_label_width(self, width: int) -> None:
        """Give its labels more room than they take, widget px."""
        self._grid.setColumnMinimumWidth(0, width)

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Show values, which tells nobody; keys without a row are left out."""
        for key, value in values.items():
            if key in self.fields:
                self.fields[key].set_value(value)


def align_labels(*forms: SettingsForm) -> None:
    """Let the controls of forms that stand below each other begin in one line."""
    widest = max(form.label_width for form in forms)
    for form in forms:
        form.set_label_width(widest)


class Field(QWidget):
    """The control of one setting.

    Attributes:
        label: to stand before it, unless the control has its own.
        reset: to stand behind it.

    Signals:
        changed: the new value.
        settled: the user has let go.
    """

    changed = Signal(object)
    settled = Signal()

    def __init__(self, row: Setting) -> None:
        super().__init__()
        self.setting = row
        self._value: Value = row.default
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(4)
        self.label = QLabel(_(row.label))
        help = _(row.help)
        if row.only_new:
            help += "\n" + _("Takes effect when the program starts the next time.")
        self._help = help
        self.label.setToolTip(help)
        self.reset = IconButton("reset", _("Reset {name}").format(name=_(row.label)))
        self.reset.clicked.connect(self._reset)

    @property
    def value(self) -> Value:
        return self._value

    def set_value(self, value: Value) -> None:
        """Show a value, which tells nobody."""
        self._value = value
        self.reset.setEnabled(value != self.setting.default)
        self._show(value)

    def _show(self, value: Value) -> None:
        raise NotImplementedError

    def _take(self, value: Value) -> None:
        """The user has set it."""
        value = self.setting.checked(value)
        if value != self._value:
            self.set_value(value)
            self.changed.emit(value)

    def _reset(self) -> None:
        self._take(self.setting.default)
        self.settled.emit()

    def _adopt(self, widget: QWidget, *, buddy: bool = False) -> None:
        """A control of this field: named and explained as it, calm under the wheel."""
        widget.setToolTip(self._help)
        widget.setAccessibleName(_(self.setting.label))
        widget.setAccessibleDescription(self._help)
        if isinstance(widget, QAbstractSpinBox | QSlider | QComboBox):
            widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            widget.installEventFilter(self)
        if buddy:
            self.label.setBuddy(widget)
            self.setFocusProxy(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Scrolling a panel changes nothing in it: the wheel turns only what has the focus."""
        wheel = event.type() == QEvent.Type.Wheel
        if wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _field_of(row: Setting) -> Field:
    if row.choices:
        return ChoiceField(row)
    if row.kind is str:
        return PathField(row) if row.path else TextField(row)
    if row.kind is bool:
        return SwitchField(row)
    return NumberField(row)


class SwitchField(Field):
    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.box = QCheckBox(_(row.label))
        self._adopt(self.box)
        self.setFocusProxy(self.box)
        self.line.addWidget(self.box)
        self.line.addStretch(1)
        self.box.clicked.connect(self._clicked)

    def _clicked(self, on: bool) -> None:
        self._take(on)
        self.settled.emit()

    def _show(self, value: Value) -> None:
        self.box.setChecked(bool(value))


class ChoiceField(Field):
    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.combo = QComboBox()
        for key, label in row.choices:
            self.combo.addItem(_(label), key)
        self._adopt(self.combo, buddy=True)
        self.line.addWidget(self.combo, 1)
        self.combo.activated.connect(self._activated)

    def _activated(self, index: int) -> None:
        self._take(self.combo.itemData(index))
        self.settled.emit()

    def _show(self, value: Value) -> None:
        self.combo.setCurrentIndex(self.combo.findData(value))


class TextField(Field):
    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.edit = QLineEdit()
        self._adopt(self.edit, buddy=True)
        self.line.addWidget(self.edit, 1)
        self.edit.editingFinished.connect(self._finished)

    def _finished(self) -> None:
        self._take(self.edit.text())
        self.settled.emit()

    def _show(self, value: Value) -> None:
        if self.edit.text() != str(value):
            self.edit.setText(str(value))


class PathField(TextField):
    """Typed, or chosen in a dialog."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self._choosing: asyncio.Task[None] | None = None
        self.edit.setPlaceholderText(_("Automatic"))
        self.choose = IconButton("folder", _("Choose {name}…").format(name=_(row.label)))
        self.choose.clicked.connect(self._start_choosing)
        self.line.addWidget(self.choose)

    def _start_choosing(self) -> None:
        self._choosing = asyncio.ensure_future(self._choose())

    async def _choose(self) -> None:
        label = _(self.setting.label)
        if self.setting.path == "folder":
            path = await ask_for_folder(self, label)
        else:
            path = await ask_to_open(self, label, [_("All files (*)")])
        if path is not None:
            self._take(str(path))
            self.settled.emit()


class NumberField(Field):
    """A box, before it a slider where the range is short, or a switch where it may be automatic."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self._showing = False
        steps = round((row.high - row.low) / row.step)
        self.slider: QSlider | None = None
        if steps <= _SLIDER_STEPS and not row.optional:
            self.slider = QSlider(Qt.Orientation.Horizontal)
            self.slider.setRange(0, steps)
            self.slider.setPageStep(max(1, steps // 10))
            self.slider.setMinimumWidth(40)
            self.slider.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._adopt(self.slider)
            self.line.addWidget(self.slider, 1)
            self.slider.valueChanged.connect(self._slid)
            self.slider.sliderReleased.connect(self.settled)
        self.box = _box_of(row)
        self._adopt(self.box, buddy=True)
        self.line.addWidget(self.box)
        if self.slider is None:
            self.line.addStretch(1)
        self.box.valueChanged.connect(self._typed)
        self.box.editingFinished.connect(self.settled)
        self.automatic: QCheckBox | None = None
        if row.optional:
            self.automatic = QCheckBox(_("Auto"))
            self._adopt(self.automatic)
            self.automatic.setAccessibleName(_("{name}: automatic").format(name=_(row.label)))
            self.line.insertWidget(0, self.automatic)
            self.automatic.clicked.connect(self._switched)

    def _slid(self, position: int) -> None:
        if not self._showing:
            value = self.setting.low + position * self.setting.step
            self._take(round(value, 6) if self.setting.kind is float else round(value))

    def _typed(self, value: Any) -> None:
        if not self._showing:
            self._take(self._of_shown(value))

    def _of_shown(self, number: float) -> float:
        return round(number / 100, 6) if self.setting.percent else number

    def _switched(self, automatic: bool) -> None:
        self._take(None if automatic else self._of_shown(self.box.value()))
        self.settled.emit()

    def _show(self, value: Value) -> None:
        self._showing = True
        if self.automatic is not None:
            self.automatic.setChecked(value is None)
            self.box.setEnabled(value is not None)
        if isinstance(value, int | float):
            self.box.setValue(100 * value if self.setting.percent else value)
            if self.slider is not None:
                self.slider.setValue(round((value - self.setting.low) / self.setting.step))
        self._showing = False


def _box_of(row: Setting) -> Any:
    """A box for numbers of this range; ``QSpinBox`` holds no more than 32 bits."""
    box: QSpinBox | QDoubleSpinBox | WholeBox
    if row.kind is float:
        box = QDoubleSpinBox()
        times = 100 if row.percent else 1
        text = f"{times * row.step:g}"
        box.setDecimals(len(text.partition(".")[2]))
        box.setSingleStep(times * row.step)
        box.setRange(times * row.low, times * row.high)
    elif row.high < 1 << 31:
        box = QSpinBox()
        box.setRange(int(row.low), int(row.high))
    else:
        box = WholeBox(int(row.low), int(row.high))
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.setMinimumWidth(_BOX_WIDTH)
        return box
    box.setKeyboardTracking(False)
    box.setFixedWidth(_BOX_WIDTH)
    if row.percent:
        box.setSuffix(_(" %"))
    elif row.unit:
        box.setSuffix(_(row.unit))
    return box
