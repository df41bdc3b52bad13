"""From class probabilities to a layout."""

from __future__ import annotations

import numpy as np

from engine.arrays import Field
from engine.labels import HEAD, NUM_CLASSES, Layout

_HEAD = np.array(sorted(int(c) for c in HEAD))
_REST = np.array(sorted(set(range(NUM_CLASSES)) - set(_HEAD.tolist())))


def likeliest(probabilities: Field) -> Layout:
    """The layout ``(H, W)`` that probabilities ``(16, H, W)`` speak for.

    Head or not comes first, which is what a swap goes by: hair to a third and hat to a third
    is head, even where the background's share is larger than either.
    """
    head, rest = probabilities[_HEAD], probabilities[_REST]
    is_head = head.sum(0) > rest.sum(0)
    ids = np.where(is_head, _HEAD[head.argmax(0)], _REST[rest.argmax(0)])
    return ids.astype(np.uint8)
