"""The stages of a swap, each for itself, on painted people."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import stages
from engine.errors import NoPersonError
from engine.framing import Similarity, canonical_frame, lower_face_centre, warp
from engine.imageio import Photo
from engine.labels import BODY, HEAD, IGNORE, NECK, SemanticClass, mask_of
from engine.loading import load_pipeline
from engine.masks import RIM, dilate
from engine.requests import HeadTransform
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.stages import FrameView, Parsed
from tests.engine.people import find_painted, painted, person, snapshot
from tests.engine.pictures import noise

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass


@pytest.fixture(scope="module")
def pipeline(tiny_pack: Path) -> HSDiffusionPipeline:
    return load_pipeline(tiny_pack)


def parsed(layout: np.ndarray) -> Parsed:
    return Parsed(layout, mask_of(layout, HEAD).astype(np.float32))


def seen(layout: np.ndarray) -> FrameView:
    return FrameView(painted(layout), np.ones((256, 256), bool), Similarity())


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


def test_specks_and_far_islands_go(pipeline: HSDiffusionPipeline) -> None:
    dirty = person()
    dirty[200:203, 128:131] = C.HAIR  # a speck on the clothes
    dirty[20:36, 20:36] = C.HAIR  # a stain in the background
    dirty[230:250, 100:120] = C.BODY_SKIN  # a hand: no head, and large enough
    dirty[62:64, 100:102] = C.UPPER_CLOTHES  # a hole in the hair
    layout = stages.parse(pipeline, seen(dirty)).layout
    wanted = person()
    wanted[230:250, 100:120] = C.BODY_SKIN
    assert (layout == wanted).all()
    assert (stages.parse(pipeline, seen(wanted)).layout == wanted).all()


def test_an_island_near_the_head_is_part_of_it(pipeline: HSDiffusionPipeline) -> None:
    layout = person()
    layout[84:92, 154:158] = C.HEAD_ACCESSORY  # an earring
    assert (stages.parse(pipeline, seen(layout)).layout == layout).all()


def test_skin_and_cloth_amid_a_hat_are_hat(pipeline: HSDiffusionPipeline) -> None:
    layout = person(hat=True)
    torn = layout.copy()
    torn[28:35, 118:134] = C.BODY_SKIN
    torn[24:30, 146:152] = C.UPPER_CLOTHES
    assert (stages.parse(pipeline, seen(torn)).layout == layout).all()


def test_a_hand_at_the_head_stays_a_hand(pipeline: HSDiffusionPipeline) -> None:
    layout = person(long_hair=True)
    layout[70:180, 160:172] = C.BODY_SKIN  # an arm that ends in the hair
    layout[58:80, 150:172] = C.BODY_SKIN
    alone = layout.copy()
    alone[90:180, 160:172] = person(long_hair=True)[90:180, 160:172]  # seen beside the hair only
    for held in (layout, alone):
        told = stages.parse(pipeline, seen(held)).layout
        assert (told[58:80, 150:172] == C.BODY_SKIN).mean() > 0.95


def test_any_noise_is_tidied_in_time(pipeline: HSDiffusionPipeline) -> None:
    torn = (noise(64, 64) // 16).repeat(4, 0).repeat(4, 1)
    assert stages.parse(pipeline, seen(torn)).layout.max() < 16


# --- align -------------------------------------------------------------------------------------

HEADS = st.builds(person, x=st.integers(112, 144), y=st.integers(-10, 20))


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
