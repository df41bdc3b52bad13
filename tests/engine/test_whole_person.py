"""Whole people, far beyond the canonical frame."""

from __future__ import annotations

import numpy as np
import pytest

from engine import stages
from engine.imageio import Photo
from engine.labels import SemanticClass, palette
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.whole_person import BEFORE_FRAME, parse_whole, tiles_of, whole_view
from tests.engine.people import person, snapshot

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


def test_a_whole_person_is_parsed(pipeline: HSDiffusionPipeline) -> None:
    """A photo much larger than the frame: coat to the ground, a bag far out."""
    layout = np.zeros((760, 700), np.uint8)
    layout[40:296, 230:486] = person()
    layout[200:700, 270:446][layout[200:700, 270:446] == 0] = C.UPPER_CLOTHES
    layout[500:640, 520:600] = C.BODY_ACCESSORY
    photo = Photo(palette()[layout])
    head = stages.find(pipeline, photo)
    whole = whole_view(photo, head.to_frame)
    done = []
    got = parse_whole(pipeline, whole, lambda: done.append(1))
    assert len(done) == len(tiles_of(whole))
    assert tiles_of(whole)[-1] == BEFORE_FRAME  # the canonical one has the say
    back = stages.photo_layout(got, whole.to_frame, photo.size)
    assert back.shape == layout.shape
    assert (back == layout).mean() > 0.98


def test_tiles_show_some_of_the_photo(pipeline: HSDiffusionPipeline) -> None:
    photo = snapshot()
    head = stages.find(pipeline, photo)
    whole = whole_view(photo, head.to_frame)
    tiles = tiles_of(whole)
    assert 1 < len(tiles) < 30
    covered = np.zeros(whole.inside.shape, bool)
    for x, y in tiles:
        covered[y : y + 256, x : x + 256] = True
    assert covered[whole.inside].all()
    # None is parsed in vain: each shows what the ones after it don't.
    for k, (x, y) in enumerate(tiles):
        later = np.zeros_like(covered)
        for u, v in tiles[k + 1 :]:
            later[v : v + 256, u : u + 256] = True
        assert (whole.inside & ~later)[y : y + 256, x : x + 256].any()
