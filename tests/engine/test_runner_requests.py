"""Retouches, made-up heads, layouts alone, parsed photos."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import generating
from engine.arrays import Mask
from engine.errors import NoPersonError, RequestError
from engine.imageio import Photo
from engine.labels import HEAD, NECK, SemanticClass, mask_of
from engine.requests import (
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    RetouchRequest,
    SwapRequest,
)
from engine.scenery import Scenery, scenery_of
from engine.stages import Scene
from tests.engine.people import read_colours, snapshot
from tests.engine.studio import (
    BODY_PHOTO,
    FEW,
    HEAD_PHOTO,
    RETOUCH_MASK,
    SHAPE,
    SWAP,
    Studio,
    again,
)

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass
BACKGROUND_MASK = np.zeros(SHAPE, np.float32)
BACKGROUND_MASK[30:70, 150:185] = 1

# --- retouch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("soft", [False, True])
def test_a_retouch_changes_nothing_beside_its_mask(studio: Studio, soft: bool) -> None:
    mask = RETOUCH_MASK.copy()
    if soft:
        mask[101:105, 91:116] = 0.4
    result = studio.one(RetouchRequest(BODY_PHOTO, mask, sampling=FEW))
    assert result.photo is not None
    assert result.region is not None
    assert (result.region <= mask + 1e-6).all()
    same = (result.photo.pixels == BODY_PHOTO.pixels).all(-1)
    assert same[mask == 0].all()
    assert same[result.region == 0].all()
    assert (~same).any()


def test_a_retouch_far_from_anybody(studio: Studio) -> None:
    photo = Photo(np.random.default_rng(0).integers(90, 120, (200, 240, 3), dtype=np.uint8))
    mask = np.zeros((200, 240), np.float32)
    mask[60:120, 80:160] = 1
    result = studio.one(RetouchRequest(photo, mask, sampling=FEW))
    assert result.photo is not None
    assert (result.photo.pixels == photo.pixels).all(-1)[mask == 0].all()


def test_a_retouch_under_an_own_layout(studio: Studio) -> None:
    layout = np.full(SHAPE, C.HAT, np.uint8)
    studio.one(RetouchRequest(BODY_PHOTO, RETOUCH_MASK, layout, sampling=FEW))
    planes = studio.sampled[0]["inputs"].layout[0].numpy()
    assert (planes.argmax(0) == C.HAT).mean() > 0.7


def test_a_retouch_of_nothing_is_refused(studio: Studio) -> None:
    with pytest.raises(RequestError, match="mask is empty"):
        studio.one(RetouchRequest(BODY_PHOTO, np.zeros(SHAPE, np.float32)))


def test_another_mask_is_another_retouch(studio: Studio) -> None:
    """Masks that are the same at the frame's resolution, but not at the photo's."""
    big = snapshot(face=300, at=(320, 300), size=(700, 800))
    mask = np.zeros((800, 700), np.float32)
    mask[400:480, 300:380] = 1
    other = mask.copy()
    other[400:401] = 0
    for wanted in (mask, other):
        result = studio.one(RetouchRequest(big, wanted, sampling=FEW))
        assert result.photo is not None
        changed = (result.photo.pixels != big.pixels).any(-1)
        assert changed.any()
        assert not changed[wanted == 0].any()


# --- what the photo itself gives ---------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        replace(SWAP, layout=np.full(SHAPE, C.BACKGROUND, np.uint8)),
        RetouchRequest(BODY_PHOTO, BACKGROUND_MASK, sampling=FEW),
        ReplaceHeadRequest(BODY_PHOTO, sampling=FEW),
    ],
    ids=lambda request: type(request).__name__,
)
def test_the_denoiser_makes_up_everything_if_asked(
    studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    request_: SwapRequest | RetouchRequest | ReplaceHeadRequest,
) -> None:
    looked: list[int] = []

    def watched(scene: Scene, inside: Mask, seed: int, **options: Any) -> Scenery:
        looked.append(seed)
        return scenery_of(scene, inside, seed, **options)

    monkeypatch.setattr(generating, "scenery_of", watched)
    made_up = studio.one(replace(request_, complete=False))
    assert looked == []
    completed = studio.one(request_)
    assert looked == [FEW.seed]
    free, given = (call["inputs"].mask.numpy() > 0 for call in studio.sampled)
    assert (free >= given).all()  # 1: to be made
    assert free.sum() > given.sum()
    assert made_up.photo is not None
    assert completed.photo is not None
    assert (made_up.photo.pixels != completed.photo.pixels).any()


# --- the other requests ------------------------------------------------------------------------


@pytest.mark.parametrize("keep_background", [True, False])
def test_a_made_up_head(studio: Studio, keep_background: bool) -> None:
    request = ReplaceHeadRequest(BODY_PHOTO, sampling=FEW, keep_background=keep_background)
    result = studio.one(request)
    assert result.photo is not None
    assert result.region is not None
    same = (result.photo.pixels == BODY_PHOTO.pixels).all(-1)
    assert same[result.region == 0].all()
    gone = mask_of(result.layout, HEAD | NECK)
    assert (result.region[gone] > 0.5).mean() > 0.95
    assert (result.region > 0).mean() < (0.4 if keep_background else 1)


def test_parse(studio: Studio) -> None:
    result = studio.one(ParseRequest(BODY_PHOTO))
    assert (result.photo, result.region, result.seed) == (None, None, None)
    wanted = read_colours(BODY_PHOTO.pixels).argmax(0)
    assert (result.layout == wanted).mean() > 0.98
    assert set(result.milliseconds) == {"load", "find", "parse"}
    assert again(studio.one(ParseRequest(BODY_PHOTO))) <= {"find"}
    ((x0, y0, x1, y1),) = result.people
    np.testing.assert_allclose(((x0 + x1) / 2, (y0 + y1) / 2), (98, 84), atol=1)
    assert x1 - x0 == pytest.approx(1.5 * 44, rel=0.05)
    assert studio.one(ParseRequest(BODY_PHOTO, result.people[0])).layout.any()


def test_layout(studio: Studio) -> None:
    result = studio.one(LayoutRequest(SWAP))
    assert (result.photo, result.region, result.seed) == (None, None, None)
    assert not studio.sampled
    assert (result.layout == studio.one(SWAP).layout).all()
    # Given back as the user's own it changes nothing.
    same = studio.one(LayoutRequest(replace(SWAP, layout=result.layout)))
    assert (same.layout == result.layout).mean() > 0.995


def test_nobody_in_the_photo(studio: Studio) -> None:
    empty = Photo(np.full((80, 90, 3), 40, np.uint8), path=Path("sea.png"))
    for request in (
        SwapRequest(empty, BODY_PHOTO), SwapRequest(HEAD_PHOTO, empty), ParseRequest(empty),
        ReplaceHeadRequest(empty), LayoutRequest(SwapRequest(empty, BODY_PHOTO)),
    ):  # fmt: skip
        with pytest.raises(NoPersonError, match=r"sea\.png"):
            studio.one(request)
