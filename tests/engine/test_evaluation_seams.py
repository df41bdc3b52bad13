"""Seams and sharpness: on pictures whose border and detail are known, and on tiny packs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine import stages
from engine.evaluation import sharpness
from engine.evaluation.distances import FEWEST, equivalence
from engine.evaluation.restore import octaves
from engine.evaluation.seams import MEASURES, Place, ratios, seam_figures
from engine.evaluation.sharpness import Texture, detailed, ratio, sharpness_figures
from engine.framing import Similarity
from engine.imageio import Photo
from engine.labels import IGNORE, SemanticClass
from engine.runner import PipelineRunner
from tests.engine.people import small_swap

C = SemanticClass


@pytest.fixture
def plain_layouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever isn't known of a layout is background."""

    def filled(generator: object, layout: Any, **_: object) -> Any:
        return np.where(layout == IGNORE, np.uint8(C.BACKGROUND), layout)

    monkeypatch.setattr(stages, "inpaint_layout", filled)


# --- alike or not ---------------------------------------------------------------------------------


def drawn(count: int, mean: float = 1.0, spread: float = 0.2) -> Any:
    logs = np.random.default_rng(0).normal(0, spread, count)
    return np.exp(logs - logs.mean() + np.log(mean))


def test_what_is_alike_is_equivalent() -> None:
    figures = equivalence(drawn(60), 1.25)
    low, high = figures["interval_90"]  # type: ignore[misc]
    assert figures["ratio"] == pytest.approx(1)
    assert 0.9 < low < 1 < high < 1.1
    assert figures["equivalent"]
    assert figures["not_above"]


@pytest.mark.parametrize(("mean", "not_above"), [(1.4, False), (0.7, True)])
def test_what_is_not_alike_is_not(mean: float, not_above: bool) -> None:
    figures = equivalence(drawn(60, mean), 1.25)
    assert figures["ratio"] == pytest.approx(mean)
    assert not figures["equivalent"]
    assert figures["not_above"] is not_above


def test_a_small_sample_does_not_pass() -> None:
    """Neither because its mean is uncertain, nor because it is too small to know that."""
    assert not equivalence(drawn(20, spread=0.8), 1.25)["equivalent"]
    assert equivalence(drawn(400, spread=0.8), 1.25)["equivalent"]
    few = equivalence(drawn(FEWEST - 1, spread=0.01), 1.25)
    assert few["ratio"] == pytest.approx(1)
    assert not few["equivalent"]
    assert not few["not_above"]
    assert equivalence(drawn(1), 1.25)["photos"] == 1
    # As wide as the normal distribution's.
    low, high = equivalence(drawn(400, spread=0.8), 1.25)["interval_90"]  # type: ignore[misc]
    assert np.log(high / low) == pytest.approx(2 * 1.645 * 0.8 / 20, rel=0.15)


# --- seams ----------------------------------------------------------------------------------------


def grain(seed: int) -> Any:
    """Correlated a little, as a photo's is."""
    noise = np.random.default_rng(seed).normal(0, 12, (320, 320))
    return cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 1.0)


def disc(radius: float) -> Any:
    y, x = np.mgrid[:320, :320] + 0.5
    return np.hypot(x - 160, y - 130) < radius


PLACE = Place(disc(60), disc(30), np.zeros((320, 320), np.uint8), Similarity(0.8))
GREY = np.full((320, 320, 1), 120.0)


def made(inside: Any, feather: float = 3) -> dict[str, Any]:
    """Before: grain everywhere; then something else in the region, cross-faded."""
    before = np.repeat(GREY + grain(0)[..., None], 3, 2)
    share = cv2.GaussianBlur(disc(60).astype(np.float32), (0, 0), feather)[..., None]
    mixed = (1 - share) * (before - GREY) + share * (inside - GREY)
    after = GREY + mixed / np.sqrt((1 - share) ** 2 + share**2)
    return {
        "before": np.clip(before, 0, 255).astype(np.uint8),
        "ours": np.clip(after, 0, 255).astype(np.uint8),
    }


def test_more_of_the_same_is_no_seam() -> None:
    found, share = ratios(PLACE, made(GREY + grain(1)[..., None]))
    assert share > 0.95
    assert found["ours"] == pytest.approx(np.ones(2), abs=0.15)
    assert found["untouched"] == pytest.approx(np.ones(2), abs=0.15)


def test_a_line_is_a_slope_and_another_colour_a_step() -> None:
    lighter, _ = ratios(PLACE, made(GREY + 25 + grain(1)[..., None], feather=1))
    assert lighter["ours"][1] > 2
    assert lighter["ours"][0] > 1.3
    cut, _ = ratios(PLACE, made(GREY + grain(1)[..., None], feather=0.3))
    assert cut["ours"][0] > 1.25
    smooth, _ = ratios(PLACE, made(GREY))
    assert smooth["ours"][0] < 0.9
    rough, _ = ratios(PLACE, made(GREY + 3 * grain(1)[..., None]))
    assert rough["ours"][0] > 1.3
    assert all(x["untouched"] == pytest.approx(np.ones(2), abs=0.15) for x in (lighter, rough))


def test_only_within_a_class_and_away_from_the_head() -> None:
    pictures = made(GREY)
    layout = PLACE.layout.copy()
    layout[:, 190:] = C.UPPER_CLOTHES
    place = replace(PLACE, layout=layout)
    border = place.border()
    assert set(np.unique(border.classes)) == {-1, C.BACKGROUND, C.UPPER_CLOTHES}
    crossing = np.abs(border.at[:, 0] - 190) < 1
    assert (border.classes[crossing] == -1).all()
    _, share = ratios(place, pictures)
    assert 0.7 < share < 1
    # Outwards there is none of the class: nothing to compare with.
    inner = replace(PLACE, layout=np.where(disc(64), np.uint8(C.NECK), np.uint8(C.BACKGROUND)))
    assert ratios(inner, pictures) == ({}, 0.0)
    half = PLACE.head.copy()
    half[:, :160] = True
    border = replace(PLACE, head=half).border()
    assert border.at[:, 0].min() > 160
    everywhere = replace(PLACE, head=np.ones_like(half))
    assert ratios(everywhere, pictures) == ({}, 0.0)


def test_normals_lead_into_the_region() -> None:
    border = PLACE.border()
    towards = np.array((160, 130)) - border.at
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    assert ((border.normals * towards).sum(1) > 0.95).all()
    assert np.linalg.norm(border.at - (160, 130), axis=1) == pytest.approx(60, abs=1)
    beside = PLACE.beside(border, 8)
    assert np.linalg.norm(beside.at - (160, 130), axis=1) == pytest.approx(70, abs=2)


@pytest.mark.usefixtures("seeing", "one_thread", "plain_layouts")
def test_seam_figures(tiny_pack: Path, prepared: Path) -> None:
    figures: Any = seam_figures(PipelineRunner(tiny_pack, "cpu"), prepared, count=2)
    assert (figures["pairs"], figures["errors"]) == (2, 0)
    assert 0 <= figures["compared"] <= 1
    for name in ("ours", "telea", "navier_stokes", "untouched"):
        assert set(figures[name]) == set(MEASURES)
        assert not figures[name]["step"]["equivalent"]  # two photos tell nothing


# --- sharpness ------------------------------------------------------------------------------------


def texture(picture: Any, where: Any, layout: Any = None) -> Texture:
    families = np.zeros(where.shape, np.uint8) if layout is None else layout
    return Texture(octaves(np.repeat(picture[..., None], 3, 2)), families, where)


def test_ratios_of_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharpness, "_UNSEEN", 0)
    inside, outside = disc(70), ~disc(75)
    same = ratio(texture(grain(1), inside), texture(grain(0), outside), 1.25)
    assert same == pytest.approx(np.ones(3), abs=0.12)
    weaker = ratio(texture(0.7 * grain(1), inside), texture(grain(0), outside), 1.25)
    assert weaker == pytest.approx(np.full(3, 0.49), rel=0.12)
    blurred = cv2.GaussianBlur(grain(1), (0, 0), 1.5)
    soft = ratio(texture(blurred, inside), texture(grain(0), outside), 1.25)
    assert soft is not None
    assert soft[0] < 0.2 < soft[2]


def test_what_nobody_sees_is_no_difference() -> None:
    found = ratio(texture(grain(1) / 100, disc(70)), texture(grain(0) / 1000, ~disc(75)), 1.25)
    assert found == pytest.approx(np.ones(3), abs=0.05)


def test_an_edge_is_no_texture() -> None:
    picture = grain(1)
    picture[100:150, 158:162] += 200
    found = ratio(texture(picture, disc(70)), texture(grain(0), ~disc(75)), 1.25)
    assert found == pytest.approx(np.ones(3), abs=0.2)


def test_families_are_compared_with_their_like() -> None:
    layout = np.zeros((320, 320), np.uint8)
    layout[:, 160:] = C.UPPER_CLOTHES
    rough = np.where(layout > 0, 3, 1)
    made, kept = (texture(rough * grain(s), w, layout) for s, w in ((1, disc(70)), (0, ~disc(75))))
    assert ratio(made, kept, 1.25) == pytest.approx(np.ones(3), abs=0.15)
    # Of clothes alone where there is no other background; of nothing, nothing is said.
    only = replace(kept, where=kept.where & (layout > 0))
    assert ratio(made, only, 1.25) == pytest.approx(np.ones(3), abs=0.15)
    assert ratio(made, replace(kept, where=np.zeros_like(kept.where)), 1.25) is None


def test_detail_is_the_same_all_over_a_family() -> None:
    layout = np.zeros((320, 320), np.uint8)
    layout[:, 160:] = C.UPPER_CLOTHES
    photo = detailed(Photo(np.full((320, 320, 3), 120, np.uint8)), layout, 0)
    energy = octaves(photo.pixels)
    parts = [energy[y : y + 150, x : x + 150].mean((0, 1)) for x in (5, 165) for y in (5, 165)]
    np.testing.assert_allclose(parts[0], parts[1], rtol=0.2)
    np.testing.assert_allclose(parts[2], parts[3], rtol=0.2)
    assert (parts[2] > 1.5 * parts[0]).all()
    assert (parts[0] > 0.3).all()


@pytest.mark.usefixtures("seeing", "one_thread", "plain_layouts")
def test_sharpness_figures(
    tiny_pack: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharpness, "sample_photos", lambda: [small_swap().body])
    monkeypatch.setattr(sharpness, "MEGAPIXELS", 0.15)
    for name in ("_GRAIN", "_PLAIN", "_ROUGH"):  # or the palette can't be read any more
        monkeypatch.setattr(sharpness, name, 0.6)
    figures: Any = sharpness_figures(PipelineRunner(tiny_pack, "cpu"), prepared, count=2)
    assert (figures["pairs"], figures["errors"]) == (2, 0)
    large = figures["large"]
    assert set(large) == set(sharpness.OCTAVES)
    for octave in large.values():
        assert octave["photos"] >= 1
        assert octave["ratio"] > 0
        assert 0 <= octave["within"] <= 1
