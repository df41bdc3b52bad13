"""Runs requests on a model pack: chains the stages, caches each under what went into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from engine import stages
from engine.cache import content_hash
from engine.colour import convert_profile
from engine.compositing import (
    HeadLayer,
    Prepared,
    finish_composite,
    place_head,
    prepare_composite,
)  # fmt: skip
from engine.devices import Compute, choose, place, use_all_cores
from engine.engine import Description, JobContext
from engine.errors import NoPersonError, PackError, RequestError
from engine.finding.finder import Head
from engine.framing import Similarity
from engine.imageio import Photo
from engine.packs import MODELS, find_pack, verify_pack
from engine.requests import (
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    Request,
    Result,
    RetouchRequest,
    SamplingSettings,
    SwapRequest,
)  # fmt: skip
from engine.sgldm.denoiser import one_hot
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.sgldm.sampler import SamplerInputs, sample
from engine.tiles import Box

T = TypeVar("T")

# First guesses of seconds a step, on two CPU cores; the engine learns its own.
SECONDS = {
    "find": 0.2, "parse": 0.1, "layout": 0.1, "encode": 0.05, "prepare": 0.4, "sample": 0.06,
    "decode": 0.04, "composite": 0.4,
}  # fmt: skip


def load_pipeline(folder: Path) -> HSDiffusionPipeline:
    """The models of a pack, on the CPU in float32; raises ``PackError``."""
    from engine.finding.model import Finder
    from engine.layout_generator.model import LayoutGenerator
    from engine.parsing.model import Parser
    from engine.sgldm.autoencoder import Autoencoder
    from engine.sgldm.denoiser import Denoiser

    classes = (Finder, Parser, Autoencoder, LayoutGenerator, Denoiser)
    try:
        models = {
            name: cls.from_pretrained(folder / name, use_safetensors=True).eval()
            for name, cls in zip(MODELS, classes, strict=True)
        }
    except (OSError, ValueError, RuntimeError) as error:
        raise PackError(f"The pack {folder} can't be loaded: {error}", subject=folder) from error
    return HSDiffusionPipeline(**models)


class PipelineRunner:
    """See ``engine.Runner``.

    Args:
        pack: name or folder; ``None`` = the embedded one.
        device: ``"cuda"``, ``"mps"``, ``"cpu"``; ``None`` = the best there is.

    Raises:
        PackError, DeviceError
    """

    def __init__(self, pack: str | Path | None = None, device: str | None = None) -> None:
        use_all_cores()
        folder = find_pack(pack)
        self.manifest = verify_pack(folder)
        self.pipeline = load_pipeline(folder)
        self._move(device)

    def _move(self, device: str | None) -> None:
        self.compute = choose(device)
        for name, model in self.pipeline.components.items():
            place(model, self.compute)
            if name == "finder" and self.compute.device.type == "cpu":
                # Many shapes, little work: making bf16 kernels for each would take longer.
                place(model, Compute(self.compute.device, torch.float32))

    def describe(self) -> Description:
        return Description(str(self.compute), f"{self.manifest.name} {self.manifest.version}")

    def run(self, request: Request, context: JobContext) -> tuple[Result, ...]:
        try:
            return self._run(request, context)
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            self._move("cpu")
            context.note("The graphics card ran out of memory; the job went on on the CPU.")
            return self._run(request, context)

    def _run(self, request: Request, context: JobContext) -> tuple[Result, ...]:
        context.plan(_steps_of(request), SECONDS)
        with torch.inference_mode():
            if isinstance(request, SwapRequest):
                return self._swap(request, context)
            if isinstance(request, RetouchRequest):
                return self._retouch(request, context)
            if isinstance(request, ReplaceHeadRequest):
                return self._replace_head(request, context)
            if isinstance(request, LayoutRequest):
                return (self._layout(request.swap, context),)
            return (self._parse(request, context),)

    # --- stages, cached ------------------------------------------------------------

    def _cached(self, context: JobContext, make: Callable[[], T], name: str, *parts: object) -> T:
        return context.cached(content_hash(name, self.manifest.files, *parts), make)

    def _find(self, context: JobContext, photo: Photo, at: tuple[float, ...] | None) -> Head:
        return self._cached(
            context, lambda: stages.find(self.pipeline, photo, at), "find", photo, at
        )

    def _parsed(
        self, context: JobContext, photo: Photo, to_frame: Similarity
    ) -> tuple[stages.FrameView, stages.Parsed]:
        def make() -> tuple[stages.FrameView, stages.Parsed]:
            seen = stages.view(photo, to_frame)
            return seen, stages.parse(self.pipeline, seen)

        return self._cached(context, make, "parse", photo, to_frame)

    def _scene(
        self, request: SwapRequest, context: JobContext
    ) -> tuple[stages.Scene, Head, Head, Similarity, stages.Parsed, stages.Parsed]:
        with context.stage("find", 2):
            head = self._find(context, request.head, request.head_at)
            context.advance()
            body = self._find(context, request.body, request.body_at)
            context.advance()
        with context.stage("parse", 2):
            head_view, head_parsed = self._parsed(context, request.head, head.to_frame)
            context.advance()
            body_view, body_parsed = self._parsed(context, request.body, body.to_frame)
            context.advance()
        move = stages.align(head_parsed, body_parsed, request.transform, body.to_frame)

        def make() -> stages.Scene:
            head_image = stages.view(request.head, head.to_frame.then(move)).image
            scene, blended = stages.blend(
                head_view, head_parsed, body_view, body_parsed, move, head_image,
                keep_background=request.keep_background,
            )  # fmt: skip
            if request.layout is None:
                scene = stages.inpaint(self.pipeline, scene, blended)
            return stages.with_overrides(scene, body.to_frame, request.layout, request.region)

        with context.stage("layout"):
            scene = self._cached(
                context, make, "scene", request.head, request.body, head.to_frame, body.to_frame,
                move, request.keep_background, request.layout, request.region,
            )  # fmt: skip
        return scene, head, body, move, head_parsed, body_parsed

    # --- requests --------------------------------------------------------------------

    def _swap(self, request: SwapRequest, context: JobContext) -> tuple[Result, ...]:
        scene, head, body, move, head_parsed, body_parsed = self._scene(request, context)
        _note_resolution(context, head, body, request)
        return self._generate(
            context, request.body, scene, body.to_frame, body_parsed,
            lambda: _head_layer(request, head, body, move, head_parsed), request.sampling,
            request.variations, request.feather, request.region,
            (request.head, request.body, head.to_frame, body.to_frame, move),
        )  # fmt: skip

    def placed_head(self, request: SwapRequest) -> NDArray[Any]:
        """The head photo as it lies in the body photo, which its opaque part is taken from."""
        with torch.inference_mode():
            head = stages.find(self.pipeline, request.head, request.head_at)
            body = stages.find(self.pipeline, request.body, request.body_at)
            head_parsed, body_parsed = (
                stages.parse(self.pipeline, stages.view(photo, found.to_frame))
                for photo, found in ((request.head, head), (request.body, body))
            )
        move = stages.align(head_parsed, body_parsed, request.transform, body.to_frame)
        layer = _head_layer(request, head, body, move, head_parsed)
        return place_head(layer, Box.of(request.body.pixels.shape))

    def _retouch(self, request: RetouchRequest, context: JobContext) -> tuple[Result, ...]:
        if not request.mask.any():
            raise RequestError("The mask is empty: there is nothing to retouch.")
        with context.stage("find"):
            try:
                head: Head | None = self._find(context, request.photo, None)
            except NoPersonError:
                head = None
            to_frame = stages.retouch_frame(request.mask, head)
        with context.stage("parse"):
            seen, parsed = self._parsed(context, request.photo, to_frame)
        scene = stages.retouch_scene(request.photo, seen, parsed, request.mask)
        scene = stages.with_overrides(scene, to_frame, request.layout, None)
        return self._generate(
            context, request.photo, scene, to_frame, parsed, lambda: None, request.sampling,
            request.variations, request.feather, request.mask,
            (request.photo, to_frame, request.mask, request.layout),
        )  # fmt: skip

    def _replace_head(self, request: ReplaceHeadRequest, context: JobContext) -> tuple[Result, ...]:
        with context.stage("find"):
            head = self._find(context, request.photo, request.at)
        with context.stage("parse"):
            seen, parsed = self._parsed(context, request.photo, head.to_frame)
        scene = stages.replace_head_scene(seen, parsed, keep_background=request.keep_background)
        return self._generate(
            context, request.photo, scene, head.to_frame, parsed, lambda: None, request.sampling,
            request.variations, request.feather, None, (request.photo, head.to_frame, "replace"),
        )  # fmt: skip

    def _layout(self, request: SwapRequest, context: JobContext) -> Result:
        scene, _, body, *_ = self._scene(request, context)
        size = (request.body.width, request.body.height)
        return self._result(context, None, stages.photo_layout(scene.layout, body.to_frame, size))

    def _parse(self, request: ParseRequest, context: JobContext) -> Result:
        with context.stage("find"):
            head = self._find(context, request.photo, request.at)
            whole = stages.whole_view(request.photo, head.to_frame)
        with context.stage("parse", len(stages.tiles_of(whole))):
            layout = self._cached(
                context, lambda: stages.parse_whole(self.pipeline, whole, context.advance),
                "parse_whole", request.photo, head.to_frame,
            )  # fmt: skip
        size = request.photo.size
        return self._result(context, None, stages.photo_layout(layout, whole.to_frame, size))

    # --- sampling and compositing ------------------------------------------------------

    def _generate(
        self,
        context: JobContext,
        photo: Photo,
        scene: stages.Scene,
        to_frame: Similarity,
        parsed: stages.Parsed,
        layer: Callable[[], HeadLayer | None],
        sampling: SamplingSettings,
        variations: int,
        feather: float | None,
        limit: NDArray[np.float32] | None,
        sources: tuple[object, ...],
    ) -> tuple[Result, ...]:
        key = (*sources, scene.known, scene.layout, scene.region)
        with context.stage("encode"):
            z_filled, mask = self._cached(
                context,
                lambda: self.pipeline.encode_filled(scene.image, scene.known, scene.layout),
                "encode",
                *key,
            )
        planes = one_hot(torch.from_numpy(scene.layout)[None].to(z_filled.device))
        inputs = SamplerInputs(z_filled, mask, planes.to(z_filled.dtype))
        with context.stage("prepare"):
            prepared: Prepared = self._cached(
                context,
                lambda: prepare_composite(
                    photo.pixels, to_frame, scene.layout, scene.region.astype(np.float32),
                    layer(), parsed.layout, feather=feather, limit=limit,
                ),
                "prepare", *key, feather, limit,
            )  # fmt: skip
        results = []
        layout = stages.photo_layout(scene.layout, to_frame, (photo.width, photo.height))
        for k in range(variations):
            seed = sampling.seed + k
            image = self._sample(context, scene, inputs, sampling, seed)
            with context.stage("composite"):
                frame = _to_profile(image, photo.icc, photo.pixels.dtype)
                pixels, region = finish_composite(
                    prepared, frame, seed=seed, check_cancel=context.check
                )
            results.append(
                self._result(context, photo.with_pixels(pixels), layout, region=region, seed=seed)
            )
        return tuple(results)

    def _sample(
        self,
        context: JobContext,
        scene: stages.Scene,
        inputs: SamplerInputs,
        sampling: SamplingSettings,
        seed: int,
    ) -> np.ndarray:
        def on_step(step: int, steps: int, z_0: torch.Tensor) -> None:
            context.advance()
            if context.wants_previews:
                image = self.pipeline.decode(z_0).round().astype(np.uint8)
                keep = scene.known if scene.masks is None else scene.known | scene.masks.head
                context.preview(np.where(keep[..., None], scene.image, image), step, steps)

        with context.stage("sample", sampling.steps):
            z = sample(
                self.pipeline.denoiser, inputs, seed=seed, steps=sampling.steps,
                strength=sampling.strength, guidance=sampling.guidance, on_step=on_step,
            )  # fmt: skip
        with context.stage("decode"):
            return self.pipeline.decode(z)

    def _result(
        self,
        context: JobContext,
        photo: Photo | None,
        layout: np.ndarray,
        *,
        region: np.ndarray | None = None,
        seed: int | None = None,
    ) -> Result:
        device, pack = self.describe()
        return Result(
            photo=photo, layout=layout, region=region, seed=seed,
            milliseconds=dict(context.milliseconds), notes=context.notes, device=device, pack=pack,
        )  # fmt: skip


def _head_layer(
    request: SwapRequest, head: Head, body: Head, move: Similarity, parsed: stages.Parsed
) -> HeadLayer:
    pixels = convert_profile(request.head.pixels, request.head.icc, request.body.icc)
    return HeadLayer(
        pixels=_to_depth(pixels, request.body.pixels.dtype),
        to_body=head.to_frame.then(move).then(body.to_frame.inverse()),
        layout=parsed.layout,
        probabilities=parsed.head_probability,
        to_frame=head.to_frame,
    )


def _to_depth(pixels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """uint8 <-> uint16, full range to full range."""
    if pixels.dtype == dtype:
        return pixels
    if dtype == np.uint16:
        return pixels.astype(np.uint16) * 257
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _to_profile(image: np.ndarray, icc: bytes | None, dtype: np.dtype) -> np.ndarray:
    """A decoded sRGB frame (float32 0..255) in the photo's profile and value range, float32."""
    fine = np.clip(image * 257, 0, 65535).round().astype(np.uint16)
    converted = convert_profile(fine, None, icc)
    return converted.astype(np.float32) / (257 if dtype == np.uint8 else 1)


def _note_resolution(context: JobContext, head: Head, body: Head, request: SwapRequest) -> None:
    """Say so when the head has far fewer pixels than the body it goes to."""
    if head.height * 1.6 < body.height * request.transform.scale:
        context.note(
            f"The head photo has a smaller head ({head.height:.0f} px) than the body photo "
            f"({body.height:.0f} px): the head will look softer than its surroundings."
        )


def _steps_of(request: Request) -> dict[str, int]:
    """Stage -> steps of a whole job, for progress and time left."""
    if isinstance(request, ParseRequest):
        return {"find": 1, "parse": 12}
    if isinstance(request, LayoutRequest):
        return {"find": 2, "parse": 2, "layout": 1}
    photos = 2 if isinstance(request, SwapRequest) else 1
    n = request.variations
    steps = {"find": photos, "parse": photos, "encode": 1, "prepare": 1}
    if photos == 2:
        steps["layout"] = 1
    return steps | {"sample": n * request.sampling.steps, "decode": n, "composite": n}
