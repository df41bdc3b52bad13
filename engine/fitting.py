"""How well a head suits a body, and what to try where it doesn't.

Judged by what a swap has at hand before anything is generated. Each part is a product of
aspects; an aspect is 1 up to a difference that nobody minds, and 0.5 at one that shows at first
glance: from there on it is worth a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from engine.arrays import Mask
from engine.face_appearance import FaceAppearance, Light
from engine.framing import FACE_HEIGHT, Similarity, warp
from engine.masks import dilate
from engine.pairs import Pair
from engine.requests import FIT_PARTS, Fit
from engine.sentences import Sentence
from engine.stages import SIZE, FrameView

MOST_SAID = 2  # sentences with a result
_SAID = 0.5  # of an aspect: below it there is advice
_WORTH_A_FLIP = 0.05  # of the score
_AWAY = 8.0  # degrees from which a face looks to a side
_ASIDE = 0.08  # of shading: light from a side
_SKIN_AXES = np.array([(0.6, 0.8), (-0.8, 0.6)])  # in (a*, b*): along skin's hue, and across
_SMALLER = 1.6  # times that a head may be smaller than the one it takes the place of
_BORDER = 4  # px of the frame: so near to a photo's border nobody sees that a head ends there
_FACE_AREA = math.pi / 4 * FACE_HEIGHT * 44  # px of the frame


class _Aspect(NamedTuple):
    part: str
    value: float  # 0..1
    advice: Sentence  # what to say where the value is low


@dataclass(frozen=True)
class _Person:
    """One of the two as the body's frame shows them, and the degrees that they lean clockwise."""

    seen: FaceAppearance
    lean: float

    @classmethod
    def of(cls, seen: FaceAppearance, lean: float, move: Similarity) -> _Person:
        """As they are once ``move`` has brought their frame into the body's."""
        light, sign = seen.light, -1 if move.flip else 1
        turn = None if seen.turn is None else sign * seen.turn
        if light is not None:
            x, y = move.matrix[:, :2] @ light.shading / move.scale
            light = replace(light, shading=(float(x), float(y)))
        lean = sign * lean - math.degrees(move.angle)
        return cls(replace(seen, turn=turn, light=light), lean)

    def flipped(self) -> _Person:
        return _Person.of(self.seen, self.lean, Similarity(flip=True))


def fit(pair: Pair, head_view: FrameView, body_view: FrameView) -> Fit:
    """How well ``pair`` fits; takes a few milliseconds.

    Args:
        head_view, body_view: the frames that its layouts are of, in the tones that they are
            used in.
    """
    people = []
    for found, parsed, view, move in (
        (pair.head, pair.head_parsed, head_view, pair.move),
        (pair.body, pair.body_parsed, body_view, Similarity()),
    ):
        centre = found.to_frame.apply(np.array(found.centre))
        seen = FaceAppearance.of(view.image, parsed.layout, centre)
        people.append(_Person.of(seen, -math.degrees(found.to_frame.angle), move))
    head, body = people
    others = [_resolution(pair), *_occlusion(pair, head.seen, body.seen, head_view, body_view)]

    def judged(one: _Person, flipped: _Person | None = None) -> Fit:
        return _fit([*_pose(one, body, flipped), *_light(one, body, flipped), *others])

    flipped, as_it_is = head.flipped(), judged(head)
    gain = judged(flipped).score - as_it_is.score
    return as_it_is if gain < _WORTH_A_FLIP else judged(head, flipped)


def _fit(aspects: Iterable[_Aspect]) -> Fit:
    """The parts, and for each the one thing that is most worth saying of it."""
    parts = dict.fromkeys(FIT_PARTS, 1.0)
    advice: dict[str, Sentence] = {}
    for aspect in sorted(aspects, key=lambda aspect: aspect.value):
        parts[aspect.part] *= aspect.value
        if aspect.value < _SAID:
            advice.setdefault(aspect.part, aspect.advice)
    return Fit(parts, tuple(advice.values()))


def _fading(difference: float, unseen: float, plain: float) -> float:
    """1 up to a difference that is ``unseen``, 0.5 at one that is ``plain``, then towards 0."""
    over = max(0.0, abs(difference) - unseen) / (plain - unseen)
    return float(0.5 ** (over * over))


# --- pose ----------------------------------------------------------------------------------


def _pose(head: _Person, body: _Person, flipped: _Person | None) -> list[_Aspect]:
    leaning = (head.lean - body.lean + 180) % 360 - 180
    aspects = [
        _Aspect("pose", _fading(leaning, 14, 38), Sentence(
            "The head has to be turned far to stand as the body's own does, and its hair and "
            "shadows hang askew then: try a photo in which it leans as the body's does."
        ))
    ]  # fmt: skip
    one, other = head.seen.turn, body.seen.turn
    if one is None or other is None:
        return aspects
    if flipped is None or not _opposite(one, other, _AWAY):
        advice = Sentence(
            "The head looks in another direction than the body's own: try a photo in which it is "
            "turned as far to the same side."
        )
    elif one < 0:
        advice = Sentence(
            "The head looks to the left, the body's own to the right: try flipping the head."
        )
    else:
        advice = Sentence(
            "The head looks to the right, the body's own to the left: try flipping the head."
        )
    return [*aspects, _Aspect("pose", _fading(one - other, 12, 38), advice)]


def _opposite(one: float, other: float, least: float) -> bool:
    return one * other < 0 and min(abs(one), abs(other)) > least


# --- light ---------------------------------------------------------------------------------


def _light(head: _Person, body: _Person, flipped: _Person | None) -> list[_Aspect]:
    if head.seen.grey != body.seen.grey:
        return [_Aspect("light", 0.2, _grey_and_coloured(head.seen.grey))]
    one, other = head.seen.light, body.seen.light
    if one is None or other is None:
        return []
    return [
        _side(one, other, may_flip=flipped is not None),
        _hardness(one, other), _exposure(one, other), *_cast(one, other),
    ]  # fmt: skip


def _grey_and_coloured(is_head_grey: bool) -> Sentence:
    if is_head_grey:
        return Sentence(
            "The head photo is black and white, the body photo in colour: try a head photo in "
            "colour."
        )
    return Sentence(
        "The body photo is black and white, the head photo in colour: try turning the head photo "
        "black and white first."
    )


def _side(one: Light, other: Light, *, may_flip: bool) -> _Aspect:
    (head_x, head_y), (body_x, body_y) = one.shading, other.shading
    # Light from above is the rule, and chins and fringes throw shadows: sides tell more.
    apart = math.hypot(head_x - body_x, (head_y - body_y) / 2)
    if not may_flip or not _opposite(head_x, body_x, _ASIDE):
        advice = Sentence(
            "Light falls on the head from another side than on the body: try a photo that is lit "
            "from the same side."
        )
    elif head_x < 0:
        advice = Sentence(
            "Light falls on the head from the left, on the body from the right: try flipping the "
            "head."
        )
    else:
        advice = Sentence(
            "Light falls on the head from the right, on the body from the left: try flipping the "
            "head."
        )
    return _Aspect("light", _fading(apart, 0.15, 0.55), advice)


def _hardness(one: Light, other: Light) -> _Aspect:
    harder = one.contrast - other.contrast
    if harder > 0:
        advice = Sentence(
            "The head stands in harder light than the body: try lifting its shadows, or a photo "
            "in softer light."
        )
    else:
        advice = Sentence(
            "The head stands in softer light than the body: try giving it more contrast, or a "
            "photo in harder light."
        )
    return _Aspect("light", _fading(harder, 0.2, 0.7), advice)


def _exposure(one: Light, other: Light) -> _Aspect:
    advice = Sentence(
        "The head's skin is burnt out to white in places: try a darker exposure of the head photo."
    )
    burnt = _fading(max(0.0, one.burnt - other.burnt), 0.03, 0.2)
    # A skin may be lighter than another: that by itself is hardly a fault.
    return _Aspect(
        "light", burnt * (0.9 + 0.1 * _fading(one.lightness - other.lightness, 5, 30)), advice
    )


def _cast(one: Light, other: Light) -> list[_Aspect]:
    # Along the line from grey to skin's hue people differ; across it hardly.
    warmer, greener = _SKIN_AXES @ np.subtract(one.colour, other.colour)
    if warmer > 0:
        along = Sentence(
            "The head photo is much warmer in colour than the body photo: raise Head's light, or "
            "try a cooler white balance for it."
        )
    else:
        along = Sentence(
            "The head photo is much cooler in colour than the body photo: raise Head's light, or "
            "try a warmer white balance for it."
        )
    if greener > 0:
        across = Sentence(
            "The head photo has a greener cast than the body photo: raise Head's light, or try "
            "correcting its white balance towards magenta."
        )
    else:
        across = Sentence(
            "The head photo has a pinker cast than the body photo: raise Head's light, or try "
            "correcting its white balance towards green."
        )
    return [
        _Aspect("light", _fading(warmer, 14, 32), along),
        _Aspect("light", _fading(greener, 8, 20), across),
    ]


# --- resolution ----------------------------------------------------------------------------


def _resolution(pair: Pair) -> _Aspect:
    smaller = pair.body.height * pair.move.scale / pair.head.height
    advice = Sentence(
        "The head photo has a smaller head ({head:.0f} px) than the body photo "
        "({body:.0f} px): the head will look softer than its surroundings.",
        head=pair.head.height,
        body=pair.body.height,
    )
    value = _fading(max(0.0, math.log(smaller)), 0, math.log(_SMALLER))
    return _Aspect("resolution", value, advice)


# --- occlusion -----------------------------------------------------------------------------


def _occlusion(
    pair: Pair,
    head: FaceAppearance,
    body: FaceAppearance,
    head_view: FrameView,
    body_view: FrameView,
) -> list[_Aspect]:
    by_photo, by_frame = _cut_off(pair, head_view, body_view)
    found = [
        (
            _fading(head.covered, 0.04, 0.25),
            Sentence(
                "A hand, clothes or the like hide part of the head photo's face: try a photo that "
                "shows all of it."
            ),
        ),
        (
            _fading(head.overgrown, 0.15, 0.4),
            Sentence(
                "Hair hides much of the head photo's face: try a photo that shows more of it."
            ),
        ),
        (
            _fading(body.covered, 0.04, 0.25),
            Sentence(
                "A hand, a scarf or the like lies over the body photo's face, where the new head "
                "comes to lie: try a photo in which nothing does."
            ),
        ),
        (
            _fading(by_photo, 0.1, 0.6),
            Sentence(
                "The border of the head photo cuts the head off: try a photo that shows all of it."
            ),
        ),
        (
            _fading(by_frame, 0.15, 0.65),
            Sentence(
                "The head's hair reaches farther than a swap takes it along, and will end at a "
                "line: try a photo with shorter hair, or hair tied up."
            ),
        ),
        (
            _fading(_laid_bare(pair), 1.0, 4.5),
            Sentence(
                "The hair or hat in the body photo hides much that has to be made up: try a photo "
                "with shorter hair, or hair tied up."
            ),
        ),
    ]
    return [_Aspect("occlusion", value, advice) for value, advice in found]


def _cut_off(pair: Pair, head_view: FrameView, body_view: FrameView) -> tuple[float, float]:
    """How long the new head's outline follows its photo's border, and its frame's.

    In face heights. What lies at the body photo's own border or beyond isn't seen; nor is what
    the old head's hair carries on at the frame's border.
    """
    frame = np.ones(SIZE, bool)
    by_frame = frame & ~_shrunk(frame, 1, outside=False)
    by_photo = head_view.inside & ~_shrunk(head_view.inside, 1, outside=True)
    goes_on = _shrunk(body_view.inside, _BORDER, outside=True)
    lengths = []
    for edge, seen in (
        (by_photo, goes_on),
        (by_frame & head_view.inside & ~by_photo, goes_on & ~pair.body_parsed.head),
    ):
        rows, columns = np.nonzero(pair.head_parsed.head & edge)
        at = pair.move.apply(np.column_stack([columns, rows]) + 0.5)
        at = np.floor(at[((at > -_BORDER) & (at < SIZE[0] + _BORDER)).all(1)]).astype(int)
        x, y = np.clip(at, 0, SIZE[0] - 1).T
        lengths.append(np.count_nonzero(seen[y, x]) * pair.move.scale / FACE_HEIGHT)
    return lengths[0], lengths[1]


def _shrunk(mask: Mask, radius: int, *, outside: bool) -> Mask:
    """By a square; ``outside``: what is taken to lie beyond the array."""
    square = np.ones((2 * radius + 1,) * 2, np.uint8)
    return cv2.erode(mask.astype(np.uint8), square, borderValue=int(outside)).astype(bool)


def _laid_bare(pair: Pair) -> float:
    """How much of the old head the new one doesn't cover, in areas of a face."""
    new = warp(
        pair.head_parsed.head.astype(np.uint8), pair.move, SIZE,
        interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    return np.count_nonzero(pair.body_parsed.head & ~dilate(new > 0, 1)) / _FACE_AREA
