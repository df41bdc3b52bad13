"""Undo commands, and the functions that make them.

The functions only say what shall happen: ``document.do(rename_layer(layer_id, "hair"))``.
Pixels are edited through ``Document.stroke``, which leaves a ``PixelCommand`` behind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.requests import HeadTransform
from hs_desktop.document.events import Change, Side, What
from hs_desktop.document.layers import Layer
from hs_desktop.document.state import At, ProjectState, changes_between
from hs_desktop.document.tiles import TilePatch
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _

StateChange = Callable[[ProjectState], ProjectState]


class Command(ABC):
    """Something the user did, to be undone and redone any number of times."""

    name: str

    @abstractmethod
    def redo(self, state: ProjectState) -> ProjectState:
        """Do it, the first time too: the state afterwards."""

    @abstractmethod
    def undo(self, state: ProjectState) -> ProjectState:
        """Take it back: the state before."""

    @abstractmethod
    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        """What to tell observers once it is done or undone."""

    @abstractmethod
    def merged(self, later: Command) -> Command | None:
        """This and then ``later`` as one command; ``None`` where they stay apart."""

    def amended(self, before: ProjectState, after: ProjectState) -> Command:
        """This and then a change of the state, under this one's name."""
        return GroupCommand(self.name, [self, _known(self.name, before, after)])

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether it makes no difference."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of pixels that only this command holds on to."""


@dataclass
class StateCommand(Command):
    """Anything but pixels: what is kept is the state before and after.

    Attributes:
        name: in the user's language.
        change: from the state before to the one after; asked once.
        key: successive commands with the same key (not ``None``) become one.
    """

    name: str
    change: StateChange
    key: Hashable = None
    before: ProjectState | None = None
    after: ProjectState | None = None

    def redo(self, state: ProjectState) -> ProjectState:
        if self.after is None:
            self.before, self.after = state, self.change(state)
        return self.after

    def undo(self, state: ProjectState) -> ProjectState:
        assert self.before is not None
        return self.before

    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        return changes_between(before, after)

    def merged(self, later: Command) -> Command | None:
        if not isinstance(later, StateCommand) or self.key is None or self.key != later.key:
            return None
        return replace(self, after=later.after)

    def amended(self, before: ProjectState, after: ProjectState) -> Command:
        return replace(self, after=after)

    @property
    def is_empty(self) -> bool:
        return self.before is not None and self.before == self.after

    @property
    def nbytes(self) -> int:
        if self.before is None or self.after is None:
            return 0
        held, stays = _held(self.before), _held(self.after)
        return sum(nbytes for key, nbytes in held.items() if key not in stays)


@dataclass
class PixelCommand(Command):
    """An edit of a layer's planes. Made when it is already done: the first ``redo`` isn't asked."""

    name: str
    side: Side
    layer_id: str
    patches: dict[str, TilePatch]
    key: Hashable = None

    def redo(self, state: ProjectState) -> ProjectState:
        for patch in self.patches.values():
            patch.apply()
        return state

    undo = redo

    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        return [
            Change(What.PIXELS, self.side, self.layer_id, plane, patch.rects)
            for plane, patch in self.patches.items()
        ]

    def merged(self, later: Command) -> Command | None:
        if not isinstance(later, PixelCommand) or self.key is None or self.key != later.key:
            return None
        if self.layer_id != later.layer_id:
            return None
        patches = dict(self.patches)
        for plane, patch in later.patches.items():
            patches[plane] = patches[plane].merged(patch) if plane in patches else patch
        kept = {plane: patch for plane, patch in patches.items() if patch.deltas}
        return replace(self, patches=kept)

    @property
    def is_empty(self) -> bool:
        return not any(patch.deltas for patch in self.patches.values())

    @property
    def nbytes(self) -> int:
        return sum(patch.nbytes for patch in self.patches.values())


@dataclass
class GroupCommand(Command):
    """Several commands under one name, done in order."""

    name: str
    commands: list[Command]

    def redo(self, state: ProjectState) -> ProjectState:
        for command in self.commands:
            state = command.redo(state)
        return state

    def undo(self, state: ProjectState) -> ProjectState:
        for command in reversed(self.commands):
            state = command.undo(state)
        return state

    def changes(self, before: ProjectState, after: ProjectState) -> list[Change]:
        pixels = [c for c in self.commands if isinstance(c, PixelCommand)]
        return changes_between(before, after) + [
            change for command in pixels for change in command.changes(before, after)
        ]

    def merged(self, later: Command) -> Command | None:
        return None

    def amended(self, before: ProjectState, after: ProjectState) -> Command:
        *others, last = self.commands
        if isinstance(last, StateCommand):
            return replace(self, commands=[*others, last.amended(before, after)])
        return super().amended(before, after)

    @property
    def is_empty(self) -> bool:
        return all(command.is_empty for command in self.commands)

    @property
    def nbytes(self) -> int:
        return sum(command.nbytes for command in self.commands)


def _known(name: str, before: ProjectState, after: ProjectState) -> StateCommand:
    """A change that has been made already."""
    return StateCommand(name, lambda state: after, before=before, after=after)


def _held(state: ProjectState) -> dict[int, int]:
    """The pixels of a state's layers and their bytes; photos that others share don't count."""
    return {
        id(value): value.pixels.nbytes
        for side in Side
        for layer in state.stack(side)
        for f in fields(layer)
        if f.name != "base" and hasattr(value := getattr(layer, f.name), "pixels")
    }


# --- layers ------------------------------------------------------------------------------------


def add_layer(side: Side, layer: Layer, index: int | None = None) -> StateCommand:
    """Put a layer in at ``index`` from the bottom, the top without it."""
    name = _("New variation") if isinstance(layer, Variation) else _("Add layer")
    return StateCommand(
        name, lambda state: state.with_stack(side, state.stack(side).added(layer, index))
    )


def remove_layer(layer_id: str) -> StateCommand:
    """Raises ``LayerError``, once done, where the layer is locked."""
    return _on_stack(_("Delete layer"), layer_id, lambda stack: stack.removed(layer_id))


def move_layer(layer_id: str, index: int) -> StateCommand:
    """To another place in its stack, counted from the bottom once it is taken out."""
    key = "move", layer_id
    return _on_stack(_("Move layer"), layer_id, lambda stack: stack.moved(layer_id, index), key)


def duplicate_layer(layer_id: str) -> StateCommand:
    return _on_stack(_("Duplicate layer"), layer_id, lambda stack: stack.duplicated(layer_id))


def show_alone(layer_id: str) -> StateCommand:
    """Show only this layer of its stack."""
    return _on_stack(_("Show alone"), layer_id, lambda stack: stack.with_solo(layer_id))


def show_all(side: Side) -> StateCommand:
    """Show what is visible again, after ``show_alone``."""
    return StateCommand(
        _("Show all layers"),
        lambda state: state.with_stack(side, state.stack(side).with_solo(None)),
    )


def change_layer(layer_id: str, name: str | None = None, **attributes: Any) -> StateCommand:
    """Set any of a layer's attributes; the same ones in succession become one command.

    Args:
        layer_id: of the layer.
        name: of the command; made from the attributes without it.
        attributes: by name; the layer's own name is ``rename_layer``'s.
    """
    names = {
        "visible": _("Change visibility"),
        "opacity": _("Change opacity"),
        "locked": _("Change lock"),
        "position": _("Move picture"),
        "starred": _("Change star"),
    }
    told = [names[attribute] for attribute in attributes if attribute in names]
    key = ("change", layer_id, *sorted(attributes))
    if set(attributes) <= {"visible", "locked", "starred"}:
        key = ()  # switches: each press counts
    return _on_stack(
        name or (told[0] if told else _("Change layer")),
        layer_id,
        lambda stack: stack.changed(layer_id, **attributes),
        key or None,
    )


def rename_layer(layer_id: str, name: str) -> StateCommand:
    """A name that another layer has gets a number; an empty one changes nothing."""
    wanted = name.strip()
    return _on_stack(
        _("Rename layer"),
        layer_id,
        lambda stack: stack.changed(layer_id, name=wanted) if wanted else stack,
    )


def apply_variation(layer_id: str, *, keep_solo: bool = False) -> StateCommand:
    """Show this variation and hide the others of the result.

    Args:
        layer_id: of the variation.
        keep_solo: where another layer is shown alone, it stays so.
    """

    def change(state: ProjectState) -> ProjectState:
        stack = state.result
        if not keep_solo and stack.solo != layer_id:
            stack = stack.with_solo(None)
        for layer in stack.layers:
            if isinstance(layer, Variation) and layer.visible != (layer.id == layer_id):
                stack = stack.changed(layer.id, visible=layer.id == layer_id)
        return replace(state, result=stack)

    return StateCommand(_("Apply variation"), change)


def prune_variations(nbytes: int) -> StateCommand:
    """Remove the oldest variations until the rest holds at most ``nbytes`` of pixels.

    Starred, locked and visible ones stay.
    """

    def change(state: ProjectState) -> ProjectState:
        stack = state.result
        held = sum(layer.nbytes for layer in stack if isinstance(layer, Variation))
        for layer in stack.layers:
            if held <= nbytes:
                break
            if isinstance(layer, Variation) and not (
                layer.starred or layer.locked or layer.visible or layer.id == stack.solo
            ):
                stack = stack.removed(layer.id)
                held -= layer.nbytes
        return replace(state, result=stack)

    return StateCommand(_("Clear old variations"), change)


# --- the swap ----------------------------------------------------------------------------------


def set_transform(transform: HeadTransform) -> StateCommand:
    """Move the head; successive moves become one."""
    return StateCommand(
        _("Move head"), lambda state: replace(state, transform=transform), "transform"
    )


def set_settings(**values: Any) -> StateCommand:
    """Set fields of ``SwapSettings`` or ``SamplingSettings``; the same ones become one command."""

    def change(state: ProjectState) -> ProjectState:
        sampling = {k: v for k, v in values.items() if hasattr(state.settings.sampling, k)}
        others = {k: v for k, v in values.items() if k not in sampling}
        settings = replace(
            state.settings, sampling=replace(state.settings.sampling, **sampling), **others
        )
        return replace(state, settings=settings)

    return StateCommand(_("Change settings"), change, ("settings", *sorted(values)))


def pick_person(side: Side, at: At | None) -> StateCommand:
    """Take the person at a point or box of the head or body photo; the most prominent for None."""

    def change(state: ProjectState) -> ProjectState:
        return replace(state, head_at=at) if side is Side.HEAD else replace(state, body_at=at)

    if side is Side.RESULT:
        raise ValueError("nobody to be picked in a result")
    return StateCommand(_("Pick person"), change)


def _on_stack(
    name: str, layer_id: str, change: Callable[[Any], Any], key: Hashable = None
) -> StateCommand:
    """A change of the stack that holds the layer."""

    def on_state(state: ProjectState) -> ProjectState:
        side = state.side_of(layer_id)
        return state.with_stack(side, change(state.stack(side)))

    return StateCommand(name, on_state, key)
