"""Files that are there complete or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.writing import atomic_write, remove_parts


def test_whatever_happens_nothing_half_written_stays(tmp_path: Path) -> None:
    def fail(error: type[BaseException]) -> None:
        with atomic_write(tmp_path / "a") as file:
            file.write(b"half")
            raise error

    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error):
            fail(error)
    assert not list(tmp_path.iterdir())


def test_what_a_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    script = (
        "import os, sys; from engine.writing import atomic_write\n"
        "with atomic_write(sys.argv[1]): os._exit(3)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a")], check=False)
    (part,) = tmp_path.iterdir()
    old = part.with_name(f".{'c' * 32}.part")
    for path in (old, tmp_path / ".other.part", tmp_path / "b.png"):
        path.write_bytes(b"x")
    os.utime(old, (1e9, 1e9))
    remove_parts(tmp_path, since=5e9)
    assert part.exists()
    remove_parts(tmp_path, since=1.5e9)
    assert {path.name for path in tmp_path.iterdir()} == {"b.png", ".other.part", old.name}
    remove_parts(tmp_path)
    assert not old.exists()
    remove_parts(tmp_path / "nowhere")


def test_what_is_being_written_is_no_litter(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "a") as file:
        remove_parts(tmp_path)
        file.write(b"whole")
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_it_is_light() -> None:
    script = "import sys, engine.writing; print({'cv2', 'numpy', 'PIL'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
