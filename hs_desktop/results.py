"""How photos and what the engine gives become layers of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.requests import HeadTransform
from engine.sentences import Sentence
from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, PhotoLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.settings import SwapSettings
from hs_desktop.document.state import ProjectState
from hs_desktop.document.undo import StateChange, StateCommand
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _
from hs_desktop.made import ParsedLayers, ResultLayers
from hs_desktop.rects import Rect

if TYPE_CHECKING:
    from engine.imageio import Photo


@dataclass(frozen=True)
class Wish:
    """The settings of one swap, which become the project's with its result.

    Attributes:
        former: the project's when the swap was asked for.
        others: by name, what it takes instead.
    """

    former: SwapSettings
    others: Mapping[str, Any]

    @property
    def settings(self) -> SwapSettings:
        return self.former.changed(**self.others)

    def granted(self, latest: SwapSettings | None) -> StateChange:
        """They become the project's, but for those that the user has set since.

        Args:
            latest: what came of another swap meanwhile, which isn't the user's doing.
        """
        known = [self.former] if latest is None else [self.former, latest]

        def change(state: ProjectState) -> ProjectState:
            now = state.settings
            others = {
                name: value
                for name, value in self.others.items()
                if now.value(name) in [one.value(name) for one in known]
            }
            return replace(state, settings=now.changed(**others))

        return change


def replace_photo(document: Document, side: Side, photo: Photo, name: str) -> None:
    """A photo in the place of all layers of the head or body, as one command.

    What was painted for the photo before is given up: layout and masks of the result, the
    head's move. Variations stay; those of another body are hidden.

    Raises:
        ValueError: for the result, which is made and not opened.
    """
    if side is Side.RESULT:
        raise ValueError("a result is made, not opened")
    title = _("Open head photo") if side is Side.HEAD else _("Open body photo")
    with document.history.group(title):
        for layer in document.state.stack(side):
            _remove(document, layer)
        for layer in document.result:
            if isinstance(layer, LayoutLayer | MaskLayer):
                _remove(document, layer)
            elif side is Side.BODY and isinstance(layer, Variation):
                document.do(commands.change_layer(layer.id, visible=False))
        document.do(commands.pick_person(side, None))
        document.do(commands.set_transform(HeadTransform()))
        document.do(commands.add_layer(side, PhotoLayer(name=name, photo=photo)))


def set_parsed(
    document: Document, side: Side, parsed: ParsedLayers, *, own_step: bool = False
) -> bool:
    """What a photo was parsed into; what the user painted on its layers stays.

    It belongs to the command that opened the photo or picked the person, unless something was
    painted since, or it shall be a step of its own. What may be redone stays, too.

    Returns:
        ``False`` where strokes that may be redone know another layout: it can't come before.
    """
    now, history = document.state, document.history
    maps = _joined([
        _layout(now, side, parsed.layout),
        *([] if parsed.head is None else [_mask(now, side, parsed.head)]),
    ])  # fmt: skip

    def change(state: ProjectState) -> ProjectState:
        return maps(state) if state.person(side) == now.person(side) else state

    if not own_step and history.revise(change):
        return True
    title = _("Parse head photo") if side is Side.HEAD else _("Parse body photo")
    if history.insert(title, change):
        return True
    if own_step:  # the user's own wish, as any other step
        document.do(StateCommand(title, change))
    return own_step


def add_results(
    document: Document,
    title: str,
    made: ResultLayers,
    byte_budget: int,
    settings: StateChange = lambda state: state,
) -> None:
    """Variations on top of the result, the first of them shown, as one command.

    What may be redone stays, and shows the first of them, too, unless it shows others than now.

    Args:
        document: with the photos that the results were made of.
        title: of the command.
        made: the layout and region of a swap become layers, too, unless strokes that may be
            redone know those that are there.
        byte_budget: the oldest variations go until the rest holds no more than this.
        settings: what becomes of them.
    """
    now, new = document.state, made.variations
    steps = [commands.add_layer(Side.RESULT, replace(one, visible=False)).change for one in new]
    show = commands.apply_variation(new[0].id).change
    prune = commands.prune_variations(byte_budget).change

    def change(state: ProjectState) -> ProjectState:
        out = _joined([*steps, settings])(state)
        return prune(show(out) if _looks(state) == _looks(now) else out)

    if not document.history.insert(title, _joined([_maps(now, made), change])):
        document.history.insert(title, change)


def update_live(document: Document, made: ResultLayers, former: str | None) -> str:
    """A live result in the place of the one before, unless that was starred; gives its id.

    It belongs to the command that it is the answer to: both are undone at once.
    """
    variation = made.variations[0]
    old: Layer | None = None
    if former is not None and former in document.result:
        old = document.layer(former)
    with document.history.amendment(_("Live swap")):
        if not document.history.can_redo:  # strokes to be redone know the planes as they are
            document.do(StateCommand(_("Live swap"), _maps(document.state, made)))
        if not isinstance(old, Variation) or old.starred or old.locked:
            document.do(commands.add_layer(Side.RESULT, variation))
            document.do(commands.apply_variation(variation.id, keep_solo=True))
            return variation.id
        document.do(
            commands.change_layer(
                old.id, base=variation.base, patch=variation.patch, region=variation.region,
                head=variation.head, sampling=variation.sampling, fitting=variation.fitting,
                notes=variation.notes, fit=variation.fit,
                milliseconds=variation.milliseconds, device=variation.device, pack=variation.pack,
            )
        )  # fmt: skip
        if isinstance(old.name, Sentence):  # else it is the user's
            document.do(commands.rename_layer(old.id, variation.name))
        document.do(commands.apply_variation(old.id, keep_solo=True))
        return old.id


# --- parts -------------------------------------------------------------------------------------


def _remove(document: Document, layer: Layer) -> None:
    if layer.locked:
        document.do(commands.change_layer(layer.id, locked=False))
    document.do(commands.remove_layer(layer.id))


def _joined(changes: Sequence[StateChange]) -> StateChange:
    """One after the other."""
    return lambda state: reduce(lambda so_far, change: change(so_far), changes, state)


def _looks(state: ProjectState) -> tuple[object, ...]:
    """Which of the variations are to be seen, and on what."""
    shown = [one.id for one in state.result if isinstance(one, Variation) and one.visible]
    return state.photo_id(Side.BODY), state.result.solo, *shown


def _maps(now: ProjectState, made: ResultLayers) -> StateChange:
    """What the engine made of itself; what it was given comes back with the user's own edits.

    It is about these photos alone.
    """
    changes = []
    if made.painted is not None:
        changes.append(_following_head(now, made))
    elif made.layout is not None:
        changes.append(_layout(now, Side.RESULT, made.layout))
    if made.region is not None:
        changes.append(_mask(now, Side.RESULT, made.region))
    change, photos = _joined(changes), _photos(now)
    return lambda state: change(state) if _photos(state) == photos else state


def _photos(state: ProjectState) -> tuple[str | None, ...]:
    return state.photo_id(Side.HEAD), state.photo_id(Side.BODY)


def _layout(now: ProjectState, side: Side, made: LayoutLayer) -> StateChange:
    """A layout under what was painted on the one that is there; a new layer without one."""
    layer = _find_layout(now, side, made.size)
    if layer is None:
        return _added(side, made, lambda state: _find_layout(state, side, made.size) is None)
    return _rebased(layer, made)


def _following_head(now: ProjectState, made: ResultLayers) -> StateChange:
    """The engine's own layout under what was painted, which went along with the head.

    What was painted while the engine was at work stays where it is.
    """
    given, painted, own = made.request.layout, made.painted, made.layout
    if own is None or painted is None or given is None:
        return _joined([])
    layer = _find_layout(now, Side.RESULT, own.size)
    if layer is None:
        return _joined([])
    if layer.transform == own.transform:
        return _rebased(layer, own)
    edited = layer.edited
    inner = Rect.around(edited).slices
    ids = layer.ids.pixels[inner]
    since = edited[inner] & (ids != given[inner])
    if since.any():
        moved = painted.pixels.copy()
        np.copyto(moved[inner], ids, where=since)
        painted = Plane(moved, copy=False)
    return _exchanged(layer, parsed=own.parsed, ids=painted, transform=own.transform)


def _find_layout(state: ProjectState, side: Side, size: tuple[int, int]) -> LayoutLayer | None:
    for layer in reversed(state.stack(side).layers):
        if isinstance(layer, LayoutLayer) and layer.size == size:
            return layer
    return None


def _rebased(layer: LayoutLayer, made: LayoutLayer) -> StateChange:
    """What was painted stays, the rest is what the engine says now; planes that do stay, too."""
    changes: dict[str, Any] = {}
    parsed = made.parsed.pixels
    if not np.array_equal(layer.parsed.pixels, parsed):
        ids = Plane(layer.rebased(parsed), copy=False) if layer.is_edited else made.ids
        changes = {"parsed": made.parsed, "ids": ids}
    if layer.transform != made.transform:
        changes["transform"] = made.transform
    return _exchanged(layer, **changes)


def _mask(now: ProjectState, side: Side, made: MaskLayer) -> StateChange:
    """A mask under what was done by hand to the one that is there; a new layer without one."""
    layer = _find_mask(now, side, made)
    if layer is None:
        return _added(side, made, lambda state: _find_mask(state, side, made) is None)
    if np.array_equal(layer.automatic.pixels, made.automatic.pixels):
        return _joined([])
    return _exchanged(layer, automatic=made.automatic)


def _find_mask(state: ProjectState, side: Side, made: MaskLayer) -> MaskLayer | None:
    for layer in reversed(state.stack(side).layers):
        if isinstance(layer, MaskLayer) and (layer.role, layer.size) == (made.role, made.size):
            return layer
    return None


def _added(side: Side, layer: Layer, where: Callable[[ProjectState], bool]) -> StateChange:
    """Layouts and masks of a photo lie on top of it, those of the result below its pictures."""
    add = commands.add_layer(side, layer, 0 if side is Side.RESULT else None).change
    return lambda state: add(state) if where(state) else state


def _exchanged(layer: Layer, **attributes: Any) -> StateChange:
    """Other attributes of a layer, wherever it has those that it has now."""

    def change(state: ProjectState) -> ProjectState:
        layers = (one for side in Side for one in state.stack(side))
        there = next((one for one in layers if one.id == layer.id), None)
        if any(getattr(there, name, None) != getattr(layer, name) for name in attributes):
            return state
        return commands.change_layer(layer.id, **attributes).change(state) if attributes else state

    return change
