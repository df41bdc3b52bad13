"""The eyedropper for classes."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from engine.labels import NUM_CLASSES, SemanticClass
from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.viewport import Point
from hs_desktop.document.errors import LayerError
from hs_desktop.i18n import _
from hs_desktop.tools.hands.hand import Hand, Workplace
from hs_desktop.tools.hands.targets import find_layout


def pick_class(place: Workplace, at: Point) -> None:
    """Take the class at a photo point into the hand; beside the layout nothing happens.

    Raises:
        LayerError: there is no layout.
    """
    layer = find_layout(place)
    if layer is None:
        raise LayerError(_("There is no layout to pick a class from yet."))
    x, y = math.floor(at[0]), math.floor(at[1])
    width, height = layer.size
    if 0 <= x < width and 0 <= y < height:
        class_id = int(layer.ids.pixels[y, x])
        if class_id < NUM_CLASSES:
            place.editor.tools.class_id = SemanticClass(class_id)


class Picker(Hand):
    """The class under the pointer, as long as the button is down."""

    cursor = Qt.CursorShape.CrossCursor

    def press(self, event: PointerEvent) -> None:
        pick_class(self.place, event.photo)

    def move(self, event: PointerEvent) -> None:
        pick_class(self.place, event.photo)
