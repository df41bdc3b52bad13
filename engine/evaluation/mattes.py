"""Photos of heads whose matte is known: strands of hair painted round real heads.

Nobody has cut hair out of photos by hand for this project, so truth is made. A validation
photo's head, without the rim in which it is mixed with what was behind it, is laid over the
background of another photo (the person's own neck and clothes stay). Strands grow from the
outline of its hair: curves of an own width, opacity, bend and colour, the colour being that of
the photo's hair near their root; dense and short ones that fray the outline, and single ones
that fly. They are painted at several times the resolution and averaged, so alpha and the
head's own colours are known to every pixel. What isn't real about it: strands are independent
of the hair's own flow, and light doesn't change along them. Heads that reach the frame's border,
as those with very long hair do, are left out: strands need room.

What a parser would say of such a photo is the true matte cut at one half, with an outline that
is one to two frame pixels off and knows no strands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.errors import InputFileError
from engine.evaluation.strands import Hairdo, Painting, Points
from engine.fill import pull_push
from engine.framing import FRAME_SIZE, Similarity, warp
from engine.imageio import read_photo
from engine.labels import BODY, FACE_PARTS, HEAD, IGNORE, NECK, Layout, SemanticClass, mask_of
from engine.masks import dilate
from engine.placing import HeadLayer
from engine.sentences import Sentence
from engine.training.data import Frames
from engine.training.prepare import MARGIN, Item, read_manifest

Image = NDArray[np.uint8]
SIZES = (1, 3)  # photos as they are, and three times as large, where strands are wider
_AREA = Box(28, 0, 228, 190)  # of the frame: head and shoulders
_FINER = {1: 4, 3: 2}  # pixels of the painting per pixel of the photo, a side
_UNMIXED_SKIN, _UNMIXED_HAIR = 0.7, 2.5  # frame px inside the outline
_OFF = 1.0  # frame px, the layout's error along either axis, root mean square
_GRAIN = 2.0  # levels, for enlarged photos, which have lost their own
_NARROWEST = 24  # px beside a person that are enough of a background
_ROOM = 10  # frame px between head and border
_FEWEST = 400  # frame px of hair that a case needs


@dataclass(frozen=True)
class KnownMatte:
    """A photo with the truth of it; arrays have the photo's height and width.

    Attributes:
        photo: HxWx3 RGB.
        alpha: HxW float32 0..1, how much of each pixel is head.
        colours: HxWx3 float32 0..255, the head's own where there is head.
        elsewhere: HxWx3 float32 0..255, a third photo's background.
        hair: HxW bool, where the nearest part of the head's outline is hair's.
        layout: 256x256, what a parser would say of the photo's frame.
        to_frame: photo -> canonical frame.
        times: as large as the real photo.
    """

    photo: Image
    alpha: Field
    colours: Field
    elsewhere: Field
    hair: Mask
    layout: Layout
    to_frame: Similarity
    times: int

    @property
    def layer(self) -> HeadLayer:
        """The head where it is, with the soft edge that a parser's probabilities have."""
        outline = mask_of(self.layout, HEAD).astype(np.float32)
        probabilities = cv2.GaussianBlur(outline, (0, 0), 1.0)
        return HeadLayer(self.photo, Similarity(), self.layout, probabilities, self.to_frame)


def known_mattes(data: Path, count: int, *, seed: int = 9) -> Iterator[KnownMatte]:
    """Of labelled validation photos; the same ones for the same ``seed``, sizes in turn.

    Raises:
        InputFileError: there are too few such photos.
    """
    dataset, _ = read_manifest(data)
    frames = Frames.load(data, "validation", sources=("labels",))
    strips = {i: _beside(frames.layouts[i], frames.items[i]) for i in range(len(frames))}
    strips = {i: strip for i, strip in strips.items() if strip.width >= _NARROWEST}
    hairy = [i for i in range(len(frames)) if _will_do(frames.canonical(i)[1])]
    if not hairy or len(strips) < 2:
        raise InputFileError(
            Sentence(
                "{path} holds too few labelled validation photos of people with hair and a "
                "background.",
                path=data,
            ),
            subject=data,
        )
    maker = _Maker(dataset, frames, strips)
    for number, pick in enumerate(np.linspace(0, len(hairy) - 1, count).round().astype(int)):
        rng = np.random.default_rng([seed, number])
        yield maker.make(hairy[int(pick)], SIZES[number % len(SIZES)], rng)


def _will_do(layout: Layout) -> bool:
    """Enough hair, and strands have room in the frame and in the photo."""
    head = mask_of(layout, HEAD)
    room = np.zeros_like(head)
    room[_ROOM : _AREA.y1 - _ROOM, _AREA.x0 + _ROOM : _AREA.x1 - _ROOM] = True
    room &= ~dilate(layout == IGNORE, _ROOM)
    return (layout == SemanticClass.HAIR).sum() >= _FEWEST and not (head & ~room).any()


@dataclass(frozen=True)
class _Maker:
    dataset: Path
    frames: Frames
    strips: Mapping[int, Box]  # photo -> its background

    def make(self, index: int, times: int, rng: np.random.Generator) -> KnownMatte:
        item, layout = self.frames.items[index], self.frames.layouts[index]
        box = _box_of(item)
        size = box.width * times, box.height * times
        own = _resized(self._photo(item)[box.slices], size)
        to_photo = Similarity(1 / times, 0, box.x0, box.y0)
        to_frame = to_photo.then(item.to_frame)
        from_wide = Similarity(tx=-MARGIN, ty=-MARGIN).then(to_frame.inverse())

        head = _in_one_piece(layout)
        without = _nearest(layout, ~mask_of(layout, HEAD) & (layout != IGNORE))
        hairiness = _hairiness(layout, head)
        somewhere, elsewhere = (self._background(index, size, times, rng) for _ in range(2))
        behind = _person_before(somewhere, own, without, head, from_wide)
        alpha, colours = _with_strands(own, layout, head, hairiness, from_wide, times, rng)
        mixed = alpha[..., None] * colours + (1 - alpha[..., None]) * behind
        if times > 1:
            noise = rng.normal(0, _GRAIN, (*mixed.shape[:2], 1)).astype(np.float32)
            mixed = mixed + noise

        seen = warp(alpha, to_frame, (FRAME_SIZE, FRAME_SIZE), border=cv2.BORDER_CONSTANT)
        m = np.s_[MARGIN : MARGIN + FRAME_SIZE]
        said = np.where(_roughly(seen, rng), _nearest(layout, head)[m, m], without[m, m])
        return KnownMatte(
            np.clip(np.rint(mixed), 0, 255).astype(np.uint8), alpha, colours, elsewhere,
            warp(hairiness, from_wide, size) > 0.5, said.astype(np.uint8), to_frame, times,
        )  # fmt: skip

    def _photo(self, item: Item) -> Image:
        pixels: Image = read_photo(self.dataset / item.photo).pixels
        return pixels

    def _background(
        self, index: int, size: tuple[int, int], times: int, rng: np.random.Generator
    ) -> Field:
        """What stands beside the person of another photo, mirrored until it fills ``size``."""
        other = int(rng.choice([i for i in self.strips if i != index]))
        pixels = self._photo(self.frames.items[other])[self.strips[other].slices]
        small = size[0] // times, size[1] // times
        columns, rows = (
            _mirrored(n, length) for n, length in zip(small, pixels.shape[1::-1], strict=True)
        )
        return _resized(pixels[rows[:, None], columns], size)


def _box_of(item: Item) -> Box:
    """The part of the photo that shows ``_AREA``."""
    x, y = np.meshgrid((_AREA.x0, _AREA.x1), (_AREA.y0, _AREA.y1))
    corners = item.to_frame.inverse().apply(np.stack([x, y], -1).reshape(-1, 2).astype(float))
    low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])) & Box(0, 0, *item.size)


def _in_one_piece(layout: Layout) -> Mask:
    """The head without islands, which may be somebody else's or nothing."""
    count, parts = cv2.connectedComponents(mask_of(layout, HEAD).astype(np.uint8))
    faces = np.bincount(parts[mask_of(layout, FACE_PARTS)], minlength=count)
    main: Mask = parts == int(faces.argmax())
    return main


def _beside(layout: Layout, item: Item) -> Box:
    """Of a photo, the wider of the strips to the left and right of head and shoulders."""
    rows = slice(MARGIN, MARGIN + _AREA.y1)
    person = ~np.isin(layout[rows], (SemanticClass.BACKGROUND, IGNORE))
    columns = np.flatnonzero(person.any(0))
    if not columns.size:
        return Box(0, 0, 0, 0)
    ends = np.array([(columns[0] - 8, rows.start), (columns[-1] + 9, rows.stop)], float) - MARGIN
    (left, _), (right, bottom) = item.to_frame.inverse().apply(ends)
    height = int(np.clip(bottom, 0, item.size[1]))
    before = Box(0, 0, int(np.clip(left, 0, item.size[0])), height)
    after = Box(int(np.clip(right, 0, item.size[0])), 0, item.size[0], height)
    return max(before, after, key=lambda box: box.width)


def _mirrored(count: int, length: int) -> NDArray[np.intp]:
    """``count`` indices into ``length`` pixels, to and fro."""
    steps = np.arange(count) % (2 * length)
    return np.minimum(steps, 2 * length - 1 - steps)


def _resized(pixels: NDArray[Any], size: tuple[int, int]) -> Field:
    if pixels.shape[1::-1] == size:
        return pixels.astype(np.float32)
    large = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.clip(large, 0, 255)


def _nearest(layout: Layout, among: Mask) -> Layout:
    """The layout with each pixel's class that of the nearest pixel of ``among``."""
    if not among.any():
        return layout.copy()
    _, index = cv2.distanceTransformWithLabels(
        (~among).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    classes = np.zeros(int(index.max()) + 1, np.uint8)
    classes[index[among]] = layout[among]
    return classes[index]


def _person_before(
    background: Field, own: Field, without: Layout, head: Mask, from_wide: Similarity
) -> Field:
    """The person's own neck and clothes over another background, the head taken off."""
    size = own.shape[1::-1]
    body = mask_of(without, BODY | NECK)
    share = warp(cv2.GaussianBlur(body.astype(np.float32), (0, 0), 1.0), from_wide, size)
    share = np.clip((share - 0.5) * 4 + 0.5, 0, 1)[..., None]
    sure = (dilate(body, -2) & ~dilate(head, 3)).astype(np.uint8)
    known = warp(sure, from_wide, size, interpolation=cv2.INTER_NEAREST) > 0
    colours = pull_push(np.rint(own).astype(np.uint8), known).astype(np.float32)
    result: Field = share * colours + (1 - share) * background
    return result


def _hairiness(layout: Layout, head: Mask) -> Field:
    """How much of the nearest part of the head is hair."""
    both = np.dstack([head & (layout == SemanticClass.HAIR), head]).astype(np.float32)
    near = cv2.GaussianBlur(both, (0, 0), 3.0) + 1e-3 * cv2.GaussianBlur(both, (0, 0), 10.0)
    result: Field = near[..., 0] / np.maximum(near[..., 1], 1e-7)
    return result


def _with_strands(
    own: Field, layout: Layout, head: Mask, hairiness: Field, from_wide: Similarity, times: int,
    rng: np.random.Generator,
) -> tuple[Field, Field]:  # fmt: skip
    """Alpha and colours of a head that keeps its unmixed middle and gets a new rim."""
    size, finer = own.shape[1::-1], _FINER[times]
    way = from_wide.then(Similarity(finer))
    fine = size[0] * finer, size[1] * finer
    hair = head & (layout == SemanticClass.HAIR)
    depth: Field = cv2.distanceTransform(head.astype(np.uint8), cv2.DIST_L2, 5)
    depth = depth - 0.5 - _UNMIXED_SKIN - hairiness * (_UNMIXED_HAIR - _UNMIXED_SKIN)
    depth = cv2.GaussianBlur(depth, (0, 0), 1.0)
    core = warp(depth, way, fine, border=cv2.BORDER_CONSTANT, border_value=-9) > 0
    painting = Painting.of(core, _resized(own, fine))
    outline, normals = _outline(depth, (hairiness > 0.5) & (layout != IGNORE))
    places = np.argwhere(hair & (depth > 0.5))[:, ::-1] + 0.5
    if len(outline) and len(places):
        for strand in Hairdo.drawn(rng).strands(outline, normals, rng):
            colour = _colour_near(strand.points[0], places, own, from_wide, rng)
            painting.add(strand, colour, way)
    return painting.averaged(size)


def _outline(depth: Field, where: Mask) -> tuple[Points, Points]:
    """Points of the outline depth = 0 and their outward normals, of frame pixels in ``where``."""
    contours, _ = cv2.findContours(
        (depth > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not contours:
        return np.empty((0, 2)), np.empty((0, 2))
    at = np.concatenate(contours)[:, 0]
    at = at[where[at[:, 1], at[:, 0]]]
    smooth = cv2.GaussianBlur(depth, (0, 0), 2.0)
    down, right = np.gradient(smooth)
    slope = np.stack([right, down], -1)[at[:, 1], at[:, 0]].astype(np.float64)
    return at + 0.5, -slope / np.maximum(np.linalg.norm(slope, axis=1), 1e-6)[:, None]


def _colour_near(
    root: Points, places: NDArray[Any], own: Field, from_wide: Similarity, rng: np.random.Generator
) -> Field:
    """Of a hair pixel within some frame px of ``root``, a little lighter or darker."""
    apart = np.abs(places - root).max(1)
    close = places[apart <= max(6.0, float(apart.min()))]
    x, y = from_wide.apply(close[rng.integers(len(close))])
    h, w = own.shape[:2]
    colour: Field = own[int(np.clip(y, 0, h - 1)), int(np.clip(x, 0, w - 1))]
    return np.clip(colour * np.float32(rng.normal(1, 0.1)), 0, 255)


def _roughly(alpha: Field, rng: np.random.Generator) -> Mask:
    """Where a parser would say head: rounded, and a pixel or two beside the truth."""
    way = [cv2.GaussianBlur(rng.normal(size=alpha.shape), (0, 0), 8.0) for _ in range(2)]
    y, x = np.mgrid[: alpha.shape[0], : alpha.shape[1]]
    dx, dy = (_OFF * w / w.std() + rng.uniform(-0.5, 0.5) for w in way)
    moved = cv2.remap(
        alpha, (x + dx).astype(np.float32), (y + dy).astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    hard = (moved > 0.5).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return cv2.morphologyEx(hard, cv2.MORPH_OPEN, disc).astype(bool)
