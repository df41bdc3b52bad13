"""A result of the engine as a layer: what differs from the photo it was made on, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.labels import HEAD, mask_of
from engine.requests import Fit, SamplingSettings
from hs_desktop.document.layers import Layer, mask_levels
from hs_desktop.document.planes import Crop, cut
from hs_desktop.document.settings import Fitting

if TYPE_CHECKING:
    from engine.imageio import Photo
    from engine.requests import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Variation(Layer):
    """One result. A whole photo in a tenth of its memory: only the part that differs is kept.

    Attributes:
        base: the photo the result was made on, shared with the body layer it came from.
        patch: h x w x 3 of ``base``'s type: the result's pixels in the box that differs.
        region: h x w uint8, what was generated; outside of it 0.
        head: h x w uint8, 255 where the result's head class is; outside of it 0.
        sampling: what it was made with, its own seed included.
        fitting: what else it was made with; ``None`` where that isn't known.
        milliseconds: stage -> time.
        notes: sentences the engine wanted read, to be translated where they are shown.
        fit: how well head and body go together, its advice likewise; ``None`` of what is no swap.
        device, pack: where and by what it was made.
        starred: never pruned.
    """

    kind = "variation"

    base: Photo
    patch: Crop
    region: Crop
    head: Crop
    sampling: SamplingSettings
    fitting: Fitting | None = None
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fit: Fit | None = None
    device: str = ""
    pack: str = ""
    starred: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        width, height = self.base.size
        for what, crop in (("patch", self.patch), ("region", self.region), ("head", self.head)):
            box = crop.rect
            if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
                raise ValueError(f"a {what} at {box} of a photo of {width} x {height}")
        if self.patch.pixels.dtype != self.base.pixels.dtype or self.patch.pixels.ndim != 3:
            raise ValueError(f"a patch of {self.patch.pixels.dtype}")
        for crop in (self.region, self.head):
            if crop.pixels.dtype != np.uint8 or crop.pixels.ndim != 2:
                raise ValueError(f"a mask of {crop.pixels.dtype} and shape {crop.pixels.shape}")

    @classmethod
    def of_result(
        cls,
        name: str,
        result: Result,
        sampling: SamplingSettings,
        base: Photo,
        fitting: Fitting | None = None,
    ) -> Variation:
        """What the engine made, as a layer.

        Takes some tenths of a second for a large photo; may be called from any thread.

        Args:
            name: of the layer.
            result: of a swap, a retouch or a replaced head.
            sampling: what it was made with; the result's own seed takes the place of its seed.
            base: the photo it was made on.
            fitting: what else it was made with.
        """
        photo = result.photo
        if photo is None:
            raise ValueError("a result without a photo")
        if not _same_but_for_pixels(photo, base):
            base = photo
        nothing = np.zeros(photo.pixels.shape[:2], np.uint8)
        region = nothing if result.region is None else mask_levels(result.region)
        head = mask_of(result.layout, HEAD)
        if result.seed is not None:
            sampling = replace(sampling, seed=result.seed)
        return cls(
            name=name,
            base=base,
            patch=cut(photo.pixels, _differing(photo.pixels, base.pixels)),
            region=cut(region, region > 0),
            head=cut(head.astype(np.uint8) * 255, head),
            sampling=sampling,
            fitting=fitting,
            milliseconds=dict(result.milliseconds),
            notes=result.notes,
            fit=result.fit,
            device=result.device,
            pack=result.pack,
        )

    @property
    def size(self) -> tuple[int, int]:
        return self.base.size

    @property
    def nbytes(self) -> int:
        return sum(crop.pixels.nbytes for crop in (self.patch, self.region, self.head))

    def photo(self) -> Photo:
        """The whole result: a new array each time."""
        pixels = self.base.pixels.copy()
        pixels[self.patch.rect.slices] = self.patch.pixels
        return self.base.with_pixels(pixels)

    def region_mask(self) -> NDArray[np.float32]:
        """What was generated: H x W float32, 0..1."""
        return self._whole(self.region).astype(np.float32) / np.float32(255)

    def head_mask(self) -> NDArray[np.float32]:
        """Where the head is: H x W float32, 0 or 1."""
        return self._whole(self.head).astype(np.float32) / np.float32(255)

    def _whole(self, crop: Crop) -> NDArray[np.uint8]:
        whole = np.zeros(self.base.pixels.shape[:2], np.uint8)
        whole[crop.rect.slices] = crop.pixels
        return whole


def _same_but_for_pixels(one: Photo, other: Photo) -> bool:
    """Whether one can be told by the other and a patch."""
    return (
        (one.icc, one.exif, one.xmp, one.dpi) == (other.icc, other.exif, other.xmp, other.dpi)
        and one.pixels.shape == other.pixels.shape
        and one.pixels.dtype == other.pixels.dtype
    )


def _differing(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """H x W of two H x W x 3; quick where whole rows are the same."""
    where = np.zeros(one.shape[:2], bool)
    rows = np.flatnonzero((one != other).reshape(len(one), -1).any(1))
    if len(rows):
        band = slice(int(rows[0]), int(rows[-1]) + 1)
        where[band] = (one[band] != other[band]).any(2)
    return where
