"""The main job with the embedded pack, through the command line: two photos in, one out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.resources import resource_path
from hs_desktop.cli import main

SAMPLES = resource_path("samples")
ASTRONAUT, HOPPER = SAMPLES / "astronaut.png", SAMPLES / "grace_hopper.jpg"


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.parametrize(("head", "body"), [(HOPPER, ASTRONAUT), (ASTRONAUT, HOPPER)])
def test_sample_pair_is_swapped_and_only_the_region_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], head: Path, body: Path
) -> None:
    out, region_out = tmp_path / "out.png", tmp_path / "region.png"
    code = main(
        ["swap", str(head), str(body), "-o", str(out), "--region-out", str(region_out),
         "--layout-out", str(tmp_path / "layout.png"), "--seed", "3", "--json"]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert code == 0, printed.err
    report = json.loads(printed.out)
    assert report["seed"] == 3
    assert report["milliseconds"]["sample"] > 0
    source, result = pixels(body), pixels(out)
    assert result.shape == source.shape
    region = np.asarray(Image.open(region_out))
    assert region.shape == source.shape[:2]
    changed = (result != source).any(-1)
    # Outside the region either the body's own pixel or the placed head's stands; the head's
    # core is compact, so most of the photo is untouched.
    assert 0.005 < (region > 0).mean() < 0.5
    assert changed.mean() < 0.6
    touched = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3)))
    assert (touched > 0).sum() > 1000
    layout = np.asarray(Image.open(tmp_path / "layout.png"))
    assert set(np.unique(layout)) >= {0, 3, 12}


def test_same_seed_same_bytes_and_another_seed_another_picture(tmp_path: Path) -> None:
    names = []
    for seed, name in ((1, "a.png"), (1, "b.png"), (2, "c.png")):
        names.append(tmp_path / name)
        arguments = ["swap", str(HOPPER), str(ASTRONAUT), "-o", str(names[-1])]
        assert main([*arguments, "--seed", str(seed)]) == 0
    a, b, c = (pixels(name) for name in names)
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_retouch_changes_nothing_outside_its_mask(tmp_path: Path) -> None:
    source = pixels(ASTRONAUT)
    mask = np.zeros(source.shape[:2], np.uint8)
    cv2.circle(mask, (230, 300), 40, 255, -1)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "out.png"
    arguments = ["retouch", str(ASTRONAUT), "--mask", str(tmp_path / "mask.png"), "-o", str(out)]
    assert main(arguments) == 0
    changed = (pixels(out) != source).any(-1)
    assert changed.any()
    assert not changed[mask == 0].any()


def test_replaced_head_keeps_the_body(tmp_path: Path) -> None:
    out, region = tmp_path / "out.png", tmp_path / "region.png"
    arguments = ["replace-head", str(HOPPER), "-o", str(out), "--region-out", str(region)]
    assert main([*arguments, "--seed", "5"]) == 0
    changed = (pixels(out) != pixels(HOPPER)).any(-1)
    assert changed.any()
    assert not changed[np.asarray(Image.open(region)) == 0].any()


def test_of_two_people_the_most_prominent_unless_a_point_is_given(tmp_path: Path) -> None:
    large = pixels(HOPPER)
    small = cv2.resize(pixels(ASTRONAUT), (300, 300), interpolation=cv2.INTER_AREA)
    both = np.full((large.shape[0], large.shape[1] + 300, 3), 120, np.uint8)
    both[:, : large.shape[1]] = large
    both[-300:, large.shape[1] :] = small
    path = tmp_path / "both.png"
    Image.fromarray(both).save(path)

    def head_columns(*extra: str) -> np.ndarray:
        layout = tmp_path / "layout.png"
        assert main(["parse", str(path), "-o", str(layout), *extra]) == 0
        ids = np.asarray(Image.open(layout))
        return np.flatnonzero(np.isin(ids, (3, 7, 8)).any(0))

    assert np.median(head_columns()) < large.shape[1]
    assert main(["swap", str(path), str(HOPPER), "-o", str(tmp_path / "o.png"),
                 "--head-at", f"{large.shape[1] + 128},{large.shape[0] - 230}"]) == 0  # fmt: skip


def test_a_landscape_has_no_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = np.linspace(0, 1, 400)[:, None, None]
    sky, grass = np.array([120, 170, 230.0]), np.array([60, 120, 40.0])
    image = np.broadcast_to(np.where(rows < 0.6, sky * (1 - 0.3 * rows), grass), (400, 600, 3))
    noise = np.random.default_rng(0).normal(0, 6, image.shape)
    path = tmp_path / "landscape.png"
    Image.fromarray(np.clip(image + noise, 0, 255).astype(np.uint8)).save(path)
    assert main(["swap", str(path), str(HOPPER), "-o", str(tmp_path / "out.png")]) == 2
    error = capsys.readouterr().err
    assert "landscape.png" in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


def test_a_pack_with_one_flipped_byte_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(resource_path("models") / "compact-256", pack)
    weights = next((pack / "parser").glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    out = tmp_path / "out.png"
    assert main(["swap", str(HOPPER), str(ASTRONAUT), "-o", str(out), "--pack", str(pack)]) == 2
    error = capsys.readouterr().err
    assert weights.name in error
    assert not out.exists()
