"""The mask brush, and *Retouch here*: what is painted is made anew."""

from __future__ import annotations

import numpy as np

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.document.layers import MaskLayer
from hs_desktop.document.strokes import Stroke
from hs_desktop.engine_bridge import JobRecord
from hs_desktop.i18n import _
from hs_desktop.rects import EMPTY, Rect
from hs_desktop.tools.brushes import paint_mask, shifted
from hs_desktop.tools.hands.hand import Workplace
from hs_desktop.tools.hands.lines import LineHand
from hs_desktop.tools.hands.targets import mask_target, retouch_mask
from hs_desktop.tools.strokes import Dab


class MaskBrush(LineHand):
    """Adds to a mask and takes out of what was taken away; the other way round to erase."""

    _layer: MaskLayer | None = None
    _erase = False

    def begin(self, event: PointerEvent, erase: bool) -> Stroke | None:
        self._layer, self._erase = mask_target(self.place), erase
        name = _("Take away from mask") if erase else _("Add to mask")
        return self.place.document.stroke(self._layer.id, name)

    @property
    def bounds(self) -> Rect:
        return EMPTY if self._layer is None else self._layer.add.rect

    def paint(self, stroke: Stroke, dabs: list[Dab], rect: Rect) -> None:
        inner = shifted(dabs, -rect.x0, -rect.y0)
        for plane, erase in (("add", self._erase), ("subtract", not self._erase)):
            with stroke.edit(plane, rect) as pixels:
                paint_mask(pixels, inner, self.brush, erase=erase)


class RetouchBrush(MaskBrush):
    """Paints what is to be made anew; letting go asks the engine for it.

    Strokes made while the engine is still at work add up; later ones begin a new mask. The
    mask is to be seen until the engine has answered.
    """

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._record: JobRecord | None = None

    def begin(self, event: PointerEvent, erase: bool) -> Stroke | None:
        self._layer, self._erase = retouch_mask(self.place), erase
        stroke = self.place.document.stroke(self._layer.id, _("Paint retouch mask"))
        if self._record is None and not erase:
            for plane in ("add", "subtract"):
                stroke.replace(plane, np.zeros_like(self._layer.planes[plane].pixels))
        self.place.items.reveal(self._layer.id, True)
        return stroke

    def end(self, stroke: Stroke) -> None:
        assert self._layer is not None
        super().end(stroke)
        record = None
        if self._layer.combined().any():
            record = self.place.editor.retouch(self._layer.id)
        if record is None or record.has_ended:
            self._conceal()
        else:
            self._record = record

    def give_up(self, stroke: Stroke) -> None:
        super().give_up(stroke)
        if self._record is None:
            self._conceal()

    def job_ended(self, record: JobRecord) -> None:
        if record is self._record:
            self._record = None
            if self._stroke is None:
                self._conceal()

    def _conceal(self) -> None:
        if self._layer is not None:
            self.place.items.reveal(self._layer.id, False)
