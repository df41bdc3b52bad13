"""Photos whose matte is known, and how matting is measured on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.errors import InputFileError
from engine.evaluation import mattes, matting
from engine.evaluation.distances import ratio_and_interval
from engine.evaluation.mattes import KnownMatte, known_mattes
from engine.evaluation.matting import feathered, matting_figures, our_matte, unknown_band
from engine.evaluation.strands import Hairdo, Painting, Strand
from engine.framing import Similarity
from engine.labels import HEAD, mask_of

# --- strands --------------------------------------------------------------------------------------


COLOUR = np.array((200, 100, 50), np.float32)


def straight(length: float, width: float, opacity: float = 1) -> Strand:
    x = np.linspace(0, length, 20)
    return Strand(np.stack([x, np.zeros(20)], -1), width, opacity)


def painted(*strands: Strand, finer: int = 4) -> tuple[Any, Any]:
    """On an empty 40 x 20 picture, from (5, 10) to the right."""
    nothing = np.zeros((20 * finer, 40 * finer), bool)
    painting = Painting.of(nothing, np.zeros((*nothing.shape, 3), np.float32))
    for strand in strands:
        painting.add(
            strand, np.float32((200, 100, 50)), Similarity(finer, 0, 5 * finer, 10 * finer)
        )
    return painting.averaged((40, 20))


def test_a_strand_covers_its_area() -> None:
    """It tapers to a fifth of its width: 0.6 of length x width, and its soft edges."""
    for width in (0.5, 2.0):
        alpha, colours = painted(straight(25, width))
        assert 0.75 < alpha.sum() / (25 * width) < 1.1
        there = colours[alpha > 0.02]
        np.testing.assert_allclose(there, np.tile(COLOUR, (len(there), 1)), atol=1)
        rows = np.flatnonzero(alpha.max(1) > 0.01)
        assert abs((rows[0] + rows[-1] + 1) / 2 - 10) < 0.6
    half, _ = painted(straight(25, 2.0, 0.5))
    assert half.max() == pytest.approx(0.5, abs=0.02)
    twice, _ = painted(straight(25, 2.0, 0.5), straight(25, 2.0, 0.5))
    assert twice.max() == pytest.approx(0.75, abs=0.02)


def test_what_lies_beyond_the_picture_is_not_painted() -> None:
    strand = straight(25, 1)
    for way in ((100, 0), (0, 50), (-80, 0)):
        alpha, _ = painted(replace(strand, points=strand.points + way))
        assert alpha.max() == 0


def test_a_hairdo_grows_from_its_outline() -> None:
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    normals = np.stack([np.cos(turn), np.sin(turn)], -1)
    hairdo = Hairdo(dense=4, flying=1, reach=6, bend=0.05)
    strands = hairdo.strands(30 * normals, normals, np.random.default_rng(0))
    assert len(strands) == pytest.approx(5 * 200, rel=0.1)
    roots = np.array([np.linalg.norm(s.points[0]) for s in strands])
    tips = np.array([np.linalg.norm(s.points[-1]) for s in strands])
    assert (abs(roots - 30) < 2.5).all()
    assert 0.5 < (tips > 30.5).mean() < 1
    assert np.median(tips) < 34 < tips.max()
    again = hairdo.strands(30 * normals, normals, np.random.default_rng(0))
    assert all((a.points == b.points).all() for a, b in zip(strands, again, strict=True))


# --- photos ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known(prepared: Path) -> list[KnownMatte]:
    return list(known_mattes(prepared, 2))


def test_the_photo_is_the_head_before_something(known: list[KnownMatte]) -> None:
    assert [k.times for k in known] == [1, 3]
    for k in known:
        assert k.photo.shape[:2] == k.alpha.shape == k.hair.shape == k.elsewhere.shape[:2]
        assert 0.05 < (k.alpha > 0).mean() < 0.5
        assert ((k.alpha > 0.02) & (k.alpha < 0.98)).sum() > 100
        core = k.alpha == 1
        grain = 0.6 if k.times == 1 else 12
        assert np.abs(k.photo[core] - k.colours[core]).max() <= grain
        assert k.hair.any()
        assert not k.hair.all()


def test_the_layout_is_a_pixel_or_two_beside_the_truth(known: list[KnownMatte]) -> None:
    for k in known:
        hard = feathered(k, 0.01) > 0.5
        wrong = hard != (k.alpha > 0.5)
        assert wrong.any()
        edge = cv2.Canny((k.alpha > 0.5).astype(np.uint8) * 255, 100, 200) > 0
        # Wrong pixels to either side of a line that is one to two frame px beside another.
        off = wrong.sum() / edge.sum() * k.to_frame.scale
        assert 0.3 < off < 2
        assert set(np.unique(k.layout)) < set(range(16))
        assert mask_of(k.layout, HEAD).any()


def test_they_are_the_same_each_time(prepared: Path, known: list[KnownMatte]) -> None:
    again = next(iter(known_mattes(prepared, 2)))
    assert (again.photo == known[0].photo).all()
    other = next(iter(known_mattes(prepared, 2, seed=1)))
    assert other.photo.shape != again.photo.shape or (other.photo != again.photo).any()


def test_too_few_photos(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mattes, "_NARROWEST", 1000)
    with pytest.raises(InputFileError, match="too few labelled validation photos"):
        next(iter(known_mattes(prepared, 1)))


# --- figures --------------------------------------------------------------------------------------


def test_the_band_holds_all_that_is_in_doubt(known: list[KnownMatte]) -> None:
    for k in known:
        band = unknown_band(k)
        assert (k.alpha[~band] == (feathered(k, 0.01)[~band] > 0.5)).all()
        assert band.mean() < 0.5


def test_matting_figures(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = tmp_path / "sheet.png"
    figures: Any = matting_figures(prepared, count=2, sheet=sheet)
    assert cv2.imread(str(sheet)).shape == (2 * 256, 5 * 256, 3)
    for part, photos in (("hair", 2), ("hair_x1", 1), ("hair_x3", 1), ("outline", 2)):
        assert figures[part]["photos"] == photos
        ours, theirs = figures[part]["ours"], figures[part]["feather"]
        assert figures[part]["lower"] == pytest.approx(1 - ours["sad"] / theirs["sad"])
        low, high = figures[part]["lower_interval"]
        assert low <= figures[part]["lower"] <= high
        assert theirs["sad"] > 0
        assert theirs["composite"] > 0
    # Flat colours: any matting worth its name finds the strands.
    assert figures["hair"]["lower"] > 0.3
    # Whoever knows the truth makes no error, and whoever feathers at its best is no better.
    monkeypatch.setattr(matting, "our_matte", lambda k: (k.alpha, k.colours))
    figures = matting_figures(prepared, count=1)
    assert figures["hair"]["ours"]["sad"] == figures["hair"]["ours"]["composite"] == 0
    assert figures["hair"]["lower"] == 1
    monkeypatch.setattr(
        matting, "our_matte", lambda k: (feathered(k, 0.75), k.photo.astype(np.float32))
    )
    assert matting_figures(prepared, count=1)["hair"]["lower"] <= 0


def test_our_matte_has_the_photos_size(known: list[KnownMatte]) -> None:
    for k in known:
        alpha, colours = our_matte(k)
        assert alpha.shape == k.alpha.shape
        assert colours.shape == k.photo.shape
        assert (colours[alpha == 1] == k.photo[alpha == 1]).all()


def test_ratios_of_sums() -> None:
    below = np.random.default_rng(0).uniform(1, 3, 60)
    ratio, (low, high) = ratio_and_interval(0.5 * below, below)
    assert ratio == low == high == pytest.approx(0.5)
    above = below * np.random.default_rng(1).uniform(0.2, 0.8, 60)
    ratio, (low, high) = ratio_and_interval(above, below)
    assert ratio == pytest.approx(above.sum() / below.sum())
    assert 0.4 < low < ratio < high < 0.6
