"""Photoshop files as photos: the picture as it was saved, or one layer of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from psd_tools import PSDImage
from psd_tools.api.layers import Group, Layer
from psd_tools.composite import composite
from psd_tools.constants import ColorMode, Resource
from psd_tools.psd.header import FileHeader

from engine import colour
from engine.decoding import Decoded
from engine.errors import InputFileError
from hs_desktop.i18n import _
from hs_desktop.reading import need_size

# What is odd in a file is no news for the terminal.
logging.getLogger("psd_tools").addHandler(logging.NullHandler())

_CHANNELS = {ColorMode.RGB: 3, ColorMode.GRAYSCALE: 1, ColorMode.CMYK: 4}


def read_psd(
    file: BinaryIO, path: Path, layer: str | None = None, *, cut_out: bool = False
) -> Decoded:
    """The merged picture, or the layer of that name, over white.

    Args:
        cut_out: give a layer of an RGB or grey file its transparency instead of white.

    Raises:
        InputFileError: of a kind that isn't read, or without such a layer.
        Exception: whatever psd-tools raises on a damaged file.
    """
    psd = _opened(file, path)
    if layer is not None:
        cut_out = cut_out and psd.color_mode != ColorMode.CMYK
        levels = _drawn(psd, _layer(psd, path, layer), path, cut_out=cut_out)
    elif _has_merged(psd):
        levels = _merged(psd)
    else:
        levels = _drawn(psd, psd, path)
    icc: bytes | None = psd.image_resources.get_data(Resource.ICC_PROFILE) or None
    if psd.color_mode == ColorMode.CMYK:  # stored with 0 for all of the ink
        inks = 255 - colour.to_8bit(levels)
        levels, icc = colour.cmyk_to_srgb(Image.fromarray(inks, "CMYK"), icc), None
    resources = psd.image_resources
    return Decoded(
        levels, False, icc, resources.get_data(Resource.EXIF_DATA_1) or None, _dpi(psd), "PSD",
        resources.get_data(Resource.XMP_METADATA) or None,
    )  # fmt: skip


def layer_names(file: BinaryIO, path: Path) -> list[str]:
    """Of the layers that have something to show, the topmost first."""
    return [name for name, _layer in _named(_opened(file, path))]


def _opened(file: BinaryIO, path: Path) -> PSDImage:
    data = file.read()
    header = FileHeader.read(io.BytesIO(data))
    need_size(path, header.width, header.height)
    if header.color_mode not in _CHANNELS or header.depth not in (8, 16):
        sentence = _(
            '"{path}" has pixels of a kind that is not read ({mode}, {depth} bits): convert it '
            "to RGB of 8 or 16 bits."
        )
        mode = ColorMode(header.color_mode).name.lower()
        raise InputFileError(
            sentence.format(path=path, mode=mode, depth=header.depth), subject=path
        )
    return PSDImage.open(io.BytesIO(data))


def _has_merged(psd: PSDImage) -> bool:
    info = psd.image_resources.get_data(Resource.VERSION_INFO)
    return info is None or bool(info.has_composite)


def _merged(psd: PSDImage) -> NDArray[Any]:
    """H x W x C of the merged picture; what is transparent has been laid over white in it."""
    record = psd._record
    planes = cast(list[bytes], record.image_data.get_data(record.header))
    kind = np.uint8 if psd.depth == 8 else np.dtype(">u2")
    shape = psd.height, psd.width
    levels = [
        np.frombuffer(plane, kind, psd.height * psd.width).reshape(shape)
        for plane in planes[: _CHANNELS[psd.color_mode]]
    ]
    return np.stack(levels, axis=-1).astype(np.uint8 if psd.depth == 8 else np.uint16)


def _drawn(
    psd: PSDImage, what: PSDImage | Layer, path: Path, *, cut_out: bool = False
) -> NDArray[Any]:
    """H x W x C of the document's size: layers drawn over white, or with alpha as last channel."""
    view = (0, 0, psd.width, psd.height)
    try:
        levels, _shape, alpha = composite(what, viewport=view, layer_filter=_shown_in(what))
    except ImportError as error:
        sentence = _(
            '"{path}" has layers with effects or shapes that can\'t be drawn here: rasterise '
            "them first, or save the file with maximum compatibility."
        )
        raise InputFileError(sentence.format(path=path), subject=path) from error
    drawn = np.dstack([levels, alpha]) if cut_out else levels * alpha + (1 - alpha)
    top = 255 if psd.depth == 8 else 65535
    return np.rint(np.clip(drawn, 0, 1) * top).astype(np.uint8 if psd.depth == 8 else np.uint16)


def _shown_in(what: PSDImage | Layer) -> Any:
    """A chosen layer is drawn though it is hidden; of what is in it, what is visible."""
    return lambda layer: layer is what or layer.visible


def _named(psd: PSDImage) -> Iterator[tuple[str, Layer]]:
    taken: dict[str, int] = {}

    def walk(group: PSDImage | Group, prefix: str) -> Iterator[tuple[str, Layer]]:
        for layer in reversed(list(group)):
            if layer.width <= 0 or layer.height <= 0:
                continue  # an adjustment, or empty
            name = f"{prefix}{layer.name}"
            taken[name] = taken.get(name, 0) + 1
            if taken[name] > 1:
                name = f"{name} ({taken[name]})"
            yield name, layer
            if isinstance(layer, Group):
                yield from walk(layer, f"{name}/")

    return walk(psd, "")


def _layer(psd: PSDImage, path: Path, name: str) -> Layer:
    for known, layer in _named(psd):
        if known == name:
            return layer
    sentence = _('"{path}" has no layer "{name}".')
    raise InputFileError(sentence.format(path=path, name=name), subject=path)


def _dpi(psd: PSDImage) -> tuple[float, float] | None:
    """Stored per inch, as 16.16 fixed point, whatever unit is shown."""
    info = psd.image_resources.get_data(Resource.RESOLUTION_INFO)
    if info is None or not (info.horizontal and info.vertical):
        return None
    return info.horizontal / 65536, info.vertical / 65536
