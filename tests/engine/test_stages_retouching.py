"""Scenes of a single photo, and layouts of whole ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine import stages
from engine.framing import canonical_frame, warp
from engine.labels import BODY, HEAD, NECK, SemanticClass, mask_of
from engine.masks import RIM, dilate
from engine.sgldm.pipeline import HSDiffusionPipeline
from tests.engine.frames import parsed, seen
from tests.engine.people import person, snapshot

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


# --- retouch and replace-head -------------------------------------------------------------------


def mask_at(x: int, y: int, w: int, h: int, size: tuple[int, int] = (900, 800)) -> np.ndarray:
    mask = np.zeros(size[::-1], np.float32)
    mask[y : y + h, x : x + w] = 1
    return mask


def head_at(pipeline: HSDiffusionPipeline, **options: object) -> stages.Head:
    return stages.find(pipeline, snapshot(size=(900, 800), **options))  # type: ignore[arg-type]


def test_a_retouch_in_the_persons_own_frame(pipeline: HSDiffusionPipeline) -> None:
    head = head_at(pipeline, at=(450, 200))
    assert stages.retouch_frame(mask_at(400, 230, 90, 60), head) == head.to_frame


def test_a_retouch_beside_it(pipeline: HSDiffusionPipeline) -> None:
    head = head_at(pipeline, at=(450, 200), degrees=8)
    frame = stages.retouch_frame(mask_at(60, 700, 90, 60), head)
    assert frame.scale == pytest.approx(head.to_frame.scale)
    assert frame.angle == pytest.approx(head.to_frame.angle)
    np.testing.assert_allclose(frame.apply(np.array([105.0, 730.0])), (128, 128), atol=1e-6)


@pytest.mark.parametrize("with_head", [False, True])
def test_a_large_retouch_takes_half_its_frame(
    pipeline: HSDiffusionPipeline, with_head: bool
) -> None:
    head = head_at(pipeline, at=(450, 200)) if with_head else None
    frame = stages.retouch_frame(mask_at(100, 300, 600, 400), head)
    corners = frame.apply(np.array([(100.0, 300.0), (700.0, 700.0)]))
    assert np.ptp(corners[:, 0]) == pytest.approx(128)
    np.testing.assert_allclose(corners.mean(0), (128, 128), atol=1e-6)


def test_a_small_retouch_is_not_blown_up() -> None:
    assert stages.retouch_frame(mask_at(100, 300, 3, 2), None).scale == 2


def test_what_a_retouch_may_change(pipeline: HSDiffusionPipeline) -> None:
    photo = snapshot()
    head = stages.find(pipeline, photo)
    frame = stages.view(photo, head.to_frame)
    mask = mask_at(140, 150, 30, 20, photo.size)
    scene = stages.retouch_scene(photo, frame, stages.parse(pipeline, frame), mask)
    wanted = warp(mask, head.to_frame, (256, 256)) > 0.02
    assert (scene.region == (wanted & frame.inside)).all()
    assert (scene.known == (~wanted & frame.inside)).all()
    assert scene.masks is None


@pytest.mark.parametrize("keep_background", [True, False])
def test_a_new_head_for_a_real_body(keep_background: bool) -> None:
    layout = person(long_hair=True)
    scene = stages.replace_head_scene(seen(layout), parsed(layout), keep_background=keep_background)
    gone = mask_of(layout, HEAD | NECK)
    assert scene.region[gone].all()
    assert not (scene.known & dilate(gone, RIM) & ~mask_of(layout, BODY)).any()
    assert scene.known[dilate(layout == C.UPPER_CLOTHES, -6)].all()
    assert scene.known[2, 2] == keep_background
    assert (scene.layout == layout).all()


# --- layouts of whole photos --------------------------------------------------------------------


def test_a_frames_layout_in_the_photo() -> None:
    to_frame = canonical_frame((400, 300), (410, 500))
    photo = stages.photo_layout(person(), to_frame, (900, 800))
    assert photo.shape == (800, 900)
    back = warp(photo, to_frame, (256, 256), interpolation=cv2.INTER_NEAREST)
    shows = stages.inside_mask((800, 900), to_frame)
    assert (back == person())[shows].mean() > 0.995
    assert photo[-1, 0] == C.BACKGROUND
