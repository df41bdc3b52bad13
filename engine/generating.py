"""From a scene to pictures: completed, sampled, decoded and laid into the photo, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine import previews
from engine.arrays import Field, Mask
from engine.cache import Cached
from engine.colour import convert_profile
from engine.compositing import HeadLayer, Prepared, finish_composite, prepare_composite
from engine.framing import Similarity, inside_mask
from engine.imageio import Photo
from engine.jobs import JobContext
from engine.labels import Layout
from engine.requests import ReplaceHeadRequest, RetouchRequest, SamplingSettings, SwapRequest
from engine.scenery import Scenery, scenery_of
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.sgldm.sampler import SamplerInputs, sample
from engine.stages import Scene


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Draft:
    """A photo, and what of it is to be generated.

    Attributes:
        photo: the results are laid into it.
        to_frame: photo -> canonical frame.
        scene: what is known and wanted there.
        layout: ``(256, 256)`` class ids of the photo as it is, in that frame.
        sources: what all this comes from, for the cache.
        limit: (H, W) float32 0..1 of the photo's size, see ``prepare_composite``.
        head: makes the head that is laid over it.
        looks: gives what some classes are to look like, beside what the scene shows of them.
    """

    photo: Photo
    to_frame: Similarity
    scene: Scene
    layout: Layout
    sources: tuple[object, ...]
    limit: Field | None = None
    head: Callable[[], HeadLayer | None] = _nothing
    looks: Callable[[], Tokens | None] = _nothing


class Made(NamedTuple):
    """A result.

    Attributes:
        photo: of the draft's size, profile and depth.
        region: (H, W) float32 0..1, how much of each pixel was generated.
        seed: of its sampling.
    """

    photo: Photo
    region: Field
    seed: int


class Generator:
    """Makes drafts into pictures, within one job.

    Args:
        pipeline: the models.
        context: the job's, told of the stages from ``prepare`` to ``composite``.
        cached: keeps what is the same for the next job.
    """

    def __init__(self, pipeline: HSDiffusionPipeline, context: JobContext, cached: Cached) -> None:
        self.pipeline, self.context, self.cached = pipeline, context, cached

    def pictures(
        self, draft: Draft, request: SwapRequest | RetouchRequest | ReplaceHeadRequest
    ) -> Iterator[Made]:
        """One for each variation, as soon as it is made.

        Args:
            request: how it is sampled and laid into the photo.
        """
        photo, scene = draft.photo, draft.scene
        inside = inside_mask(photo.pixels.shape, draft.to_frame)
        with self.context.stage("prepare"):
            prepared = self._prepared(draft, request.feather)
        first = request.sampling.seed
        for seed in range(first, first + request.variations):
            with self.context.stage("encode"):
                scenery = Scenery.none(scene)
                if request.complete:
                    scenery = self.scenery(scene, inside, seed)
                inputs = self._inputs(scenery.known_of(scene), draft.looks())
            frames = self.sampled(draft, scenery, inputs, request.sampling, seed)
            with self.context.stage("composite"):
                frame, *coarse = (_to_profile(each, photo.icc) for each in frames)
                pixels, region = finish_composite(
                    prepared, frame, coarse=coarse[0] if coarse else None, scenery=scenery,
                    seed=seed, match_grain=request.match_grain, match_skin=request.match_skin,
                    check_cancel=self.context.check,
                )  # fmt: skip
            yield Made(photo.with_pixels(pixels), region, seed)

    def _prepared(self, draft: Draft, feather: float | None) -> Prepared:
        scene = draft.scene
        return self.cached(
            lambda: prepare_composite(
                draft.photo.pixels, draft.to_frame, scene.layout, scene.region.astype(np.float32),
                draft.head(), draft.layout, feather=feather, limit=draft.limit,
            ),
            "prepare", *draft.sources, scene.known, scene.layout, scene.region, feather,
            draft.limit,
        )  # fmt: skip

    def scenery(self, scene: Scene, inside: Mask, seed: int) -> Scenery:
        """What the photo itself gives; see ``scenery_of``."""
        return self.cached(
            lambda: scenery_of(scene, inside, seed, check_cancel=self.context.check),
            "scenery", scene, inside, seed, slot="scenery",
        )  # fmt: skip

    def _inputs(self, scene: Scene, more: Tokens | None) -> SamplerInputs:
        """What the denoiser is told of ``scene``, with ``more`` of its classes' looks."""

        def encode() -> tuple[torch.Tensor, torch.Tensor, Tokens | None]:
            z, mask = self.pipeline.encode_filled(scene.image, scene.known, scene.layout)
            return z, mask, self.pipeline.looks(z, scene.known, scene.layout)

        z_filled, mask, looks = self.cached(encode, "encode", scene, slot="encode")
        if looks is not None and more is not None:
            looks = looks.mixed(more)
        return SamplerInputs.of_frame(z_filled, mask, scene.layout, looks)

    def sampled(
        self,
        draft: Draft,
        scenery: Scenery,
        inputs: SamplerInputs,
        sampling: SamplingSettings,
        seed: int,
    ) -> list[NDArray[np.float32]]:
        """The decoded sample, and the coarse estimate that it came from, if there was one.

        Args:
            scenery: what of the scene the photo itself gave; ``inputs`` know it.

        Returns:
            frames ``(256, 256, 3)``, sRGB 0..255.
        """
        scene, context = draft.scene, self.context
        to_photo, shown = previews.to_photo(draft.to_frame), previews.shown(scene)

        def decode(z: torch.Tensor) -> NDArray[np.float32]:
            return scenery.laid_on(self.pipeline.decode(z))

        def on_step(step: int, steps: int, z_0: torch.Tensor) -> None:
            context.advance()
            if context.wants_previews:
                context.preview(previews.forming(scene, decode(z_0)), step, steps, to_photo, shown)

        latents: list[torch.Tensor] = []
        with context.stage("sample", sampling.steps):
            z = sample(
                self.pipeline.denoiser, inputs, seed=seed, steps=sampling.steps,
                strength=sampling.strength, guidance=sampling.guidance, on_step=on_step,
                on_coarse=latents.append,
            )  # fmt: skip
        with context.stage("decode"):
            return [decode(each) for each in (z, *latents)]


def _to_profile(image: NDArray[np.float32], icc: bytes | None) -> NDArray[np.float32]:
    """A decoded sRGB frame in the photo's profile: float32 0..255 before and after."""
    fine = np.clip(image * 257, 0, 65535).round().astype(np.uint16)
    converted = convert_profile(fine, None, icc)
    return converted.astype(np.float32) / np.float32(257)
