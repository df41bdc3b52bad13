"""What survives when the program dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from engine.errors import OutputFileError
from hs_desktop.document import commands as c
from hs_desktop.document import hsd, sessions
from hs_desktop.document.autosave import Autosave, recoverable
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import facts, find, full_document

ROOT = Path(__file__).resolve().parents[3]


def paint(document: Document, value: int) -> None:
    own = find(document, Side.RESULT, LayoutLayer)
    with (
        document.stroke(own.id, "Brush") as stroke,
        stroke.edit("ids", Rect(2, 2, 20, 20)) as pixels,
    ):
        pixels[...] = value


def files(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def died(folder: Path, script: str) -> None:
    """Run ``script`` with ``folder`` in another process, which kills itself."""
    code = f"""
import os, signal
from pathlib import Path
from hs_desktop.document import commands as c, hsd
from hs_desktop.document.autosave import Autosave, recoverable
from tests.hs_desktop.document.projects import full_document
from tests.hs_desktop.document.test_autosave import paint
folder = Path({str(folder)!r})
document = full_document()
autosave = Autosave(folder / "autosave", document)
{script}
os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr


def test_nothing_is_written_without_need(tmp_path: Path) -> None:
    folder = tmp_path / "autosave"
    document = Document()
    autosave = Autosave(folder, document)
    assert not autosave.tick()
    assert not folder.exists()
    document.do(c.set_settings(seed=3))
    assert autosave.tick()
    assert not autosave.tick()
    document.undo()
    assert not autosave.tick()  # as it was: nothing is to be recovered
    assert not list(folder.rglob("index.json"))
    autosave.close()
    assert not list(folder.iterdir())


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    document = full_document()
    autosave = Autosave(tmp_path, document)
    autosave.tick()
    before = files(tmp_path)
    paint(document, 3)
    autosave.tick()
    after = files(tmp_path)
    changed = {name for name, stamp in after.items() if before.get(name) != stamp}
    assert sorted(name.split("-")[0] for name in changed) == ["index.json", "layout"]
    document.do(c.set_settings(seed=8))
    autosave.tick()
    assert {n for n, stamp in files(tmp_path).items() if after.get(n) != stamp} == {"index.json"}
    paint(document, 4)
    autosave.tick()
    assert set(files(tmp_path)) & (set(after) - set(before)) == set()  # what isn't needed is gone
    autosave.close()


def test_a_session_that_died_is_recovered(tmp_path: Path) -> None:
    died(
        tmp_path,
        """
paint(document, 3)
document.path = folder / "my.hsd"
autosave.tick()
(folder / "wanted").write_text(document.result.layers[0].ids.key)
paint(document, 4)
""",
    )
    (left,) = recoverable(tmp_path / "autosave")
    assert left.path == tmp_path / "my.hsd"
    assert left.saved == pytest.approx(time.time(), abs=600)
    document = left.load()
    assert document.is_modified
    assert document.path == left.path
    own = find(document, Side.RESULT, LayoutLayer)
    assert own.ids.key == (tmp_path / "wanted").read_text()
    assert recoverable(tmp_path / "autosave") == []  # who found it holds it
    left.release()
    (again,) = recoverable(tmp_path / "autosave")
    assert facts(again.load().state) == facts(document.state)
    autosave = Autosave(tmp_path / "autosave", document)
    assert autosave.tick()
    again.discard()
    autosave.close()
    assert list((tmp_path / "autosave").iterdir()) == []


def test_a_running_editor_is_left_alone(tmp_path: Path) -> None:
    document = full_document()
    autosave = Autosave(tmp_path, document)
    autosave.tick()
    assert recoverable(tmp_path) == []
    code = f"""
from pathlib import Path
from hs_desktop.document.autosave import recoverable
print(len(recoverable(Path({str(tmp_path)!r}))))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "0\n"
    assert len(list(tmp_path.rglob("index.json"))) == 1
    paint(document, 5)
    assert autosave.tick()
    autosave.close()


@pytest.mark.parametrize(
    "script",
    [
        "",  # nothing was to be kept yet
        "autosave.tick(); hsd.save(document, folder / 'a.hsd'); autosave.tick()",
        # in the midst of the first tick: payloads, but no index
        "session = autosave.snapshot()._session\n"
        "session.store('data/x.png', lambda file: file.write(b'x'))",
        # half a payload
        "autosave.tick(); hsd.save(document, folder / 'a.hsd'); autosave.tick()\n"
        "(autosave._session.folder / ('.' + 32 * 'a' + '.part')).write_bytes(b'x')",
        # while the project itself was being written
        "with autosave.saving(folder / 'a.hsd'):\n"
        "    (folder / ('.' + 32 * 'b' + '.part')).write_bytes(b'x')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_litter_is_removed(tmp_path: Path, script: str) -> None:
    died(tmp_path, script)
    assert recoverable(tmp_path / "autosave") == []
    assert [path for path in tmp_path.iterdir() if path.name not in ("a.hsd", "autosave")] == []
    assert not (tmp_path / "autosave").exists() or not list((tmp_path / "autosave").iterdir())


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    for name in (".other.part", f".{'c' * 32}.part", "me.jpg"):
        (tmp_path / name).write_bytes(b"x")
    old = tmp_path / f".{'c' * 32}.part"
    os.utime(old, (1e9, 1e9))
    died(
        tmp_path,
        "with autosave.saving(folder / 'a.hsd'):\n    os.kill(os.getpid(), signal.SIGKILL)",
    )
    (tmp_path / "autosave" / "notes.txt").write_text("mine")
    recoverable(tmp_path / "autosave")
    assert {p.name for p in tmp_path.iterdir()} == {".other.part", old.name, "me.jpg", "autosave"}
    assert [p.name for p in (tmp_path / "autosave").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("damage", ["index", "payload", "missing"])
def test_a_damaged_autosave(tmp_path: Path, damage: str) -> None:
    died(tmp_path, "paint(document, 3); autosave.tick()")
    folder = tmp_path / "autosave"
    (index,) = folder.rglob("index.json")
    payload = next(index.parent.glob("layout-*.png"))
    if damage == "index":
        index.write_bytes(index.read_bytes()[:50])
        assert recoverable(folder) == []
        assert list(folder.iterdir()) == []
        return
    if damage == "payload":
        payload.write_bytes(payload.read_bytes()[:-30])
    else:
        payload.unlink()
    (left,) = recoverable(folder)
    with pytest.raises(ProjectError, match="damaged"):
        left.load()
    left.discard()
    assert list(folder.iterdir()) == []


def test_written_in_another_thread_while_the_user_paints(tmp_path: Path) -> None:
    document = full_document()
    autosave = Autosave(tmp_path, document)
    pending = autosave.snapshot()
    assert pending is not None
    wanted = facts(document.state)
    paint(document, 7)
    assert autosave.snapshot() is None  # the first isn't written yet
    thread = threading.Thread(target=pending.write)
    thread.start()
    thread.join()
    session = autosave._session
    assert session is not None
    session.lock.release()  # as if the process had died
    (left,) = recoverable(tmp_path)
    assert facts(left.load().state) == wanted
    left.release()
    assert autosave.tick()
    (left,) = recoverable(tmp_path)
    assert facts(left.load().state) == facts(document.state)
    left.discard()


def test_given_up_while_it_is_being_written(tmp_path: Path) -> None:
    """Whoever gives it up doesn't wait; the writer removes what there is."""
    document = full_document()
    autosave = Autosave(tmp_path, document)
    pending = autosave.snapshot()
    assert pending is not None
    session = autosave._session
    assert session is not None
    store = session.store

    def given_up_meanwhile(name: str, write: Any) -> None:
        store(name, write)
        autosave.close()
        assert session.folder.exists()

    session.store = given_up_meanwhile  # type: ignore[method-assign]
    pending.write()
    assert pending.is_done
    assert list(tmp_path.iterdir()) == []


def test_given_up_before_it_was_written(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path, full_document())
    pending = autosave.snapshot()
    assert pending is not None
    autosave.close()
    pending.write()
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_for_a_note_files_are_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    autosave = Autosave(tmp_path / "file", Document())
    with autosave.saving(tmp_path / "a.hsd"):
        hsd.save(full_document(), tmp_path / "a.hsd")
    assert hsd.load(tmp_path / "a.hsd")


def test_a_tick_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = full_document()
    autosave = Autosave(tmp_path, document)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputFileError, match="No space left"):
            autosave.tick()
    assert autosave.tick()
    assert not autosave.tick()
    autosave.close()
    (tmp_path / "file").write_text("")
    homeless = Autosave(tmp_path / "file", document)
    for _ in range(2):
        with pytest.raises(OutputFileError, match="can't be written"):
            homeless.tick()
    (tmp_path / "file").unlink()
    assert homeless.tick()
    homeless.close()


def test_without_room_for_its_folder_no_lock_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, **_: object) -> None:
        raise OSError(28, "No space left on device")

    autosave = Autosave(tmp_path, full_document())
    with monkeypatch.context() as patch:
        patch.setattr(sessions.Path, "mkdir", lambda path, **kw: None if kw else full(path))
        with pytest.raises(OutputFileError, match="No space left"):
            autosave.tick()
    assert not list(tmp_path.iterdir())
    assert autosave.tick()
    autosave.close()


def test_a_start_that_takes_a_new_lock_for_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks: list[FileLock] = []
    original = sessions._lock

    def raced(parent: Path, name: str) -> FileLock:
        if not locks:
            locks.append(original(parent, name))
            locks[0].acquire()
        return original(parent, name)

    monkeypatch.setattr(sessions, "_lock", raced)
    autosave = Autosave(tmp_path, full_document())
    assert autosave.tick()
    locks[0].release()
    autosave.close()


def test_what_cannot_be_read_for_now_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allow_log: None
) -> None:
    folder = tmp_path / "autosave"
    died(folder.parent, "autosave.tick()")

    def too_many(path: Path) -> bytes:
        raise OSError(24, "Too many open files", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", too_many)
        assert recoverable(folder) == []
    (left,) = recoverable(folder)
    left.discard()


def test_saving_ends_the_need(tmp_path: Path) -> None:
    document = full_document()
    autosave = Autosave(tmp_path / "autosave", document)
    autosave.tick()
    with autosave.saving(tmp_path / "a.hsd"):
        hsd.save(document, tmp_path / "a.hsd")
    assert not autosave.tick()
    assert files(tmp_path / "autosave").keys() <= {p.name for p in tmp_path.rglob("*.lock")}
    paint(document, 9)
    assert autosave.tick()
    assert np.any(find(document, Side.RESULT, LayoutLayer).ids.pixels == 9)
    autosave.close()
