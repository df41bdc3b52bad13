"""The sampling panel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from engine.jobs import JobState
from engine.requests import HeadTransform, SamplingSettings, SwapRequest
from hs_desktop.document import commands
from hs_desktop.editor import Editor
from hs_desktop.panels.sampling import SamplingPanel
from hs_desktop.panels.settings_form import NumberField, SwitchField
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, loaded: Editor) -> SamplingPanel:
    made = SamplingPanel(loaded)
    qtbot.addWidget(made)
    made.resize(296, 700)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def type_in(field: object, text: str) -> None:
    assert isinstance(field, NumberField)
    field.box.setFocus()
    field.box.selectAll()
    QTest.keyClicks(field.box, text)
    QTest.keyClick(field.box, Qt.Key.Key_Return)


def test_changes_are_commands(panel: SamplingPanel, loaded: Editor) -> None:
    document, count = loaded.document, len(loaded.document.history.names)
    type_in(panel.form["guidance"], "3")
    type_in(panel.form["guidance"], "4")
    type_in(panel.form["steps"], "20")
    assert document.settings.sampling.guidance == 4
    assert document.settings.sampling.steps == 20
    assert len(document.history.names) == count + 3  # each was let go of
    document.undo()
    assert panel.form["steps"].value == SamplingSettings().steps
    document.undo()
    assert panel.form["guidance"].value == 3


def test_completion_is_switched_off(
    panel: SamplingPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    switch = panel.form["complete"]
    assert isinstance(switch, SwitchField)
    switch.box.setFocus()
    QTest.keyClick(switch.box, Qt.Key.Key_Space)
    QTest.mouseClick(panel.swap, LEFT)
    loop.settle(loaded)
    request = fake.requests[-1]
    assert isinstance(request, SwapRequest)
    assert not request.complete
    QTest.mouseClick(switch.reset, LEFT)
    assert switch.box.isChecked()
    assert loaded.document.settings.complete


def test_tones_are_slid(
    panel: SamplingPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    """By mouse, by key and as numbers; each is asked for with the next swap, and undone."""
    document, count = loaded.document, len(loaded.document.history.names)
    field = panel.form["body_skin"]
    assert isinstance(field, NumberField)
    assert field.slider is not None
    start = slider_handle(field.slider)
    QTest.mousePress(field.slider, LEFT, pos=start)
    for far in (10, 20, 30):
        QTest.mouseMove(field.slider, start + QPoint(far, 0))
    QTest.mouseRelease(field.slider, LEFT, pos=start + QPoint(30, 0))
    dragged = document.settings.body_skin
    assert 0 < dragged < 1
    type_in(panel.form["head_skin"], "40")
    light = panel.form["match_light"]
    assert isinstance(light, NumberField)
    assert light.slider is not None
    light.slider.setFocus()
    QTest.keyClick(light.slider, Qt.Key.Key_End)
    assert len(document.history.names) == count + 3
    QTest.mouseClick(panel.swap, LEFT)
    loop.settle(loaded)
    (request,) = (r for r in fake.requests if isinstance(r, SwapRequest))
    assert (request.head_skin, request.body_skin, request.match_light) == (0.4, dragged, 1.0)
    while document.settings.body_skin:
        document.undo()
    assert field.slider.value() == 0
    assert field.box.text() == "0 %"


def slider_handle(slider: QSlider) -> QPoint:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    return slider.style().subControlRect(control, option, handle, slider).center()


def test_nothing_is_too_wide_for_the_dock(panel: SamplingPanel) -> None:
    assert panel.form.minimumSizeHint().width() <= 296 - 14 - 12


def test_seed_buttons(panel: SamplingPanel, loaded: Editor) -> None:
    def seed() -> int:
        return loaded.document.settings.sampling.seed

    QTest.mouseClick(panel.next_seed, LEFT)
    QTest.mouseClick(panel.next_seed, LEFT)
    assert seed() == 2
    QTest.mouseClick(panel.dice, LEFT)
    assert seed() != 2
    assert panel.form["seed"].value == seed()
    assert panel.lock.isChecked()
    QTest.mouseClick(panel.lock, LEFT)
    assert not loaded.seed_locked
    loaded.seed_locked = True
    assert panel.lock.isChecked()


def test_the_head_is_moved(panel: SamplingPanel, loaded: Editor) -> None:
    for key, text in (("x", "12.5"), ("y", "-3"), ("scale", "150"), ("rotate", "-20")):
        type_in(panel.transform[key], text)
    box = panel.transform["flip"].focusProxy()
    assert box is not None
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert loaded.document.transform == HeadTransform((12.5, -3.0), 1.5, -20.0, True)
    loaded.document.do(commands.set_transform(HeadTransform(scale=0.5)))  # the handles
    assert panel.transform["scale"].value == 0.5
    box = panel.transform["scale"].focusProxy()
    assert isinstance(box, QDoubleSpinBox)
    assert box.text() == "50.0 %"
    QTest.mouseClick(panel.align, LEFT)
    assert loaded.document.transform == HeadTransform()
    assert not panel.align.isEnabled()
    loaded.document.undo()
    assert loaded.document.transform.scale == 0.5


def test_swap_and_cancel(
    panel: SamplingPanel, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    QTest.mouseClick(panel.swap, LEFT)
    assert panel.swap.text() == "Cancel"
    (record,) = loaded.bridge.open_jobs
    QTest.mouseClick(panel.swap, LEFT)
    loop.settle(loaded)
    assert record.state is JobState.CANCELLED
    assert panel.swap.text() == "Swap"
    fake.release()
    QTest.mouseClick(panel.swap, LEFT)
    loop.settle(loaded)
    assert len(fake.requests) >= 3
    assert loaded.document.result


def test_live(panel: SamplingPanel, loaded: Editor, loop: WindowLoop) -> None:
    QTest.mouseClick(panel.live, LEFT)
    assert loaded.live
    assert panel.swap.text() == "Swap"  # a live job isn't what the button is about
    loop.settle(loaded)
    loaded.live = False
    assert not panel.live.isChecked()


def test_presets(panel: SamplingPanel, loaded: Editor) -> None:
    presets = panel.presets
    assert not presets.save.isEnabled()
    type_in(panel.form["steps"], "30")
    type_in(panel.form["head_skin"], "60")
    line = presets.combo.lineEdit()
    assert line is not None
    line.setFocus()
    QTest.keyClicks(line, "Fine")
    QTest.mouseClick(presets.save, LEFT)
    assert loaded.preferences.presets["Fine"]["steps"] == 30
    assert "seed" not in loaded.preferences.presets["Fine"]
    type_in(panel.form["steps"], "5")
    type_in(panel.form["head_skin"], "0")
    type_in(panel.form["seed"], "77")
    presets.combo.setFocus()
    presets.combo.setCurrentIndex(0)
    presets.combo.activated.emit(0)
    assert loaded.document.settings.sampling.steps == 30
    assert loaded.document.settings.head_skin == 0.6
    assert loaded.document.settings.sampling.seed == 77
    assert presets.combo.currentText() == "Fine"
    QTest.mouseClick(presets.delete, LEFT)
    assert not loaded.preferences.presets
    assert presets.combo.count() == 0


def test_another_document(panel: SamplingPanel, loaded: Editor) -> None:
    type_in(panel.form["steps"], "30")
    loaded.new()
    assert panel.form["steps"].value == SamplingSettings().steps


def test_a_folded_section_stays_so(qtbot: QtBot, panel: SamplingPanel, loaded: Editor) -> None:
    assert panel.transform.isVisible()
    QTest.mouseClick(panel.head.button, LEFT)
    assert not panel.transform.isVisible()
    other = SamplingPanel(loaded)
    qtbot.addWidget(other)
    other.show()
    assert not other.transform.isVisible()


def test_swap_stands_out_when_it_is_what_to_do_next(
    panel: SamplingPanel, loaded: Editor, loop: WindowLoop
) -> None:
    assert panel.swap.property("primary")
    QTest.mouseClick(panel.swap, LEFT)
    assert not panel.swap.property("primary")  # it is Cancel now
    loop.settle(loaded)
    assert panel.swap.property("primary")
    loaded.new()
    assert not panel.swap.property("primary")


def test_the_controls_of_both_forms_begin_in_one_line(panel: SamplingPanel) -> None:
    fields = panel.form["guidance"], panel.transform["x"]
    first, second = (field.mapTo(panel, QPoint()).x() for field in fields)
    assert first == second


def test_degrees_stand_close_to_their_number(panel: SamplingPanel) -> None:
    turn = panel.transform["rotate"]
    assert isinstance(turn, NumberField)
    type_in(turn, "4.5")
    assert turn.box.text() == "4.5°"
    right = panel.transform["x"]
    assert isinstance(right, NumberField)
    assert right.box.text() == "0.0 px"
