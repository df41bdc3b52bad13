"""The two people of a swap in the tones that are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from engine import stages
from engine.boxes import Box
from engine.cache import Cached
from engine.jobs import JobContext
from engine.pairs import Pair, find_pair
from engine.placing import place_head
from engine.requests import SwapRequest
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.toning import Seen, Toned, TonedPhotos, Tones, toned_body, toned_head
from engine.whole_person import layout_of_whole, parse_whole, whole_view


def toned_photos(
    pipeline: HSDiffusionPipeline,
    request: SwapRequest,
    pair: Pair,
    head_view: stages.FrameView,
    body_view: stages.FrameView,
    context: JobContext,
    cached: Cached,
) -> TonedPhotos:
    """Both photos in the tones asked for; their own where nothing is.

    Args:
        head_view, body_view: the frames that the pair's layouts are of.
        context: told of each tile that is parsed of the whole body.
    """
    tones = Tones.of(request)
    head = Seen(head_view.image, pair.head_parsed.layout, head_view.to_frame)
    body = Seen(body_view.image, pair.body_parsed.layout, body_view.to_frame)

    def make_body() -> Toned:
        whole = whole_view(request.body, pair.body.to_frame)
        if request.body_layout is not None:
            layout = layout_of_whole(request.body_layout, whole)
        else:  # hands, too
            layout = cached(
                lambda: parse_whole(pipeline, whole, context.advance),
                "parse_whole", request.body, pair.body.to_frame,
            )  # fmt: skip
        everything = Seen(whole.image, layout, whole.to_frame)
        return toned_body(request.body, everything, head, tones, context.check)

    # Neither depends on where the head is moved to.
    new_head, new_body = Toned(request.head), Toned(request.body)
    if tones.head_skin or tones.light:
        new_head = cached(
            lambda: toned_head(request.head, head, body, tones, context.check),
            "tone_head", request.head, head, body, tones.head_skin, tones.light,
        )  # fmt: skip
    if tones.body_skin:
        new_body = cached(
            make_body, "tone_body", request.body, request.body_layout, pair.body.to_frame, head,
            tones.body_skin,
        )  # fmt: skip
    return TonedPhotos(new_head, new_body)


def placed_head(pipeline: HSDiffusionPipeline, request: SwapRequest) -> NDArray[Any]:
    """The head photo, toned, as it lies in the body photo: HxWx3 of its size and type."""
    pair = find_pair(pipeline, request)
    head, body = (
        Seen(stages.view(photo, at.to_frame).image, parsed.layout, at.to_frame)
        for photo, at, parsed in (
            (request.head, pair.head, pair.head_parsed),
            (request.body, pair.body, pair.body_parsed),
        )
    )
    toned = toned_head(request.head, head, body, Tones.of(request))
    layer = pair.head_layer(replace(request, head=toned.photo))
    return place_head(layer, Box.of(request.body.pixels.shape))


def toned_view(toned: Toned, seen: stages.FrameView) -> stages.FrameView:
    """What a frame shows of a photo in the tones that it is used in."""
    return seen if toned.changed is None else stages.view(toned.photo, seen.to_frame)
