"""The whole editor in a real X window, with the embedded pack, on the sample photos."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hs_desktop.cli import main

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 900.0  # seconds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb"),
]


@pytest.fixture
def display() -> Iterator[str]:
    """A screen that nobody sees."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    with open(reading, encoding="ascii") as file:
        number = file.readline().strip()
    assert number, "Xvfb didn't start"
    yield f":{number}"
    server.terminate()
    server.wait()


class Editor:
    """A running editor, and what it says of each step."""

    def __init__(self, what: str, folder: Path, display: str) -> None:
        home = {f"XDG_{name}_HOME": str(folder / name.lower())
                for name in ("CONFIG", "DATA", "CACHE", "STATE")}  # fmt: skip
        environment = {**os.environ, **home, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self.errors = folder / f"{what}.txt"
        with open(self.errors, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.editor_session", what, str(folder)],
                cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def step(self, name: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors.read_text(encoding="utf-8")
        said: dict[str, Any] = json.loads(line)
        assert said["step"] == name, said
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_a_whole_job(tmp_path: Path, display: str) -> None:
    editor = Editor("work", tmp_path, display)
    try:
        assert editor.step("opened") == {"step": "opened", "platform": "xcb", "cv2": True}
        swapped = editor.step("swapped")
        assert swapped["previews"] > 0
        assert swapped["changed"] > 1000
        moved = editor.step("moved")
        assert moved["shift"] == [30.0, 0.0]
        assert editor.step("painted")["hair"] > 100
        assert editor.step("saved")["modified"] is False
        kept = editor.step("kept")
        assert kept["problems"] == []
    finally:
        editor.kill()

    again = Editor("recover", tmp_path, display)
    try:
        recovered = again.step("recovered")
        assert recovered["seed"] == kept["seed"]
        assert recovered["modified"] is True
        assert recovered["path"] == str(tmp_path / "job.hsd")
        assert recovered["starred"] == 1
        assert again.step("reopened") == {"step": "reopened", "same": True, "problems": []}
        assert again.process.wait(PATIENCE) == 0
    finally:
        again.kill()
    assert again.errors.read_text(encoding="utf-8") == ""
    assert list(tmp_path.glob(".*.part")) == []

    exported = tmp_path / "exported.png"
    assert main(["export", str(tmp_path / "job.hsd"), "-o", str(exported)]) == 0
    assert exported.read_bytes() == (tmp_path / "editor.png").read_bytes()
    screen = np.asarray(Image.open(tmp_path / "swapped.png").convert("RGB"))
    assert screen.shape == (800, 1280, 3)
    assert len(np.unique(screen.reshape(-1, 3), axis=0)) > 1000  # a photo, not an empty window
