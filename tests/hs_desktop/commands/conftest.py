"""What tests of the command line share."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine import imageio
from engine.imageio import Photo
from tests.hs_desktop.commands.fake_runner import HEIGHT, WIDTH, FakeRunner


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr("engine.engine.open_engine", fake.open)
    return fake


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("template")
    for shade, name in enumerate(("head.png", "body.png", "other.png"), start=1):
        pixels = np.full((HEIGHT, WIDTH, 3), 40 * shade, dtype=np.uint8)
        imageio.write_photo(Photo(pixels), tmp_path / name)
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    imageio.write_mask(mask, tmp_path / "black.png")
    mask[4:9] = 1
    imageio.write_mask(mask, tmp_path / "mask.png")
    imageio.write_mask(mask[:-1], tmp_path / "small-mask.png")
    layout = np.full((HEIGHT, WIDTH), 3, dtype=np.uint8)
    imageio.write_layout(layout, tmp_path / "layout.png")
    imageio.write_layout(layout[:-1], tmp_path / "small-layout.png")
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "results").mkdir()
    return tmp_path


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a few small files in it."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path
