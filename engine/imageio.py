"""Photos, masks and layouts: reading and writing files.

``opening``, ``decoding`` and ``encoding`` know the formats, ``exif`` and ``colour`` what comes
along with the pixels; this module is what everybody else uses. All of it may be called from any
thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine import colour, decoding, encoding, opening, xmp
from engine.colour import convert_profile
from engine.errors import InputFileError, OutputFileError
from engine.fileoptions import AS_USUAL, FileOptions
from engine.labels import NUM_CLASSES, Layout, palette
from engine.limits import MIN_SIDE
from engine.provenance import Provenance
from engine.sentences import Sentence
from engine.writing import StrPath, atomic_write

__all__ = [
    "Photo",
    "convert_profile",
    "photo_of",
    "read_layout",
    "read_mask",
    "read_photo",
    "to_srgb8",
    "write_layout",
    "write_mask",
    "write_photo",
]

# Suffix -> what writes it, and the longest side it can have.
_WRITERS: dict[str, tuple[Callable[[BinaryIO, encoding.Picture, FileOptions], None], int]] = {
    ".png": (encoding.write_png, 1_000_000),
    ".jpg": (encoding.write_jpeg, 65_500),
    ".jpeg": (encoding.write_jpeg, 65_500),
    ".tif": (encoding.write_tiff, 1_000_000),
    ".tiff": (encoding.write_tiff, 1_000_000),
    ".webp": (encoding.write_webp, 16_383),
}


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as the whole program passes it around. Two photos are equal only if identical.

    Attributes:
        pixels: H x W x 3 RGB, uint8 or uint16, C-contiguous and read-only (``content_key``
            depends on it); upright, in the colours of ``icc``.
        icc: the RGB profile of the pixels; ``None`` means sRGB.
        exif: the EXIF block as the source had it, from its TIFF header on. What it says of
            orientation, size and thumbnail is put right by ``write_photo``, not here.
        path: where the photo was read from.
        dpi: horizontal and vertical resolution.
        format: the source's format, for instance ``"JPEG"``; empty for a made-up photo.
        xmp: the XMP packet as the source had it; ``write_photo`` puts right what it says of
            orientation and size, and drops its thumbnails.
    """

    pixels: NDArray[Any]
    icc: bytes | None = None
    exif: bytes | None = None
    path: Path | None = None
    dpi: tuple[float, float] | None = None
    format: str = ""
    xmp: bytes | None = None

    def __post_init__(self) -> None:
        if self.pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"pixels are {self.pixels.dtype}, not uint8 or uint16")
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or not self.pixels.size:
            raise ValueError(f"pixels are of shape {self.pixels.shape}, not H x W x 3")
        pixels = np.ascontiguousarray(self.pixels).view()
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.width, self.height

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    @property
    def bit_depth(self) -> int:
        """8 or 16."""
        return self.pixels.itemsize * 8

    @cached_property
    def content_key(self) -> str:
        """A hash of pixels and profile, the same in every process: a key for caches."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(f"{self.width} {self.height} {self.pixels.dtype} ".encode())
        digest.update(self.pixels.data)
        digest.update(self.icc or b"")
        return digest.hexdigest()

    def with_pixels(self, pixels: NDArray[Any]) -> Photo:
        """This photo with other pixels, in the same profile; size and depth may differ."""
        return replace(self, pixels=pixels)


def read_photo(path: StrPath) -> Photo:
    """Read a photo: JPEG, PNG, TIFF, WebP, BMP or GIF, told apart by content, not by name.

    - EXIF orientation is applied to the pixels.
    - Transparency of any kind is composited over white.
    - Of an animation or several pages the first is read.
    - 16-bit grey and RGB of PNG and TIFF stay 16-bit.
    - Grey becomes RGB; its profile, which RGB can't carry, is converted to sRGB.
    - CMYK becomes sRGB through its profile (plainly without one).

    Raises:
        InputFileError: naming the file, where there is no such file, it isn't a photo, is
            damaged or incomplete, smaller than 16 x 16 pixels or larger than 150 megapixels
            (found from the header, without decoding it).
    """
    path = Path(path)
    with opening.opened(path) as source:
        source.need_size(MIN_SIDE)
        return photo_of(decoding.decode(source), path)


def photo_of(decoded: decoding.Decoded, path: Path) -> Photo:
    """What was decoded from ``path`` as a photo: over white, in RGB."""
    pixels, icc = decoding.over_white(decoded), decoded.icc
    if pixels.shape[2] == 1:
        table = colour.grey_to_srgb_table(icc, pixels.itemsize * 8)
        pixels = decoding.to_rgb(pixels if table is None else table[pixels])
    if colour.space(icc) != "RGB":
        icc = None
    return Photo(pixels, icc, decoded.exif, path, decoded.dpi, decoded.format, decoded.xmp)


def write_photo(
    photo: Photo,
    path: StrPath,
    provenance: Provenance | None = None,
    options: FileOptions = AS_USUAL,
) -> None:
    """Write a photo in the format of the path's suffix: png, jpg, jpeg, tif, tiff or webp.

    PNG and TIFF keep 16 bits, unless others are asked for; JPEG (without chroma subsampling)
    and WebP get the nearest 8-bit values. Profile, EXIF and XMP go into all of them; the
    EXIF's orientation, size and, where it had one, thumbnail are those of the new pixels.
    The file appears complete or not at all; one that was there is replaced.

    Args:
        photo: the pixels and what goes with them.
        path: the file.
        provenance: added to the photo's XMP.
        options: quality and bits, as far as the format leaves a choice.

    Raises:
        OutputFileError: for an unknown suffix, a photo too large for the format, or a place
            that can't be written.
    """
    path = Path(path)
    try:
        write, longest = _WRITERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(suffix[1:] for suffix in _WRITERS)
        raise OutputFileError(
            Sentence(
                '"{path}" can\'t be written: its name has to end with one of {known}.',
                path=path,
                known=known,
            ),
            subject=path,
        ) from None
    if max(photo.size) > longest:
        raise OutputFileError(
            Sentence(
                '"{path}" can\'t be written: {width} x {height} pixels are more than {format} can '
                "hold ({longest} a side).",
                path=path,
                width=photo.width,
                height=photo.height,
                format=path.suffix[1:],
                longest=longest,
            ),
            subject=path,
        )
    picture = encoding.Picture(
        photo.pixels, photo.icc, photo.exif, photo.dpi, _packets(photo, provenance)
    )
    with atomic_write(path) as file:
        write(file, picture, options)


def _packets(photo: Photo, provenance: Provenance | None) -> tuple[bytes, ...]:
    """XMP for a written photo, and what is left to say where that is too long."""
    if provenance is None:
        packet = None if photo.xmp is None else xmp.renewed(photo.xmp, photo.size)
        return () if packet is None else (packet,)
    return provenance.packet(photo.xmp, photo.size), provenance.packet(None, photo.size)


def to_srgb8(photo: Photo) -> NDArray[np.uint8]:
    """The photo as models see it: H x W x 3 uint8 sRGB.

    Where it is that already (or its profile can't be used), its own read-only pixels.
    """
    return colour.to_srgb8(photo.pixels, photo.icc)


def read_mask(path: StrPath, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
    """Read a mask: H x W float32, 0 (black) .. 1 (white), the luminance of any picture.

    Alpha and profile are ignored.

    Args:
        path: a picture in one of the formats of ``read_photo``, of any depth.
        size: (width, height) the mask must have.

    Raises:
        InputFileError: where the file can't be read or is of another size.
    """
    path = Path(path)
    with opening.opened(path) as source:
        decoded = decoding.decode(source)
    pixels = decoded.pixels
    top = int(np.iinfo(pixels.dtype).max)
    if pixels.shape[2] < 3:
        mask = pixels[..., 0].astype(np.float32) / np.float32(top)
    else:  # in whole numbers, so that grey stays exactly what it is
        weights = np.array([299, 587, 114], dtype=np.uint32)
        total = pixels[..., 0] * weights[0]
        for channel in (1, 2):
            total += pixels[..., channel] * weights[channel]
        mask = (total / (1000 * top)).astype(np.float32)
    _need_same_size(path, Sentence("mask"), mask, size)
    return mask


def write_mask(mask: NDArray[np.floating[Any]], path: StrPath) -> None:
    """Write a mask (H x W, 0..1; clipped) as 8-bit grey PNG.

    Raises ``OutputFileError`` where that fails.
    """
    if mask.ndim != 2:
        raise ValueError(f"a mask of shape {mask.shape}")
    levels = np.rint(np.clip(np.nan_to_num(mask, nan=0.0), 0, 1) * 255).astype(np.uint8)
    with atomic_write(path) as file:
        Image.fromarray(levels).save(file, "PNG")


def read_layout(path: StrPath, size: tuple[int, int] | None = None) -> Layout:
    """Read a layout: H x W uint8 class ids, from an indexed PNG (or an 8-bit grey one).

    The palette's *indices* are the ids; its colours mean nothing.

    Args:
        path: the PNG.
        size: (width, height) the layout must have.

    Raises:
        InputFileError: where the file can't be read, is no such PNG, is of another size or
            holds an id that is no class.
    """
    path = Path(path)
    with opening.opened(path) as source:
        image = source.header
        rawmode = str(image.tile[0][3]) if source.is_png else ""
        if rawmode != "L" and not rawmode.startswith("P"):
            raise InputFileError(
                Sentence(
                    '"{path}" is not a layout: that is an indexed or an 8-bit grey PNG.', path=path
                ),
                subject=path,
            )
        image.load()
        layout: Layout = np.array(image, dtype=np.uint8)
    _need_same_size(path, Sentence("layout"), layout, size)
    if (highest := int(layout.max())) >= NUM_CLASSES:
        y, x = np.argwhere(layout == highest)[0]
        raise InputFileError(
            Sentence(
                '"{path}" holds the class id {highest} at ({x}, {y}); ids go from 0 to {last}.',
                path=path,
                highest=highest,
                x=x,
                y=y,
                last=NUM_CLASSES - 1,
            ),
            subject=path,
        )
    return layout


def write_layout(layout: Layout, path: StrPath) -> None:
    """Write a layout (H x W uint8 class ids) as 8-bit indexed PNG in the classes' colours.

    Raises ``OutputFileError`` where that fails.
    """
    if layout.ndim != 2 or layout.dtype != np.uint8:
        raise ValueError(f"a layout of shape {layout.shape} and type {layout.dtype}")
    image = Image.fromarray(layout)
    image.putpalette(palette().tobytes().ljust(3 * 256, b"\0"))  # shorter ones give 4 bits
    with atomic_write(path) as file:
        image.save(file, "PNG")


def _need_same_size(
    path: Path, what: str, array: NDArray[Any], size: tuple[int, int] | None
) -> None:
    height, width = array.shape
    if size is not None and (width, height) != tuple(size):
        raise InputFileError(
            Sentence(
                '"{path}" is {width} x {height} pixels, but the {what} has to be '
                "{wanted_width} x {wanted_height}.",
                path=path,
                width=width,
                height=height,
                what=what,
                wanted_width=size[0],
                wanted_height=size[1],
            ),
            subject=path,
        )
