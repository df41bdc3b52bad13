"""Which tool is in the hand, and how it is set. Watched by panels and canvases alike."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from psygnal import Signal

from engine.labels import SemanticClass
from hs_desktop.observed import Observed, fraction
from hs_desktop.tools.strokes import Brush


class Tool(StrEnum):
    """The tools, in the order of the tool bar."""

    MOVE = "move"
    BRUSH = "brush"
    ERASER = "eraser"
    FILL = "fill"
    LASSO = "lasso"
    POLYGON = "polygon"
    MASK = "mask"
    RETOUCH = "retouch"  # paint a mask, the engine makes it anew
    CLONE = "clone"
    HEAL = "heal"
    PICK = "pick"
    HAND = "hand"
    ZOOM = "zoom"


def _tell(state: ToolState) -> None:
    state.changed.emit()


class ToolState:
    """The tool in the hand.

    Attributes:
        changed: something of it has another value now.
        tool: which one it is.
        brush: what brushes paint with.
        class_id: the class that is painted.
        stabiliser: how much the line is calmed, 0 .. 1.
        swap_class: what ``X`` exchanges the class with.
        class_reach: how far a class grows, shrinks or is smoothed, photo px; ``None``: as it
            suits the photo's size.
    """

    changed = Signal()

    tool = Observed[Tool](_tell)
    brush = Observed[Brush](_tell)
    class_id = Observed[SemanticClass](_tell)
    stabiliser = Observed[float](_tell, keep=fraction)
    class_reach = Observed[float | None](_tell)

    def __init__(self) -> None:
        self.tool = Tool.BRUSH
        self.brush = Brush(diameter=40.0)
        self.class_id = SemanticClass.HAIR
        self.swap_class = SemanticClass.BACKGROUND
        self.stabiliser = 0.0
        self.class_reach = None

    def resize(self, factor: float) -> None:
        """Make the brush larger or smaller; between 1 and 2000 photo px."""
        diameter = min(max(self.brush.diameter * factor, 1.0), 2000.0)
        self.brush = replace(self.brush, diameter=diameter)

    def harden(self, by: float) -> None:
        """Make the brush harder, or softer where negative; hardness stays between 0 and 1."""
        hardness = round(fraction(self.brush.hardness + by), 3)
        self.brush = replace(self.brush, hardness=hardness)

    def exchange_classes(self) -> None:
        self.swap_class, self.class_id = self.class_id, self.swap_class
