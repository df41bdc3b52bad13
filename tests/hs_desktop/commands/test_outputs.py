"""What the commands write and say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine import imageio
from engine.labels import CLASSES
from engine.requests import Fit
from hs_desktop.cli import main
from hs_desktop.commands import terminal
from tests.hs_desktop.commands.fake_runner import HEIGHT, WIDTH, FakeRunner
from tests.hs_desktop.commands.telling import SWAP, files, seed_in


def test_a_swap_says_nothing_unless_asked(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(folder)
    assert main(SWAP.split()) == 0
    assert capsys.readouterr() == ("", "")
    assert files(folder) == before | {"out.png"}


def test_json_is_one_line(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.script = lambda _, context: context.note("The head is small.")
    assert main([*SWAP.split(), "--seed", "5", "--json"]) == 0
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "")
    report = json.loads(out)
    milliseconds = report.pop("milliseconds")
    assert set(milliseconds) == {"load", "parse", "sample"}
    assert all(isinstance(value, float) for value in milliseconds.values())
    assert report == {
        "command": "swap", "output": "out.png", "seed": 5, "pack": "fake 1.0",
        "device": "cpu fp32", "notes": ["The head is small."],
    }  # fmt: skip


def test_json_tells_how_well_head_and_body_fit(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {"pose": 1.0, "light": 0.25, "resolution": 0.87654, "occlusion": 1.0}
    runner.fit = Fit(parts, ("Try another photo.",))
    assert main([*SWAP.split(), "--variations", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["fit"] == {
        "score": 0.516, "parts": {**parts, "resolution": 0.877}, "advice": ["Try another photo."],
    }  # fmt: skip


def test_notes_are_said(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.script = lambda _, context: context.note("The head is small.")
    assert main([*SWAP.split(), "--variations", "2"]) == 0
    assert capsys.readouterr() == ("", "The head is small.\n")


def test_variations(runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(folder)
    command = "swap head.png body.png -o results/a.b.tif --seed 5 --variations 3 --json"
    assert main([*command.split(), "--region-out", "r.png"]) == 0
    names = [f"results/a.b-{k}.tif" for k in (1, 2, 3)]
    assert files(folder) == before | {*names, "r.png"}
    assert [seed_in(folder / name) for name in names] == [5, 6, 7]
    report = json.loads(capsys.readouterr().out)
    assert (report["output"], report["seed"]) == (str(Path(names[0])), 5)
    assert [v["seed"] for v in report["variations"]] == [5, 6, 7]
    assert [v["output"] for v in report["variations"]] == [str(Path(name)) for name in names]


def test_one_variation_is_the_output_itself(runner: FakeRunner, folder: Path) -> None:
    assert main([*SWAP.split(), "--variations", "1", "--seed", "4"]) == 0
    assert seed_in(folder / "out.png") == 4


def test_parse_several(
    runner: FakeRunner, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parse", "head.png", "body.png", "-o", "layouts", "--json"]) == 0
    np.testing.assert_array_equal(imageio.read_layout("layouts/head.png", (WIDTH, HEIGHT)), 2)
    np.testing.assert_array_equal(imageio.read_layout("layouts/body.png", (WIDTH, HEIGHT)), 2)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    report = json.loads(out)
    assert (report["output"], report["seed"], report["pack"]) == ("layouts", None, "fake 1.0")
    assert [image["output"] for image in report["images"]] == [
        str(Path("layouts/head.png")), str(Path("layouts/body.png")),
    ]  # fmt: skip
    assert len(runner.opened) == 1


def test_parse_one_into_a_folder(runner: FakeRunner, folder: Path) -> None:
    assert main(["parse", "head.png", "-o", "results"]) == 0
    assert (folder / "results" / "head.png").exists()


def test_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["labels", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    table = json.loads(out)
    assert [(c["id"], c["name"]) for c in table] == [(int(c.id), c.name) for c in CLASSES]
    assert table[2] == {"id": 2, "name": "hair", "colour": [230, 159, 0], "groups": ["HEAD"]}
    assert main(["labels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CLASSES)
    assert lines[2].split() == ["2", "hair", "#e69f00", "HEAD"]


def test_progress_on_a_terminal(
    runner: FakeRunner,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(SWAP.split()) == 0
    shown = capsys.readouterr().err
    assert re.search(r"67%  sampling 1/2  \d s left", shown)
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown


def test_time_left_is_readable() -> None:
    assert [terminal.time_left(s) for s in (0.4, 12, 80, 7260)] == [
        "0 s left", "12 s left", "1 min 20 s left", "2 h 1 min left",
    ]  # fmt: skip
