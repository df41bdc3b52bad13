"""Made-up swaps: a body photo, a new head, and what a denoiser might have made between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.boxes import Box
from engine.compositing import FrameResult, HeadLayer, composite, place_head
from engine.framing import Similarity, canonical_frame, warp
from engine.labels import HEAD, NECK, Layout, SemanticClass, mask_of
from engine.masks import dilate
from tests.engine.people import painted, person

C = SemanticClass


def face_at(x: float, y: float, height: float, degrees: float = 0) -> Similarity:
    """The canonical frame of a face of this height about (x, y), turned by ``degrees``."""
    turn = np.radians(degrees)
    half = height / 2 * np.array([-np.sin(turn), np.cos(turn)])
    return canonical_frame(np.array((x, y)) - half, np.array((x, y)) + half)


def grainy(
    pixels: NDArray[np.uint8], *, sigma: float = 5, deep: bool = False, seed: int = 0
) -> NDArray[Any]:
    """``pixels`` with grain, so that hardly a pixel is like its neighbour."""
    grain = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    levels = np.clip(pixels + grain, 0, 255) * (257 if deep else 1)
    return np.rint(levels).astype(np.uint16 if deep else np.uint8)


def head_layer(
    pixels: NDArray[Any], layout: Layout, to_frame: Similarity, to_body: Similarity | None = None
) -> HeadLayer:
    """All of the head in ``layout``; where it lies in its own photo unless ``to_body`` is given."""
    sure = cv2.GaussianBlur(mask_of(layout, HEAD).astype(np.float32), (0, 0), 1)
    return HeadLayer(pixels, to_body or Similarity(), layout, sure, to_frame)


def laid(mask: NDArray[np.bool_], way: Similarity, size: tuple[int, int]) -> NDArray[np.bool_]:
    nearest, black = cv2.INTER_NEAREST, cv2.BORDER_CONSTANT
    return warp(mask.astype(np.uint8), way, size, interpolation=nearest, border=black) > 0


def head_area(layer: HeadLayer, margin: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The head, grown by ``margin`` px of the frame, in a body photo of this size."""
    mask = dilate(mask_of(layer.layout, HEAD), margin)
    return laid(mask, layer.to_frame.inverse().then(layer.to_body), size)


@dataclass(frozen=True)
class Swap:
    """What ``composite`` takes, and who may show where."""

    body: NDArray[Any]
    to_frame: Similarity
    body_layout: Layout
    result: FrameResult
    head: HeadLayer

    def with_region(self, region: NDArray[Any]) -> Swap:
        return replace(self, result=replace(self.result, region=region.astype(np.float32)))

    def with_head_at(self, to_body: Similarity) -> Swap:
        return replace(self, head=replace(self.head, to_body=to_body))

    def composite(
        self, head: bool = True, **options: Any
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        layer = self.head if head else None
        arguments = (self.body, self.to_frame, self.result, layer, self.body_layout)
        return composite(*arguments, **options)

    @property
    def size(self) -> tuple[int, int]:
        return self.body.shape[1], self.body.shape[0]

    @property
    def placed(self) -> NDArray[Any]:
        return place_head(self.head, Box.of(self.body.shape))

    def head_mask(self, margin: int) -> NDArray[np.bool_]:
        return head_area(self.head, margin, self.size)

    def region_mask(self, margin: int) -> NDArray[np.bool_]:
        """The region, grown by ``margin`` px of the frame, in the body photo."""
        mask = dilate(self.result.region > 0.5, margin)
        return laid(mask, self.to_frame.inverse(), self.size)


def made_up(
    face: float = 44, size: tuple[int, int] = (150, 180), *,
    at: tuple[float, float] | None = None, degrees: float = 5, deep: bool = False,
) -> Swap:  # fmt: skip
    """A long-haired head in place of one in a photo of ``size``, its face ``face`` px high."""
    to_frame = face_at(*(at or (size[0] * 0.47, size[1] * 0.38)), face, degrees)
    body_layout, head_layout = person(), person(long_hair=True, x=126)
    body = grainy(painted(body_layout, to_frame, size), deep=deep)
    head_frame = face_at(90, 80, 60, -4)
    pixels = grainy(painted(head_layout, head_frame, (180, 210)), deep=deep, seed=1)
    head = head_layer(pixels, head_layout, head_frame, head_frame.then(to_frame.inverse()))
    old = dilate(mask_of(body_layout, HEAD | NECK), 5)
    behind = np.where(mask_of(body_layout, HEAD), C.BACKGROUND, body_layout).astype(np.uint8)
    image = cv2.GaussianBlur(painted(behind), (0, 0), 1.2).astype(np.float32)
    image += np.array((9, -4, 6), np.float32)
    result = FrameResult(image, behind, old.astype(np.float32))
    return Swap(body, to_frame, body_layout, result, head)
