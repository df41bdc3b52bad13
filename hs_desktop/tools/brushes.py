"""Dabs of a brush on layouts and masks; only the dab's own rectangle is ever touched.

Whoever keeps undo asks for ``reach`` or ``stamp`` first and has ``put_class`` or ``put_mask``
write into that rectangle; ``paint_classes`` and ``paint_mask`` do both on an array as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.rects import EMPTY, Rect
from hs_desktop.tools.strokes import Brush, Dab

Strength = NDArray[np.float32]  # h x w, 0..1
Ids = NDArray[np.uint8]


def reach(dab: Dab, brush: Brush, bounds: Rect) -> Rect:
    """The pixels that a dab may change, as far as they lie in ``bounds``."""
    half = max(dab.diameter / 2, 0.5) + 1
    turn = math.radians(brush.angle)
    c, s, flat = math.cos(turn), math.sin(turn), brush.roundness
    wide, high = half * math.hypot(c, s * flat) + 1, half * math.hypot(s, c * flat) + 1
    rect = Rect(
        math.floor(dab.x - wide), math.floor(dab.y - high),
        math.ceil(dab.x + wide), math.ceil(dab.y + high),
    )  # fmt: skip
    return rect.intersected(bounds)


def stamp(dab: Dab, brush: Brush, rect: Rect) -> Strength:
    """The strength of a dab at the centres of the pixels of ``rect``, opacity included."""
    radius = max(dab.diameter / 2, 1e-3)
    x = np.arange(rect.x0, rect.x1, dtype=np.float32) + np.float32(0.5 - dab.x)
    y = np.arange(rect.y0, rect.y1, dtype=np.float32)[:, None] + np.float32(0.5 - dab.y)
    if brush.roundness < 1:
        turn = math.radians(brush.angle)
        c, s = math.cos(turn), math.sin(turn)
        flat = min(1.0, max(brush.roundness, 0.5 / radius))  # half a pixel at least
        along, across = c * x + s * y, (c * y - s * x) / np.float32(flat)
        squared = along * along + across * across
    else:
        squared = x * x + y * y
    distance = np.sqrt(squared, dtype=np.float32)
    # From full to nothing between these; a pixel wide at least, about the radius: smooth edges.
    inner = min(brush.hardness * radius, radius - 0.5)
    outer = max(radius, inner + 1)
    t = np.clip((distance - np.float32(inner)) / np.float32(outer - inner), 0, 1)
    strength = 1 - t * t * (3 - 2 * t)
    if radius < 0.5:  # smaller than a pixel: its strength is its area
        strength *= np.float32(4 * radius * radius)
    result: Strength = strength * np.float32(dab.opacity)
    return result


def inside(dab: Dab, brush: Brush, rect: Rect) -> NDArray[np.bool_]:
    """The pixels of ``rect`` that a dab of classes covers: half its strength and more.

    With a hardness of 1 that is all within its outline; the pixel in the middle always is.
    """
    solid = Dab(dab.x, dab.y, max(dab.diameter, 1.0))
    covered: NDArray[np.bool_] = stamp(solid, brush, rect) >= 0.5
    column, row = math.floor(dab.x) - rect.x0, math.floor(dab.y) - rect.y0
    if 0 <= column < rect.width and 0 <= row < rect.height:
        covered[row, column] = True
    return covered


def put_class(pixels: Ids, covered: NDArray[np.bool_], value: int | Ids) -> None:
    """Write a class into the covered pixels.

    Args:
        pixels: h x w class ids, changed in place.
        covered: h x w.
        value: the class, or h x w class ids to be put back (the eraser: what the parser said).
    """
    np.copyto(pixels, np.asarray(value, np.uint8), where=covered)


def put_mask(pixels: NDArray[Any], strength: Strength, erase: bool = False) -> None:
    """Add a dab to a mask, or take it away.

    The strongest dab counts: a stroke is never darker than its opacity.

    Args:
        pixels: h x w, float32 in 0..1 or uint8 (255 = in), changed in place.
        strength: h x w, 0..1.
    """
    levels: NDArray[Any] = strength
    full = 1
    if pixels.dtype == np.uint8:
        levels, full = (strength * 255 + np.float32(0.5)).astype(np.uint8), 255
    if erase:
        np.minimum(pixels, full - levels, out=pixels)
    else:
        np.maximum(pixels, levels, out=pixels)


def paint_classes(ids: Ids, dabs: Iterable[Dab], brush: Brush, value: int | Ids) -> Rect:
    """Paint dabs of a class.

    Args:
        ids: H x W class ids, changed in place.
        value: the class, or H x W class ids to be put back.

    Returns:
        The rectangle that may have changed.
    """
    changed = EMPTY
    for dab in dabs:
        rect = reach(dab, brush, Rect.of(ids.shape))
        if rect.empty:
            continue
        part = value if isinstance(value, int) else value[rect.slices]
        put_class(ids[rect.slices], inside(dab, brush, rect), part)
        changed = changed.united(rect)
    return changed


def paint_mask(mask: NDArray[Any], dabs: Iterable[Dab], brush: Brush, erase: bool = False) -> Rect:
    """Paint dabs of a mask, or erase with them.

    Args:
        mask: H x W, float32 in 0..1 or uint8 (255 = in), changed in place.

    Returns:
        The rectangle that may have changed.
    """
    changed = EMPTY
    for dab in dabs:
        rect = reach(dab, brush, Rect.of(mask.shape))
        if rect.empty:
            continue
        put_mask(mask[rect.slices], stamp(dab, brush, rect), erase)
        changed = changed.united(rect)
    return changed


def runs(dabs: Iterable[Dab], brush: Brush, bounds: Rect) -> Iterator[tuple[list[Dab], Rect]]:
    """Dabs that are best painted together, and the rectangle within ``bounds`` they may change.

    Neighbours share most of their pixels; far ends of a long line don't.
    """
    run: list[Dab] = []
    together, apart = EMPTY, 0
    for dab in dabs:
        rect = reach(dab, brush, bounds)
        if rect.empty:
            continue
        wider = together.united(rect)
        if run and wider.area > apart + rect.area:
            yield run, together
            run, wider, apart = [], rect, 0
        run.append(dab)
        together, apart = wider, apart + rect.area
    if run:
        yield run, together


def shifted(dabs: Iterable[Dab], dx: float, dy: float) -> list[Dab]:
    """Dabs elsewhere: as a part of the picture sees them, whose first pixel is (-dx, -dy)."""
    return [replace(dab, x=dab.x + dx, y=dab.y + dy) for dab in dabs]
