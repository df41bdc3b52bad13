"""How what the engine gives becomes layers of a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.labels import HEAD, mask_of
from hs_desktop.document import commands
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import Layer, LayoutLayer, MaskLayer, MaskRole, mask_levels
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _

if TYPE_CHECKING:
    from engine.labels import Layout
    from engine.requests import Mask, Result


def set_parsed(document: Document, side: Side, layout: Layout) -> None:
    """The layout of a photo as a layer of it; what the user painted on it stays.

    The head photo gets the mask of what is taken from it, too.
    """
    title = _("Parse head photo") if side is Side.HEAD else _("Parse body photo")
    with document.history.group(title):
        _set_layout(document, side, layout)
        if side is Side.HEAD:
            head = mask_of(layout, HEAD).astype("float32")
            _set_mask(document, side, _("Head mask"), MaskRole.HEAD, head)


def add_results(
    document: Document, variations: Sequence[Variation], result: Result | None
) -> list[str]:
    """Variations on top of the result, the first of them shown; gives their layers' ids.

    Args:
        result: of a swap, whose layout and region become layers, too.
    """
    with document.history.group(_("Add results")):
        if result is not None:
            _set_maps(document, result)
        for variation in variations:
            document.do(commands.add_layer(Side.RESULT, variation))
        document.do(commands.apply_variation(variations[0].id))
    return [variation.id for variation in variations]


def update_live(
    document: Document, variation: Variation, result: Result | None, former: str | None
) -> str:
    """A live result in the place of the one before, unless that was starred; gives its id."""
    old: Layer | None = None
    if former is not None and former in document.result:
        old = document.layer(former)
    if not isinstance(old, Variation) or old.starred or old.locked:
        return add_results(document, [variation], result)[0]
    with document.history.group(_("Live swap")):
        if result is not None:
            _set_maps(document, result)
        document.do(
            commands.change_layer(
                old.id, base=variation.base, patch=variation.patch, region=variation.region,
                head=variation.head, sampling=variation.sampling, notes=variation.notes,
                milliseconds=variation.milliseconds, device=variation.device, pack=variation.pack,
            )
        )  # fmt: skip
        document.do(commands.apply_variation(old.id))
    return old.id


# --- parts -------------------------------------------------------------------------------------


def _set_maps(document: Document, result: Result) -> None:
    _set_layout(document, Side.RESULT, result.layout)
    if result.region is not None:
        _set_mask(document, Side.RESULT, _("Region"), MaskRole.REGION, result.region)


def _find(document: Document, side: Side, size: tuple[int, int], kind: type[Layer]) -> list[Layer]:
    layers = document.state.stack(side).layers
    return [layer for layer in reversed(layers) if type(layer) is kind and layer.size == size]


def _set_layout(document: Document, side: Side, layout: Layout) -> None:
    size = layout.shape[1], layout.shape[0]
    for layer in _find(document, side, size, LayoutLayer):
        assert isinstance(layer, LayoutLayer)
        ids = Plane(layer.rebased(layout)) if layer.is_edited else Plane(layout)
        document.do(commands.change_layer(layer.id, parsed=Plane(layout), ids=ids))
        return
    made = LayoutLayer.of(_("Layout"), layout)
    if side is Side.RESULT:  # there to be painted on, not to hide the picture
        made = replace(made, visible=False)
    document.do(commands.add_layer(side, made, _above_photos(document, side)))


def _set_mask(document: Document, side: Side, name: str, role: MaskRole, mask: Mask) -> None:
    size = mask.shape[1], mask.shape[0]
    for layer in _find(document, side, size, MaskLayer):
        if isinstance(layer, MaskLayer) and layer.role is role:
            automatic = Plane(mask_levels(mask))
            document.do(commands.change_layer(layer.id, automatic=automatic))
            return
    made = replace(MaskLayer.of(name, role, size, mask), visible=False)
    document.do(commands.add_layer(side, made, _above_photos(document, side)))


def _above_photos(document: Document, side: Side) -> int | None:
    """Layouts and masks of a photo lie on top of it, those of the result below its pictures."""
    return 0 if side is Side.RESULT else None
