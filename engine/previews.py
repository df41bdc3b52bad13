"""The result forming, at the canonical frame's resolution."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field
from engine.framing import Similarity
from engine.requests import Affine
from engine.stages import Scene


def forming(scene: Scene, generated: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The frame as it will look: ``generated`` (256 x 256 x 3, 0..255) behind the new head."""
    keep: Field = scene.known.astype(np.float32)
    if scene.masks is not None:  # soft inside the outline, as the matte will be
        head = scene.masks.head.astype(np.float32)
        soft = np.clip(2 * cv2.GaussianBlur(head, (0, 0), 1) - 1, 0, 1).astype(np.float32)
        keep = np.maximum(keep, soft * head)
    frame = generated + keep[..., None] * (scene.image - generated)
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8)


def shown(scene: Scene) -> NDArray[np.float32]:
    """Where ``forming`` differs from the body photo, 0..1 with a soft rim."""
    changed = scene.region if scene.masks is None else scene.region | scene.masks.head
    soft: Field = cv2.GaussianBlur(changed.astype(np.float32), (0, 0), 0.7)
    return soft


def to_photo(to_frame: Similarity) -> Affine:
    """Frame -> photo as an affine matrix in corner coordinates."""
    (a, b, tx), (d, e, ty) = to_frame.inverse().matrix.tolist()
    return (a, b, tx), (d, e, ty)
