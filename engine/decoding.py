"""Picture files to arrays: telling formats apart, checking headers, decoding strictly.

Pillow decodes everything. Its plugins are called directly instead of through ``Image.open``:
only the formats listed here are ever tried, and no warning or limit that belongs to the whole
process stands in the way of a 110-megapixel photo.
"""

from __future__ import annotations

import errno
import logging
import mmap
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from engine import colour, exif
from engine.errors import EngineError, InputFileError
from engine.sentences import Sentence

MAX_PIXELS = 150_000_000
MIN_SIDE = 16
FORMATS = "JPEG, PNG, TIFF, WebP, BMP, GIF"

_BAND_ROWS = 256

# Without a handler of its own, Python prints a library's log lines to stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())


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


class Source:
    """An opened picture file whose header has been read and whose size is sane."""

    def __init__(self, path: Path, file: BinaryIO, plugin: type[ImageFile.ImageFile]) -> None:
        self.path, self._file, self._plugin = path, file, plugin
        self.header = self.image()
        width, height = self.header.size
        if width * height > MAX_PIXELS:
            raise InputFileError(
                Sentence(
                    '"{path}" is too large: {width} x {height} pixels are more than '
                    "{megapixels} megapixels.",
                    path=path,
                    width=width,
                    height=height,
                    megapixels=MAX_PIXELS // 1_000_000,
                ),
                subject=path,
            )

    def image(self) -> ImageFile.ImageFile:
        """A fresh Pillow image, not loaded yet."""
        self._file.seek(0)
        return self._plugin(self._file, str(self.path))

    @property
    def is_png(self) -> bool:
        return self._plugin is PngImageFile

    def need_size(self, smallest: int) -> None:
        """Raise ``InputFileError`` where a side is shorter than ``smallest`` pixels."""
        width, height = self.header.size
        if min(width, height) < smallest:
            raise InputFileError(
                Sentence(
                    '"{path}" is too small: {width} x {height} pixels, and at least '
                    "{smallest} x {smallest} are needed.",
                    path=self.path,
                    width=width,
                    height=height,
                    smallest=smallest,
                ),
                subject=self.path,
            )

    def need_complete(self) -> None:
        """Raise where a file is cut short in a way that its decoder isn't strict about.

        Of a JPEG without an end libjpeg would make the missing part grey; libtiff prints
        to stderr about strips that lie beyond the end.
        """
        if self._plugin is JpegImageFile:
            self._file.seek(0)
            data = self._file.read()
            if data.rfind(b"\xff\xd9") < _start_of_scan(data):
                raise _damaged(self.path)
        if isinstance(self.header, TiffImageFile):
            end = os.fstat(self._file.fileno()).st_size
            for at, size in exif.TIFF_DATA_TAGS:
                starts, sizes = (self.header.tag_v2.get(tag, ()) for tag in (at, size))
                if any(a + b > end for a, b in zip(starts, sizes, strict=False)):
                    raise _damaged(self.path)

    def exif_of_tiff(self) -> bytes | None:
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as file:
            view = memoryview(file)
            try:
                return exif.from_tiff(view)
            finally:
                view.release()


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a picture file; whatever goes wrong inside becomes an ``InputFileError``."""
    _silence_pillow()
    try:
        if path.is_dir():
            raise InputFileError(
                Sentence('"{path}" is a folder, not a picture.', path=path), subject=path
            )
        if path.exists() and not path.is_file():
            raise InputFileError(
                Sentence('"{path}" is not an ordinary file.', path=path), subject=path
            )
        with open(path, "rb") as file:
            start = file.read(16)
            if not start:
                raise InputFileError(Sentence('"{path}" is empty.', path=path), subject=path)
            plugin = _plugin(start)
            if plugin is None:
                raise InputFileError(
                    Sentence(
                        '"{path}" is not a picture that can be read ({formats}).',
                        path=path,
                        formats=FORMATS,
                    ),
                    subject=path,
                )
            yield Source(path, file, plugin)
    except EngineError:
        raise
    except FileNotFoundError as error:
        raise InputFileError(
            Sentence('"{path}" does not exist.', path=path), subject=path
        ) from error
    except MemoryError as error:
        raise InputFileError(
            Sentence('"{path}" does not fit into memory.', path=path), subject=path
        ) from error
    except Image.DecompressionBombError as error:
        raise InputFileError(Sentence('"{path}" is too large.', path=path), subject=path) from error
    except OSError as error:
        if error.errno is None:  # one of Pillow's own
            raise _damaged(path) from error
        reason = error.strerror or errno.errorcode.get(error.errno, Sentence("unknown error"))
        raise InputFileError(
            Sentence('"{path}" can\'t be opened: {reason}.', path=path, reason=reason), subject=path
        ) from error
    except Exception as error:  # decoders raise whatever they like on a damaged file
        raise _damaged(path) from error


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


def _plugin(start: bytes) -> type[ImageFile.ImageFile] | None:
    """The decoder for a file that begins like this."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return WebPImageFile
    signatures: dict[bytes, type[ImageFile.ImageFile]] = {
        b"\xff\xd8\xff": JpegImageFile,
        b"\x89PNG\r\n\x1a\n": PngImageFile,
        b"II*\0": TiffImageFile,
        b"MM\0*": TiffImageFile,
        b"II+\0": TiffImageFile,
        b"MM\0+": TiffImageFile,
        b"GIF87a": GifImageFile,
        b"GIF89a": GifImageFile,
        b"BM": BmpImageFile,
    }
    return next((p for s, p in signatures.items() if start.startswith(s)), None)


def _silence_pillow() -> None:
    """Have Pillow's warnings about odd but readable files ignored.

    ``warnings.catch_warnings`` isn't safe with threads, so the filter stays; it is looked
    for each time, because others (pytest for one) swap the list of filters.
    """
    for category in (UserWarning, Image.DecompressionBombWarning):
        known = any(
            f[0] == "ignore" and f[2] is category and getattr(f[3], "pattern", "") == r"PIL\."
            for f in warnings.filters
        )
        if not known:
            warnings.filterwarnings("ignore", category=category, module=r"PIL\.")


def _damaged(path: Path) -> InputFileError:
    return InputFileError(
        Sentence(
            '"{path}" is damaged, was cut short, or is of a kind that is not read.', path=path
        ),
        subject=path,
    )


def _start_of_scan(data: bytes) -> int:
    """Where a JPEG's first scan begins; an EOI before that belongs to a thumbnail."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        if data[at + 1] == 0xDA:
            return at
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


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
