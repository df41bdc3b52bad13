"""The fill tool."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.i18n import _
from hs_desktop.tools.fill import flood
from hs_desktop.tools.hands.areas import put_area
from hs_desktop.tools.hands.hand import Hand, erases
from hs_desktop.tools.hands.pick import pick_class
from hs_desktop.tools.hands.targets import layout_target


class Fill(Hand):
    """Gives the patch of one class under the pointer the class in the hand.

    The right button puts back what the parser said there; with alt, the class is picked.
    """

    cursor = Qt.CursorShape.CrossCursor

    def press(self, event: PointerEvent) -> None:
        if event.alt:
            pick_class(self.place, event.photo)
            return
        layer = layout_target(self.place)
        seed = math.floor(event.photo[0]), math.floor(event.photo[1])
        put_area(self.place, layer, _("Fill"), flood(layer.ids.pixels, seed), erases(event))
