"""The layers panel, worked by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, PhotoLayer
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Level, Message
from hs_desktop.panels.layer_delegate import Part
from hs_desktop.panels.layer_model import SIDES
from hs_desktop.panels.layers import LayersPanel
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import find

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, swapped: Editor) -> LayersPanel:
    return shown(qtbot, swapped)


def shown(qtbot: QtBot, editor: Editor) -> LayersPanel:
    made = LayersPanel(editor)
    qtbot.addWidget(made)
    made.resize(280, 640)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.view.setFocus()
    return made


def names(panel: LayersPanel, side: Side) -> list[str]:
    parent = panel.model.index_of(side)
    rows = range(panel.model.rowCount(parent))
    return [panel.model.index(row, 0, parent).data() for row in rows]


def stack_names(editor: Editor, side: Side) -> list[str]:
    """The topmost first."""
    return [layer.name for layer in reversed(editor.document.state.stack(side).layers)]


def row_of(panel: LayersPanel, side: Side, name: str) -> QRect:
    layer = next(x for x in panel._editor.document.state.stack(side) if x.name == name)
    return panel.view.visualRect(panel.model.index_of(side, layer.id))


def click(panel: LayersPanel, at: QPoint) -> None:
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=at)


def press(panel: LayersPanel, part: Part, side: Side, name: str) -> None:
    click(panel, panel.view.delegate.part_rect(part, row_of(panel, side, name)).center())


def key(panel: LayersPanel, which: Qt.Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(panel.view, which, modifiers or Qt.KeyboardModifier.NoModifier)


def test_three_stacks_from_the_top(panel: LayersPanel, swapped: Editor) -> None:
    for side in SIDES:
        assert names(panel, side) == stack_names(swapped, side)
    assert names(panel, Side.RESULT)[:3] == ["Seed 2", "Seed 1", "Seed 0"]


def test_an_empty_project_says_what_to_do(qtbot: QtBot, editor: Editor) -> None:
    panel = LayersPanel(editor)
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.view.isVisible()
    assert panel._empty.isVisible()
    assert not panel.buttons["delete"].isEnabled()


def test_a_click_makes_a_layer_active_and_back(panel: LayersPanel, swapped: Editor) -> None:
    click(panel, panel.view.delegate.name_rect(row_of(panel, Side.HEAD, "head.png")).center())
    assert swapped.side is Side.HEAD
    assert isinstance(swapped.document.layer(swapped.layer_id or ""), PhotoLayer)
    layout = find(swapped.document, Side.BODY, LayoutLayer)
    swapped.activate(Side.BODY, layout.id)
    assert panel.view.currentIndex() == panel.model.index_of(Side.BODY, layout.id)
    click(panel, panel.view.visualRect(panel.model.index_of(Side.HEAD)).center())
    assert swapped.side is Side.HEAD


def test_arrows_pass_from_stack_to_stack(panel: LayersPanel, swapped: Editor) -> None:
    swapped.activate(Side.RESULT, swapped.document.result.layers[0].id)
    key(panel, Qt.Key.Key_Down)
    assert (swapped.side, swapped.layer_id) == (Side.HEAD, swapped.document.head.layers[-1].id)
    key(panel, Qt.Key.Key_Up)
    assert (swapped.side, swapped.layer_id) == (Side.RESULT, swapped.document.result.layers[0].id)
    for _ in range(9):
        key(panel, Qt.Key.Key_Up)
    assert swapped.layer_id == swapped.document.result.layers[-1].id


def test_eye_lock_star_and_solo(panel: LayersPanel, swapped: Editor) -> None:
    document = swapped.document
    active = swapped.layer_id
    for part, attribute in ((Part.EYE, "visible"), (Part.LOCK, "locked"), (Part.STAR, "starred")):
        layer = document.result.layers[-1]
        before = getattr(layer, attribute)
        press(panel, part, Side.RESULT, "Seed 2")
        assert getattr(document.layer(layer.id), attribute) is not before
        press(panel, part, Side.RESULT, "Seed 2")
        assert getattr(document.layer(layer.id), attribute) is before
    press(panel, Part.SOLO, Side.RESULT, "Seed 2")
    assert document.result.solo == document.result.layers[-1].id
    press(panel, Part.SOLO, Side.RESULT, "Seed 2")
    assert document.result.solo is None
    assert swapped.layer_id == active  # an eye is no choice


def test_only_variations_have_stars(panel: LayersPanel, swapped: Editor) -> None:
    count = len(swapped.document.history.names)
    press(panel, Part.STAR, Side.HEAD, "head.png")
    assert len(swapped.document.history.names) == count
    assert swapped.side is Side.HEAD  # it counts as a click on the row


def test_rename_in_place(panel: LayersPanel, swapped: Editor) -> None:
    swapped.activate(Side.HEAD, swapped.document.head.layers[0].id)
    key(panel, Qt.Key.Key_F2)
    line = panel.view.findChild(QLineEdit)
    assert line is not None
    QTest.keyClicks(line, "Anna")
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert swapped.document.head.layers[0].name == "Anna"
    assert swapped.document.history.names[-1] == "Rename layer"
    rect = panel.view.delegate.name_rect(row_of(panel, Side.HEAD, "Anna"))
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=rect.center())
    QTest.mouseDClick(panel.view.viewport(), LEFT, pos=rect.center())
    assert panel.view.state() == panel.view.State.EditingState


def test_order_by_buttons_keys_and_dragging(panel: LayersPanel, swapped: Editor) -> None:
    before = stack_names(swapped, Side.RESULT)
    swapped.activate(Side.RESULT, swapped.document.result.layers[-1].id)
    assert not panel.buttons["up"].isEnabled()
    QTest.mouseClick(panel.buttons["down"], LEFT)
    assert stack_names(swapped, Side.RESULT)[:2] == ["Seed 1", "Seed 2"]
    key(panel, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert stack_names(swapped, Side.RESULT) == before
    drop(panel, Side.RESULT, "Seed 2", 3)  # between Seed 0 and the layout
    assert stack_names(swapped, Side.RESULT)[:3] == ["Seed 1", "Seed 0", "Seed 2"]
    drop(panel, Side.RESULT, "Seed 2", 0)
    assert stack_names(swapped, Side.RESULT) == before
    assert names(panel, Side.RESULT) == before


def drop(panel: LayersPanel, side: Side, name: str, row: int) -> None:
    model = panel.model
    layer = next(x for x in panel._editor.document.state.stack(side) if x.name == name)
    data = model.mimeData([model.index_of(side, layer.id)])
    assert isinstance(data, QMimeData)
    action = Qt.DropAction.MoveAction
    assert model.canDropMimeData(data, action, row, 0, model.index_of(side))
    other = Side.BODY if side is not Side.BODY else Side.HEAD
    assert not model.canDropMimeData(data, action, row, 0, model.index_of(other))
    assert not model.dropMimeData(data, action, row, 0, model.index_of(side))


def test_duplicate_and_delete(panel: LayersPanel, swapped: Editor, said: list[Message]) -> None:
    swapped.activate(Side.RESULT, swapped.document.result.layers[-1].id)
    QTest.mouseClick(panel.buttons["duplicate"], LEFT)
    assert stack_names(swapped, Side.RESULT)[:2] == ["Seed 2 (2)", "Seed 2"]
    key(panel, Qt.Key.Key_Delete)
    assert stack_names(swapped, Side.RESULT)[0] == "Seed 2 (2)"
    active = swapped.document.layer(swapped.layer_id or "")
    swapped.document.do(commands.change_layer(active.id, locked=True))
    assert not panel.buttons["delete"].isEnabled()
    key(panel, Qt.Key.Key_Delete)
    assert [message.level for message in said] == [Level.WARNING]
    assert active.id in swapped.document.result


def test_the_active_layer_is_shown_after_any_change(panel: LayersPanel, swapped: Editor) -> None:
    for layer in swapped.document.result.layers[2:]:
        swapped.document.do(commands.remove_layer(layer.id))
        assert panel.view.currentIndex() == panel.model.index_of(swapped.side, swapped.layer_id)
        assert swapped.side is Side.RESULT
    for _ in range(3):
        swapped.document.undo()
        assert names(panel, Side.RESULT) == stack_names(swapped, Side.RESULT)


def test_opacity(panel: LayersPanel, swapped: Editor) -> None:
    layer = swapped.document.result.layers[-1]
    swapped.activate(Side.RESULT, layer.id)
    count = len(swapped.document.history.names)
    panel.opacity.setFocus()
    QTest.keyClick(panel.opacity, Qt.Key.Key_PageDown)
    QTest.keyClick(panel.opacity, Qt.Key.Key_PageDown)
    assert swapped.document.layer(layer.id).opacity == pytest.approx(0.8)
    assert len(swapped.document.history.names) == count + 1  # one change
    assert panel.percent.value() == 80
    swapped.document.undo()
    assert panel.opacity.value() == 100


def test_the_menu_works(panel: LayersPanel, swapped: Editor) -> None:
    layer = swapped.document.result.layers[-1]
    swapped.activate(Side.RESULT, layer.id)
    for text, check in (
        ("Show", lambda: swapped.document.layer(layer.id).visible),
        ("Star", lambda: swapped.document.layer(layer.id).starred),  # type: ignore[attr-defined]
        ("Apply", lambda: not swapped.document.result.layers[-2].visible),
    ):
        menu = panel.menu()
        assert menu is not None
        menu.popup(QPoint(0, 0))
        action = next(action for action in menu.actions() if action.text() == text)
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
        assert check(), text


def test_thumbnails_come_later(panel: LayersPanel, swapped: Editor, loop: WindowLoop) -> None:
    layer = swapped.document.result.layers[-1]
    assert isinstance(layer, Variation)
    index = panel.model.index_of(Side.RESULT, layer.id)

    def picture() -> object:
        return index.data(Qt.ItemDataRole.DecorationRole)

    loop.until(picture, "a thumbnail")
    layout = find(swapped.document, Side.RESULT, LayoutLayer)
    index = panel.model.index_of(Side.RESULT, layout.id)
    loop.until(picture, "a thumbnail")
    first = picture().toImage()  # type: ignore[attr-defined]
    with swapped.document.stroke(layout.id, "Paint") as stroke:
        stroke.replace("ids", layout.ids.pixels * 0 + 5)
    assert picture().toImage() == first  # type: ignore[attr-defined]
    loop.until(lambda: picture().toImage() != first, "another thumbnail")  # type: ignore[attr-defined]


def test_another_document(panel: LayersPanel, swapped: Editor) -> None:
    former = swapped.document
    swapped.new()
    assert panel.model.rowCount(panel.model.index_of(Side.RESULT)) == 0
    former.do(commands.remove_layer(former.result.layers[-1].id))
    assert not panel.view.isVisible()
    QApplication.processEvents()


def test_the_name_of_the_picture_stays_in_sight(qtbot: QtBot, swapped: Editor) -> None:
    state = swapped.document.state
    swapped.new()
    panel = LayersPanel(swapped)
    qtbot.addWidget(panel)
    panel.resize(280, 230)
    with qtbot.waitExposed(panel):
        panel.show()
    swapped.replace_document(Document(state))
    for side in (Side.RESULT, Side.BODY, Side.RESULT):
        swapped.activate(side)
        QApplication.processEvents()
        shown = panel.view.viewport().rect()
        for index in (panel.model.index_of(side), panel.view.currentIndex()):
            assert shown.contains(panel.view.visualRect(index).center())


def test_a_panel_that_is_gone_hears_nothing(qtbot: QtBot, swapped: Editor) -> None:
    panel = LayersPanel(swapped)
    panel.deleteLater()
    qtbot.waitSignal(panel.destroyed)
    QApplication.sendPostedEvents(None, 52)  # deferred deletion
    swapped.document.do(commands.remove_layer(swapped.document.result.layers[-1].id))
    swapped.new()


def test_given_names_are_said_in_the_windows_language(
    qtbot: QtBot, swapped: Editor, speak_korean: Callable[[], None]
) -> None:
    """Of a project that was made in English; what the user calls a layer stays."""
    swapped.document.do(commands.rename_layer(swapped.document.result.layers[-1].id, "Seed 9"))
    speak_korean()
    panel = shown(qtbot, swapped)
    assert names(panel, Side.RESULT) == ["Seed 9", "시드 1", "시드 0", "레이아웃", "영역"]
    assert names(panel, Side.HEAD) == ["머리 마스크", "레이아웃", "head.png"]


def test_a_given_name_that_is_only_looked_at_stays_one(
    qtbot: QtBot, swapped: Editor, speak_korean: Callable[[], None]
) -> None:
    speak_korean()
    panel = shown(qtbot, swapped)
    layer = find(swapped.document, Side.BODY, LayoutLayer)
    swapped.activate(Side.BODY, layer.id)
    count = len(swapped.document.history.names)
    for typed, wanted in (("", "Layout"), ("Hair", "Hair")):
        key(panel, Qt.Key.Key_F2)
        line = panel.view.findChild(QLineEdit)
        assert line is not None
        assert line.text() == "레이아웃"
        QTest.keyClicks(line, typed)
        QTest.keyClick(line, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: panel.view.findChild(QLineEdit) is None)
        assert swapped.document.layer(layer.id).name == wanted
    assert len(swapped.document.history.names) == count + 1
