"""The program from its start to its end, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hs_desktop.document.autosave import Autosave, recoverable
from tests.hs_desktop.document.projects import full_document

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds
LATE = ("torch", "diffusers", "cv2", "PIL", "psd_tools", "tifffile")

# The real program on a scripted engine; what it prints tells how far it is.
PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from hs_desktop import app
from tests.hs_desktop.fake_engine import FakeEngine

app._open_engine = lambda preferences: FakeEngine()
begin = app.Program._begin

async def told(self, files, sample):
    print("painted", flush=True)
    await begin(self, files, sample)
    print("begun", flush=True)

app.Program._begin = told
{more}
sys.exit(app.run())
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose preferences, logs and autosaves lie in a folder of their own."""
    names = {f"XDG_{name}_HOME": str(tmp_path / name.lower())
             for name in ("CONFIG", "DATA", "CACHE", "STATE")}  # fmt: skip
    return {**os.environ, **names, "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}


def start(home: dict[str, str], more: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(more=more)], cwd=ROOT, env=home, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == word:
            return
    assert process.stderr is not None
    pytest.fail(f"ended before {word}: {process.stderr.read()}")


def autosaves(home: dict[str, str]) -> Path:
    return Path(home["XDG_DATA_HOME"]) / "hs-desktop" / "autosave"


def test_nothing_heavy_comes_before_the_window(home: dict[str, str]) -> None:
    script = f"""
import sys
from hs_desktop import app

async def look(self, files, sample):
    print(self.window.isVisible(), sorted(set({LATE!r}) & set(sys.modules)), flush=True)
    self.window.close_now()

app.Program._begin = look
sys.exit(app.run())
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=home, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout.strip()) == (0, "True []"), run.stderr


def test_without_a_display_one_sentence_and_exit_code_2(home: dict[str, str]) -> None:
    home = {name: value for name, value in home.items() if name != "WAYLAND_DISPLAY"}
    home.update(QT_QPA_PLATFORM="xcb", DISPLAY=":4095")
    run = subprocess.run(
        [sys.executable, "main.py"], cwd=ROOT, env=home, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert run.stderr.startswith("The window can't be opened: ")


def test_a_file_that_is_not_there_is_told_before_any_window(
    home: dict[str, str], tmp_path: Path
) -> None:
    run = subprocess.run(
        [sys.executable, "main.py", str(tmp_path / "gone.hsd")], cwd=ROOT, env=home,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "gone.hsd" in run.stderr


WITH_SAMPLE = """
async def opened(self, files, sample):
    await begin(self, files, sample)
    await self.window.files.open_sample()
    print("loaded", flush=True)

from hs_desktop.preferences import Preferences
get = Preferences.__getitem__
Preferences.__getitem__ = lambda self, key: False if key == "show_welcome" else get(self, key)
app.Program._begin = opened
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of its own")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_quits_and_what_is_not_saved_is_offered_again(
    home: dict[str, str], number: signal.Signals
) -> None:
    process = start(home, WITH_SAMPLE)
    wait_for(process, "loaded")
    process.send_signal(number)
    _out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    assert error == ""
    left = recoverable(autosaves(home))
    assert len(left) == 1
    assert len(left[0].load().head)
    left[0].release()


def test_the_sample_project_is_swapped(home: dict[str, str]) -> None:
    """As ``make run`` does: no welcome, but a picture."""
    more = """
async def swapped(self, files, sample):
    await begin(self, files, sample)
    shown = [type(w).__name__ for w in app.QApplication.topLevelWidgets() if w.isVisible()]
    print("open", *sorted(shown), flush=True)
    self._looking = QTimer()
    self._looking.timeout.connect(lambda: look(self))
    self._looking.start(20)

def look(self):
    if not self.editor.bridge.is_busy and len(self.editor.document.result):
        print("made", flush=True)
        self._looking.stop()
        self.stop()

app.Program._begin = swapped
sys.argv = ["main.py", "--sample"]
from hs_desktop import cli
app.run, run = (lambda files, sample: run(files, sample=sample)), app.run
sys.exit(cli.main())
"""
    process = start(home, more)
    wait_for(process, "open MainWindow")
    wait_for(process, "made")
    _out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    assert error == ""


def test_what_a_killed_program_has_left_is_offered(home: dict[str, str]) -> None:
    autosave = Autosave(autosaves(home), full_document())
    autosave.tick()
    assert autosave._session is not None
    autosave._session.lock.release()
    more = """
from hs_desktop.windows.recovery import RecoveryDialog

def sessions():
    return {path.parent.name for path in program._autosave_folder.glob("*/index.json")}

def answer():
    dialogs = app.QApplication.topLevelWidgets()
    for dialog in dialogs:
        if isinstance(dialog, RecoveryDialog) and dialog.isVisible():
            print("offered", dialog._list.topLevelItemCount(), flush=True)
            dialog._recover()
            taken_over()
            return
    QTimer.singleShot(50, answer)

def taken_over():
    if sessions() and not sessions() & former:
        program.stop()
    else:
        QTimer.singleShot(50, taken_over)

async def waiting(self, files, sample):
    global program, former
    program = self
    former = sessions()
    QTimer.singleShot(50, answer)
    await begin(self, files, sample)

app.Program._begin = waiting
"""
    process = start(home, more)
    out, error = process.communicate(timeout=PATIENCE)
    assert "offered 1" in out, error
    left = recoverable(autosaves(home))
    assert len(left) == 1  # as nobody saved it, it is offered the next time, too
    left[0].release()


def test_a_fault_is_logged_and_the_window_stays(home: dict[str, str]) -> None:
    more = """
async def faulty(self, files, sample):
    def slot():
        raise ZeroDivisionError("on purpose")
    QTimer.singleShot(0, slot)
    self.editor.said.connect(lambda message: print(message.text, flush=True))
    QTimer.singleShot(300, lambda: print("visible", self.window.isVisible(), flush=True))
    QTimer.singleShot(400, self.stop)

app.Program._begin = faulty
"""
    process = start(home, more)
    out, _error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "on purpose" in out
    assert "visible True" in out
    logs = list(Path(home["XDG_CACHE_HOME"]).rglob("hs-desktop.log"))
    logs += list(Path(home["XDG_STATE_HOME"]).rglob("hs-desktop.log"))
    assert "ZeroDivisionError: on purpose" in logs[0].read_text(encoding="utf-8")


def test_autosave_happens_by_itself(home: dict[str, str]) -> None:
    more = (
        WITH_SAMPLE
        + """
from hs_desktop.preferences import Preferences as P
at = P.__getitem__
P.__getitem__ = lambda self, key: 0.2 if key == "autosave_seconds" else at(self, key)
start = app.QTimer.start
"""
    )
    more += """
app.QTimer.start = lambda self, *ms: start(self, *(int(one) for one in ms))
"""
    process = start(home, more)
    try:
        wait_for(process, "loaded")
        deadline = time.monotonic() + PATIENCE
        while not list(autosaves(home).glob("*/index.json")):
            assert time.monotonic() < deadline, "nothing was kept"
            time.sleep(0.05)
    finally:
        process.kill()
        process.communicate()
    left = recoverable(autosaves(home))
    assert len(left) == 1
    left[0].release()
