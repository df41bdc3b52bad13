"""What seeds and guidance decide: on models that obey, models that don't, and tiny packs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.arrays import Mask
from engine.evaluation import control, restore
from engine.evaluation.control import (
    GUIDANCES,
    Couple,
    agreement,
    control_figures,
    couples,
    distance_between,
    diversity_figures,
    guidance_cases,
    guidance_figures,
    rise,
    seed_cases,
)
from engine.evaluation.features import load_features
from engine.evaluation.restore import Decoded
from engine.labels import HEAD, NECK, SemanticClass, mask_of
from engine.requests import REPLACE_HEAD_SAMPLING, SamplingSettings
from engine.scenery import Scenery, scenery_of
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.sgldm.sampler import sample
from engine.stages import Scene
from hs_desktop import i18n
from hs_desktop.cli import main
from tests.engine.people import painted
from tests.engine.pictures import noise

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass
Generate = Callable[..., Decoded]


@pytest.fixture
def pairs(pipeline: HSDiffusionPipeline, prepared: Path) -> list[Couple]:
    return couples(pipeline, prepared, 3)


@pytest.fixture
def paint(monkeypatch: pytest.MonkeyPatch) -> Callable[[Generate], None]:
    """Sets what stands for the models' part."""
    return lambda generate: monkeypatch.setattr(control, "generate", generate)


# --- cases ----------------------------------------------------------------------------------------


def test_photos_with_another_one(pairs: list[Couple]) -> None:
    assert len(pairs) == 3
    for own, other in pairs:
        assert (own.seen.image != other.seen.image).any()


def test_photos_without_a_head_are_left_out(
    pipeline: HSDiffusionPipeline, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = np.zeros((16, 256, 256), np.float32)
    nobody[C.BACKGROUND] = 1
    parse, looks = HSDiffusionPipeline.parse, count()
    monkeypatch.setattr(
        HSDiffusionPipeline, "parse",
        lambda self, frame, **_: nobody if next(looks) == 0 else parse(self, frame),
    )  # fmt: skip
    assert len(couples(pipeline, prepared, 3)) == 2


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "too few show a head"), ("ko", "너무 적습니다")],
)
def test_too_few_photos_to_judge_by(
    tiny_pack: Path, prepared: Path, language: str, sentence: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Of one photo there is no interval."""
    monkeypatch.setenv("LANGUAGE", language)
    command = ["evaluate", "control", "--count", "1", "--device", "cpu", "--data"]
    code = main([*command, str(prepared), "--pack", str(tiny_pack)])
    i18n.install(["en"])
    assert code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert str(prepared) in said
    assert said.count("\n") == 1


def test_holes_with_much_room_and_little(pairs: list[Couple]) -> None:
    cases = seed_cases(pairs)
    assert {name: sampling for name, (_, sampling) in cases.items()} == {
        "head": REPLACE_HEAD_SAMPLING, "large": SamplingSettings(), "narrow": SamplingSettings(),
    }  # fmt: skip
    for k, (own, _) in enumerate(pairs):
        head, large, narrow = (cases[name][0][k] for name in ("head", "large", "narrow"))
        person = mask_of(own.parsed.layout, HEAD | NECK) & own.seen.inside
        assert (head.hidden & person).sum() > 0.95 * person.sum()
        assert large.hidden.mean() == pytest.approx(0.25, abs=0.01)
        assert 0 < narrow.hidden.sum() < 0.5 * min(head.hidden.sum(), large.hidden.sum())
        for case in (head, large, narrow):
            assert (case.layout == own.parsed.layout).all()
            assert not (case.hidden & case.known).any()


def test_layouts_of_others_in_the_hole_alone(pairs: list[Couple]) -> None:
    cases = guidance_cases(pairs)
    for k, (own, other) in enumerate(pairs):
        for name in ("other_layout", "other_head"):
            case = cases[name][0][k]
            assert (case.layout[case.hidden] == other.parsed.layout[case.hidden]).all()
            assert (case.layout[~case.hidden] == own.parsed.layout[~case.hidden]).all()
        assert (cases["own_layout"][0][k].layout == own.parsed.layout).all()
        head = mask_of(other.parsed.layout, HEAD) & own.seen.inside
        room = cases["other_head"][0][k].hidden
        assert (room & head).sum() > 0.95 * head.sum()


# --- seeds ----------------------------------------------------------------------------------------


def test_distance_between_runs() -> None:
    runs = [np.stack([noise(256, 256, 3, seed=10 * s + k) for k in range(2)]) for s in range(3)]
    hidden = np.zeros((2, 256, 256), bool)
    hidden[:, 60:160, 60:160] = True
    net = load_features()
    assert distance_between(net, [runs[0]] * 3, hidden).max() < 1e-6
    two = distance_between(net, runs[:2], hidden)
    assert two.shape == (2,)
    assert (two > 0).all()
    # Of three runs of which two are the same, two pairs of three differ.
    most = distance_between(net, [runs[0], runs[1], runs[1]], hidden)
    np.testing.assert_allclose(most, 2 / 3 * two, rtol=1e-5)


def test_a_sampler_that_ignores_the_seed(
    pipeline: HSDiffusionPipeline, pairs: list[Couple], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stubborn(*args: Any, seed: int, **options: Any) -> Any:
        return sample(*args, seed=7, **options)

    def same(scene: Scene, inside: Mask, seed: int) -> Scenery:
        return scenery_of(scene, inside, 7)

    monkeypatch.setattr(restore, "sample", stubborn)
    monkeypatch.setattr(restore, "scenery_of", same)
    figures: Any = diversity_figures(pipeline, pairs)
    for name in ("head", "large", "narrow"):
        assert figures[name]["seeds"] < 1e-6 < figures[name]["real"]
        assert figures[name]["share"] < 1e-6
    assert not figures["head"]["differ"]
    assert not figures["large"]["differ"]


def test_seeds_that_differ_where_they_should(
    pipeline: HSDiffusionPipeline, pairs: list[Couple], paint: Callable[[Generate], None]
) -> None:
    def free(_: object, cases: Any, *, seed: int, strength: float, **__: object) -> Decoded:
        """Another picture for every seed, from pure noise alone."""
        key = seed if strength == 1 else 0
        return Decoded(np.stack([noise(256, 256, 3, seed=key) for _ in cases]).astype(float), None)

    paint(free)
    figures: Any = diversity_figures(pipeline, pairs)
    assert figures["head"]["differ"]
    assert not figures["large"]["differ"]
    assert figures["narrow"]["seeds"] < 1e-6
    low, high = figures["head"]["seeds_interval"]
    assert 0 < low <= figures["head"]["seeds"] <= high
    assert "differ" not in figures["narrow"]


# --- guidance -------------------------------------------------------------------------------------


def test_agreement_of_a_known_confusion() -> None:
    asked = np.array([[C.HAIR] * 40 + [C.FACE] * 40 + [C.NOSE] * 3 + [C.NECK] * 50], np.uint8)
    seen = np.array([[C.HAIR] * 30 + [C.FACE] * 50 + [C.HAT] * 3 + [C.HAIR] * 50], np.uint8)
    where = np.arange(133)[None] < 83
    # Hair 30 of 40, face 40 of 50; the nose is a speck, the neck isn't looked at.
    assert agreement(seen, asked, where) == pytest.approx((0.75 + 0.8) / 2)
    assert agreement(asked, asked, where) == 1
    assert agreement(seen, asked, ~where) == 0
    speck = np.arange(133)[None] == 81
    assert agreement(asked, asked, speck) == 1


def test_what_rises_is_monotone() -> None:
    photos = np.array([0.1, 0.2, 0.3])
    levels = {str(g): photos + 0.1 * g for g in range(3)}
    figures: Any = rise(levels)
    assert figures["monotone"] is True
    assert figures["0"] == {
        "agreement": pytest.approx(0.2), "interval": figures["0"]["interval"]
    }  # fmt: skip
    # Each photo rises by the same, however much photos differ.
    assert figures["2"]["rises"] == pytest.approx(0.1)
    assert figures["2"]["rises_interval"] == pytest.approx((0.1, 0.1))
    assert rise({**levels, "3": photos + 0.15})["monotone"] is False
    assert rise({"0": photos, "1": photos})["monotone"] is False


def test_a_model_that_obeys_as_much_as_it_is_guided(
    pipeline: HSDiffusionPipeline, pairs: list[Couple], paint: Callable[[Generate], None]
) -> None:
    def obedient(_: object, cases: Any, *, guidance: float, **__: object) -> Decoded:
        """The layout asked for, from the left as far as guidance goes; then the photo."""
        columns = np.arange(256) < 60 + 45 * guidance
        made = [np.where(columns[:, None], painted(c.layout), c.truth) for c in cases]
        return Decoded(np.stack(made).astype(float), None)

    paint(obedient)
    figures: Any = guidance_figures(pipeline, pairs)
    for name in ("other_layout", "other_head"):
        rows = [figures[name][f"guidance {g:g}"] for g in GUIDANCES]
        assert figures[name]["monotone"]
        assert figures[name]["untouched"] < rows[0]["agreement"] + 0.01
        assert rows[0]["agreement"] < rows[-1]["agreement"] == pytest.approx(1, abs=0.1)
        assert sum(row["rises"] for row in rows[1:]) == pytest.approx(
            rows[-1]["agreement"] - rows[0]["agreement"]
        )
    assert figures["own_layout"]["untouched"] == 1


def test_a_model_that_ignores_the_layout(
    pipeline: HSDiffusionPipeline, pairs: list[Couple], paint: Callable[[Generate], None]
) -> None:
    paint(lambda _, cases, **__: Decoded(np.stack([c.truth for c in cases]).astype(float), None))
    figures: Any = guidance_figures(pipeline, pairs)
    for name in ("own_layout", "other_layout", "other_head"):
        assert not figures[name]["monotone"]
        assert figures[name]["guidance 3"]["agreement"] == figures[name]["untouched"]
    assert figures["other_head"]["untouched"] < figures["own_layout"]["untouched"] == 1


# --- both -----------------------------------------------------------------------------------------


def test_control_figures(
    pipeline: HSDiffusionPipeline, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "SEEDS", 2)
    monkeypatch.setattr(control, "GUIDANCES", (0.0, 2.0))
    figures: Any = control_figures(pipeline, prepared, count=2)
    assert (figures["photos"], figures["seeds"]) == (2, 2)
    assert list(figures["diversity"]) == ["head", "large", "narrow"]
    for row in figures["diversity"].values():
        assert row["seeds"] > 0
        assert row["share"] == pytest.approx(row["seeds"] / row["real"])
    assert list(figures["guidance"]) == ["own_layout", "other_layout", "other_head"]
    for rows in figures["guidance"].values():
        assert set(rows) == {"untouched", "guidance 0", "guidance 2", "monotone"}
        assert 0 <= rows["guidance 2"]["agreement"] <= 1
