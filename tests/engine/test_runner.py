"""Whole swaps through the engine, what of them runs again, and on which device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import generating, stages
from engine.colour import to_16bit
from engine.engine import Engine
from engine.errors import DeviceError, NoPersonError, PackError
from engine.evaluation.swaps import changed_outside
from engine.framing import inside_mask
from engine.imageio import Photo
from engine.labels import HEAD, IGNORE, SemanticClass, mask_of
from engine.requests import (
    HeadTransform,
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    SamplingSettings,
    SwapRequest,
)
from engine.runner import PipelineRunner
from engine.sgldm.sampler import sample
from tests.engine.people import find_painted, snapshot
from tests.engine.studio import BODY_PHOTO, FEW, HEAD_PHOTO, MAKING, SHAPE, SWAP, Studio, again

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass

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
        "load", "find", "parse", "layout", "prepare", "encode", "sample", "decode", "composite",
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


def test_a_seed_is_a_picture(studio: Studio, tiny_runner: PipelineRunner) -> None:
    first, other = studio.one(SWAP), studio.one(replace(SWAP, sampling=replace(FEW, seed=4)))
    with Engine(lambda: tiny_runner) as fresh:
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


def test_sixteen_bits_show_what_eight_do(studio: Studio) -> None:
    deep = replace(SWAP, head=to_deep(SWAP.head), body=to_deep(SWAP.body))
    one, other = studio.one(SWAP), studio.one(deep)
    assert one.photo is not None
    assert other.photo is not None
    assert one.region is not None
    made = one.region > 0.5
    assert made.sum() > 500
    gap = np.abs(one.photo.pixels - other.photo.pixels / 257)
    assert gap[made].mean() < 1
    assert gap.mean() < 1


def to_deep(photo: Photo) -> Photo:
    return photo.with_pixels(to_16bit(photo.pixels))


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


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ({}, MAKING),
        ({"sampling": replace(FEW, seed=9)}, MAKING | {"encode"}),  # other scenery
        ({"sampling": replace(FEW, strength=0.3, guidance=1.0)}, MAKING),
        ({"match_grain": False, "match_skin": False}, MAKING),
        ({"complete": False}, MAKING | {"encode"}),
        ({"feather": 3.0}, MAKING | {"prepare"}),
        ({"transform": HeadTransform(shift=(5, 0))}, MAKING | {"layout", "encode", "prepare"}),
        ({"keep_background": False}, MAKING | {"layout", "encode", "prepare"}),
        (
            {"head": snapshot(face=60, at=(100, 80), size=(200, 220))},
            MAKING | {"find", "parse", "layout", "encode", "prepare"},
        ),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, dict | set) else None,
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

    monkeypatch.setattr(generating, "sample", sample_once_full)
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
    with pytest.raises(DeviceError, match="fp16"):
        PipelineRunner(tiny_pack, "cpu", "fp16")


def test_models_compute_in_the_precision_that_is_asked_for(tiny_pack: Path) -> None:
    runner = PipelineRunner(tiny_pack, "cpu", "bf16")
    assert runner.describe().device == "cpu bf16"
    assert runner.pipeline.denoiser.dtype is torch.bfloat16


def test_the_real_parser_and_finder_can_be_asked(
    tiny_pack: Path, tiny_runner: PipelineRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without anybody standing in for them: in the pack's own precision, random as they are."""
    monkeypatch.undo()
    frame = snapshot(size=(256, 256)).pixels  # read-only, as photos are
    with torch.inference_mode():
        p = tiny_runner.pipeline.parse(frame)
    assert p.shape == (16, 256, 256)
    np.testing.assert_allclose(p.sum(0), 1, atol=0.02)
    with pytest.raises(NoPersonError):
        stages.find(tiny_runner.pipeline, Photo(np.full((90, 70, 3), 9, np.uint8)))


# --- what is painted on the layout of the result -----------------------------------------------


def test_a_painted_layout_goes_along_with_the_head(studio: Studio) -> None:
    plain = studio.one(SWAP)
    assert (plain.own_layout, plain.painted) == (None, None)
    painted = np.full(SHAPE, IGNORE, np.uint8)
    painted[40:50, 90:110] = C.HAT
    painted[200:210, 60:80] = C.BODY_ACCESSORY
    before = HeadTransform()
    here = studio.one(replace(SWAP, layout=painted, layout_transform=before))
    assert here.own_layout is not None
    assert here.painted is not None
    np.testing.assert_array_equal(here.own_layout, plain.layout)
    np.testing.assert_array_equal(here.painted, painted)
    assert (here.layout[painted == IGNORE] == plain.layout[painted == IGNORE]).mean() > 0.99

    now = HeadTransform(shift=(20, -8))
    there = studio.one(replace(SWAP, layout=painted, layout_transform=before, transform=now))
    assert there.painted is not None
    assert there.own_layout is not None
    hat = np.argwhere(there.painted == C.HAT)
    np.testing.assert_allclose(hat.mean(0), [44.5 - 8, 99.5 + 20], atol=1)
    stays = painted == C.BODY_ACCESSORY
    np.testing.assert_array_equal(there.painted == C.BODY_ACCESSORY, stays)
    assert (there.layout[there.painted == C.HAT] == C.HAT).mean() > 0.8
    moved = studio.one(replace(SWAP, transform=now))
    np.testing.assert_array_equal(there.own_layout, moved.layout)
    assert again(there) == MAKING | {"layout", "encode", "prepare"}


def test_a_whole_layout_stays(studio: Studio) -> None:
    whole = studio.one(SWAP).layout
    now = HeadTransform(shift=(20, -8))
    result = studio.one(replace(SWAP, layout=whole, transform=now))
    assert (result.own_layout, result.painted) == (None, None)
    assert (result.layout == whole).mean() > 0.97
