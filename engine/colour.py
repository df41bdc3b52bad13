"""Colour profiles: what models see (8-bit sRGB) and how pixels move from profile to profile.

Everything 8-bit goes through littleCMS (``PIL.ImageCms``), with the perceptual intent. That
has no 16-bit RGB, so 16-bit pixels are converted here: exactly by matrices and curves where
both profiles are of the matrix kind (nearly every RGB profile is), otherwise through a dense
table fitted to littleCMS's 8-bit answers.

A profile that littleCMS can't use counts as sRGB everywhere, and so does ``None``.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[Any]  # H x W x 3 RGB, uint8 or uint16
_CMS_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)  # for a damaged profile
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_BAND = 1 << 20  # pixels converted at a time: the working memory stays at some 50 MB
_SQRT_STEPS = 1 << 18  # entries of an inverse curve, see _MatrixProfile.encode
_NODES = 52  # nodes per axis of the table for profiles that aren't of the matrix kind


def space(icc: bytes | None) -> str:
    """The colour space a profile's header names: ``"RGB"``, ``"GRAY"``, ``"CMYK"``, ...

    Empty where ``icc`` is ``None`` or no ICC profile at all.
    """
    if icc is None or len(icc) < 132 or icc[36:40] != b"acsp":
        return ""
    return icc[16:20].decode("latin-1").strip()


def to_8bit(pixels: Pixels) -> NDArray[np.uint8]:
    """uint8 of any shape as it is, uint16 rounded to the nearest of 256 levels."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype != np.uint16:
        raise ValueError(f"pixels are {pixels.dtype}, not uint8 or uint16")
    # 65535 / 255 is 257, an odd number: no value lies half way, whatever the rounding rule.
    rounded = cv2.convertScaleAbs(np.ascontiguousarray(pixels), alpha=1 / 257)
    return np.asarray(rounded, dtype=np.uint8).reshape(pixels.shape)


def to_16bit(pixels: Pixels) -> NDArray[np.uint16]:
    """uint16 of any shape as it is, uint8 spread over 65536 levels: ``to_8bit`` is the way back."""
    if pixels.dtype == np.uint16:
        return pixels
    if pixels.dtype != np.uint8:
        raise ValueError(f"pixels are {pixels.dtype}, not uint8 or uint16")
    return pixels.astype(np.uint16) * np.uint16(257)


def to_srgb8(pixels: Pixels, icc: bytes | None) -> NDArray[np.uint8]:
    """``pixels`` (H x W x 3, uint8 or uint16, in profile ``icc``) as H x W x 3 uint8 sRGB.

    Returns ``pixels`` itself, not a copy, where they are that already.
    """
    return convert_profile(to_8bit(pixels), icc, None)


def convert_profile(pixels: Pixels, from_icc: bytes | None, to_icc: bytes | None) -> Pixels:
    """Convert ``pixels`` from one RGB profile to another; ``None`` means sRGB.

    Args:
        pixels: H x W x 3 RGB, uint8 or uint16.
        from_icc: the profile they are in.
        to_icc: the profile they shall be in.

    Returns:
        H x W x 3, of the dtype of ``pixels``, at its full precision. Where the profiles are
        the same, or both sRGB under whatever name, ``pixels`` itself comes back.
    """
    if from_icc == to_icc:
        return pixels
    source, target = _source(from_icc), _target(to_icc)
    if source == target or (is_srgb(source) and is_srgb(target)):
        return pixels
    if pixels.dtype == np.uint8:
        transform = _transform(source, target)
        return _in_bands(pixels, lambda band: _apply(transform, band))
    one, other = _matrix_profile(source), _matrix_profile(target)
    if one is not None and other is not None:
        matrix = (np.linalg.inv(other.matrix) @ one.matrix).astype(np.float32)
        return _in_bands(pixels, lambda band: other.encode(one.decode(band) @ matrix.T))
    table = _fitted_table(source, target)
    return _in_bands(pixels, lambda band: _interpolate(table, band))


@lru_cache(maxsize=64)
def is_srgb(icc: bytes | None) -> bool:
    """Whether a profile means sRGB, whoever wrote it: no 8-bit colour moves by more than 1."""
    if icc is None or _source(icc) == _SRGB:
        return True
    steps = np.linspace(0, 255, 16).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(64, 64, 3)
    moved = _apply(_transform(icc, _SRGB), colours)
    return int(np.abs(moved.astype(int) - colours).max()) <= 1


def cmyk_to_srgb(image: Image.Image, icc: bytes | None) -> NDArray[np.uint8]:
    """A ``"CMYK"`` picture as H x W x 3 uint8 sRGB, through its profile.

    Without a profile, or with one that can't be used, the plain conversion of Pillow.
    """
    if space(icc) == "CMYK":
        assert icc is not None
        try:
            transform = ImageCms.buildTransform(
                _open(icc), _open(_SRGB), "CMYK", "RGB", ImageCms.Intent.PERCEPTUAL
            )
        except _CMS_ERRORS:
            pass
        else:
            converted = ImageCms.applyTransform(image, transform)
            assert converted is not None
            return np.asarray(converted)
    return np.asarray(image.convert("RGB"))


def grey_to_srgb_table(icc: bytes | None, bits: int) -> Pixels | None:
    """How the tones of a grey profile look in sRGB: ``2**bits`` entries of that many bits.

    ``None`` where ``icc`` is no grey profile that can be read.
    """
    if space(icc) != "GRAY":
        return None
    assert icc is not None
    try:
        curve = _read_curve(_tags(icc)["kTRC"])
    except (KeyError, ValueError, struct.error):
        return None
    top = (1 << bits) - 1
    tone = np.clip(curve(np.arange(top + 1) / top), 0, 1)
    if icc[20:24] == b"Lab ":  # the curve gives L* instead of Y
        tone = np.where(tone > 0.08, ((tone + 0.16) / 1.16) ** 3, tone * 100 / 903.3)
    srgb = np.where(tone <= 0.0031308, tone * 12.92, 1.055 * tone ** (1 / 2.4) - 0.055)
    return np.rint(srgb * top).astype(np.uint8 if bits == 8 else np.uint16)


# --- littleCMS -----------------------------------------------------------------------


_SRGB: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _open(icc: bytes) -> ImageCms.ImageCmsProfile:
    if icc == _SRGB:  # as littleCMS makes it, before its curves are rounded into a file
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


@lru_cache(maxsize=64)
def _source(icc: bytes | None) -> bytes:
    """``icc``, or sRGB in its place where littleCMS can't convert from it."""
    return icc if icc is not None and _convertible(icc, icc, _SRGB) else _SRGB


@lru_cache(maxsize=64)
def _target(icc: bytes | None) -> bytes:
    """``icc``, or sRGB in its place where littleCMS can't convert to it."""
    return icc if icc is not None and _convertible(icc, _SRGB, icc) else _SRGB


def _convertible(icc: bytes, source: bytes, target: bytes) -> bool:
    if space(icc) != "RGB":
        return False
    try:
        _transform(source, target)
    except _CMS_ERRORS:
        return False
    return True


def _transform(source: bytes, target: bytes) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        _open(source), _open(target), "RGB", "RGB", ImageCms.Intent.PERCEPTUAL
    )


def _apply(transform: ImageCms.ImageCmsTransform, pixels: Pixels) -> Pixels:
    converted = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    assert converted is not None
    return np.asarray(converted)


def _in_bands(pixels: Pixels, convert: Callable[[Pixels], Pixels]) -> Pixels:
    """``convert`` applied to bands of rows, so that a large photo needs little memory."""
    result = np.empty_like(pixels, order="C")
    for rows in _bands(pixels.shape):
        result[rows] = convert(pixels[rows])
    return result


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    height = max(1, _BAND // max(1, shape[1]))
    return (slice(top, top + height) for top in range(0, shape[0], height))


# --- Matrix profiles, at 16 bits -----------------------------------------------------


@dataclass(frozen=True)
class _MatrixProfile:
    """An RGB profile of three curves and a matrix from linear RGB to XYZ (D50)."""

    matrix: NDArray[np.float64]  # (3, 3)
    linear: NDArray[np.float32]  # (3, 65536): the linear light of each uint16 level
    levels: NDArray[np.uint16]  # (3, _SQRT_STEPS): the level of each square root of light

    def decode(self, pixels: NDArray[np.uint16]) -> NDArray[np.float32]:
        """H x W x 3 levels to linear light, 0..1."""
        result = np.empty(pixels.shape, dtype=np.float32)
        for channel in range(3):
            result[..., channel] = self.linear[channel][pixels[..., channel]]
        return result

    def encode(self, light: NDArray[np.float32]) -> NDArray[np.uint16]:
        """The way back; what lies outside 0..1 is clipped.

        The table's steps are even in the square root of light: there a gamma near 2 is
        nearly straight, and the darkest levels are told apart as well as the brightest.
        """
        steps = np.sqrt(np.clip(light, 0, 1))
        steps *= _SQRT_STEPS - 1
        index = np.rint(steps).astype(np.int32)
        result = np.empty(light.shape, dtype=np.uint16)
        for channel in range(3):
            result[..., channel] = self.levels[channel][index[..., channel]]
        return result


@lru_cache(maxsize=8)
def _matrix_profile(icc: bytes) -> _MatrixProfile | None:
    """``None`` where ``icc`` is of another kind: with tables, or with a strange curve."""
    try:
        tags = _tags(icc)
        if icc[20:24] != b"XYZ " or tags.keys() & {"A2B0", "B2A0", "D2B0", "B2D0"}:
            return None
        columns = [struct.unpack_from(">3i", tags[c + "XYZ"], 8) for c in "rgb"]
        matrix = np.array(columns, dtype=np.float64).T / 65536
        curves = [_read_curve(tags[c + "TRC"]) for c in "rgb"]
    except (KeyError, ValueError, struct.error):
        return None
    level = np.arange(65536) / 65535
    linear = np.clip([curve(level) for curve in curves], 0, 1)
    # The formulas of a curve's two parts meet only up to rounding; and where black isn't 0,
    # littleCMS may or may not compensate for it.
    rising = np.maximum.accumulate(linear, axis=1)
    odd = np.abs(rising - linear).max() > 1e-3 or linear[:, 0].max() > 1e-4
    if odd or linear[:, -1].min() < 0.5 or abs(np.linalg.det(matrix)) < 1e-6:
        return None
    light = np.linspace(0, 1, _SQRT_STEPS) ** 2
    levels = np.stack([np.rint(np.interp(light, row, level) * 65535) for row in rising])
    return _MatrixProfile(matrix, rising.astype(np.float32), levels.astype(np.uint16))


def _tags(icc: bytes) -> dict[str, bytes]:
    """A profile's tags: signature -> data, beginning with the type's signature."""
    (count,) = struct.unpack_from(">I", icc, 128)
    if count > 200:
        raise ValueError("too many tags")
    table = (struct.unpack_from(">4sII", icc, 132 + 12 * i) for i in range(count))
    return {name.decode("latin-1"): icc[at : at + size] for name, at, size in table}


def _read_curve(data: bytes) -> Curve:
    """A ``curv`` or ``para`` tag as a function of 0..1 (ICC.1:2010, 10.5 and 10.15)."""
    if data[:4] == b"curv":
        (count,) = struct.unpack_from(">I", data, 8)
        if count == 0:
            return lambda x: x
        values = np.frombuffer(data, ">u2", count, 12)
        if count == 1:
            power = int(values[0]) / 256
            return lambda x: x**power
        points, values = np.linspace(0, 1, count), values / 65535
        return lambda x: np.interp(x, points, values)
    if data[:4] == b"para":
        (kind,) = struct.unpack_from(">H", data, 8)
        number = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(kind)
        if number is None:
            raise ValueError(f"unknown parametric curve {kind}")
        parameters = [v / 65536 for v in struct.unpack_from(f">{number}i", data, 12)]
        g, a, b, c, d, e, f = _all_seven(kind, parameters)

        def parametric(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)

        return parametric
    raise ValueError(f"not a curve: {data[:4]!r}")


def _all_seven(kind: int, p: list[float]) -> list[float]:
    """The parameters g a b c d e f of ``x >= d: (ax + b)^g + e, else cx + f``."""
    if kind == 0:
        return [p[0], 1, 0, 0, 0, 0, 0]
    if kind in (1, 2):  # a constant (0, or kind 2's c) below -b / a
        g, a, b = p[:3]
        if a == 0:
            raise ValueError("curve of no slope")
        constant = p[3] if kind == 2 else 0.0
        return [g, a, b, 0, -b / a, constant, constant]
    return [*p, 0, 0] if kind == 3 else p


# --- Any other profile, at 16 bits ---------------------------------------------------


@lru_cache(maxsize=4)
def _fitted_table(source: bytes, target: bytes) -> NDArray[np.float32]:
    """The conversion as a table ``(_NODES, _NODES, _NODES, 3)`` of values 0..255.

    littleCMS is asked for all 256**3 colours at 8 bits, and the table is the one whose
    trilinear interpolation comes closest by least squares: the rounding of the many
    answers around a node averages out in part, which leaves some 10 good bits and no steps.
    """
    hats = np.maximum(0, 1 - np.abs(np.arange(256)[:, None] * (_NODES - 1) / 255 - _nodes()))
    project = np.linalg.pinv(hats).astype(np.float32)  # (_NODES, 256)
    transform = _transform(source, target)
    green, blue = np.mgrid[:256, :256].astype(np.uint8)
    rows = np.empty((256, _NODES, _NODES, 3), dtype=np.float32)
    for red in range(256):
        asked = np.stack([np.full_like(green, red), green, blue], axis=-1)
        answer = _apply(transform, asked).astype(np.float32)
        half = np.tensordot(project, answer, (1, 0))  # (_NODES, 256, 3)
        rows[red] = np.tensordot(project, half, (1, 1)).transpose(1, 0, 2)
    return np.tensordot(project, rows, (1, 0)).astype(np.float32)


def _nodes() -> NDArray[np.float64]:
    return np.arange(_NODES, dtype=np.float64)


def _interpolate(table: NDArray[np.float32], pixels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Look ``pixels`` (uint16) up in ``table``, trilinearly."""
    position = pixels.astype(np.float32) * np.float32((_NODES - 1) / 65535)
    low = np.minimum(position.astype(np.int32), _NODES - 2)
    weight = position - low
    flat = table.reshape(-1, 3)
    base = (low[..., 0] * _NODES + low[..., 1]) * _NODES + low[..., 2]
    result = np.zeros(pixels.shape, dtype=np.float32)
    for corner in range(8):
        r, g, b = corner >> 2, corner >> 1 & 1, corner & 1
        share = np.ones(pixels.shape[:2], dtype=np.float32)
        for channel, high in enumerate((r, g, b)):
            share *= weight[..., channel] if high else 1 - weight[..., channel]
        result += share[..., None] * flat[base + (r * _NODES + g) * _NODES + b]
    return np.rint(np.clip(result, 0, 255) * 257).astype(np.uint16)
