"""The user's own place of the head, layout and region."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import stages
from engine.evaluation.swaps import changed_outside
from engine.framing import inside_mask
from engine.labels import FACE_PARTS, HEAD, SemanticClass, mask_of
from engine.masks import dilate
from engine.requests import HeadTransform, LayoutRequest, Result
from tests.engine.people import person, snapshot
from tests.engine.studio import BODY_PHOTO, SHAPE, SWAP, Studio

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass

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
    away = (region == 0) & ~dilate(mask_of(result.layout, HEAD), 4)
    assert not result.region[away].any()
    usual = studio.one(SWAP).region
    assert usual is not None
    assert usual[away].any()
    assert changed_outside(studio.runner, request, result) == 0
