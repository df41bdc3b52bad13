"""What the user painted on the photos: layouts and the mask of the head, from frame to result."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine import runner as runner_module
from engine import stages
from engine.engine import Engine
from engine.errors import RequestError
from engine.evaluation.swaps import changed_outside
from engine.framing import Similarity, canonical_frame, warp
from engine.imageio import Photo
from engine.labels import HEAD, SKIN, SemanticClass, mask_of
from engine.masks import dilate
from engine.matting import head_matte
from engine.overrides import as_painted, remasked, repainted
from engine.pairs import Pair, find_pair
from engine.requests import (
    HeadTransform,
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
from engine.stages import FrameView, Parsed, head_place, photo_layout
from engine.tiles import Box
from hs_desktop.canvas.placement import Placement
from tests.engine.people import painted, person, snapshot

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass
SIZE = (700, 800)
TO_FRAME = canonical_frame((340, 150), (352, 330))
HEAD_PHOTO = snapshot(person(), face=150, at=(250, 200), size=(500, 560))
BODY_PHOTO = snapshot(person(), face=112, at=(210, 170), size=(420, 480), degrees=5)
SWAP = SwapRequest(HEAD_PHOTO, BODY_PHOTO, sampling=SamplingSettings(steps=1))


def seen() -> FrameView:
    photo = Photo(painted(person(), TO_FRAME, SIZE))
    return stages.view(photo, TO_FRAME)


def parsed() -> Parsed:
    layout = np.where(seen().inside, person(), C.BACKGROUND).astype(np.uint8)
    return Parsed(layout, 0.2 + 0.6 * mask_of(layout, HEAD).astype(np.float32))


def layout() -> np.ndarray:
    """The parser's, as the user gets it to paint on."""
    return photo_layout(parsed().layout, TO_FRAME, SIZE)


def mask() -> np.ndarray:
    return mask_of(layout(), HEAD).astype(np.float32)


# --- in the frame ------------------------------------------------------------------------------


def test_what_nobody_touched_stays_what_the_parser_says() -> None:
    said = parsed()
    assert as_painted(said, seen()) is said
    same = as_painted(said, seen(), layout(), mask())
    assert same.painted is not None
    assert not same.painted.any()
    assert (same.layout == said.layout).all()
    assert (same.head_probability == said.head_probability).all()
    assert (same.head == said.head).mean() > 0.999


def test_a_painted_hat_is_head() -> None:
    own = layout()
    own[100:150, 280:420] = C.HAT
    result = repainted(parsed(), seen(), own)
    there = warp((own == C.HAT).astype(np.float32), TO_FRAME, (256, 256))
    assert (result.layout[there > 0.9] == C.HAT).all()
    assert (result.head_probability[(there > 0.999) & ~parsed().head] > 0.999).all()
    assert result.head[there > 0.9].all()
    away = there == 0
    assert (result.layout == parsed().layout)[away].all()
    assert (result.head_probability == parsed().head_probability)[dilate(away, -2)].all()


def test_hair_painted_away_is_no_head() -> None:
    own = layout()
    own[:230, :][own[:230, :] == C.HAIR] = C.BACKGROUND
    result = repainted(parsed(), seen(), own)
    assert result.painted is not None
    assert result.painted.sum() > 300
    assert (result.head_probability[dilate(result.painted, -2)] < 0.1).all()


def test_classes_within_the_head_leave_its_outline_alone() -> None:
    own = layout()
    own[own == C.NOSE] = C.GLASSES
    result = repainted(parsed(), seen(), own)
    assert (result.layout == C.GLASSES).sum() > 0.8 * (parsed().layout == C.NOSE).sum()
    assert result.painted is not None
    assert not result.painted.any()


def test_beyond_the_photo_nothing_is_painted() -> None:
    view = seen()
    own = np.full(SIZE[::-1], C.HAIR, np.uint8)
    result = as_painted(parsed(), view, own, np.ones(SIZE[::-1], np.float32))
    assert not view.inside.all()
    assert not mask_of(result.layout, HEAD)[~view.inside].any()
    assert result.taken is not None
    assert not result.taken[~view.inside].any()


def test_a_mask_counts_where_it_differs() -> None:
    own = mask()
    own[400:460, 300:420] = 1  # some of the coat
    own[:120] = 0  # no top of the hair
    own[200:240, 200:260] = np.maximum(own[200:240, 200:260], 0.4)  # a veil
    result = remasked(parsed(), seen(), own)
    share = warp(own, TO_FRAME, (256, 256))
    assert result.taken is not None
    assert result.masked is not None
    taken = np.where(result.masked, share, parsed().head)
    np.testing.assert_allclose(result.taken[seen().inside], taken[seen().inside], atol=1e-6)
    assert (result.layout == parsed().layout).all()
    changed = warp(np.abs(own - mask()), TO_FRAME, (256, 256)) > 0.1
    assert result.masked[changed].all()
    assert not result.masked[~dilate(changed, 2)].any()
    assert (result.head_probability == np.where(result.masked, share, parsed().head_probability))[
        seen().inside
    ].all()


def test_layout_and_mask_together() -> None:
    """The mask is compared with what the user's layout says, not with the parser's."""
    own = layout()
    own[100:150, 280:420] = C.HAT
    same = as_painted(parsed(), seen(), own, mask_of(own, HEAD).astype(np.float32))
    assert same.masked is not None
    assert same.masked.mean() < 0.002
    assert same.painted is not None
    assert same.painted.sum() > 100


# --- where the head stands ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "transform",
    [
        HeadTransform(),
        HeadTransform((12, -7)),
        HeadTransform(scale=1.3),
        HeadTransform(rotate=20),
        HeadTransform(flip=True),
        HeadTransform((-9, 4), 0.8, -35, flip=True),
    ],
)
@pytest.mark.parametrize("degrees", [0, 12, -30])
def test_handles_move_the_head_as_the_engine_does(degrees: float, transform: HeadTransform) -> None:
    turn = math.radians(degrees)
    down = np.array([-math.sin(turn), math.cos(turn)])
    to_frame = canonical_frame((300, 200), np.array([300, 200]) + 90 * down)
    head, body = person(x=140, y=6, hat=True), person(x=120, long_hair=True)
    one, other = (Parsed(p, mask_of(p, HEAD).astype(np.float32)) for p in (head, body))
    place = head_place(one, other, to_frame)
    assert place is not None
    assert place.axis == pytest.approx(degrees)
    handles = Placement(place.box, place.centre, place.axis)
    # Corners of the head's box in its own frame, by way of the engine's alignment.
    rows, columns = np.flatnonzero(one.head.any(1)), np.flatnonzero(one.head.any(0))
    x0, x1, y0, y1 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=float)
    move = stages.align(one, other, transform, to_frame)
    wanted = to_frame.inverse().apply(move.apply(corners))
    np.testing.assert_allclose(handles.corners(transform), wanted, atol=1e-6)


def test_nobody_stands_nowhere() -> None:
    nobody = Parsed(np.zeros((256, 256), np.uint8), np.zeros((256, 256), np.float32))
    assert head_place(nobody, parsed(), TO_FRAME) is None


# --- whole swaps -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runner(tiny_pack: Path, one_thread: None) -> PipelineRunner:
    return PipelineRunner(tiny_pack, "cpu")


@pytest.fixture(scope="module")
def engine(runner: PipelineRunner) -> Iterator[Engine]:
    with Engine(lambda: runner) as engine:
        yield engine


def one(engine: Engine, request: Request) -> Result:
    (result,) = engine.submit(request).result(120)
    return result


def again(result: Result) -> set[str]:
    return {stage for stage, time in result.milliseconds.items() if time > 0} - {"load"}


def in_body(request: SwapRequest, runner: PipelineRunner, where: np.ndarray) -> np.ndarray:
    """A mask of the head photo as it lies in the body photo."""
    to_body = find_pair(runner.pipeline, request).head_layer(request).to_body
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
    engine: Engine, runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_layout"]
    own[40:100, 190:310] = C.HAT  # far above the hair
    request = replace(SWAP, head_layout=own)
    result = one(engine, request)
    assert (result.layout == C.HAT).sum() > 0.7 * 120 * 60 * (112 / 150) ** 2
    assert changed_outside(runner, request, result) == 0
    assert one(engine, LayoutRequest(request)).head_place == result.head_place
    assert result.head_place is not None
    plain = one(engine, SWAP).head_place
    assert plain is not None
    assert result.head_place.box[1] < plain.box[1] - 20
    # Its own pixels are there: painted as head, they are taken.
    hat = dilate(in_body(request, runner, own == C.HAT), -12)
    assert hat.any()
    assert result.photo is not None
    assert (result.photo.pixels == runner.placed_head(request))[hat].all()


def test_hair_painted_away_stays_away(
    engine: Engine, runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    """However much it looks like hair before a plain background."""
    own = painted_swap["head_layout"]
    hair = (own == C.HAIR) & (np.arange(500) < 200)
    assert hair.sum() > 1000
    own[hair] = C.BACKGROUND
    request = replace(SWAP, head_layout=own, body=HEAD_PHOTO)
    layer = find_pair(runner.pipeline, request).head_layer(request)
    matte = head_matte(layer, Box.of(HEAD_PHOTO.pixels.shape))
    alpha = np.zeros(own.shape, np.float32)
    alpha[matte.box.slices] = matte.alpha
    far = hair & (np.arange(500) < 194)  # two frame pixels and more from the cut
    assert alpha[far].max() < 0.05
    assert changed_outside(runner, request, one(engine, request)) == 0


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
    engine: Engine, runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_mask"]
    own[330:380, 220:280] = 1  # neck and coat
    request = replace(SWAP, head_mask=own)
    result = one(engine, request)
    assert changed_outside(runner, request, result) == 0
    there = in_body(request, runner, own > 0)
    there[: int(np.argwhere(there)[:, 0].min()) + 150] = False
    there = dilate(there, -2)
    assert there.sum() > 300
    assert result.photo is not None
    assert (result.photo.pixels == runner.placed_head(request))[there].all()


def test_what_is_taken_off_the_mask_stays_away_to_the_pixel(
    engine: Engine, runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_mask"]
    hair = np.zeros(own.shape, bool)
    hair[:, :232] = True  # a straight cut through the hair, left of the middle
    own[hair] = 0
    request = replace(SWAP, head_mask=own, body=HEAD_PHOTO)
    pair = find_pair(runner.pipeline, request)
    layer = pair.head_layer(request)
    np.testing.assert_allclose(layer.to_body.matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-9)
    matte = head_matte(layer, Box.of(HEAD_PHOTO.pixels.shape))
    alpha = np.zeros(own.shape, np.float32)
    alpha[matte.box.slices] = matte.alpha
    assert (alpha[:, :232] == 0).all()
    cut = (painted_swap["head_layout"] == C.FACE)[:, 232:236].all(1)
    assert cut.any()
    assert (alpha[cut, 232:236] == 1).all()
    result = one(engine, request)
    assert changed_outside(runner, request, result) == 0


def test_a_soft_mask_is_a_soft_matte(
    engine: Engine, runner: PipelineRunner, painted_swap: dict[str, Any]
) -> None:
    own = painted_swap["head_mask"]
    own *= np.clip((np.arange(560) - 120) / 100, 0, 1).astype(np.float32)[:, None]
    request = replace(SWAP, head_mask=own)
    parsed_pair: Pair = find_pair(runner.pipeline, request)
    assert parsed_pair.head_parsed.taken is not None
    result = one(engine, request)
    assert changed_outside(runner, request, result) == 0
    assert result.region is not None
    # What shines through is made anew, not the old head.
    soft = in_body(request, runner, (own > 0.3) & (own < 0.7))
    old = mask_of(one(engine, ParseRequest(BODY_PHOTO)).layout, HEAD)
    assert (soft & old).any()
    assert (result.region[soft & old] > 0.2).mean() > 0.9


def test_grain_and_skin_are_left_alone_if_asked(
    engine: Engine, painted_swap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, bool]] = []
    finish = runner_module.finish_composite

    def watched(*args: Any, **options: Any) -> Any:
        asked.append((options["match_grain"], options["match_skin"]))
        return finish(*args, **options)

    monkeypatch.setattr(runner_module, "finish_composite", watched)
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
