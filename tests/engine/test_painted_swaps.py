"""Swaps of photos that the user has painted on, through the whole engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from engine import generating, stages
from engine.boxes import Box
from engine.engine import Engine
from engine.errors import RequestError
from engine.evaluation.swaps import changed_outside
from engine.framing import Similarity, warp
from engine.labels import HEAD, SKIN, SemanticClass, mask_of
from engine.masks import dilate
from engine.matting import head_matte
from engine.pairs import Pair, find_pair
from engine.requests import (
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    Request,
    Result,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)
from engine.runner import PipelineRunner
from tests.engine.people import person, snapshot
from tests.engine.studio import again

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass
HEAD_PHOTO = snapshot(person(), face=150, at=(250, 200), size=(500, 560))
BODY_PHOTO = snapshot(person(), face=112, at=(210, 170), size=(420, 480), degrees=5)
SWAP = SwapRequest(HEAD_PHOTO, BODY_PHOTO, sampling=SamplingSettings(steps=1))


@pytest.fixture(scope="module")
def engine(tiny_runner: PipelineRunner) -> Iterator[Engine]:
    with Engine(lambda: tiny_runner) as engine:
        yield engine


def one(engine: Engine, request: Request) -> Result:
    (result,) = engine.submit(request).result(120)
    return result


def in_body(request: SwapRequest, tiny_runner: PipelineRunner, where: np.ndarray) -> np.ndarray:
    """A mask of the head photo as it lies in the body photo."""
    to_body = find_pair(tiny_runner.pipeline, request).head_layer(request).to_body
    moved = warp(where.astype(np.float32), to_body, request.body.size, border=cv2.BORDER_CONSTANT)
    inside: np.ndarray = moved > 0.999
    return inside


@pytest.fixture
def painted_swap(engine: Engine) -> dict[str, Any]:
    """Overrides as the user gets them, to be painted on."""
    head, body = (one(engine, ParseRequest(p)).layout.copy() for p in (HEAD_PHOTO, BODY_PHOTO))
    return {"head_layout": head, "body_layout": body,
            "head_mask": mask_of(head, HEAD).astype(np.float32)}  # fmt: skip


def test_what_nobody_touched_changes_no_swap(engine: Engine, painted_swap: dict[str, Any]) -> None:
    plain = one(engine, SWAP)
    same = one(engine, replace(SWAP, **painted_swap))
    assert same.photo is not None
    assert plain.photo is not None
    assert (same.layout == plain.layout).mean() > 0.998
    assert (same.photo.pixels == plain.photo.pixels).all(-1).mean() > 0.98


@pytest.mark.parametrize("name", ["head_layout", "body_layout", "head_mask"])
def test_a_stroke_runs_again_from_the_layout(
    engine: Engine, painted_swap: dict[str, Any], name: str
) -> None:
    own = painted_swap[name]
    one(engine, replace(SWAP, **{name: own}))
    own = own.copy()
    own[120:160, 200:260] = C.HAT if name != "head_mask" else 0
    result = one(engine, replace(SWAP, **{name: own}))
    assert again(result) == {"layout", "encode", "prepare", "sample", "decode", "composite"}
    assert again(one(engine, replace(SWAP, **{name: own}))) == {"sample", "decode", "composite"}


def test_a_painted_head_layout_reaches_the_result(
    engine: Engine, tiny_runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_layout"]
    own[40:100, 190:310] = C.HAT  # far above the hair
    request = replace(SWAP, head_layout=own)
    result = one(engine, request)
    assert (result.layout == C.HAT).sum() > 0.7 * 120 * 60 * (112 / 150) ** 2
    assert changed_outside(tiny_runner, request, result) == 0
    assert one(engine, LayoutRequest(request)).head_place == result.head_place
    assert result.head_place is not None
    plain = one(engine, SWAP).head_place
    assert plain is not None
    assert result.head_place.box[1] < plain.box[1] - 20
    # Its own pixels are there: painted as head, they are taken.
    hat = dilate(in_body(request, tiny_runner, own == C.HAT), -12)
    assert hat.any()
    assert result.photo is not None
    assert (result.photo.pixels == tiny_runner.placed_head(request))[hat].all()


def test_hair_painted_away_stays_away(
    engine: Engine, tiny_runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    """However much it looks like hair before a plain background."""
    own = painted_swap["head_layout"]
    hair = (own == C.HAIR) & (np.arange(500) < 200)
    assert hair.sum() > 1000
    own[hair] = C.BACKGROUND
    request = replace(SWAP, head_layout=own, body=HEAD_PHOTO)
    layer = find_pair(tiny_runner.pipeline, request).head_layer(request)
    matte = head_matte(layer, Box.of(HEAD_PHOTO.pixels.shape))
    alpha = np.zeros(own.shape, np.float32)
    alpha[matte.box.slices] = matte.alpha
    far = hair & (np.arange(500) < 194)  # two frame pixels and more from the cut
    assert alpha[far].max() < 0.05
    assert changed_outside(tiny_runner, request, one(engine, request)) == 0


def test_a_painted_body_layout_is_what_is_kept_and_replaced(
    engine: Engine, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["body_layout"]
    own[300:340, 20:60] = C.HAIR  # so a part of the old head, which has to go
    result, plain = one(engine, replace(SWAP, body_layout=own)), one(engine, SWAP)
    assert result.region is not None
    assert plain.region is not None
    assert (result.region[310:330, 30:50] > 0.5).all()
    assert not plain.region[310:330, 30:50].any()


def test_what_is_added_to_the_mask_comes_along(
    engine: Engine, tiny_runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_mask"]
    own[330:380, 220:280] = 1  # neck and coat
    request = replace(SWAP, head_mask=own)
    result = one(engine, request)
    assert changed_outside(tiny_runner, request, result) == 0
    there = in_body(request, tiny_runner, own > 0)
    there[: int(np.argwhere(there)[:, 0].min()) + 150] = False
    there = dilate(there, -2)
    assert there.sum() > 300
    assert result.photo is not None
    assert (result.photo.pixels == tiny_runner.placed_head(request))[there].all()


def test_what_is_taken_off_the_mask_stays_away_to_the_pixel(
    engine: Engine, tiny_runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_mask"]
    hair = np.zeros(own.shape, bool)
    hair[:, :232] = True  # a straight cut through the hair, left of the middle
    own[hair] = 0
    request = replace(SWAP, head_mask=own, body=HEAD_PHOTO)
    pair = find_pair(tiny_runner.pipeline, request)
    layer = pair.head_layer(request)
    np.testing.assert_allclose(layer.to_body.matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-9)
    matte = head_matte(layer, Box.of(HEAD_PHOTO.pixels.shape))
    alpha = np.zeros(own.shape, np.float32)
    alpha[matte.box.slices] = matte.alpha
    assert (alpha[:, :232] == 0).all()
    cut = (painted_swap["head_layout"] == C.FACE)[:, 232:236].all(1)
    assert cut.any()
    assert (alpha[cut, 232:236] > 0.99).all()
    result = one(engine, request)
    assert changed_outside(tiny_runner, request, result) == 0


def test_a_soft_mask_is_a_soft_matte(
    engine: Engine, tiny_runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_mask"]
    own *= np.clip((np.arange(560) - 120) / 100, 0, 1).astype(np.float32)[:, None]
    request = replace(SWAP, head_mask=own)
    parsed_pair: Pair = find_pair(tiny_runner.pipeline, request)
    assert parsed_pair.head_parsed.taken is not None
    result = one(engine, request)
    assert changed_outside(tiny_runner, request, result) == 0
    assert result.region is not None
    # What shines through is made anew, not the old head.
    soft = in_body(request, tiny_runner, (own > 0.3) & (own < 0.7))
    old = mask_of(one(engine, ParseRequest(BODY_PHOTO)).layout, HEAD)
    assert (soft & old).any()
    assert (result.region[soft & old] > 0.2).mean() > 0.9


def test_grain_and_skin_are_left_alone_if_asked(
    engine: Engine, painted_swap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, bool]] = []
    finish = generating.finish_composite

    def watched(*args: Any, **options: Any) -> Any:
        asked.append((options["match_grain"], options["match_skin"]))
        return finish(*args, **options)

    monkeypatch.setattr(generating, "finish_composite", watched)
    # Under the body's own layout: its neck, which the new head doesn't hide, is skin.
    swap = replace(SWAP, layout=painted_swap["body_layout"])
    mask = np.zeros(swap.body.pixels.shape[:2], np.float32)
    mask[250:280, 180:240] = 1
    plain, rough, pale = (
        one(engine, replace(swap, **options)).photo
        for options in ({}, {"match_grain": False}, {"match_skin": False})
    )
    one(engine, RetouchRequest(BODY_PHOTO, mask, sampling=SWAP.sampling, match_skin=False))
    one(engine, ReplaceHeadRequest(BODY_PHOTO, sampling=SWAP.sampling, match_grain=False))
    assert asked == [(True, True), (False, True), (True, False), (True, False), (False, True)]
    assert plain is not None
    assert rough is not None
    assert pale is not None
    assert plain.size == rough.size
    differs = (plain.pixels != pale.pixels).any(-1)
    assert differs.any()
    skin = mask_of(painted_swap["body_layout"], SKIN)
    assert differs[skin].mean() > 2 * differs[~skin].mean()


@pytest.mark.parametrize(
    ("name", "what"),
    [("head_layout", "head layout"), ("head_mask", "head mask"), ("body_layout", "body layout"),
     ("layout", "layout"), ("region", "region")],
)  # fmt: skip
def test_painted_in_another_size(engine: Engine, name: str, what: str) -> None:
    kind = np.float32 if name in ("head_mask", "region") else np.uint8
    with pytest.raises(RequestError, match=f"The {what} is 20 x 10 pixels"):
        one(engine, replace(SWAP, **{name: np.zeros((10, 20), kind)}))


def test_a_crowd_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def crowd(finder: object, photo: np.ndarray, **options: Any) -> list[stages.Head]:
        heads = [
            stages.Head((x, 80.0), 60.0, Similarity(56 / 60, tx=128 - x, ty=-10), score)
            for x, score in ((90.0, 0.9), (300.0, 0.8), (200.0, 0.7), (302.0, 0.6))
        ]
        heads.append(stages.Head((200.0, 30.0), 9.0, Similarity(56 / 9), 0.5))  # on a cap
        return heads if options["thorough"] else heads[1:2]

    monkeypatch.setattr(stages, "find_heads", crowd)
    photo = snapshot(size=(400, 380))
    people = one(engine, ParseRequest(photo)).people
    # The one that is taken without asking comes first.
    assert people == ((255, 35, 345, 125), (45, 35, 135, 125), (155, 35, 245, 125))
    assert one(engine, ParseRequest(photo, (200.0, 80.0))).people == people
