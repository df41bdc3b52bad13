"""Runs requests on a model pack: chains the stages, caches each under what went into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from engine import fitting, overrides, stages
from engine.cache import content_hash
from engine.devices import Compute, can, choose, place, use_all_cores
from engine.engine import Description, JobContext
from engine.errors import NoPersonError, RequestError
from engine.finding.finder import Head
from engine.flyaways import flyaways
from engine.framing import Similarity
from engine.generating import Draft, Generator
from engine.imageio import Photo
from engine.labels import IGNORE
from engine.loading import load_pipeline
from engine.neck_looks import neck_looks
from engine.packs import find_pack, verify_pack
from engine.pairs import Composed, Pair, check_sizes
from engine.plans import SECONDS, layout_steps, steps_of
from engine.requests import (
    LayoutRequest,
    ParseRequest,
    ReplaceHeadRequest,
    Request,
    Result,
    RetouchRequest,
    SwapRequest,
)  # fmt: skip
from engine.sentences import Sentence
from engine.toned_pair import placed_head, toned_photos, toned_view
from engine.whole_person import parse_whole, tiles_of, whole_view

T = TypeVar("T")

View = tuple[stages.FrameView, stages.Parsed]


class PipelineRunner:
    """See ``engine.Runner``.

    Args:
        pack: name or folder; ``None`` = the embedded one.
        device: ``"cuda"``, ``"mps"``, ``"cpu"``; ``None`` = the best there is.
        precision: ``"bf16"``, ``"fp16"``, ``"fp32"``; ``None`` = the fast one of the device.

    Raises:
        PackError, DeviceError
    """

    generator = Generator  # what samples; another one samples in another way

    def __init__(
        self,
        pack: str | Path | None = None,
        device: str | None = None,
        precision: str | None = None,
    ) -> None:
        self._precision = precision
        use_all_cores()
        folder = find_pack(pack)
        self.manifest = verify_pack(folder)
        self.pipeline = load_pipeline(folder)
        self._move(choose(device, precision))

    def _move(self, compute: Compute) -> None:
        self.compute = compute
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
            self._move(choose("cpu", self._precision if can("cpu", self._precision) else None))
            context.note(
                Sentence("The graphics card ran out of memory; the job went on on the CPU.")
            )
            return self._run(request, context)

    def _run(self, request: Request, context: JobContext) -> tuple[Result, ...]:
        context.plan(steps_of(request), SECONDS)
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

    def _cached(
        self, context: JobContext, make: Callable[[], T], name: str, /, *parts: object,
        slot: str | None = None,
    ) -> T:  # fmt: skip
        return context.cached(content_hash(name, self.manifest.files, *parts), make, slot=slot)

    def _find(self, context: JobContext, photo: Photo, at: tuple[float, ...] | None) -> Head:
        return stages.pick(self._heads(context, photo, thorough=at is not None), photo, at)

    def _heads(self, context: JobContext, photo: Photo, *, thorough: bool) -> tuple[Head, ...]:
        return self._cached(
            context, lambda: stages.find_all(self.pipeline, photo, thorough=thorough),
            "find", photo, thorough,
        )  # fmt: skip

    def _parsed(self, context: JobContext, photo: Photo, to_frame: Similarity) -> View:
        def make() -> View:
            seen = stages.view(photo, to_frame)
            return seen, stages.parse(self.pipeline, seen)

        return self._cached(context, make, "parse", photo, to_frame)

    def _person(
        self, context: JobContext, photo: Photo, head: Head
    ) -> tuple[Head, stages.FrameView, stages.Parsed]:
        return stages.person(head, lambda to_frame: self._parsed(context, photo, to_frame))

    def _scene(self, request: SwapRequest, context: JobContext) -> Composed:
        check_sizes(request)
        with context.stage("find", 2):
            head = self._find(context, request.head, request.head_at)
            context.advance()
            body = self._find(context, request.body, request.body_at)
            context.advance()
        with context.stage("parse", 2):
            head, head_view, head_parsed = self._person(context, request.head, head)
            context.advance()
            body, body_view, body_parsed = self._person(context, request.body, body)
            context.advance()

        def make() -> stages.Scene:
            head_image = stages.view(toned.head.photo, head.to_frame.then(pair.move)).image
            seen = stages.view(toned.body.photo, body.to_frame)
            scene, blended = stages.blend(
                head_view, pair.head_parsed, seen, pair.body_parsed, pair.move, head_image,
                keep_background=request.keep_background, strands=strands,
            )  # fmt: skip
            return scene if is_whole else stages.inpaint(self.pipeline, scene, blended)

        with context.stage("layout", layout_steps(request)):
            mask = request.head_mask
            mask_key = None if mask is None else content_hash(mask)  # once: it is large
            head_parsed = self._as_painted(
                context, head_view, head_parsed, request.head_layout, mask, mask_key
            )
            body_parsed = self._as_painted(context, body_view, body_parsed, request.body_layout)
            pair = Pair.of(request, head, body, head_parsed, body_parsed, mask_key)
            toned = toned_photos(
                self.pipeline, request, pair, head_view, body_view, context,
                partial(self._cached, context),
            )  # fmt: skip
            strands = self._cached(
                context, lambda: flyaways(body_view.image, body_parsed.layout, body_view.inside),
                "flyaways", request.body, body.to_frame, body_parsed.layout,
            )  # fmt: skip
            painted = self._painted(context, request, pair)
            is_whole = painted is not None and not (painted == IGNORE).any()
            own = self._cached(
                context, make, "scene", toned.head.photo, toned.body.photo, pair,
                request.keep_background, is_whole,
            )  # fmt: skip
            scene = self._cached(
                context,
                lambda: stages.with_overrides(own, body.to_frame, painted, request.region),
                "overrides", own, body.to_frame, painted, request.region,
            )  # fmt: skip
            views = toned_view(toned.head, head_view), toned_view(toned.body, body_view)
            fit = fitting.fit(pair, *views)
        return Composed(scene, pair, None if is_whole else own.layout, painted, fit, toned)

    def _painted(
        self, context: JobContext, request: SwapRequest, pair: Pair
    ) -> NDArray[np.uint8] | None:
        """The user's own layout of the result, where the head is now."""
        layout, before = request.layout, request.layout_transform
        if layout is None or before is None or before == request.transform:
            return layout
        move = pair.moved_since(before)
        return self._cached(
            context, lambda: overrides.moved_along(layout, move), "moved along", layout, move
        )

    def _as_painted(
        self,
        context: JobContext,
        seen: stages.FrameView,
        parsed: stages.Parsed,
        layout: NDArray[np.uint8] | None,
        mask: NDArray[np.float32] | None = None,
        mask_key: str | None = None,
    ) -> stages.Parsed:
        if layout is None and mask is None:
            return parsed
        return self._cached(
            context, lambda: overrides.as_painted(parsed, seen, layout, mask),
            "as painted", parsed, seen, layout, mask_key,
        )  # fmt: skip

    # --- requests --------------------------------------------------------------------

    def _swap(self, request: SwapRequest, context: JobContext) -> tuple[Result, ...]:
        composed = self._scene(request, context)
        pair = composed.pair
        for sentence in composed.fit.advice[: fitting.MOST_SAID]:
            context.note(sentence)
        toned = composed.toned.request(request)
        draft = Draft(
            toned.body, pair.body.to_frame, composed.scene, pair.body_parsed.layout,
            (toned.head, toned.body, pair), request.region,
            head=lambda: pair.head_layer(toned),
            looks=lambda: neck_looks(self.pipeline, toned, pair, partial(self._cached, context)),
        )  # fmt: skip
        marked = composed.toned.marked
        return tuple(
            composed.told(marked(result, request.body, pair.head_to_body))
            for result in self._generate(context, draft, toned)
        )

    def placed_head(self, request: SwapRequest) -> NDArray[Any]:
        """The head photo as it lies in the body photo, which its opaque part is taken from."""
        with torch.inference_mode():
            return placed_head(self.pipeline, request)

    def _retouch(self, request: RetouchRequest, context: JobContext) -> tuple[Result, ...]:
        if not request.mask.any():
            raise RequestError(Sentence("The mask is empty: there is nothing to retouch."))
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
        sources = request.photo, to_frame, request.mask, request.layout
        draft = Draft(request.photo, to_frame, scene, parsed.layout, sources, request.mask)
        return self._generate(context, draft, request)

    def _replace_head(self, request: ReplaceHeadRequest, context: JobContext) -> tuple[Result, ...]:
        with context.stage("find"):
            head = self._find(context, request.photo, request.at)
        with context.stage("parse"):
            head, seen, parsed = self._person(context, request.photo, head)
        scene = stages.replace_head_scene(seen, parsed, keep_background=request.keep_background)
        sources = request.photo, head.to_frame, "replace"
        draft = Draft(request.photo, head.to_frame, scene, parsed.layout, sources)
        return self._generate(context, draft, request)

    def _layout(self, request: SwapRequest, context: JobContext) -> Result:
        composed = self._scene(request, context)
        to_frame = composed.pair.body.to_frame
        layout = stages.photo_layout(composed.scene.layout, to_frame, request.body.size)
        return composed.told(self._result(context, None, layout))

    def _parse(self, request: ParseRequest, context: JobContext) -> Result:
        with context.stage("find", 2):
            head = self._find(context, request.photo, request.at)
            context.advance()
            heads = self._heads(context, request.photo, thorough=True)
            first = (self._heads(context, request.photo, thorough=False) or heads)[0]
            context.advance()
            head, _, _ = self._person(context, request.photo, head)
            whole = whole_view(request.photo, head.to_frame)
        with context.stage("parse", len(tiles_of(whole))):
            layout = self._cached(
                context, lambda: parse_whole(self.pipeline, whole, context.advance),
                "parse_whole", request.photo, head.to_frame,
            )  # fmt: skip
        layout = stages.photo_layout(layout, whole.to_frame, request.photo.size)
        return replace(self._result(context, None, layout), people=stages.people(first, heads))

    # --- results -----------------------------------------------------------------------

    def _generate(
        self,
        context: JobContext,
        draft: Draft,
        request: SwapRequest | RetouchRequest | ReplaceHeadRequest,
    ) -> tuple[Result, ...]:
        generator = self.generator(self.pipeline, context, partial(self._cached, context))
        layout = stages.photo_layout(draft.scene.layout, draft.to_frame, draft.photo.size)
        return tuple(
            self._result(context, made.photo, layout, region=made.region, seed=made.seed)
            for made in generator.pictures(draft, request)
        )

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
