"""Measures in processes of their own, and what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hs_desktop

_ROOT = Path(hs_desktop.__file__).resolve().parents[1]
_NAPARI = Path(__file__).with_name("napari_brush.py")


class MeasureError(Exception):
    """A measure failed; the text is the last line of what it said."""


def in_process(
    name: str,
    home: Path,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    on_progress: Callable[[float], None],
) -> dict[str, Any]:
    """The figures of a measure.

    Args:
        name: of its module.
        home: of its editor's preferences, logs and autosaves.
        options: for ``hs_desktop.benchmarks.__main__``.
        environment: of the process.
        on_progress: hears how far a long one is, 0..1.

    Raises:
        MeasureError: it failed.
    """
    path = [str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    command = [sys.executable, "-m", "hs_desktop.benchmarks", name, str(home)]
    figures: dict[str, Any] | None = None
    with (
        open(home / "errors.txt", "w+", encoding="utf-8") as errors,
        subprocess.Popen(
            [*command, json.dumps(options), repr(time.time())], stdout=subprocess.PIPE,
            stderr=errors, text=True, env={**environment, "PYTHONPATH": os.pathsep.join(path)},
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "progress" in said:
                done, total = said["progress"]
                on_progress(done / total)
            figures = said.get("figures", figures)
        process.wait()
        errors.seek(0)
        if process.returncode or figures is None:
            raise MeasureError(_last_line(errors.read()))
    return figures


def in_napari(
    python: str, task: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, list[float]]:
    """Seconds of each mouse move of napari's brush, for each zoom.

    Args:
        python: that has napari.
        task: for ``napari_brush``.
        environment: of the process.

    Raises:
        MeasureError: it failed.
    """
    try:
        process = subprocess.run(
            [python, str(_NAPARI)], input=json.dumps(task), capture_output=True, text=True,
            env=dict(environment), check=False,
        )  # fmt: skip
    except OSError as error:
        raise MeasureError(str(error)) from error
    if process.returncode:
        raise MeasureError(_last_line(process.stderr))
    seconds: dict[str, list[float]] = json.loads(process.stdout.splitlines()[-1])
    return seconds


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "no word"
