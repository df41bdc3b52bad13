"""Picture files made by hand, and what they hold: material for the tests of photo I/O."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray
from PIL import Image

from engine import exif

in_tmp = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def noise(*shape: int, dtype: Any = np.uint8, seed: int = 0) -> NDArray[Any]:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)


def smooth(height: int, width: int) -> NDArray[np.uint8]:
    """A picture that JPEG keeps nearly as it is."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 200], -1).astype(np.uint8)


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def raw_png(
    pixels: NDArray[Any], colour_type: int, extra: bytes = b"", size: tuple[int, int] | None = None
) -> bytes:
    """A PNG of any colour type, written by hand: no reader or writer under test takes part."""
    height, width = pixels.shape[:2]
    lines = b"".join(b"\0" + row.astype(f">u{pixels.itemsize}").tobytes() for row in pixels)
    header = struct.pack(
        ">IIBBBBB", *(size or (width, height)), pixels.itemsize * 8, colour_type, 0, 0, 0
    )
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(lines))
        + png_chunk(b"IEND", b"")
    )


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(height: int = 200, width: int = 300) -> bytes:
    return encoded(Image.fromarray(noise(height, width, 3)), "JPEG")


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def exif_block(
    order: exif.ByteOrder = "<",
    orientation: int | None = None,
    size: tuple[int, int] | None = None,
    thumbnail: bytes | None = None,
    maker_note: bytes = b"",
) -> bytes:
    """IFD0 (maker, orientation), Exif IFD (pixel size, maker note), IFD1, in that order."""
    n = exif.numbers
    main = [exif.Entry(0x10F, 2, 7, b"Camera\0")]
    if orientation is not None:
        main.append(n(order, exif.ORIENTATION, exif.SHORT, orientation))
    inner = [exif.Entry(0x927C, exif.UNDEFINED, len(maker_note), maker_note)] if maker_note else []
    if size:
        inner += [n(order, 0xA002, exif.LONG, size[0]), n(order, 0xA003, exif.LONG, size[1])]
    pointer = len(exif.pack_directory(order, [*main, n(order, 0x8769, exif.LONG, 0)], 8)) + 8
    if inner:
        main.append(n(order, 0x8769, exif.LONG, pointer))
    after = exif.pack_directory(order, inner, pointer) if inner else b""
    next_at = len(exif.pack_directory(order, main, 8)) + 8 + len(after)
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    block += exif.pack_directory(order, main, 8, next_at if thumbnail else 0) + after
    if thumbnail:
        small = [
            n(order, exif.COMPRESSION, exif.SHORT, 6),
            n(order, 0x201, exif.LONG, 0),
            n(order, 0x202, exif.LONG, len(thumbnail)),
        ]
        small[1] = n(
            order, 0x201, exif.LONG, next_at + len(exif.pack_directory(order, small, next_at))
        )
        block += exif.pack_directory(order, small, next_at) + thumbnail
    return block


def oriented(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """How a camera that writes this tag stores ``upright`` (EXIF 2.32, 4.6.4)."""
    # Tag -> where the stored row 0 and column 0 lie in the upright picture.
    stored = {
        1: upright,  # top, left
        2: upright[:, ::-1],  # top, right
        3: upright[::-1, ::-1],  # bottom, right
        4: upright[::-1],  # bottom, left
        5: upright.transpose(1, 0, 2),  # left, top
        6: upright[:, ::-1].transpose(1, 0, 2),  # right, top
        7: upright[::-1, ::-1].transpose(1, 0, 2),  # right, bottom
        8: upright[::-1].transpose(1, 0, 2),  # left, bottom
    }
    return np.ascontiguousarray(stored[orientation])


def over_white(colours: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(colours.dtype).max
    share = alpha.astype(np.float64)[..., None] / top
    return np.rint(colours * share + top * (1 - share)).astype(colours.dtype)


def grey3(levels: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(levels[..., None], 3, axis=-1)


def save(folder: Path, data: bytes, name: str = "photo") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


RGB8, RGBA8 = noise(20, 24, 3), noise(20, 24, 4, seed=1)
RGB16, RGBA16 = noise(20, 24, 3, dtype=np.uint16), noise(20, 24, 4, dtype=np.uint16, seed=1)
INDEXED = Image.fromarray(noise(20, 24) % 4)
INDEXED.putpalette([250, 0, 0, 0, 250, 0, 0, 0, 250, 9, 8, 7])
PALETTE = np.array([[250, 0, 0], [0, 250, 0], [0, 0, 250], [9, 8, 7]], dtype=np.uint8)
IDS = np.asarray(INDEXED)
BITS = noise(20, 24) > 127
