"""A project's result taken apart for other programs: body, head, generated patch, pictures.

Laid upon another, the parts give exactly the flattened result: a variation's head and patch
carry the result's own pixels, already blended along the rim, under masks without soft edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hs_desktop.document.compositing import to_depth, to_profile
from hs_desktop.document.layers import PhotoLayer, PictureLayer
from hs_desktop.document.planes import cut
from hs_desktop.document.stack import LayerStack
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation
from hs_desktop.i18n import _, translated

if TYPE_CHECKING:
    from engine.imageio import Photo


@dataclass(frozen=True)
class Part:
    """A layer of the exported file.

    Attributes:
        name: shown in the other program.
        pixels: h x w x 3 RGB, in the profile and depth of the exported picture.
        at: (x, y) of its first pixel; may lie outside.
        mask: h x w of the same type: what is to be seen, to be changed by hand; or ``None``.
        alpha: h x w of the same type, a picture's own transparency; or ``None``.
        opacity: 0..1.
        visible: whether it is shown.
    """

    name: str
    pixels: NDArray[Any]
    at: tuple[int, int] = (0, 0)
    mask: NDArray[Any] | None = None
    alpha: NDArray[Any] | None = None
    opacity: float = 1.0
    visible: bool = True


@dataclass(frozen=True)
class Group:
    """Layers of the exported file that belong together, the topmost first."""

    name: str
    parts: tuple[Part, ...]
    opacity: float = 1.0
    visible: bool = True


def parts_of(state: ProjectState, flat: Photo) -> Iterator[Part | Group]:
    """What the result of ``state`` consists of, the topmost first, for a picture like ``flat``.

    Without a body, what the head photo's stack consists of.
    """
    stacks = (state.result, state.body) if len(state.body) else (state.result, state.head)
    for stack in stacks:
        yield from _stack_parts(stack, flat)


def _stack_parts(stack: LayerStack, flat: Photo) -> Iterator[Part | Group]:
    shown = {layer.id for layer in stack.pictures}
    for layer in reversed(stack.layers):
        if isinstance(layer, Variation):
            yield _variation(layer, layer.id in shown, flat)
        elif isinstance(layer, PhotoLayer):
            pixels = to_profile(layer.photo.pixels, layer.photo.icc, flat.icc, flat.pixels.dtype)
            yield Part(
                translated(layer.name), pixels, opacity=layer.opacity, visible=layer.id in shown
            )
        elif isinstance(layer, PictureLayer):
            yield _picture(layer, layer.id in shown, flat)


def _picture(layer: PictureLayer, shown: bool, flat: Photo) -> Part:
    rgba, dtype = layer.pixels.pixels, flat.pixels.dtype
    return Part(
        translated(layer.name),
        to_profile(rgba[..., :3], layer.icc, flat.icc, dtype),
        layer.position,
        alpha=to_depth(rgba[..., 3], dtype),
        opacity=layer.opacity,
        visible=shown,
    )


def _variation(layer: Variation, shown: bool, flat: Photo) -> Group:
    """The patch over the head; what differs from the body and isn't generated is the head's."""
    photo = layer.photo()
    generated = layer.region_mask() > 0
    differs = np.zeros(generated.shape, bool)
    rows, columns = layer.patch.rect.slices
    base = layer.base.pixels[rows, columns]
    differs[rows, columns] = (layer.patch.pixels != base).any(2)
    head = (layer.head_mask() > 0) | (differs & ~generated)
    return Group(
        translated(layer.name),
        (
            _masked(_("Generated"), photo, generated, flat),
            _masked(_("Head"), photo, head, flat),
        ),
        layer.opacity,
        shown,
    )


def _masked(name: str, photo: Photo, where: NDArray[np.bool_], flat: Photo) -> Part:
    dtype = flat.pixels.dtype
    part, mask = cut(photo.pixels, where), cut(where.view(np.uint8), where)
    return Part(
        name,
        to_profile(part.pixels, photo.icc, flat.icc, dtype),
        part.at,
        mask=mask.pixels.astype(dtype) * np.array(np.iinfo(dtype).max, dtype),
    )
