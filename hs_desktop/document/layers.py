"""The kinds of layers. A layer object never changes: another takes its place in the stack.

Only the pixels within ``Plane``s change in place, and those are shared by all versions of a
layer. So undoing a change of attributes is to put the former object back.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.labels import IGNORE, NUM_CLASSES, Layout
from engine.requests import HeadTransform
from hs_desktop.document.planes import Plane
from hs_desktop.rects import Rect

if TYPE_CHECKING:
    from engine.imageio import Photo


def new_id() -> str:
    """An id that no other layer of any project has."""
    return uuid.uuid4().hex[:16]


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """What all layers have.

    Attributes:
        name: unique within a stack, not empty. Those that the program gives are ``Sentence``s,
            to be translated where they are shown.
        id: stays with the layer for life, in files too.
        visible: whether it is shown.
        opacity: 0..1.
        locked: whether its pixels and place are protected, and it can't be removed.
    """

    kind: ClassVar[str]
    _seen: ClassVar[tuple[tuple[int, ...], bool] | None] = None  # of ``_remembered``

    name: str
    id: str = field(default_factory=new_id)
    visible: bool = True
    opacity: float = 1.0
    locked: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a layer without a name")
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"opacity {self.opacity} is not in 0..1")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of its pixels."""
        raise NotImplementedError

    @property
    def planes(self) -> dict[str, Plane]:
        """The layer's editable pixels by name."""
        return {
            f.name: value for f in fields(self) if isinstance(value := getattr(self, f.name), Plane)
        }

    @property
    def nbytes(self) -> int:
        """Bytes of pixels that are the layer's own."""
        return sum(plane.nbytes for plane in self.planes.values())

    def _remembered(self, look: Callable[[], bool]) -> bool:
        """What ``look`` says of the planes; it isn't asked again before one of them changes."""
        revisions = tuple(plane.revision for plane in self.planes.values())
        if self._seen is None or self._seen[0] != revisions:
            object.__setattr__(self, "_seen", (revisions, look()))
        assert self._seen is not None
        return self._seen[1]

    def copy(self, name: str) -> Layer:
        """The same with another name and id, and pixels of its own."""
        planes: dict[str, Any] = {key: plane.copy() for key, plane in self.planes.items()}
        return replace(self, name=name, id=new_id(), **planes)

    def frozen(self) -> Layer:
        """This very layer (same id) with the pixels as they are now, whatever is painted later."""
        frozen = copy.copy(self)  # not ``replace``, which would look through all pixels again
        for key, plane in self.planes.items():
            object.__setattr__(frozen, key, plane.frozen())
        return frozen


@dataclass(frozen=True, eq=False, kw_only=True)
class PhotoLayer(Layer):
    """A photo as it was opened; its pixels are never edited."""

    kind = "photo"

    photo: Photo

    @property
    def size(self) -> tuple[int, int]:
        return self.photo.size

    @property
    def nbytes(self) -> int:
        return self.photo.pixels.nbytes


@dataclass(frozen=True, eq=False, kw_only=True)
class LayoutLayer(Layer):
    """Class ids of a photo.

    Attributes:
        ids: H x W uint8, each below ``NUM_CLASSES``.
        parsed: of the same shape, what the engine said; an eraser puts it back.
        transform: of the result's: the move of the head that both belong to.
    """

    kind = "layout"

    ids: Plane
    parsed: Plane
    transform: HeadTransform = field(default_factory=HeadTransform)

    def __post_init__(self) -> None:
        super().__post_init__()
        _need_grey(self.ids, self.parsed)
        for plane in (self.ids, self.parsed):
            if plane.highest >= NUM_CLASSES:
                raise ValueError(f"class id {plane.highest}; ids go from 0 to {NUM_CLASSES - 1}")

    @classmethod
    def of(cls, name: str, ids: Layout, parsed: Layout | None = None) -> LayoutLayer:
        """A new layer; without ``parsed``, ``ids`` are what the engine said."""
        return cls(name=name, ids=Plane(ids), parsed=Plane(ids if parsed is None else parsed))

    @property
    def size(self) -> tuple[int, int]:
        return self.ids.size

    @property
    def edited(self) -> NDArray[np.bool_]:
        """H x W: where the user says otherwise than the engine."""
        return self.ids.pixels != self.parsed.pixels

    @property
    def is_edited(self) -> bool:
        """Whether the user says otherwise than the engine anywhere."""
        return self._remembered(lambda: not np.array_equal(self.ids.pixels, self.parsed.pixels))

    def painted(self) -> Layout:
        """What the user says: H x W uint8 class ids, ``IGNORE`` where that is the engine's say."""
        return self.rebased(np.full(self.ids.shape, IGNORE, np.uint8))

    def rebased(self, parsed: Layout) -> Layout:
        """The ids under what the engine says now: edited pixels stay, the others follow."""
        out, edited = parsed.copy(), self.edited
        inner = Rect.around(edited).slices  # most strokes are small, and photos large
        np.copyto(out[inner], self.ids.pixels[inner], where=edited[inner])
        return out


class MaskRole(StrEnum):
    """What a mask is for."""

    HEAD = "head"  # m^H, the head that is taken
    REGION = "region"  # m^r, what is made anew
    RETOUCH = "retouch"  # what "Retouch here" makes anew


@dataclass(frozen=True, eq=False, kw_only=True)
class MaskLayer(Layer):
    """A mask made by the engine, changed by hand; all planes H x W uint8, 255 = all.

    Attributes:
        role: what it is for.
        automatic: the engine's mask; zero before there is one.
        add, subtract: what the user adds to it and then takes away. Who paints one of them
            takes it out of the other, so that the last stroke counts.
    """

    kind = "mask"

    role: MaskRole
    automatic: Plane
    add: Plane
    subtract: Plane

    def __post_init__(self) -> None:
        super().__post_init__()
        _need_grey(self.automatic, self.add, self.subtract)

    @classmethod
    def of(
        cls,
        name: str,
        role: MaskRole,
        size: tuple[int, int],
        automatic: NDArray[Any] | None = None,
    ) -> MaskLayer:
        """A new layer, untouched by hand.

        Args:
            name, role: its own.
            size: (width, height).
            automatic: the engine's mask, H x W: floats 0..1, or uint8, 255 = all.
        """
        shape = size[1], size[0]
        if automatic is None:
            first = Plane.zeros(shape)
        elif automatic.dtype == np.uint8:
            first = Plane(automatic)
        else:
            first = Plane(mask_levels(automatic), copy=False)
        return cls(
            name=name, role=role,
            automatic=first, add=Plane.zeros(shape), subtract=Plane.zeros(shape),
        )  # fmt: skip

    @property
    def size(self) -> tuple[int, int]:
        return self.add.size

    @property
    def is_edited(self) -> bool:
        """Whether anything was added or subtracted by hand."""
        return self._remembered(lambda: bool(self.add.pixels.any() or self.subtract.pixels.any()))

    def combined(self, rect: Rect | None = None) -> NDArray[np.float32]:
        """The mask as it counts, H x W float32 0..1; or the part of it under ``rect``."""
        rect = self.add.rect if rect is None else rect
        automatic, add, subtract = (
            plane.read(rect) for plane in (self.automatic, self.add, self.subtract)
        )
        levels = np.maximum(automatic, add)
        combined = np.zeros(levels.shape, np.float32)
        inner = Rect.around(levels).slices  # most is zero, and floats of large photos are many
        part = levels[inner].astype(np.float32)
        part *= 255 - subtract[inner]
        combined[inner] = part / np.float32(255 * 255)
        return combined

    def levels(self, where: tuple[slice, slice]) -> NDArray[np.uint8]:
        """As ``combined``, but in levels of 8 bit and without floats; the pixels at an index."""
        subtract = self.subtract.pixels[where]
        levels = np.maximum(self.automatic.pixels[where], self.add.pixels[where])
        if not subtract.any():
            return levels
        rest = levels.astype(np.uint16) * (255 - subtract)
        return ((rest + 127) // 255).astype(np.uint8)


@dataclass(frozen=True, eq=False, kw_only=True)
class PictureLayer(Layer):
    """An imported or painted picture over a photo.

    Attributes:
        pixels: H x W x 4 RGBA, uint8 or uint16, colours not multiplied by alpha.
        position: (x, y) of its first pixel in the photo; may lie outside.
        icc: the profile of the colours; ``None`` means sRGB.
    """

    kind = "picture"

    pixels: Plane
    position: tuple[int, int] = (0, 0)
    icc: bytes | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        shape = self.pixels.shape
        if len(shape) != 3 or shape[2] != 4:
            raise ValueError(f"a picture of shape {shape}, not H x W x 4")

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.size


def mask_levels(mask: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """A mask 0..1 as uint8; what isn't zero stays above zero, so that nothing drops out."""
    levels = np.zeros(mask.shape, np.uint8)
    inner = Rect.around(mask).slices  # most masks are zero in most places, and photos large
    clipped = np.clip(np.nan_to_num(mask[inner], nan=0.0), 0, 1)
    levels[inner] = np.maximum(np.rint(clipped * 255), clipped > 0)
    return levels


def _need_grey(first: Plane, *others: Plane) -> None:
    for plane in (first, *others):
        if len(plane.shape) != 2 or plane.dtype != np.uint8 or plane.size != first.size:
            raise ValueError(f"planes of {plane.dtype} and shape {plane.shape}")
