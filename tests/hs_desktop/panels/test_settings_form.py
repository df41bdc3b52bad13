"""Forms made from declared settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionSlider,
)
from pytestqt.qtbot import QtBot

from engine.requests import SamplingSettings
from hs_desktop.panels.settings_form import (
    ChoiceField,
    NumberField,
    PathField,
    SettingsForm,
    SwitchField,
    TextField,
)
from hs_desktop.settings import PREFERENCES, SAMPLING, Setting, Value
from tests.hs_desktop.conftest import WindowLoop

LEFT = Qt.MouseButton.LeftButton


class Form:
    def __init__(self, qtbot: QtBot, rows: tuple) -> None:
        self.form = SettingsForm(rows, {})
        qtbot.addWidget(self.form)
        self.form.resize(320, 400)
        with qtbot.waitExposed(self.form):
            self.form.show()
        self.form.activateWindow()
        self.said: list[tuple[str, Value]] = []
        self.form.changed.connect(lambda key, value: self.said.append((key, value)))
        self.settled = QSignalSpy(self.form.settled)


@pytest.fixture
def sampling(qtbot: QtBot) -> Form:
    return Form(qtbot, SAMPLING)


@pytest.fixture
def preferences(qtbot: QtBot) -> Form:
    return Form(qtbot, PREFERENCES)


def number(form: Form, key: str) -> NumberField:
    field = form.form[key]
    assert isinstance(field, NumberField)
    return field


def test_every_setting_has_a_row(sampling: Form, preferences: Form) -> None:
    for form, rows in ((sampling, SAMPLING), (preferences, PREFERENCES)):
        for row in rows:
            field = form.form[row.key]
            assert field.value == row.default
            assert field.reset.accessibleName()
            assert not field.reset.isEnabled()
    assert not sampling.said + preferences.said


def test_slider_and_box_are_one(sampling: Form) -> None:
    field = number(sampling, "guidance")
    assert field.slider is not None
    field.slider.setFocus()
    QTest.keyClick(field.slider, Qt.Key.Key_Right)
    assert sampling.said == [("guidance", pytest.approx(SamplingSettings().guidance + 0.1))]
    assert field.box.value() == pytest.approx(SamplingSettings().guidance + 0.1)
    field.box.setFocus()
    field.box.selectAll()
    QTest.keyClicks(field.box, "3.2")
    QTest.keyClick(field.box, Qt.Key.Key_Return)
    assert sampling.said[-1] == ("guidance", 3.2)
    assert field.slider.value() == 22
    assert sampling.settled.count() > 0


def test_a_dragged_slider_settles_when_it_is_let_go(sampling: Form) -> None:
    field = number(sampling, "strength")
    slider = field.slider
    assert slider is not None
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style, control = slider.style(), QStyle.ComplexControl.CC_Slider
    handle = style.subControlRect(control, option, QStyle.SubControl.SC_SliderHandle, slider)
    QTest.mousePress(slider, LEFT, pos=handle.center())
    before = sampling.settled.count()
    QTest.mouseMove(slider, handle.center() + QPoint(20, 0))
    assert sampling.settled.count() == before
    QTest.mouseRelease(slider, LEFT, pos=handle.center() + QPoint(20, 0))
    assert sampling.settled.count() == before + 1
    assert sampling.said
    assert {key for key, _ in sampling.said} == {"strength"}


def test_shares_are_shown_in_percent(sampling: Form) -> None:
    field = number(sampling, "head_skin")
    assert field.slider is not None
    assert field.box.text() == "0 %"
    field.slider.setFocus()
    QTest.keyClick(field.slider, Qt.Key.Key_Right)
    assert sampling.said == [("head_skin", 0.01)]
    assert field.box.text() == "1 %"
    field.box.setFocus()
    field.box.selectAll()
    QTest.keyClicks(field.box, "29")
    QTest.keyClick(field.box, Qt.Key.Key_Return)
    assert sampling.said[-1] == ("head_skin", 0.29)
    assert field.slider.value() == 29
    QTest.keyClick(field.box, Qt.Key.Key_Up)
    assert sampling.said[-1] == ("head_skin", 0.3)
    field.box.selectAll()
    QTest.keyClicks(field.box, "100")
    QTest.keyClick(field.box, Qt.Key.Key_Return)
    assert (field.value, field.slider.value()) == (1.0, field.slider.maximum())
    QTest.mouseClick(field.reset, LEFT)
    assert sampling.said[-1] == ("head_skin", 0.0)


def test_reset(sampling: Form) -> None:
    field = number(sampling, "steps")
    sampling.form.set_values({"steps": 40})
    assert not sampling.said
    QTest.mouseClick(field.reset, LEFT)
    assert sampling.said == [("steps", SamplingSettings().steps)]
    assert field.box.value() == SamplingSettings().steps
    assert not field.reset.isEnabled()


def test_automatic(sampling: Form) -> None:
    field = number(sampling, "feather")
    assert field.automatic is not None
    assert field.automatic.isChecked()
    assert not field.box.isEnabled()
    QTest.mouseClick(field.automatic, LEFT, pos=QPoint(8, field.automatic.height() // 2))
    assert sampling.said == [("feather", 0.0)]
    assert field.box.isEnabled()
    QTest.keyClick(field.automatic, Qt.Key.Key_Space)
    assert sampling.said[-1] == ("feather", None)


def test_seeds_of_63_bits(sampling: Form) -> None:
    field = number(sampling, "seed")
    field.box.setFocus()
    field.box.selectAll()
    QTest.keyClicks(field.box, str(2**63 - 1))
    QTest.keyClick(field.box, Qt.Key.Key_Return)
    assert sampling.said == [("seed", 2**63 - 1)]
    QTest.keyClick(field.box, Qt.Key.Key_Up)
    assert field.value == 2**63 - 1
    QTest.keyClick(field.box, Qt.Key.Key_Down)
    assert field.value == 2**63 - 2
    field.box.selectAll()
    QTest.keyClicks(field.box, "12x")
    QTest.keyClick(field.box, Qt.Key.Key_Return)
    assert field.value == 12


def test_switch(sampling: Form) -> None:
    field = sampling.form["keep_background"]
    assert isinstance(field, SwitchField)
    field.box.setFocus()
    QTest.keyClick(field.box, Qt.Key.Key_Space)
    assert sampling.said == [("keep_background", False)]


def test_choice_and_text(preferences: Form) -> None:
    theme = preferences.form["theme"]
    assert isinstance(theme, ChoiceField)
    theme.combo.setFocus()
    QTest.keyClick(theme.combo, Qt.Key.Key_Down)
    assert preferences.said == [("theme", "light")]
    pack = preferences.form["pack"]
    assert isinstance(pack, TextField)
    pack.edit.setFocus()
    pack.edit.selectAll()
    QTest.keyClicks(pack.edit, "mine")
    QTest.keyClick(pack.edit, Qt.Key.Key_Return)
    assert preferences.said[-1] == ("pack", "mine")
    assert "next time" in pack.label.toolTip()


def test_the_wheel_turns_only_what_has_the_focus(sampling: Form) -> None:
    field = number(sampling, "steps")
    sampling.form.setFocus()

    def wheel() -> None:
        at = QPointF(5, 5)
        event = QWheelEvent(
            at, field.box.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(field.box, event)

    number(sampling, "guidance").box.setFocus()
    wheel()
    assert not sampling.said
    field.box.setFocus()
    wheel()
    assert sampling.said == [("steps", SamplingSettings().steps + 1)]


def test_a_path_is_chosen_in_a_dialog(qtbot: QtBot, loop: WindowLoop, tmp_path: Path) -> None:
    row = Setting("place", "", "Place", "Where.", path="folder")
    form = SettingsForm([row], {"place": ""})
    qtbot.addWidget(form)
    form.show()
    told: list[tuple[str, object]] = []
    form.changed.connect(lambda *change: told.append(change))
    field = form["place"]
    assert isinstance(field, PathField)
    QTest.mouseClick(field.choose, Qt.MouseButton.LeftButton)
    loop.until(lambda: form.findChildren(QFileDialog))
    (asked,) = form.findChildren(QFileDialog)
    name = asked.findChild(QLineEdit)
    assert name is not None
    name.setText(str(tmp_path))
    QTest.keyClick(name, Qt.Key.Key_Return)
    loop.until(lambda: told)
    assert told == [("place", str(tmp_path))]
    QTest.mouseClick(field.reset, Qt.MouseButton.LeftButton)
    assert told[-1] == ("place", "")


def test_helps_stand_below_the_controls(qtbot: QtBot) -> None:
    form = SettingsForm(PREFERENCES, {}, explained=True)
    qtbot.addWidget(form)
    form.resize(500, 900)
    with qtbot.waitExposed(form):
        form.show()
    texts = {label.text(): label for label in form.findChildren(QLabel)}
    for row in PREFERENCES:
        assert texts[row.help].y() >= form[row.key].geometry().bottom()
