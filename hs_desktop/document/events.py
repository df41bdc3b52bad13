"""What observers of a document are told: which side, which layer, and what of it changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from hs_desktop.rects import Rect


class Side(StrEnum):
    """The three pictures of a project."""

    HEAD = "head"
    BODY = "body"
    RESULT = "result"


class What(StrEnum):
    """The kinds of change."""

    PIXELS = "pixels"  # a layer's pixels
    ATTRIBUTES = "attributes"  # a layer's name, visibility, opacity, lock, place, star ...
    ORDER = "order"  # layers added, removed or moved; which one is shown alone
    SETTINGS = "settings"  # the head's transform, sampling, persons picked


@dataclass(frozen=True)
class Change:
    """One change, after it happened.

    Attributes:
        what: its kind.
        side: the picture it belongs to; ``None`` for settings.
        layer_id: the layer; ``None`` for settings, and for the order of a stack. The layer
            may be gone from its stack by the time an observer asks for it.
        plane: which of the layer's planes; ``None`` where the layer's whole look changed.
        rects: where, in the layer's own pixels; empty means everywhere.
        names: the attributes or settings that changed.
    """

    what: What
    side: Side | None = None
    layer_id: str | None = None
    plane: str | None = None
    rects: tuple[Rect, ...] = ()
    names: frozenset[str] = frozenset()

    @property
    def rect(self) -> Rect | None:
        """The bounding box of ``rects``; ``None`` means everywhere."""
        return reduce(Rect.united, self.rects) if self.rects else None
