"""Whole requests through the engine, with tiny models and painted people.

The models' weights are random, so the pictures are none to look at; sizes, who keeps what,
what runs again and what reaches the network can be held all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import runner as runner_module
from engine import stages
from engine.engine import Engine, Job
from engine.errors import Cancelled, DeviceError, NoPersonError, PackError, RequestError
from engine.evaluation.swaps import changed_outside
from engine.framing import Similarity, inside_mask, warp
from engine.imageio import Photo
from engine.labels import FACE_PARTS, HEAD, NECK, SemanticClass, mask_of
from engine.requests import (
    HeadTransform,
    LayoutRequest,
    ParseRequest,
    Preview,
    Progress,
    ReplaceHeadRequest,
    Request,
    Result,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)
from engine.runner import PipelineRunner
from engine.sgldm.sampler import sample
from tests.engine.people import find_painted, person, read_colours, snapshot

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass
FEW = SamplingSettings(seed=3, steps=2)
SHAPE = (252, 210)
HEAD_PHOTO = snapshot(person(long_hair=True), face=56, at=(84, 70), size=(182, 210))
BODY_PHOTO = snapshot(person(), face=44, at=(98, 84), size=(210, 252), degrees=5)
SWAP = SwapRequest(HEAD_PHOTO, BODY_PHOTO, sampling=FEW)
RETOUCH_MASK = np.zeros(SHAPE, np.float32)
RETOUCH_MASK[105:126, 91:116] = 1


@dataclass
class Studio:
    """An engine whose calls of the networks are counted."""

    engine: Engine
    runner: PipelineRunner
    progress: list[Progress] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)
    sampled: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, request: Request, **callbacks: Callable[..., None]) -> tuple[Result, ...]:
        return self.engine.submit(request, **callbacks).result(60)

    def one(self, request: Request) -> Result:
        (result,) = self.ask(request)
        return result


@pytest.fixture(scope="module")
def loaded(tiny_pack: Path, one_thread: None) -> PipelineRunner:
    return PipelineRunner(tiny_pack, "cpu")


@pytest.fixture
def studio(loaded: PipelineRunner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    with Engine(lambda: loaded) as engine:
        made = Studio(engine, loaded)

        def watched(denoiser: Any, inputs: Any, **options: Any) -> Any:
            made.sampled.append({"inputs": inputs, **options})
            return sample(denoiser, inputs, **options)

        monkeypatch.setattr(runner_module, "sample", watched)
        yield made


def again(result: Result) -> set[str]:
    """The stages that did run."""
    return {stage for stage, time in result.milliseconds.items() if time > 0} - {"load"}


# --- a swap ------------------------------------------------------------------------------------


def test_a_swap(studio: Studio) -> None:
    result = studio.one(SWAP)
    assert result.photo is not None
    assert result.region is not None
    assert result.photo.size == BODY_PHOTO.size
    assert result.photo.pixels.dtype == np.uint8
    assert result.layout.shape == result.region.shape == SHAPE
    assert (result.layout.dtype, result.region.dtype) == (np.uint8, np.float32)
    assert 0 <= result.region.min() <= result.region.max() <= 1
    assert 0.01 < (result.region > 0).mean() < 0.5
    assert result.seed == 3
    assert result.notes == ()
    assert result.pack == "tiny 1.0"
    assert result.device.startswith("cpu ")
    assert list(result.milliseconds) == [
        "load", "find", "parse", "layout", "encode", "prepare", "sample", "decode", "composite",
    ]  # fmt: skip
    assert again(result) == set(result.milliseconds) - {"load"}


def test_outside_the_region_every_pixel_is_its_sources_own(studio: Studio) -> None:
    result = studio.one(SWAP)
    assert changed_outside(studio.runner, SWAP, result) == 0
    assert result.photo is not None
    assert result.region is not None
    # Both sources are there: the body far away, the head's own pixels in its middle.
    kept = result.region == 0
    own = (result.photo.pixels == BODY_PHOTO.pixels).all(-1)
    placed = (result.photo.pixels == studio.runner.placed_head(SWAP)).all(-1)
    assert own[kept].mean() > 0.8
    hair = mask_of(result.layout, HEAD)
    assert (placed & hair & kept).sum() > 0.5 * hair.sum()


def test_the_new_head_stands_on_the_old_neck(studio: Studio) -> None:
    result = studio.one(SWAP)
    before = studio.one(ParseRequest(BODY_PHOTO)).layout
    for part in (C.MOUTH, C.LEFT_EYE, C.RIGHT_EYE):
        new, old = (np.median(np.argwhere(x == part), 0) for x in (result.layout, before))
        np.testing.assert_allclose(new, old, atol=1.5)
    # The head has the size of the body's: both faces are brought to one frame.
    assert (result.layout == C.MOUTH).sum() == pytest.approx((before == C.MOUTH).sum(), rel=0.3)
    assert mask_of(result.layout, HEAD).sum() > 1.3 * mask_of(before, HEAD).sum()  # long hair


def test_what_the_network_is_told(studio: Studio) -> None:
    studio.one(replace(SWAP, sampling=SamplingSettings(7, 2.5, 3, 0.4)))
    (call,) = studio.sampled
    assert (call["seed"], call["guidance"], call["steps"], call["strength"]) == (7, 2.5, 3, 0.4)
    inputs = call["inputs"]
    assert inputs.filled.shape == (1, 4, 64, 64)
    assert inputs.mask.shape == (1, 1, 64, 64)
    assert inputs.layout.shape == (1, 16, 256, 256)
    assert (inputs.layout.sum(1) == 1).all()  # no pixel is without a class
    # Beyond the body photo nothing is known.
    head = stages.find(studio.runner.pipeline, BODY_PHOTO)
    inside = inside_mask(BODY_PHOTO.pixels.shape, head.to_frame)
    assert not inside.all()
    cells = inside.reshape(64, 4, 64, 4).all((1, 3))
    assert (inputs.mask[0, 0].numpy()[~cells] == 1).all()


def test_a_seed_is_a_picture(studio: Studio, loaded: PipelineRunner) -> None:
    first, other = studio.one(SWAP), studio.one(replace(SWAP, sampling=replace(FEW, seed=4)))
    with Engine(lambda: loaded) as fresh:
        (same,) = fresh.submit(SWAP).result(60)
    assert first.photo is not None
    assert other.photo is not None
    assert same.photo is not None
    near = np.abs(first.photo.pixels.astype(int) - same.photo.pixels) <= 1
    assert near.mean() > 0.999
    assert (first.photo.pixels != other.photo.pixels).any()
    assert (first.region == other.region).all()


def test_variations_are_the_next_seeds(studio: Studio) -> None:
    results = studio.ask(replace(SWAP, variations=3))
    assert [r.seed for r in results] == [3, 4, 5]
    single = studio.one(replace(SWAP, sampling=replace(FEW, seed=4)))
    assert results[1].photo is not None
    assert single.photo is not None
    assert (np.abs(results[1].photo.pixels.astype(int) - single.photo.pixels) <= 1).mean() > 0.999


@pytest.mark.parametrize("deep", ["head", "body", "both"])
def test_sixteen_bits(studio: Studio, deep: str) -> None:
    head = snapshot(face=56, at=(100, 80), size=(200, 220), deep=deep != "body")
    body = snapshot(face=44, at=(98, 84), size=(210, 252), deep=deep != "head")
    request = SwapRequest(head, body, sampling=FEW)
    result = studio.one(request)
    assert result.photo is not None
    assert result.photo.pixels.dtype == body.pixels.dtype
    assert changed_outside(studio.runner, request, result) == 0
    # The same colours, whatever the depth: none of the picture is 257 times too dark.
    brightest = np.iinfo(body.pixels.dtype).max
    assert result.photo.pixels.max() > 0.8 * brightest


def test_a_head_with_far_fewer_pixels_is_told_of(studio: Studio) -> None:
    small = snapshot(face=26, at=(50, 50), size=(105, 126))
    result = studio.one(SwapRequest(small, BODY_PHOTO, sampling=FEW))
    grown = studio.one(
        SwapRequest(
            snapshot(face=36, at=(64, 56), size=(126, 140)), BODY_PHOTO, sampling=FEW,
            transform=HeadTransform(scale=1.5),
        )
    )  # fmt: skip
    for told in (result, grown):
        assert len(told.notes) == 1
        assert "softer than its surroundings" in told.notes[0]


# --- what runs again ---------------------------------------------------------------------------

MAKING = {"sample", "decode", "composite"}


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ({}, MAKING),
        ({"sampling": replace(FEW, seed=9)}, MAKING),
        ({"sampling": replace(FEW, strength=0.3, guidance=1.0)}, MAKING),
        ({"match_grain": False, "match_skin": False}, MAKING),
        ({"feather": 3.0}, MAKING | {"prepare"}),
        ({"transform": HeadTransform(shift=(5, 0))}, MAKING | {"layout", "encode", "prepare"}),
        ({"keep_background": False}, MAKING | {"layout", "encode", "prepare"}),
        (
            {"head": snapshot(face=60, at=(100, 80), size=(200, 220))},
            MAKING | {"find", "parse", "layout", "encode", "prepare"},
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict | set) else None,
)
def test_only_what_changed_runs_again(
    studio: Studio, change: dict[str, Any], runs: set[str]
) -> None:
    studio.one(SWAP)
    result = studio.one(replace(SWAP, **change))
    # `find` and `parse` of the other photo are served from the cache even then.
    assert again(result) == runs


def test_a_photo_is_found_and_parsed_once_for_all_requests(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []

    def find(finder: object, photo: np.ndarray, **options: Any) -> list[Any]:
        found.append(1)
        return find_painted(finder, photo, **options)

    monkeypatch.setattr(stages, "find_heads", find)
    studio.one(SWAP)
    studio.one(SwapRequest(BODY_PHOTO, HEAD_PHOTO, sampling=FEW))
    studio.one(LayoutRequest(SWAP))
    studio.one(ReplaceHeadRequest(BODY_PHOTO, sampling=FEW))
    studio.one(ParseRequest(BODY_PHOTO))
    assert len(found) == 3  # once more for everybody else in the photo
    copy = Photo(BODY_PHOTO.pixels.copy())  # another object with the same content
    assert again(studio.one(ReplaceHeadRequest(copy, sampling=FEW))) == MAKING


# --- the user's own move of the head -----------------------------------------------------------


def mouth(result: Result) -> np.ndarray:
    return np.argwhere(result.layout == C.MOUTH).mean(0)[::-1]


def moved(studio: Studio, transform: HeadTransform) -> Result:
    return studio.one(LayoutRequest(replace(SWAP, transform=transform)))


def test_shift_is_in_the_body_photos_pixels(studio: Studio) -> None:
    start, result = moved(studio, HeadTransform()), moved(studio, HeadTransform(shift=(10, -7)))
    np.testing.assert_allclose(mouth(result) - mouth(start), (10, -7), atol=1)


def test_scale_is_of_the_head(studio: Studio) -> None:
    start, result = moved(studio, HeadTransform()), moved(studio, HeadTransform(scale=1.4))
    areas = [mask_of(r.layout, FACE_PARTS).sum() for r in (start, result)]
    assert areas[1] == pytest.approx(1.96 * areas[0], rel=0.05)
    np.testing.assert_allclose(mouth(result), mouth(start), atol=2.5)  # about the lower face


def test_rotate_is_clockwise(studio: Studio) -> None:
    def up(result: Result) -> np.ndarray:
        eyes = np.argwhere(np.isin(result.layout, (C.LEFT_EYE, C.RIGHT_EYE))).mean(0)[::-1]
        along: np.ndarray = eyes - mouth(result)
        return along

    a, b = up(moved(studio, HeadTransform())), up(moved(studio, HeadTransform(rotate=30)))
    turned = np.degrees(np.arctan2(b[1], b[0]) - np.arctan2(a[1], a[0]))
    assert turned == pytest.approx(30, abs=3)


def test_flip_mirrors_the_head(studio: Studio) -> None:
    layout = person()
    layout[84:92, 98:104] = C.HEAD_ACCESSORY  # at the right ear, on the left of the picture
    head = snapshot(layout, face=56, at=(100, 80), size=(200, 220))
    for flip in (False, True):
        request = replace(SWAP, head=head, transform=HeadTransform(flip=flip))
        result = studio.one(LayoutRequest(request))
        ring = np.argwhere(result.layout == C.HEAD_ACCESSORY).mean(0)[1]
        assert (ring > mouth(result)[0]) == flip
        left, right = (
            np.argwhere(result.layout == c).mean(0)[1] for c in (C.LEFT_EYE, C.RIGHT_EYE)
        )
        assert left > right


def test_a_moved_heads_pixels_move_with_it(studio: Studio) -> None:
    request = replace(SWAP, transform=HeadTransform((6, 4), 1.1, 12, flip=True))
    result = studio.one(request)
    assert changed_outside(studio.runner, request, result) == 0


def test_a_head_shifted_out_of_the_photo(studio: Studio) -> None:
    result = studio.one(replace(SWAP, transform=HeadTransform(shift=(5000, 0))))
    assert result.photo is not None
    assert not mask_of(result.layout, HEAD).any()
    assert result.region is not None
    assert result.region.any()  # the old head is gone all the same


# --- the user's own layout and region ----------------------------------------------------------


def test_an_own_layout_reaches_the_network(studio: Studio) -> None:
    own = np.full(SHAPE, C.LOWER_CLOTHES, np.uint8)
    result = studio.one(replace(SWAP, layout=own))
    frame = stages.find(studio.runner.pipeline, BODY_PHOTO).to_frame
    inside = inside_mask(own.shape, frame)
    planes = studio.sampled[0]["inputs"].layout[0].numpy()
    assert (planes.argmax(0)[inside] == C.LOWER_CLOTHES).all()
    shown = result.layout != C.LOWER_CLOTHES
    assert shown.mean() < 0.05 or (result.layout[shown] == C.BACKGROUND).all()
    assert changed_outside(studio.runner, replace(SWAP, layout=own), result) == 0


def test_an_own_region_is_never_left(studio: Studio) -> None:
    region = np.zeros(SHAPE, np.float32)
    region[105:154, 70:126] = 1
    request = replace(SWAP, region=region)
    result = studio.one(request)
    assert result.region is not None
    assert result.photo is not None
    # What is generated stays within; the head's own soft rim lies where the head lies.
    away = (region == 0) & ~np.isin(result.layout, [int(c) for c in HEAD])
    far = away & (np.abs(studio.runner.placed_head(request).astype(int)).sum(-1) >= 0)
    outside_all = studio.one(SWAP).region
    assert outside_all is not None
    assert (result.region[far] <= np.maximum(outside_all, region)[far] + 1e-6).all()
    assert changed_outside(studio.runner, request, result) == 0


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


# --- progress, previews, cancelling ------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        replace(SWAP, variations=2),
        RetouchRequest(BODY_PHOTO, RETOUCH_MASK, sampling=FEW),
        ReplaceHeadRequest(BODY_PHOTO, sampling=FEW),
        ParseRequest(BODY_PHOTO),
        LayoutRequest(SWAP),
    ],
    ids=lambda request: type(request).__name__,
)
def test_progress_rises_to_the_end(studio: Studio, request_: Request) -> None:
    seen: list[Progress] = []
    studio.ask(request_, on_progress=seen.append)
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(set(fractions)) > 3
    assert all(p.seconds_left is None or p.seconds_left >= 0 for p in seen)


def test_previews_show_the_result_forming(studio: Studio) -> None:
    shown: list[Preview] = []
    request = replace(SWAP, sampling=SamplingSettings(steps=4))
    (result,) = studio.ask(request, on_preview=shown.append)
    assert [(p.step, p.steps) for p in shown] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for preview in shown:
        assert preview.frame_image.shape == (256, 256, 3)
        assert preview.frame_image.dtype == np.uint8
    # What is known is shown as it is: the sources' own pixels in the frame.
    frames = np.stack([p.frame_image for p in shown])
    assert (frames == frames[0]).all((0, 3)).mean() > 0.5
    assert result.photo is not None
    # Drawn over the body photo where they say, they show the result: the new head, too.
    last = shown[-1]
    assert last.shown is not None
    assert (last.shown.shape, last.shown.dtype) == ((256, 256), np.float32)
    assert last.shown.min() == 0
    assert last.shown.max() == pytest.approx(1)
    to_photo = Similarity.from_matrix(np.array(last.to_photo))
    frame = warp(result.photo.pixels, to_photo.inverse(), (256, 256))
    body = warp(BODY_PHOTO.pixels, to_photo.inverse(), (256, 256))
    inside = inside_mask(SHAPE, to_photo.inverse())
    near = np.abs(frame.astype(int) - last.frame_image).max(-1) < 40
    assert near[inside].mean() > 0.9
    differs = (np.abs(frame.astype(int) - body).max(-1) > 40) & inside
    assert (last.shown[differs] > 0.5).mean() > 0.95
    assert near[differs & (last.shown > 0.99)].mean() > 0.5


def test_without_anybody_looking_nothing_is_decoded_on_the_way(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    pipeline = type(studio.runner.pipeline)
    decode = pipeline.decode
    monkeypatch.setattr(pipeline, "decode", lambda self, z: (decoded.append(1), decode(self, z))[1])
    studio.one(SWAP)
    assert len(decoded) == 1


def test_cancelled_within_a_denoising_step(studio: Studio) -> None:
    steps: list[int] = []
    begun = threading.Event()
    jobs: list[Job] = []

    def on_progress(progress: Progress) -> None:
        if progress.stage == "sample" and progress.done == 1:
            begun.wait(10)
            jobs[0].cancel()
        if progress.stage == "sample":
            steps.append(progress.done)

    request = replace(SWAP, sampling=SamplingSettings(steps=100))
    jobs.append(studio.engine.submit(request, on_progress=on_progress))
    begun.set()
    with pytest.raises(Cancelled):
        jobs[0].result(60)
    assert max(steps) <= 2
    # The stages before stay in the cache.
    assert again(studio.one(SWAP)) == MAKING


def test_a_parse_is_cancelled_between_tiles(studio: Studio) -> None:
    done: list[int] = []
    jobs: list[Job] = []
    begun = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.stage == "parse":
            done.append(progress.done)
            if progress.done == 1:
                begun.wait(10)
                jobs[0].cancel()

    jobs.append(studio.engine.submit(ParseRequest(BODY_PHOTO), on_progress=on_progress))
    begun.set()
    with pytest.raises(Cancelled):
        jobs[0].result(60)
    assert max(done) <= 2


# --- devices and packs -------------------------------------------------------------------------


def test_out_of_memory_goes_on_on_the_cpu_and_says_so(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = studio.one(SWAP)
    full = [True]

    def sample_once_full(*args: Any, **options: Any) -> Any:
        if full:
            full.pop()
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return sample(*args, **options)

    monkeypatch.setattr(runner_module, "sample", sample_once_full)
    messages: list[str] = []
    (result,) = studio.ask(SWAP, on_progress=lambda p: messages.append(p.message))
    assert len(result.notes) == 1
    assert "out of memory" in result.notes[0]
    assert result.notes[0] in messages
    assert result.device.startswith("cpu")
    assert result.photo is not None
    assert wanted.photo is not None
    near = np.abs(result.photo.pixels.astype(int) - wanted.photo.pixels) <= 1
    assert near.mean() > 0.999


def test_unknown_packs_and_devices(tiny_pack: Path) -> None:
    with pytest.raises(PackError, match="nowhere"):
        PipelineRunner("nowhere")
    with pytest.raises(DeviceError, match="'cuda:77'"):
        PipelineRunner(tiny_pack, "cuda:77")


def test_the_real_parser_and_finder_can_be_asked(
    tiny_pack: Path, loaded: PipelineRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without anybody standing in for them: in the pack's own precision, random as they are."""
    monkeypatch.undo()
    frame = snapshot(size=(256, 256)).pixels  # read-only, as photos are
    with torch.inference_mode():
        p = loaded.pipeline.parse(frame)
    assert p.shape == (16, 256, 256)
    np.testing.assert_allclose(p.sum(0), 1, atol=0.02)
    with pytest.raises(NoPersonError):
        stages.find(loaded.pipeline, Photo(np.full((90, 70, 3), 9, np.uint8)))
