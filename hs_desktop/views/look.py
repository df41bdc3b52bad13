"""How layouts are shown over the photos: set once for all canvases."""

from __future__ import annotations

from psygnal import Signal


class LayoutLook:
    """Watched by canvases and controls alike.

    Attributes:
        changed: something of it has another value now.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._visible = True
        self._opacity = 0.5
        self._outlines = False
        self._legend = True

    @property
    def visible(self) -> bool:
        """Whether layouts are shown at all."""
        return self._visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        if visible != self._visible:
            self._visible = visible
            self.changed.emit()

    @property
    def opacity(self) -> float:
        """0..1, of a filled layout whose layer is fully opaque."""
        return self._opacity

    @opacity.setter
    def opacity(self, opacity: float) -> None:
        opacity = min(max(opacity, 0.0), 1.0)
        if opacity != self._opacity:
            self._opacity = opacity
            self.changed.emit()

    @property
    def outlines(self) -> bool:
        """Whether only the borders of the classes are shown."""
        return self._outlines

    @outlines.setter
    def outlines(self, outlines: bool) -> None:
        if outlines != self._outlines:
            self._outlines = outlines
            self.changed.emit()

    @property
    def legend(self) -> bool:
        """Whether the names of the classes stand in a corner."""
        return self._legend

    @legend.setter
    def legend(self, legend: bool) -> None:
        if legend != self._legend:
            self._legend = legend
            self.changed.emit()
