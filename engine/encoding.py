"""Arrays to picture files: JPEG, PNG, TIFF and WebP, with profile, EXIF and 16 bits.

Pillow writes JPEG and WebP. It has no 16-bit RGB, so OpenCV compresses PNG pixels (and
much faster), and TIFF is put together here: a TIFF file is an EXIF block with a picture added.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine import exif
from engine.colour import to_8bit, to_16bit, to_srgb8
from engine.fileoptions import AS_USUAL, FileOptions

THUMBNAIL_SIDE = 160
_JPEG_EXIF_LIMIT = 65533 - 6  # bytes that fit into one APP1 segment after its prefix
_JPEG_XMP_LIMIT = 65533 - 29
_PNG_START = b"\x89PNG\r\n\x1a\n"
_STRIP_BYTES = 1 << 20


@dataclass(frozen=True)
class Picture:
    """What is to be written: H x W x 3 RGB uint8 or uint16, upright, and what goes with it.

    Of the XMP packets the first that the format has room for is written.
    """

    pixels: NDArray[Any]
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: Sequence[bytes] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]


def write_jpeg(file: BinaryIO, picture: Picture, wanted: FileOptions = AS_USUAL) -> None:
    """8 bits, without chroma subsampling. EXIF beyond 64 KB loses its thumbnail first and is
    left out if that doesn't help."""
    block = _true_exif(picture)
    if len(block) > _JPEG_EXIF_LIMIT:
        block = exif.renewed(block, picture.size, None)
    options: dict[str, Any] = {"quality": wanted.quality, "subsampling": 0}
    if block and len(block) <= _JPEG_EXIF_LIMIT:
        options["exif"] = b"Exif\0\0" + block
    if picture.icc:
        options["icc_profile"] = picture.icc
    if picture.dpi:
        options["dpi"] = tuple(min(round(v), 65535) for v in picture.dpi)
    if packet := _packet(picture, _JPEG_XMP_LIMIT):
        options["xmp"] = packet
    Image.fromarray(to_8bit(picture.pixels)).save(file, "JPEG", **options)


def write_webp(file: BinaryIO, picture: Picture, wanted: FileOptions = AS_USUAL) -> None:
    """8 bits. WebP has no place for a resolution of its own."""
    options: dict[str, Any] = {"quality": wanted.quality}
    if wanted.lossless:
        options = {"lossless": True}
    if block := _true_exif(picture):
        options["exif"] = block
    if picture.icc:
        options["icc_profile"] = picture.icc
    if packet := _packet(picture):
        options["xmp"] = packet
    Image.fromarray(to_8bit(picture.pixels)).save(file, "WEBP", **options)


def write_png(file: BinaryIO, picture: Picture, wanted: FileOptions = AS_USUAL) -> None:
    """8 or 16 bits."""
    picture = _deep(picture, wanted)
    chunks = []
    if picture.icc:
        chunks.append(icc_chunk(picture.icc))
    if picture.dpi:
        x, y = (round(v / 0.0254) for v in picture.dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", x, y, 1)))
    if block := _true_exif(picture):
        chunks.append((b"eXIf", block))
    if packet := _packet(picture):  # uncompressed, so that it is found by whoever scans for it
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    write_png_pixels(file, picture.pixels, chunks)


def icc_chunk(icc: bytes) -> tuple[bytes, bytes]:
    """A profile for ``write_png_pixels``."""
    return b"iCCP", b"ICC profile\0\0" + zlib.compress(icc)


def write_png_pixels(
    file: BinaryIO, pixels: NDArray[Any], chunks: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """H x W x 3 or 4 uint8 or uint16 as PNG, with chunks (name, data) before the pixels.

    Band by band: what encodes a large photo at once holds up all other threads.
    """
    height, width, channels = pixels.shape
    colour = {3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, colour, 0, 0, 0)
    file.write(_PNG_START)
    for name, data in ((b"IHDR", header), *chunks):
        _write_png_chunk(file, name, data)
    packer = zlib.compressobj(1)
    for band in _filtered(pixels):
        if data := packer.compress(band.data):
            _write_png_chunk(file, b"IDAT", data)
    _write_png_chunk(file, b"IDAT", packer.flush())
    _write_png_chunk(file, b"IEND", b"")


def _filtered(pixels: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    """Bands of rows as PNG packs them: each byte less that of the pixel on its left."""
    height, width, channels = pixels.shape
    step = channels * pixels.itemsize
    rows = max(1, _STRIP_BYTES // (width * step))
    for top in range(0, height, rows):
        band = pixels[top : top + rows]
        raw = np.ascontiguousarray(band, band.dtype.newbyteorder(">"))
        samples = raw.view(np.uint8).reshape(len(band), width * step)
        out = np.empty((len(band), 1 + width * step), np.uint8)
        out[:, 0] = 1  # the filter "Sub"
        out[:, 1 : 1 + step] = samples[:, :step]
        np.subtract(samples[:, step:], samples[:, :-step], out=out[:, 1 + step :])
        yield out


def _write_png_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def write_tiff(file: BinaryIO, picture: Picture, wanted: FileOptions = AS_USUAL) -> None:
    """8 or 16 bits, Deflate with horizontal prediction, in strips.

    The EXIF block's bytes come first in the file, so every address in them stays true;
    its IFD0 is written again behind the pixels, together with what describes those.
    """
    picture = _deep(picture, wanted)
    block = _true_exif(picture, thumbnail=False)
    order = exif.byte_order(block)
    if order is None:
        order = "<"
        block = b"II*\0" + bytes(4)
    width, height = picture.size
    bits = picture.pixels.itemsize * 8
    rows = max(1, _STRIP_BYTES // (width * 3 * picture.pixels.itemsize))

    start = file.tell()
    block += b"\0" * (len(block) % 2)
    file.write(block)
    offsets, sizes = [], []
    for strip in _strips(picture.pixels, rows, order):
        offsets.append(file.tell() - start)
        sizes.append(len(strip))
        file.write(strip + b"\0" * (len(strip) % 2))

    described = exif.first_directory(block, order).entries
    entries = {tag: entry for tag, entry in described.items() if tag not in exif.STORAGE_TAGS}
    if picture.dpi and exif.X_RESOLUTION not in entries:
        for tag, value in zip((exif.X_RESOLUTION, exif.Y_RESOLUTION), picture.dpi, strict=True):
            entries[tag] = exif.numbers(order, tag, exif.RATIONAL, round(value * 1000), 1000)
        entries[exif.RESOLUTION_UNIT] = exif.numbers(order, exif.RESOLUTION_UNIT, exif.SHORT, 2)
    for tag, kind, values in (
        (exif.IMAGE_WIDTH, exif.LONG, [width]),
        (exif.IMAGE_LENGTH, exif.LONG, [height]),
        (exif.BITS_PER_SAMPLE, exif.SHORT, [bits] * 3),
        (exif.COMPRESSION, exif.SHORT, [8]),  # Deflate
        (exif.PHOTOMETRIC, exif.SHORT, [2]),  # RGB
        (exif.STRIP_OFFSETS, exif.LONG, offsets),
        (exif.SAMPLES_PER_PIXEL, exif.SHORT, [3]),
        (exif.ROWS_PER_STRIP, exif.LONG, [rows]),
        (exif.STRIP_BYTE_COUNTS, exif.LONG, sizes),
        (exif.PREDICTOR, exif.SHORT, [2]),
    ):
        entries[tag] = exif.numbers(order, tag, kind, *values)
    if picture.icc:
        entries[exif.ICC_PROFILE] = exif.Entry(
            exif.ICC_PROFILE, exif.UNDEFINED, len(picture.icc), picture.icc
        )
    if packet := _packet(picture):
        entries[exif.XMP] = exif.Entry(exif.XMP, exif.BYTE, len(packet), packet)
    directory_at = file.tell() - start
    file.write(exif.pack_directory(order, entries.values(), directory_at))
    file.seek(start + 4)
    file.write(struct.pack(order + "I", directory_at))
    file.seek(0, 2)


def _deep(picture: Picture, wanted: FileOptions) -> Picture:
    """The picture with as many bits as are wanted."""
    if wanted.bits is None:
        return picture
    convert = to_8bit if wanted.bits == 8 else to_16bit
    return replace(picture, pixels=convert(picture.pixels))


def _packet(picture: Picture, limit: int = 1 << 30) -> bytes | None:
    """The XMP that is written: the first of the packets that isn't too long."""
    return next((packet for packet in picture.xmp if len(packet) <= limit), None)


def _strips(pixels: NDArray[Any], rows: int, order: exif.ByteOrder) -> Iterator[bytes]:
    """Bands of rows, each sample less its left neighbour, compressed."""
    native = "<" if sys.byteorder == "little" else ">"
    for top in range(0, len(pixels), rows):
        band = pixels[top : top + rows]
        difference = band.copy()
        difference[:, 1:] -= band[:, :-1]
        if order != native and difference.itemsize > 1:
            difference.byteswap(inplace=True)
        yield zlib.compress(difference.data, 3)


def _true_exif(picture: Picture, *, thumbnail: bool = True) -> bytes:
    """The picture's EXIF block as it is true of its pixels; empty without one."""
    if not picture.exif:
        return b""
    jpeg = None
    if thumbnail and exif.has_thumbnail(picture.exif):
        jpeg = _thumbnail(picture)
    return exif.renewed(picture.exif, picture.size, jpeg)


def _thumbnail(picture: Picture) -> bytes:
    """A small JPEG in sRGB, as EXIF wants it, some 5 to 15 KB."""
    width, height = picture.size
    scale = min(1, THUMBNAIL_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
    srgb = to_srgb8(np.asarray(small), picture.icc)
    _, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(srgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85]
    )
    return bytes(jpeg.tobytes())
