"""What a job will have to do, for its progress and the time left."""

from __future__ import annotations

from engine.requests import LayoutRequest, ParseRequest, Request, SwapRequest

# First guesses of seconds a step, on two CPU cores; the engine learns its own.
SECONDS = {
    "find": 0.2, "parse": 0.1, "layout": 0.1, "encode": 0.05, "prepare": 0.4, "sample": 0.06,
    "decode": 0.04, "composite": 0.4,
}  # fmt: skip

_TILES = 12  # frames that show a whole person, about


def steps_of(request: Request) -> dict[str, int]:
    """Stage -> steps of a whole job, for progress and time left."""
    if isinstance(request, ParseRequest):
        return {"find": 2, "parse": _TILES}
    if isinstance(request, LayoutRequest):
        return {"find": 2, "parse": 2, "layout": layout_steps(request.swap)}
    photos = 2 if isinstance(request, SwapRequest) else 1
    n = request.variations
    steps = {"find": photos, "parse": photos, "encode": n, "prepare": 1}
    if isinstance(request, SwapRequest):
        steps["layout"] = layout_steps(request)
    return steps | {"sample": n * request.sampling.steps, "decode": n, "composite": n}


def layout_steps(request: SwapRequest) -> int:
    """Steps of bringing two people together: for another skin all of the body is parsed."""
    return 1 + (_TILES if request.body_skin > 0 and request.body_layout is None else 0)
