"""The canonical frame, coordinates and the neck alignment trick.

Coordinates are ``(x, y)`` with the origin at the top-left *corner* of the first pixel, so
that its centre is ``(0.5, 0.5)``. OpenCV counts from pixel centres instead; ``warp`` is the
one place that converts (half a frame pixel is nine pixels of a large photo).

The canonical frame (ours): 256 x 256, face height 56 px (top of the face oval to the chin),
face centre at (128, 68), upright face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.labels import FACE_PARTS, LOWER_FACE, Layout, SemanticClass, mask_of

FRAME_SIZE = 256
FACE_HEIGHT = 56.0
FACE_CENTRE = (128.0, 68.0)

# MediaPipe face-mesh points that define a face: top of the face oval and chin.
TOP_OF_FACE, CHIN = 10, 152

Points = NDArray[np.float64]
Pixels = NDArray[Any]


@dataclass(frozen=True)
class Similarity:
    """The map ``p -> scale * R(angle) * F * p + (tx, ty)`` between two frames.

    ``angle`` is in radians, positive turns x towards y (clockwise on the screen); ``F``
    mirrors x first when ``flip`` is set.
    """

    scale: float = 1.0
    angle: float = 0.0
    tx: float = 0.0
    ty: float = 0.0
    flip: bool = False

    @property
    def matrix(self) -> NDArray[np.float64]:
        """``(2, 3)`` float64 affine matrix in corner coordinates."""
        c, s = self.scale * math.cos(self.angle), self.scale * math.sin(self.angle)
        f = -1.0 if self.flip else 1.0
        return np.array([[c * f, -s, self.tx], [s * f, c, self.ty]])

    @classmethod
    def from_matrix(cls, matrix: NDArray[np.float64]) -> Similarity:
        """The similarity that has this ``matrix``; raises ``ValueError`` if it is none."""
        (a, b, tx), (d, e, ty) = np.asarray(matrix, dtype=np.float64)
        flip = a * e - b * d < 0
        scale = math.hypot(b, e)
        f = -1.0 if flip else 1.0
        if scale <= 0 or not np.allclose([a, d], [f * e, -f * b], atol=1e-6 * scale):
            raise ValueError(f"not a similarity: {matrix!r}")
        return cls(scale, math.atan2(-b, e), float(tx), float(ty), bool(flip))

    def apply(self, points: NDArray[np.floating]) -> Points:
        """Map points ``(..., 2)``."""
        m = self.matrix
        result: Points = np.asarray(points, dtype=np.float64) @ m[:, :2].T + m[:, 2]
        return result

    def inverse(self) -> Similarity:
        linear, shift = self.matrix[:, :2], self.matrix[:, 2]
        back = np.linalg.inv(linear)
        return Similarity.from_matrix(np.column_stack([back, -back @ shift]))

    def then(self, after: Similarity) -> Similarity:
        """First this map, then ``after``."""
        a, b = np.vstack([self.matrix, [0, 0, 1]]), np.vstack([after.matrix, [0, 0, 1]])
        return Similarity.from_matrix((b @ a)[:2])

    def with_shift(self, dx: float, dy: float) -> Similarity:
        return replace(self, tx=self.tx + dx, ty=self.ty + dy)


def canonical_frame(
    top: tuple[float, float] | Points, chin: tuple[float, float] | Points
) -> Similarity:
    """The map from a photo to its canonical frame, from two points of the face in the photo."""
    (x0, y0), (x1, y1) = top, chin
    height = math.hypot(x1 - x0, y1 - y0)
    if height <= 0:
        raise ValueError(f"face of no height: {top!r} {chin!r}")
    angle = math.atan2(x1 - x0, y1 - y0)  # turns the face upright
    turned = Similarity(FACE_HEIGHT / height, angle)
    cx, cy = turned.apply(np.array([(x0 + x1) / 2, (y0 + y1) / 2]))
    return turned.with_shift(FACE_CENTRE[0] - cx, FACE_CENTRE[1] - cy)


def warp(
    image: Pixels,
    transform: Similarity,
    size: tuple[int, int],
    *,
    interpolation: int = cv2.INTER_LINEAR,
    border: int = cv2.BORDER_REPLICATE,
    border_value: float = 0,
) -> Pixels:
    """Resample ``image`` (H x W or H x W x C) through ``transform`` to ``size`` (w, h).

    Shrinking is antialiased by area for everything but nearest-neighbour interpolation.
    ``border`` says what stands beyond the image: a ``cv2.BORDER_*`` constant;
    ``border_value`` goes with ``BORDER_CONSTANT``, the same for all channels.
    """
    if interpolation != cv2.INTER_NEAREST and transform.scale < 0.6:
        # cv2.warpAffine doesn't antialias: shrink by area first, then warp the rest.
        shrink = max(1, round(0.8 / transform.scale))
        h, w = image.shape[:2]
        small_size = max(1, round(w / shrink)), max(1, round(h / shrink))
        fx, fy = small_size[0] / w, small_size[1] / h
        image = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA)
        matrix = transform.matrix @ np.diag([1 / fx, 1 / fy, 1])
    else:
        matrix = transform.matrix
    matrix = matrix.copy()  # corner to centre: shift by half a pixel on both sides
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(
        image, matrix, size, flags=interpolation, borderMode=border,
        borderValue=(border_value,) * 4,
    )  # fmt: skip


def inside_mask(
    shape: tuple[int, ...], transform: Similarity, size: int = FRAME_SIZE
) -> NDArray[np.bool_]:
    """Which frame pixels show the photo and not what lies beyond its border.

    Args:
        shape: the photo's ``(height, width, ...)``.
        transform: photo -> frame.

    Returns:
        ``(size, size)`` bool array.
    """
    y, x = np.mgrid[:size, :size] + 0.5
    back = transform.inverse().apply(np.stack([x, y], axis=-1))
    h, w = shape[:2]
    inside: NDArray[np.bool_] = (
        (back[..., 0] >= 0) & (back[..., 0] < w) & (back[..., 1] >= 0) & (back[..., 1] < h)
    )
    return inside


def lower_face_centre(layout: Layout) -> tuple[float, float] | None:
    """Centre ``(x, y)`` of the face below the nose in a frame's layout (paper, section 3.2).

    Falls back to the lower half of the whole face where no nose was parsed; ``None`` when
    the layout holds no face.
    """
    face = mask_of(layout, LOWER_FACE)
    nose_rows = np.flatnonzero((layout == SemanticClass.NOSE).any(axis=1))
    if nose_rows.size:
        first = int(nose_rows[-1]) + 1
    else:
        rows = np.flatnonzero(mask_of(layout, FACE_PARTS).any(axis=1))
        if not rows.size:
            return None
        first = int(rows[0] + rows[-1]) // 2
    face[:first] = False
    rows = np.flatnonzero(face.any(axis=1))
    columns = np.flatnonzero(face.any(axis=0))
    if not rows.size:
        return None
    # Centre of the extent, not of mass: hair over one cheek must not pull it aside.
    x = (columns[0] + columns[-1] + 1) / 2
    y = (rows[0] + rows[-1] + 1) / 2
    return float(x), float(y)


def neck_alignment(head_layout: Layout, body_layout: Layout) -> tuple[float, float]:
    """The shift ``(dw, dh)`` in frame px that puts the head's lower face on the body's.

    Zero where either layout shows no face: the canonical frames agree already.
    """
    head, body = lower_face_centre(head_layout), lower_face_centre(body_layout)
    if head is None or body is None:
        return 0.0, 0.0
    return body[0] - head[0], body[1] - head[1]
