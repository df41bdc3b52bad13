"""How pictures are written, where a format leaves a choice. Imports neither torch nor cv2."""

from __future__ import annotations

from dataclasses import dataclass

QUALITIES = (".jpg", ".jpeg", ".webp")  # suffixes of formats that have a quality,
LOSSLESS = (".webp",)  # that may also be written without loss,
DEPTHS = (".png", ".tif", ".tiff")  # and that hold 8 bits or 16


@dataclass(frozen=True)
class FileOptions:
    """What is asked of a file's format; formats without that choice take no notice.

    Attributes:
        quality: of JPEG and WebP, 1 .. 100.
        lossless: of WebP; quality doesn't count, then.
        bits: of PNG and TIFF, 8 or 16 a channel; ``None``: as many as the picture has.
    """

    quality: int = 95
    lossless: bool = False
    bits: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise ValueError(f"a quality of {self.quality}")
        if self.bits not in (None, 8, 16):
            raise ValueError(f"{self.bits} bits")


AS_USUAL = FileOptions()
