"""The two people of a swap, brought together."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import overrides, stages
from engine.colour import convert_profile
from engine.compositing import HeadLayer
from engine.errors import RequestError
from engine.finding.finder import Head
from engine.framing import Similarity
from engine.imageio import Photo
from engine.requests import Fit, HeadPlace, HeadTransform, Result, SwapRequest
from engine.sentences import Sentence
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.toning import TonedPhotos


class Pair(NamedTuple):
    """Whose head goes on whose body, and how.

    Attributes:
        head, body: where they were found.
        head_parsed, body_parsed: their layouts, as the user has them.
        move: the head's frame -> the body's.
        mask_key: hash of the user's head mask, of which the layouts know less than there is.
    """

    head: Head
    body: Head
    head_parsed: stages.Parsed
    body_parsed: stages.Parsed
    move: Similarity
    mask_key: str | None = None

    @classmethod
    def of(
        cls, request: SwapRequest, head: Head, body: Head, head_parsed: stages.Parsed,
        body_parsed: stages.Parsed, mask_key: str | None = None,
    ) -> Pair:  # fmt: skip
        """Aligned at the neck, then moved as the request says."""
        move = stages.align(head_parsed, body_parsed, request.transform, body.to_frame)
        return cls(head, body, head_parsed, body_parsed, move, mask_key)

    def moved_since(self, transform: HeadTransform) -> Similarity:
        """The head's move in the body photo since the user's own move was ``transform``."""
        before = stages.align(self.head_parsed, self.body_parsed, transform, self.body.to_frame)
        frame = self.body.to_frame
        return frame.then(before.inverse()).then(self.move).then(frame.inverse())

    @property
    def place(self) -> HeadPlace | None:
        """Where the head stands before the user's own move."""
        return stages.head_place(self.head_parsed, self.body_parsed, self.body.to_frame)

    @property
    def head_to_body(self) -> Similarity:
        """Head photo px -> body photo px."""
        return self.head.to_frame.then(self.move).then(self.body.to_frame.inverse())

    def head_layer(self, request: SwapRequest) -> HeadLayer:
        """The head photo as it goes into the body photo, in its profile and depth."""
        pixels = convert_profile(request.head.pixels, request.head.icc, request.body.icc)
        return HeadLayer(
            pixels=_to_depth(pixels, request.body.pixels.dtype),
            to_body=self.head_to_body,
            layout=self.head_parsed.layout,
            probabilities=self.head_parsed.head_probability,
            to_frame=self.head.to_frame,
            painted=self.head_parsed.painted,
            mask=request.head_mask,
            masked=self.head_parsed.masked,
        )


class Composed(NamedTuple):
    """Two people put together, ready to be sampled.

    Attributes:
        scene: with all that the user painted.
        pair: whose head and whose body.
        own_layout: of the frame, without what was painted on it; ``None``: all of it was.
        painted: on the result, photo-sized, where the head is now.
        fit: how well the two go together.
        toned: the photos in the tones asked for.
    """

    scene: stages.Scene
    pair: Pair
    own_layout: NDArray[np.uint8] | None
    painted: NDArray[np.uint8] | None
    fit: Fit
    toned: TonedPhotos

    def told(self, result: Result) -> Result:
        """``result`` with what the caller may want to know of all this."""
        result = replace(result, head_place=self.pair.place, fit=self.fit)
        if self.own_layout is None or self.painted is None:
            return result
        height, width = self.painted.shape
        own = stages.photo_layout(self.own_layout, self.pair.body.to_frame, (width, height))
        return replace(result, own_layout=own, painted=self.painted)


def find_pair(pipeline: HSDiffusionPipeline, request: SwapRequest) -> Pair:
    """All stages up to the alignment, without a cache."""
    found, parsed = [], []
    for photo, at, layout, mask in (
        (request.head, request.head_at, request.head_layout, request.head_mask),
        (request.body, request.body_at, request.body_layout, None),
    ):

        def look(
            to_frame: Similarity, photo: Photo = photo
        ) -> tuple[stages.FrameView, stages.Parsed]:
            seen = stages.view(photo, to_frame)
            return seen, stages.parse(pipeline, seen)

        head, seen, said = stages.person(stages.find(pipeline, photo, at), look)
        found.append(head)
        parsed.append(overrides.as_painted(said, seen, layout, mask))
    return Pair.of(request, found[0], found[1], parsed[0], parsed[1])


def check_sizes(request: SwapRequest) -> None:
    """Raise ``RequestError`` where something painted isn't of its photo's size."""
    for photo, what, array in (
        (request.head, Sentence("head layout"), request.head_layout),
        (request.head, Sentence("head mask"), request.head_mask),
        (request.body, Sentence("body layout"), request.body_layout),
        (request.body, Sentence("layout"), request.layout),
        (request.body, Sentence("region"), request.region),
    ):
        if array is not None and array.shape != (photo.height, photo.width):
            height, width = array.shape[:2]
            raise RequestError(
                Sentence(
                    "The {what} is {width} x {height} pixels, its photo "
                    "{photo_width} x {photo_height}.",
                    what=what,
                    width=width,
                    height=height,
                    photo_width=photo.width,
                    photo_height=photo.height,
                ),
                subject=what,
            )


def _to_depth(pixels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """uint8 <-> uint16, full range to full range."""
    if pixels.dtype == dtype:
        return pixels
    if dtype == np.uint16:
        return pixels.astype(np.uint16) * 257
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
