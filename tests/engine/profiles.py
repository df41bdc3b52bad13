"""Small hand-made ICC profiles for tests (ICC.1:2001-04)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
D50 = (0.9642, 1.0, 0.8249)

# Colorants adapted to D50, as the columns of the matrix from linear RGB to XYZ.
ADOBE_RGB = ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457))
DISPLAY_P3 = (
    (0.51512, 0.29198, 0.15710),
    (0.24120, 0.69225, 0.06657),
    (-0.00105, 0.04189, 0.78407),
)


def s15(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def table_curve(curve: Curve, points: int = 1024) -> bytes:
    values = np.rint(curve(np.linspace(0, 1, points)) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", points) + values.tobytes()


def parametric_curve(kind: int, *parameters: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + s15(*parameters)


SRGB_CURVE = parametric_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile(
    space: bytes, tags: Mapping[bytes, bytes], pcs: bytes = b"XYZ ", kind: bytes = b"mntr"
) -> bytes:
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + b"\0" * (-len(content) % 4)
    body = struct.pack(">I", len(tags)) + table + data
    header = struct.pack(">I4s4s4s4s4s", 128 + len(body), b"none", b"\2\x40\0\0", kind, space, pcs)
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp"
    return header.ljust(68, b"\0") + s15(*D50).ljust(60, b"\0") + body


def matrix_profile(
    colorants: tuple[tuple[float, ...], ...] = ADOBE_RGB, curve: bytes | None = None
) -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + s15(*D50)}
    for i, letter in enumerate((b"r", b"g", b"b")):
        column = [row[i] for row in colorants]
        tags[letter + b"XYZ"] = b"XYZ \0\0\0\0" + s15(*column)
        tags[letter + b"TRC"] = gamma_curve(563 / 256) if curve is None else curve
    return profile(b"RGB ", tags)


def grey_profile(curve: bytes, pcs: bytes = b"XYZ ") -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + s15(*D50), b"kTRC": curve}
    return profile(b"GRAY", tags, pcs=pcs)


def _lut16(inputs: int, nodes: int, values: NDArray[np.float64]) -> bytes:
    """A ``mft2`` tag; ``values`` is nodes**inputs x 3, in 0..1 of the encoding."""
    ramp = struct.pack(">2H", 0, 65535)
    table = np.rint(np.clip(values, 0, 1) * 65535).astype(">u2").tobytes()
    head = b"mft2\0\0\0\0" + bytes([inputs, 3, nodes, 0])
    head += s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">HH", 2, 2)
    return head + ramp * inputs + table + ramp * 3


def _lab(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """XYZ to Lab in the 16-bit encoding of version 2 profiles."""
    t = np.maximum(xyz / np.array(D50), 0)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    lightness = 116 * f[..., 1] - 16
    a, b = 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])
    full = 65280 / 65535
    return np.stack([lightness / 100 * full, (a + 128) / 255 * full, (b + 128) / 255 * full], -1)


def _grid(inputs: int, nodes: int) -> NDArray[np.float64]:
    axes = np.meshgrid(*[np.linspace(0, 1, nodes)] * inputs, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, inputs)


def cmyk_profile() -> bytes:
    """Ink densities that multiply; black at half the light of what Pillow would make of it."""
    c, m, y, k = _grid(4, 5).T
    light = np.stack([(1 - 0.9 * c) * (1 - k), (1 - 0.8 * m) * (1 - k), (1 - y) * (1 - k)], -1)
    return profile(
        b"CMYK", {b"A2B0": _lut16(4, 5, _lab(light * np.array(D50)))}, pcs=b"Lab ", kind=b"prtr"
    )


def rgb_table_profile() -> bytes:
    """The colours of a gamma 1.8 Adobe RGB, given as a table instead of curves; one way."""
    rgb = _grid(3, 17) ** 1.8
    return profile(
        b"RGB ",
        {b"A2B0": _lut16(3, 17, _lab(rgb @ np.array(ADOBE_RGB).T))},
        pcs=b"Lab ",
        kind=b"scnr",
    )
