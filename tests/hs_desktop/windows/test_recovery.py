"""What was kept when the program died is offered again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox

from hs_desktop.document.autosave import Autosave, recoverable
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Message
from hs_desktop.windows.main_window import MainWindow
from hs_desktop.windows.recovery import RecoveryDialog
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import facts, full_document
from tests.hs_desktop.editing import paint
from tests.hs_desktop.windows.conftest import press

Dialog = Callable[[type[Any]], Any]


@pytest.fixture
def autosaves(tmp_path: Path) -> Path:
    """Two projects of an editor that died."""
    folder = tmp_path / "autosave"
    for path in (Path("/photos/first.hsd"), None):
        document = full_document()
        document.path = path
        autosave = Autosave(folder, document)
        autosave.tick()
        assert autosave._session is not None
        autosave._session.lock.release()
    return folder


def test_a_project_is_recovered(
    window: MainWindow, editor: Editor, loop: WindowLoop, dialog: Dialog, autosaves: Path
) -> None:
    found = recoverable(autosaves)
    editor.spawn(window.dialogs.recovery(found))
    recovery = dialog(RecoveryDialog)
    texts = [recovery._list.topLevelItem(k).text(0) for k in range(2)]
    assert texts == ["untitled", "first.hsd"]
    recovery._list.setCurrentItem(recovery._list.topLevelItem(1))
    press(recovery, "Recover")
    loop.settle(editor)
    assert editor.document.path == Path("/photos/first.hsd")
    assert editor.document.is_modified
    left = recoverable(autosaves)
    assert [one.path for one in left] == [None]
    left[0].release()


def test_what_was_begun_meanwhile_is_asked_about(
    window: MainWindow, loaded: Editor, loop: WindowLoop, dialog: Dialog, autosaves: Path
) -> None:
    loaded.spawn(window.dialogs.recovery(recoverable(autosaves)))
    recovery = dialog(RecoveryDialog)
    paint(loaded, Side.BODY)
    begun = loaded.document
    press(recovery, "Recover")
    press(dialog(QMessageBox), "Cancel")
    loop.settle(loaded)
    assert loaded.document is begun
    left = recoverable(autosaves)
    assert len(left) == 2
    for one in left:
        one.release()


def test_what_is_discarded_is_gone_and_the_rest_stays_for_later(
    window: MainWindow, editor: Editor, loop: WindowLoop, dialog: Dialog, autosaves: Path
) -> None:
    editor.spawn(window.dialogs.recovery(recoverable(autosaves)))
    recovery = dialog(RecoveryDialog)
    press(recovery, "Discard")
    press(recovery, "Later")
    loop.settle(editor)
    left = recoverable(autosaves)
    assert [one.path for one in left] == [Path("/photos/first.hsd")]
    assert facts(left[0].load().state)
    left[0].release()


def test_a_damaged_autosave_is_told_and_stays(
    window: MainWindow,
    editor: Editor,
    loop: WindowLoop,
    dialog: Dialog,
    autosaves: Path,
    said: list[Message],
) -> None:
    for payload in autosaves.glob("*/*.png"):
        payload.write_bytes(b"damaged")
    editor.spawn(window.dialogs.recovery(recoverable(autosaves)))
    press(dialog(RecoveryDialog), "Recover")
    loop.settle(editor)
    assert "damaged" in said[-1].text
    assert not len(editor.document.state.stack(Side.HEAD))
    left = recoverable(autosaves)
    assert len(left) == 2
    for one in left:
        one.release()
