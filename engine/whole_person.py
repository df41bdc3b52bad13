"""The layout of a whole person, parsed frame by frame round the canonical one."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from engine.colour import to_srgb8
from engine.framing import FRAME_SIZE, Similarity, inside_mask, warp
from engine.imageio import Photo
from engine.labels import Layout, SemanticClass
from engine.sgldm.pipeline import HSDiffusionPipeline
from engine.stages import FrameView, parse

WHOLE_SIZE = 5 * FRAME_SIZE  # of a view that shows the whole person
BEFORE_FRAME = (2 * FRAME_SIZE, FRAME_SIZE // 2)  # px of it left of the frame, and above


def whole_view(photo: Photo, to_frame: Similarity) -> FrameView:
    """The photo at the frame's scale, far enough round the frame to show the whole person."""
    to_whole = to_frame.with_shift(*BEFORE_FRAME)
    image = to_srgb8(warp(photo.pixels, to_whole, (WHOLE_SIZE, WHOLE_SIZE)), photo.icc)
    return FrameView(image, inside_mask(photo.pixels.shape, to_whole, WHOLE_SIZE), to_whole)


def tiles_of(whole: FrameView) -> list[tuple[int, int]]:
    """Corners (x, y) of the frames that show all of the photo, the canonical one last.

    Of overlapping frames only those are needed that show what no nearer one does.
    """
    starts = range(0, WHOLE_SIZE - FRAME_SIZE + 1, FRAME_SIZE // 2)
    corners = sorted(
        ((x, y) for x in starts for y in starts), key=lambda tile: math.dist(tile, BEFORE_FRAME)
    )
    left = whole.inside.copy()
    tiles = []
    for x, y in corners:
        if left[_tile(x, y)].any():
            left[_tile(x, y)] = False
            tiles.append((x, y))
    return tiles[::-1]


def parse_whole(
    pipeline: HSDiffusionPipeline, whole: FrameView, on_tile: Callable[[], None]
) -> Layout:
    """The layout of a ``whole_view``, tile by tile; the canonical frame is parsed best."""
    layout = np.zeros((WHOLE_SIZE, WHOLE_SIZE), np.uint8)
    for x, y in tiles_of(whole):
        tile = _tile(x, y)
        seen = FrameView(whole.image[tile], whole.inside[tile], whole.to_frame.with_shift(-x, -y))
        layout[tile] = parse(pipeline, seen, thorough=(x, y) == BEFORE_FRAME).layout
        on_tile()
    return layout


def layout_of_whole(layout: Layout, whole: FrameView) -> Layout:
    """A photo-sized layout as a ``whole_view`` shows it."""
    size = WHOLE_SIZE, WHOLE_SIZE
    shown: Layout = warp(layout, whole.to_frame, size, interpolation=cv2.INTER_NEAREST)
    shown[~whole.inside] = SemanticClass.BACKGROUND
    return shown


def _tile(x: int, y: int) -> tuple[slice, slice]:
    return np.s_[y : y + FRAME_SIZE, x : x + FRAME_SIZE]
