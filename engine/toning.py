"""Head and body brought together in tone: skin with skin, and the light of the two scenes.

Photos are multiplied by smooth *gains*, found in their frames, so texture stays and every
profile and depth is served. Where nothing is asked for every gain is exactly 1.

Light is judged by faces: skins differ in how much light they return, less in its colour
(Bianco and Schettini, "Adaptive Color Constancy Using Faces", 2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.arrays import Field, Mask, Pixels
from engine.boxes import Box
from engine.colour import convert_profile
from engine.framing import Similarity, warp
from engine.imageio import Photo
from engine.labels import Layout, SemanticClass, mask_of
from engine.masks import dilate
from engine.requests import Result, SwapRequest
from engine.tiles import each, tiles

_C = SemanticClass
FACE_SKIN = frozenset({_C.FACE, _C.NOSE, _C.EAR})
BODY_SKIN = frozenset({_C.BODY_SKIN, _C.NECK})
TILE = 512

_ENOUGH = 150  # px of a frame's skin by which its tone is judged
_LIT = (30, 80)  # percentiles of lightness that are neither shade nor shine
_HUE, _LIGHT = 18.0, 40.0  # CIELAB: what differs so much from a person's skin is less of it
_SMOOTH = 1.5  # px of the frame: gains change as slowly
# Of a difference between two faces so much is light's, the rest the skins' own.
_EXPOSURE, _COLOUR = 0.5, 0.6
_REACH = 8  # px that resampling looks aside, of the coarser of the two photos
_MOST_GAIN = 4.0  # of a photo's values: more would show its noise
_STOPS, _TINT = 2.0, 1.3  # most that light changes: in all, and one channel against another


@dataclass(frozen=True)
class Tones:
    """How far tones are brought together, each 0..1.

    Attributes:
        head_skin: the head's skin to the tone of the body's.
        body_skin: the body's skin, hands and chest, to that of the head's.
        light: exposure and white balance of the head to those of the body photo.
    """

    head_skin: float = 0.0
    body_skin: float = 0.0
    light: float = 0.0

    @classmethod
    def of(cls, request: SwapRequest) -> Tones:
        return cls(request.head_skin, request.body_skin, request.match_light)


class Seen(NamedTuple):
    """A photo through a view.

    Attributes:
        image: HxWx3 sRGB uint8.
        layout: HxW class ids.
        to_view: photo -> view.
    """

    image: NDArray[np.uint8]
    layout: Layout
    to_view: Similarity


@dataclass(frozen=True)
class Toned:
    """A photo and where its pixels aren't its own any more.

    Attributes:
        changed: HxW bool; ``None``: nowhere.
    """

    photo: Photo
    changed: Mask | None = None


class TonedPhotos(NamedTuple):
    """The photos of a swap after ``toned_head`` and ``toned_body``."""

    head: Toned
    body: Toned

    def request(self, request: SwapRequest) -> SwapRequest:
        """``request`` with these photos."""
        return replace(request, head=self.head.photo, body=self.body.photo)

    def marked(self, result: Result, body: Photo, head_to_body: Similarity) -> Result:
        """``result`` with all in its region that isn't its source's own pixel any more.

        Args:
            body: the photo as it was.
            head_to_body: head photo px -> body photo px.
        """
        nothing = self.body.changed is None and self.head.changed is None
        if nothing or result.photo is None or result.region is None:
            return result
        region = result.region.copy()
        if self.body.changed is not None:
            region[self.body.changed] = 1
        if self.head.changed is not None:
            box, there = _reached(self.head.changed, head_to_body, Box.of(region.shape))
            there &= _any(result.photo.pixels[box.slices] != body.pixels[box.slices])
            region[box.slices][there] = 1
        return replace(result, region=region, generated=result.region)


def toned_head(
    photo: Photo,
    head: Seen,
    body: Seen,
    tones: Tones,
    check_cancel: Callable[[], None] | None = None,
) -> Toned:
    """The head photo in the light and with the skin of the body's, as far as ``tones`` say."""
    before = head.image.astype(np.float32)
    after = before
    face, other = tone_of(head, FACE_SKIN), tone_of(body, FACE_SKIN)
    if tones.light > 0 and face is not None and other is not None:
        after = relit(after, face, other, tones.light)
        face = tone_of(head._replace(image=_to_uint8(after)), FACE_SKIN)
    target = _body_tone(body)
    if tones.head_skin > 0 and face is not None and target is not None:
        weight = skin_weight(after, head.layout, FACE_SKIN | BODY_SKIN, face)
        after = retoned(after, weight * np.float32(tones.head_skin), face, target)
    return _with_gains(photo, head, before, after, check_cancel)


def toned_body(
    photo: Photo,
    body: Seen,
    head: Seen,
    tones: Tones,
    check_cancel: Callable[[], None] | None = None,
) -> Toned:
    """The body photo with the skin of the head's, as far as ``tones`` say."""
    before = body.image.astype(np.float32)
    own, target = _body_tone(body), tone_of(head, FACE_SKIN)
    if tones.body_skin <= 0 or own is None or target is None:
        return Toned(photo)
    weight = skin_weight(before, body.layout, BODY_SKIN, own)
    after = retoned(before, weight * np.float32(tones.body_skin), own, target)
    return _with_gains(photo, body, before, after, check_cancel)


def _body_tone(body: Seen) -> Field | None:
    """The tone of the body's person. A neck lies in shade; chest, hands and old face tell."""
    return tone_of(body, frozenset({*FACE_SKIN, _C.BODY_SKIN}))


def tone_of(seen: Seen, classes: frozenset[SemanticClass]) -> Field | None:
    """CIELAB (L* 0..100, a*, b*) of skin that is neither in shade nor shiny: ``(3,)``.

    ``None`` where too little of it is seen.
    """
    skin = dilate(mask_of(seen.layout, classes), -2)
    if np.count_nonzero(skin) < _ENOUGH:
        return None
    colours = _to_lab(seen.image[skin][None].astype(np.float32))[0]
    low, high = np.percentile(colours[:, 0], _LIT)
    lit = colours[(colours[:, 0] >= low) & (colours[:, 0] <= high)]
    result: Field = np.median(lit, axis=0).astype(np.float32)
    return result


def skin_weight(
    image: Field, layout: Layout, classes: frozenset[SemanticClass], tone: Field
) -> Field:
    """How much of each pixel is skin of this tone, 0..1: HxW. Hair across it counts little."""
    mask = cv2.GaussianBlur(mask_of(layout, classes).astype(np.float32), (0, 0), 1)
    off = (_to_lab(image) - tone) / np.array((_LIGHT, _HUE, _HUE), np.float32)
    alike = np.clip(1.6 * np.exp(-0.5 * (off**2).sum(2)), 0, 1)
    result: Field = (mask * alike).astype(np.float32)
    return result


def retoned(image: Field, weight: Field, own: Field, target: Field) -> Field:
    """``image`` (HxWx3, 0..255) with skin of tone ``own`` at ``target``, where ``weight`` is 1.

    Lightness changes in proportion, so that shade stays shade; hue and chroma by the same step,
    less of it in the dark.
    """
    lab = _to_lab(image)
    lightness = lab[..., :1]
    wanted = lab.copy()
    wanted[..., :1] = lightness * (target[0] / max(float(own[0]), 1.0))
    depth = np.clip(lightness / max(float(own[0]), 1.0), 0, 1.2)
    wanted[..., 1:] += depth * (target[1:] - own[1:])
    mixed = lab + weight[..., None] * (wanted - lab)
    # OpenCV's way to CIELAB and back is off by up to a level: only what it changes is taken.
    return image + (_to_rgb(mixed) - _to_rgb(lab))


def relit(image: Field, own: Field, other: Field, amount: float) -> Field:
    """``image`` (HxWx3, 0..255) with its light changed from a face ``own`` to a face ``other``.

    Gains of linear light (von Kries), the same for all pixels.
    """
    mine, theirs = (_to_linear(_to_rgb(tone[None, None]))[0, 0] for tone in (own, other))
    luminance = np.array((0.2126, 0.7152, 0.0722), np.float32)
    y, y_other = (max(float(light @ luminance), 1e-3) for light in (mine, theirs))
    tint = (theirs / y_other) / np.maximum(mine / y, 1e-3)
    tint = np.clip(tint**_COLOUR, 1 / _TINT, _TINT)
    exposure = np.clip((y_other / y) ** _EXPOSURE, 1 / _STOPS, _STOPS)
    gains = (tint / (tint @ luminance) * exposure) ** amount
    return _to_encoded(_to_linear(image) * gains.astype(np.float32))


def _with_gains(
    photo: Photo,
    seen: Seen,
    before: Field,
    after: Field,
    check_cancel: Callable[[], None] | None,
) -> Toned:
    """``photo`` changed as a view of it was."""
    if np.array_equal(after, before):
        return Toned(photo)
    gains = _gains(before, after, photo.icc)
    pixels = photo.pixels.copy()
    changed = np.zeros(pixels.shape[:2], bool)
    to_photo = seen.to_view.inverse()
    reach = _through(Box.of(gains.shape), to_photo) & Box.of(pixels.shape)
    most = np.iinfo(pixels.dtype).max

    def apply(tile: Box) -> None:
        part = tile & reach
        at = to_photo.with_shift(-part.x0, -part.y0)
        here = warp(
            gains, at, (part.width, part.height), border=cv2.BORDER_CONSTANT, border_value=1
        )
        there = _any(np.abs(here - 1) > 1e-4)
        if not there.any():
            return
        values = np.rint(np.clip(pixels[part.slices] * here, 0, most)).astype(pixels.dtype)
        np.copyto(pixels[part.slices], values, where=there[..., None])
        changed[part.slices] = there

    each(apply, list(tiles(reach, TILE)), check_cancel=check_cancel)
    return Toned(photo.with_pixels(pixels), changed)


def _gains(before: Field, after: Field, icc: bytes | None) -> Field:
    """What the photo's own values are to be multiplied by, smooth: HxWx3."""

    def own(image: Field) -> Field:
        fine = np.rint(np.clip(image, 0, 255) * 257).astype(np.uint16)
        values: Pixels = convert_profile(fine, None, icc)
        return cv2.GaussianBlur(values.astype(np.float32), (0, 0), _SMOOTH)

    same = cv2.GaussianBlur((after != before).any(2).astype(np.float32), (0, 0), _SMOOTH) == 0
    ratio = (own(after) + 1) / (own(before) + 1)  # black stays as it is
    ratio = np.clip(ratio, 1 / _MOST_GAIN, _MOST_GAIN)
    result: Field = np.where(same[..., None], np.float32(1), ratio)
    return result


def _reached(changed: Mask, to_body: Similarity, photo: Box) -> tuple[Box, Mask]:
    """What of the body photo may show pixels of the head photo that are ``changed``.

    Returns:
        a box of the body photo, beyond which there is nothing of the kind; and where in it.
    """
    reach = math.ceil(_REACH * max(1, 1 / to_body.scale))
    source = Box.around(changed).grown(reach) & Box.of(changed.shape)
    box = _through(source, to_body) & photo
    if box.empty:
        return box, np.zeros(box.shape, bool)
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    grown = cv2.dilate(changed[source.slices].astype(np.uint8), around)
    way = Similarity(tx=source.x0, ty=source.y0).then(to_body).with_shift(-box.x0, -box.y0)
    there = warp(
        grown, way, (box.width, box.height), interpolation=cv2.INTER_NEAREST,
        border=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    return box, there.astype(bool)


def _through(box: Box, way: Similarity) -> Box:
    """The pixels that ``box`` lies on, and one more to each side."""
    corners = way.apply(np.array([(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]))
    (x0, y0), (x1, y1) = np.floor(corners.min(0)), np.ceil(corners.max(0))
    return Box(int(x0), int(y0), int(x1), int(y1)).grown(1)


def _any(channels: Mask) -> Mask:
    """Which pixels of H x W x 3 are true in any channel; numpy's own ``any`` takes ten times as
    long."""
    result: Mask = channels[..., 0] | channels[..., 1] | channels[..., 2]
    return result


def _to_lab(colours: Field) -> Field:
    return cv2.cvtColor(np.clip(colours / 255, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB)


def _to_rgb(lab: Field) -> Field:
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    result: Field = np.clip(rgb, 0, 1) * np.float32(255)
    return result


def _to_linear(encoded: Field) -> Field:
    """sRGB 0..255 to linear light 0..1."""
    v = encoded / np.float32(255)
    result: Field = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return result.astype(np.float32)


def _to_encoded(linear: Field) -> Field:
    v = np.clip(linear, 0, 1)
    encoded = np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)
    result: Field = (255 * encoded).astype(np.float32)
    return result


def _to_uint8(image: Field) -> NDArray[np.uint8]:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
