"""Requests to an engine with tiny models, on painted people.

The models' weights are random, so the pictures are none to look at; sizes, who keeps what,
what runs again and what reaches the network can be held all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.engine import Engine
from engine.requests import Request, Result, SamplingSettings, SwapRequest
from engine.runner import PipelineRunner
from tests.engine.people import person, snapshot

FEW = SamplingSettings(seed=3, steps=2)
SHAPE = (252, 210)
HEAD_PHOTO = snapshot(person(long_hair=True), face=56, at=(84, 70), size=(182, 210))
BODY_PHOTO = snapshot(person(), face=44, at=(98, 84), size=(210, 252), degrees=5)
SWAP = SwapRequest(HEAD_PHOTO, BODY_PHOTO, sampling=FEW)
RETOUCH_MASK = np.zeros(SHAPE, np.float32)
RETOUCH_MASK[105:126, 91:116] = 1
MAKING = {"sample", "decode", "composite"}  # the stages that run for every result


@dataclass
class Studio:
    """An engine whose calls of the networks are counted."""

    engine: Engine
    runner: PipelineRunner
    sampled: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, request: Request, **callbacks: Callable[..., None]) -> tuple[Result, ...]:
        return self.engine.submit(request, **callbacks).result(60)

    def one(self, request: Request) -> Result:
        (result,) = self.ask(request)
        return result


def again(result: Result) -> set[str]:
    """The stages that did run."""
    return {stage for stage, time in result.milliseconds.items() if time > 0} - {"load"}
