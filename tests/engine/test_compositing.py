"""The canonical result laid back into the photo: who shows where, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.boxes import Box
from engine.compositing import FrameResult, finish_composite, prepare_composite
from engine.framing import Similarity
from engine.labels import HEAD, mask_of
from engine.masks import dilate
from engine.matting import head_matte
from tests.engine.composites import C, Swap, grainy, made_up

# Pixels per pixel of the frame: 1, 1, 2, 4, 8; and a frame that reaches far beyond the photo.
CASES: dict[str, Any] = {
    "small": {},
    "deep": {"deep": True},
    "twice": {"face": 100, "size": (220, 240)},
    "large": {"face": 200, "size": (300, 320), "degrees": -12},
    "huge": {"face": 400, "size": (400, 360), "at": (180, 60)},
    "corner": {"face": 44, "size": (90, 80), "at": (12, 15), "deep": True},
}
every_case = pytest.mark.parametrize("case", CASES)
Done = tuple[NDArray[Any], NDArray[np.float32]]


@lru_cache
def swap_of(case: str) -> Swap:
    return made_up(**CASES[case])


@lru_cache
def done(case: str, head: bool = True) -> Done:
    return swap_of(case).composite(head)


def same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    return (a == b).all(-1)


# --- whose pixels ------------------------------------------------------------------------------


@every_case
def test_outside_the_region_every_pixel_is_its_sources_own(case: str) -> None:
    swap, (pixels, region) = swap_of(case), done(case)
    assert pixels.dtype == swap.body.dtype
    assert pixels.shape == swap.body.shape
    assert region.dtype == np.float32
    assert region.shape == swap.body.shape[:2]
    assert 0 <= region.min() < region.max() <= 1
    own, placed = same(pixels, swap.body), same(pixels, swap.placed)
    assert (own | placed)[region == 0].all()
    # In the head's opaque core it is the head's, elsewhere the body's.
    matte = head_matte(swap.head, Box.of(swap.body.shape))
    core = np.zeros(region.shape, bool)
    core[matte.box.slices] = matte.alpha == 1
    assert core.any()
    assert placed[core].all()
    assert (region[core] == 0).all()
    assert own[(region == 0) & ~core].all()


@every_case
def test_far_from_region_and_head_the_body_is_untouched(case: str) -> None:
    swap, (pixels, region) = swap_of(case), done(case)
    far = ~swap.region_mask(2) & ~swap.head_mask(8)
    assert same(pixels, swap.body)[far].all()
    assert (region[far] == 0).all()


@every_case
def test_deep_in_the_region_nothing_is_the_bodys(case: str) -> None:
    swap, (pixels, region) = swap_of(case), done(case, head=False)
    deep = swap.region_mask(-5)
    assert deep.any()
    assert (region[deep] == 1).all()
    assert same(pixels, swap.body)[deep].mean() < 0.01
    assert (region[~swap.region_mask(1)] == 0).all()


def test_the_old_head_shines_through_nowhere() -> None:
    """Neither between head and region nor where the region's soft rim would meet the head."""
    swap = made_up(degrees=0)
    old = swap.region_mask(-4)
    body = swap.body.copy()
    body[old] = (255, 0, 0)
    grey = np.repeat(swap.head.pixels.mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    swap = replace(swap, body=body, head=replace(swap.head, pixels=grey))
    # Under the head nothing need be generated; its own rim is soft to both sides.
    hidden = dilate(mask_of(swap.head.layout, HEAD), -1)
    for region in (swap.result.region, swap.result.region * ~hidden):
        pixels, _ = swap.with_region(region).composite()
        red = pixels[..., 0].astype(int) - pixels[..., 1:].max(-1)
        assert red[swap.region_mask(-1)].max() < 60


@pytest.mark.parametrize("case", ["small", "deep", "large"])
def test_what_was_generated_is_what_is_seen(case: str) -> None:
    """Its colours; in the same place, and for deep photos in their range."""
    swap, (pixels, region) = swap_of(case), done(case, head=False)
    unit = 255 / np.iinfo(pixels.dtype).max
    way = swap.to_frame
    y, x = np.nonzero((region == 1) & swap.region_mask(-5))
    at = np.floor(way.apply(np.stack([x, y], -1) + 0.5)).astype(int)
    wanted = swap.result.image[at[:, 1], at[:, 0]]
    gap = np.abs(pixels[y, x] * unit - wanted)
    assert np.median(gap) < 12
    assert (gap.max(1) < 40).mean() > 0.9


# --- nothing to do -----------------------------------------------------------------------------


NOTHING = np.zeros((256, 256), np.float32)


@pytest.mark.parametrize("case", ["deep", "large", "corner"])
def test_no_region_and_no_head_change_nothing(case: str) -> None:
    swap = swap_of(case).with_region(NOTHING).with_head_at(Similarity(tx=-9000, ty=80))
    for head in (False, True):
        pixels, region = swap.composite(head)
        assert (pixels == swap.body).all()
        assert not region.any()
        assert not np.shares_memory(pixels, swap.body)


def test_a_head_alone() -> None:
    swap = swap_of("twice").with_region(NOTHING)
    pixels, region = swap.composite()
    own, placed = same(pixels, swap.body), same(pixels, swap.placed)
    assert (own | placed)[region == 0].all()
    assert placed[swap.head_mask(-4)].all()
    assert own[~swap.head_mask(8)].all()


def test_a_head_outside_the_photo_is_as_good_as_none() -> None:
    swap = swap_of("small")
    pixels, region = swap.with_head_at(Similarity(ty=7000)).composite()
    assert (pixels == done("small", head=False)[0]).all()
    assert (region == done("small", head=False)[1]).all()


def test_a_region_all_over_the_frame() -> None:
    swap = swap_of("corner")
    pixels, region = swap.with_region(NOTHING + 1).composite(head=False)
    assert (region[2:-2, 2:-2] > 0).all()
    assert same(pixels, swap.body).mean() < 0.05


# --- the soft rim ------------------------------------------------------------------------------

FLAT = np.full((220, 240, 3), 120, np.uint8)


def retouch(x0: int, x1: int, scale: float = 1, **options: Any) -> Done:
    """A plain photo made anew between two columns of its frame."""
    region = NOTHING.copy()
    region[:, x0:x1] = 1
    layout = np.full((256, 256), C.BACKGROUND, np.uint8)
    image = np.full((256, 256, 3), 120, np.float32)
    body = grainy(FLAT)
    frame = Similarity(1 / scale)
    swap = Swap(body, frame, layout, FrameResult(image, layout, region), swap_of("small").head)
    return swap.composite(head=False, **options)


@pytest.mark.parametrize(("feather", "scale"), [(3, 1), (12, 1), (24, 1), (10, 2), (30, 2)])
def test_the_feather_is_as_wide_as_told_and_lies_inside(feather: float, scale: int) -> None:
    x0, x1 = 30, 30 + 140 // scale
    _, region = retouch(x0, x1, scale, feather=feather)
    row = region[110]
    soft = ((row > 0) & (row < 1)).sum() / 2
    assert soft == pytest.approx(feather, abs=1.5 * scale)
    first, last = np.flatnonzero(row)[[0, -1]]
    assert first >= (x0 - 0.5) * scale
    assert last < (x1 + 0.5) * scale
    assert (np.diff(row[:100]) >= -1e-6).all()


def test_a_narrow_region_has_no_room_for_a_wide_feather() -> None:
    _, region = retouch(60, 80, feather=500)
    assert region[110].max() > 0.99
    assert not region[:, :58].any()


def test_without_a_feather_told_the_rim_is_soft_all_the_same() -> None:
    _, region = retouch(60, 120)
    assert 2 <= ((region[110] > 0) & (region[110] < 1)).sum() <= 8


@pytest.mark.parametrize("case", ["deep", "large"])
def test_a_limit_is_never_exceeded(case: str) -> None:
    swap = swap_of(case)
    rng = np.random.default_rng(4)
    limit = rng.random(swap.body.shape[:2], np.float32)
    limit[limit < 0.3] = 0
    limit[limit > 0.8] = 1
    pixels, region = swap.composite(head=False, limit=limit)
    assert (region <= limit).all()
    assert same(pixels, swap.body)[limit == 0].all()
    unlimited = done(case, head=False)
    assert (region == np.minimum(limit, unlimited[1])).all()
    free = limit == 1
    assert same(pixels, unlimited[0])[free].all()


# --- the same and not the same -----------------------------------------------------------------


def prepared_of(swap: Swap) -> Any:
    result = swap.result
    return prepare_composite(
        swap.body, swap.to_frame, result.layout, result.region, swap.head, swap.body_layout
    )


@pytest.mark.parametrize("case", ["deep", "twice", "huge"])
def test_the_size_of_tiles_changes_nothing(case: str) -> None:
    swap = swap_of(case)
    prepared = prepared_of(swap)
    for tile in (16, 64, 1024):
        pixels, region = finish_composite(prepared, swap.result.image, tile=tile)
        assert (pixels == done(case)[0]).all()
        assert (region == done(case)[1]).all()


@pytest.mark.parametrize("case", ["small", "huge"])
def test_a_seed_is_a_texture(case: str) -> None:
    """Seeds finished one after the other from one preparation are as good as each alone."""
    swap = swap_of(case)
    prepared = prepared_of(swap)
    (first, region), (other, region_other), (again, _) = (
        finish_composite(prepared, swap.result.image, seed=seed) for seed in (0, 8, 0)
    )
    assert (first == again).all()
    assert (first == done(case)[0]).all()
    assert (region == region_other).all()
    differs = ~same(first, other)
    assert differs[region == 1].mean() > 0.2
    assert not differs[region == 0].any()
    assert (other == swap.composite(seed=8)[0]).all()


def test_what_is_given_stays_as_it_is() -> None:
    swap = made_up()
    swap = replace(swap, result=replace(swap.result, coarse=0.9 * swap.result.image))
    arrays = [x for x in vars(swap.result).values() if x is not None]
    given = [swap.body, swap.body_layout, swap.head.pixels, *arrays]
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    swap.composite()
    assert all((a == b).all() for a, b in zip(given, before, strict=True))


def test_progress_rises_and_a_cancel_comes_through() -> None:
    swap = swap_of("small")
    prepared, seen = prepared_of(swap), []
    finish_composite(prepared, swap.result.image, progress=seen.append, tile=32)
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] < 1
    assert len(seen) > 4

    def cancel() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finish_composite(prepared, swap.result.image, check_cancel=cancel)
