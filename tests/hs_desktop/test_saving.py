"""Saving, exporting and keeping happen aside: what the user does meanwhile isn't in the file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.imageio import read_photo
from engine.labels import SemanticClass
from hs_desktop import editor as editor_module
from hs_desktop.document import autosave, hsd
from hs_desktop.document.autosave import Autosave, recoverable
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer, PictureLayer
from hs_desktop.document.planes import FrozenPlane, Plane
from hs_desktop.editor import Editor
from hs_desktop.preferences import Preferences
from hs_desktop.rects import Rect
from tests.hs_desktop.conftest import WindowLoop
from tests.hs_desktop.document.projects import facts, find, picture
from tests.hs_desktop.editing import paint, swapped


class Gate:
    """A function that another thread calls, held before its first line."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.reached.set()
        assert self.open.wait(20)
        return self._function(*args, **options)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, str], Gate]]:
    gates: list[Gate] = []

    def hold(module: Any, name: str) -> Gate:
        gate = Gate(getattr(module, name))
        monkeypatch.setattr(module, name, gate)
        gates.append(gate)
        return gate

    yield hold
    for gate in gates:
        gate.open.set()


@pytest.fixture
def painted(loaded: Editor, loop: WindowLoop) -> Editor:
    """With a result, a painted layout and a retouched picture on it."""
    from hs_desktop.document import commands

    swapped(loaded, loop)
    paint(loaded)
    loaded.document.do(commands.add_layer(Side.RESULT, picture((160, 200))))
    return loaded


def paint_all(editor: Editor) -> None:
    """Strokes on the layout and the picture; one taken back, another left open."""
    paint(editor, class_id=SemanticClass.NECK)
    own = find(editor.document, Side.RESULT, PictureLayer)
    with (
        editor.document.stroke(own.id, "Clone") as stroke,
        stroke.edit("pixels", Rect(0, 0, 160, 200)) as pixels,
    ):
        pixels[...] = 77
    editor.document.undo()
    editor.document.undo()
    layout = find(editor.document, Side.RESULT, LayoutLayer)
    open_stroke = editor.document.stroke(layout.id, "Brush")
    with open_stroke.edit("ids", Rect(40, 40, 90, 90)) as pixels:
        pixels[...] = SemanticClass.HAIR


def test_what_is_painted_while_saving_is_not_saved(
    painted: Editor, loop: WindowLoop, tmp_path: Path, held: Callable[[Any, str], Gate]
) -> None:
    path, gate = tmp_path / "one.hsd", held(hsd, "write_project")
    before = facts(painted.document.state)
    task = painted.spawn(painted.save(path))
    loop.until(gate.reached.is_set)
    paint_all(painted)
    assert facts(painted.document.state) != before
    gate.open.set()
    loop.run_until_complete(task)
    assert facts(hsd.load(path).state) == before
    assert painted.document.is_modified
    loop.run_until_complete(painted.save(path))
    assert facts(hsd.load(path).state) == facts(painted.document.state)
    assert not painted.document.is_modified


def test_what_is_painted_while_exporting_is_not_exported(
    painted: Editor, loop: WindowLoop, tmp_path: Path, held: Callable[[Any, str], Gate]
) -> None:
    gate = held(editor_module, "export")
    shown = painted.document.photo(Side.RESULT)
    assert shown is not None
    task = painted.spawn(painted.export(tmp_path / "one.png"))
    loop.until(gate.reached.is_set)
    paint_all(painted)
    painted.document.redo()
    gate.open.set()
    loop.run_until_complete(task)
    np.testing.assert_array_equal(read_photo(tmp_path / "one.png").pixels, shown.pixels)


def test_what_is_painted_while_it_is_kept_is_kept_next(
    painted: Editor, loop: WindowLoop, tmp_path: Path, held: Callable[[Any, str], Gate]
) -> None:
    painted._keeper.autosave = Autosave(tmp_path, painted.document)
    gate = held(autosave, "to_manifest")
    before = facts(painted.document.state)
    keeping = painted._keeper.autosave

    def kept() -> dict[str, Any]:
        assert keeping._session is not None
        lock = keeping._session.lock
        lock.release()  # as if the process had died
        (left,) = recoverable(tmp_path)
        found = facts(left.load().state)
        left.release()
        lock.acquire()
        return found

    first = painted.spawn(painted.autosave_now())
    loop.until(gate.reached.is_set)
    paint_all(painted)
    after = facts(painted.document.state)
    gate.open.set()
    loop.run_until_complete(first)
    assert kept() == before
    loop.run_until_complete(asyncio.gather(painted.autosave_now(), painted.autosave_now()))
    assert kept() == after


def test_the_windows_thread_reads_no_pixels(
    painted: Editor, loop: WindowLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to save nor to export nor to keep."""
    window, wrong = threading.current_thread(), []

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if threading.current_thread() is window:
                wrong.append(function.__qualname__)
            return function(*args)

        return call

    painted._keeper.autosave = Autosave(tmp_path / "autosave", painted.document)
    paint(painted, class_id=SemanticClass.NECK)
    with monkeypatch.context() as patch:
        for kind in (Plane, FrozenPlane):
            patch.setattr(kind, "read", watched(kind.read))
            patch.setattr(kind, "pixels", property(watched(kind.pixels.fget)))
        patch.setattr(Plane, "copy", watched(Plane.copy))
        patch.setattr(Plane, "_digest", watched(Plane._digest))
        loop.run_until_complete(painted.autosave_now())
        loop.run_until_complete(painted.export(tmp_path / "a.ora"))
        loop.run_until_complete(painted.save(tmp_path / "a.hsd"))
    assert wrong == []
    painted._keeper.autosave.close()


def test_once_saved_there_is_nothing_to_be_recovered(
    painted: Editor, loop: WindowLoop, tmp_path: Path
) -> None:
    painted._keeper.autosave = Autosave(tmp_path / "autosave", painted.document)
    loop.run_until_complete(painted.autosave_now())
    assert list(tmp_path.glob("autosave/*/index.json"))
    loop.run_until_complete(painted.save(tmp_path / "a.hsd"))
    loop.settle(painted)
    assert not list(tmp_path.glob("autosave/*/index.json"))


def test_half_written_preferences_are_removed_at_the_next_start(tmp_path: Path) -> None:
    part = tmp_path / f".{'a' * 32}.part"
    part.write_bytes(b"{")
    preferences = Preferences(tmp_path / "preferences.json")
    assert not part.exists()
    preferences["theme"] = "light"
    assert Preferences(tmp_path / "preferences.json")["theme"] == "light"
