"""Brush and eraser for the classes of a layout."""

from __future__ import annotations

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.document.layers import LayoutLayer
from hs_desktop.document.strokes import Stroke
from hs_desktop.i18n import _
from hs_desktop.rects import EMPTY, Rect
from hs_desktop.tools.brushes import paint_classes, shifted
from hs_desktop.tools.hands.lines import LineHand
from hs_desktop.tools.hands.pick import pick_class
from hs_desktop.tools.hands.targets import layout_target
from hs_desktop.tools.strokes import Dab


class ClassBrush(LineHand):
    """Paints the class in the hand; what erases puts back what the parser said.

    With alt, the class under the pointer comes into the hand instead.
    """

    _layer: LayoutLayer | None = None
    _value: int | None = None  # ``None``: what the parser said

    def begin(self, event: PointerEvent, erase: bool) -> Stroke | None:
        if event.alt:
            pick_class(self.place, event.photo)
            return None
        self._layer = layout_target(self.place)
        self._value = None if erase else int(self.place.editor.tools.class_id)
        name = _("Erase class") if erase else _("Paint class")
        return self.place.document.stroke(self._layer.id, name)

    @property
    def bounds(self) -> Rect:
        return EMPTY if self._layer is None else self._layer.ids.rect

    def paint(self, stroke: Stroke, dabs: list[Dab], rect: Rect) -> None:
        assert self._layer is not None
        value = self._layer.parsed.pixels[rect.slices] if self._value is None else self._value
        with stroke.edit("ids", rect) as pixels:
            paint_classes(pixels, shifted(dabs, -rect.x0, -rect.y0), self.brush, value)


class ClassEraser(ClassBrush):
    """Puts back what the parser said, with either button."""

    def begin(self, event: PointerEvent, erase: bool) -> Stroke | None:
        return super().begin(event, True)
