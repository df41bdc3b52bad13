"""Augmentation of prepared frames: where the frame sits, and light and colour."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.framing import FRAME_SIZE, Similarity, warp
from engine.labels import HEAD, IGNORE, Layout, SemanticClass, flip_layout, mask_of
from engine.training.prepare import MARGIN

Image = NDArray[np.uint8]
_CLOTH = frozenset(
    {SemanticClass.UPPER_CLOTHES, SemanticClass.LOWER_CLOTHES, SemanticClass.BODY_ACCESSORY}
)


def random_placement(
    rng: np.random.Generator,
    *,
    scale: tuple[float, float] = (0.8, 1.3),
    degrees: float = 12.0,
    shift: float = 16.0,
    size: int = FRAME_SIZE,
) -> Similarity:
    """A random map from a wide frame to a frame, about the canonical one.

    Args:
        scale: range of the factor, drawn log-uniformly.
        degrees: largest turn to either side.
        shift: largest shift in px, along each axis.
    """
    factor = math.exp(rng.uniform(math.log(scale[0]), math.log(scale[1])))
    angle = math.radians(rng.uniform(-degrees, degrees))
    turn = Similarity(factor, angle)
    centre = np.array([MARGIN + FRAME_SIZE / 2, MARGIN + FRAME_SIZE / 2])
    x, y = turn.apply(centre)
    dx, dy = rng.uniform(-shift, shift, size=2)
    return turn.with_shift(size / 2 - x + dx, size / 2 - y + dy)


def place_frame(
    frame: Image, layout: Layout, placement: Similarity, *, size: int = FRAME_SIZE, flip: bool
) -> tuple[Image, Layout]:
    """Frame and layout moved through ``placement`` and, with ``flip``, mirrored."""
    image = warp(frame, placement, (size, size))
    classes = warp(
        layout, placement, (size, size), interpolation=cv2.INTER_NEAREST,
        border=cv2.BORDER_CONSTANT, border_value=IGNORE,
    )  # fmt: skip
    if flip:
        return np.ascontiguousarray(image[:, ::-1]), flip_layout(classes)
    return image, classes


def light_and_colour(image: Image, rng: np.random.Generator, *, strength: float = 1.0) -> Image:
    """Exposure, contrast, gamma, colour cast and saturation drawn at random."""
    if rng.random() < 0.15:
        return image
    x = np.arange(256, dtype=np.float32) / 255
    s = strength
    gamma = math.exp(rng.uniform(-0.35, 0.35) * s)
    contrast, brightness = 1 + rng.uniform(-0.25, 0.25) * s, rng.uniform(-0.12, 0.12) * s
    curve = (np.power(x, gamma) - 0.5) * contrast + 0.5 + brightness
    cast = 1 + rng.uniform(-0.1, 0.1, size=3) * s
    table = np.clip(curve[:, None] * cast[None] * 255, 0, 255).astype(np.uint8)
    lit = cv2.LUT(image, np.ascontiguousarray(table[:, None, :]))
    if rng.random() < 0.5:
        grey = cv2.cvtColor(cv2.cvtColor(lit, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        keep = 0.0 if rng.random() < 0.08 else 1 + rng.uniform(-0.5, 0.4) * s
        lit = cv2.addWeighted(lit, keep, grey, 1 - keep, 0)
    return np.asarray(lit, np.uint8)


def degrade(image: Image, rng: np.random.Generator) -> Image:
    """Sometimes soft, noisy or JPEG-coded, as users' photos are."""
    kind = rng.random()
    if kind < 0.12:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4)), np.uint8)
    if kind < 0.24:
        noise = rng.normal(0, rng.uniform(1, 9), size=image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    if kind < 0.34:
        quality = int(rng.integers(30, 90))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    if kind < 0.5:
        soft = cv2.GaussianBlur(image, (0, 0), 1.0)
        return np.asarray(cv2.addWeighted(image, 1.6, soft, -0.6, 0), np.uint8)
    return image


def studio(rng: np.random.Generator, size: int = FRAME_SIZE) -> Image:
    """A plain backdrop as portraits have it: a colour, falling off to one side, with grain."""
    colour = rng.uniform(10, 245, size=3)
    angle = rng.uniform(0, 2 * math.pi)
    y, x = np.mgrid[:size, :size] / size - 0.5
    fall = 1 + rng.uniform(0, 0.8) * (x * math.cos(angle) + y * math.sin(angle))
    noise = rng.normal(0, rng.uniform(0, 4), size=(size, size, 1))
    return np.clip(colour * fall[..., None] + noise, 0, 255).astype(np.uint8)


def drapery(
    rng: np.random.Generator, size: int = FRAME_SIZE, *, like: NDArray[np.uint8] | None = None
) -> Image:
    """Flags, curtains, shelves: stripes, spots, cords, in folds, more or less sharp.

    A parser that has never seen such a thing behind a head takes it for hair or hat.

    Args:
        like: Nx3 colours, of the head before it: half of the drapery takes on some of them.
    """
    y, x = np.mgrid[:size, :size].astype(np.float32)
    angle = rng.uniform(0, math.pi)
    along, across = (
        x * math.cos(angle) + y * math.sin(angle),
        y * math.cos(angle) - x * math.sin(angle),
    )
    wave = rng.uniform(0, 8) * np.sin(along / rng.uniform(12, 60) + rng.uniform(0, 6))
    colours = rng.integers(0, 256, (int(rng.integers(2, 6)), 3)).astype(np.float32)
    if like is not None and len(like):
        alike = like[rng.integers(len(like), size=len(colours))] + rng.normal(0, 8, colours.shape)
        colours = np.where(rng.random((len(colours), 1)) < 0.5, alike, colours).astype(np.float32)
    band = np.floor((across + wave) / rng.uniform(6, 50)).astype(int)
    image = colours[band % len(colours)]
    if rng.random() < 0.6:  # a field of another colour, with stars in it
        x0, y0 = rng.uniform(-0.5, 0.7, 2) * size
        field = (
            (x > x0) & (x < x0 + rng.uniform(60, 200)) & (y > y0) & (y < y0 + rng.uniform(60, 200))
        )
        image[field] = rng.integers(0, 200, 3)
        pitch = rng.uniform(10, 30)
        spots = np.hypot((x + wave) % pitch - pitch / 2, y % pitch - pitch / 2) < 0.28 * pitch
        image[field & spots] = rng.integers(150, 256, 3)
    for _ in range(int(rng.integers(0, 4))):  # cords, poles and tassels hanging before it
        x0, x1 = rng.uniform(0, size, 2) if rng.random() < 0.3 else [rng.uniform(0, size)] * 2
        y0, y1 = np.sort(rng.uniform(-0.3, 1.3, 2)) * size
        colour = [float(c) for c in rng.integers(0, 256, 3)]
        ends = (int(x0), int(y0)), (int(x1), int(y1))
        cv2.line(image, *ends, colour, int(rng.integers(1, 7)), cv2.LINE_AA)
    folds = 1 + rng.uniform(0, 0.5) * np.sin(across / rng.uniform(8, 40) + wave / 4)
    image *= (rng.uniform(0.3, 1) * folds)[..., None]  # some lie in the dark
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 3))
    return np.clip(image, 0, 255).astype(np.uint8)


def beside_head(
    image: Image, layout: Layout, other: Image, its: Layout, rng: np.random.Generator
) -> Image:
    """Cloth of another photo hung behind a person's head: a flag, a curtain, a passer-by's coat.

    What touches the head in the picture isn't part of it. The layout stays as it is.
    """
    head, cloth = mask_of(layout, HEAD), mask_of(its, _CLOTH)
    if not head.any() or not cloth.any():
        return image
    middle = np.argwhere(head).mean(0)[::-1]
    away = math.sqrt(head.sum() / math.pi) * rng.uniform(0.8, 1.8)
    angle = rng.uniform(0, 2 * math.pi)
    there = middle + away * np.array([math.cos(angle), math.sin(angle)])
    cloth_at = np.argwhere(cloth)[int(rng.integers(cloth.sum()))][::-1]
    turn = Similarity(math.exp(rng.uniform(-0.6, 0.5)), rng.uniform(-math.pi, math.pi))
    move = turn.with_shift(*(there - turn.apply(cloth_at.astype(np.float64))))
    hung, hung_layout = place_frame(other, its, move, size=layout.shape[1], flip=False)
    where = (mask_of(hung_layout, _CLOTH) & (layout == SemanticClass.BACKGROUND)).astype(np.float32)
    alpha = cv2.GaussianBlur(where, (0, 0), 0.7)[..., None]
    hung = light_and_colour(hung, rng, strength=0.6)
    return np.clip(np.rint(alpha * hung + (1 - alpha) * image), 0, 255).astype(np.uint8)


def new_background(image: Image, layout: Layout, backdrop: Image) -> Image:
    """The person of one frame before another background, with a soft outline."""
    person = ((layout != SemanticClass.BACKGROUND) & (layout != IGNORE)).astype(np.float32)
    alpha = cv2.GaussianBlur(person, (0, 0), 0.8)[..., None]
    mixed = alpha * image + (1 - alpha) * backdrop
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def transplanted(
    image: Image, layout: Layout, head_image: Image, head_layout: Layout, rng: np.random.Generator
) -> tuple[Image, Layout]:
    """A head with all its hair on somebody else's body, both frames being aligned by the face.

    Hair is seen over other clothes and before other backgrounds than its own, so that a parser
    can't go by those (copy-paste, Ghiasi et al. 2021). Hair of the body's own head that shows
    beside the new one stays, and stays labelled.
    """
    scale, (dx, dy) = math.exp(rng.uniform(-0.12, 0.12)), rng.uniform(-6, 6, size=2)
    middle = layout.shape[1] / 2
    move = Similarity(scale, math.radians(rng.uniform(-5, 5)))
    x, y = move.apply(np.array([middle, middle]))
    move = move.with_shift(middle - x + dx, middle - y + dy)
    moved, its = place_frame(
        head_image, head_layout, move, size=layout.shape[1], flip=rng.random() < 0.5
    )
    moved = light_and_colour(moved, rng, strength=0.5)
    head = mask_of(its, HEAD)
    alpha = cv2.GaussianBlur(head.astype(np.float32), (0, 0), rng.uniform(0.5, 1.0))[..., None]
    mixed = np.clip(np.rint(alpha * moved + (1 - alpha) * image), 0, 255).astype(np.uint8)
    return mixed, np.where(head, its, layout)


def dyed(image: Image, where: NDArray[np.bool_], rng: np.random.Generator) -> Image:
    """Turn the hue and change the saturation and lightness of a part (clothes, say)."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.int16)
    hsv[..., 0] = (hsv[..., 0] + int(rng.integers(180))) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.5, 2.0) + rng.uniform(0, 60), 0, 255)
    hsv[..., 2] = np.clip(hsv[..., 2] * rng.uniform(0.5, 1.3), 0, 255)
    changed = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    alpha = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 0.8)[..., None]
    return np.clip(np.rint(alpha * changed + (1 - alpha) * image), 0, 255).astype(np.uint8)
