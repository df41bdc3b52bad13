"""How photos and what the engine gives become layers of a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.labels import HEAD, IGNORE, mask_of
from engine.requests import HeadTransform, RetouchRequest, SwapRequest
from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import (
    Layer,
    LayoutLayer,
    MaskLayer,
    MaskRole,
    PhotoLayer,
    mask_levels,
)
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.imageio import Photo
    from engine.labels import Layout
    from engine.requests import Result


def variation_name(seed: int | None) -> str:
    """What a result is called until the user says otherwise."""
    return _("Seed {seed}").format(seed=seed)


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


def set_parsed(document: Document, side: Side, layout: Layout) -> None:
    """The layout of a photo as a layer of it; what the user painted on it stays.

    The head photo gets the mask of what is taken from it, too.
    """
    title = _("Parse head photo") if side is Side.HEAD else _("Parse body photo")
    with document.history.group(title):
        _set_layout(document, side, layout, HeadTransform())
        if side is Side.HEAD:
            head = mask_of(layout, HEAD).view(np.uint8) * np.uint8(255)
            _set_mask(document, side, _("Head mask"), MaskRole.HEAD, head)


def add_results(
    document: Document,
    title: str,
    variations: Sequence[Variation],
    request: SwapRequest | RetouchRequest,
    result: Result,
    byte_budget: int,
) -> None:
    """Variations on top of the result, the first of them shown, as one command.

    Args:
        title: of the command.
        request: what was asked; the layout and region of a swap become layers, too.
        result: the first of those that the variations were made of.
        byte_budget: the oldest variations go until the rest holds no more than this.
    """
    with document.history.group(title):
        _set_maps(document, request, result)
        for variation in variations:
            document.do(commands.add_layer(Side.RESULT, variation))
        document.do(commands.apply_variation(variations[0].id))
        document.do(commands.prune_variations(byte_budget))


def update_live(
    document: Document,
    variation: Variation,
    request: SwapRequest | RetouchRequest,
    result: Result,
    former: str | None,
) -> str:
    """A live result in the place of the one before, unless that was starred; gives its id.

    It belongs to the command that it is the answer to: both are undone at once.
    """
    old: Layer | None = None
    if former is not None and former in document.result:
        old = document.layer(former)
    with document.history.amendment(_("Live swap")):
        if not document.history.can_redo:  # strokes to be redone know the planes as they are
            _set_maps(document, request, result)
        if not isinstance(old, Variation) or old.starred or old.locked:
            document.do(commands.add_layer(Side.RESULT, variation))
            document.do(commands.apply_variation(variation.id, keep_solo=True))
            return variation.id
        document.do(
            commands.change_layer(
                old.id, base=variation.base, patch=variation.patch, region=variation.region,
                head=variation.head, sampling=variation.sampling, notes=variation.notes,
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


def _set_maps(document: Document, request: SwapRequest | RetouchRequest, result: Result) -> None:
    """What the engine made of itself; what it was given comes back with the user's own edits."""
    if not isinstance(request, SwapRequest):
        return
    if result.own_layout is not None:
        _follow_head(document, request, result, result.own_layout)
    elif request.layout is None:
        _set_layout(document, Side.RESULT, result.layout, request.transform)
    if request.region is None and result.region is not None:
        _set_mask(document, Side.RESULT, _("Region"), MaskRole.REGION, mask_levels(result.region))


def _find(document: Document, side: Side, size: tuple[int, int], kind: type[Layer]) -> list[Layer]:
    layers = document.state.stack(side).layers
    return [layer for layer in reversed(layers) if type(layer) is kind and layer.size == size]


def _set_layout(document: Document, side: Side, layout: Layout, transform: HeadTransform) -> None:
    if (layer := _find_layout(document, side, layout)) is not None:
        _rebase(document, layer, layout, transform)
        return
    made = replace(LayoutLayer.of(_("Layout"), layout), transform=transform)
    if side is Side.RESULT:  # there to be painted on, not to hide the picture
        made = replace(made, visible=False)
    document.do(commands.add_layer(side, made, _above_photos(document, side)))


def _follow_head(document: Document, request: SwapRequest, result: Result, layout: Layout) -> None:
    """The engine's own layout under what was painted, which went along with the head.

    What was painted while the engine was at work stays where it is.
    """
    layer = _find_layout(document, Side.RESULT, layout)
    if layer is None or result.painted is None or request.layout is None:
        return
    if layer.transform == request.transform:
        _rebase(document, layer, layout, request.transform)
        return
    since = layer.edited & (layer.ids.pixels != request.layout)
    moved = np.where(result.painted == IGNORE, layout, result.painted)
    ids = np.where(since, layer.ids.pixels, moved)
    document.do(
        commands.change_layer(
            layer.id, parsed=Plane(layout), ids=Plane(ids), transform=request.transform
        )
    )


def _find_layout(document: Document, side: Side, layout: Layout) -> LayoutLayer | None:
    size = layout.shape[1], layout.shape[0]
    found = next(iter(_find(document, side, size, LayoutLayer)), None)
    assert found is None or isinstance(found, LayoutLayer)
    return found


def _rebase(
    document: Document, layer: LayoutLayer, parsed: Layout, transform: HeadTransform
) -> None:
    """What was painted stays, the rest is what the engine says now; planes that do stay, too."""
    changes: dict[str, Any] = {}
    if not np.array_equal(layer.parsed.pixels, parsed):
        ids = layer.rebased(parsed) if layer.is_edited else parsed
        changes = {"parsed": Plane(parsed), "ids": Plane(ids)}
    if layer.transform != transform:
        changes["transform"] = transform
    if changes:
        document.do(commands.change_layer(layer.id, **changes))


def _set_mask(
    document: Document, side: Side, name: str, role: MaskRole, levels: NDArray[np.uint8]
) -> None:
    size = levels.shape[1], levels.shape[0]
    for layer in _find(document, side, size, MaskLayer):
        if isinstance(layer, MaskLayer) and layer.role is role:
            if not np.array_equal(layer.automatic.pixels, levels):
                document.do(commands.change_layer(layer.id, automatic=Plane(levels)))
            return
    made = replace(MaskLayer.of(name, role, size), automatic=Plane(levels), visible=False)
    document.do(commands.add_layer(side, made, _above_photos(document, side)))


def _above_photos(document: Document, side: Side) -> int | None:
    """Layouts and masks of a photo lie on top of it, those of the result below its pictures."""
    return 0 if side is Side.RESULT else None
