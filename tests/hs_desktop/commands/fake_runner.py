"""A scripted runner in place of the models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.engine import Description, Engine, JobContext
from engine.imageio import Photo
from engine.requests import Fit, LayoutRequest, ParseRequest, Result, SwapRequest

WIDTH, HEIGHT = 48, 32


class FakeRunner:
    """Gives the body photo with its first pixel telling the seed; ``script`` may interfere.

    Attributes:
        fit: what it says of head and body.
    """

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.script: Callable[[Any, JobContext], None] = lambda request, context: None
        self.opened: list[tuple[Any, Any, Any]] = []
        self.error: Exception | None = None
        self.fit: Fit | None = None

    def open(self, pack: Any = None, device: Any = None, *, precision: Any = None) -> Engine:
        self.opened.append((pack, device, precision))
        return Engine(self._load)

    def _load(self) -> FakeRunner:
        if self.error is not None:
            raise self.error
        return self

    def describe(self) -> Description:
        return Description("cpu fp32", "fake 1.0")

    def run(self, request: Any, context: JobContext) -> tuple[Result, ...]:
        self.requests.append(request)
        context.plan({"parse": 1, "sample": 2}, {"parse": 0.1, "sample": 0.1})
        with context.stage("parse"):
            self.script(request, context)
        with context.stage("sample", 2):
            context.advance()
        asked = request.swap if isinstance(request, LayoutRequest) else request
        source: Photo = asked.body if isinstance(asked, SwapRequest) else asked.photo
        layout = np.full((source.height, source.width), 2, dtype=np.uint8)
        region = np.ones((source.height, source.width), dtype=np.float32)
        described: Any = {
            "milliseconds": context.milliseconds, "notes": context.notes,
            "device": "cpu fp32", "pack": "fake 1.0", "fit": self.fit,
        }  # fmt: skip
        if isinstance(request, ParseRequest | LayoutRequest):
            return (Result(None, layout, None, None, **described),)
        results = []
        for seed in range(request.sampling.seed, request.sampling.seed + request.variations):
            pixels = source.pixels.copy()
            pixels[0, 0] = seed % 256
            results.append(Result(source.with_pixels(pixels), layout, region, seed, **described))
        return tuple(results)
