"""Pictures from the clipboard as the program has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QColorSpace, QImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.imageio import Photo

_DEEP = {
    QImage.Format.Format_Grayscale16, QImage.Format.Format_RGB30, QImage.Format.Format_BGR30,
    QImage.Format.Format_A2RGB30_Premultiplied, QImage.Format.Format_A2BGR30_Premultiplied,
}  # fmt: skip


def photo_of(image: QImage) -> Photo:
    """A picture of Qt's as a photo, over white: 16 bits where it has more than 8."""
    from engine import decoding
    from engine.imageio import Photo

    pixels, icc = cut_out_of(image)
    decoded = decoding.Decoded(
        pixels, premultiplied=False, icc=icc, exif=None, dpi=None, format=""
    )  # fmt: skip
    return Photo(decoding.over_white(decoded), icc)


def cut_out_of(image: QImage) -> tuple[NDArray[Any], bytes | None]:
    """The same with its transparency, and its profile.

    Returns:
        H x W x 4 RGBA, uint8 or uint16, colours not multiplied by alpha; a profile of RGB,
        where ``None`` means sRGB.
    """
    import numpy as np

    deep = image.depth() > 32 or image.format() in _DEEP
    wanted = QImage.Format.Format_RGBA64 if deep else QImage.Format.Format_RGBA8888
    space = image.colorSpace()
    if space.isValid() and space.colorModel() is not QColorSpace.ColorModel.Rgb:
        # Grey and CMYK have profiles that RGB can't carry.
        image = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb), wanted)
    image = image.convertToFormat(wanted)
    rows: NDArray[Any] = np.frombuffer(image.constBits(), np.uint16 if deep else np.uint8)
    height, width = image.height(), image.width()
    pixels = rows.reshape(height, -1)[:, : 4 * width].reshape(height, width, 4).copy()
    profile = bytes(image.colorSpace().iccProfile().data()) if space.isValid() else b""
    return pixels, profile or None
