"""Cheap classical fills of unknown pixels (pull-push), used before encoding.

Latents next to a hole carry what was in it, some 40 px around; so the hole is filled from
its surroundings first, in training and in use (ours, method notes section 2).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.labels import SKIN, Layout, SemanticClass, mask_of

_MID_GREY = 128
_NEAR = 40  # px round a hole from which it is filled
_FEWEST = 24  # pixels of a class from which a hole is filled with it
# Classes that may be continued by each other's colours; eyes and mouths by nothing.
_FAMILIES = (
    SKIN,
    *(
        frozenset({label})
        for label in SemanticClass
        if label not in SKIN
        and label not in (SemanticClass.LEFT_EYE, SemanticClass.RIGHT_EYE, SemanticClass.MOUTH)
    ),
)


def pull_push(image: NDArray[np.uint8], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Fill ``image`` (H x W x C) where ``known`` (H x W) is false, smoothly from all sides.

    Known pixels stay as they are; the others are never looked at. An image with nothing
    known comes back mid-grey.
    """
    if known.all():
        return image.copy()
    if not known.any():
        return np.full_like(image, _MID_GREY)
    values = np.where(known[..., None], image, 0).astype(np.float32)
    filled = _spread(values[:, :, None], known.astype(np.float32)[..., None])[:, :, 0]
    return np.where(known[..., None], image, np.clip(np.rint(filled), 0, 255).astype(np.uint8))


def fill_by_class(
    image: NDArray[np.uint8], known: NDArray[np.bool_], layout: Layout
) -> NDArray[np.uint8]:
    """Fill what isn't ``known`` under a layout: skin from skin, cloth from cloth (ours).

    A first guess with the right colours and outlines; where a class has nothing known, the
    fill comes from all sides.

    Args:
        image: ``(H, W, 3)``; unknown pixels are never looked at.
        known: ``(H, W)`` bool.
        layout: ``(H, W)`` class ids of the whole image.
    """
    hole = ~known
    if not hole.any():
        return image.copy()
    if not known.any():
        return np.full_like(image, _MID_GREY)
    filled = image.copy()
    window = _around(hole, known)
    filled[window] = _fill_by_class(image[window], known[window], layout[window])
    return filled


def _around(hole: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The hole's bounding box and what is near it; everything if nothing near is known."""
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    window = tuple(
        slice(max(0, int(along[0]) - _NEAR), int(along[-1]) + _NEAR + 1)
        for along in (rows, columns)
    )
    assert len(window) == 2
    return window if known[window].any() else np.s_[:, :]


def _fill_by_class(
    image: NDArray[np.uint8], known: NDArray[np.bool_], layout: Layout
) -> NDArray[np.uint8]:
    hole = ~known
    sources, targets = [known], [hole]
    for family in _FAMILIES:
        there = mask_of(layout, family)
        if not (there & hole).any():
            continue
        source = there & known
        inner = cv2.erode(source.astype(np.uint8), np.ones((3, 3))).astype(bool)  # unmixed
        source = inner if inner.sum() >= _FEWEST else source
        if source.sum() >= _FEWEST:
            sources.append(source)
            targets.append(there & hole)
    # The fill is smooth: half the resolution will do.
    masks: NDArray[Any] = np.stack(sources, -1).astype(np.float32)
    fields = _spread(*_reduced(masks[..., None] * image[:, :, None], masks))
    fields = _enlarged(fields, known.shape)
    filled = image.copy()
    for k, target in enumerate(targets):
        filled[target] = np.clip(np.rint(fields[:, :, k][target]), 0, 255)
    return filled


def _spread(values: NDArray[Any], weight: NDArray[Any]) -> NDArray[Any]:
    """Values known with a weight, continued everywhere, each field for itself.

    Args:
        values: ``(H, W, F, C)`` float32, times their weight.
        weight: ``(H, W, F)`` float32 in [0, 1], of each field somewhere above 0.
    """
    levels: list[tuple[NDArray[Any], NDArray[Any]]] = [(values, weight)]
    while max(values.shape[:2]) > 1:
        values, weight = _reduced(values, weight)
        levels.append((values, weight))
    values, weight = levels[-1]
    filled: NDArray[Any] = values / weight[..., None]
    for values, weight in reversed(levels[:-1]):
        filled = values + (1 - weight[..., None]) * _enlarged(filled, values.shape)
    return filled


def _reduced(values: NDArray[Any], weight: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The next coarser level: a cell with a quarter of its pixels known counts as known."""
    values, weight = _halved(values), _halved(weight)
    strong = np.minimum(1.0, weight * 4)
    scale = np.where(weight > 0, strong / np.maximum(weight, 1e-8), 0)
    return values * scale[..., None], strong


def _halved(fields: NDArray[Any]) -> NDArray[Any]:
    """Means of 2 x 2; nothing lies beyond the last row and column."""
    h, w = fields.shape[:2]
    if h % 2 or w % 2:
        fields = np.pad(fields, ((0, h % 2), (0, w % 2)) + ((0, 0),) * (fields.ndim - 2))
    rows = fields[::2] + fields[1::2]
    means: NDArray[Any] = (rows[:, ::2] + rows[:, 1::2]) / 4
    return means


def _enlarged(fields: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """``(h, w, F, C)`` doubled to ``(H, W, F, C)``, linearly."""
    h, w = fields.shape[:2]
    size = 2 * w, 2 * h
    planes = cv2.resize(fields.reshape(h, w, -1), size, interpolation=cv2.INTER_LINEAR)
    return planes.reshape(2 * h, 2 * w, *fields.shape[2:])[: shape[0], : shape[1]]
