"""Distances between sets of pictures, and the other means that swaps are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.evaluation import ablation
from engine.evaluation.ablation import ablation_figures
from engine.evaluation.baselines import PapersWay, pasted_swaps
from engine.evaluation.distances import (
    Moments,
    Sums,
    frechet_distance,
    jackknife,
    kernel_distance,
    mean_and_interval,
)
from engine.evaluation.features import load_features, place_features
from engine.evaluation.joins import made_anew
from engine.evaluation.realism import focal_mask, realism_figures
from engine.evaluation.swaps import swap_figures
from engine.labels import HEAD, SemanticClass, mask_of
from engine.loading import load_pipeline
from engine.masks import dilate
from engine.requests import Result, SwapRequest
from engine.runner import PipelineRunner
from tests.engine.people import small_swap
from tests.engine.pictures import noise

C = SemanticClass

pytestmark = pytest.mark.usefixtures("one_thread")


def vectors(n: int, d: int = 4, *, seed: int = 0, shift: float = 0, scale: float = 1) -> Any:
    return np.random.default_rng(seed).normal(shift, scale, (n, d))


# --- distances ------------------------------------------------------------------------------------


@given(shift=st.floats(-5, 5), scale=st.floats(0.2, 4))
def test_frechet_distance_of_known_normals(shift: float, scale: float) -> None:
    """Of N(0, I) and N(m, s^2 I) in D dimensions it is |m|^2 + D (s - 1)^2."""
    a = Moments(np.zeros(3), np.eye(3))
    b = Moments(np.full(3, shift), scale**2 * np.eye(3))
    assert frechet_distance(a, b) == pytest.approx(3 * shift**2 + 3 * (scale - 1) ** 2, abs=1e-9)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b), abs=1e-9)


def test_moments_of_parts_are_those_of_all() -> None:
    x = vectors(90, shift=2)
    parts = [x[:10], x[10:10], x[10:70], x[70:]]
    moments = Moments.of_parts(parts)
    assert np.allclose(moments.mean, x.mean(0))
    assert np.allclose(moments.covariance, np.cov(x, rowvar=False))
    twice = Sums.of(parts).moments(np.array([0, 3, 3]))
    drawn = np.concatenate([x[:10], x[70:], x[70:]])
    assert np.allclose(twice.covariance, np.cov(drawn, rowvar=False))


def test_kernel_distance_tells_sets_apart() -> None:
    same = kernel_distance(vectors(400), vectors(400, seed=1))
    other = kernel_distance(vectors(400), vectors(400, seed=1, shift=0.5))
    assert abs(same) < 0.05 < other


def test_intervals_hold_the_figure() -> None:
    values = vectors(200, 1, shift=3)[:, 0]
    mean, (low, high) = mean_and_interval(values)
    assert low < mean < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.2)
    # Of a mean, both ways say the same.
    assert jackknife(200, lambda picks: float(values[picks].mean())) == pytest.approx(
        (low, high), abs=0.03
    )


# --- pictures -------------------------------------------------------------------------------------


def test_places_lie_within_the_mask() -> None:
    """What is outside of it changes nothing."""
    net = load_features()
    image = noise(64, 64, 3, seed=1)
    mask = np.zeros((1, 64, 64), bool)
    mask[0, 16:40, 8:32] = True
    (found,) = place_features(net, image[None], mask)
    assert found.shape == (9, 216)
    changed = np.where(mask[0, ..., None], image, 255 - image)
    assert np.array_equal(place_features(net, changed[None], mask)[0], found)
    assert len(place_features(net, image[None], np.zeros_like(mask))[0]) == 0


def test_what_is_real_is_nearest() -> None:
    real = [vectors(40, seed=s) for s in range(12)]
    others = {
        "real": [vectors(40, seed=s) for s in range(20, 32)],
        "blurred": [vectors(40, seed=s, scale=0.5) for s in range(40, 52)] + [vectors(0)],
    }
    figures: Any = realism_figures(real, others)
    assert figures["real"]["frechet_interval"][1] < figures["blurred"]["frechet_interval"][0]
    assert figures["real"]["kernel"] < figures["blurred"]["kernel"]


def test_focal_region() -> None:
    mask = focal_mask()
    assert mask.mean() == 0.25
    assert mask[64, 64]
    assert mask[191, 191]
    assert not mask[63, 64]
    assert not mask[192, 191]


# --- swaps by other means -------------------------------------------------------------------------


@pytest.fixture
def swapped(tiny_pack: Path, seeing: None) -> tuple[PipelineRunner, SwapRequest, Result]:
    runner = PipelineRunner(tiny_pack, "cpu")
    request = small_swap()
    with Engine(lambda: runner) as engine:
        (result,) = engine.submit(request).result(60)
    return runner, request, result


def test_pasted_swaps(swapped: tuple[PipelineRunner, SwapRequest, Result]) -> None:
    runner, request, result = swapped
    assert result.region is not None
    made = pasted_swaps(runner, request, result)
    assert set(made) == {"telea", "navier_stokes", "paste", "poisson"}
    placed = runner.placed_head(request)
    body = request.body.pixels
    head = dilate(mask_of(result.layout, HEAD), -6)
    assert head.sum() > 200
    for name, image in made.items():
        assert image.shape == body.shape
        assert image.dtype == np.uint8
        if name != "poisson":  # it shifts the head's colours
            assert (image[head] == placed[head]).mean() > 0.97, name
    # Filled is what the swap generated, and nothing else but the head has changed.
    hole = result.region > 0
    untouched = ~hole & (made["paste"] == body).all(-1)
    assert (made["telea"][untouched] == body[untouched]).all()
    assert (made["telea"][hole] != body[hole]).any()


def test_the_papers_way_makes_another_picture(
    tiny_pack: Path, swapped: tuple[PipelineRunner, SwapRequest, Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from engine.evaluation import baselines

    monkeypatch.setattr(baselines, "PAPER_STEPS", 3)
    _, request, result = swapped
    runner = PapersWay(tiny_pack, "cpu")
    with Engine(lambda: runner) as engine:
        (other,) = engine.submit(request).result(60)
    assert other.photo is not None
    assert result.photo is not None
    assert (other.photo.pixels != result.photo.pixels).any()
    assert np.array_equal(other.layout, result.layout)


@pytest.mark.usefixtures("seeing")
def test_swaps_are_compared(
    tiny_pack: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.evaluation import baselines

    monkeypatch.setattr(baselines, "PAPER_STEPS", 2)
    figures: Any = swap_figures(
        PipelineRunner(tiny_pack, "cpu"), prepared, count=2, papers_way=PapersWay(tiny_pack, "cpu")
    )
    methods = {"ours", "telea", "navier_stokes", "paste", "poisson", "papers_way", "real"}
    for kind in ("mask", "focal"):
        assert set(figures[kind]) == methods
        assert all(figures[kind][name]["frechet"] >= 0 for name in methods)
    assert 0 <= figures["remnant"] <= figures["remnant_max"] <= 1


@pytest.mark.usefixtures("seeing")
def test_the_ablation(tiny_pack: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = ("default", "coarse estimate alone", "pure blending", "without coarse latents", "paper")
    variants = {name: ablation.VARIANTS[name] for name in few}
    variants["paper"] = {**variants["paper"], "steps": 2}
    monkeypatch.setattr(ablation, "VARIANTS", variants)
    figures: Any = ablation_figures(load_pipeline(tiny_pack), prepared, count=2)
    assert figures["photos"] == 2
    for name in few:
        assert set(figures[name]) >= {"psnr", "feature_distance", "texture_energy", "frechet"}
        assert figures[name]["seconds"] > 0
    distinct = {round(figures[name]["psnr"], 6) for name in few}
    assert len(distinct) == len(few)


def test_real_photos_show_what_swaps_make_anew() -> None:
    layout = np.full((256, 256), C.BACKGROUND, np.uint8)
    layout[40:100, 100:156] = C.HAIR
    layout[100:120, 110:146] = C.NECK
    layout[120:] = C.UPPER_CLOTHES
    other = np.full((256, 256), C.BACKGROUND, np.uint8)
    other[30:160, 60:196] = C.HAIR  # hangs over the shoulders
    seen = made_anew(layout, other)
    assert not seen[45:95, 105:150].any()  # the head's own
    assert seen[layout == C.NECK].mean() > 0.9
    assert seen[60:100, 70:90].all()  # uncovered background
    assert seen[130:150, 80:180].all()  # and clothes
    assert not seen[180:].any()
    assert seen[70, [99, 100]].all()  # the head's edge
    # Without an old head beside the new one: its edge and neck alone.
    alone = made_anew(layout, layout)
    assert (alone & (layout == C.UPPER_CLOTHES)).sum() < 0.1 * (
        seen & (layout == C.UPPER_CLOTHES)
    ).sum()
