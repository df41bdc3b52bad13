"""Large photos with layouts, made of the sample photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.evaluation.machine import enlarged
from engine.imageio import read_photo, write_photo
from engine.labels import Layout, SemanticClass
from engine.resources import resource_path

LAYOUT_MEGAPIXELS, LARGE_MEGAPIXELS = 24.0, 50.0
# Class, middle and half axes of an ellipse, in parts of the width and height: a bust.
_PARTS = (
    (SemanticClass.UPPER_CLOTHES, (0.5, 1.0), (0.42, 0.38)),
    (SemanticClass.NECK, (0.5, 0.62), (0.09, 0.16)),
    (SemanticClass.HAIR, (0.5, 0.36), (0.2, 0.27)),
    (SemanticClass.FACE, (0.5, 0.4), (0.14, 0.2)),
    (SemanticClass.LEFT_EYE, (0.44, 0.36), (0.03, 0.015)),
    (SemanticClass.RIGHT_EYE, (0.56, 0.36), (0.03, 0.015)),
    (SemanticClass.MOUTH, (0.5, 0.5), (0.05, 0.02)),
)


@dataclass(frozen=True)
class Materials:
    """Files.

    Attributes:
        head, body: JPEG, 24 megapixels.
        large: JPEG, 50 megapixels.
        layout: of ``head`` and ``body``, ``.npy``.
    """

    head: str
    body: str
    large: str
    layout: str

    @classmethod
    def made(cls, folder: Path) -> Materials:
        """Write them into a folder."""
        photo = read_photo(resource_path("samples/astronaut.png"))
        files = {name: folder / f"{name}.jpg" for name in ("head", "body", "large")}
        write_photo(enlarged(photo, LARGE_MEGAPIXELS), files["large"])
        head = enlarged(photo, LAYOUT_MEGAPIXELS)
        write_photo(head, files["head"])
        write_photo(head.with_pixels(head.pixels[:, ::-1].copy()), files["body"])
        layout = folder / "layout.npy"
        np.save(layout, bust(head.size))
        return cls(str(files["head"]), str(files["body"]), str(files["large"]), str(layout))


def bust(size: tuple[int, int]) -> Layout:
    """A layout of (width, height): head, neck and shoulders, made of ellipses."""
    width, height = size
    layout = np.zeros((height, width), np.uint8)
    for part, (x, y), (a, b) in _PARTS:
        middle, axes = (round(x * width), round(y * height)), (round(a * width), round(b * height))
        cv2.ellipse(layout, middle, axes, 0, 0, 360, int(part), cv2.FILLED)
    return layout
