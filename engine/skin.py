"""Generated skin kept to the hues of the picture's own skin; its light and shade stay.

A neck may be lit otherwise than the face above it, but at equal lightness the two have the
same colour, or the join is seen.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field

_ENOUGH = 64  # cells of real skin by which generated skin is judged
_USUAL = (4, 96)  # percentiles between which the real skin's hues lie: a face's, and a chest's
_LEAST = 1.5  # steps of CIELAB that they may differ from these
_RIDGE = 25.0  # variance of lightness below which hue doesn't follow it


def in_tone(image: Field, skin: Field, reference: Field) -> Field:
    """``image`` with the hues of ``reference`` where it shows ``skin``.

    Args:
        image: HxWx3, 0..255, generated cells.
        skin: HxW, 0..1: how much of a cell is skin.
        reference: Nx3, 0..255, cells of real skin: the new head's, and what the body keeps.
    """
    if len(reference) < _ENOUGH or not (skin > 0).any():
        return image
    lab, real = _to_lab(image), _to_lab(reference[None])[0]
    light, hue = real[:, 0], real[:, 1:]
    # The usual hue at a lightness is a line, which real skin of little contrast can't give.
    middle, centre = np.median(light), np.median(hue, axis=0)
    slope = ((light - middle) @ (hue - centre)) / len(light) / (np.var(light) + _RIDGE)
    lowest, highest = np.percentile(light, (1, 99))
    residual = hue - centre - np.outer(light - middle, slope)
    low, high = np.percentile(residual, _USUAL, axis=0)
    at = np.clip(lab[..., :1], lowest, highest) - middle
    usual = centre + at * slope
    off = lab[..., 1:] - usual
    kept = np.clip(off, low, high)
    toned = lab.copy()
    toned[..., 1:] = usual + kept + _LEAST * np.tanh((off - kept) / _LEAST)
    over = np.maximum(lab[..., 0] - highest, 0)  # a white collar's light isn't skin's
    toned[..., 0] = lab[..., 0] - over + 3 * np.tanh(over / 3)
    change = cv2.cvtColor(toned, cv2.COLOR_LAB2RGB) - cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    result: Field = image + 255 * skin[..., None] * change
    return result


def _to_lab(colours: NDArray[np.float32]) -> Field:
    scaled = np.clip(colours / 255, 0, 1).astype(np.float32)
    return cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)
