"""The editor's projects and pictures on disk: saved, opened, exported, kept for a crash."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtTest import QSignalSpy

from hs_desktop.document import commands
from hs_desktop.document.autosave import recoverable
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.editor import Editor, Level, Message
from hs_desktop.engine_bridge import EngineBridge
from hs_desktop.preferences import Preferences
from tests.hs_desktop.conftest import WindowLoop, head_photo
from tests.hs_desktop.document.projects import facts
from tests.hs_desktop.editing import swapped, variations


def test_save_and_open(
    loaded: Editor, loop: WindowLoop, tmp_path: Path, preferences: Preferences
) -> None:
    swapped(loaded, loop)
    path = tmp_path / "one.hsd"
    saved = QSignalSpy(loaded.document_saved)
    with pytest.raises(ValueError, match="path"):
        loop.run_until_complete(loaded.save())
    loop.run_until_complete(loaded.save(path))
    assert saved.count() == 1
    assert not loaded.document.is_modified
    state = facts(loaded.document.state)
    loaded.new()
    assert not any(len(loaded.document.state.stack(side)) for side in Side)
    preferences["undo_memory"] = 64
    loop.run_until_complete(loaded.open_project(path))
    assert facts(loaded.document.state) == state
    assert loaded.document.path == path
    assert loaded.document.history.byte_budget == 64 << 20
    assert loaded.side is Side.RESULT
    assert preferences.recent == [path]


def test_undo_memory_counts_at_once(editor: Editor, preferences: Preferences) -> None:
    first = editor.document
    preferences["undo_memory"] = 64
    assert first.history.byte_budget == 64 << 20
    recovered = Document()
    editor.replace_document(recovered)
    assert recovered.history.byte_budget == 64 << 20
    preferences["undo_memory"] = 128
    assert (first.history.byte_budget, recovered.history.byte_budget) == (64 << 20, 128 << 20)


def test_what_is_done_while_saving_counts_as_modified(
    loaded: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    task = loaded.spawn(loaded.save(tmp_path / "one.hsd"))
    loop.run_until_complete(asyncio.sleep(0))
    loaded.document.do(commands.set_settings(guidance=3.0))
    loop.run_until_complete(task)
    assert loaded.document.is_modified
    assert loaded.document.path == tmp_path / "one.hsd"


def test_a_bad_project_leaves_the_present_one(
    loaded: Editor, loop: WindowLoop, tmp_path: Path, said: list[Message]
) -> None:
    (tmp_path / "bad.hsd").write_bytes(b"PK\x03\x04 nothing")
    document = loaded.document
    with pytest.raises(ProjectError):
        loop.run_until_complete(loaded.open_project(tmp_path / "bad.hsd"))
    loaded.spawn(loaded.open_project(tmp_path / "none.hsd"))
    loop.settle(loaded)
    assert loaded.document is document
    assert [message.level for message in said] == [Level.ERROR]


def test_export_the_result_or_one_variation(
    loaded: Editor, loop: WindowLoop, tmp_path: Path, said: list[Message]
) -> None:
    from engine.imageio import read_photo

    loaded.document.do(commands.set_settings(variations=2))
    swapped(loaded, loop)
    first, second = variations(loaded)
    state = loaded.document.state
    for path, layer in ((tmp_path / "a.png", None), (tmp_path / "b.png", second.id)):
        loop.run_until_complete(loaded.export(path, layer))
    assert (read_photo(tmp_path / "a.png").pixels == first.photo().pixels).all()
    assert (read_photo(tmp_path / "b.png").pixels == second.photo().pixels).all()
    assert loaded.document.state is state
    assert len(said) == 2


def test_autosave(
    qapp: object, loop: WindowLoop, bridge: EngineBridge, preferences: Preferences, tmp_path: Path
) -> None:
    folder = tmp_path / "autosave"
    editor = Editor(preferences, bridge, folder)
    loop.run_until_complete(editor.autosave_now())
    assert not folder.exists()
    editor.set_photo(Side.HEAD, head_photo(), "head.png")
    loop.settle(editor)
    loop.run_until_complete(editor.autosave_now())
    assert list(folder.glob("*/index.json"))
    writing = editor.spawn(editor.autosave_now())  # perhaps under way while it is given up
    editor.document.do(commands.set_settings(guidance=3.0))
    editor.new()
    loop.run_until_complete(writing)
    assert not list(folder.glob("*/index.json"))
    editor.close()
    assert not recoverable(folder)
    assert not list(folder.iterdir())


def test_saving_is_noted_for_the_case_of_a_crash(
    qapp: object, loop: WindowLoop, bridge: EngineBridge, preferences: Preferences,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from hs_desktop.document import hsd

    editor = Editor(preferences, bridge, tmp_path / "autosave")
    seen: list[Path] = []
    write = hsd.write_project

    def look(state: object, path: Path) -> None:
        seen.extend((tmp_path / "autosave").glob("*/writing-*.json"))
        write(state, path)  # type: ignore[arg-type]

    monkeypatch.setattr(hsd, "write_project", look)
    loop.run_until_complete(editor.save(tmp_path / "one.hsd"))
    assert len(seen) == 1
    assert not seen[0].exists()
    editor.close()
