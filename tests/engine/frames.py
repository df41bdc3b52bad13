"""Layouts of painted people as the stages hand them on."""

from __future__ import annotations

import numpy as np

from engine.framing import Similarity
from engine.labels import HEAD, Layout, mask_of
from engine.stages import FrameView, Parsed
from tests.engine.people import painted


def parsed(layout: Layout) -> Parsed:
    """What a parser says that is sure of itself."""
    return Parsed(layout, mask_of(layout, HEAD).astype(np.float32))


def seen(layout: Layout) -> FrameView:
    """A photo that is its own frame."""
    return FrameView(painted(layout), np.ones((256, 256), bool), Similarity())
