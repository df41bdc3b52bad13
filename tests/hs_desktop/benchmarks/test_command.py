"""``bench --gui``: what it takes, what it prints, and where it finds a screen."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hs_desktop.benchmarks import display, run
from hs_desktop.benchmarks.run import Bench
from hs_desktop.benchmarks.statistics import Figures
from hs_desktop.cli import main

FIGURES = {"window_ms": 800.0, "loop_max_ms": 200.0}


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch) -> list[Bench]:
    """Those that were to be run; they fail to measure the brush."""
    made: list[Bench] = []

    def measure(bench: Bench, on_progress: Callable[[float, str], None]) -> run.Report:
        made.append(bench)
        on_progress(0.5, "brush")
        return {"figures": FIGURES, "bars": {}, "failed": {"brush": "no paint"}}

    monkeypatch.setattr(Bench, "run", measure)
    return made


def test_the_table_is_printed_and_the_report_written(
    benches: list[Bench], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    command = ["bench", "--gui", "--json", str(file), "--swaps", "3", "--napari", "python3.12"]
    assert main([*command, "--pack", "mine", "--device", "cpu", "--precision", "fp32"]) == 1
    assert benches == [Bench("mine", "cpu", 3, "python3.12", precision="fp32")]
    said = capsys.readouterr()
    assert [line.split()[-1] for line in said.out.splitlines()] == ["met", "met"]
    assert said.out.splitlines()[1].endswith("not met")
    assert said.err == "brush: couldn't be measured (no paint).\n"
    assert json.loads(file.read_text(encoding="utf-8"))["figures"] == FIGURES


def test_the_report_alone(benches: list[Bench], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--gui", "--json"]) == 1
    assert benches == [Bench()]
    assert json.loads(capsys.readouterr().out)["failed"] == {"brush": "no paint"}


@pytest.mark.parametrize("option", ["--swaps=3", "--napari=python3"])
def test_options_of_the_window_need_it(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", option]) == 2
    assert capsys.readouterr().err == f"{option.partition('=')[0]} belongs to --gui.\n"


def test_what_fails_is_told_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run.Materials, "made", lambda folder: run.Materials("h", "b", "l", "y"))
    asked: list[tuple[str, dict[str, Any]]] = []

    def in_process(name: str, home: Path, options: dict[str, Any], *more: Any) -> Figures:
        asked.append((name, options))
        if name == "viewing":
            raise run.MeasureError("no photo")
        return {
            "start": {"window_ms": 900.0},
            "brush": {"brush_fit_p95_ms": 4.0, "for_napari": {"diameter": 200.0}},
        }.get(name, {f"{name}_ms": 1.0})

    def in_napari(python: str, task: dict[str, Any], environment: Any) -> dict[str, list[float]]:
        assert (python, task) == ("other", {"diameter": 200.0, "layout": "y"})
        return {"fit": [0.1]}

    monkeypatch.setattr(run, "in_process", in_process)
    monkeypatch.setattr(run, "in_napari", in_napari)
    heard: list[tuple[float, str]] = []
    report = Bench("mine", None, 7, "other").run(lambda part, what: heard.append((part, what)))
    assert [name for name, _options in asked] == [
        "start", "start", "start", "responsiveness", "brush", "viewing", "photos", "live",
        "endurance",
    ]  # fmt: skip
    options = dict(asked)
    assert options["live"] == {"engine": ["mine", None, None]}
    assert options["viewing"] == {"photo": "l", "engine": None}
    assert options["endurance"] == {"swaps": 7, "engine": ["mine", None, None]}
    assert report["failed"] == {"viewing": "no photo"}
    assert report["figures"]["times_napari"] == 25.0
    assert "for_napari" not in report["figures"]
    assert report["bars"]["times_napari"] == {"bar": "≥ 5 ×", "met": True}
    assert heard[-1] == (7 / 8, "many swaps in a row")


def test_some_measures_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.Materials, "made", lambda folder: run.Materials("h", "b", "l", "y"))
    monkeypatch.setattr(run, "in_process", lambda name, *more: {f"{name}_mb": 1.0})
    report = Bench(only=["photos"]).run(lambda part, what: None)
    assert report["figures"] == {"photos_mb": 1.0}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there always is a screen")
class TestDisplay:
    @pytest.fixture(autouse=True)
    def _no_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)

    def test_the_one_that_is_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
        with display.display() as environment:
            assert environment == {}

    def test_none_at_all(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda name: None)
        assert main(["bench", "--gui"]) == 2
        assert "install Xvfb" in capsys.readouterr().err

    @pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb")
    def test_one_of_our_own(self) -> None:
        with display.display() as environment:
            number = environment["DISPLAY"].lstrip(":")
            assert os.path.exists(f"/tmp/.X11-unix/X{number}")
        assert not os.path.exists(f"/tmp/.X11-unix/X{number}")
