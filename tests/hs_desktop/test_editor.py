"""What is worked on in the editor, what it tells, and its end."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtTest import QSignalSpy

from engine.errors import EngineError
from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Level, Message
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.editing import swapped, variations
from tests.hs_desktop.fake_engine import FakeEngine

# --- what is worked on -------------------------------------------------------------------------


def test_active_layers(loaded: Editor, loop: WindowLoop) -> None:
    changed = QSignalSpy(loaded.active_changed)
    photo = loaded.document.head.layers[0]
    loaded.activate(Side.HEAD, photo.id)
    assert (loaded.side, loaded.layer_id) == (Side.HEAD, photo.id)
    loaded.activate(Side.HEAD, photo.id)
    assert changed.count() == 1
    loaded.activate(Side.BODY)
    loaded.activate(Side.HEAD)
    assert loaded.layer_id == photo.id  # as it was left
    loaded.document.do(commands.remove_layer(photo.id))
    assert not loaded.document.head.layers[-1].visible
    assert loaded.layer_id == loaded.document.head.shown[-1].id
    loaded.new()
    assert (loaded.side, loaded.layer_id) == (Side.HEAD, None)


def test_an_opened_project_shows_what_is_worked_on(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(commands.set_settings(variations=3))
    first = variations(swapped(loaded, loop))[0]
    loaded.replace_document(Document(loaded.document.state))
    assert not loaded.document.result.layers[-1].visible
    assert (loaded.side, loaded.layer_id) == (Side.RESULT, first.id)


def test_comparing(loaded: Editor, loop: WindowLoop) -> None:
    loaded.document.do(commands.set_settings(variations=2))
    swapped(loaded, loop)
    first, second = variations(loaded)
    changed = QSignalSpy(loaded.compared_changed)
    loaded.compare((first.id, second.id))
    assert loaded.compared == (first.id, second.id)
    with pytest.raises(KeyError):
        loaded.compare((first.id, "none"))
    loaded.document.do(commands.remove_layer(second.id))
    assert loaded.compared is None
    loaded.document.undo()
    loaded.compare((first.id, second.id))
    loaded.new()
    assert loaded.compared is None
    assert changed.count() == 4


def test_nobody_hears_of_a_former_document(loaded: Editor) -> None:
    former = loaded.document
    loaded.replace_document(Document())
    changed = QSignalSpy(loaded.active_changed)
    former.do(commands.remove_layer(former.head.layers[-1].id))
    assert changed.count() == 0


# --- telling and closing -----------------------------------------------------------------------


def test_spawned_work_tells_its_errors(
    editor: Editor, loop: WindowLoop, said: list[Message], allow_log: None
) -> None:
    async def fails(error: Exception) -> None:
        await asyncio.sleep(0)
        raise error

    editor.spawn(fails(EngineError("A sentence.")))
    editor.spawn(fails(KeyError("x")))
    assert editor.is_waiting
    loop.settle(editor)
    assert said[0] == Message(Level.ERROR, "A sentence.")
    assert "x" in said[1].text


def test_closing_in_the_middle_of_everything(
    loaded: Editor, fake: FakeEngine, loop: WindowLoop, said: list[Message]
) -> None:
    loaded.live = True
    fake.hold()
    loaded.swap()
    fake.wait_held()

    async def endless() -> None:
        await asyncio.Event().wait()

    loaded.spawn(endless())
    loaded.close()
    loaded.document.do(commands.set_settings(guidance=3.0))  # asks nothing any more
    loop.settle(loaded)
    assert not said
