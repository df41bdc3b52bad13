"""Crops of frames with holes in them, as SG-LDM is trained on: round the hole, as it is needed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.fill import fill_by_class
from engine.framing import FRAME_SIZE, Similarity
from engine.labels import BODY, HEAD, IGNORE, Layout, SemanticClass, mask_of
from engine.layout_generator.inpaint import inpaint_layout
from engine.layout_generator.model import LayoutGenerator
from engine.masks import dilate, known_cells
from engine.sgldm.autoencoder import FACTOR
from engine.training.augment import (
    drapery,
    dyed,
    light_and_colour,
    new_background,
    place_frame,
    random_placement,
    studio,
)
from engine.training.covering import training_hole
from engine.training.data import Frames, Sample

CROP = 32  # latent cells a side
CLOTHES = frozenset({SemanticClass.UPPER_CLOTHES, SemanticClass.BODY_ACCESSORY})
DRAWN_SHARE = 0.35  # of the holes that leave a head: their layout is G_layout's, as in use
MARGIN = 2  # cells round a crop that are encoded but not trained on: the encoder sees them


class CropMaker:
    """Makes samples of ``frames``.

    Attributes:
        frames: photos with layouts.
        layout_generator: draws some of the layouts, as in use.
    """

    def __init__(self, frames: Frames, layout_generator: LayoutGenerator) -> None:
        self.frames = frames
        self.layout_generator = layout_generator

    def make(self, rng: np.random.Generator) -> Sample:
        """A crop of a frame with a hole in it.

        Returns:
            image, filled: uint8, with ``MARGIN`` round them, true and with the hole filled.
            layout: class ids of the crop.
            known, weight: float32 ``(1, CROP, CROP)``, of the cells.
            reference, reference_layout: ``(256, 256)``, the photo as a reference for its looks;
                ``IGNORE`` where nothing is told.
        """
        frames = self.frames
        i, j = rng.integers(len(frames), size=2)
        placement = random_placement(rng, scale=(0.8, 1.25), degrees=6, shift=10)
        image, layout = place_frame(
            frames.images[i], frames.layouts[i], placement, flip=rng.random() < 0.5
        )
        image = light_and_colour(_recoloured(image, layout, rng), rng, strength=0.8)
        _, other = frames.canonical(int(j))
        inside = layout != IGNORE
        hole = training_hole(layout, other, rng)
        if rng.random() < 0.15:  # the paper's way: no background is known
            hole |= ~dilate(mask_of(layout, HEAD | BODY), -1)
        known = inside & ~hole
        shown = image
        if rng.random() < 0.25:  # in a swap the head's light is another photo's
            head = mask_of(layout, HEAD)[..., None]
            shown = np.where(head, light_and_colour(image, rng, strength=0.5), image)
        layout = np.where(inside, layout, SemanticClass.BACKGROUND).astype(np.uint8)
        if rng.random() < DRAWN_SHARE:
            layout = self._drawn(layout, hole)
        filled = fill_by_class(shown, known, layout)
        if rng.random() < 0.5:  # in a swap a reference shows its person whole
            reference = _reference(image, np.where(inside, layout, np.uint8(IGNORE)), rng)
        else:
            reference = _reference(filled, np.where(known, layout, np.uint8(IGNORE)), rng)
        wanted = inside & hole
        side, margin = CROP * FACTOR, MARGIN * FACTOR
        ys, xs = np.nonzero(wanted if wanted.any() else inside)
        k = int(rng.integers(len(ys)))
        limit = FRAME_SIZE - side
        jitter = rng.integers(-side // 3, side // 3 + 1, size=2)
        y = int(np.clip(ys[k] - side // 2 + jitter[0], 0, limit)) // FACTOR * FACTOR
        x = int(np.clip(xs[k] - side // 2 + jitter[1], 0, limit)) // FACTOR * FACTOR

        def crop(a: np.ndarray, m: int = 0) -> np.ndarray:
            if m:
                widths = ((m, m), (m, m)) + ((0, 0),) * (a.ndim - 2)
                a = np.pad(a, widths, mode="reflect")
            return np.ascontiguousarray(a[y : y + side + 2 * m, x : x + side + 2 * m])

        cells = known_cells(crop(known))
        seen = inside.reshape(FRAME_SIZE // FACTOR, FACTOR, -1, FACTOR).mean((1, 3)) > 0.9
        cy, cx = y // FACTOR, x // FACTOR
        seen = seen[cy : cy + CROP, cx : cx + CROP]
        return {
            "image": crop(image, margin),
            "filled": crop(filled, margin),
            "layout": crop(layout),
            "known": cells.astype(np.float32)[None],
            "weight": (seen * np.where(cells, 0.1, 1.0)).astype(np.float32)[None],
            "reference": reference[0],
            "reference_layout": reference[1],
        }

    def _drawn(self, layout: Layout, hole: NDArray[np.bool_]) -> Layout:
        """What G_layout makes of a hole; it isn't made to draw whole heads."""
        head = mask_of(layout, HEAD)
        if (head & hole).sum() > 0.5 * head.sum():
            return layout
        return inpaint_layout(self.layout_generator, np.where(hole, np.uint8(IGNORE), layout))


def _recoloured(
    image: NDArray[np.uint8], layout: Layout, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Sometimes other clothes' colours, another background, or other colours altogether.

    Users' photos aren't street photos: the denoiser has to go by what it sees around the hole,
    not by what is usual.
    """
    kind = rng.random()
    if kind < 0.08:
        return new_background(image, layout, studio(rng))
    if kind < 0.16:
        return new_background(image, layout, drapery(rng))
    if kind < 0.30:
        return dyed(image, mask_of(layout, CLOTHES), rng)
    if kind < 0.36:
        return dyed(image, np.ones(layout.shape, bool), rng)
    return image


def _reference(
    image: NDArray[np.uint8], layout: Layout, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Layout]:
    """The same photo as a reference for its looks: another crop, mirrored, in other light."""
    turn = Similarity(math.exp(rng.uniform(-0.2, 0.2)), math.radians(rng.uniform(-8, 8)))
    middle = FRAME_SIZE / 2
    x, y = turn.apply(np.array([middle, middle]))
    dx, dy = rng.uniform(-12, 12, size=2)
    move = turn.with_shift(middle - x + dx, middle - y + dy)
    moved, its = place_frame(image, layout, move, flip=rng.random() < 0.5)
    return light_and_colour(moved, rng, strength=0.2), its
