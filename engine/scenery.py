"""What a scene lacks of its background and clothes, taken from the photo's own (ours).

A denoiser of a 256 px frame makes up walls, foliage and prints worse than the photo shows them
beside the hole. What is left for it are skin, and the edges where one class meets another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Mask
from engine.completion import complete
from engine.labels import SemanticClass
from engine.masks import dilate
from engine.stages import Scene

COMPLETED = (
    SemanticClass.BACKGROUND,
    SemanticClass.UPPER_CLOTHES,
    SemanticClass.LOWER_CLOTHES,
)
_EDGE = 3  # px beside another class that is made, too: its edge is the denoiser's
_BESIDE = 2  # px beside other known classes that aren't copied: they show something of them


@dataclass(frozen=True)
class Scenery:
    """What of a scene was completed; all in its frame.

    Attributes:
        image: ``(256, 256, 3)`` sRGB uint8, the scene's with it.
        filled: ``(256, 256)`` bool, where.
        offsets: ``(256, 256, 2)`` int16 (dx, dy) to where a filled pixel was copied from.
    """

    image: NDArray[np.uint8]
    filled: Mask
    offsets: NDArray[np.int16]

    @classmethod
    def none(cls, scene: Scene) -> Scenery:
        """Nothing was."""
        return cls(
            scene.image, np.zeros_like(scene.known), np.zeros((*scene.known.shape, 2), np.int16)
        )

    def known_of(self, scene: Scene) -> Scene:
        """``scene`` with it known."""
        return replace(scene, image=self.image, known=scene.known | self.filled)

    def laid_on(self, made: NDArray[np.float32]) -> NDArray[np.float32]:
        """A decoded frame ``(256, 256, 3)``, 0..255, with it as it is."""
        return np.where(self.filled[..., None], self.image, made).astype(np.float32)


def scenery_of(
    scene: Scene, inside: Mask, seed: int, *, check_cancel: Callable[[], None] | None = None
) -> Scenery:
    """Complete the holes of ``scene`` in its background and clothes.

    Args:
        inside: (256, 256), which pixels show the photo.
        seed: another one, another completion.
        check_cancel: may raise.
    """
    rng = np.random.default_rng(seed)
    made = Scenery.none(scene)
    image, filled, offsets = made.image, made.filled, made.offsets
    unknown = inside & ~scene.known
    for label in COMPLETED:
        there = scene.layout == label
        hole = unknown & there
        if not hole.any():
            continue
        source = scene.known & inside & there & ~dilate(scene.known & ~there, _BESIDE)
        found = complete(image, hole, source, rng, check_cancel=check_cancel)
        if found is not None:
            image, offsets = found.image, offsets + found.offsets
            filled = filled | (hole & ~dilate(unknown & ~there, _EDGE))
    return Scenery(image, filled, offsets)
