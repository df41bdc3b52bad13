"""Kills the editor at random moments, and looks what is left at the next start.

Run as ``python -m tests.kills --count 50``. An editor on a scripted engine paints numbered
strokes, swaps, exports and saves, all in a loop, until it is killed (SIGKILL); the next one
starts as ever, recovers what is offered, and tells which strokes are there. Each kill has to
leave a project that opens, no stroke lost that was older than ``--limit`` seconds, none missing
in between, and, once the next editor has started, no temporary file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.imageio import Photo, write_photo
from hs_desktop.document.hsd import read_project

ROOT = Path(__file__).resolve().parent.parent
PROJECT, JOURNAL = "job.hsd", "journal.jsonl"
PATIENCE = 300.0  # seconds for a start
AT_START = 0.2  # share of the kills that may strike before the editor is ready


@dataclass
class Kill:
    """One kill, and what the next start found.

    Attributes:
        seconds: from the editor's start (or from when it was ready) to the kill.
        during: what was going on.
        strokes: painted before it since the last kill.
        lost: strokes that are gone.
        oldest: age of the oldest of them when the kill struck, in seconds.
        recovered: whether something was offered to be recovered.
        problems: what should not be.
    """

    seconds: float
    during: tuple[str, ...]
    strokes: int = 0
    lost: int = 0
    oldest: float = 0.0
    recovered: bool = False
    problems: list[str] = field(default_factory=list)


def kills(
    count: int,
    folder: Path,
    *,
    seconds: float = 8.0,
    autosave: float = 2.0,
    limit: float = 30.0,
    megapixels: float = 1.0,
    seed: int = 0,
) -> Iterator[Kill]:
    """Kill ``count`` editors.

    Args:
        count: how many.
        folder: an empty one; everything lies in it.
        seconds: an editor lives at most this long.
        autosave: seconds between two autosaves.
        limit: what is older must not be lost, in seconds.
        megapixels: of each photo.
        seed: of the moments.
    """
    moments = random.Random(seed)
    _write_photos(folder, megapixels)
    painted: list[tuple[int, float]] = []  # strokes and when, not seen since
    struck, waiting = 0.0, None
    for number in range(count + 1):  # the last one isn't killed before it has told
        child = _Child(folder, autosave)
        at_start = 0 < number < count and moments.random() < AT_START
        delay = moments.uniform(0.3, 3.0 if at_start else seconds)
        if not at_start:
            told = child.ready()
            if waiting is not None:
                waiting.recovered = told["recovered"]
                waiting.problems += told["problems"]
                lost = [(stroke, at) for stroke, at in painted if stroke > told["last"]]
                waiting.lost = len(lost)
                waiting.oldest = max((struck - at for _, at in lost), default=0.0)
                if waiting.oldest > limit:
                    waiting.problems.append(f"{waiting.oldest:.1f} s of work are lost")
                yield waiting
                waiting, painted = None, []
        if number == count:
            child.kill()
            return
        time.sleep(delay)
        child.kill()
        struck = time.time() if waiting is None else struck
        entries = child.journal()
        painted += [(entry["stroke"], entry["at"]) for entry in entries if "stroke" in entry]
        if waiting is not None:  # the start after a kill was killed, too
            yield Kill(delay, ("starting",), problems=_opens(folder))
            continue
        during = ("starting",) if at_start else _under_way(entries)
        waiting = Kill(delay, during, len(painted), problems=_opens(folder))


class _Child:
    """An editor in a process of its own."""

    def __init__(self, folder: Path, autosave: float) -> None:
        self._folder = folder
        self._journal = folder / JOURNAL
        self._journal.unlink(missing_ok=True)
        home = {f"XDG_{name}_HOME": str(folder / name.lower())
                for name in ("CONFIG", "DATA", "CACHE", "STATE")}  # fmt: skip
        self._said = folder / "said.txt"
        with open(self._said, "w", encoding="utf-8") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.killed_editor", str(folder), str(autosave)],
                cwd=ROOT, stdout=said, stderr=subprocess.STDOUT,
                env={**os.environ, **home, "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"},
            )  # fmt: skip

    def ready(self) -> dict[str, Any]:
        """Wait until it has started, and recovered what was left; what it tells of that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            for entry in self.journal():
                if "last" in entry:
                    return entry
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the editor didn't start: {self._said.read_text(encoding='utf-8')}")

    def journal(self) -> list[dict[str, Any]]:
        """What it has done, line by line."""
        if not self._journal.exists():
            return []
        lines = self._journal.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def _write_photos(folder: Path, megapixels: float) -> None:
    rng = np.random.default_rng(0)
    side = int((megapixels * 1e6) ** 0.5)
    for name in ("head", "body"):
        coarse = rng.integers(0, 240, (side // 16 + 1, side // 16 + 1, 3), np.uint8)
        pixels = coarse.repeat(16, 0).repeat(16, 1)[:side, :side]
        pixels = pixels + rng.integers(0, 9, pixels.shape, np.uint8)
        write_photo(Photo(pixels), folder / f"{name}.png")


def _opens(folder: Path) -> list[str]:
    """What is wrong with the project as it lies there."""
    path = folder / PROJECT
    if path.exists():
        try:
            read_project(path)
        except EngineError as error:
            return [str(error)]
    return []


def _under_way(entries: list[dict[str, Any]]) -> tuple[str, ...]:
    """What had begun and not ended."""
    now: Counter[str] = Counter()
    for entry in entries:
        if "begin" in entry:
            now[entry["begin"]] += 1
        elif "end" in entry:
            now[entry["end"]] -= 1
    return tuple(sorted(name for name, times in now.items() if times > 0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8.0, help="the longest life")
    parser.add_argument("--autosave", type=float, default=2.0, help="seconds between two")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds that may be lost")
    parser.add_argument("--megapixels", type=float, default=1.0, help="of each photo")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    all_of_them: list[Kill] = []
    with tempfile.TemporaryDirectory() as name:
        for kill in kills(
            args.count, Path(name), seconds=args.seconds, autosave=args.autosave,
            limit=args.limit, megapixels=args.megapixels, seed=args.seed,
        ):  # fmt: skip
            all_of_them.append(kill)
            print(
                f"{len(all_of_them):3}  after {kill.seconds:4.1f} s  "
                f"{', '.join(kill.during) or 'idle':32}  {kill.strokes:4} strokes, "
                f"{kill.lost} lost, the oldest {kill.oldest:.1f} s old"
                f"{', recovered' if kill.recovered else ''}  {'; '.join(kill.problems)}",
                flush=True,
            )
    during = Counter(what for kill in all_of_them for what in kill.during)
    bad = sum(bool(kill.problems) for kill in all_of_them)
    print(
        f"{len(all_of_them)} kills ({', '.join(f'{what} {n}' for what, n in during.most_common())})"
        f": {bad} with problems; {sum(kill.strokes for kill in all_of_them)} strokes, "
        f"{sum(kill.lost for kill in all_of_them)} lost, "
        f"the oldest of them {max(kill.oldest for kill in all_of_them):.1f} s old; "
        f"{sum(kill.recovered for kill in all_of_them)} recovered"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
