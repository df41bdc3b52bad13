"""Pixels and bytes as files of their own, named after their content.

The same in a ``.hsd`` file and in an autosave: what has a name already is never written
again, and what is read under a name has to be what the name says.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.labels import palette
from hs_desktop.document.planes import Plane

_PNG_START = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _INDEXED, _RGBA = 0, 2, 3, 6  # PNG's colour types


@dataclass(frozen=True)
class Payload:
    """Something to be written.

    Attributes:
        name: within the project: ``data/...``.
        content: H x W uint8, H x W x 3 or 4 uint8 or uint16; or bytes as they are.
        icc: for programs that look at a picture by itself.
        indexed: class ids, to be shown in the classes' colours.
    """

    name: str
    content: Plane | NDArray[Any] | bytes
    icc: bytes | None = None
    indexed: bool = False

    def write(self, file: BinaryIO) -> None:
        """Bytes as they are, pixels as PNG."""
        if isinstance(self.content, bytes):
            file.write(self.content)
            return
        pixels = self.content.pixels if isinstance(self.content, Plane) else self.content
        write_png(file, pixels, self.icc, indexed=self.indexed)


def bytes_key(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def write_png(
    file: BinaryIO,
    pixels: NDArray[Any],
    icc: bytes | None = None,
    *,
    indexed: bool = False,
    xmp: bytes | None = None,
) -> None:
    """H x W uint8 (grey, or class ids) or H x W x 3 or 4 uint8 or uint16 as PNG, losslessly.

    Args:
        file: to be written to.
        pixels: the picture.
        icc: the profile of its colours.
        indexed: class ids, to be shown in the classes' colours.
        xmp: a packet, for pictures without transparency.
    """
    if pixels.ndim == 2:
        from PIL import Image

        image = Image.fromarray(np.ascontiguousarray(pixels))
        if indexed:
            image.putpalette(palette().tobytes().ljust(3 * 256, b"\0"))
        image.save(file, "PNG", compress_level=1)
        return

    from engine import encoding  # brings OpenCV along

    if pixels.shape[2] == 3:
        packets = () if xmp is None else (xmp,)
        encoding.write_png(file, encoding.Picture(pixels, icc, xmp=packets))
    else:
        encoding.write_png_pixels(file, pixels, [] if icc is None else [encoding.icc_chunk(icc)])


def decode_png(data: bytes, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The pixels of a PNG that has to be of this shape and type.

    Raises:
        ValueError: it isn't; found from its header, before anything is decoded.
    """
    if data[:8] != _PNG_START or data[12:16] != b"IHDR" or len(data) < 33:
        raise ValueError("not a PNG")
    width, height, bits, kind = struct.unpack_from(">IIBB", data, 16)
    kinds = {2: (_GREY, _INDEXED), 3: (_RGB,)}.get(len(shape), ())
    if len(shape) == 3 and shape[2] == 4:
        kinds = (_RGBA,)
    if (height, width) != shape[:2] or bits != dtype.itemsize * 8 or kind not in kinds:
        raise ValueError(f"a PNG of {width} x {height}, {bits} bits, kind {kind}; not {shape}")
    if len(shape) == 2:
        from PIL.PngImagePlugin import PngImageFile

        # Not Image.open: that has a limit of its own, and would try other formats.
        pixels = np.array(PngImageFile(io.BytesIO(data)), dtype=np.uint8)
    else:
        import cv2

        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if decoded is None or decoded.shape != shape or decoded.dtype != dtype:
            raise ValueError("a damaged PNG")
        order = cv2.COLOR_BGR2RGB if shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        pixels = np.asarray(cv2.cvtColor(decoded, order))
    if pixels.shape != shape:
        raise ValueError("a damaged PNG")
    return pixels


def largest_file(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """More bytes than a PNG of this shape and type, profile included, can sensibly have."""
    return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize * 11 // 10 + (16 << 20)
