"""Small projects for tests, and whether two are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.imageio import Photo
from engine.labels import NUM_CLASSES
from engine.requests import Result, SamplingSettings
from hs_desktop.document.commands import add_layer
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import (
    Layer,
    LayoutLayer,
    MaskLayer,
    MaskRole,
    PhotoLayer,
    PictureLayer,
)
from hs_desktop.document.planes import Plane
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation


def photo(size: tuple[int, int] = (60, 40), seed: int = 0, bits: int = 8, **more: Any) -> Photo:
    """Noise of (width, height)."""
    width, height = size
    dtype = np.uint8 if bits == 8 else np.uint16
    rng = np.random.default_rng(seed)
    return Photo(rng.integers(0, 1 << bits, (height, width, 3), dtype), **more)


def layout(size: tuple[int, int] = (60, 40), seed: int = 0) -> np.ndarray:
    width, height = size
    rng = np.random.default_rng(seed)
    return rng.integers(0, NUM_CLASSES, (height, width), np.uint8)


def result_on(base: Photo, seed: int = 5) -> Result:
    """What an engine could have made on ``base``: a box of other colours."""
    pixels = base.pixels.copy()
    pixels[10:25, 12:30] = pixels[10:25, 12:30][::-1, ::-1] ^ 9
    region = np.zeros(pixels.shape[:2], np.float32)
    region[18:25, 12:30] = np.linspace(0.001, 1, 18)
    ids = np.zeros(pixels.shape[:2], np.uint8)
    ids[10:18, 12:30] = 3
    return Result(
        base.with_pixels(pixels), ids, region, seed, {"sample": 12.5, "decode": 0.0},
        ("A note.",), "cpu fp32", "tiny 1.0",
    )  # fmt: skip


def variation(base: Photo, name: str = "Variation", seed: int = 5) -> Variation:
    return Variation.of_result(
        name, result_on(base, seed), SamplingSettings(guidance=2.5, steps=4, strength=0.7), base
    )


def picture(size: tuple[int, int] = (20, 10), bits: int = 8, seed: int = 3) -> PictureLayer:
    width, height = size
    dtype = np.uint8 if bits == 8 else np.uint16
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 1 << bits, (height, width, 4), dtype)
    return PictureLayer(name="Picture", pixels=Plane(rgba), position=(-3, 5))


def full_document(bits: int = 8) -> Document:
    """A document with every kind of layer; head 50 x 70, body 60 x 40."""
    document = Document()
    head, body = photo((50, 70), 1, bits), photo((60, 40), 2, bits)
    region = np.zeros((40, 60), np.float32)
    region[15:30, 10:40] = 0.5
    for side, layer in (
        (Side.HEAD, PhotoLayer(name="Photo", photo=head)),
        (Side.HEAD, LayoutLayer.of("Layout", layout((50, 70), 1))),
        (Side.HEAD, MaskLayer.of("Head mask", MaskRole.HEAD, (50, 70))),
        (Side.BODY, PhotoLayer(name="Photo", photo=body)),
        (Side.BODY, LayoutLayer.of("Layout", layout((60, 40), 2))),
        (Side.RESULT, LayoutLayer.of("Layout", layout((60, 40), 3))),
        (Side.RESULT, MaskLayer.of("Region", MaskRole.REGION, (60, 40), region)),
        (Side.RESULT, variation(body)),
        (Side.RESULT, picture(bits=bits)),
    ):  # fmt: skip
        document.do(add_layer(side, layer))
    return document


def find(document: Document, side: Side, kind: type[Layer]) -> Any:
    """The topmost layer of a kind."""
    return [layer for layer in document.state.stack(side) if isinstance(layer, kind)][-1]


def facts(state: ProjectState) -> Any:
    """Everything a project says, as something that can be compared."""
    sides = {}
    for side in Side:
        stack = state.stack(side)
        sides[side] = [_layer_facts(layer) for layer in stack], stack.solo
    return sides, state.head_at, state.body_at, state.transform, state.settings, state.findings


def _layer_facts(layer: Layer) -> Any:
    said: list[Any] = [layer.kind, layer.id, layer.name, layer.visible, layer.opacity, layer.locked]
    said += [(name, plane.key) for name, plane in sorted(layer.planes.items())]
    if isinstance(layer, PhotoLayer):
        said.append(_photo_facts(layer.photo))
    elif isinstance(layer, LayoutLayer):
        said.append(layer.transform)
    elif isinstance(layer, MaskLayer):
        said.append(layer.role)
    elif isinstance(layer, PictureLayer):
        said += [layer.position, layer.icc]
    elif isinstance(layer, Variation):
        said.append(_photo_facts(layer.base))
        said += [(crop.key, crop.at) for crop in (layer.patch, layer.region, layer.head)]
        said += [layer.sampling, layer.fitting, dict(layer.milliseconds), layer.notes, layer.fit]
        said += [layer.device, layer.pack, layer.starred]
    return said


def _photo_facts(photo: Photo) -> Any:
    return photo.content_key, photo.icc, photo.exif, photo.dpi, photo.format, photo.xmp
