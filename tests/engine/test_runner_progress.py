"""What a job tells on its way, and how it is cancelled."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from engine.engine import Job
from engine.errors import Cancelled
from engine.framing import Similarity, inside_mask, warp
from engine.labels import SemanticClass
from engine.requests import (
    LayoutRequest,
    ParseRequest,
    Preview,
    Progress,
    ReplaceHeadRequest,
    Request,
    RetouchRequest,
    SamplingSettings,
)
from tests.engine.studio import BODY_PHOTO, FEW, MAKING, RETOUCH_MASK, SHAPE, SWAP, Studio, again

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


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


def test_parsing_a_whole_body_is_progress(studio: Studio) -> None:
    """For another skin hands are needed, too."""

    def steps(request: LayoutRequest) -> list[tuple[int, int]]:
        seen: list[Progress] = []
        studio.ask(request, on_progress=seen.append)
        return [(p.done, p.total) for p in seen if p.stage == "layout"]

    tinted = replace(SWAP, body_skin=0.5)
    assert len(set(steps(LayoutRequest(SWAP)))) == 2
    told = steps(LayoutRequest(tinted))
    assert len(set(told)) > 4
    assert told == sorted(told)
    # What the user painted is known.
    painted = studio.one(ParseRequest(BODY_PHOTO)).layout
    assert {total for _, total in steps(LayoutRequest(replace(tinted, body_layout=painted)))} == {1}


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
    for steps in (2, 6):
        studio.one(replace(SWAP, sampling=SamplingSettings(steps=steps)))
    # Each time the sample, and the coarse estimate that it came from.
    assert len(decoded) == 2 * 2


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
    assert again(studio.one(SWAP)) == MAKING | {"encode"}  # of another seed


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
