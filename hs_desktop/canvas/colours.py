"""Pixels as the screen wants them: 8 bit, in the screen's colour profile.

Through littleCMS (``PIL.ImageCms``) with the perceptual intent, as the engine does; a profile
that can't be used counts as sRGB, and so does ``None``.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import ImageCms  # late: the window's first paint needs none of Pillow

Pixels = NDArray[Any]  # h x w x 3 RGB, uint8 or uint16


def to_8bit(pixels: Pixels) -> NDArray[np.uint8]:
    """uint8 of any shape as it is, uint16 rounded to the nearest of 256 levels."""
    if pixels.dtype == np.uint8:
        return pixels
    # 65535 / 255 is 257, an odd number: no value lies half way, whatever the rounding rule.
    rounded: NDArray[np.uint8] = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return rounded


class ScreenTransform:
    """From a photo's profile to a screen's.

    Args:
        photo: the ICC profile of the photo, ``None`` for sRGB.
        screen: the ICC profile of the screen, ``None`` for sRGB.
    """

    def __init__(self, photo: bytes | None = None, screen: bytes | None = None) -> None:
        self._transform = _transform(photo, screen)

    def apply(self, pixels: Pixels) -> NDArray[np.uint8]:
        """h x w x 3 RGB, uint8 or uint16, as h x w x 3 uint8 RGB of the screen."""
        rgb = to_8bit(pixels)
        if self._transform is None or rgb.size == 0:
            return rgb
        from PIL import Image, ImageCms

        # Contiguous, for Pillow takes no row stride. What it gives back is a copy anyway.
        image = Image.fromarray(np.ascontiguousarray(rgb))
        return np.asarray(ImageCms.applyTransform(image, self._transform, inPlace=False))


@lru_cache(maxsize=32)
def _transform(photo: bytes | None, screen: bytes | None) -> ImageCms.ImageCmsTransform | None:
    """``None`` where nothing would change; kept, for building one takes milliseconds."""
    if photo == screen:
        return None
    one, other = _usable(photo), _usable(screen, of_screen=True)
    if one is None and other is None:
        return None
    from PIL import ImageCms

    transform = ImageCms.buildTransform(
        one or _srgb(), other or _srgb(), "RGB", "RGB", ImageCms.Intent.PERCEPTUAL
    )
    return None if _changes_nothing(transform) else transform


def _srgb() -> ImageCms.ImageCmsProfile:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _usable(icc: bytes | None, *, of_screen: bool = False) -> ImageCms.ImageCmsProfile | None:
    """The profile, if littleCMS can convert RGB from it, or to that of a screen."""
    if icc is None:
        return None
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        pair = (_srgb(), profile) if of_screen else (profile, _srgb())
        ImageCms.buildTransform(*pair, "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # damaged
        return None
    return profile


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether no 8-bit colour moves by more than 1: sRGB under another name."""
    from PIL import Image, ImageCms

    steps = np.linspace(0, 255, 16).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(64, 64, 3)
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), transform))
    return int(np.abs(moved.astype(int) - colours).max()) <= 1
