"""The functions that make undo commands.

They only say what shall happen: ``document.do(rename_layer(layer_id, "hair"))``.
Pixels are edited through ``Document.stroke``, which leaves a ``PixelCommand`` behind.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

from engine.requests import HeadTransform
from engine.sentences import Sentence
from hs_desktop.document.events import Side
from hs_desktop.document.findings import At
from hs_desktop.document.layers import Layer
from hs_desktop.document.state import ProjectState
from hs_desktop.document.undo import StateCommand
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _

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
    wanted = name if isinstance(name, Sentence) else name.strip()
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
        return replace(state, settings=state.settings.changed(**values))

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
