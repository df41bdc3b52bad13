"""Skin and light of head and body brought together."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import fitting
from engine.boxes import Box
from engine.colour import convert_profile, to_srgb8
from engine.evaluation.swaps import changed_outside
from engine.framing import Similarity
from engine.imageio import Photo
from engine.labels import HEAD, mask_of
from engine.masks import dilate
from engine.pairs import Pair
from engine.placing import HeadLayer, place_head
from engine.requests import Fit, HeadTransform, ParseRequest, Result, SwapRequest
from engine.stages import FrameView
from engine.toning import (
    BODY_SKIN,
    FACE_SKIN,
    Seen,
    Toned,
    TonedPhotos,
    Tones,
    retoned,
    tone_of,
    toned_body,
    toned_head,
)
from tests.engine.people import C, person
from tests.engine.profiles import ADOBE_RGB, matrix_profile
from tests.engine.studio import MAKING, SWAP, Studio, again

FAIR, TAN = (226, 186, 168), (176, 112, 82)
LAYOUT = person(long_hair=True)
LAYOUT[150:190, 110:150] = C.BODY_SKIN  # a low neckline
FACE, CHEST = (dilate(mask_of(LAYOUT, skin), -3) for skin in (FACE_SKIN, BODY_SKIN))
UNTOUCHED = ~dilate(mask_of(LAYOUT, FACE_SKIN | BODY_SKIN), 12)


def frame(
    face: tuple[int, int, int], chest: tuple[int, int, int] | None = None, *, seed: int = 0
) -> NDArray[np.uint8]:
    """A person in plain colours, shaded from the left, with grain."""
    colours = np.full((256, 3), (120, 128, 138))
    colours[C.HAIR], colours[C.UPPER_CLOTHES], colours[C.MOUTH] = (52, 38, 30), (40, 60, 96), 150
    for label in FACE_SKIN:
        colours[label] = face
    for label in BODY_SKIN:
        colours[label] = chest or face
    image = colours[LAYOUT] * np.linspace(0.85, 1.1, 256)[None, :, None]
    image += np.random.default_rng(seed).normal(0, 4, (256, 256, 1))
    return np.clip(image, 0, 255).astype(np.uint8)


def seen(image: NDArray[np.uint8], to_view: Similarity | None = None) -> Seen:
    return Seen(image, LAYOUT, to_view or Similarity())


def lab(pixels: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    colours = cv2.cvtColor(pixels[where][None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    middle: NDArray[np.float32] = np.median(colours[0], axis=0)
    return middle


def apart(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(a - b))


def test_nothing_asked_for_is_nothing_changed() -> None:
    one, other = frame(FAIR), frame(TAN)
    photo = Photo(one)
    assert toned_head(photo, seen(one), seen(other), Tones()) == Toned(photo)
    assert toned_body(photo, seen(one), seen(other), Tones()) == Toned(photo)


@pytest.mark.parametrize("amount", [0.5, 1.0])
@pytest.mark.parametrize(("face", "body"), [(FAIR, TAN), (TAN, FAIR)])
def test_a_heads_skin_comes_to_the_bodys(
    face: tuple[int, int, int], body: tuple[int, int, int], amount: float
) -> None:
    head, other = frame(face), frame((90, 60, 50), body)
    toned = toned_head(Photo(head), seen(head), seen(other), Tones(head_skin=amount)).photo.pixels
    before, wanted, after = lab(head, FACE), lab(other, CHEST), lab(toned, FACE)
    far = apart(before, wanted)
    assert apart(after, wanted) == pytest.approx((1 - amount) * far, abs=0.12 * far)
    assert (toned[UNTOUCHED] == head[UNTOUCHED]).all()
    # Texture stays; lips are no skin.
    grain = [
        (x - cv2.GaussianBlur(x, (0, 0), 2))[FACE].std() / x[FACE].mean()
        for x in (head.astype(np.float32), toned.astype(np.float32))
    ]
    assert grain[1] == pytest.approx(grain[0], rel=0.15)
    lips = dilate(LAYOUT == C.MOUTH, -1)
    assert apart(lab(toned, lips), lab(head, lips)) < 0.4 * far


def test_a_bodys_skin_comes_to_the_heads() -> None:
    head, body = frame(FAIR), frame(TAN)
    toned = toned_body(Photo(body), seen(body), seen(head), Tones(body_skin=1)).photo.pixels
    assert apart(lab(toned, CHEST), lab(head, FACE)) < 5 < apart(lab(body, CHEST), lab(head, FACE))
    assert (toned[UNTOUCHED] == body[UNTOUCHED]).all()
    assert (toned[FACE] == body[FACE]).mean() > 0.9  # the old face goes anyway


def test_a_neck_in_the_shade_tells_nothing() -> None:
    head, body = frame(FAIR), frame(TAN)
    neck = LAYOUT == C.NECK
    body[neck] = body[neck] // 3
    covered = np.where(LAYOUT == C.BODY_SKIN, C.UPPER_CLOTHES, LAYOUT).astype(np.uint8)
    dressed = Seen(body, covered, Similarity())
    toned = toned_head(Photo(head), seen(head), dressed, Tones(head_skin=1)).photo.pixels
    assert apart(lab(toned, FACE), lab(body, FACE)) < 5


def test_without_any_other_skin_the_old_face_tells() -> None:
    head, body = frame(FAIR), frame(TAN)
    covered = np.where(mask_of(LAYOUT, BODY_SKIN), C.UPPER_CLOTHES, LAYOUT).astype(np.uint8)
    dressed = Seen(body, covered, Similarity())
    toned = toned_head(Photo(head), seen(head), dressed, Tones(head_skin=1)).photo.pixels
    assert apart(lab(toned, FACE), lab(body, FACE)) < 5


def test_nobodys_skin() -> None:
    head = frame(FAIR)
    nothing = Seen(head, np.zeros_like(LAYOUT), Similarity())
    photo = Photo(head)
    for tones in (Tones(head_skin=1), Tones(body_skin=1), Tones(light=1)):
        assert toned_head(photo, seen(head), nothing, tones) == Toned(photo)
        assert toned_head(photo, nothing, seen(head), tones) == Toned(photo)
        assert toned_body(photo, nothing, seen(head), tones) == Toned(photo)
    assert tone_of(nothing, FACE_SKIN) is None


@pytest.mark.parametrize("tint", [(1.25, 1.0, 0.75), (0.85, 1.0, 1.2)])
def test_light_of_another_colour_is_matched(tint: tuple[float, float, float]) -> None:
    """The same face in warm or in cold light: hair and all come back."""
    body = frame(TAN)
    linear = (body / 255.0) ** 2.2 * tint
    head = np.clip(255 * linear ** (1 / 2.2), 0, 255).astype(np.uint8)
    toned = toned_head(Photo(head), seen(head), seen(body), Tones(light=1)).photo.pixels
    for where in (FACE, dilate(LAYOUT == C.HAIR, -3), CHEST):
        before, after = (apart(lab(x, where), lab(body, where)) for x in (head, toned))
        assert after < 0.6 * before


def test_light_changes_exposure_by_less_than_faces_differ() -> None:
    head, body = frame(FAIR), frame(TAN)
    toned = toned_head(Photo(head), seen(head), seen(body), Tones(light=1)).photo.pixels
    light = [lab(x, FACE)[0] for x in (body, toned, head)]
    assert light[0] + 5 < light[1] < light[2] - 5


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("icc", [None, matrix_profile(ADOBE_RGB)])
def test_photos_of_any_depth_and_profile(deep: bool, icc: bytes | None) -> None:
    head, body = frame(FAIR), frame(TAN)
    large = cv2.resize(head, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    pixels = convert_profile(large.astype(np.uint16) * 257, None, icc)
    photo = Photo(pixels if deep else (pixels // 257).astype(np.uint8), icc=icc)
    small = seen(head, Similarity(1 / 3))
    toned = toned_head(photo, small, seen(body), Tones(head_skin=1))
    assert toned.photo.pixels.dtype == photo.pixels.dtype
    assert toned.photo.icc is icc
    shown = cv2.resize(to_srgb8(toned.photo.pixels, icc), (256, 256), interpolation=cv2.INTER_AREA)
    assert apart(lab(shown, FACE), lab(body, CHEST)) < 5


@settings(max_examples=15, deadline=None)
@given(
    scale=st.floats(0.3, 3), angle=st.floats(-0.3, 0.3), x=st.floats(-40, 40), y=st.floats(-40, 40),
    tones=st.builds(
        Tones, st.sampled_from([0.0, 0.4, 1.0]), st.just(0.0), st.sampled_from([0.0, 1.0])
    ),
)  # fmt: skip
def test_what_changed_is_told(scale: float, angle: float, x: float, y: float, tones: Tones) -> None:
    head, body = frame(FAIR), frame(TAN)
    pixels = np.random.default_rng(1).integers(0, 256, (120, 140, 3)).astype(np.uint8)
    photo = Photo(pixels)
    view = seen(head, Similarity(scale, angle, x, y))
    toned = toned_head(photo, view, seen(body), tones)
    differs = (toned.photo.pixels != pixels).any(2)
    assert (photo.pixels == pixels).all()
    if toned.changed is None:
        assert not differs.any()
    else:
        assert not differs[~toned.changed].any()


@pytest.mark.parametrize("deep", [False, True])
def test_lighter_shades_do_not_lose_what_is_nearly_black(deep: bool) -> None:
    """Next to black, a view's smooth values are nearly nothing; a photo's own may be more."""
    head, brighter = frame(FAIR), frame((240, 204, 190))
    head[:, 170:] = 0
    pixels = head.astype(np.uint16) * 257
    pixels[:, 170:] = 90  # less than half a level of eight bits
    if not deep:
        pixels = head.copy()
        pixels[::3, 170::3] = 1
    pixels[:, 168:170] = 5 if not deep else 1285
    view = pixels if not deep else (pixels // 257).astype(np.uint8)
    view = np.where(np.arange(256)[:, None] >= 170, 0, view).astype(np.uint8)
    toned = toned_head(Photo(pixels), seen(view), seen(brighter), Tones(light=1)).photo.pixels
    assert toned[FACE].mean() > 1.02 * pixels[FACE].mean()
    assert (toned >= pixels).all()


def test_what_is_hardly_skin_hardly_changes() -> None:
    """The way to CIELAB and back leaves no trace."""
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.float32)
    own, target = np.array((70, 18, 20), np.float32), np.array((50, 22, 26), np.float32)
    assert (retoned(image, np.zeros((64, 64), np.float32), own, target) == image).all()
    hardly = retoned(image, np.full((64, 64), 1e-4, np.float32), own, target)
    assert np.abs(hardly - image).max() < 0.1


def test_toning_a_photo_can_be_cancelled() -> None:
    def stop() -> None:
        raise CancelledError

    head, body = frame(FAIR), frame(TAN)
    for toned, tones in ((toned_head, Tones(light=1)), (toned_body, Tones(body_skin=1))):
        with pytest.raises(CancelledError):
            toned(Photo(head), seen(head), seen(body), tones, stop)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("scale", "size"), [(0.03, 2400), (0.4, 400), (1.0, 200), (6.0, 60)])
def test_all_that_a_changed_head_changes_is_marked(scale: float, size: int, flip: bool) -> None:
    """Resampling looks as far aside as its pixels are wide."""
    before = np.random.default_rng(4).integers(0, 256, (size, size, 3), dtype=np.uint8)
    changed = np.zeros((size, size), bool)
    changed[size // 3 : size // 2, size // 4 : size // 2] = True
    after = np.where(changed[..., None], 255 - before, before)
    middle = Similarity(scale, 0.4, flip=flip).apply(np.array((size / 2, size / 2)))
    to_body = Similarity(scale, 0.4, *(100 - middle), flip=flip)
    body = Photo(np.zeros((200, 200, 3), np.uint8))
    frames = np.zeros((256, 256), np.uint8), np.zeros((256, 256), np.float32)
    plain, toned = (
        place_head(HeadLayer(x, to_body, *frames, Similarity()), Box(0, 0, 200, 200))
        for x in (before, after)
    )
    nothing = np.zeros((200, 200), np.float32)
    result = Result(body.with_pixels(toned), LAYOUT, nothing, 0, {}, (), "", "")
    photos = TonedPhotos(Toned(Photo(after), changed), Toned(body))
    marked = photos.marked(result, body, to_body)
    assert marked.region is not None
    assert (marked.region[(plain != toned).any(2)] == 1).all()
    assert marked.region.mean() < 0.8
    assert marked.generated is nothing
    # Nothing of a head that was moved out of the photo.
    away = photos.marked(result, body, to_body.with_shift(2000, 0))
    assert away.region is not None
    assert not away.region.any()


# --- in a swap ---------------------------------------------------------------------------------

TONED = replace(SWAP, head_skin=0.8, body_skin=0.5, match_light=0.6)


@pytest.fixture
def skins(monkeypatch: pytest.MonkeyPatch, seeing: None, one_thread: None) -> None:
    """Painted people have no skin colours; still, the two shall differ."""
    monkeypatch.setattr("engine.toning._HUE", 200.0)
    monkeypatch.setattr("engine.toning._ENOUGH", 20)


def pixels_of(result: Result) -> NDArray[Any]:
    assert result.photo is not None
    return result.photo.pixels


@pytest.mark.parametrize("name", ["head_skin", "match_light"])
def test_toned_pixels_count_to_the_region(studio: Studio, skins: None, name: str) -> None:
    dim = Photo((SWAP.head.pixels * 0.94).astype(np.uint8))  # still read by its colours
    swap = replace(SWAP, head=dim)
    plain, toned = studio.one(swap), studio.one(replace(swap, **{name: 0.9}))
    assert plain.region is not None
    assert toned.region is not None
    # Beyond it all is as if nothing had been asked for: of the untouched sources.
    assert changed_outside(studio.runner, swap, toned) == 0
    differs = (pixels_of(plain) != pixels_of(toned)).any(2) & (plain.region == 0)
    assert differs.sum() > 20
    # Toned skin may by chance be the very colour of the body's pixel in its place.
    differs &= (pixels_of(toned) != swap.body.pixels).any(2)
    assert not differs[toned.region == 0].any()
    assert (toned.region > 0).sum() > (plain.region > 0).sum()
    # What was made anew is told beside it, for whoever goes on from there.
    assert plain.generated is None
    assert toned.generated is not None
    assert ((toned.generated > 0) <= (toned.region > 0)).all()
    assert (toned.generated > 0).sum() < 0.7 * (toned.region > 0).sum()


def test_the_fit_is_judged_in_the_tones_asked_for(
    studio: Studio, skins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []
    fit = fitting.fit

    def spy(pair: Pair, head: FrameView, body: FrameView) -> Fit:
        judged.append((head.image, body.image))
        return fit(pair, head, body)

    monkeypatch.setattr(fitting, "fit", spy)
    swap = replace(SWAP, head=Photo((SWAP.head.pixels * 0.94).astype(np.uint8)))
    for share in (0.0, 0.9):
        studio.one(replace(swap, match_light=share))
    (plain, body), (lit, same) = judged
    assert (plain != lit).any()
    assert (body == same).all()


def test_tones_are_found_once(studio: Studio, skins: None) -> None:
    first = studio.one(TONED)
    other = studio.one(replace(TONED, sampling=replace(TONED.sampling, seed=9)))
    assert again(other) == MAKING | {"encode"}  # another seed, other scenery
    assert (first.layout == other.layout).all()


def test_hands_that_the_frame_does_not_hold(studio: Studio, skins: None) -> None:
    """The body photo's own layout says where they are, if there is one."""
    body = SWAP.body
    layout = studio.one(SWAP).layout.copy()
    layout[mask_of(layout, HEAD)] = C.BACKGROUND
    layout[200:240, 20:60] = C.BODY_SKIN
    request: SwapRequest = replace(SWAP, body_skin=1.0, body_layout=layout)
    before, after = studio.one(replace(request, body_skin=0.0)), studio.one(request)
    hand = np.s_[206:234, 26:54]
    assert (pixels_of(before)[hand] == body.pixels[hand]).all()
    assert (pixels_of(after)[hand] != body.pixels[hand]).mean() > 0.3
    assert changed_outside(studio.runner, request, after) == 0


def test_a_hand_painted_beyond_the_frame_counts(studio: Studio, skins: None) -> None:
    """What was made for another layout of the body photo is not shown again."""
    layout = studio.one(ParseRequest(SWAP.body)).layout.copy()
    layout[mask_of(layout, HEAD)] = C.BACKGROUND  # its skin would hide that a hand is blue
    results, hands = [], (np.s_[242:252, 40:80], np.s_[242:252, 120:160])
    for hand in hands:
        painted = layout.copy()
        painted[hand] = C.BODY_SKIN
        results.append(studio.one(replace(SWAP, body_skin=1.0, body_layout=painted)))
    for k, hand in enumerate(hands):
        own = SWAP.body.pixels[hand]
        assert (pixels_of(results[k])[hand] != own).any()
        assert (pixels_of(results[1 - k])[hand] == own).all()


def test_moving_the_head_changes_no_tone(
    studio: Studio, skins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = studio.one(TONED)
    for name in ("toned_head", "toned_body"):
        monkeypatch.setattr(f"engine.toned_pair.{name}", None)
    moved = studio.one(replace(TONED, transform=HeadTransform(shift=(6.0, 0.0))))
    assert (pixels_of(moved) != pixels_of(first)).any()
