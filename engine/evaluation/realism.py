"""How much generated parts of pictures look like real ones: Fréchet and kernel distances.

The paper's Mask-FID and Focal-FID (section 4), over places instead of whole pictures, with the
frozen network of ``features``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.distances import (
    Moments,
    Sums,
    Vectors,
    frechet_distance,
    jackknife,
    kernel_distance,
)
from engine.framing import FRAME_SIZE

_MOST = 2000  # vectors of a set that the kernel distance compares


def focal_mask() -> NDArray[np.bool_]:
    """The centre half, in width and in height, of the canonical frame (Focal-FID)."""
    mask = np.zeros((FRAME_SIZE, FRAME_SIZE), bool)
    quarter = FRAME_SIZE // 4
    mask[quarter:-quarter, quarter:-quarter] = True
    return mask


def realism_figures(
    real: Sequence[Vectors], others: Mapping[str, Sequence[Vectors]]
) -> dict[str, dict[str, object]]:
    """Distances of several sets of pictures from real ones, with 95 % intervals.

    Args:
        real: for each real picture the feature vectors of its places (``place_features``).
        others: the same of sets of pictures, by name; among them should be other real ones:
            the floor.
    """
    reference = Moments.of_parts(real)
    some_real = _some(real)
    figures: dict[str, dict[str, object]] = {}
    for name, pictures in others.items():
        seen = [x for x in pictures if len(x)]
        sums = Sums.of(seen)
        everything = np.arange(len(seen))

        def frechet(picks: NDArray[np.intp], sums: Sums = sums) -> float:
            return frechet_distance(reference, sums.moments(picks))

        figures[name] = {
            "frechet": frechet(everything),
            "frechet_interval": jackknife(len(seen), frechet),
            "kernel": kernel_distance(some_real, _some(seen)),
        }
    return figures


def _some(pictures: Sequence[Vectors], seed: int = 0) -> Vectors:
    vectors = np.concatenate(list(pictures))
    if len(vectors) <= _MOST:
        return vectors
    picks = np.random.default_rng(seed).choice(len(vectors), _MOST, replace=False)
    chosen: Vectors = vectors[picks]
    return chosen
