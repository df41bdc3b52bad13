"""A runner that plays a script instead of making pictures, and an engine with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.engine import Description, Engine, JobContext
from engine.imageio import Photo
from engine.requests import ParseRequest, Result

WAIT = 5.0
Script = Callable[[ParseRequest, JobContext], None]


def request(shade: int = 0) -> ParseRequest:
    return ParseRequest(Photo(np.full((16, 16, 3), shade, dtype=np.uint8)))


class ScriptedRunner:
    """Plays the next script for each request; without one, gives a result at once."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.seen: list[ParseRequest] = []
        self.threads: set[int] = set()

    def run(self, request: ParseRequest, context: JobContext) -> tuple[Result, ...]:
        self.seen.append(request)
        self.threads.add(threading.get_ident())
        if self.scripts:
            self.scripts.pop(0)(request, context)
        layout = np.zeros((16, 16), dtype=np.uint8)
        return (
            Result(None, layout, None, None, dict(context.milliseconds), context.notes, *DESCRIBED),
        )

    def describe(self) -> Description:
        return DESCRIBED


DESCRIBED = Description("cpu", "scripted 1.0")


@dataclass
class Bench:
    engine: Engine
    runner: ScriptedRunner
    loads: list[int]


class Gate:
    """A script that says when it has begun and goes on when told to."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, request: ParseRequest, context: JobContext) -> None:
        self.begun.set()
        assert self.go.wait(WAIT)


def endless(begun: threading.Event) -> Script:
    def script(_: ParseRequest, context: JobContext) -> None:
        with context.stage("sample", 1000):
            while True:
                begun.set()
                context.check()

    return script
