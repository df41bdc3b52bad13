"""Opening picture files: telling formats apart, checking headers, faults as sentences.

Pillow reads everything. Its plugins are called directly instead of through ``Image.open``:
only the formats listed here are ever tried, and no warning or limit that belongs to the whole
process stands in the way of a 110-megapixel photo.
"""

from __future__ import annotations

import errno
import logging
import mmap
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from engine import exif
from engine.errors import EngineError, InputFileError
from engine.limits import MAX_PIXELS
from engine.sentences import Sentence

FORMATS = "JPEG, PNG, TIFF, WebP, BMP, GIF"

# Without a handler of its own, Python prints a library's log lines to stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())


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
