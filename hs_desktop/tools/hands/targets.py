"""The layers that tools work on: the active one where it fits, else the topmost that does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.sentences import Sentence
from hs_desktop.document import commands
from hs_desktop.document.compositing import base_photo
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import (
    Layer,
    LayoutLayer,
    MaskLayer,
    MaskRole,
    PhotoLayer,
    PictureLayer,
)
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.edits import reveal
from hs_desktop.i18n import _, translated
from hs_desktop.tools.hands.hand import Workplace

if TYPE_CHECKING:
    from engine.imageio import Photo


def layout_target(place: Workplace) -> LayoutLayer:
    """The layout to be painted on; it becomes active, and can be seen.

    Raises:
        LayerError: there is none.
    """
    layer = find_layout(place)
    if layer is None:
        raise LayerError(_why_no_layout(place))
    place.look.visible = True
    _work_on(place, layer)
    return layer


def _why_no_layout(place: Workplace) -> str:
    editor, side = place.editor, place.side
    if side is Side.RESULT:
        return _("There is no layout to paint on yet: make a swap first.")
    if editor.document.state.photo_id(side) is None:
        return _("There is no layout to paint on yet: open a photo first.")
    if editor.is_parsing(side):
        return _("There is no layout to paint on yet: the photo is still being parsed.")
    return _("There is no layout to paint on: have the photo parsed again, in the menu Layout.")


def find_layout(place: Workplace) -> LayoutLayer | None:
    """The active layout of a side, else its topmost one."""
    if isinstance(place.active, LayoutLayer):
        return place.active
    layouts = [layer for layer in place.layers if isinstance(layer, LayoutLayer)]
    return layouts[-1] if layouts else None


def mask_target(place: Workplace) -> MaskLayer:
    """The mask to be painted on; it becomes active, and can be seen.

    Raises:
        LayerError: there is none.
    """
    layer = place.active
    if not isinstance(layer, MaskLayer):
        masks = [
            other
            for other in place.layers
            if isinstance(other, MaskLayer) and other.role is not MaskRole.RETOUCH
        ]
        if not masks:
            raise LayerError(
                _("There is no mask to paint on here: the head photo and the result have masks.")
            )
        layer = masks[-1]
    _work_on(place, layer)
    return layer


def retouch_mask(place: Workplace) -> MaskLayer:
    """The mask of what is to be made anew, as large as the result; made where there is none.

    Raises:
        LayerError: there is no result.
    """
    if place.side is not Side.RESULT:
        raise LayerError(_("Retouching works on the result: go there and paint."))
    photo = base_photo(place.document.state, place.side)
    if photo is None:
        raise LayerError(_("There is nothing to retouch yet: open a body photo first."))
    for other in (place.active, *reversed(place.layers)):
        if isinstance(other, MaskLayer) and (other.role, other.size) == (
            MaskRole.RETOUCH, photo.size,
        ):  # fmt: skip
            return other
    made = MaskLayer.of(Sentence("Retouch mask"), MaskRole.RETOUCH, photo.size)
    # Hidden by itself: it is revealed while there is something going on with it.
    place.document.do(commands.add_layer(place.side, replace(made, visible=False)))
    layer = place.document.layer(made.id)
    assert isinstance(layer, MaskLayer)
    return layer


def retouch_picture(place: Workplace) -> PictureLayer:
    """The picture that clone and heal paint on, made on top where there is none; active.

    Raises:
        LayerError: there is no photo.
    """
    photo = base_photo(place.document.state, place.side)
    if photo is None:
        raise LayerError(_("There is nothing to copy from yet: open a photo first."))

    layer = place.active
    if not _fits(layer, photo):
        layer = _topmost_picture(place)
        if not _is_retouching(layer) or not _fits(layer, photo):
            width, height = photo.size
            nothing = Plane.zeros((height, width, 4), photo.pixels.dtype)
            made = PictureLayer(name=Sentence("Retouch"), pixels=nothing, icc=photo.icc)
            place.document.do(commands.add_layer(place.side, made))
            layer = place.document.layer(made.id)
    assert isinstance(layer, PictureLayer)
    _work_on(place, layer)
    return layer


def _topmost_picture(place: Workplace) -> Layer | None:
    """What hides whatever is painted below it."""
    kinds = PhotoLayer | PictureLayer | Variation
    return next((x for x in reversed(place.layers) if isinstance(x, kinds)), None)


def _is_retouching(layer: Layer | None) -> bool:
    """By its name, which the user may have added to."""
    return layer is not None and translated(layer.name).startswith(_("Retouch"))


def _fits(layer: Layer | None, photo: Photo) -> bool:
    """Whether it lies on the photo pixel for pixel, in the same colours."""
    return (
        isinstance(layer, PictureLayer)
        and (layer.position, layer.size, layer.icc) == ((0, 0), photo.size, photo.icc)
        and layer.pixels.pixels.dtype == photo.pixels.dtype
    )


def _work_on(place: Workplace, layer: Layer) -> None:
    """Nobody paints on what can't be seen, or on another layer than the panel says."""
    place.editor.activate(place.side, layer.id)
    reveal(place.document, place.side, layer)
