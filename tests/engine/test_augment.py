"""Augmentation of prepared frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.framing import Similarity
from engine.labels import IGNORE, SemanticClass, palette
from engine.masks import dilate
from engine.training.augment import (
    degrade,
    drapery,
    light_and_colour,
    place_frame,
    random_placement,
)
from engine.training.data import Frames
from engine.training.prepare import MARGIN, Item
from engine.training.wardrobe import Wardrobe
from tests.engine.people import person
from tests.engine.pictures import noise
from tests.engine.training import rng

pytestmark = pytest.mark.usefixtures("one_thread", "alone_and_quiet")

C = SemanticClass


def test_placements_lie_about_the_canonical_frame() -> None:
    for seed in range(50):
        move = random_placement(rng(seed))
        assert 0.8 <= move.scale <= 1.3
        assert abs(np.degrees(move.angle)) <= 12
        middle = move.apply(np.array([224.0, 224.0]))
        assert np.abs(middle - 128).max() <= 16
        small = random_placement(rng(seed), size=64, shift=3, scale=(1, 1))
        assert np.abs(small.apply(np.array([224.0, 224.0])) - 32).max() <= 3


def test_a_frame_and_its_layout_move_together(prepared: Path) -> None:
    frames = Frames.load(prepared, "train")
    for seed in range(6):
        move = random_placement(rng(seed))
        image, classes = place_frame(frames.images[0], frames.layouts[0], move, flip=seed % 2 == 1)
        assert image.shape == (256, 256, 3)
        hair = (np.abs(image.astype(int) - palette()[C.HAIR]) < 40).all(-1)
        assert (hair & (classes == C.HAIR)).sum() > 0.8 * (classes == C.HAIR).sum()
        left, right = (np.argwhere(classes == c)[:, 1].mean() for c in (C.LEFT_EYE, C.RIGHT_EYE))
        assert left > right  # mirrored or not
        assert image.flags.c_contiguous


def test_beyond_the_wide_frame_nothing_is_known() -> None:
    layout_ = np.zeros((448, 448), np.uint8)
    far = random_placement(rng(), scale=(0.4, 0.4))
    _, classes = place_frame(noise(448, 448, 3), layout_, far, flip=False)
    assert (classes == IGNORE).any()
    assert (classes == 0).any()


@pytest.mark.parametrize("change", [light_and_colour, degrade])
def test_changes_of_light_keep_the_picture(change: Callable[..., np.ndarray]) -> None:
    image = cv2.GaussianBlur(noise(64, 64, 3), (0, 0), 4)
    before = image.copy()
    results = [change(image, rng(seed)) for seed in range(40)]
    assert all(r.dtype == np.uint8 and r.shape == image.shape for r in results)
    assert (image == before).all()
    assert any((r != image).any() for r in results)
    assert any((r == image).all() for r in results)


def test_drapery_may_look_like_the_head_before_it() -> None:
    head = np.full((50, 3), (250, 40, 200), np.uint8)

    def nearest(image: NDArray[np.uint8]) -> float:
        hue = image / np.maximum(image.max(-1, keepdims=True), 1)
        own = head[0] / head[0].max()
        return float((np.abs(hue - own).max(-1) < 0.1).mean())

    alike = np.mean([nearest(drapery(rng(seed), like=head)) for seed in range(20)])
    other = np.mean([nearest(drapery(rng(seed))) for seed in range(20)])
    assert alike > 0.2 > 0.05 > other


# --- hats and scarves -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def wardrobe() -> tuple[Frames, Wardrobe]:
    """Wide frames of four people, all but the first with hats, the last one's parsed only."""
    people = [person(), person(hat=True), person(x=120, hat=True), person(hat=True)]
    layouts = np.pad(np.stack(people), ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
    sources = ["labels", "labels", "labels", "parser"]
    items = [Item(k, f"{k}.jpg", "train", s, [], (448, 448)) for k, s in enumerate(sources)]
    frames = Frames(items, palette()[layouts], layouts)
    return frames, Wardrobe(frames)


def test_who_wears_a_hat_is_known(wardrobe: tuple[Frames, Wardrobe]) -> None:
    _, clothes = wardrobe
    assert clothes.worn_by[C.HAT].tolist() == [1, 2]
    assert clothes.pick(C.BODY_ACCESSORY, rng()) is None  # nobody wears a scarf


def test_a_hat_goes_where_it_was_worn(wardrobe: tuple[Frames, Wardrobe]) -> None:
    frames, clothes = wardrobe
    image, layout = frames.images[0], frames.layouts[0]
    before = image.copy()
    hats = [clothes.pick(C.HAT, rng(seed)) for seed in range(8)]
    looks = set()
    for hat in hats:
        assert hat is not None
        worn, classes = hat.put_on(image), hat.put_into(layout)
        assert (classes[hat.where] == C.HAT).all()
        assert (classes[~hat.where] == layout[~hat.where]).all()
        far = ~dilate(hat.where, 4)
        assert (worn[far] == image[far]).all()
        inner = dilate(hat.where, -4)
        assert (np.abs(worn[inner].astype(int) - hat.image[inner]) <= 1).all()
        looks.add(tuple(worn[inner].mean(0).round().tolist()))
    assert len(looks) > 2  # some are dyed
    assert (image == before).all()


def test_a_hat_moves_into_a_whole_photo(wardrobe: tuple[Frames, Wardrobe]) -> None:
    _, clothes = wardrobe
    hat = clothes.pick(C.HAT, rng(1))
    assert hat is not None
    moved = hat.moved(Similarity(0.5, 0.0, 30, -10), (300, 260))
    assert moved.image.shape == (260, 300, 3)
    there, here = (np.argwhere(w)[:, ::-1].mean(0) + 0.5 for w in (moved.where, hat.where))
    assert there == pytest.approx(0.5 * here + (30, -10), abs=1)
    assert moved.where.sum() == pytest.approx(hat.where.sum() / 4, rel=0.05)
