"""How layouts are shown over the photos: set once for all canvases."""

from __future__ import annotations

from psygnal import Signal

from hs_desktop.observed import Observed, fraction


def _tell(look: LayoutLook) -> None:
    look.changed.emit()


class LayoutLook:
    """Watched by canvases and controls alike.

    Attributes:
        visible: whether layouts are shown at all.
        opacity: 0..1, of a filled layout whose layer is fully opaque.
        outlines: whether only the borders of the classes are shown.
        legend: whether the names of the classes stand in a corner.
        changed: something of it has another value now.
    """

    changed = Signal()

    visible = Observed[bool](_tell)
    opacity = Observed[float](_tell, keep=fraction)
    outlines = Observed[bool](_tell)
    legend = Observed[bool](_tell)

    def __init__(self) -> None:
        self.visible = True
        self.opacity = 0.5
        self.outlines = False
        self.legend = True

    def toggle_outlines(self) -> None:
        """Only borders, or filled again; to be seen in any case."""
        self.outlines = not self.outlines
        self.visible = True

    def toggle_legend(self) -> None:
        self.legend = not self.legend
