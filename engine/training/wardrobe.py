"""Hats and scarves of some training photos, to be put on the people of others.

Few photos show them, and without them a parser takes a scarf for hair and a finder takes a
hat for forehead. Frames are aligned by the face, so that a garment cut out of one lands about
where it is worn in another: copy-paste augmentation (Ghiasi et al. 2021) with the pose kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.framing import Similarity, warp
from engine.labels import Layout, SemanticClass
from engine.training.augment import Image, dyed
from engine.training.data import Frames
from engine.training.prepare import MARGIN

HAT_SHARE = 0.004  # of a wide frame, from which a hat counts as shown
SCARF_SHARE = 0.2  # of the place below the face, from which it is a scarf, not a strap
BELOW_FACE = np.s_[MARGIN + 90 : MARGIN + 150, MARGIN + 90 : MARGIN + 166]  # rows, columns


@dataclass(frozen=True)
class Garment:
    """A hat or scarf where it was worn.

    Attributes:
        kind: ``HAT`` or ``BODY_ACCESSORY``.
        image: ``(448, 448, 3)``, the wide frame it was worn in.
        where: ``(448, 448)``, its pixels.
    """

    kind: SemanticClass
    image: Image
    where: NDArray[np.bool_]

    def moved(self, from_wide: Similarity, size: tuple[int, int]) -> Garment:
        """As it lies in a photo of ``size`` (w, h), the map from the wide frame being given."""
        where = warp(
            self.where.astype(np.uint8), from_wide, size, interpolation=cv2.INTER_NEAREST,
            border=cv2.BORDER_CONSTANT,
        )  # fmt: skip
        return Garment(self.kind, warp(self.image, from_wide, size), where > 0)

    def put_on(self, image: Image) -> Image:
        """The person of ``image`` wearing it."""
        alpha = cv2.GaussianBlur(self.where.astype(np.float32), (0, 0), 0.7)[..., None]
        mixed = alpha * self.image + (1 - alpha) * image
        return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)

    def put_into(self, layout: Layout) -> Layout:
        return np.where(self.where, np.uint8(self.kind), layout)


class Wardrobe:
    """What the people of a split wear; ``worn_by`` says, by kind, who of them.

    Only garments labelled by people: what a parser took for a hat would be worn by many.
    """

    def __init__(self, frames: Frames) -> None:
        labelled = np.array([item.layout == "labels" for item in frames.items])
        hat = labelled & ((frames.layouts == SemanticClass.HAT).mean((1, 2)) > HAT_SHARE)
        below_face = frames.layouts[:, *BELOW_FACE]
        scarf = labelled & ((below_face == SemanticClass.BODY_ACCESSORY).mean((1, 2)) > SCARF_SHARE)
        self.worn_by: dict[SemanticClass, NDArray[np.intp]] = {
            SemanticClass.HAT: np.flatnonzero(hat),
            SemanticClass.BODY_ACCESSORY: np.flatnonzero(scarf),
        }
        self._garments = {
            kind: [Garment(kind, frames.images[i].copy(), frames.layouts[i] == kind) for i in those]
            for kind, those in self.worn_by.items()
        }

    def pick(self, kind: SemanticClass, rng: np.random.Generator) -> Garment | None:
        """One of a kind, every other time dyed; ``None`` where nobody wears any."""
        garments = self._garments[kind]
        if not garments:
            return None
        garment = garments[int(rng.integers(len(garments)))]
        if rng.random() < 0.5:
            return Garment(kind, dyed(garment.image, garment.where, rng), garment.where)
        return garment
