"""Generated colours brought in line with the photo's own where the two meet.

What the generated cells differ by from the photo outside the region is known; it is continued
inwards, smoothly, and taken off: for skin from skin, for background from background, so that a
misplaced edge at the rim of one class doesn't stain another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Field, Mask
from engine.spreading import continued

_BLUR = 2.0  # cells: only low frequencies are compared
_ENOUGH = 24  # cells that must be known of a family to judge by it


def harmonised(generated: Field, photo: Field, families: Sequence[tuple[Field, Mask]]) -> Field:
    """``generated`` (H x W x 3) with its low frequencies tied to ``photo``'s.

    Args:
        families: for each family of classes, its soft mask (H x W, summing to 1 over all) and
            where both pictures show it and the photo is kept.
    """
    correction = np.zeros_like(generated)
    everywhere = np.any([known for _, known in families], axis=0)
    common: Field | None = None
    for mask, known in families:
        if np.count_nonzero(known) >= _ENOUGH:
            correction += mask[..., None] * _usual_gap(generated, photo, known)
        elif np.count_nonzero(everywhere) >= _ENOUGH:
            # Nothing of the kind is known: half of what holds for the rest is a fair guess.
            common = _usual_gap(generated, photo, everywhere) if common is None else common
            correction += 0.5 * mask[..., None] * common
    return generated + correction


def _usual_gap(generated: Field, photo: Field, known: Mask) -> Field:
    """The gap between the two, continued from where it is ``known``, but for its outliers."""
    gap = (photo - generated)[known]
    middle = np.median(gap, axis=0)
    reach = 6 + 4 * np.median(np.abs(gap - middle), axis=0)
    bounded: Field = np.clip(photo - generated, middle - reach, middle + reach)
    return continued(bounded, known, _BLUR)
