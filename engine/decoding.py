"""Picture files to arrays, strictly: every depth and mode that is read, upright."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from engine import colour, exif
from engine.errors import InputFileError
from engine.opening import Source
from engine.sentences import Sentence

_BAND_ROWS = 256


@dataclass(frozen=True)
class Decoded:
    """What a file holds, as the file has it, upright.

    Attributes:
        pixels: H x W x C, uint8 or uint16; C is 1 grey, 2 grey and alpha, 3 RGB,
            4 RGB and alpha.
        premultiplied: whether colours are stored multiplied by alpha.
        icc, exif: the file's profile and EXIF block (without the ``Exif`` prefix).
        dpi: horizontal and vertical resolution.
        format: ``"JPEG"``, ``"PNG"``, ...
        xmp: the file's XMP packet.
    """

    pixels: NDArray[Any]
    premultiplied: bool
    icc: bytes | None
    exif: bytes | None
    dpi: tuple[float, float] | None
    format: str
    xmp: bytes | None = None


def decode(source: Source) -> Decoded:
    """Decode a file's (first) picture and turn it upright.

    Raises ``InputFileError`` rather than give a picture that is only partly there. CMYK
    comes back as sRGB.
    """
    source.need_complete()
    image = source.header
    icc: bytes | None = image.info.get("icc_profile") or None
    packet = image.info.get("xmp")  # of a TIFF before loading: Pillow changes it then
    premultiplied = False
    if _is_sixteen_bit(source):
        pixels, premultiplied = _load_16bit(source)
    elif image.mode == "CMYK":
        pixels, icc = colour.cmyk_to_srgb(image, icc), None
    elif image.mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr"):
        pixels = _load_8bit(image)
    else:
        raise InputFileError(
            Sentence(
                '"{path}" has pixels of a kind that is not read (mode {mode}).',
                path=source.path,
                mode=image.mode,
            ),
            subject=source.path,
        )
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if isinstance(image, TiffImageFile):
        block = source.exif_of_tiff()  # Pillow has turned the pixels already
    else:
        # A PNG may keep its EXIF behind the pixels, so this isn't known before loading.
        block = image.info.get("exif") or None
        if block is not None:
            block = block.removeprefix(b"Exif\0\0")
        pixels = upright(pixels, exif.orientation(block))
    dpi, packet = _plausible_dpi(image.info.get("dpi")), packet or image.info.get("xmp")
    return Decoded(pixels, premultiplied, icc, block, dpi, image.format or "", _bytes(packet))


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo an EXIF orientation, 1..8, of H x W x C pixels."""
    if orientation in (5, 6, 7, 8):
        pixels = _keep_channels(cv2.transpose(np.ascontiguousarray(pixels)), pixels)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    if flip is not None:
        pixels = _keep_channels(cv2.flip(np.ascontiguousarray(pixels), flip), pixels)
    return pixels


def over_white(decoded: Decoded) -> NDArray[Any]:
    """The pixels with any alpha composited over white: H x W x 1 or 3."""
    pixels = decoded.pixels
    channels = pixels.shape[2]
    if channels in (1, 3):
        return pixels
    result = np.ascontiguousarray(pixels[..., : channels - 1])
    top = int(np.iinfo(pixels.dtype).max)
    for first in range(0, len(pixels), _BAND_ROWS):
        rows = slice(first, first + _BAND_ROWS)
        alpha = pixels[rows, :, channels - 1 :]
        if alpha.min() == top:
            continue
        wide = alpha.astype(np.uint32)  # 65535 * 65535 still fits
        if decoded.premultiplied:
            result[rows] = np.minimum(result[rows] + (top - wide), top)
        else:
            result[rows] = (result[rows] * wide + (top * (top - wide) + top // 2)) // top
    return result


def to_rgb(pixels: NDArray[Any]) -> NDArray[Any]:
    """H x W x 1 or 3 to H x W x 3."""
    return pixels if pixels.shape[2] == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)


# --- Parts ---------------------------------------------------------------------------


def _load_8bit(image: ImageFile.ImageFile) -> NDArray[Any]:
    """H x W or H x W x C uint8."""
    image.load()
    if image.has_transparency_data and image.mode != "LA":
        return np.asarray(image.convert("RGBA"))
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    if image.mode in ("L", "LA", "RGB"):
        return np.asarray(image)
    return np.asarray(image.convert("RGB"))


def _is_sixteen_bit(source: Source) -> bool:
    image = source.header
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(exif.BITS_PER_SAMPLE, (1,))
        if max(bits) <= 8 or image.mode == "CMYK":
            return False
        planar = len(bits) > 1 and image.tag_v2.get(exif.PLANAR_CONFIGURATION, 1) == 2
        if set(bits) != {16} or planar or image.mode not in ("I;16", "I;16B", "RGB", "RGBA"):
            how = Sentence("{count} bits", count=max(bits))
            if planar:
                how = Sentence("{count} bits in separate planes", count=max(bits))
            raise InputFileError(
                Sentence(
                    '"{path}" has pixels of a kind that is not read ({how}).',
                    path=source.path,
                    how=how,
                ),
                subject=source.path,
            )
        return True
    return source.is_png and ";16" in str(image.tile[0][3])


def _load_16bit(source: Source) -> tuple[NDArray[Any], bool]:
    """H x W or H x W x C uint16 of a PNG or TIFF; and whether alpha is premultiplied.

    Pillow has no 16-bit RGB, but it can unpack either byte of each sample: so the file is
    decoded twice, for the high bytes and for the low ones.
    """
    image = source.header
    if image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.uint16)  # of either byte order
        if isinstance(image, TiffImageFile) and image.tag_v2.get(exif.PHOTOMETRIC) == 0:
            levels = 65535 - levels  # 0 is white
        if (clear := image.info.get("transparency")) is not None and source.is_png:
            alpha = np.where(levels == clear, 0, 65535).astype(np.uint16)
            levels = np.stack([levels, alpha], axis=-1)
        return levels, False
    args: Any = image.tile[0][3]
    kind, order = (args if isinstance(args, str) else args[0]).split(";16")
    clear = image.info.get("transparency")
    if kind == "LA":
        # Grey and alpha take as many bits as 8-bit RGBA does: one pass gives all bytes.
        packed = _unpack(image, "RGBA").astype(np.uint16)
        return packed[..., 0::2] << 8 | packed[..., 1::2], False
    if order == "N":
        order = "L" if sys.byteorder == "little" else "B"
    premultiplied = kind == "RGBa"
    kind = "RGBA" if premultiplied else kind
    pixels = _unpack(image, f"{kind};16{order}").astype(np.uint16)
    pixels <<= 8
    pixels |= _unpack(source.image(), f"{kind};16{'B' if order == 'L' else 'L'}")
    if clear is not None and kind == "RGB" and source.is_png:  # one colour means transparent
        alpha = np.where((pixels == np.array(clear)).all(axis=-1), 0, 65535).astype(np.uint16)
        pixels = np.concatenate([pixels, alpha[..., None]], axis=-1)
    return pixels, premultiplied


def _unpack(image: ImageFile.ImageFile, rawmode: str) -> NDArray[np.uint8]:
    """Load with another raw mode: which bytes of the file become a pixel's 8-bit channels."""

    def changed(args: Any) -> Any:
        return rawmode if isinstance(args, str) else (rawmode, *args[1:])

    image.tile = [tile._replace(args=changed(tile.args)) for tile in image.tile]
    image.load()
    return np.asarray(image)


def _keep_channels(turned: Any, pixels: NDArray[Any]) -> NDArray[Any]:
    """OpenCV drops a single channel's axis."""
    result = np.asarray(turned)
    return result if result.ndim == pixels.ndim else result[..., None]


def _bytes(packet: Any) -> bytes | None:
    """An XMP packet as Pillow gives it: bytes, or whatever a damaged file makes of them."""
    return packet if isinstance(packet, bytes) and packet else None


def _plausible_dpi(dpi: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(v) for v in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if 1 <= x <= 1e5 and 1 <= y <= 1e5 else None
