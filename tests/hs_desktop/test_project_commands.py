"""render and export: pictures from saved projects, without a window."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.engine import Engine
from engine.imageio import read_photo
from hs_desktop.cli import main
from hs_desktop.document import commands, hsd
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import PhotoLayer
from tests.hs_desktop.document.projects import photo
from tests.hs_desktop.fake_engine import FakeEngine


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr("engine.engine.open_engine", lambda *args, **more: Engine(fake._load))
    return fake


@pytest.fixture
def project(tmp_path: Path) -> Path:
    document = Document()
    document.do(commands.add_layer(Side.HEAD, PhotoLayer(name="head", photo=photo((96, 128), 1))))
    document.do(commands.add_layer(Side.BODY, PhotoLayer(name="body", photo=photo((160, 200), 2))))
    document.do(commands.set_settings(seed=5, steps=3, head_skin=0.3, match_light=1.0))
    hsd.save(document, tmp_path / "job.hsd")
    return tmp_path / "job.hsd"


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_project_is_rendered(
    scripted: FakeEngine, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = project.with_name("out.png")
    assert main(["render", str(project), "-o", str(out), "--json"]) == 0
    request: Any = scripted.requests[-1]
    assert (request.sampling.seed, request.sampling.steps) == (5, 3)
    assert (request.head_skin, request.body_skin, request.match_light) == (0.3, 0.0, 1.0)
    assert (pixels(out) != photo((160, 200), 2).pixels).any()
    report = json.loads(capsys.readouterr().out)
    assert (report["seeds"], report["outputs"]) == ([5], [str(out)])


def test_another_seed(scripted: FakeEngine, project: Path) -> None:
    out = project.with_name("out.png")
    assert main(["render", str(project), "-o", str(out), "--seed", "9"]) == 0
    request: Any = scripted.requests[-1]
    assert request.sampling.seed == 9


def test_several_results_are_several_files(scripted: FakeEngine, project: Path) -> None:
    document = hsd.load(project)
    document.do(commands.set_settings(variations=2))
    hsd.save(document, project)
    assert main(["render", str(project), "-o", str(project.with_name("out.png"))]) == 0
    one, other = (pixels(project.with_name(f"out-{k}.png")) for k in (1, 2))
    assert (one != other).any()
    assert main(["render", str(project), "-o", str(project.with_name("all.ora"))]) == 0
    assert project.with_name("all.ora").is_file()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp", ".ora", ".psd"])
def test_a_project_is_exported(project: Path, suffix: str) -> None:
    out = project.with_name("out" + suffix)
    assert main(["export", str(project), "-o", str(out)]) == 0
    assert out.stat().st_size > 100
    if suffix in (".png", ".tif"):
        np.testing.assert_array_equal(pixels(out), photo((160, 200), 2).pixels)


def test_provenance_can_be_left_out(scripted: FakeEngine, project: Path) -> None:
    told, silent = project.with_name("told.png"), project.with_name("silent.png")
    assert main(["render", str(project), "-o", str(told)]) == 0
    assert main(["render", str(project), "-o", str(silent), "--no-provenance"]) == 0
    assert b"compositeWithTrainedAlgorithmicMedia" in told.read_bytes()
    assert b"compositeWithTrainedAlgorithmicMedia" not in silent.read_bytes()


def test_how_the_file_is_written(scripted: FakeEngine, project: Path) -> None:
    out, small = project.with_name("out.jpg"), project.with_name("small.jpg")
    assert main(["export", str(project), "-o", str(out)]) == 0
    assert main(["export", str(project), "-o", str(small), "--quality", "30"]) == 0
    assert small.stat().st_size < out.stat().st_size
    whole, deep = project.with_name("whole.webp"), project.with_name("deep.tif")
    assert main(["export", str(project), "-o", str(whole), "--lossless"]) == 0
    np.testing.assert_array_equal(pixels(whole), photo((160, 200), 2).pixels)
    assert main(["render", str(project), "-o", str(deep), "--bits", "16"]) == 0
    assert read_photo(deep).bit_depth == 16


@pytest.mark.parametrize("command", ["render", "export"])
@pytest.mark.parametrize(
    ("project_name", "out", "words"),
    [
        ("missing.hsd", "out.png", ["missing.hsd"]),
        ("job.hsd", "out.gif", ["out.gif", ".psd"]),
        ("job.hsd", "no/folder/out.png", ["no/folder"]),
    ],
)
def test_wrong_use_is_one_sentence(
    project: Path,
    command: str,
    project_name: str,
    out: str,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = project.parent
    assert main([command, str(folder / project_name), "-o", str(folder / out)]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert all(word in error for word in words)


def test_a_project_without_photos_is_not_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hsd.save(Document(), tmp_path / "empty.hsd")
    out = str(tmp_path / "out.png")
    assert main(["render", str(tmp_path / "empty.hsd"), "-o", out]) == 2
    assert "head photo" in capsys.readouterr().err


def test_files_instead_of_a_command_open_the_editor(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[tuple[list[Path], bool]] = []

    def run(files: Sequence[Path], *, sample: bool) -> int:
        opened.append((list(files), sample))
        return 0

    monkeypatch.setattr("hs_desktop.app.run", run)
    assert main([str(project)]) == 0
    assert main([]) == 0
    assert main(["--sample"]) == 0
    assert opened == [([project], False), ([], False), ([], True)]
    assert main([str(project.with_name("gone.hsd"))]) == 2
    assert "gone.hsd" in capsys.readouterr().err
    assert main(["frobnicate"]) == 2
