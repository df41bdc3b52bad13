"""Opening pictures: what ``engine.imageio`` reads, and HEIC, Photoshop files and camera raw.

May be called from any thread. Whatever a file holds, it gives a photo or an ``InputFileError``
with a sentence that names it.
"""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine import decoding, exif, imageio, opening
from engine.decoding import Decoded
from engine.errors import EngineError, InputFileError
from engine.imageio import Photo
from engine.limits import MAX_PIXELS, MIN_SIDE
from hs_desktop.filetypes import RAW
from hs_desktop.i18n import _

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PLAIN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF")  # never raw, whatever the name


def read_picture(path: str | os.PathLike[str], layer: str | None = None) -> Photo:
    """Read a photo of any kind that is known here, told apart by content.

    - HEIC keeps its profile, EXIF, XMP and more than 8 bits.
    - PSD and PSB: the picture as it was saved, or one of its layers over white.
    - Camera raw, which may look like a TIFF and is told by its name then: sRGB of 16 bits, with
      the camera's white balance, upright.
    - All else as ``imageio.read_photo``.

    Args:
        path: the file.
        layer: of a Photoshop file, one of ``read_psd_layers``.

    Raises:
        InputFileError: naming the file, where it can't be read, is smaller than 16 x 16 pixels
            or larger than 150 megapixels.
    """
    path = Path(path)
    kind = _kind(path)
    if layer is not None and kind != "psd":
        sentence = _('"{path}" is no Photoshop file: it has no layers.')
        raise InputFileError(sentence.format(path=path), subject=path)
    if kind == "psd":
        from hs_desktop.reading_psd import read_psd

        with opened(path) as file:
            return imageio.photo_of(read_psd(file, path, layer), path)
    if kind == "heif":
        with opened(path) as file:
            return imageio.photo_of(_read_heif(file, path), path)
    if kind == "raw":
        with opened(path) as file:
            return imageio.photo_of(_read_raw(file, path), path)
    return imageio.read_photo(path)


def read_cut_out(
    path: str | os.PathLike[str], layer: str | None = None
) -> tuple[NDArray[Any], bytes | None]:
    """A picture of any kind that ``read_picture`` reads, of any size, with its transparency.

    Args:
        path: the file.
        layer: of a Photoshop file, one of ``read_psd_layers``.

    Returns:
        H x W x 4 RGBA, uint8 or uint16, colours not multiplied by alpha, and their profile;
        ``None`` means sRGB.

    Raises:
        InputFileError: as of ``read_picture``.
    """
    path = Path(path)
    kind = _kind(path)
    if kind == "psd" and layer is not None:
        from hs_desktop.reading_psd import read_psd

        with opened(path) as file:
            return _rgba(read_psd(file, path, layer, cut_out=True), path)
    if kind == "heif":
        with opened(path) as file:
            return _rgba(_read_heif(file, path), path)
    if kind or layer is not None:
        photo = read_picture(path, layer)
        return _opaque(photo.pixels), photo.icc
    with opening.opened(path) as source:
        return _rgba(decoding.decode(source), path)


def _rgba(decoded: Decoded, path: Path) -> tuple[NDArray[Any], bytes | None]:
    pixels = decoded.pixels
    if pixels.shape[2] in (1, 3):
        photo = imageio.photo_of(decoded, path)
        return _opaque(photo.pixels), photo.icc
    colours, alpha = pixels[..., :-1], pixels[..., -1:]
    if decoded.premultiplied:
        top = np.iinfo(pixels.dtype).max
        whole = colours.astype(np.uint32) * top // np.maximum(alpha, 1)
        colours = np.minimum(whole, top).astype(pixels.dtype)
    photo = imageio.photo_of(replace(decoded, pixels=np.ascontiguousarray(colours)), path)
    return np.dstack([photo.pixels, alpha]), photo.icc


def _opaque(pixels: NDArray[Any]) -> NDArray[Any]:
    top = np.iinfo(pixels.dtype).max
    return np.dstack([pixels, np.full(pixels.shape[:2], top, pixels.dtype)])


def read_psd_layers(path: str | os.PathLike[str]) -> list[str]:
    """The layers and groups of a Photoshop file that can be read, the topmost first.

    A layer in a group is named ``group/layer``; of layers with the same name, the second one
    gets `` (2)`` and so on.

    Raises:
        InputFileError: naming the file, where it can't be read or is no Photoshop file.
    """
    from hs_desktop.reading_psd import layer_names

    path = Path(path)
    with opened(path) as file:
        if _kind(path) != "psd":
            sentence = _('"{path}" is no Photoshop file: it has no layers.')
            raise InputFileError(sentence.format(path=path), subject=path)
        return layer_names(file, path)


def need_size(path: Path, width: int, height: int, least: int = MIN_SIDE) -> None:
    """Raise ``InputFileError`` for a picture that is too large, or has a side below ``least``."""
    if width * height > MAX_PIXELS:
        sentence = _(
            '"{path}" is too large: {width} x {height} pixels are more than {most} megapixels.'
        )
        raise InputFileError(
            sentence.format(path=path, width=width, height=height, most=MAX_PIXELS // 1_000_000),
            subject=path,
        )
    if min(width, height) < least:
        sentence = _(
            '"{path}" is too small: {width} x {height} pixels, and at least {least} x {least} '
            "are needed."
        )
        raise InputFileError(
            sentence.format(path=path, width=width, height=height, least=least), subject=path
        )


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, to be decoded; whatever goes wrong inside becomes an ``InputFileError``."""
    try:
        with open(path, "rb") as file:
            yield file
    except EngineError:
        raise
    except MemoryError as error:
        sentence = _('"{path}" does not fit into memory.')
        raise InputFileError(sentence.format(path=path), subject=path) from error
    except OSError as error:
        if error.errno is None:  # a decoder's own
            raise _damaged(path) from error
        reason = error.strerror or errno.errorcode.get(error.errno, _("unknown error"))
        sentence = _('"{path}" can\'t be opened: {reason}.')
        raise InputFileError(sentence.format(path=path, reason=reason), subject=path) from error
    except Exception as error:  # decoders raise whatever they like on a damaged file
        raise _damaged(path) from error


def _damaged(path: Path) -> InputFileError:
    sentence = _('"{path}" is damaged, was cut short, or is of a kind that is not read.')
    return InputFileError(sentence.format(path=path), subject=path)


def _kind(path: Path) -> str:
    """``"psd"``, ``"heif"``, ``"raw"``, or ``""`` for everything else, missing files too."""
    try:
        with open(path, "rb") as file:
            start = file.read(32)
    except OSError:
        return ""
    if start.startswith(b"8BPS"):
        return "psd"
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
        return "heif"
    if path.suffix.lower() in RAW and start and not start.startswith(_PLAIN):
        return "raw"
    return ""


def _read_heif(file: BinaryIO, path: Path) -> Decoded:
    import pillow_heif

    # Its limits come as exceptions; orientation is applied to the pixels.
    heif: Any = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
    need_size(path, *heif.size)
    pixels = np.array(heif)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    block = heif.info.get("exif") or None
    return Decoded(
        pixels,
        premultiplied=bool(heif.premultiplied_alpha),
        icc=heif.info.get("icc_profile") or None,
        exif=None if block is None else block.removeprefix(b"Exif\0\0"),
        dpi=None,
        format="HEIC",
        xmp=heif.info.get("xmp") or None,
    )


def _read_raw(file: BinaryIO, path: Path) -> Decoded:
    import rawpy

    with rawpy.imread(file) as raw:
        need_size(path, raw.sizes.iwidth, raw.sizes.iheight)
        pixels = raw.postprocess(
            use_camera_wb=True,
            output_color=rawpy.ColorSpace.sRGB,
            gamma=(2.4, 12.92),  # sRGB's own curve
            output_bps=16,
            auto_bright_thr=0.001,  # highlights that may burn out
        )
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        view = memoryview(data)
        try:
            block = exif.from_tiff(view)
        finally:
            view.release()
    return Decoded(pixels, False, None, block, None, "RAW")
