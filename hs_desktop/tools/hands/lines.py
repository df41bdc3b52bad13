"""Tools that draw lines with the brush: from the pointer's positions to dabs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hs_desktop.canvas.events import PointerEvent
from hs_desktop.canvas.viewport import Point
from hs_desktop.document.strokes import Stroke
from hs_desktop.rects import Rect
from hs_desktop.tools.brushes import runs
from hs_desktop.tools.hands.hand import Hand, Workplace, erases
from hs_desktop.tools.stabilisers import Direct, Lagging, Stabiliser
from hs_desktop.tools.strokes import Brush, Dab
from hs_desktop.tools.strokes import Stroke as Line

_LONGEST_LAG = 120.0  # widget px, with the stabiliser at its strongest


class LineHand(Hand, ABC):
    """A line from press to release is one stroke of the document, so one undo command.

    With shift, a straight line joins it to where the last one ended.
    """

    has_brush = True

    def __init__(self, place: Workplace) -> None:
        super().__init__(place)
        self._line: Line | None = None
        self._stroke: Stroke | None = None
        self._last: Point | None = None
        self.brush = Brush()

    # --- what the tools add --------------------------------------------------------------------

    @abstractmethod
    def begin(self, event: PointerEvent, erase: bool) -> Stroke | None:
        """Begin to edit the layer that is worked on; ``None``: the press meant something else.

        Args:
            event: the press.
            erase: take away instead of adding.
        """

    @abstractmethod
    def paint(self, stroke: Stroke, dabs: list[Dab], rect: Rect) -> None:
        """Paint dabs that lie in ``rect`` of the layer."""

    def end(self, stroke: Stroke) -> None:
        """The line is complete."""
        stroke.finish()

    def give_up(self, stroke: Stroke) -> None:
        """The line isn't wanted."""
        stroke.cancel()

    @property
    @abstractmethod
    def bounds(self) -> Rect:
        """Of the layer that is painted on."""

    # --- the pointer ---------------------------------------------------------------------------

    def press(self, event: PointerEvent) -> None:
        self.brush = self.place.editor.tools.brush
        self._stroke = self.begin(event, erases(event))
        if self._stroke is None:
            return
        straight = self._last if event.shift else None
        self._line = Line(self.brush, Direct() if straight else self._stabiliser())
        dabs = self._line.add(*straight, event.pressure) if straight else []
        self._put(dabs + self._line.add(*event.photo, event.pressure))
        self._last = event.photo

    def _stabiliser(self) -> Stabiliser:
        amount = self.place.editor.tools.stabiliser
        if amount == 0:
            return Direct()
        return Lagging(amount * _LONGEST_LAG / self.place.view.viewport.scale)

    def move(self, event: PointerEvent) -> None:
        if self._line is not None:
            self._put(self._line.add(*event.photo, event.pressure))
            self._last = event.photo

    def release(self, event: PointerEvent) -> None:
        line, stroke = self._line, self._stroke
        if line is not None and stroke is not None:
            self._put(line.finish())
        if stroke is not None and stroke.is_open:
            self.end(stroke)
        self._line = self._stroke = None

    def cancel(self) -> None:
        stroke, self._stroke, self._line = self._stroke, None, None
        if stroke is not None and stroke.is_open:
            self.give_up(stroke)

    def lay_down(self) -> None:
        self.cancel()
        self._last = None

    def _put(self, dabs: list[Dab]) -> None:
        # Undo, or saving, may have finished the stroke while the button is still down.
        if self._stroke is not None and self._stroke.is_open:
            for run, rect in runs(dabs, self.brush, self.bounds):
                self.paint(self._stroke, run, rect)
