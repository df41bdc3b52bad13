"""Backgrounds and clothes completed from the photo's own, and copied at its own resolution."""

from __future__ import annotations

from concurrent.futures import CancelledError

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.completion import complete
from engine.compositing import FrameResult, composite
from engine.framing import Similarity, warp
from engine.labels import IGNORE, SemanticClass
from engine.masks import dilate
from engine.scenery import Scenery, scenery_of
from engine.stages import Scene
from tests.engine.pictures import noise

C = SemanticClass


def stripes(size: int = 256, period: float = 20.0) -> NDArray[np.uint8]:
    """Level stripes, seen ever nearer to the right."""
    y, x = np.mgrid[:size, :size]
    wave = np.sin(2 * np.pi * y / period)
    grey = 120 + 70 * np.tanh(3 * wave)
    return np.dstack([grey, grey * 0.8, 255 - grey]).astype(np.uint8) + (x[..., None] // 16).astype(
        np.uint8
    )


def coloured(size: int) -> NDArray[np.uint8]:
    return np.dstack([noise(size, size, seed=s) for s in range(3)]).astype(np.uint8)


def block(size: int = 256) -> Mask:
    hole = np.zeros((size, size), bool)
    hole[70:140, 90:150] = True
    return hole


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_lines_go_on() -> None:
    image, hole = stripes(), block()
    spoilt = np.where(hole[..., None], np.uint8(255), image)
    made = complete(spoilt, hole, ~hole, rng())
    assert made is not None
    assert (made.image[~hole] == image[~hole]).all()
    error = np.abs(made.image.astype(int) - image).max(-1)[hole]
    assert np.median(error) < 8
    assert (error > 40).mean() < 0.1
    # Each pixel was copied from a place that shows the like.
    rows, columns = np.nonzero(hole)
    dx, dy = made.offsets[hole].T.astype(int)
    assert not hole[rows + dy, columns + dx].any()
    there = image[rows + dy, columns + dx].astype(int)
    assert np.median(np.abs(there - made.image[hole]).max(-1)) < 8
    assert (made.offsets[~hole] == 0).all()


def test_what_is_neither_hole_nor_source_is_not_looked_at() -> None:
    image, hole = stripes(), block()
    elsewhere = np.zeros_like(hole)
    elsewhere[100:200, 160:220] = True
    one = complete(image, hole, ~hole & ~elsewhere, rng())
    for other in (np.where(elsewhere[..., None], coloured(256), image), 255 - image):
        changed = np.where((hole | elsewhere)[..., None], other, image)
        again = complete(changed, hole, ~hole & ~elsewhere, rng())
        assert one is not None
        assert again is not None
        assert (again.image[hole] == one.image[hole]).all()


def test_seeds() -> None:
    image, hole = coloured(256), block()
    first, same, other = (complete(image, hole, ~hole, rng(s)) for s in (1, 1, 2))
    assert first is not None
    assert same is not None
    assert other is not None
    assert (first.image == same.image).all()
    assert (first.image[hole] != other.image[hole]).any(-1).mean() > 0.5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 31), st.integers(0, 31), st.integers(1, 40), st.integers(1, 40), st.data())
def test_any_hole_is_filled_or_left(y: int, x: int, h: int, w: int, data: st.DataObject) -> None:
    image = coloured(64)
    hole = np.zeros((64, 64), bool)
    hole[y : y + h, x : x + w] = True
    source = ~hole
    source[data.draw(st.integers(0, 60)) :] = False
    made = complete(image, hole, source, rng())
    if made is None:
        return
    assert (made.image[~hole] == image[~hole]).all()
    rows, columns = np.nonzero(hole)
    dx, dy = made.offsets[hole].T.astype(int)
    assert source[rows + dy, columns + dx].all()
    low, high = image[source].min(0), image[source].max(0)
    assert (made.image[hole] >= low).all()
    assert (made.image[hole] <= high).all()


def test_too_little_to_go_by() -> None:
    image, hole = stripes(64), np.ones((64, 64), bool)
    hole[:6] = False
    assert complete(image, hole, ~hole, rng()) is None
    assert complete(image, hole, np.zeros_like(hole), rng()) is None


def test_no_hole() -> None:
    image = stripes(64)
    nothing = np.zeros((64, 64), bool)
    made = complete(image, nothing, ~nothing, rng())
    assert made is not None
    assert (made.image == image).all()


def test_it_can_be_cancelled() -> None:
    def cancel() -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        complete(stripes(), block(), ~block(), rng(), check_cancel=cancel)


# --- in a scene --------------------------------------------------------------------------------


def scene() -> Scene:
    """A wall of stripes, a shirt of squares, a neck; the hole covers parts of all."""
    layout = np.full((256, 256), C.BACKGROUND, np.uint8)
    layout[120:, 40:216] = C.UPPER_CLOTHES
    layout[90:130, 110:146] = C.NECK
    image = stripes()
    y, x = np.mgrid[:256, :256]
    checks = np.where((y // 8 + x // 8) % 2, 200, 60).astype(np.uint8)
    image[layout == C.UPPER_CLOTHES] = checks[layout == C.UPPER_CLOTHES][:, None]
    image[layout == C.NECK] = (210, 150, 130)
    hole = np.zeros((256, 256), bool)
    hole[60:170, 80:180] = True
    image[hole] = (255, 0, 255)
    return Scene(image, ~hole, layout, hole)


def test_each_class_is_completed_from_its_own() -> None:
    seen = scene()
    inside = np.ones((256, 256), bool)
    made = scenery_of(seen, inside, 3)
    hole = ~seen.known
    neck = seen.layout == C.NECK
    assert not made.filled[seen.known].any()
    assert not made.filled[dilate(neck & hole, 2)].any()  # its edge isn't made here either
    for label in (C.BACKGROUND, C.UPPER_CLOTHES):
        there = made.filled & (seen.layout == label)
        assert there.sum() > 1000
        rows, columns = np.nonzero(there)
        dx, dy = made.offsets[there].T.astype(int)
        assert (seen.layout[rows + dy, columns + dx] == label).all()
        assert seen.known[rows + dy, columns + dx].all()
        assert not (made.image[there] == (255, 0, 255)).all(-1).any()
    more = made.known_of(seen)
    assert (more.known == (seen.known | made.filled)).all()
    frame = made.laid_on(np.zeros((256, 256, 3), np.float32))
    assert (frame[~made.filled] == 0).all()
    assert (frame[made.filled] == made.image[made.filled]).all()


def test_beyond_the_photo_nothing_is_copied() -> None:
    seen, inside = scene(), np.ones((256, 256), bool)
    inside[:, 190:] = False
    made = scenery_of(seen, inside, 3)
    rows, columns = np.nonzero(made.filled)
    assert inside[rows, columns].all()
    dx, _ = made.offsets[made.filled].T.astype(int)
    assert (columns + dx < 190).all()


def test_where_nothing_is_known_nothing_is_completed() -> None:
    seen = scene()
    bare = Scene(seen.image, np.zeros_like(seen.known), seen.layout, seen.region)
    assert not scenery_of(bare, np.ones((256, 256), bool), 0).filled.any()


# --- at the photo's own resolution -------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 3.3])
def test_pixels_are_copied_as_sharp_as_they_are(scale: float) -> None:
    size = int(256 * scale)
    y, x = np.mgrid[:size, :size]
    fine = np.where((y // 2 + x // 2) % 2, 30, -30)  # finer than a frame can show, for 3.3
    coarse = 60 * np.tanh(4 * np.sin(2 * np.pi * y / (24 * scale)))
    grey = 125 + coarse + (fine if scale > 2 else 0)
    photo = np.dstack([grey, grey, 250 - grey]).clip(0, 255).astype(np.uint8)
    to_frame = Similarity(1 / scale)
    layout = np.full((256, 256), C.BACKGROUND, np.uint8)
    hole = block()
    frame = warp(photo, to_frame, (256, 256))
    seen = Scene(np.where(hole[..., None], np.uint8(0), frame), ~hole, layout, hole)
    made = scenery_of(seen, np.ones((256, 256), bool), 0)
    blurred = made.laid_on(np.where(hole[..., None], 125, frame).astype(np.float32))
    spoilt = np.where(
        warp(hole.astype(np.uint8), to_frame.inverse(), (size, size))[..., None] > 0, 0, photo
    ).astype(np.uint8)
    known = np.where(hole, np.uint8(IGNORE), layout)

    def result(scenery: Scenery | None) -> NDArray[np.uint8]:
        field = hole.astype(np.float32)
        pixels, _ = composite(
            spoilt, to_frame, FrameResult(blurred, layout, field, scenery=scenery), None, known,
            match_grain=False,
        )  # fmt: skip
        return pixels

    middle = np.s_[int(85 * scale) : int(125 * scale), int(105 * scale) : int(135 * scale)]

    def detail(pixels: NDArray[np.uint8]) -> float:
        part = pixels[middle][..., 0].astype(float)
        return float(np.abs(np.diff(part, axis=0)).mean())

    true, copied = detail(photo), detail(result(made))
    assert copied == pytest.approx(true, rel=0.15)
    # ... and in the right place, as far as a frame can tell.
    smooth = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), 3) for p in (photo, result(made))]
    assert np.median(np.abs(smooth[0] - smooth[1])[middle]) < 8
