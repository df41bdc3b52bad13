"""The strip of results."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.sentences import Sentence
from hs_desktop.document import commands
from hs_desktop.document.events import Side
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Message
from hs_desktop.panels.variation_model import Forming
from hs_desktop.panels.variations import VariationsPanel
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def panel(qtbot: QtBot, swapped: Editor) -> VariationsPanel:
    return shown(qtbot, swapped)


def shown(qtbot: QtBot, editor: Editor) -> VariationsPanel:
    made = VariationsPanel(editor)
    qtbot.addWidget(made)
    made.resize(900, 132)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def click(
    panel: VariationsPanel,
    row: int,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    rect = panel.view.visualRect(panel.model.index(row, 0))
    QTest.mouseClick(panel.view.viewport(), LEFT, modifiers, rect.center())


def made(editor: Editor) -> list[Variation]:
    return [layer for layer in editor.document.result if isinstance(layer, Variation)]


def visible(editor: Editor) -> list[int]:
    return [number for number, layer in enumerate(made(editor)) if layer.visible]


def test_an_empty_strip_says_what_to_do(qtbot: QtBot, editor: Editor) -> None:
    panel = shown(qtbot, editor)
    assert panel._empty.isVisible()
    assert "Open a head and a body photo" in panel._empty.text()
    assert not any(button.isEnabled() for button in (panel.star, panel.compare, panel.delete))


def test_with_both_photos_an_empty_strip_says_swap(
    qtbot: QtBot, loaded: Editor, loop: WindowLoop
) -> None:
    panel = shown(qtbot, loaded)
    assert panel._empty.isVisible()
    assert "press Swap" in panel._empty.text()
    assert "Open" not in panel._empty.text()
    while loaded.document.history.can_undo:
        loaded.document.undo()
    assert "Open a head" in panel._empty.text()


def test_a_click_applies(panel: VariationsPanel, swapped: Editor) -> None:
    assert [row.name for row in panel.selected()] == ["Seed 0"]
    click(panel, 2)
    assert visible(swapped) == [2]
    assert (swapped.side, swapped.layer_id) == (Side.RESULT, made(swapped)[2].id)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Left)
    assert visible(swapped) == [2]
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert visible(swapped) == [1]
    swapped.document.undo()
    assert visible(swapped) == [2]
    assert [row.name for row in panel.selected()] == ["Seed 2"]


def test_a_new_result_is_selected_alone_whatever_keys_are_held(
    panel: VariationsPanel, swapped: Editor, loop: WindowLoop
) -> None:
    swapped.swap()
    QTest.keyPress(panel.view, Qt.Key.Key_Control, CTRL)
    loop.settle(swapped)
    shown = [one.id for one in made(swapped) if one.visible]
    assert [one.id for one in panel.selected()] == shown
    QTest.keyRelease(panel.view, Qt.Key.Key_Control)


def test_star(panel: VariationsPanel, swapped: Editor) -> None:
    rect = panel.view.visualRect(panel.model.index(1, 0))
    at = panel.view.delegate.star_rect(rect).center()
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=at)
    assert [layer.starred for layer in made(swapped)] == [False, True, False]
    assert visible(swapped) == [0]  # a star is no choice
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_S)
    assert not any(layer.starred for layer in made(swapped))
    click(panel, 0)
    click(panel, 2, CTRL)
    QTest.mouseClick(panel.star, LEFT)
    assert [layer.starred for layer in made(swapped)] == [True, False, True]
    assert swapped.document.history.names[-1] == "Change star"


def test_compare_two(panel: VariationsPanel, swapped: Editor) -> None:
    assert not panel.compare.isEnabled()
    click(panel, 0)
    click(panel, 2, CTRL)
    assert visible(swapped) == [0]
    QTest.mouseClick(panel.compare, LEFT)
    ids = made(swapped)[0].id, made(swapped)[2].id
    assert swapped.compared == ids
    assert panel.compare.isChecked()
    QTest.mouseClick(panel.compare, LEFT)
    assert swapped.compared is None
    assert not panel.compare.isChecked()
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_C)
    assert swapped.compared == ids
    click(panel, 1)
    assert swapped.compared is None


def test_delete(panel: VariationsPanel, swapped: Editor, said: list[Message]) -> None:
    swapped.document.do(commands.change_layer(made(swapped)[1].id, locked=True))
    click(panel, 0)
    click(panel, 1, CTRL)
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [layer.name for layer in made(swapped)] == ["Seed 1", "Seed 2"]
    assert len(said) == 1
    swapped.document.undo()
    assert len(made(swapped)) == 3


def test_the_next_seed(panel: VariationsPanel, swapped: Editor, loop: WindowLoop) -> None:
    click(panel, 0)
    QTest.mouseClick(panel.again, LEFT)
    loop.settle(swapped)
    assert [layer.sampling.seed for layer in made(swapped)] == [0, 1, 2, 3]
    assert panel.model.rowCount() == 4
    assert visible(swapped) == [3]


def test_results_form(
    panel: VariationsPanel, swapped: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.seconds_per_step = 0.01
    swapped.document.do(commands.set_settings(seed=9, variations=1))
    swapped.swap()
    assert isinstance(panel.model.rows[-1], Forming)

    def forming() -> Forming:
        row = panel.model.rows[-1]
        return row if isinstance(row, Forming) else Forming(0, "")

    loop.until(lambda: forming().picture is not None and forming().fraction > 0, "a preview")
    assert not panel.model.flags(panel.model.index(3, 0)) & Qt.ItemFlag.ItemIsSelectable
    panel.grab()
    loop.settle(swapped)
    row = panel.model.rows[-1]
    assert isinstance(row, Variation)
    assert row.sampling.seed == 9
    index = panel.model.index(3, 0)
    loop.until(lambda: index.data(Qt.ItemDataRole.DecorationRole), "a thumbnail")
    picture = index.data(Qt.ItemDataRole.DecorationRole).toImage()
    assert max(picture.width(), picture.height()) <= 192


def test_a_cancelled_job_leaves_nothing(
    panel: VariationsPanel, swapped: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    fake.hold()
    swapped.swap()
    assert panel.model.rowCount() == 4
    swapped.cancel()
    loop.settle(swapped)
    assert panel.model.rowCount() == 3


def test_exporting_is_asked_for(panel: VariationsPanel, swapped: Editor, qtbot: QtBot) -> None:
    panel.view.clearSelection()
    click(panel, 1, CTRL)
    with qtbot.waitSignal(panel.export_requested) as asked:
        QTest.mouseClick(panel.export, LEFT)
    assert asked.args == [made(swapped)[1]]


def test_the_menu_is_about_what_is_selected(panel: VariationsPanel, swapped: Editor) -> None:
    click(panel, 0)
    click(panel, 2, CTRL)
    menu = panel.menu()
    assert menu is not None
    enabled = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    assert enabled == {
        "Apply": False, "Star": True, "Compare": True, "Same settings, next seed": False,
        "Export…": False, "Delete": True,
    }  # fmt: skip
    menu.popup(QPoint(0, 0))
    action = next(action for action in menu.actions() if action.text() == "Compare")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    assert swapped.compared is not None


def test_another_document(panel: VariationsPanel, swapped: Editor) -> None:
    swapped.new()
    assert panel.model.rowCount() == 0
    assert not panel.view.isVisible()


def test_results_are_told_in_the_windows_language(
    qtbot: QtBot,
    swapped: Editor,
    fake: FakeEngine,
    loop: WindowLoop,
    speak_korean: Callable[[], None],
) -> None:
    fake.notes = (Sentence("The graphics card ran out of memory; the job went on on the CPU."),)
    swapped.swap()
    loop.settle(swapped)
    speak_korean()
    panel = shown(qtbot, swapped)
    index = panel.model.index(3, 0)
    name, _sampling, note = index.data(Qt.ItemDataRole.ToolTipRole).splitlines()
    assert re.fullmatch(r"시드 \d+( \(2\))?", name)
    assert index.data() == name
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).startswith(name)
    assert "CPU" in note
    assert re.search("[가-힣]", note)


def test_two_that_lie_apart_are_compared_by_keyboard(
    panel: VariationsPanel, swapped: Editor, loop: WindowLoop
) -> None:
    click(panel, 0)
    panel.view.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space):
        QTest.keyClick(panel.view, key, CTRL)
    QTest.keyClick(panel.view, Qt.Key.Key_C)
    assert swapped.compared == (made(swapped)[0].id, made(swapped)[2].id)
    assert visible(swapped) == [0]
    swapped.swap()
    assert swapped.compared is None  # or the new one would not be seen
    loop.settle(swapped)
