"""What the denoiser is told of the looks of classes, in whole requests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.engine import Engine
from engine.imageio import Photo
from engine.labels import HEAD, NECK, SemanticClass
from engine.packs import PackManifest, write_manifest
from engine.requests import ParseRequest, ReplaceHeadRequest, RetouchRequest
from engine.runner import PipelineRunner
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.pipeline import HSDiffusionPipeline
from tests.engine import tiny
from tests.engine.studio import BODY_PHOTO, FEW, HEAD_PHOTO, RETOUCH_MASK, SWAP, Studio

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


def told(studio: Studio) -> Tokens:
    tokens = studio.sampled[-1]["inputs"].appearance
    assert isinstance(tokens, Tokens)
    return tokens


def darker(photo: Photo, layout: np.ndarray, label: SemanticClass) -> Photo:
    pixels = photo.pixels.copy()
    pixels[layout == label] = pixels[layout == label] // 8 * 7  # still seen as what it is
    return photo.with_pixels(pixels)


def test_the_new_neck_looks_like_both(studio: Studio) -> None:
    studio.one(SWAP)
    before = told(studio)
    assert before.present[0, [C.NECK, C.HAIR, C.FACE, C.UPPER_CLOTHES]].all()
    for side, photo in (("head", HEAD_PHOTO), ("body", BODY_PHOTO)):
        layout = studio.one(ParseRequest(photo)).layout
        assert (layout == C.NECK).any()
        studio.one(replace(SWAP, **{side: darker(photo, layout, C.NECK)}))
        moved = (told(studio).values - before.values).abs().amax((0, 1, 3))
        assert moved[C.NECK] > 0
        assert moved[C.HAIR] < 0.5 * moved[C.NECK]


def test_looks_are_encoded_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    looks = HSDiffusionPipeline.looks
    monkeypatch.setattr(
        HSDiffusionPipeline, "looks", lambda self, *args: (asked.append(1), looks(self, *args))[1]
    )
    studio.one(SWAP)
    assert len(asked) == 3  # of both necks, and of what is known
    before = told(studio)
    studio.one(replace(SWAP, sampling=replace(FEW, steps=3)))
    assert len(asked) == 3
    assert torch.equal(told(studio).values, before.values)


def test_looks_are_those_of_what_is_known(studio: Studio) -> None:
    studio.one(ReplaceHeadRequest(BODY_PHOTO, sampling=FEW))
    present = told(studio).present[0]
    assert not present[[int(c) for c in HEAD | NECK]].any()
    assert present[C.UPPER_CLOTHES]
    studio.one(RetouchRequest(BODY_PHOTO, RETOUCH_MASK, sampling=FEW))
    assert told(studio).present[0, C.FACE]


def test_packs_without_tokens_work_as_before(
    tiny_pack: Path, tmp_path: Path, one_thread: None
) -> None:
    for name, make in tiny.MAKERS.items():
        (tiny.denoiser(0) if name == "denoiser" else make()).save_pretrained(tmp_path / name)
    config = tmp_path / "denoiser" / "config.json"
    config.write_text(config.read_text().replace('"appearance": 0,', ""))  # as they were
    write_manifest(tmp_path, PackManifest(name="old", version="1.0", licence="Apache-2.0"))
    runner = PipelineRunner(tmp_path, "cpu")
    assert runner.pipeline.looks(torch.zeros(1, 4, 64, 64), np.ones((256, 256), bool),
                                 np.zeros((256, 256), np.uint8)) is None  # fmt: skip
    with Engine(lambda: runner) as engine:
        (result,) = engine.submit(SWAP).result(60)
    assert result.photo is not None
