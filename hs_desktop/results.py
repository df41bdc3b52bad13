"""How photos and what the engine gives become layers of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.requests import HeadTransform
from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, PhotoLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _
from hs_desktop.made import ParsedLayers, ResultLayers, variation_name
from hs_desktop.rects import Rect

if TYPE_CHECKING:
    from engine.imageio import Photo


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


def set_parsed(document: Document, side: Side, parsed: ParsedLayers) -> None:
    """What a photo was parsed into; what the user painted on its layers stays."""
    title = _("Parse head photo") if side is Side.HEAD else _("Parse body photo")
    with document.history.group(title):
        _set_layout(document, side, parsed.layout)
        if parsed.head is not None:
            _set_mask(document, side, parsed.head)


def add_results(document: Document, title: str, made: ResultLayers, byte_budget: int) -> None:
    """Variations on top of the result, the first of them shown, as one command.

    Args:
        document: with the photos that the results were made of.
        title: of the command.
        made: the layout and region of a swap become layers, too.
        byte_budget: the oldest variations go until the rest holds no more than this.
    """
    with document.history.group(title):
        _set_maps(document, made)
        for variation in made.variations:
            document.do(commands.add_layer(Side.RESULT, variation))
        document.do(commands.apply_variation(made.variations[0].id))
        document.do(commands.prune_variations(byte_budget))


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
            _set_maps(document, made)
        if not isinstance(old, Variation) or old.starred or old.locked:
            document.do(commands.add_layer(Side.RESULT, variation))
            document.do(commands.apply_variation(variation.id, keep_solo=True))
            return variation.id
        document.do(
            commands.change_layer(
                old.id, base=variation.base, patch=variation.patch, region=variation.region,
                head=variation.head, sampling=variation.sampling, fitting=variation.fitting,
                notes=variation.notes,
                milliseconds=variation.milliseconds, device=variation.device, pack=variation.pack,
            )
        )  # fmt: skip
        if old.name.partition(" (")[0] == variation_name(old.sampling.seed):
            document.do(commands.rename_layer(old.id, variation.name))
        document.do(commands.apply_variation(old.id, keep_solo=True))
        return old.id


# --- parts -------------------------------------------------------------------------------------


def _remove(document: Document, layer: Layer) -> None:
    if layer.locked:
        document.do(commands.change_layer(layer.id, locked=False))
    document.do(commands.remove_layer(layer.id))


def _set_maps(document: Document, made: ResultLayers) -> None:
    """What the engine made of itself; what it was given comes back with the user's own edits."""
    if made.painted is not None:
        _follow_head(document, made)
    elif made.layout is not None:
        _set_layout(document, Side.RESULT, made.layout)
    if made.region is not None:
        _set_mask(document, Side.RESULT, made.region)


def _set_layout(document: Document, side: Side, made: LayoutLayer) -> None:
    if (layer := _find_layout(document, side, made.size)) is not None:
        _rebase(document, layer, made)
    else:
        document.do(commands.add_layer(side, made, _above_photos(document, side)))


def _follow_head(document: Document, made: ResultLayers) -> None:
    """The engine's own layout under what was painted, which went along with the head.

    What was painted while the engine was at work stays where it is.
    """
    given, painted, own = made.request.layout, made.painted, made.layout
    if own is None or painted is None or given is None:
        return
    layer = _find_layout(document, Side.RESULT, own.size)
    if layer is None:
        return
    if layer.transform == own.transform:
        _rebase(document, layer, own)
        return
    edited = layer.edited
    inner = Rect.around(edited).slices
    now = layer.ids.pixels[inner]
    since = edited[inner] & (now != given[inner])
    if since.any():
        ids = painted.pixels.copy()
        np.copyto(ids[inner], now, where=since)
        painted = Plane(ids, copy=False)
    document.do(
        commands.change_layer(layer.id, parsed=own.parsed, ids=painted, transform=own.transform)
    )


def _find_layout(document: Document, side: Side, size: tuple[int, int]) -> LayoutLayer | None:
    for layer in reversed(document.state.stack(side).layers):
        if isinstance(layer, LayoutLayer) and layer.size == size:
            return layer
    return None


def _rebase(document: Document, layer: LayoutLayer, made: LayoutLayer) -> None:
    """What was painted stays, the rest is what the engine says now; planes that do stay, too."""
    changes: dict[str, Any] = {}
    parsed = made.parsed.pixels
    if not np.array_equal(layer.parsed.pixels, parsed):
        ids = Plane(layer.rebased(parsed), copy=False) if layer.is_edited else made.ids
        changes = {"parsed": made.parsed, "ids": ids}
    if layer.transform != made.transform:
        changes["transform"] = made.transform
    if changes:
        document.do(commands.change_layer(layer.id, **changes))


def _set_mask(document: Document, side: Side, made: MaskLayer) -> None:
    for layer in reversed(document.state.stack(side).layers):
        if isinstance(layer, MaskLayer) and (layer.role, layer.size) == (made.role, made.size):
            if not np.array_equal(layer.automatic.pixels, made.automatic.pixels):
                document.do(commands.change_layer(layer.id, automatic=made.automatic))
            return
    document.do(commands.add_layer(side, made, _above_photos(document, side)))


def _above_photos(document: Document, side: Side) -> int | None:
    """Layouts and masks of a photo lie on top of it, those of the result below its pictures."""
    return 0 if side is Side.RESULT else None
