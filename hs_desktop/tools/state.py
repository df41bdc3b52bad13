"""Which tool is in the hand, and how it is set. Watched by panels and canvases alike."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from psygnal import Signal

from engine.labels import SemanticClass
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


class ToolState:
    """The tool in the hand.

    Attributes:
        changed: something of it has another value now.
        stabiliser: how much the line is calmed, 0 .. 1.
        swap_class: what ``X`` exchanges the class with.
        class_reach: how far a class grows, shrinks or is smoothed, photo px; ``None``: as it
            suits the photo's size.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._tool = Tool.BRUSH
        self._brush = Brush(diameter=40.0)
        self._class_id = SemanticClass.HAIR
        self.swap_class = SemanticClass.BACKGROUND
        self._stabiliser = 0.0
        self._class_reach: float | None = None

    @property
    def tool(self) -> Tool:
        return self._tool

    @tool.setter
    def tool(self, tool: Tool) -> None:
        if tool is not self._tool:
            self._tool = tool
            self.changed.emit()

    @property
    def brush(self) -> Brush:
        return self._brush

    @brush.setter
    def brush(self, brush: Brush) -> None:
        if brush != self._brush:
            self._brush = brush
            self.changed.emit()

    def resize(self, factor: float) -> None:
        """Make the brush larger or smaller; between 1 and 2000 photo px."""
        diameter = min(max(self._brush.diameter * factor, 1.0), 2000.0)
        self.brush = replace(self._brush, diameter=diameter)

    def harden(self, by: float) -> None:
        """Make the brush harder, or softer where negative; hardness stays between 0 and 1."""
        hardness = min(max(self._brush.hardness + by, 0.0), 1.0)
        self.brush = replace(self._brush, hardness=round(hardness, 3))

    @property
    def class_id(self) -> SemanticClass:
        return self._class_id

    @class_id.setter
    def class_id(self, class_id: SemanticClass) -> None:
        if class_id != self._class_id:
            self._class_id = class_id
            self.changed.emit()

    def exchange_classes(self) -> None:
        self._class_id, self.swap_class = self.swap_class, self._class_id
        self.changed.emit()

    @property
    def stabiliser(self) -> float:
        return self._stabiliser

    @stabiliser.setter
    def stabiliser(self, amount: float) -> None:
        amount = min(max(amount, 0.0), 1.0)
        if amount != self._stabiliser:
            self._stabiliser = amount
            self.changed.emit()

    @property
    def class_reach(self) -> float | None:
        return self._class_reach

    @class_reach.setter
    def class_reach(self, px: float | None) -> None:
        if px != self._class_reach:
            self._class_reach = px
            self.changed.emit()
