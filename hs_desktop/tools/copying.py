"""Copying from one place of a picture to another, onto a layer over it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Cover = NDArray[np.float32]  # h x w, 0..1: how much of what is below a copy hides


def laid_over(rgba: NDArray[Any], colours: NDArray[Any], cover: Cover) -> NDArray[Any]:
    """Colours laid upon a transparent picture.

    Args:
        rgba: h x w x 4, uint8 or uint16, colours not multiplied by alpha.
        colours: h x w x 3, of the same range; float32 is rounded.
        cover: 0: the picture stays exactly, 1: the colours come through exactly.

    Returns:
        A new h x w x 4 picture.
    """
    top = np.float32(np.iinfo(rgba.dtype).max)
    new = cover[..., None]
    old = (rgba[..., 3:].astype(np.float32) / top) * (1 - new)
    alpha = new + old
    mixed = (colours * new + rgba[..., :3] * old) / np.maximum(alpha, np.float32(1e-6))
    out = np.concatenate([mixed, alpha * top], axis=2)
    result: NDArray[Any] = np.rint(np.clip(out, 0, top)).astype(rgba.dtype)
    return np.where(new > 0, result, rgba)


def faded(rgba: NDArray[Any], cover: Cover) -> NDArray[Any]:
    """A picture that is more transparent where it is covered: ``rgba``'s shape and type."""
    out = rgba.copy()
    out[..., 3] = np.rint(rgba[..., 3] * (1 - cover)).astype(rgba.dtype)
    return out
