"""From photos to parsed frames: found, viewed, parsed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine import stages
from engine.errors import NoPersonError
from engine.framing import Similarity, canonical_frame
from engine.imageio import Photo
from engine.labels import HEAD, SemanticClass, mask_of
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.stages import FrameView, Parsed
from tests.engine.frames import parsed, seen
from tests.engine.people import find_painted, person, snapshot

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


# --- find -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("face", "size"), [(70, (300, 360)), (500, (2400, 1900))])
@pytest.mark.parametrize("degrees", [0, 12])
def test_heads_are_told_in_the_photos_own_pixels(
    pipeline: HSDiffusionPipeline, face: float, size: tuple[int, int], degrees: float
) -> None:
    at = size[0] * 0.45, size[1] * 0.4
    photo = snapshot(face=face, at=at, size=size, degrees=degrees)
    head = stages.find(pipeline, photo)
    assert math.dist(head.centre, at) < 0.02 * face
    assert head.height == pytest.approx(face, rel=0.02)
    np.testing.assert_allclose(head.to_frame.apply(np.array(head.centre)), (128, 68), atol=0.3)
    assert math.degrees(head.to_frame.angle) == pytest.approx(-degrees, abs=1)


def test_a_place_is_told_in_the_photos_own_pixels(
    pipeline: HSDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = snapshot(face=400, at=(1000, 800), size=(2400, 1900))
    thorough = []

    def find(finder: object, small: np.ndarray, **options: bool) -> list:
        assert max(small.shape) <= stages.FIND_SIDE
        thorough.append(options["thorough"])
        return find_painted(finder, small)

    monkeypatch.setattr(stages, "find_heads", find)
    assert stages.find(pipeline, photo, (1100, 900)).height == pytest.approx(400, rel=0.02)
    stages.find(pipeline, photo, (700, 500, 1300, 1100))
    with pytest.raises(NoPersonError, match="at 2000, 100 in"):
        stages.find(pipeline, photo, (2000, 100))
    stages.find(pipeline, photo)
    assert thorough == [True, True, True, False]


def test_nobody_is_an_error_that_names_the_photo(pipeline: HSDiffusionPipeline) -> None:
    photo = Photo(np.zeros((60, 80, 3), np.uint8), path=Path("beach.jpg"))
    with pytest.raises(NoPersonError, match=r"No person's head was found in beach\.jpg\."):
        stages.find(pipeline, photo)


# --- view and parse ---------------------------------------------------------------------------


@pytest.mark.parametrize("deep", [False, True])
def test_a_view_shows_the_canonical_frame(pipeline: HSDiffusionPipeline, deep: bool) -> None:
    photo = snapshot(face=70, deep=deep)
    frame = stages.view(photo, stages.find(pipeline, photo).to_frame)
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (256, 256, 3)
    assert 0.7 < frame.inside.mean() < 1
    layout = stages.parse(pipeline, frame).layout
    assert (layout == person())[frame.inside].mean() > 0.97


def test_beyond_the_photo_there_is_background(pipeline: HSDiffusionPipeline) -> None:
    photo = snapshot(at=(20, 20), size=(120, 90))  # cut off: its edges go on
    frame = stages.view(photo, canonical_frame((20, -15), (20, 55)))
    result = stages.parse(pipeline, frame)
    assert mask_of(result.layout, HEAD)[frame.inside].any()
    assert (result.layout[~frame.inside] == C.BACKGROUND).all()
    assert (result.head_probability[~frame.inside] == 0).all()
    assert result.head_probability.dtype == np.float32


def test_what_cant_be_is_tidied_away(pipeline: HSDiffusionPipeline) -> None:
    stained = person()
    stained[20:36, 20:36] = C.HAIR
    assert (stages.parse(pipeline, seen(stained)).layout == person()).all()


# --- room for hats ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "inside", "moves"),
    [(40, True, True), (40, False, False), (3, True, False), (0, True, False)],
)
def test_a_frame_makes_room_for_a_tall_hat(width: int, inside: bool, moves: bool) -> None:
    """Where the photo goes on above a head that the frame cuts off, it is looked at again."""
    head = stages.Head((300.0, 200.0), 80.0, canonical_frame((300.0, 160.0), (300.0, 240.0)), 0.9)
    asked: list[Similarity] = []

    def look(to_frame: Similarity) -> tuple[FrameView, Parsed]:
        asked.append(to_frame)
        layout = np.zeros((256, 256), np.uint8)
        layout[0:60, 100 : 100 + width] = C.HAT
        layout[60:100, 100:150] = C.FACE
        view = FrameView(np.zeros((256, 256, 3), np.uint8), np.full((256, 256), inside), to_frame)
        return view, parsed(layout)

    found, view, said = stages.person(head, look)
    assert len(asked) == 1 + moves
    assert view.to_frame == found.to_frame == asked[-1]
    assert (said.layout == look(asked[-1])[1].layout).all()
    assert (found.centre, found.height) == (head.centre, head.height)
    # What was above the frame is in it now: it shows more of what lies above the head.
    before, after = (frame.apply((300.0, 200.0)) for frame in (head.to_frame, found.to_frame))
    assert after[0] == pytest.approx(before[0])
    assert after[1] - before[1] == pytest.approx(stages.HEADROOM if moves else 0)
