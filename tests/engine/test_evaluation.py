"""The figures: each on something whose figure is known."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from engine import stages
from engine.errors import InputFileError
from engine.evaluation import ablation, control, restore, sharpness
from engine.evaluation import bench as bench_module
from engine.evaluation.features import feature_distance, load_features
from engine.evaluation.finder import finder_figures
from engine.evaluation.parser import iou_figures, parse_frames
from engine.evaluation.restore import (
    Decoded,
    band_energy,
    composed,
    generate,
    psnr_in,
    restore_cases,
    restore_figures,
    visible_layout,
)
from engine.evaluation.run import NAMES, evaluate
from engine.evaluation.swaps import changed_outside, random_pairs, swap_figures
from engine.finding.finder import Head
from engine.framing import canonical_frame
from engine.imageio import Photo
from engine.labels import IGNORE, SemanticClass
from engine.requests import SamplingSettings
from engine.runner import PipelineRunner
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.training.prepare import read_manifest
from tests.engine import tiny
from tests.engine.people import find_painted, person, small_swap
from tests.engine.pictures import noise

pytestmark = pytest.mark.usefixtures("one_thread")

C = SemanticClass


# --- parser ---------------------------------------------------------------------------------


def test_iou_of_a_known_confusion() -> None:
    truth = np.array([[C.HAIR] * 6 + [C.FACE] * 4 + [IGNORE] * 90], np.uint8)
    guess = np.array(
        [[C.HAIR] * 4 + [C.FACE] * 3 + [C.HAT, C.NECK, C.FACE] + [C.NECK] * 90], np.uint8
    )
    figures = iou_figures(guess, truth)
    # hair: 4 right, 2 missed; face: 1 + 1 right of a union of 6.
    assert figures["hair"] == pytest.approx(4 / 6)
    assert figures["face"] == pytest.approx(2 / 6)
    # Of ten pixels of HEAD one was taken for neck; what is mixed up within doesn't count.
    assert figures["HEAD"] == pytest.approx(9 / 10)
    assert "neck" not in figures  # nobody has one
    assert "background" not in figures


def test_iou_of_the_truth_itself() -> None:
    layout = person()[None]
    figures = iou_figures(layout, layout)
    assert set(figures.values()) == {1.0}
    assert len(figures) == 1 + len(np.unique(layout))


def test_parsing_in_batches() -> None:
    model = tiny.parser()
    frames = noise(5, 32, 48, 3)
    layouts = parse_frames(model, frames, batch_size=2)
    assert layouts.shape == (5, 32, 48)
    assert layouts.dtype == np.uint8
    assert (layouts[3:4] == parse_frames(model, frames[3:4])).mean() > 0.99


# --- finder -----------------------------------------------------------------------------------


def test_finder_figures(dataset: Path, prepared: Path) -> None:
    items = [i for i in read_manifest(prepared)[1] if i.split == "validation"]
    figures, frames = finder_figures(partial(find_painted, None), dataset, items)
    assert figures["photos"] == len(items) == len(frames) == 4
    assert figures["missed"] == 0
    assert figures["within"] == 1
    assert figures["centre_95"] < 0.05
    assert figures["roll_median_degrees"] < 2

    def off(photo: np.ndarray) -> list[Head]:
        (head,) = find_painted(None, photo)
        x, y = head.centre
        return [Head((x + 0.2 * head.height, y), head.height * 1.1, head.to_frame, 1.0)]

    figures, _ = finder_figures(off, dataset, items)
    assert figures["centre_median"] == pytest.approx(0.2, abs=0.03)
    assert figures["scale_median"] == pytest.approx(0.1, abs=0.03)
    assert figures["within"] == 0

    figures, frames = finder_figures(lambda _: [], dataset, items)
    assert figures["missed"] == 1
    assert figures["within"] == 0
    assert math.isinf(figures["centre_95"])
    assert frames == []


def test_a_photo_that_is_gone(prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="can't be read"):
        finder_figures(lambda _: [], tmp_path, read_manifest(prepared)[1])


# --- restore test -------------------------------------------------------------------------------


def test_psnr_within_a_mask() -> None:
    a = np.full((8, 8, 3), 100, np.uint8)
    b = a.astype(np.float32)
    b[2:4, 2:4] += 10
    b[0, 0] = 255  # not looked at
    mask = np.zeros((8, 8), bool)
    mask[2:4, 2:4] = True
    assert psnr_in(b, a, mask) == pytest.approx(20 * math.log10(25.5))
    mask[2:6, 2:4] = True
    assert psnr_in(b, a, mask) == pytest.approx(20 * math.log10(25.5) + 10 * math.log10(2))


def waves(length: float) -> np.ndarray:
    x = np.arange(128)
    row = 128 + 50 * np.sin(2 * np.pi * x / length)
    return np.repeat(row[None, :, None], 128, 0).repeat(3, -1)[None]


@pytest.mark.parametrize(("length", "band"), [(3, 0), (5.5, 1), (11, 2)])
def test_waves_fall_into_their_band(length: float, band: int) -> None:
    mask = np.zeros((1, 128, 128), bool)
    mask[:, 30:90, 30:90] = True
    energy = band_energy(waves(length), mask)
    assert energy.shape == (3,)
    assert energy.argmax() == band
    # Energy goes with the square of the contrast and with the area.
    np.testing.assert_allclose(band_energy(waves(length) * 2, mask), 4 * energy, rtol=1e-4)
    assert band_energy(waves(length), ~mask).sum() > energy.sum()
    assert band_energy(np.full((1, 128, 128, 3), 9.0), mask).sum() < 1e-6


def test_feature_distance() -> None:
    net = load_features()
    assert not any(p.requires_grad for p in net.parameters())
    a = np.stack([cv2.GaussianBlur(noise(256, 256, 3, seed=s), (0, 0), 3) for s in (1, 2)])
    mask = np.zeros((2, 256, 256), bool)
    mask[:, 60:120, 60:120] = True
    assert feature_distance(net, a, a, mask).max() < 1e-6
    other = np.where(mask[..., None], a[::-1], a)
    inside, outside = (feature_distance(net, a, other, m) for m in (mask, ~mask))
    assert (inside > 4 * outside).all()
    distances = []
    for sigma in (1, 4, 12):
        blurred = np.stack([cv2.GaussianBlur(x, (0, 0), sigma) for x in a])
        distances.append(feature_distance(net, a, blurred, mask).mean())
    assert 0 < distances[0] < distances[1] < distances[2]


@pytest.mark.usefixtures("seeing")
def test_nothing_hidden_is_seen(pipeline: HSDiffusionPipeline, prepared: Path) -> None:
    for case in restore_cases(pipeline, prepared, 4):
        assert 0.01 < case.hidden.mean() < 0.5
        assert not (case.hidden & case.known).any()
        assert (case.layout < 16).all()
        assert case.layout.shape == (256, 256)
        spoilt = case.truth.copy()
        spoilt[~case.known] = 255 - spoilt[~case.known]
        assert (visible_layout(pipeline, spoilt, case.known) == case.layout).all()
        other = restore.RestoreCase(spoilt, case.hidden, case.known, case.layout)
        a, b = (generate(pipeline, [c], seed=1, steps=2).images[0] for c in (case, other))
        np.testing.assert_allclose(a, b, atol=0.01)
        one, two = composed(case, a, seed=1), composed(other, a, seed=1)
        assert (one[case.hidden] == two[case.hidden]).all()
        assert (one[case.known] == case.truth[case.known]).all()


@pytest.mark.usefixtures("seeing")
def test_cases_are_the_same_each_time(pipeline: HSDiffusionPipeline, prepared: Path) -> None:
    first, second = (restore_cases(pipeline, prepared, 3) for _ in range(2))
    assert all((a.hidden == b.hidden).all() for a, b in zip(first, second, strict=True))
    ids = {i.id for i in read_manifest(prepared)[1] if i.split == "validation"}
    assert len(first) == 3 <= len(ids)


@pytest.mark.usefixtures("seeing")
def test_restore_figures(
    pipeline: HSDiffusionPipeline, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "sheet.png"
    figures: Any = restore_figures(pipeline, prepared, count=3, seeds=2, sheet=sheet, steps=1)
    assert (figures["photos"], figures["seeds"]) == (3, 2)
    for name in ("telea", "navier_stokes", "decoded", "ours"):
        assert set(figures[name]) == {
            "psnr", "psnr_interval", "feature_distance", "feature_distance_interval",
            "texture_energy", "frechet", "frechet_interval", "kernel",
        }  # fmt: skip
        assert len(figures[name]["texture_energy"]) == 3
    assert cv2.imread(str(sheet)).shape == (3 * 256, 5 * 256, 3)
    # Whoever restores the truth itself has no distance and all of its texture.
    monkeypatch.setattr(
        restore,
        "generate",
        lambda p, cases, **_: Decoded(np.stack([c.truth for c in cases]).astype(float), None),
    )
    figures = restore_figures(pipeline, prepared, count=3, seeds=2)
    assert figures["decoded"]["psnr"] > 100
    assert figures["decoded"]["feature_distance"] < 1e-6
    assert figures["decoded"]["texture_energy"] == [1, 1, 1]
    assert figures["ours"]["psnr"] > figures["telea"]["psnr"]
    assert figures["decoded"]["frechet"] < 1e-6 < figures["telea"]["frechet"]


# --- swaps ----------------------------------------------------------------------------------------


def test_pairs_are_of_different_photos(prepared: Path) -> None:
    items = read_manifest(prepared)[1]
    pairs = random_pairs(items, 30)
    assert pairs == random_pairs(items, 30)
    assert pairs != random_pairs(items, 30, seed=12)
    assert all(a.id != b.id for a, b in pairs)
    assert len({(a.id, b.id) for a, b in pairs}) > 15


@pytest.mark.usefixtures("seeing")
def test_one_changed_pixel_is_counted(tiny_pack: Path) -> None:
    from dataclasses import replace

    from engine.engine import Engine

    runner = PipelineRunner(tiny_pack, "cpu")
    request = small_swap()
    with Engine(lambda: runner) as engine:
        (result,) = engine.submit(request).result(60)
    assert changed_outside(runner, request, result) == 0
    assert result.photo is not None
    pixels = result.photo.pixels.copy()
    pixels[2, 3] ^= 1
    spoilt = replace(result, photo=Photo(pixels))
    assert changed_outside(runner, request, spoilt) == 1


@pytest.mark.usefixtures("seeing")
def test_swap_figures(tiny_pack: Path, prepared: Path, tmp_path: Path) -> None:
    runner = PipelineRunner(tiny_pack, "cpu")
    figures: Any = swap_figures(runner, prepared, count=3, out=tmp_path)
    assert figures["pairs"] == 3
    assert figures["errors"] == 0, figures["error_list"]
    assert figures["changed_outside"] == 0
    assert 0 < figures["region_ratio_median"] <= figures["region_ratio_max"] < 3
    assert {p.name for p in tmp_path.iterdir()} == {
        "swap-000.png", "swap-001.png", "swap-002.png", "sheet-0.png",
    }  # fmt: skip


def test_failed_swaps_are_errors(
    tiny_pack: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "find_heads", lambda *_, **__: [])
    figures: Any = swap_figures(PipelineRunner(tiny_pack, "cpu"), prepared, count=2)
    assert figures["errors"] == 2
    assert figures["error_list"][0].endswith(": NoPersonError")
    assert figures["region_ratio_max"] is None


# --- all of them by name, and the benchmark -------------------------------------------------------


@pytest.mark.usefixtures("seeing")
@pytest.mark.parametrize("name", NAMES)
def test_every_part_can_be_evaluated(
    tiny_pack: Path, prepared: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "VARIANTS", {"default": {}, "paper": {"steps": 2}})
    monkeypatch.setattr(sharpness, "sample_photos", lambda: [small_swap().body])
    monkeypatch.setattr(sharpness, "MEGAPIXELS", 0.1)
    monkeypatch.setattr(control, "SEEDS", 2)
    monkeypatch.setattr(control, "GUIDANCES", (1.0, 2.0))
    figures: Any = evaluate(name, prepared, tiny_pack, count=2, out=tmp_path / "out", device="cpu")
    expected = {
        "finder": "within", "parser": "HEAD", "autoencoder": "psnr", "layout": "neck_iou",
        "restore": "ours", "swap": "changed_outside", "ablation": "paper",
        "matting": "hair", "seams": "compared", "sharpness": "margin",
        "control": "guidance",
    }  # fmt: skip
    assert expected[name] in figures
    if name == "layout":
        assert figures["changed_outside"] == 0
    if name == "parser":
        assert figures["HEAD"] > 0.9  # it knows the palette


def test_the_benchmark(tiny_pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "MEGAPIXELS", 0.08)
    monkeypatch.setattr(bench_module, "PAPER_STEPS", 3)

    def find_all(pipeline: object, photo: Photo, **_: object) -> tuple[Head, ...]:
        x, y, height = photo.width / 2, photo.height / 3, photo.height / 4
        frame = canonical_frame((x, y - height / 2), (x, y + height / 2))
        return (Head((x, y), height, frame, 1.0),)

    monkeypatch.setattr(stages, "find_all", find_all)
    layout = person()
    monkeypatch.setattr(
        HSDiffusionPipeline, "parse",
        lambda self, frame, **_: np.eye(16, dtype=np.float32)[layout].transpose(2, 0, 1),
    )  # fmt: skip
    figures: Any = bench_module.bench(tiny_pack, "cpu")
    assert figures["pack"] == "tiny 1.0"
    assert figures["device"].startswith("cpu")
    for name in (
        "load_ms", "swap_ms", "another_seed_ms", "first_preview_ms", "peak_memory_mb",
        "sampling_ms", "paper_sampling_ms", "times_faster", "denoiser_step_ms", "denoiser_gflop",
        "denoiser_tflops", "convolution_tflops", "share_of_limit",
    ):  # fmt: skip
        assert figures[name] > 0, name
    assert figures["another_seed_stages_ms"]["parse"] == 0
    text = bench_module.format_table(figures)
    assert len(text.splitlines()) == len(figures)
    assert "share of limit" in text


def test_the_paper_takes_more_evaluations(tiny_pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "PAPER_STEPS", 30)
    runner = PipelineRunner(tiny_pack, "cpu")
    calls: list[torch.Tensor] = []
    runner.pipeline.denoiser.register_forward_pre_hook(lambda m, args: calls.append(args[0]))
    figures = bench_module._sampling(runner, SamplingSettings(steps=2))
    assert figures["times_faster"] > 1  # type: ignore[operator]
    assert len(calls) > bench_module.PAPER_STEPS
