"""Giving whole areas of a layout a class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hs_desktop.document.layers import LayoutLayer
from hs_desktop.rects import Rect
from hs_desktop.tools.brushes import put_class
from hs_desktop.tools.hands.hand import Workplace
from hs_desktop.tools.hands.targets import layout_target
from hs_desktop.tools.shapes import polygon


def put_area(
    place: Workplace,
    layer: LayoutLayer,
    name: str,
    area: tuple[Rect, NDArray[np.bool_]],
    erase: bool,
) -> None:
    """Give the pixels of an area the class in the hand, or put back what the parser said.

    Args:
        layer: to be changed; one undo command called ``name``.
        area: a rectangle of the layer, and which of its pixels are meant.
    """
    rect, where = area
    if rect.empty:
        return
    value = layer.parsed.pixels[rect.slices] if erase else int(place.editor.tools.class_id)
    with (
        place.document.stroke(layer.id, name) as stroke,
        stroke.edit("ids", rect) as pixels,
    ):
        put_class(pixels, where, value)


def put_polygon(
    place: Workplace, name: str, points: list[tuple[float, float]], erase: bool = False
) -> None:
    """The same with what a closed line through ``points`` (photo px) goes round."""
    layer = layout_target(place)
    put_area(place, layer, name, polygon(points, layer.ids.rect), erase)
