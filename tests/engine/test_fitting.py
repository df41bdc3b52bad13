"""How well a head suits a body, and what is said of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import stages
from engine.finding.finder import Head
from engine.fitting import fit
from engine.framing import Similarity
from engine.labels import FACE_PARTS, HEAD, Layout, SemanticClass, flip_layout, mask_of
from engine.pairs import Pair
from engine.requests import FIT_PARTS, Fit, HeadTransform, LayoutRequest, RetouchRequest
from tests.engine.people import painted, person, snapshot
from tests.engine.studio import BODY_PHOTO, FEW, RETOUCH_MASK, SWAP, Studio

C = SemanticClass
SKIN = (190, 140, 115)
ROWS, COLUMNS = np.mgrid[:256, :256] + 0.5
FLIPPED = HeadTransform(flip=True)


@dataclass(frozen=True)
class Someone:
    """A person in a frame of their own, as ``stages.person`` gives one."""

    layout: Layout
    image: NDArray[np.uint8]
    height: float = 70
    lean: float = 0  # degrees, clockwise
    inside: NDArray[np.bool_] | None = None

    @property
    def head(self) -> Head:
        turned = Similarity(56 / self.height, -math.radians(self.lean))
        x, y = turned.apply(np.array((300.0, 200.0)))
        to_frame = turned.with_shift(128 - x, 68 - y)
        return Head((300, 200), self.height, to_frame, 0.9)

    @property
    def view(self) -> stages.FrameView:
        inside = np.ones((256, 256), bool) if self.inside is None else self.inside
        return stages.FrameView(self.image, inside, self.head.to_frame)

    @property
    def parsed(self) -> stages.Parsed:
        return stages.Parsed(self.layout, mask_of(self.layout, HEAD).astype(np.float32))

    def mirrored(self) -> Someone:
        inside = None if self.inside is None else self.inside[:, ::-1].copy()
        return replace(
            self, layout=flip_layout(self.layout), image=self.image[:, ::-1].copy(),
            lean=-self.lean, inside=inside,
        )  # fmt: skip


def someone(
    layout: Layout | None = None, *, skin: tuple[float, float, float] = SKIN, side: float = 0,
    hard: float = 0, exposure: float = 1, **rest: float,
) -> Someone:  # fmt: skip
    """A person of one skin.

    Args:
        side: light from the right (or left): gain over half a face's height.
        hard: how dark the lower half of the cheeks lies.
        exposure: gain.
    """
    layout = person() if layout is None else layout
    image = painted(layout).astype(np.float64)
    image[mask_of(layout, frozenset({C.FACE, C.NOSE, C.NECK, C.BODY_SKIN}))] = skin
    light = np.exp(side * (COLUMNS - 128) / 28)
    light[(ROWS > 72) & (abs(COLUMNS - 128) > 4)] *= 1 - hard
    image = np.clip(image * (exposure * light)[..., None], 0, 255)
    return Someone(layout, image.astype(np.uint8), **rest)


def turned(by: float) -> Layout:
    """A face whose features lie ``by`` px to the right of its middle."""
    layout = person()
    features = mask_of(layout, FACE_PARTS - {C.FACE})
    moved = np.roll(np.where(features, layout, 0), round(by), axis=1)
    layout[features] = C.FACE
    layout[moved > 0] = moved[moved > 0]
    return layout


def fit_of(head: Someone, body: Someone, transform: HeadTransform | None = None) -> Fit:
    transform = HeadTransform() if transform is None else transform
    move = stages.align(head.parsed, body.parsed, transform, body.head.to_frame)
    pair = Pair(head.head, body.head, head.parsed, body.parsed, move)
    return fit(pair, head.view, body.view)


def said(found: Fit) -> str:
    """The one thing that is said."""
    (sentence,) = found.advice
    return sentence


def worse(found: Fit, than: Fit) -> set[str]:
    assert set(found.parts) == set(than.parts) == set(FIT_PARTS)
    return {name for name in FIT_PARTS if found.parts[name] < than.parts[name] - 0.02}


# --- the whole score -----------------------------------------------------------------------

LAYOUTS = st.builds(person, long_hair=st.booleans(), hat=st.booleans()) | st.builds(
    turned, st.integers(-14, 14)
)
PEOPLE = st.builds(
    someone, LAYOUTS, side=st.floats(-0.3, 0.3), hard=st.floats(0, 0.4),
    height=st.floats(30, 120), lean=st.floats(-30, 30),
)  # fmt: skip


@given(PEOPLE)
@settings(max_examples=20, deadline=None)
def test_nobody_suits_a_body_better_than_its_own_head(one: Someone) -> None:
    found = fit_of(one, one)
    assert found.score > 0.97
    assert found.advice == ()


@given(PEOPLE, PEOPLE)
@settings(max_examples=30, deadline=None)
def test_mirrored_photos_fit_as_well(head: Someone, body: Someone) -> None:
    found, mirrored = fit_of(head, body), fit_of(head.mirrored(), body.mirrored())
    for name in FIT_PARTS:
        assert mirrored.parts[name] == pytest.approx(found.parts[name], abs=0.03)
    assert 0 <= found.score <= 1
    assert len(mirrored.advice) == len(found.advice)


@given(PEOPLE, PEOPLE)
@settings(max_examples=40, deadline=None)
def test_a_flip_that_is_advised_helps(head: Someone, body: Someone) -> None:
    found = fit_of(head, body)
    if any("flipping" in sentence for sentence in found.advice):
        assert fit_of(head, body, FLIPPED).score > found.score


def test_the_score_is_no_better_than_the_worst_part_lets_it_be() -> None:
    good = dict.fromkeys(FIT_PARTS, 1.0)
    assert Fit(good).score == 1
    assert Fit({**good, "light": 0.0}).score == pytest.approx(0.375)


def test_the_worst_is_said_first_and_one_thing_of_each_part() -> None:
    head = someone(turned(14), side=0.5, hard=0.6, height=30)
    found = fit_of(head, someone(turned(-14)))
    assert len(found.advice) == 3
    assert worse(found, fit_of(head, head)) == {"pose", "light", "resolution"}
    assert "looks to the right" in found.advice[0] or "Light" in found.advice[0]


def test_a_picture_without_a_face_is_no_error() -> None:
    nobody = someone(np.zeros((256, 256), np.uint8))
    assert set(fit_of(nobody, someone()).parts) == set(FIT_PARTS)
    assert set(fit_of(someone(), nobody).parts) == set(FIT_PARTS)


# --- pose ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (-9, "The head looks to the left, the body's own to the right: try flipping the head."),
        (9, "The head looks to the right, the body's own to the left: try flipping the head."),
    ],
)
def test_a_head_that_looks_to_the_other_side(by: int, sentence: str) -> None:
    head, body = someone(turned(by)), someone(turned(-by))
    found = fit_of(head, body)
    assert said(found) == sentence
    assert worse(found, fit_of(head, head)) == {"pose"}
    flipped = fit_of(head, body, FLIPPED)
    assert flipped.score > max(0.95, found.score)
    assert flipped.advice == ()


def test_a_head_that_is_turned_more_than_the_body() -> None:
    found = fit_of(someone(turned(15)), someone(turned(-3)))
    assert "is turned as far to the same side" in said(found)


@pytest.mark.parametrize("by", [-5, 5])
def test_a_head_that_is_turned_a_little_is_well(by: int) -> None:
    assert fit_of(someone(turned(by)), someone()).advice == ()


def test_a_head_that_leans_otherwise() -> None:
    head, body = someone(lean=30), someone(lean=-20)
    found = fit_of(head, body)
    assert "leans as the body's does" in said(found)
    assert worse(found, fit_of(head, head)) == {"pose"}
    # Turned back by the user it leans as it did, flipped as the body does.
    assert fit_of(head, body, HeadTransform(rotate=40)).parts["pose"] > 0.9
    assert fit_of(head, body, FLIPPED).parts["pose"] > 0.9


# --- light ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "sentence"),
    [
        (-0.6, "Light falls on the head from the left, on the body from the right: "
               "try flipping the head."),
        (0.6, "Light falls on the head from the right, on the body from the left: "
              "try flipping the head."),
    ],
)  # fmt: skip
def test_light_from_the_other_side(side: float, sentence: str) -> None:
    head, body = someone(side=side, exposure=0.7), someone(side=-side, exposure=0.7)
    found = fit_of(head, body)
    assert said(found) == sentence
    assert worse(found, fit_of(head, head)) == {"light"}
    assert fit_of(head, body, FLIPPED).score > max(0.95, found.score)


@pytest.mark.parametrize(
    ("head", "body", "words"),
    [
        ({"side": 0.9, "exposure": 0.6}, {}, "is lit from the same side"),
        ({"hard": 0.85}, {}, "lifting its shadows, or a photo in softer light"),
        ({}, {"hard": 0.85}, "more contrast, or a photo in harder light"),
        ({"skin": (240, 130, 40)}, {}, "a cooler white balance"),
        ({}, {"skin": (240, 130, 40)}, "a warmer white balance"),
        ({"skin": (160, 160, 110)}, {}, "white balance towards magenta"),
        ({"skin": (200, 130, 150)}, {}, "white balance towards green"),
        ({"exposure": 2.2}, {}, "a darker exposure"),
    ],
)
def test_light_that_differs(head: dict[str, float], body: dict[str, float], words: str) -> None:
    found = fit_of(someone(**head), someone(**body))
    assert words in said(found)
    assert worse(found, fit_of(someone(), someone())) == {"light"}


def test_a_brighter_copy() -> None:
    same, brighter, burnt = (fit_of(someone(exposure=e), someone()) for e in (1, 1.2, 1.8))
    assert worse(brighter, same) == set()
    assert worse(burnt, brighter) == {"light"}


@pytest.mark.parametrize("skin", [(90, 60, 46), (58, 40, 34), (150, 105, 80), (235, 195, 175)])
def test_other_peoples_skin_is_no_fault(skin: tuple[float, float, float]) -> None:
    for head, body in ((someone(skin=skin), someone()), (someone(), someone(skin=skin))):
        found = fit_of(head, body)
        assert found.parts["light"] > 0.8
        assert found.advice == ()


def test_black_and_white() -> None:
    coloured = someone()
    grey = replace(
        coloured, image=coloured.image.mean(-1, keepdims=True).repeat(3, -1).astype("u1")
    )
    assert said(fit_of(grey, coloured)).startswith("The head photo is black and white")
    assert said(fit_of(coloured, grey)).startswith("The body photo is black and white")
    assert fit_of(grey, grey).advice == ()


# --- resolution ----------------------------------------------------------------------------


def test_a_smaller_head() -> None:
    body = someone(height=160)
    same, larger, smaller, tiny = (fit_of(someone(height=h), body) for h in (160, 400, 101, 99))
    assert larger == same
    assert worse(smaller, same) == worse(tiny, same) == {"resolution"}
    assert smaller.advice == ()
    assert said(tiny) == (
        "The head photo has a smaller head (99 px) than the body photo (160 px): the head will "
        "look softer than its surroundings."
    )
    # What the user makes of its size counts, too.
    assert fit_of(someone(height=99), body, HeadTransform(scale=0.9)).advice == ()
    assert "softer" in said(fit_of(someone(height=101), body, HeadTransform(scale=1.1)))


# --- occlusion -----------------------------------------------------------------------------


def covered(label: SemanticClass, *, rows: slice, columns: slice) -> Someone:
    layout = person()
    layout[rows, columns] = label
    return someone(layout)


HAND = covered(C.BODY_SKIN, rows=np.s_[76:110], columns=np.s_[120:150])
SCARF = covered(C.BODY_ACCESSORY, rows=np.s_[78:125], columns=np.s_[95:160])
HAIR = covered(C.HAIR, rows=np.s_[40:90], columns=np.s_[128:152])
SUNGLASSES = covered(C.GLASSES, rows=np.s_[56:68], columns=np.s_[107:149])
COLLAR = covered(C.UPPER_CLOTHES, rows=np.s_[97:130], columns=np.s_[108:148])


@pytest.mark.parametrize(
    ("head", "body", "words"),
    [
        (HAND, someone(), "part of the head photo's face"),
        (SCARF, someone(), "part of the head photo's face"),
        (HAIR, someone(), "Hair hides much of the head photo's face"),
        (someone(), HAND, "lies over the body photo's face"),
        (someone(), SCARF, "lies over the body photo's face"),
    ],
)
def test_a_face_that_is_hidden(head: Someone, body: Someone, words: str) -> None:
    found = fit_of(head, body)
    assert words in said(found)
    assert worse(found, fit_of(someone(), someone())) == {"occlusion"}


@pytest.mark.parametrize("one", [SUNGLASSES, COLLAR, someone(person(hat=True))])
def test_what_people_wear_is_no_fault(one: Someone) -> None:
    assert fit_of(one, someone()).advice == fit_of(someone(), one).advice == ()


def test_a_head_cut_off_by_its_photo() -> None:
    inside = np.ones((256, 256), bool)
    inside[:45] = False
    layout = np.where(inside, person(), C.BACKGROUND).astype(np.uint8)
    cut = replace(someone(layout), inside=inside)
    assert "border of the head photo cuts the head off" in said(fit_of(cut, someone()))
    # The body photo ends there as well: nobody sees it.
    assert fit_of(cut, cut).advice == ()


def test_hair_longer_than_the_frame() -> None:
    layout = person()
    layout[70:, 84:104] = layout[70:, 152:172] = C.HAIR
    long = someone(layout)
    assert "will end at a line" in said(fit_of(long, someone()))
    assert fit_of(long, long).advice == ()  # the old hair goes on


def test_an_old_head_that_hides_much() -> None:
    layout = person()
    layout[30:170, 66:98] = layout[30:170, 158:190] = C.HAIR
    assert "has to be made up" in said(fit_of(someone(), someone(layout)))
    assert fit_of(someone(layout), someone()).advice == ()


# --- through the engine --------------------------------------------------------------------


@pytest.mark.usefixtures("one_thread", "seeing")
def test_swaps_and_their_layouts_tell_it(studio: Studio) -> None:
    result, layout = studio.one(SWAP), studio.one(LayoutRequest(SWAP))
    assert result.fit is not None
    assert result.fit == layout.fit
    assert result.fit.score > 0.7
    assert result.notes == result.fit.advice == ()
    assert studio.one(RetouchRequest(BODY_PHOTO, RETOUCH_MASK, sampling=FEW)).fit is None


@pytest.mark.usefixtures("one_thread", "seeing")
def test_what_is_most_worth_saying_comes_with_the_result(studio: Studio) -> None:
    head = snapshot(turned(14), face=24, at=(60, 60), size=(120, 140), degrees=30)
    body = snapshot(turned(-14), face=60, at=(98, 84), size=(210, 252), degrees=-15)
    result = studio.one(replace(SWAP, head=head, body=body))
    assert result.fit is not None
    assert 0 < len(result.notes) <= 2
    assert result.notes == result.fit.advice[:2]
    assert any("smaller head (24 px)" in note for note in result.notes)
