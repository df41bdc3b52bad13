"""Writing OpenRaster files (https://www.openraster.org, version 0.0.5), for Krita and GIMP."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from engine.writing import atomic_write
from hs_desktop.document.payloads import write_png
from hs_desktop.document.thumbnails import photo_thumbnail

if TYPE_CHECKING:
    from engine.imageio import Photo

Write = Callable[[BinaryIO], None]  # writes a member's content

MIMETYPE = b"image/openraster"
THUMBNAIL_SIDE = 256
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


@dataclass(frozen=True)
class Sheet:
    """A layer of the file: a picture among its members, and where and how it lies."""

    name: str
    src: str
    at: tuple[int, int] = (0, 0)
    opacity: float = 1.0
    visible: bool = True
    locked: bool = False


@dataclass(frozen=True)
class Sheaf:
    """A group of layers, the topmost first."""

    name: str
    children: tuple[Sheet | Sheaf, ...]
    visible: bool = True
    opacity: float = 1.0


class OpenRaster:
    """A file being written; ``writing`` opens one."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self._names: set[str] = set()
        self.add("mimetype", MIMETYPE)  # has to be the first, and not packed

    def add(self, name: str, content: bytes | Write, *, packed: bool = False) -> None:
        """Add a member once; PNGs are packed already."""
        if name in self._names:
            return
        self._names.add(name)
        # One date for all: the same project gives the same bytes.
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        if isinstance(content, bytes):
            self._zip.writestr(info, content)
            return
        with self._zip.open(info, "w") as file:
            content(cast("BinaryIO", file))

    def finish(
        self, sheets: Iterable[Sheet | Sheaf], merged: Photo | None, xmp: bytes | None = None
    ) -> None:
        """Write what says how all lies upon another, the topmost first, and how it looks.

        OpenRaster has no place for XMP: the merged picture has, and is found by scanning.
        """
        if merged is None:
            flat: NDArray[np.uint8] = np.full((1, 1, 3), 255, np.uint8)
            small, size = flat, (1, 1)
        else:
            from engine.imageio import to_srgb8  # brings OpenCV along

            flat, size = to_srgb8(merged), merged.size
            small = photo_thumbnail(merged, THUMBNAIL_SIDE)
        self.add("stack.xml", stack_xml(size, sheets), packed=True)
        self.add("Thumbnails/thumbnail.png", partial(write_png, pixels=small))
        self.add("mergedimage.png", partial(write_png, pixels=flat, xmp=xmp))


@contextmanager
def writing(path: Path) -> Iterator[OpenRaster]:
    """A file that appears at ``path`` complete or not at all.

    Raises:
        OutputFileError: it can't be written.
    """
    with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        yield OpenRaster(archive)


def stack_xml(size: tuple[int, int], sheets: Iterable[Sheet | Sheaf]) -> bytes:
    """``stack.xml`` of a picture of (width, height)."""
    width, height = size
    image = ElementTree.Element("image", version="0.0.5", w=str(width), h=str(height))
    stack = ElementTree.SubElement(image, "stack")
    for sheet in sheets:
        _append(stack, sheet)
    ElementTree.indent(image)
    return ElementTree.tostring(image, "utf-8", xml_declaration=True)


def _append(parent: ElementTree.Element, sheet: Sheet | Sheaf) -> None:
    common = {
        "name": _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", sheet.name),
        "visibility": "visible" if sheet.visible else "hidden",
        "opacity": repr(float(sheet.opacity)),
        "composite-op": "svg:src-over",
    }
    if isinstance(sheet, Sheaf):
        group = ElementTree.SubElement(parent, "stack", common, isolation="isolate")
        for child in sheet.children:
            _append(group, child)
        return
    own = {"src": sheet.src, "x": str(sheet.at[0]), "y": str(sheet.at[1])}
    if sheet.locked:
        own["edit-locked"] = "true"
    ElementTree.SubElement(parent, "layer", {**common, **own})
