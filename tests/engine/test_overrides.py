"""What the user painted on the photos, in the frame: layouts and the mask of the head."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine import stages
from engine.framing import Similarity, canonical_frame, warp
from engine.imageio import Photo
from engine.labels import HEAD, IGNORE, SemanticClass, mask_of
from engine.masks import dilate
from engine.overrides import as_painted, moved_along, remasked, repainted
from engine.requests import HeadTransform
from engine.stages import FrameView, Parsed, head_place, photo_layout
from hs_desktop.canvas.placement import Placement
from tests.engine.people import painted, person

pytestmark = pytest.mark.usefixtures("one_thread", "seeing")

C = SemanticClass
SIZE = (700, 800)
TO_FRAME = canonical_frame((340, 150), (352, 330))


def seen() -> FrameView:
    photo = Photo(painted(person(), TO_FRAME, SIZE))
    return stages.view(photo, TO_FRAME)


def parsed() -> Parsed:
    layout = np.where(seen().inside, person(), C.BACKGROUND).astype(np.uint8)
    return Parsed(layout, 0.2 + 0.6 * mask_of(layout, HEAD).astype(np.float32))


def layout() -> np.ndarray:
    """The parser's, as the user gets it to paint on."""
    return photo_layout(parsed().layout, TO_FRAME, SIZE)


def mask() -> np.ndarray:
    return mask_of(layout(), HEAD).astype(np.float32)


# --- in the frame ------------------------------------------------------------------------------


def test_what_nobody_touched_stays_what_the_parser_says() -> None:
    said = parsed()
    assert as_painted(said, seen()) is said
    same = as_painted(said, seen(), layout(), mask())
    assert same.painted is not None
    assert not same.painted.any()
    assert (same.layout == said.layout).all()
    assert (same.head_probability == said.head_probability).all()
    assert (same.head == said.head).mean() > 0.999


def test_a_painted_hat_is_head() -> None:
    own = layout()
    own[100:150, 280:420] = C.HAT
    result = repainted(parsed(), seen(), own)
    there = warp((own == C.HAT).astype(np.float32), TO_FRAME, (256, 256))
    assert (result.layout[there > 0.9] == C.HAT).all()
    assert (result.head_probability[(there > 0.999) & ~parsed().head] > 0.999).all()
    assert result.head[there > 0.9].all()
    away = there == 0
    assert (result.layout == parsed().layout)[away].all()
    assert (result.head_probability == parsed().head_probability)[dilate(away, -2)].all()


def test_hair_painted_away_is_no_head() -> None:
    own = layout()
    own[:230, :][own[:230, :] == C.HAIR] = C.BACKGROUND
    result = repainted(parsed(), seen(), own)
    assert result.painted is not None
    assert result.painted.sum() > 300
    assert (result.head_probability[dilate(result.painted, -2)] < 0.1).all()


def test_classes_within_the_head_leave_its_outline_alone() -> None:
    own = layout()
    own[own == C.NOSE] = C.GLASSES
    result = repainted(parsed(), seen(), own)
    assert (result.layout == C.GLASSES).sum() > 0.8 * (parsed().layout == C.NOSE).sum()
    assert result.painted is not None
    assert not result.painted.any()


def test_beyond_the_photo_nothing_is_painted() -> None:
    view = seen()
    own = np.full(SIZE[::-1], C.HAIR, np.uint8)
    result = as_painted(parsed(), view, own, np.ones(SIZE[::-1], np.float32))
    assert not view.inside.all()
    assert not mask_of(result.layout, HEAD)[~view.inside].any()
    assert result.taken is not None
    assert not result.taken[~view.inside].any()


def test_a_mask_counts_where_it_differs() -> None:
    own = mask()
    own[400:460, 300:420] = 1  # some of the coat
    own[:120] = 0  # no top of the hair
    own[200:240, 200:260] = np.maximum(own[200:240, 200:260], 0.4)  # a veil
    result = remasked(parsed(), seen(), own)
    share = warp(own, TO_FRAME, (256, 256))
    assert result.taken is not None
    assert result.masked is not None
    taken = np.where(result.masked, share, parsed().head)
    np.testing.assert_allclose(result.taken[seen().inside], taken[seen().inside], atol=1e-6)
    assert (result.layout == parsed().layout).all()
    changed = warp(np.abs(own - mask()), TO_FRAME, (256, 256)) > 0.1
    assert result.masked[changed].all()
    assert not result.masked[~dilate(changed, 2)].any()
    assert (result.head_probability == np.where(result.masked, share, parsed().head_probability))[
        seen().inside
    ].all()


def test_layout_and_mask_together() -> None:
    """The mask is compared with what the user's layout says, not with the parser's."""
    own = layout()
    own[100:150, 280:420] = C.HAT
    same = as_painted(parsed(), seen(), own, mask_of(own, HEAD).astype(np.float32))
    assert same.masked is not None
    assert same.masked.mean() < 0.002
    assert same.painted is not None
    assert same.painted.sum() > 100


# --- on the result -----------------------------------------------------------------------------


def test_what_is_painted_of_the_head_moves_with_it() -> None:
    painted = np.full((40, 60), IGNORE, np.uint8)
    painted[5:9, 10:14] = C.HAIR
    painted[20:24, 30:40] = C.UPPER_CLOTHES
    painted[22:24, 10:14] = C.BACKGROUND
    moved = moved_along(painted, Similarity().with_shift(22, 16))
    wanted = np.full_like(painted, IGNORE)
    wanted[20:24, 30:40] = C.UPPER_CLOTHES
    wanted[22:24, 10:14] = C.BACKGROUND
    wanted[21:25, 32:36] = C.HAIR  # on top of the clothes
    np.testing.assert_array_equal(moved, wanted)


def test_what_is_painted_on_a_mirrored_head() -> None:
    painted = np.full((40, 60), IGNORE, np.uint8)
    painted[5:9, 10:14] = C.LEFT_EYE
    moved = moved_along(painted, Similarity(flip=True).with_shift(60, 0))
    assert (moved[5:9, 46:50] == C.RIGHT_EYE).all()
    assert (moved != IGNORE).sum() == 16


# --- where the head stands ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "transform",
    [
        HeadTransform(),
        HeadTransform((12, -7)),
        HeadTransform(scale=1.3),
        HeadTransform(rotate=20),
        HeadTransform(flip=True),
        HeadTransform((-9, 4), 0.8, -35, flip=True),
    ],
)
@pytest.mark.parametrize("degrees", [0, 12, -30])
def test_handles_move_the_head_as_the_engine_does(degrees: float, transform: HeadTransform) -> None:
    turn = math.radians(degrees)
    down = np.array([-math.sin(turn), math.cos(turn)])
    to_frame = canonical_frame((300, 200), np.array([300, 200]) + 90 * down)
    head, body = person(x=140, y=6, hat=True), person(x=120, long_hair=True)
    one, other = (Parsed(p, mask_of(p, HEAD).astype(np.float32)) for p in (head, body))
    place = head_place(one, other, to_frame)
    assert place is not None
    assert place.axis == pytest.approx(degrees)
    handles = Placement(place.box, place.centre, place.axis)
    # Corners of the head's box in its own frame, by way of the engine's alignment.
    rows, columns = np.flatnonzero(one.head.any(1)), np.flatnonzero(one.head.any(0))
    x0, x1, y0, y1 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=float)
    move = stages.align(one, other, transform, to_frame)
    wanted = to_frame.inverse().apply(move.apply(corners))
    np.testing.assert_allclose(handles.corners(transform), wanted, atol=1e-6)


def test_nobody_stands_nowhere() -> None:
    nobody = Parsed(np.zeros((256, 256), np.uint8), np.zeros((256, 256), np.float32))
    assert head_place(nobody, parsed(), TO_FRAME) is None
