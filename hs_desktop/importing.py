"""Pictures of the user's own as layers over a photo: a logo, a strand of hair, a backdrop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hs_desktop.document import commands
from hs_desktop.document.compositing import base_photo
from hs_desktop.document.errors import LayerError
from hs_desktop.document.events import Side
from hs_desktop.document.layers import PictureLayer
from hs_desktop.document.planes import Plane
from hs_desktop.editor import Editor
from hs_desktop.i18n import _
from hs_desktop.tools.state import Tool


def can_take_picture(editor: Editor, side: Side) -> bool:
    """Whether a side has a photo that a picture can lie on."""
    return base_photo(editor.document.state, side) is not None


def add_picture(
    editor: Editor, side: Side, pixels: NDArray[Any], icc: bytes | None, name: str
) -> None:
    """Lay a picture on a side as its topmost layer, in the middle of the photo, to be moved.

    Args:
        editor: whose document.
        side: where.
        pixels: H x W x 4 RGBA, uint8 or uint16, colours not multiplied by alpha.
        icc: the profile of the colours; ``None`` means sRGB.
        name: of the layer.

    Raises:
        LayerError: there is no photo to lie on.
    """
    document = editor.document
    photo = base_photo(document.state, side)
    if photo is None:
        raise LayerError(_("There is no photo yet for the picture to lie on: open one first."))
    document.settle()
    (width, height), (own_height, own_width) = photo.size, pixels.shape[:2]
    position = (width - own_width) // 2, (height - own_height) // 2
    layer = PictureLayer(name=name, pixels=Plane(pixels), position=position, icc=icc)
    document.do(commands.add_layer(side, layer))
    editor.activate(side, layer.id)
    editor.tools.tool = Tool.MOVE


async def import_picture(
    editor: Editor, side: Side, path: Path, psd_layer: str | None = None
) -> None:
    """Lay a file on a side, unless another project is opened before it has been read.

    Args:
        editor: whose document.
        side: where.
        path: the file.
        psd_layer: of a Photoshop file; the merged picture without it.

    Raises:
        InputFileError: it can't be read.
        LayerError: there is no photo to lie on.
        Cancelled: the user has given it up.
    """
    from hs_desktop.reading import read_cut_out  # brings decoders along

    document = editor.document
    text = _("Reading {name}…").format(name=path.name)
    pixels, icc = await editor.readings.read(text, lambda _watch: read_cut_out(path, psd_layer))
    if document is editor.document:
        add_picture(editor, side, pixels, icc, psd_layer or path.stem)
