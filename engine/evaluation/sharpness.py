"""The sharpness test: has what was generated as much fine detail as its like beside it?

Energy of brightness in three octaves of the photo's own pixels (wavelengths of about 2-4, 4-8
and 8-15 px), in what was generated over that in what was kept of the same family of classes.
Both are means over squares of ``_SQUARE`` frame px without the tenth that has most: the edges
of things are no texture. In a photo of 12 megapixels all three octaves are finer than the
frame that is generated can be.

Two kinds of photos: validation photos as they are, where places of one class differ by
themselves (``untouched`` tells how much: what lies nearer to the region over what lies further
off); and sample portraits enlarged, where they can't: each class is given detail and grain
that are the same all over it, so the right ratio is known to be 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine import stages
from engine.arrays import Field, Mask
from engine.boxes import Box
from engine.detail import family_layout
from engine.engine import Engine
from engine.errors import EngineError
from engine.evaluation.baselines import placed_matte
from engine.evaluation.distances import equivalence
from engine.evaluation.restore import octaves
from engine.evaluation.seams import depth_of
from engine.evaluation.swaps import validation_photos, validation_swaps
from engine.framing import Similarity
from engine.imageio import Photo, read_photo
from engine.labels import SKIN, Layout, SemanticClass, mask_of
from engine.requests import Result, SamplingSettings, SwapRequest
from engine.resources import resource_path
from engine.runner import PipelineRunner

MARGIN = 1.15
MEGAPIXELS = 12.0
OCTAVES = ("2-4 px", "4-8 px", "8-15 px")
SAMPLES = ("samples/astronaut.png", "samples/grace_hopper.jpg")
_NEAR = 40.0  # frame px from the region: its neighbours
_NEARER = 15.0  # the nearer ones
_SQUARE = 4.0  # frame px, a side
_EDGE = 2.0  # frame px from the borders of classes, of the region and of the head ...
_SEEN = 6  # ... and px: as far as the widest filter sees
_TEXTURE = 0.9  # of the squares, those with the least energy
_UNSEEN = 0.25  # squared levels, added to both: less energy than this can't be seen
_SQUARES = 8  # that a family must have on either side
_LARGE_EVERY = 8  # swaps of photos as they are for one of an enlarged one
_GRAIN = 2.5  # levels, of the enlarged photos
_PLAIN, _ROUGH = 2.0, 5.0  # ... and of an octave of detail, of skin and background, of all else

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Texture:
    """Part of a picture whose detail is looked at.

    Attributes:
        energy: HxWx3, of ``octaves``.
        families: HxW, ids of families of classes.
        where: HxW bool.
    """

    energy: Field
    families: Layout
    where: Mask

    def of(self, family: int, unit: float) -> Figures | None:
        """Typical energy ``(3,)`` of a family; ``None`` where there is too little of it."""
        size = max(4, round(_SQUARE * unit))
        inner = depth_of(self.families == family) > _EDGE * unit
        share = self._squares((inner & self.where).astype(np.float32), size)
        full = share > 0.5
        if full.sum() < _SQUARES:
            return None
        weighted = self._squares(np.where((inner & self.where)[..., None], self.energy, 0), size)
        values = np.sort(weighted[full] / share[full][:, None], axis=0)
        typical: Figures = values[: max(1, int(_TEXTURE * len(values)))].mean(0)
        return typical

    @staticmethod
    def _squares(field: Field, size: int) -> Field:
        rows, columns = field.shape[0] // size, field.shape[1] // size
        cut = np.ascontiguousarray(field[: rows * size, : columns * size])
        return cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA)


def ratio(made: Texture, reference: Texture, unit: float) -> Figures | None:
    """Energies ``(3,)`` of one texture over those of another, families weighted by area made.

    Args:
        unit: px per frame px.
    """
    above, below = np.zeros(3), np.zeros(3)
    for family in np.unique(made.families[made.where]):
        a, b = made.of(int(family), unit), reference.of(int(family), unit)
        if a is not None and b is not None:
            area = np.count_nonzero(made.where & (made.families == family))
            above += area * (a + _UNSEEN)
            below += area * (b + _UNSEEN)
    return above / below if below.all() else None


@dataclass(frozen=True)
class Looked:
    """A swap, cut to the surroundings of its region.

    Attributes:
        made: what was generated.
        near, far: what was kept of the photo, nearer to the region and further off.
        box: of the photo.
        unit: photo px per frame px.
    """

    made: Texture
    near: Texture
    far: Texture
    box: Box
    unit: float

    @classmethod
    def at(cls, result: Result, head: Mask, to_frame: Similarity) -> Looked:
        """``head``: HxW, where any of the new head is."""
        assert result.photo is not None
        assert result.region is not None
        unit = 1 / to_frame.scale
        region = result.region > 0
        box = Box.around(region).grown(int(_NEAR * unit)) & Box.of(region.shape)
        region, head = region[box.slices], head[box.slices]
        families = family_layout(result.layout[box.slices])
        energy = octaves(result.photo.pixels[box.slices])
        depth, clear = depth_of(region), depth_of(head) < -_SEEN
        edge = _EDGE * unit + _SEEN
        kept = clear & (depth < -_SEEN) & (depth > -_NEAR * unit)
        nearer = depth > -_NEARER * unit
        return cls(
            Texture(energy, families, clear & (depth > edge)),
            Texture(energy, families, kept & nearer), Texture(energy, families, kept & ~nearer),
            box, unit,
        )  # fmt: skip

    @property
    def kept(self) -> Texture:
        return Texture(self.near.energy, self.near.families, self.near.where | self.far.where)


def detailed(photo: Photo, layout: Layout, seed: int) -> Photo:
    """A photo with detail and grain that are the same all over each family of classes."""
    rng = np.random.default_rng(seed)
    height, width = photo.pixels.shape[:2]
    texture = np.zeros((height, width), np.float32)
    for octave in range(3):
        rows, columns = -(-height // 2**octave), -(-width // 2**octave)
        noise = rng.standard_normal((rows, columns), np.float32)
        size = columns << octave, rows << octave
        texture += cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)[:height, :width]
    plain = mask_of(layout, SKIN | {SemanticClass.BACKGROUND})
    texture *= np.where(plain, np.float32(_PLAIN), np.float32(_ROUGH))
    texture += rng.standard_normal((height, width), np.float32) * np.float32(_GRAIN)
    pixels = photo.pixels.astype(np.float32) + texture[..., None]
    return photo.with_pixels(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def sample_photos() -> list[Photo]:
    """The portraits that come with the program."""
    return [read_photo(resource_path(name)) for name in SAMPLES]


def enlarged(runner: PipelineRunner, small: Photo, seed: int) -> tuple[Photo, Layout]:
    """A portrait at ``MEGAPIXELS`` with detail, and the layout that it was given by."""
    with torch.inference_mode():

        def look(to_frame: Similarity) -> tuple[stages.FrameView, stages.Parsed]:
            seen = stages.view(small, to_frame)
            return seen, stages.parse(runner.pipeline, seen)

        head, _, parsed = stages.person(stages.find(runner.pipeline, small), look)
    factor = (MEGAPIXELS * 1e6 / (small.width * small.height)) ** 0.5
    size = round(small.width * factor), round(small.height * factor)
    pixels = cv2.resize(small.pixels, size, interpolation=cv2.INTER_CUBIC)
    to_frame = Similarity(small.width / size[0]).then(head.to_frame)
    layout = stages.photo_layout(parsed.layout, to_frame, size)
    return detailed(small.with_pixels(pixels), layout, seed), layout


def sharpness_figures(runner: PipelineRunner, data: Path, *, count: int = 48) -> dict[str, object]:
    """Energies of what was generated over those of its like, octave by octave.

    Returns:
        ``photos``: of validation photos at their own size, ``untouched`` likewise of what was
        kept; ``large``: of sample portraits at 12 megapixels, an eighth as many. Of each octave
        see ``distances.equivalence``, with ``within``: the share of photos whose ratio lies
        between 1/``MARGIN`` and ``MARGIN``.
    """
    made: dict[str, list[Figures]] = {"photos": [], "untouched": [], "large": []}
    errors = 0
    for swap in validation_swaps(runner, data, count):
        if isinstance(swap, str):
            errors += 1
            continue
        looked = _looked(runner, swap.request, swap.result)
        _note(made["photos"], ratio(looked.made, looked.kept, looked.unit))
        _note(made["untouched"], ratio(looked.near, looked.far, looked.unit))
    large = max(len(SAMPLES), count // _LARGE_EVERY)
    for request, result, layout in _large_swaps(runner, data, large):
        looked = _looked(runner, request, result)
        at = looked.box.slices
        everywhere = np.ones(looked.box.shape, bool)
        energy = octaves(request.body.pixels[at])
        whole = Texture(energy, family_layout(layout[at]), everywhere)
        _note(made["large"], ratio(looked.made, whole, looked.unit))
    return {
        "pairs": count,
        "errors": errors,
        "margin": MARGIN,
        **{name: _figures(ratios) for name, ratios in made.items() if ratios},
    }


def _large_swaps(
    runner: PipelineRunner, data: Path, count: int
) -> Iterator[tuple[SwapRequest, Result, Layout]]:
    """Heads of validation photos on the samples in turn, and the samples' own layouts."""
    dataset, items = validation_photos(data)
    samples = sample_photos()
    picks = np.random.default_rng(12).integers(len(items), size=count)
    with Engine(lambda: runner) as engine:
        for k, pick in enumerate(picks):
            body, layout = enlarged(runner, samples[k % len(samples)], seed=k)
            head = read_photo(dataset / items[int(pick)].photo)
            request = SwapRequest(head, body, sampling=SamplingSettings(seed=k))
            try:
                (result,) = engine.submit(request).result()
            except EngineError:
                continue
            yield request, result, layout


def _looked(runner: PipelineRunner, request: SwapRequest, result: Result) -> Looked:
    matte, to_frame = placed_matte(runner, request)
    head = np.zeros(result.layout.shape, bool)
    head[matte.box.slices] = matte.alpha > 0
    return Looked.at(result, head, to_frame)


def _note(ratios: list[Figures], found: Figures | None) -> None:
    if found is not None:
        ratios.append(found)


def _figures(ratios: list[Figures]) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name, values in zip(OCTAVES, np.array(ratios).T, strict=True):
        inside = (values >= 1 / MARGIN) & (values <= MARGIN)
        figures[name] = {**equivalence(values, MARGIN), "within": float(inside.mean())}
    return figures
