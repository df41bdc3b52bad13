"""Messages to the user."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.errors import NoPersonError
from engine.sentences import Sentence
from hs_desktop import i18n
from hs_desktop.editor import Editor, Level
from hs_desktop.panels.message_bar import SHOWN, MessageBar
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.fake_engine import FakeEngine

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot: QtBot, editor: Editor) -> MessageBar:
    made = MessageBar(editor)
    qtbot.addWidget(made)
    made.resize(600, 100)
    made.show()
    made.hide()
    return made


def texts(bar: MessageBar) -> list[str]:
    return [note._text.text() for note in bar.notes]


def test_a_message_is_shown_and_closed(bar: MessageBar, editor: Editor) -> None:
    assert not bar.isVisible()
    editor.say("Exported.")
    assert bar.isVisible()
    assert texts(bar) == ["Exported."]
    QTest.mouseClick(bar.notes[0].close_button, LEFT)
    assert not bar.notes
    assert not bar.isVisible()


def test_infos_fade_and_errors_stay(bar: MessageBar, editor: Editor, loop: WindowLoop) -> None:
    editor.say("Failed.", Level.ERROR)
    editor.say("Exported.")
    error, info = bar.notes
    assert not error.timer.isActive()
    assert info.timer.isActive()
    info.timer.start(1)
    loop.until(lambda: len(bar.notes) == 1, "the end of the message")
    assert texts(bar) == ["Failed."]


def test_no_message_fades_while_it_is_read(
    bar: MessageBar, editor: Editor, loop: WindowLoop
) -> None:
    editor.say("Long.")
    (note,) = bar.notes
    bar.activateWindow()
    note.setFocus()
    note.timer.start(1)
    loop.until(lambda: note.timer.remainingTime() > 1000, "another term")
    assert bar.notes == [note]
    QTest.keyClick(note, Qt.Key.Key_Escape)
    assert not bar.notes


def test_only_so_many_at_once_and_errors_last(bar: MessageBar, editor: Editor) -> None:
    editor.say("Bad.", Level.ERROR)
    for number in range(SHOWN + 2):
        editor.say(f"Number {number}")
    assert len(bar.notes) == SHOWN
    assert texts(bar)[0] == "Bad."
    assert texts(bar)[-1] == f"Number {SHOWN + 1}"


def test_the_same_again_is_counted(bar: MessageBar, editor: Editor) -> None:
    for _ in range(3):
        editor.say("Open a head photo first.", Level.WARNING)
    assert texts(bar) == ["Open a head photo first. (3 times)"]
    assert "Warning" in bar.notes[0].accessibleName()


def test_the_engines_errors_and_notes_are_translated(
    bar: MessageBar, loaded: Editor, fake: FakeEngine, loop: WindowLoop
) -> None:
    i18n.install(["ko"])
    try:
        fake.fail(NoPersonError(Sentence("No person's head was found in {name}.", name="a.png")))
        loaded.swap()
        loop.settle(loaded)
        fake.notes = (Sentence("The graphics card ran out of memory; the job went on on the CPU."),)
        loaded.swap()
        loop.settle(loaded)
    finally:
        i18n.install(["en"])
    assert texts(bar) == [
        "a.png에서 사람의 머리를 찾지 못했습니다.",
        "그래픽 카드의 메모리가 부족하여 작업을 CPU에서 계속했습니다.",
    ]


def test_no_markup(bar: MessageBar, editor: Editor) -> None:
    editor.say("<b>photo</b>.png is missing")
    assert bar.notes[0]._text.textFormat() == Qt.TextFormat.PlainText
