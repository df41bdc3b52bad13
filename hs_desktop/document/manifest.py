"""A project as JSON and payloads, and back. Knows nothing of zips and folders.

Writing and reading stand side by side for each kind of layer. Reading trusts nothing: it
raises ``KeyError``, ``TypeError`` or ``ValueError`` where something isn't as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.limits import MAX_PIXELS
from engine.requests import HeadTransform
from engine.sentences import Sentence
from hs_desktop.document.events import Side
from hs_desktop.document.jsonvalues import Fields
from hs_desktop.document.layer_payloads import (
    layout_payload,
    mask_payload,
    patch_payload,
    photo_payload,
    picture_payload,
)
from hs_desktop.document.layers import (
    Layer,
    LayoutLayer,
    MaskLayer,
    MaskRole,
    PhotoLayer,
    PictureLayer,
)
from hs_desktop.document.manifest_findings import add_findings, findings_of
from hs_desktop.document.manifest_sentences import sentences_json, sentences_of
from hs_desktop.document.manifest_settings import (
    fit_of,
    fitting_of,
    sampling_of,
    settings_of,
    transform_of,
)
from hs_desktop.document.payloads import (
    Payload,
    bytes_key,
    decode_png,
    largest_file,
)
from hs_desktop.document.planes import Crop, Plane
from hs_desktop.document.stack import LayerStack
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation

if TYPE_CHECKING:
    from engine.imageio import Photo

VERSION = (1, 6)  # major: older programs can't read it; minor: they can, and leave things out
FORMAT = "hs-desktop-project"
MAX_BYTES = 64 << 30  # of decoded pixels in a project: what can be saved has to open again
MAX_BLOB = 64 << 20  # of a profile or EXIF block

Read = Callable[[str, int], bytes]  # a payload's name and the most bytes it may have
Json = dict[str, Any]
L = TypeVar("L", bound=Layer)


def to_manifest(state: ProjectState) -> tuple[Json, dict[str, Payload]]:
    """``state`` as JSON, and by name the payloads that it mentions."""
    writer = _Writer()
    manifest: Json = {"format": FORMAT, "version": list(VERSION)}
    for side in Side:
        stack = state.stack(side)
        manifest[side.value] = {
            "layers": [writer.layer(layer) for layer in stack],
            "solo": stack.solo,
        }
    manifest["head"]["at"], manifest["body"]["at"] = _list(state.head_at), _list(state.body_at)
    manifest["transform"] = asdict(state.transform)
    manifest["settings"] = asdict(state.settings)
    add_findings(manifest, state)
    return manifest, writer.payloads


def from_manifest(manifest: Json, read: Read) -> ProjectState:
    """The project that ``manifest``, of this version, and its payloads say."""
    fields = Fields(manifest)
    transform = transform_of(fields.object("transform"))
    reader = _Reader(read, transform)
    stacks, at = {}, {}
    for side in Side:
        part = fields.object(side.value)
        layers = tuple(reader.layer(Fields(item)) for item in part.items("layers"))
        stacks[side] = LayerStack(layers, part.optional("solo", part.text))
        place = part.optional("at", part.numbers)
        if place is not None and len(place) not in (2, 4):
            raise ValueError(f"a place of {len(place)} numbers")
        at[side] = place
    state = ProjectState(
        stacks[Side.HEAD], stacks[Side.BODY], stacks[Side.RESULT],
        at[Side.HEAD], at[Side.BODY],
        transform,
        settings_of(fields.object("settings")),
    )  # fmt: skip
    return replace(state, findings=findings_of(fields, state))


def _list(value: tuple[float, ...] | None) -> list[float] | None:
    return None if value is None else [float(number) for number in value]


def _texts(layer: Layer) -> tuple[str, ...]:
    """What the program may have said of a layer."""
    if not isinstance(layer, Variation):
        return (layer.name,)
    return (layer.name, *layer.notes, *(() if layer.fit is None else layer.fit.advice))


class _Writer:
    """Gathers payloads while layers become JSON."""

    def __init__(self) -> None:
        self.payloads: dict[str, Payload] = {}

    def layer(self, layer: Layer) -> Json:
        common = {
            "kind": layer.kind,
            "id": layer.id,
            "name": layer.name,
            "visible": layer.visible,
            "opacity": layer.opacity,
            "locked": layer.locked,
            "sentences": sentences_json(_texts(layer)),
        }
        return {**common, **self._own(layer)}

    def _own(self, layer: Layer) -> Json:
        if isinstance(layer, PhotoLayer):
            return {"photo": self._photo(layer.photo)}
        if isinstance(layer, LayoutLayer):
            planes = {
                name: self._pixels(layout_payload(layer, plane))
                for name, plane in layer.planes.items()
            }
            return {"transform": asdict(layer.transform), **planes}
        if isinstance(layer, MaskLayer):
            planes = {
                name: self._pixels(mask_payload(plane)) for name, plane in layer.planes.items()
            }
            return {"role": layer.role.value, **planes}
        if isinstance(layer, PictureLayer):
            return {
                "pixels": self._pixels(picture_payload(layer)),
                "position": list(layer.position),
                "icc": self._blob(layer.icc, "icc"),
            }
        assert isinstance(layer, Variation)
        return {
            "base": self._photo(layer.base),
            "patch": self._crop(layer.patch, patch_payload(layer)),
            "region": self._mask(layer.region),
            "head": self._mask(layer.head),
            "sampling": asdict(layer.sampling),
            "fitting": None if layer.fitting is None else asdict(layer.fitting),
            "milliseconds": dict(layer.milliseconds),
            "notes": list(layer.notes),
            "fit": None if layer.fit is None else asdict(layer.fit),
            "device": layer.device,
            "pack": layer.pack,
            "starred": layer.starred,
        }

    def _photo(self, photo: Photo) -> Json:
        return {
            **self._pixels(photo_payload(photo)),
            "icc": self._blob(photo.icc, "icc"),
            "exif": self._blob(photo.exif, "exif"),
            "xmp": self._blob(photo.xmp, "xmp"),
            "dpi": _list(photo.dpi),
            "format": photo.format,
            # A project may be given away: where its photos lay is nobody's business.
            "file": photo.path.name if photo.path else None,
        }

    def _mask(self, crop: Crop) -> Json:
        return self._crop(crop, mask_payload(crop))

    def _crop(self, crop: Crop, payload: Payload) -> Json:
        return {**self._pixels(payload), "at": list(crop.at)}

    def _pixels(self, payload: Payload) -> Json:
        assert not isinstance(payload.content, bytes)
        self.payloads[payload.name] = payload
        shape, dtype = payload.content.shape, payload.content.dtype
        channels = shape[2] if len(shape) == 3 else 1
        return {
            "src": payload.name,
            "size": [shape[1], shape[0]],
            "bits": dtype.itemsize * 8,
            "channels": channels,
        }

    def _blob(self, data: bytes | None, suffix: str) -> str | None:
        if data is None:
            return None
        name = f"data/{bytes_key(data)}.{suffix}"
        self.payloads[name] = Payload(name, data)
        return name


class _Reader:
    """Reads layers; a photo that several of them share is read once.

    Args:
        read: gives payloads.
        transform: the project's, for layouts that don't say which one they belong to.
    """

    def __init__(self, read: Read, transform: HeadTransform) -> None:
        self._read, self._transform = read, transform
        self._photos: dict[tuple[Any, ...], Photo] = {}
        self._left = MAX_BYTES

    def layer(self, fields: Fields) -> Layer:
        kinds: dict[str, Callable[[Fields], Layer]] = {
            PhotoLayer.kind: self._photo_layer,
            LayoutLayer.kind: self._layout,
            MaskLayer.kind: self._mask_layer,
            PictureLayer.kind: self._picture,
            Variation.kind: self._variation,
        }
        return kinds[fields.text("kind")](fields)

    def _common(self, fields: Fields) -> dict[str, Any]:
        name = fields.text("name")
        return {
            "id": fields.text("id"),
            "name": _sentences(fields).get(name, name),
            "visible": fields.boolean("visible"),
            "opacity": fields.number("opacity"),
            "locked": fields.boolean("locked"),
        }

    def _photo_layer(self, fields: Fields) -> PhotoLayer:
        return PhotoLayer(**self._common(fields), photo=self._photo(fields.object("photo")))

    def _layout(self, fields: Fields) -> LayoutLayer:
        ids, parsed = (self._plane(fields.object(n), "layout", 1) for n in ("ids", "parsed"))
        own = fields.optional("transform", fields.object)  # since 1.1
        transform = self._transform if own is None else transform_of(own)
        return LayoutLayer(**self._common(fields), ids=ids, parsed=parsed, transform=transform)

    def _mask_layer(self, fields: Fields) -> MaskLayer:
        automatic, add, subtract = (
            self._plane(fields.object(name), "mask", 1) for name in ("automatic", "add", "subtract")
        )
        return MaskLayer(
            **self._common(fields),
            role=MaskRole(fields.text("role")),
            automatic=automatic,
            add=add,
            subtract=subtract,
        )

    def _picture(self, fields: Fields) -> PictureLayer:
        x, y = fields.integers("position", 2)
        return PictureLayer(
            **self._common(fields),
            pixels=self._plane(fields.object("pixels"), "picture", 4),
            position=(x, y),
            icc=self._blob(fields, "icc"),
        )

    def _variation(self, fields: Fields) -> Variation:
        times, said = fields.object("milliseconds"), _sentences(fields)
        fit = fit_of(fields.optional("fit", fields.object))
        if fit is not None:
            fit = replace(fit, advice=tuple(said.get(text, text) for text in fit.advice))
        return Variation(
            **self._common(fields),
            base=self._photo(fields.object("base")),
            patch=self._crop(fields.object("patch"), "variation", 3),
            region=self._crop(fields.object("region"), "mask", 1),
            head=self._crop(fields.object("head"), "mask", 1),
            sampling=sampling_of(fields.object("sampling")),
            fitting=fitting_of(fields.optional("fitting", fields.object)),
            milliseconds={stage: times.number(stage) for stage in times.names()},
            notes=tuple(said.get(text, text) for text in fields.texts("notes")),
            fit=fit,
            device=fields.text("device"),
            pack=fields.text("pack"),
            starred=fields.boolean("starred"),
        )

    def _photo(self, fields: Fields) -> Photo:
        from engine.imageio import Photo  # brings OpenCV along

        dpi = fields.optional("dpi", lambda key: fields.numbers(key, 2))
        file = fields.optional("file", fields.text)
        key = (
            fields.text("src"), fields.optional("icc", fields.text),
            fields.optional("exif", fields.text), fields.optional("xmp", fields.text), dpi,
            fields.text("format"), file,
        )  # fmt: skip
        if key not in self._photos:
            photo = Photo(
                self._pixels(fields, "photo", 3),
                self._blob(fields, "icc"),
                self._blob(fields, "exif"),
                Path(Path(file).name) if file else None,
                (dpi[0], dpi[1]) if dpi else None,
                fields.text("format"),
                self._blob(fields, "xmp"),
            )
            _need_key(fields, photo.content_key)
            self._photos[key] = photo
        return self._photos[key]

    def _plane(self, fields: Fields, kind: str, channels: int) -> Plane:
        plane = Plane(self._pixels(fields, kind, channels), copy=False)
        _need_key(fields, plane.key)
        return plane

    def _crop(self, fields: Fields, kind: str, channels: int) -> Crop:
        x, y = fields.integers("at", 2)
        crop = Crop(self._pixels(fields, kind, channels), (x, y))
        _need_key(fields, crop.key)
        return crop

    def _pixels(self, fields: Fields, kind: str, channels: int) -> NDArray[Any]:
        width, height = fields.integers("size", 2)
        bits = fields.integer("bits")
        deep = kind in ("photo", "variation", "picture")
        if (
            bits not in (8, 16)
            or (bits == 16 and not deep)
            or fields.integer("channels") != channels
        ):
            raise ValueError(f"a {kind} of {bits} bits")
        if not (width > 0 and height > 0 and width * height <= MAX_PIXELS):
            raise ValueError(f"a {kind} of {width} x {height} pixels")
        dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
        shape = (height, width) if channels == 1 else (height, width, channels)
        self._left -= width * height * channels * dtype.itemsize
        if self._left < 0:
            raise ValueError(f"more than {MAX_BYTES} bytes of pixels")
        name = fields.text("src")
        if not name.startswith(f"data/{kind}-"):
            raise ValueError(f"{name} as a {kind}")
        return decode_png(self._read(name, largest_file(shape, dtype)), shape, dtype)

    def _blob(self, fields: Fields, key: str) -> bytes | None:
        name = fields.optional(key, fields.text)
        if name is None:
            return None
        data = self._read(name, MAX_BLOB)
        if bytes_key(data) not in name:
            raise ValueError(f"{name} has another content")
        return data


def _sentences(fields: Fields) -> Mapping[str, Sentence]:
    return sentences_of(fields.optional("sentences", fields.object))


def _need_key(fields: Fields, key: str) -> None:
    if key not in fields.text("src"):
        raise ValueError(f"{fields.text('src')} has another content")
