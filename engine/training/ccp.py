"""Clothing Co-Parsing labels and face-mesh landmarks -> our semantic classes.

CCP has one ``skin`` class and no parts of the face; the landmarks (MediaPipe numbering)
split it (ours, method notes section 4).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.labels import CCP_59, CCP_NAMES, IGNORE, Layout, SemanticClass, remap

VALIDATION_LABELLED = range(805, 905)
VALIDATION_UNLABELLED = range(1799, 1899)

# Photo px that CCP's label maps lie right of and below what they label: where the photo's
# gradient across the labels' edges peaks, over 201 photos (0.42 to 0.74 to the right in nine of
# ten photos, and the same in all parts of them). Most of a pixel is much on a face 80 px high.
LABELS_OFF = (0.62, 0.25)

_SKIN = CCP_NAMES.split().index("skin")
_ACCESSORIES = CCP_NAMES.split().index("accessories")

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
NOSE = (168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 129, 358, 49, 279, 48, 278, 64, 294)
MOUTH = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
TOP, CHIN, RIGHT_SIDE, LEFT_SIDE, RIGHT_JAW, LEFT_JAW = 10, 152, 234, 454, 172, 397


def split_of(photo_id: int) -> str:
    """``"validation"`` or ``"train"`` for a photo's number."""
    held_out = photo_id in VALIDATION_LABELLED or photo_id in VALIDATION_UNLABELLED
    return "validation" if held_out else "train"


def read_landmarks(dataset: Path) -> dict[int, NDArray[np.float64]]:
    """Photo id -> ``(478, 2)`` face-mesh points in photo pixels."""
    with np.load(dataset / "landmarks.npz") as file:
        points = file["points"].astype(np.float64)
        return dict(zip(file["ids"].tolist(), points, strict=True))


def _fill(
    shape: tuple[int, int], points: NDArray[np.float64], *, hull: bool = True
) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=np.uint8)
    polygon = np.round(points - 0.5).astype(np.int32)
    cv2.fillPoly(mask, [cv2.convexHull(polygon) if hull else polygon], 1)
    return mask.astype(bool)


def refine(labels: NDArray[np.uint8], points: NDArray[np.float64]) -> Layout:
    """Our layout of an upright frame from its CCP labels and landmarks.

    Args:
        labels: ``(H, W)`` CCP ids, 255 beyond the photo; the face stands upright.
        points: ``(478, 2)`` landmarks in the frame's pixels.
    """
    layout = remap(labels, CCP_59)
    h, w = labels.shape
    height = float(points[CHIN, 1] - points[TOP, 1])
    left, right = sorted((float(points[RIGHT_SIDE, 0]), float(points[LEFT_SIDE, 0])))
    width, centre = right - left, (left + right) / 2
    y, x = np.mgrid[:h, :w] + 0.5

    oval = _fill((h, w), points[list(FACE_OVAL)], hull=False)
    # Lowest row of the oval per column: skin above it is face, below it neck. Beside the
    # oval (ears) the corners of the jaw decide.
    jaw = np.full(w, points[[RIGHT_JAW, LEFT_JAW], 1].mean())
    columns = np.flatnonzero(oval.any(axis=0))
    jaw[columns] = np.maximum(
        h - np.argmax(oval[::-1, columns], axis=0), points[[RIGHT_JAW, LEFT_JAW], 1].min()
    )
    skin = labels == _SKIN
    near = np.abs(x - centre) < 0.75 * width
    face = skin & near & (y <= jaw[None]) & (y > points[TOP, 1] - 0.6 * height)
    neck = skin & near & ~face & (y > jaw[None]) & (y < points[CHIN, 1] + 0.5 * height)
    layout[face] = SemanticClass.FACE
    layout[neck] = SemanticClass.NECK

    at_head = (np.abs(x - centre) < width) & (y < points[CHIN, 1])
    layout[(labels == _ACCESSORIES) & at_head] = SemanticClass.HEAD_ACCESSORY

    parts = (
        (SemanticClass.NOSE, NOSE, ()),
        (SemanticClass.MOUTH, MOUTH, ()),
        (SemanticClass.LEFT_EYE, LEFT_EYE, LEFT_BROW),
        (SemanticClass.RIGHT_EYE, RIGHT_EYE, RIGHT_BROW),
    )
    for part, outline, brow in parts:
        inside = _fill((h, w), points[list(outline + brow)])
        layout[inside & (layout == SemanticClass.FACE)] = part
    layout[labels == IGNORE] = IGNORE
    return layout
