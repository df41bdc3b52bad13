"""An ordered stack of layers. Like the layers it never changes: each method gives a new one."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from engine.sentences import Sentence
from hs_desktop.document.errors import LayerError
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer
from hs_desktop.i18n import _, translated


@dataclass(frozen=True)
class LayerStack:
    """Layers from the bottom to the top.

    Attributes:
        layers: with ids and names that are unique.
        solo: the id of the only layer to be shown, if there is one.
    """

    layers: tuple[Layer, ...] = ()
    solo: str | None = None

    def __post_init__(self) -> None:
        if len({layer.id for layer in self.layers}) < len(self.layers):
            raise ValueError("two layers with the same id")
        if len({layer.name for layer in self.layers}) < len(self.layers):
            raise ValueError("two layers with the same name")
        if self.solo is not None and self.solo not in self:
            raise ValueError(f"no layer {self.solo} that could be shown alone")

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __contains__(self, layer_id: object) -> bool:
        return any(layer.id == layer_id for layer in self.layers)

    def __getitem__(self, layer_id: str) -> Layer:
        return self.layers[self.index(layer_id)]

    def index(self, layer_id: str) -> int:
        """Its place from the bottom; ``KeyError`` where there is no such layer."""
        for i, layer in enumerate(self.layers):
            if layer.id == layer_id:
                return i
        raise KeyError(layer_id)

    @property
    def shown(self) -> tuple[Layer, ...]:
        """The layers to be seen, from the bottom to the top."""
        if self.solo is not None:
            return (self[self.solo],)
        return tuple(layer for layer in self.layers if layer.visible)

    @property
    def pictures(self) -> tuple[Layer, ...]:
        """The pictures that count, from the bottom to the top.

        Where a layout or a mask is shown alone, it is only looked at: they count as before.
        """
        alone = self.solo is not None and not _is_map(self[self.solo])
        layers = self.shown if alone else (layer for layer in self.layers if layer.visible)
        return tuple(layer for layer in layers if not _is_map(layer))

    def unique_name(self, name: str, *, but: str | None = None) -> str:
        """``name``, with a number behind it where a layer (other than ``but``) has it already."""
        others = [layer.name for layer in self.layers if layer.id != but]
        taken = {*others, *map(translated, others)}
        stem = _stem(name, taken)
        names = chain([name], (_numbered(stem, number) for number in count(2)))
        return next(one for one in names if taken.isdisjoint((one, translated(one))))

    def added(self, layer: Layer, index: int | None = None) -> LayerStack:
        """With ``layer`` at ``index`` from the bottom (else on top), its name made unique."""
        layer = replace(layer, name=self.unique_name(layer.name))
        at = len(self.layers) if index is None else index
        return replace(self, layers=(*self.layers[:at], layer, *self.layers[at:]))

    def removed(self, layer_id: str) -> LayerStack:
        """Without a layer; raises ``LayerError`` where it is locked."""
        at = self.index(layer_id)
        need_unlocked(self.layers[at])
        solo = None if self.solo == layer_id else self.solo
        return LayerStack((*self.layers[:at], *self.layers[at + 1 :]), solo)

    def moved(self, layer_id: str, index: int) -> LayerStack:
        """With a layer at another place, counted from the bottom once it is taken out."""
        at = self.index(layer_id)
        rest = [*self.layers[:at], *self.layers[at + 1 :]]
        rest.insert(max(0, index), self.layers[at])
        return replace(self, layers=tuple(rest))

    def duplicated(self, layer_id: str) -> LayerStack:
        """With a copy of a layer right above it; a copy isn't locked."""
        at = self.index(layer_id)
        copy = replace(self.layers[at].copy(self.layers[at].name), locked=False)
        return self.added(copy, at + 1)

    def with_solo(self, layer_id: str | None) -> LayerStack:
        """With only this layer shown; with all of them again for ``None``."""
        if layer_id is not None:
            self.index(layer_id)
        return replace(self, solo=layer_id)

    def changed(self, layer_id: str, **attributes: Any) -> LayerStack:
        """With other attributes of a layer; a new name is made unique.

        Raises:
            LayerError: the layer is locked and shall be moved.
        """
        at = self.index(layer_id)
        layer = self.layers[at]
        if "position" in attributes:
            need_unlocked(layer)
        if "name" in attributes:
            name = self.unique_name(attributes["name"], but=layer_id)
            attributes = {**attributes, "name": name}
        changed = replace(layer, **attributes)
        return replace(self, layers=(*self.layers[:at], changed, *self.layers[at + 1 :]))


def _stem(name: str, taken: Container[str]) -> str:
    """A name without the number that ``_numbered`` has put behind it."""
    if isinstance(name, Sentence):
        stem = name.values.get("name")
        return stem if isinstance(stem, Sentence) else name
    stem = re.sub(r" (\d+|\(\d+\))$", "", name)
    return stem if stem in taken else name  # the number is part of the name: "Shot 5"


def _numbered(name: str, number: int) -> str:
    """In parentheses where the name ends with a number of its own."""
    if not isinstance(name, Sentence):
        return f"{name} ({number})" if name[-1].isdigit() else f"{name} {number}"
    if name[-1].isdigit():
        return Sentence("{name} ({number})", name=name, number=number)
    return Sentence("{name} {number}", name=name, number=number)


def _is_map(layer: Layer) -> bool:
    """Whether it says something of the pictures and is no part of them."""
    return isinstance(layer, LayoutLayer | MaskLayer)


def need_unlocked(layer: Layer) -> None:
    """Raise ``LayerError`` where a layer is locked."""
    if layer.locked:
        sentence = _('The layer "{name}" is locked; unlock it first.')
        raise LayerError(sentence.format(name=translated(layer.name)), subject=layer.name)
