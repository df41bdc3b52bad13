"""What the new neck of a swap is to look like."""

from __future__ import annotations

from functools import partial

from engine import stages
from engine.cache import Cached
from engine.framing import Similarity
from engine.imageio import Photo
from engine.labels import NECK
from engine.pairs import Pair
from engine.requests import SwapRequest
from engine.sgldm.appearance_tokens import Tokens
from engine.sgldm.pipeline import HSDiffusionPipeline


def neck_looks(
    pipeline: HSDiffusionPipeline, request: SwapRequest, pair: Pair, cached: Cached
) -> Tokens | None:
    """Halfway between the necks of the head's and the body's photo: it has to suit both.

    Args:
        request: with the photos as they go into the picture.
        cached: keeps the look of either neck.

    Returns:
        ``None`` where the denoiser has no appearance tokens.
    """
    if pipeline.denoiser.looks is None:
        return None
    head, body = (
        cached(
            partial(_of_photo, pipeline, photo, found.to_frame, parsed),
            "neck", photo, found.to_frame, parsed.layout,
        )
        for photo, found, parsed in (
            (request.head, pair.head, pair.head_parsed),
            (request.body, pair.body, pair.body_parsed),
        )
    )  # fmt: skip
    return head.mixed(body)


def _of_photo(
    pipeline: HSDiffusionPipeline, photo: Photo, to_frame: Similarity, parsed: stages.Parsed
) -> Tokens:
    seen = stages.view(photo, to_frame)
    z, _ = pipeline.encode_filled(seen.image, seen.inside, parsed.layout)
    tokens = pipeline.looks(z, seen.inside, parsed.layout)
    assert tokens is not None
    return tokens.only(NECK)
