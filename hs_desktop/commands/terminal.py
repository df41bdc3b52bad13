"""What appears in a terminal: sentences, and a line that shows how far a job is."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from engine.requests import Progress
from hs_desktop.i18n import _, translated

_BAR = 20


def say(sentence: str) -> None:
    """A sentence for people on standard error, always one line."""
    print(" ".join(sentence.splitlines()), file=sys.stderr, flush=True)


def print_json(report: object) -> None:
    """``report`` on standard output: one line, ASCII only, ``null`` for what is no number."""
    print(json.dumps(plain(report)), flush=True)


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: arrays as lists, ``None`` for what is no number."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # arrays and numbers of numpy
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def say_notes(notes: Iterable[str]) -> None:
    for note in dict.fromkeys(notes):
        say(translated(note))


def stage_name(stage: str) -> str:
    """What a stage of the engine is called; its own name where nobody has found a better one."""
    return {
        "queued": _("waiting"),
        "load": _("loading the models"),
        "find": _("finding heads"),
        "parse": _("parsing"),
        "layout": _("completing the layout"),
        "encode": _("encoding"),
        "prepare": _("preparing the full size"),
        "sample": _("sampling"),
        "decode": _("decoding"),
        "composite": _("putting it together"),
        "done": _("done"),
    }.get(stage, stage)


def time_left(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("{hours} h {minutes} min left").format(hours=hours, minutes=minutes)
    if minutes:
        return _("{minutes} min {seconds} s left").format(minutes=minutes, seconds=rest)
    return _("{seconds} s left").format(seconds=rest)


class ProgressLine:
    """One line that is written over and over; nothing at all where no terminal is.

    Use it in a ``with`` block: the line is gone at its end.
    """

    def __init__(self) -> None:
        self._active = sys.stderr.isatty()

    def show(self, fraction: float, text: str, seconds_left: float | None = None) -> None:
        if not self._active:
            return
        filled = round(_BAR * fraction)
        line = f"[{'#' * filled}{' ' * (_BAR - filled)}] {fraction:4.0%}  {text}"
        if seconds_left is not None:
            line += "  " + time_left(seconds_left)
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\x1b[K" + line[:width])
        sys.stderr.flush()

    def clear(self) -> None:
        if self._active:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def follow(self, prefix: str = "") -> Callable[[Progress], None]:
        """A callback for a job's progress."""

        def on_progress(progress: Progress) -> None:
            text = prefix + stage_name(progress.stage)
            if progress.total > 1:
                text += f" {progress.done}/{progress.total}"
            self.show(progress.fraction, text, progress.seconds_left)

        return on_progress

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()
