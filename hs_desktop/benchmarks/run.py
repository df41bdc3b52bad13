"""All measures of the window, one after another, each in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hs_desktop.benchmarks.bars import judged
from hs_desktop.benchmarks.display import display
from hs_desktop.benchmarks.materials import Materials
from hs_desktop.benchmarks.processes import MeasureError, in_napari, in_process
from hs_desktop.benchmarks.statistics import Figures, milliseconds, percentile
from hs_desktop.i18n import N_, _
from hs_desktop.preferences import Preferences

STARTS = 3
TITLES = {
    "start": N_("starting"),
    "responsiveness": N_("responsiveness while sampling"),
    "brush": N_("brush"),
    "napari": N_("napari's brush"),
    "viewing": N_("zooming and panning"),
    "photos": N_("memory with large photos"),
    "live": N_("live mode"),
    "endurance": N_("many swaps in a row"),
}
OnProgress = Callable[[float, str], None]  # fraction 0..1, what is measured
Report = dict[str, Any]
_Steps = Iterator[tuple[str, Callable[[], Mapping[str, Any]]]]


@dataclass(frozen=True)
class Bench:
    """What is measured, and with what.

    Attributes:
        pack, device, precision: of the models; ``None`` takes the default.
        swaps: in a row, for the memory; 0 leaves that out.
        napari: a Python that has napari; ``None`` tries ours.
        only: names of ``TITLES``; empty for all of them.
    """

    pack: str | None = None
    device: str | None = None
    swaps: int = 0
    napari: str | None = None
    only: Sequence[str] = ()
    precision: str | None = None

    def run(self, on_progress: OnProgress) -> Report:
        """Measure everything.

        Returns:
            ``figures`` by key, ``bars`` of those that have one, ``failed``: what couldn't be
            measured, and why.

        Raises:
            DisplayError: there is nothing to show a window on.
        """
        figures: Figures = {}
        failed: dict[str, str] = {}
        with tempfile.TemporaryDirectory(prefix="hs-desktop-bench-") as name, display() as screen:
            folder = Path(name)
            on_progress(0.0, _("preparing photos"))
            measures = _Measures(self, folder, {**os.environ, **screen}, figures)
            steps = [(n, m) for n, m in measures.steps() if not self.only or n in self.only]
            for number, (step, measure) in enumerate(steps):
                part_of = partial(_tell_part, on_progress, _(TITLES[step]), number, len(steps))
                measures.on_progress = part_of
                part_of(0.0)
                try:
                    figures.update(measure())
                except MeasureError as error:
                    failed[step] = str(error)
        figures.pop("for_napari", None)
        return {"figures": figures, "bars": judged(figures), "failed": failed}


def _tell_part(on_progress: OnProgress, title: str, number: int, count: int, part: float) -> None:
    """``part`` (0..1) of measure ``number`` of ``count`` is done."""
    on_progress((number + part) / count, title)


class _Measures:
    """The measures of a bench, on the same photos.

    Attributes:
        on_progress: hears how far the present one is, 0..1.
    """

    def __init__(
        self, bench: Bench, folder: Path, environment: Mapping[str, str], figures: Figures
    ) -> None:
        self._bench, self._folder, self._environment = bench, folder, environment
        self._figures = figures  # of the measures so far
        self._homes = 0
        self._materials = Materials.made(folder)
        self.on_progress: Callable[[float], None] = lambda _part: None

    def steps(self) -> _Steps:
        """Names and measures, in their order."""
        made, photos = self._materials, [self._materials.head, self._materials.body]
        yield "start", self._starts
        yield "responsiveness", lambda: self._own("responsiveness", photos=photos)
        yield "brush", lambda: self._own("brush", engine=False, photo=made.head, layout=made.layout)
        if (python := self._python_with_napari()) is not None:
            yield "napari", lambda: self._beside_napari(python)
        yield "viewing", lambda: self._own("viewing", engine=False, photo=made.large)
        yield "photos", lambda: self._own("photos", engine=False, photos=photos, layout=made.layout)
        yield "live", lambda: self._own("live")
        if self._bench.swaps:
            yield "endurance", lambda: self._own("endurance", swaps=self._bench.swaps)

    def _own(self, name: str, *, engine: bool = True, **options: Any) -> Figures:
        """A measure of ours, in an editor that knows nothing of the user's own."""
        self._homes += 1
        home = self._folder / f"home-{self._homes}"
        home.mkdir()
        Preferences(home / "preferences.json")["show_welcome"] = False
        bench = self._bench
        options["engine"] = [bench.pack, bench.device, bench.precision] if engine else None
        return in_process(name, home, options, self._environment, lambda p: self.on_progress(p))

    def _starts(self) -> Figures:
        return starts([self._own("start") for _ in range(STARTS)])

    def _python_with_napari(self) -> str | None:
        if self._bench.napari is None and importlib.util.find_spec("napari") is not None:
            return sys.executable
        return self._bench.napari

    def _beside_napari(self, python: str) -> Figures:
        if "for_napari" not in self._figures:
            raise MeasureError(_("there is nothing to compare it with"))
        task = {**self._figures["for_napari"], "layout": self._materials.layout}
        return beside_napari(in_napari(python, task, self._environment), self._figures)


def starts(rounds: Sequence[Figures]) -> Figures:
    """The middle one of several starts, and the slowest window."""
    keys = [key for key, value in rounds[0].items() if isinstance(value, float)]
    middle = {key: percentile([figures[key] for figures in rounds], 50) for key in keys}
    slowest = max(figures["window_ms"] for figures in rounds)
    return {**rounds[-1], **middle, "window_max_ms": slowest}


def beside_napari(seconds: Mapping[str, Sequence[float]], ours: Figures) -> Figures:
    """napari's times, and how many times faster we are where we are so least (p95)."""
    figures: Figures = {}
    ratios = []
    for name, moves in seconds.items():
        figures |= milliseconds(f"napari_{name}", moves, 50, 95)
        ratios.append(figures[f"napari_{name}_p95_ms"] / ours[f"brush_{name}_p95_ms"])
    return {**figures, "times_napari": min(ratios)}
