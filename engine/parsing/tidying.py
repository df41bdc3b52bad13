"""Layouts without what can't be: stray heads, skin amid hair, specks."""

from __future__ import annotations

import cv2
import numpy as np

from engine.arrays import Mask
from engine.labels import (
    BODY,
    FACE_PARTS,
    HEAD,
    NECK,
    NUM_CLASSES,
    Layout,
    SemanticClass,
    mask_of,
)
from engine.masks import dilate

_ISLAND = 600  # px: a larger one is somebody's head, or a hand
_NEAR = 6  # px from the head: an earring
_SPECK = 24  # px; of the small classes a quarter
_SMALL = {*FACE_PARTS, SemanticClass.EAR} - {SemanticClass.FACE}


def tidied(layout: Layout) -> Layout:
    """Head islands off the main head, body islands amid it, and specks go to what is around.

    Args:
        layout: ``(256, 256)`` class ids; stays as it is.
    """
    return _without_specks(_without_body_islands(_without_head_islands(layout)))


def _without_head_islands(layout: Layout) -> Layout:
    out = layout.copy()
    parts, areas = _parts(mask_of(layout, HEAD))
    if len(areas) < 2:
        return out
    main = 1 + int(np.argmax(areas))
    for k, area in enumerate(areas, 1):
        island = parts == k
        if k == main or area >= _ISLAND or (dilate(island, _NEAR) & (parts == main)).any():
            continue
        out[island] = _commonest(layout[_ring(island, 2)])
    return out


def _without_body_islands(layout: Layout) -> Layout:
    """A patch of skin or cloth amid hair or a hat is hair or hat; hands and collars hang together
    with the body."""
    out = layout.copy()
    parts, areas = _parts(mask_of(layout, BODY | NECK))
    for k, area in enumerate(areas, 1):
        if area >= min(_ISLAND, areas.max()):
            continue
        island = parts == k
        ring = out[_ring(island, 2)]
        around = ring[mask_of(ring, HEAD)]
        if around.size > 0.5 * ring.size:
            out[island] = _commonest(around)
    return out


def _without_specks(layout: Layout) -> Layout:
    out = layout.copy()
    for label in range(NUM_CLASSES):
        least = _SPECK // (4 if label in _SMALL else 1)
        parts, areas = _parts(out == label)
        for k in np.flatnonzero(areas < least) + 1:
            speck = parts == k
            ring = _ring(speck, 1)
            if ring.any():
                out[speck] = _commonest(out[ring])
    return out


def _parts(mask: Mask) -> tuple[np.ndarray, np.ndarray]:
    """Connected parts of a mask, numbered from 1, and the area of each."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return parts, stats[1:, cv2.CC_STAT_AREA]


def _ring(island: Mask, width: int) -> Mask:
    return dilate(island, width) & ~island


def _commonest(labels: Layout) -> int:
    return int(np.bincount(labels, minlength=NUM_CLASSES).argmax())
