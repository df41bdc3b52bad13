"""Profiles: exact where nothing has to change, precise to 16 bits where something has."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image, ImageCms

from engine import colour
from engine.imageio import convert_profile
from tests.engine import profiles
from tests.engine.pictures import noise

ADOBE = profiles.matrix_profile()
P3 = profiles.matrix_profile(profiles.DISPLAY_P3, profiles.SRGB_CURVE)
WIDE_TABLE = profiles.matrix_profile(
    profiles.ADOBE_RGB, profiles.table_curve(lambda x: x**1.8, 4096)
)
LINEAR = profiles.matrix_profile(profiles.DISPLAY_P3, b"curv\0\0\0\0\0\0\0\0")
TABLE = profiles.rgb_table_profile()
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SRGB_BY_HAND = profiles.matrix_profile(
    ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410)),
    profiles.table_curve(lambda x: np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)),
)
BROKEN = profiles.profile(b"RGB ", {b"rTRC": b"nonsense"})
DTYPES = [np.uint8, np.uint16]


def spread(dtype: Any) -> NDArray[Any]:
    """Colours all over the cube, with its corners and greys."""
    pixels = noise(60, 50, 3, dtype=dtype)
    top = np.iinfo(dtype).max
    pixels[0, :8] = [[top * (i >> 2 & 1), top * (i >> 1 & 1), top * (i & 1)] for i in range(8)]
    pixels[1] = np.linspace(0, top, 50).astype(dtype)[:, None]
    pixels[2] = np.arange(50)[:, None]
    return pixels


def by_formula(pixels: NDArray[Any], source: str, target: str) -> NDArray[np.float64]:
    """The conversion in float64, from the definitions of the colour spaces."""

    def curve(name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if name == "adobe":
            return x ** (563 / 256)
        return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)

    def inverse(name: str, y: NDArray[np.float64]) -> NDArray[np.float64]:
        if name == "adobe":
            return y ** (256 / 563)
        return np.where(y <= 0.0031308, y * 12.92, 1.055 * y ** (1 / 2.4) - 0.055)

    matrices = {"adobe": np.array(profiles.ADOBE_RGB), "p3": np.array(profiles.DISPLAY_P3)}
    matrices = {name: np.rint(m * 65536) / 65536 for name, m in matrices.items()}
    top = np.iinfo(pixels.dtype).max
    xyz = curve(source, pixels / top) @ matrices[source].T
    light = np.clip(xyz @ np.linalg.inv(matrices[target]).T, 0, 1)
    return inverse(target, light) * top


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (None, None),
        (ADOBE, ADOBE),
        (TABLE, TABLE),
        (None, SRGB),
        (SRGB, None),
        (SRGB_BY_HAND, SRGB),
        (None, SRGB_BY_HAND),
        (BROKEN, None),
        (None, BROKEN),
        (BROKEN, SRGB),
        (b"", b"junk"),
        (b"junk" * 100, None),
        (None, profiles.cmyk_profile()),
        (profiles.grey_profile(profiles.gamma_curve(2.2)), None),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_to_do_is_exactly_that(
    source: bytes | None, target: bytes | None, dtype: Any
) -> None:
    pixels = noise(9, 8, 3, dtype=dtype)
    assert convert_profile(pixels, source, target) is pixels


def test_is_srgb() -> None:
    for icc in (None, SRGB, SRGB_BY_HAND, BROKEN):
        assert colour.is_srgb(icc)
    for icc in (ADOBE, P3, LINEAR, TABLE):
        assert not colour.is_srgb(icc)


@pytest.mark.parametrize("target", [None, P3, WIDE_TABLE])
@pytest.mark.parametrize("source", [ADOBE, LINEAR, TABLE])
def test_eight_bits_are_littlecms(source: bytes, target: bytes | None) -> None:
    pixels = spread(np.uint8)
    expected = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        io.BytesIO(source),
        ImageCms.createProfile("sRGB") if target is None else io.BytesIO(target),
    )
    np.testing.assert_array_equal(convert_profile(pixels, source, target), np.asarray(expected))


@pytest.mark.parametrize(("source", "target"), [("adobe", "p3"), ("p3", "adobe")])
def test_sixteen_bits_are_precise(source: str, target: str) -> None:
    icc = {"adobe": ADOBE, "p3": P3}
    pixels = spread(np.uint16)
    converted = convert_profile(pixels, icc[source], icc[target])
    assert converted.dtype == np.uint16
    error = np.abs(converted - by_formula(pixels, source, target))
    # The profile's own numbers are rounded to 1/65536, which a dark, steep curve magnifies.
    assert np.percentile(error, 99) < 3
    assert error.max() < 40


@pytest.mark.parametrize("source", [None, ADOBE, P3, WIDE_TABLE, LINEAR])
@pytest.mark.parametrize("target", [None, ADOBE, P3, WIDE_TABLE, LINEAR])
def test_sixteen_bits_agree_with_littlecms(source: bytes | None, target: bytes | None) -> None:
    pixels = spread(np.uint8)
    expected = convert_profile(pixels, source, target).astype(float)
    deep = convert_profile(pixels.astype(np.uint16) * 257, source, target) / 257
    difference = np.abs(deep - expected)
    assert np.percentile(difference, 99) <= 1
    bright = pixels.min(axis=-1) > 8  # littleCMS's 8-bit tables are coarse near black
    assert difference[bright].max() <= 1.6


@settings(max_examples=20, deadline=None)
@given(
    pixels=hnp.arrays(np.uint16, (4, 5, 3)),
    there=st.sampled_from([ADOBE, WIDE_TABLE]),
)
def test_there_and_back(pixels: NDArray[np.uint16], there: bytes) -> None:
    """Through a profile of the same or a wider gamut nothing is lost."""
    back = convert_profile(convert_profile(pixels, None, there), there, None)
    assert np.abs(back.astype(int) - pixels).max() <= 24
    bright = pixels.min(axis=-1) > 2000
    assert not bright.any() or np.abs(back.astype(int) - pixels)[bright].max() <= 4


def test_sixteen_bits_make_no_steps() -> None:
    """A gradient of 3,000 levels keeps them all, by matrices and by the fitted table."""
    ramp = np.broadcast_to(np.arange(20000, 23000, dtype=np.uint16)[None, :, None], (2, 3000, 3))
    for source in (ADOBE, TABLE):
        converted = convert_profile(np.ascontiguousarray(ramp), source, None)[0, :, 1].astype(int)
        steps = np.diff(converted)
        assert steps.min() >= 0
        assert steps.max() <= 3
        assert len(np.unique(converted)) > 2000


def test_other_profiles_go_through_a_fitted_table() -> None:
    pixels = spread(np.uint8)
    expected = convert_profile(pixels, TABLE, None).astype(float)
    deep = convert_profile(pixels.astype(np.uint16) * 257, TABLE, None)
    assert deep.dtype == np.uint16
    difference = np.abs(deep / 257 - expected)
    assert difference.mean() < 0.3
    assert np.percentile(difference, 99) < 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_bands_join_without_a_seam(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = spread(dtype)
    whole = convert_profile(pixels, ADOBE, None)
    monkeypatch.setattr(colour, "_BAND", 170)  # three rows
    np.testing.assert_array_equal(convert_profile(pixels, ADOBE, None), whole)


def test_large_photos_need_little_memory() -> None:
    pixels = np.zeros((4000, 3000, 3), np.uint16)
    convert_profile(pixels[:1], ADOBE, None)  # tables
    tracemalloc.start()
    convert_profile(pixels, ADOBE, None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < pixels.nbytes + 100e6


def test_to_8bit_rounds_every_level() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    expected = np.rint(np.arange(65536) / 257).astype(np.uint8).reshape(256, 256)
    rounded = colour.to_8bit(levels)
    assert rounded.shape == levels.shape
    np.testing.assert_array_equal(rounded[..., 1], expected)
    np.testing.assert_array_equal(colour.to_8bit(levels[:, ::2]), rounded[:, ::2])
    with pytest.raises(ValueError, match="float64"):
        colour.to_8bit(levels / 2)


def test_black_that_is_not_zero_is_left_to_littlecms() -> None:
    icc = profiles.matrix_profile(
        profiles.DISPLAY_P3, profiles.parametric_curve(2, 2, 0.9, 0.1, 0.05)
    )
    assert colour._matrix_profile(icc) is None
    assert colour._matrix_profile(P3) is not None


# --- Curves --------------------------------------------------------------------------

X = np.linspace(0, 1, 101)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (b"curv\0\0\0\0\0\0\0\0", X),
        (profiles.gamma_curve(2.5), X**2.5),
        (profiles.table_curve(lambda x: x**2, 1001), X**2),
        (profiles.parametric_curve(0, 2.2), X ** (round(2.2 * 65536) / 65536)),
        (profiles.parametric_curve(1, 2, 2, -1), np.where(X >= 0.5, (2 * X - 1) ** 2, 0)),
        (
            profiles.parametric_curve(2, 2, 2, -1, 0.25),
            np.where(X >= 0.5, (2 * X - 1) ** 2 + 0.25, 0.25),
        ),
        (profiles.parametric_curve(3, 2, 1, 0, 0.5, 0.5), np.where(X >= 0.5, X**2, X / 2)),
        (
            profiles.parametric_curve(4, 2, 1, 0, 0.5, 0.5, 0.125, 0.0625),
            np.where(X >= 0.5, X**2 + 0.125, X / 2 + 0.0625),
        ),
    ],
)
def test_curves(tag: bytes, expected: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(colour._read_curve(tag)(X), expected, atol=1e-5)


@pytest.mark.parametrize("kind", range(5))
def test_parametric_curves_agree_with_littlecms(kind: int) -> None:
    parameters: list[tuple[float, ...]] = [(2.2,), (2, 1.25, -0.25), (2, 1.25, -0.25, 0)]
    parameters.append((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    parameters.append((*parameters[-1], 0, 0))
    icc = profiles.matrix_profile(
        profiles.DISPLAY_P3, profiles.parametric_curve(kind, *parameters[kind])
    )
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    deep = convert_profile(ramp.astype(np.uint16) * 257, icc, None) / 257
    assert np.abs(deep - convert_profile(ramp, icc, None)).max() <= 1.6


@pytest.mark.parametrize("pcs", [b"XYZ ", b"Lab "])
@pytest.mark.parametrize("bits", [8, 16])
def test_grey_tones_agree_with_littlecms(pcs: bytes, bits: int) -> None:
    curve = profiles.gamma_curve(1.8)
    icc = profiles.grey_profile(curve, pcs)
    table = colour.grey_to_srgb_table(icc, bits)
    assert table is not None
    assert table.shape == (1 << bits,)
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    expected = ImageCms.profileToProfile(
        ramp, io.BytesIO(icc), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    ours = table if bits == 8 else table[np.arange(256) * 257] / 257
    assert np.abs(ours - np.asarray(expected, dtype=float)[0, :, 1]).max() <= 1.6


@given(data=st.binary(max_size=300))
@settings(deadline=None)
def test_junk_is_no_profile(data: bytes) -> None:
    pixels = noise(2, 2, 3, dtype=np.uint16)
    for icc in (data, profiles.profile(b"RGB ", {})[:132] + data):
        assert convert_profile(pixels, icc, None).shape == pixels.shape
        assert colour.grey_to_srgb_table(icc, 8) is None
    grey = colour.grey_to_srgb_table(profiles.grey_profile(data), 8)
    assert grey is None or grey.shape == (256,)
