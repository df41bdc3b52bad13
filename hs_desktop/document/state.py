"""All that a project is, in one frozen value; and what differs between two of them.

Undo needs no more than to put the former value back: whoever watches is told the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from engine.requests import HeadTransform
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.findings import At, Findings, Pair, Person
from hs_desktop.document.layers import Layer, PhotoLayer
from hs_desktop.document.planes import Crop, Plane
from hs_desktop.document.settings import SwapSettings
from hs_desktop.document.stack import LayerStack


@dataclass(frozen=True)
class ProjectState:
    """The project at one moment.

    Attributes:
        head, body, result: the three pictures' layers.
        head_at, body_at: point (x, y) or box (x0, y0, x1, y1) in photo pixels that picks a
            person; ``None``: the most prominent one.
        transform: the user's own move of the head.
        settings: the sampling panel's values.
        findings: what the engine knows of the photos; ``Document`` keeps it through undo.
    """

    head: LayerStack = field(default_factory=LayerStack)
    body: LayerStack = field(default_factory=LayerStack)
    result: LayerStack = field(default_factory=LayerStack)
    head_at: At | None = None
    body_at: At | None = None
    transform: HeadTransform = field(default_factory=HeadTransform)
    settings: SwapSettings = field(default_factory=SwapSettings)
    findings: Findings = field(default_factory=Findings)

    def stack(self, side: Side) -> LayerStack:
        return {Side.HEAD: self.head, Side.BODY: self.body, Side.RESULT: self.result}[side]

    def with_stack(self, side: Side, stack: LayerStack) -> ProjectState:
        changes: dict[str, Any] = {side.value: stack}
        return replace(self, **changes)

    def photo_layer(self, side: Side) -> PhotoLayer | None:
        """The layer that is the head or body photo."""
        return next((one for one in self.stack(side) if isinstance(one, PhotoLayer)), None)

    def photo_id(self, side: Side) -> str | None:
        """The id of that layer."""
        layer = self.photo_layer(side)
        return None if layer is None else layer.id

    def person(self, side: Side) -> Person | None:
        """Who is taken from the head or body photo; ``None`` without one."""
        photo, at = self.photo_id(side), self.head_at if side is Side.HEAD else self.body_at
        return None if photo is None else (photo, at)

    @property
    def pair(self) -> Pair | None:
        """The two people of a swap; ``None`` where a photo is missing."""
        head, body = self.person(Side.HEAD), self.person(Side.BODY)
        return None if head is None or body is None else (head, body)

    def side_of(self, layer_id: str) -> Side:
        """Where a layer is; ``KeyError`` where there is no such layer."""
        for side in Side:
            if layer_id in self.stack(side):
                return side
        raise KeyError(layer_id)

    def layer(self, layer_id: str) -> Layer:
        """A layer; ``KeyError`` where there is no such layer."""
        return self.stack(self.side_of(layer_id))[layer_id]

    @property
    def planes(self) -> frozenset[Plane]:
        """All editable pixels."""
        return frozenset(
            plane for side in Side for layer in self.stack(side) for plane in layer.planes.values()
        )

    def frozen(self) -> ProjectState:
        """The same for other threads to read while the user paints on; costs nothing yet."""
        stacks: dict[str, Any] = {
            side.value: replace(
                self.stack(side), layers=tuple(layer.frozen() for layer in self.stack(side))
            )
            for side in Side
        }
        return replace(self, **stacks)


def changes_between(before: ProjectState, after: ProjectState) -> list[Change]:
    """What an observer of ``before`` has to know to show ``after``."""
    changes = []
    for side in Side:
        one, other = before.stack(side), after.stack(side)
        ids = [layer.id for layer in one], [layer.id for layer in other]
        if ids[0] != ids[1] or one.solo != other.solo:
            changes.append(Change(What.ORDER, side))
        former = {layer.id: layer for layer in one}
        for layer in other:
            old = former.get(layer.id)
            if old is not None and old is not layer:
                changes += _layer_changes(side, old, layer)
    names = [f.name for f in fields(ProjectState) if f.name not in set(Side)]
    if differing := [name for name in names if getattr(before, name) != getattr(after, name)]:
        changes.append(Change(What.SETTINGS, names=frozenset(differing)))
    return changes


def _layer_changes(side: Side, old: Layer, new: Layer) -> list[Change]:
    names = [f.name for f in fields(new) if not _same(getattr(old, f.name, None),
                                                       getattr(new, f.name))]  # fmt: skip
    changes = []
    if any(isinstance(getattr(new, name), Plane | Crop) or name in ("photo", "base")
           for name in names):  # fmt: skip
        changes.append(Change(What.PIXELS, side, new.id))
    if names:
        changes.append(Change(What.ATTRIBUTES, side, new.id, names=frozenset(names)))
    return changes


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)
