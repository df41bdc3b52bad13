"""Clone and heal: from another place of the picture, onto a retouch layer over it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.overlay import Overlay
from hs_desktop.canvas.viewport import Point, Viewport
from hs_desktop.document.compositing import flatten_part
from hs_desktop.document.errors import LayerError
from hs_desktop.document.layers import PictureLayer
from hs_desktop.document.state import ProjectState
from hs_desktop.document.strokes import Stroke
from hs_desktop.i18n import _
from hs_desktop.rects import EMPTY, Rect
from hs_desktop.tools.brushes import paint_mask, shifted
from hs_desktop.tools.copying import Cover, faded, laid_over
from hs_desktop.tools.hands.hand import Workplace
from hs_desktop.tools.hands.lines import LineHand
from hs_desktop.tools.hands.targets import retouch_picture
from hs_desktop.tools.healing import Correction
from hs_desktop.tools.strokes import Dab

_ROOM = 8  # px at least round a healed stroke that tell what tone is wanted


class CloneBrush(LineHand):
    """Copies what is to be seen elsewhere; alt and a click say where.

    The distance from there stays the same, from stroke to stroke, until another place is
    chosen. All layers are copied from, as they were before the stroke. What erases takes the
    retouch layer away.
    """

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._mark = SourceMark()
        self._source: Point | None = None
        self._offset: tuple[int, int] | None = None  # to the source, photo px
        self._layer: PictureLayer | None = None
        self._erase = False
        self._cover: Cover = np.zeros((0, 0), np.float32)
        self._touched = EMPTY
        self._before = ProjectState()  # as all was when the stroke began

    def take(self) -> None:
        self.place.view.add_overlay(self._mark)

    def lay_down(self) -> None:
        super().lay_down()
        self.place.view.remove_overlay(self._mark)

    def hover(self, event: PointerEvent) -> None:
        self._show_mark(event.photo)

    def move(self, event: PointerEvent) -> None:
        super().move(event)
        self._show_mark(event.photo)

    def _show_mark(self, pointer: Point) -> None:
        at = self._source
        if self._offset is not None:
            at = pointer[0] + self._offset[0], pointer[1] + self._offset[1]
        self._mark.show_at(at)

    def begin(self, event: PointerEvent, erase: bool) -> Stroke | None:
        if event.alt and not erase:
            self._source, self._offset, self._last = event.photo, None, None
            self._show_mark(event.photo)
            return None
        if not erase:
            self._take_aim(event.photo)
        layer = self._layer = retouch_picture(self.place)
        self._erase, self._touched = erase, EMPTY
        width, height = layer.size
        self._cover = np.zeros((height, width), np.float32)
        self._before = self.place.document.state.frozen()
        name = _("Erase retouching") if erase else self._name()
        return self.place.document.stroke(layer.id, name)

    def _name(self) -> str:
        return _("Clone")

    def _take_aim(self, at: Point) -> None:
        if self._source is None:
            raise LayerError(_("Choose where to copy from first: hold Alt and click there."))
        if self._offset is None:
            x, y = self._source
            self._offset = round(x - at[0]), round(y - at[1])

    @property
    def bounds(self) -> Rect:
        """What has a source, as far as one is needed."""
        if self._layer is None:
            return EMPTY
        whole = self._layer.pixels.rect
        return whole if self._erase else whole.intersected(self._home(whole))

    def _home(self, source: Rect) -> Rect:
        """Where what lies in ``source`` is laid."""
        assert self._offset is not None
        return source.shifted(-self._offset[0], -self._offset[1])

    def _former(self, rect: Rect) -> np.ndarray:
        """The layer, before the stroke."""
        assert self._layer is not None
        layer = self._before.layer(self._layer.id)
        assert isinstance(layer, PictureLayer)
        return layer.pixels.read(rect)

    def _below(self, rect: Rect) -> np.ndarray:
        """All that was to be seen, before the stroke."""
        return flatten_part(self._before, self.place.side, rect)

    def _copied(self, rect: Rect) -> np.ndarray:
        assert self._offset is not None
        return self._below(rect.shifted(*self._offset))

    def paint(self, stroke: Stroke, dabs: list[Dab], rect: Rect) -> None:
        before, cover = self._former(rect), self._cover[rect.slices]
        paint_mask(cover, shifted(dabs, -rect.x0, -rect.y0), self.brush)
        made = faded(before, cover) if self._erase else laid_over(before, self._copied(rect), cover)
        with stroke.edit("pixels", rect) as pixels:
            pixels[...] = made
        self._touched = self._touched.united(rect)

    def end(self, stroke: Stroke) -> None:
        super().end(stroke)
        self._before = ProjectState()

    def give_up(self, stroke: Stroke) -> None:
        super().give_up(stroke)
        self._before = ProjectState()


class HealBrush(CloneBrush):
    """Clones, and once the button is up the copy takes on the tone of its surroundings."""

    def _name(self) -> str:
        return _("Heal")

    def end(self, stroke: Stroke) -> None:
        if not self._erase and not self._touched.empty:
            self._heal(stroke)
        super().end(stroke)

    def _heal(self, stroke: Stroke) -> None:
        room = max(_ROOM, math.ceil(self.brush.diameter / 4))
        box = self._touched.grown(room).intersected(self.bounds)
        cover = self._cover[box.slices]
        correction = Correction(self._below(box), self._copied(box), cover)
        assert self._layer is not None
        plane = self._layer.pixels
        for tile in plane.tiles(self._touched):
            rect = plane.tile_rect(tile).intersected(self._touched)
            covered = self._cover[rect.slices]
            if covered.any():
                healed = self._copied(rect) + correction.of(rect.shifted(-box.x0, -box.y0))
                with stroke.edit("pixels", rect) as pixels:
                    pixels[...] = laid_over(self._former(rect), healed, covered)


class SourceMark(Overlay):
    """A cross where is copied from."""

    def __init__(self) -> None:
        super().__init__()
        self._at: Point | None = None

    def show_at(self, at: Point | None) -> None:
        """A photo point; nothing for ``None``."""
        if at != self._at:
            self._at = at
            self.repaint.emit()

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self._at is None:
            return
        at = QPointF(*view.to_widget(self._at))
        for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255, 235), 1.3)):
            painter.setPen(QPen(colour, width))
            for arm in (QPointF(8, 0), QPointF(0, 8)):
                painter.drawLine(at - arm, at + arm)
