"""Two people brought together: aligned, blended, inpainted, overridden."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import stages
from engine.framing import Similarity, lower_face_centre
from engine.labels import HEAD, IGNORE, SemanticClass, mask_of
from engine.requests import HeadTransform
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.stages import FrameView
from tests.engine.frames import parsed, seen
from tests.engine.people import painted, person

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


# --- align -------------------------------------------------------------------------------------

HEADS = st.builds(person, x=st.integers(112, 144), y=st.integers(-10, 20))


def lower(layout: np.ndarray) -> np.ndarray:
    centre = lower_face_centre(layout)
    assert centre is not None
    return np.array(centre)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=HEADS,
    body=HEADS,
    transform=st.builds(
        HeadTransform,
        shift=st.tuples(st.floats(-80, 80), st.floats(-80, 80)),
        scale=st.floats(0.5, 2),
        rotate=st.floats(-180, 180),
        flip=st.booleans(),
    ),
    frame=st.builds(Similarity, scale=st.floats(0.05, 3), angle=st.floats(-3, 3)),
)
def test_the_lower_face_goes_where_the_bodys_is(
    head: np.ndarray, body: np.ndarray, transform: HeadTransform, frame: Similarity
) -> None:
    move = stages.align(parsed(head), parsed(body), transform, frame)
    # Scale, turn and mirror are about the lower face; the shift is in the body photo's pixels.
    wanted = lower(body) + frame.matrix[:, :2] @ transform.shift
    np.testing.assert_allclose(move.apply(lower(head)), wanted, atol=1e-6)
    assert move.scale == pytest.approx(transform.scale)
    assert move.flip == transform.flip
    apart = (move.angle - math.radians(transform.rotate)) % (2 * math.pi)
    assert min(apart, 2 * math.pi - apart) < 1e-6


def test_a_positive_turn_is_clockwise() -> None:
    move = stages.align(parsed(person()), parsed(person()), HeadTransform(rotate=90), Similarity())
    chin, top = (np.array(p) for p in ((128.0, 96.0), (128.0, 40.0)))
    assert move.apply(top)[0] > move.apply(chin)[0] + 50  # the top of the head goes right


def test_without_a_face_the_frames_agree() -> None:
    empty = np.zeros((256, 256), np.uint8)
    move = stages.align(parsed(empty), parsed(person()), HeadTransform(), Similarity())
    np.testing.assert_allclose(move.matrix, Similarity().matrix)


def test_a_moved_layout() -> None:
    layout = person()
    assert (stages.moved_layout(layout, Similarity()) == layout).all()
    shifted = stages.moved_layout(layout, Similarity(tx=9))
    assert (shifted[:, 9:] == layout[:, :-9]).all()
    assert (shifted[:, :9] == C.BACKGROUND).all()
    mirrored = stages.moved_layout(layout, Similarity(tx=256, flip=True))
    left, right = (np.argwhere(mirrored == c)[:, 1].mean() for c in (C.LEFT_EYE, C.RIGHT_EYE))
    assert left > right  # a mirrored person's left eye is the other one


# --- blend and inpaint ------------------------------------------------------------------------


def scene_of(
    head: np.ndarray, body: np.ndarray, move: Similarity | None = None, **options: bool
) -> tuple[stages.Scene, np.ndarray]:
    move = move or Similarity()
    head_image = np.full((256, 256, 3), 200, np.uint8)
    body_view = FrameView(np.full((256, 256, 3), 50, np.uint8), inside(), Similarity())
    return stages.blend(
        seen(head), parsed(head), body_view, parsed(body), move, head_image,
        **{"keep_background": True, **options},
    )  # fmt: skip


def inside() -> np.ndarray:
    mask = np.ones((256, 256), bool)
    mask[:, :30] = False
    return mask


def test_a_scene() -> None:
    head, body = person(), person(long_hair=True)
    scene, blended = scene_of(head, body)
    own = mask_of(head, HEAD)
    assert (scene.image[own] == 200).all()
    assert (scene.image[~own] == 50).all()
    assert scene.masks is not None
    assert (scene.known == scene.masks.known).all()
    assert not (scene.region & scene.known).any()
    assert (scene.region | scene.known)[inside()].all()
    assert not scene.region[~inside()].any()  # beyond the photo nothing is wanted
    assert (scene.layout == blended).all()
    assert (blended == IGNORE).any()


def test_a_head_cut_off_by_its_photo_stays_cut_off() -> None:
    """What the head photo doesn't show of the head can't be placed."""
    move = Similarity(tx=40)
    head = FrameView(painted(person()), inside(), Similarity())
    scene, _ = stages.blend(
        head, parsed(person()), seen(person()), parsed(person()), move, painted(person()),
        keep_background=True,
    )  # fmt: skip
    assert scene.masks is not None
    assert not scene.masks.head[:, :70].any()


def test_inpainting(pipeline: HSDiffusionPipeline) -> None:
    scene, blended = scene_of(person(), person(long_hair=True))
    filled = stages.inpaint(pipeline, scene, blended)
    assert (filled.layout < 16).all()
    given = blended != IGNORE
    assert (filled.layout == blended)[given].all()
    # Hair is never made beside the new head: it would lie under the head's own.
    assert scene.masks is not None
    assert not mask_of(filled.layout, HEAD)[~scene.masks.head].any()
    assert (filled.known == scene.known).all()
    assert (filled.region == scene.region).all()


# --- the user's own layout and region ---------------------------------------------------------


def test_overrides() -> None:
    scene, _ = scene_of(person(), person())
    assert stages.with_overrides(scene, Similarity(), None, None) is scene
    # Photo-sized: the frame is a window of a larger photo here.
    to_frame = Similarity(0.5, tx=-10, ty=-20)
    layout = np.full((600, 560), C.HAT, np.uint8)
    layout[:300] = C.NECK
    own = stages.with_overrides(scene, to_frame, layout, None)
    assert (own.layout[:130] == C.NECK).all()
    assert (own.layout[131:250] == C.HAT).all()
    assert (own.known == scene.known).all()
    region = np.zeros((600, 560), np.float32)
    region[200:320, 200:320] = 1
    own = stages.with_overrides(scene, to_frame, None, region)
    wanted = np.zeros((256, 256), bool)
    wanted[80:140, 90:150] = True
    assert (own.region == wanted).all()
    assert scene.masks is not None
    assert not own.known[wanted & ~scene.masks.core].any()
    assert own.known[scene.masks.core].all()  # the head itself is never made
    assert own.known[200, 200]


def test_a_region_beyond_the_photo_is_none() -> None:
    scene, _ = scene_of(person(), person())
    own = stages.with_overrides(scene, Similarity(tx=100), None, np.ones((256, 100), np.float32))
    assert not own.region[:, :100].any()
    assert own.region[:, 100:200].all()
    assert not own.region[:, 200:].any()
    assert not own.known[:, :99][~scene.masks.core[:, :99]].any()  # type: ignore[union-attr]
