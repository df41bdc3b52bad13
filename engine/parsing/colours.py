"""Classes reconsidered by the frame's own colours.

What the parser is sure of tells which colours this head's hair has, and which the wall, the coat
and the scarf about it; where it isn't sure, a pixel is likelier what has its colour. As in
GrabCut (Rother et al. 2004) what was decided so teaches the next round; colour models are
histograms. Faces and skin keep what the parser says: their colours are each other's.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Indices, Mask
from engine.labels import HEAD, NUM_CLASSES, SemanticClass
from engine.masks import dilate

# Head or not first, which matters most; then what is about it.
_OF_HEADS: list[list[int]] = [
    [SemanticClass.HAIR], [SemanticClass.HAT], [c for c in range(NUM_CLASSES) if c not in HEAD],
]  # fmt: skip
_ABOUT: list[list[int]] = [
    [SemanticClass.BACKGROUND], [SemanticClass.UPPER_CLOTHES], [SemanticClass.LOWER_CLOTHES],
    [SemanticClass.BODY_ACCESSORY],
]  # fmt: skip
_ROUNDS = (_OF_HEADS, _OF_HEADS, _OF_HEADS, _ABOUT, _ABOUT)
_AROUND = 45  # px of the frame about a head that are looked at
_SURE = 0.9
_FEWEST = 200  # sure pixels of a kind and of all others
_WEIGHT, _MOST = 0.15, 3.0  # of log odds in a round, and the most of them that counts
_BLUR = 2.0  # px of the frame: one pixel's colour says little
_BINS = 24  # of each of L*, a*, b*
_CHROMA = 3.0  # by how much finer those of a* and b* are: few colours are vivid
_UNSEEN = 1e-4  # share of a colour that isn't seen at all


def by_colours(probabilities: Field, image: NDArray[np.uint8]) -> Field:
    """Probabilities ``(16, H, W)`` float32 of ``image`` ``(H, W, 3)`` RGB uint8 with the odds
    shifted about the head: towards what has a pixel's colour elsewhere."""
    near = dilate(probabilities[sorted(int(c) for c in HEAD)].sum(0) > 0.5, _AROUND)
    if not near.any():
        return probabilities
    bins = _bins(image)
    result: Field = probabilities.copy()
    for kinds in _ROUNDS:
        result[:, near] = _reconsidered(result, bins, near, kinds)
    return result


def _reconsidered(p: Field, bins: Indices, near: Mask, kinds: Sequence[Sequence[int]]) -> Field:
    """One round, on the N pixels of ``near``: (16, N).

    Args:
        p: (16, H, W).
        bins: (H, W) of their colours.
        kinds: classes that are told apart by colour.
    """
    colours = bins[near]
    shares = np.stack([p[np.array(kind)][:, near].sum(0) for kind in kinds])
    sure = np.where(shares > _SURE, shares, 0)
    found = np.count_nonzero(sure, axis=1)
    result: Field = p[:, near]
    for k, kind in enumerate(kinds):
        others = np.delete(sure, k, axis=0).sum(0)
        if min(found[k], found.sum() - found[k]) < _FEWEST:
            continue
        odds = np.log(_colours(colours, sure[k]) / _colours(colours, others))
        there = np.where(near, np.clip(odds, -_MOST, _MOST)[bins], 0).astype(np.float32)
        result[np.array(kind)] *= np.exp(_WEIGHT * cv2.GaussianBlur(there, (0, 0), _BLUR)[near])
    result /= result.sum(0)
    return result


def _bins(image: NDArray[np.uint8]) -> Indices:
    """The bin of each pixel's colour, ``(H, W)``."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 1:] = (lab[..., 1:] - 128) * _CHROMA + 128
    places = np.clip(lab * (_BINS / 256), 0, _BINS - 1).astype(np.int32)
    result: Indices = (places[..., 0] * _BINS + places[..., 1]) * _BINS + places[..., 2]
    return result


def _colours(bins: Indices, weights: Field) -> Field:
    """The share of the weight that each bin has, neighbouring bins mixed: ``(_BINS ** 3,)``."""
    counts = np.bincount(bins, weights, _BINS**3).astype(np.float32)
    cube = counts.reshape((_BINS,) * 3)
    for axis in range(3):
        padded = np.moveaxis(np.pad(cube, [(int(k == axis),) * 2 for k in range(3)]), axis, 0)
        mixed = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
        cube = np.moveaxis(mixed, 0, axis)
    result: Field = cube.ravel() / counts.sum() + np.float32(_UNSEEN)
    return result
