"""What menus do to the layer that is worked on. Each is one undo step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, MaskRole
from hs_desktop.document.settings import any_seed
from hs_desktop.document.variation import Variation
from hs_desktop.editor import Editor, Level
from hs_desktop.i18n import _
from hs_desktop.tools import classes

REACH = 0.004  # how far a class grows: of the photo's longer side


def active_layer(editor: Editor) -> Layer | None:
    return None if editor.layer_id is None else editor.document.layer(editor.layer_id)


def shown_variation(editor: Editor) -> Variation | None:
    """The variation that is worked on, else the one to be seen."""
    layer = active_layer(editor)
    if isinstance(layer, Variation):
        return layer
    shown = [x for x in editor.document.result.pictures if isinstance(x, Variation)]
    return shown[-1] if shown else None


def active_layout(editor: Editor) -> LayoutLayer | None:
    """The layout that is worked on, else the topmost one of the side."""
    layer = active_layer(editor)
    if isinstance(layer, LayoutLayer):
        return layer
    return topmost_layout(editor.document, editor.side)


def topmost_layout(document: Document, side: Side) -> LayoutLayer | None:
    for layer in reversed(document.state.stack(side).layers):
        if isinstance(layer, LayoutLayer):
            return layer
    return None


# --- layers ------------------------------------------------------------------------------------


def delete_layer(editor: Editor) -> None:
    if editor.layer_id is not None:
        editor.document.settle()
        editor.document.do(commands.remove_layer(editor.layer_id))


def duplicate_layer(editor: Editor) -> None:
    if editor.layer_id is not None:
        editor.document.settle()
        editor.document.do(commands.duplicate_layer(editor.layer_id))


def move_layer(editor: Editor, by: int) -> None:
    """Up (positive) or down in its stack."""
    if editor.layer_id is not None:
        at = editor.document.state.stack(editor.side).index(editor.layer_id)
        editor.document.do(commands.move_layer(editor.layer_id, max(0, at + by)))


def toggle_visible(editor: Editor) -> None:
    if (layer := active_layer(editor)) is not None:
        editor.document.do(commands.change_layer(layer.id, visible=not layer.visible))


def toggle_locked(editor: Editor) -> None:
    if (layer := active_layer(editor)) is not None:
        editor.document.do(commands.change_layer(layer.id, locked=not layer.locked))


def toggle_alone(editor: Editor) -> None:
    """Show the layer alone, or all of them again."""
    if editor.layer_id is None:
        return
    alone = editor.document.state.stack(editor.side).solo == editor.layer_id
    document = editor.document
    document.do(commands.show_all(editor.side) if alone else commands.show_alone(editor.layer_id))


def reveal(document: Document, side: Side, layer: Layer) -> None:
    """Have a layer of a side seen, whatever hid it."""
    if not layer.visible:
        document.do(commands.change_layer(layer.id, visible=True))
    if document.state.stack(side).solo not in (None, layer.id):
        document.do(commands.show_all(side))


# --- layouts -----------------------------------------------------------------------------------


def grow_class(editor: Editor) -> None:
    """The current class takes its surroundings."""
    _change_class(editor, _("Grow class"), classes.grow)


def shrink_class(editor: Editor) -> None:
    _change_class(editor, _("Shrink class"), classes.shrink)


def smooth_class(editor: Editor) -> None:
    _change_class(editor, _("Smooth class"), classes.smooth)


def _change_class(
    editor: Editor, name: str, change: Callable[[classes.Ids, int, float], classes.Change]
) -> None:
    layer = active_layout(editor)
    if layer is None:
        return
    editor.document.settle()
    px = editor.tools.class_reach or max(1.0, REACH * max(layer.size))
    rect, pixels = change(layer.ids.pixels, int(editor.tools.class_id), px)
    if rect.empty:
        editor.say(_("The layout has nothing of this class."), Level.WARNING)
        return
    with (
        editor.document.stroke(layer.id, name) as stroke,
        stroke.edit("ids", rect) as target,
    ):
        target[...] = pixels


def reset_layout(editor: Editor) -> None:
    """What the models said, instead of what was painted."""
    layer = active_layout(editor)
    if layer is not None:
        with editor.document.stroke(layer.id, _("Reset layout")) as stroke:
            stroke.replace("ids", np.array(layer.parsed.pixels))


# --- masks -------------------------------------------------------------------------------------


def retouch_mask(editor: Editor) -> MaskLayer | None:
    """The mask of what is to be made anew: the active layer, else the topmost of its side."""
    layer = active_layer(editor)
    if isinstance(layer, MaskLayer) and layer.role is MaskRole.RETOUCH:
        return layer
    for other in reversed(editor.document.state.stack(editor.side).layers):
        if isinstance(other, MaskLayer) and other.role is MaskRole.RETOUCH:
            return other
    return None


def retouch(editor: Editor) -> None:
    """Have what the retouch mask shows made anew."""
    mask = retouch_mask(editor)
    if mask is None or not mask.is_edited:
        editor.say(_("Paint over what is to be made anew with the retouch tool first."))
    else:
        editor.retouch(mask.id)


# --- the swap ----------------------------------------------------------------------------------


def next_seed(editor: Editor) -> None:
    """The same settings with the next seed, made at once."""
    variation = shown_variation(editor)
    if variation is None:
        editor.swap()
    else:
        editor.swap_again(variation.id)


def random_seed(editor: Editor) -> None:
    editor.document.do(commands.set_settings(seed=any_seed()))
    editor.document.history.seal()


def toggle_star(editor: Editor) -> None:
    if (variation := shown_variation(editor)) is not None:
        editor.document.do(commands.change_layer(variation.id, starred=not variation.starred))


def apply_variation(editor: Editor, variation_id: str) -> None:
    """Show this one and no other, and work on it."""
    editor.compare(None)
    editor.document.do(commands.apply_variation(variation_id))
    editor.activate(Side.RESULT, variation_id)


def step_variation(editor: Editor, by: int) -> None:
    """Show the next (or, negative, the former) variation."""
    ids = [layer.id for layer in editor.document.result if isinstance(layer, Variation)]
    shown = shown_variation(editor)
    if shown is not None:
        apply_variation(editor, ids[(ids.index(shown.id) + by) % len(ids)])
