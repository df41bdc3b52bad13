"""The files in which what layers hold lies; their names say what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hs_desktop.document.layers import LayoutLayer, PictureLayer
from hs_desktop.document.payloads import Payload, bytes_key
from hs_desktop.document.planes import Crop, Plane
from hs_desktop.document.variation import Variation

if TYPE_CHECKING:
    from engine.imageio import Photo


def photo_payload(photo: Photo) -> Payload:
    """The file in which a photo's pixels lie."""
    return Payload(f"data/photo-{photo.content_key}.png", photo.pixels, photo.icc)


def patch_payload(layer: Variation) -> Payload:
    """The file in which the part lies that a variation changes."""
    icc = layer.base.icc
    name = f"data/variation-{_with_profile(layer.patch.key, icc)}.png"
    return Payload(name, layer.patch.pixels, icc)


def layout_payload(layer: LayoutLayer, plane: Plane) -> Payload:
    """The file in which a layout's class ids lie."""
    return Payload(f"data/layout-{plane.key}.png", plane, indexed=True)


def picture_payload(layer: PictureLayer) -> Payload:
    """The file in which an imported picture lies."""
    key = _with_profile(layer.pixels.key, layer.icc)
    return Payload(f"data/picture-{key}.png", layer.pixels, layer.icc)


def mask_payload(mask: Plane | Crop) -> Payload:
    """The file in which a mask lies."""
    content = mask if isinstance(mask, Plane) else mask.pixels
    return Payload(f"data/mask-{mask.key}.png", content)


def _with_profile(key: str, icc: bytes | None) -> str:
    """A file's name has to say what profile is in it, too."""
    return key if icc is None else f"{key}-{bytes_key(icc)[:8]}"
