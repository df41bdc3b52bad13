"""What is read, pixel for pixel: formats, depths, transparency, orientation, profiles."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile

from engine import exif
from engine.imageio import (
    Photo,
    read_photo,
    to_srgb8,
    write_photo,
)
from tests.engine import profiles
from tests.engine.pictures import (
    BITS,
    IDS,
    INDEXED,
    PALETTE,
    RGB8,
    RGB16,
    RGBA8,
    RGBA16,
    encoded,
    exif_block,
    grey3,
    noise,
    oriented,
    over_white,
    png_chunk,
    raw_png,
    save,
    smooth,
    tiff,
)

# --- Exact pixels ------------------------------------------------------------------------


def associated(rgba: NDArray[np.uint16]) -> NDArray[np.uint16]:
    wide = rgba.astype(np.uint64)
    wide[..., :3] = wide[..., :3] * wide[..., 3:] // 65535
    return wide.astype(np.uint16)


def clear_at(value: NDArray[Any]) -> bytes:
    return png_chunk(b"tRNS", np.atleast_1d(value).astype(">u2").tobytes())


EXACT: dict[str, tuple[Callable[[], bytes], NDArray[Any]]] = {
    "png rgb": (lambda: raw_png(RGB8, 2), RGB8),
    "png rgba": (lambda: raw_png(RGBA8, 6), over_white(RGBA8[..., :3], RGBA8[..., 3])),
    "png grey": (lambda: raw_png(RGB8[..., 0], 0), grey3(RGB8[..., 0])),
    "png grey alpha": (
        lambda: raw_png(RGBA8[..., :2], 4),
        over_white(grey3(RGBA8[..., 0]), RGBA8[..., 1]),
    ),
    "png 1 bit": (
        lambda: encoded(Image.fromarray(BITS), "PNG"),
        grey3(BITS.astype(np.uint8) * 255),
    ),
    "png interlaced 16 bit": (lambda: INTERLACED, np.full((16, 16, 3), 0x1234, np.uint16)),
    "png palette": (lambda: encoded(INDEXED, "PNG"), PALETTE[IDS]),
    "png palette, one clear": (
        lambda: encoded(INDEXED, "PNG", transparency=2),
        np.where((IDS == 2)[..., None], 255, PALETTE[IDS]).astype(np.uint8),
    ),
    "png palette, half clear": (
        lambda: encoded(INDEXED, "PNG", transparency=b"\xff\x80\x00\x01"),
        over_white(PALETTE[IDS], np.array([255, 128, 0, 1], dtype=np.uint8)[IDS]),
    ),
    "png rgb, one clear": (
        lambda: raw_png(RGB8, 2, clear_at(RGB8[3, 4])),
        np.where((RGB8[3, 4] == RGB8).all(-1, keepdims=True), 255, RGB8).astype(np.uint8),
    ),
    "png rgb16": (lambda: raw_png(RGB16, 2), RGB16),
    "png rgba16": (lambda: raw_png(RGBA16, 6), over_white(RGBA16[..., :3], RGBA16[..., 3])),
    "png grey16": (lambda: raw_png(RGB16[..., 0], 0), grey3(RGB16[..., 0])),
    "png grey16 alpha": (
        lambda: raw_png(RGBA16[..., :2], 4),
        over_white(grey3(RGBA16[..., 0]), RGBA16[..., 1]),
    ),
    "png rgb16, one clear": (
        lambda: raw_png(RGB16, 2, clear_at(RGB16[3, 4])),
        np.where((RGB16[3, 4] == RGB16).all(-1, keepdims=True), 65535, RGB16).astype(np.uint16),
    ),
    "png grey16, one clear": (
        lambda: raw_png(RGB16[..., 0], 0, clear_at(RGB16[3, 4, 0])),
        grey3(np.where(RGB16[..., 0] == RGB16[3, 4, 0], 65535, RGB16[..., 0]).astype(np.uint16)),
    ),
    "bmp": (lambda: encoded(Image.fromarray(RGB8), "BMP"), RGB8),
    "webp lossless": (lambda: encoded(Image.fromarray(RGB8), "WEBP", lossless=True), RGB8),
    "webp alpha": (
        lambda: encoded(Image.fromarray(RGBA8), "WEBP", lossless=True, exact=True),
        over_white(RGBA8[..., :3], RGBA8[..., 3]),
    ),
    "tiff rgb": (lambda: tiff(RGB8, photometric="rgb"), RGB8),
    "tiff lzw": (lambda: encoded(Image.fromarray(RGB8), "TIFF", compression="tiff_lzw"), RGB8),
    "tiff grey": (lambda: tiff(RGB8[..., 0]), grey3(RGB8[..., 0])),
    "tiff rgb16": (lambda: tiff(RGB16, photometric="rgb"), RGB16),
    "tiff rgb16 big-endian": (lambda: tiff(RGB16, photometric="rgb", byteorder=">"), RGB16),
    "tiff rgb16 deflate": (
        lambda: tiff(RGB16, photometric="rgb", compression="zlib", byteorder=">", predictor=True),
        RGB16,
    ),
    "tiff rgb16 lzw": (
        lambda: cv2.imencode(".tif", RGB16[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])[
            1
        ].tobytes(),
        RGB16,
    ),
    "tiff rgb16 tiles": (lambda: tiff(RGB16, photometric="rgb", tile=(16, 16)), RGB16),
    "tiff bigtiff": (lambda: tiff(RGB16, photometric="rgb", bigtiff=True), RGB16),
    "tiff rgba16": (
        lambda: tiff(RGBA16, photometric="rgb", extrasamples=["unassalpha"]),
        over_white(RGBA16[..., :3], RGBA16[..., 3]),
    ),
    "tiff rgba16 premultiplied": (
        lambda: tiff(associated(RGBA16), photometric="rgb", extrasamples=["assocalpha"]),
        associated(RGBA16)[..., :3] + (65535 - RGBA16[..., 3:]),
    ),
    "tiff grey16": (lambda: tiff(RGB16[..., 0]), grey3(RGB16[..., 0])),
    "tiff grey16 big-endian": (
        lambda: tiff(RGB16[..., 0], byteorder=">"),
        grey3(RGB16[..., 0]),
    ),
    "tiff grey16, white is zero": (
        lambda: tiff(RGB16[..., 0], photometric="miniswhite"),
        grey3(65535 - RGB16[..., 0]),
    ),
    "gif, first frame": (
        lambda: encoded(INDEXED, "GIF", save_all=True, append_images=[INDEXED.rotate(180)]),
        PALETTE[IDS],
    ),
    "apng, first frame": (
        lambda: encoded(
            Image.fromarray(RGB8), "PNG", save_all=True, append_images=[Image.fromarray(RGB8 // 2)]
        ),
        RGB8,
    ),
    "webp, first frame": (
        lambda: encoded(
            Image.fromarray(RGB8),
            "WEBP",
            lossless=True,
            save_all=True,
            append_images=[Image.fromarray(RGB8 // 2)],
        ),
        RGB8,
    ),
}
# Adam7: seven passes of a one-coloured picture, each line with its filter byte.
INTERLACED = (
    b"\x89PNG\r\n\x1a\n"
    + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 1))
    + png_chunk(
        b"IDAT",
        zlib.compress(
            b"".join(
                (b"\0" + b"\x12\x34" * 3 * w) * h
                for w, h in ((2, 2), (2, 2), (4, 2), (4, 4), (8, 4), (8, 8), (16, 8))
            )
        ),
    )
    + png_chunk(b"IEND", b"")
)


@pytest.mark.parametrize("case", EXACT)
def test_reads_exactly(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make, expected = EXACT[case]
    photo = read_photo(save(tmp_path, make()))
    assert photo.pixels.dtype == expected.dtype
    np.testing.assert_array_equal(photo.pixels, expected)
    assert photo.pixels.flags.c_contiguous
    assert photo.bit_depth == expected.itemsize * 8
    assert photo.icc is None
    assert capfd.readouterr() == ("", "")


def test_photo_describes_itself(tmp_path: Path) -> None:
    path = save(tmp_path, encoded(Image.fromarray(smooth(60, 40)), "JPEG", dpi=(300, 200)))
    photo = read_photo(str(path))
    assert (photo.width, photo.height, photo.size, photo.bit_depth) == (40, 60, (40, 60), 8)
    assert photo.megapixels == pytest.approx(0.0024)
    assert (photo.path, photo.format, photo.dpi) == (path, "JPEG", (300, 200))
    assert (photo.exif, photo.icc) == (None, None)
    with pytest.raises(ValueError, match="read-only"):
        photo.pixels[0, 0] = 0


def test_jpeg_is_what_pillow_makes_of_it(tmp_path: Path) -> None:
    data = encoded(Image.fromarray(smooth(64, 48)), "JPEG", quality=80)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(read_photo(save(tmp_path, data)).pixels, expected)


def test_of_several_jpegs_in_one_file_the_first_is_read(tmp_path: Path) -> None:
    """As phones write them, with a preview or a depth map behind the photo."""
    first, second = Image.fromarray(smooth(64, 48)), Image.fromarray(noise(64, 48, 3))
    data = encoded(first, "MPO", save_all=True, append_images=[second])
    expected = np.asarray(JpegImageFile(io.BytesIO(data)))
    np.testing.assert_array_equal(read_photo(save(tmp_path, data)).pixels, expected)


@pytest.mark.slow
def test_110_megapixels(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (12_200, 9_100), (10, 200, 90)).save(path, quality=95)
    photo = read_photo(path)
    assert photo.megapixels == pytest.approx(111.02)
    assert np.abs(photo.pixels[::100, ::100].astype(int) - (10, 200, 90)).max() <= 2
    write_photo(photo, path)
    assert read_photo(path).size == (12_200, 9_100)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "png16", "tiff", "tiff16", "webp", "jpeg"])
def test_orientation(kind: str, orientation: int, order: exif.ByteOrder, tmp_path: Path) -> None:
    upright = noise(20, 30, 3, dtype=np.uint16 if kind.endswith("16") else np.uint8)
    if kind == "jpeg":
        upright = smooth(24, 40)
    stored, block = oriented(upright, orientation), exif_block(order, orientation)
    if kind.startswith("png"):
        data = raw_png(stored, 2, png_chunk(b"eXIf", block))
    elif kind.startswith("tiff"):
        tag = (exif.ORIENTATION, "H", 1, orientation, True)
        data = tiff(stored, photometric="rgb", byteorder=order, extratags=[tag])
    elif kind == "webp":
        data = encoded(Image.fromarray(stored), "WEBP", lossless=True, exif=block)
    else:
        data = encoded(Image.fromarray(stored), "JPEG", quality=95, exif=b"Exif\0\0" + block)
    photo = read_photo(save(tmp_path, data))
    assert photo.pixels.shape == upright.shape
    if kind == "jpeg":
        assert np.abs(photo.pixels.astype(int) - upright).mean() < 8
    else:
        np.testing.assert_array_equal(photo.pixels, upright)
    if not kind.startswith("tiff"):
        assert photo.exif == block
    assert exif.orientation(photo.exif) == orientation  # the source's own word, see Photo
    write_photo(photo, tmp_path / "again.png")
    again = read_photo(tmp_path / "again.png")
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert exif.orientation(again.exif) == 1


@pytest.mark.parametrize("value", [0, 9, 200])
def test_senseless_orientation_is_ignored(value: int, tmp_path: Path) -> None:
    data = raw_png(RGB8, 2, png_chunk(b"eXIf", exif_block(orientation=value)))
    np.testing.assert_array_equal(read_photo(save(tmp_path, data)).pixels, RGB8)


def test_exif_behind_the_pixels_counts(tmp_path: Path) -> None:
    data = raw_png(oriented(RGB8, 6), 2)
    data = data[:-12] + png_chunk(b"eXIf", exif_block(orientation=6)) + data[-12:]
    np.testing.assert_array_equal(read_photo(save(tmp_path, data)).pixels, RGB8)


# --- Colours -----------------------------------------------------------------------------


def cmyk_image() -> Image.Image:
    y, x = np.mgrid[:32, :40]
    inks = (x * 6, y * 7, 200 - x * 2, y * 3)
    return Image.merge("CMYK", [Image.fromarray(ink.astype(np.uint8)) for ink in inks])


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(format: str, tmp_path: Path) -> None:
    icc = profiles.cmyk_profile()
    options = {"quality": 100} if format == "JPEG" else {}
    data = encoded(cmyk_image(), format, icc_profile=icc, **options)
    stored = Image.open(io.BytesIO(data))
    assert stored.mode == "CMYK"
    if format == "JPEG":
        assert b"Adobe" in data  # so the file holds inverted inks
    expected = ImageCms.profileToProfile(
        stored, io.BytesIO(icc), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    photo = read_photo(save(tmp_path, data))
    np.testing.assert_array_equal(photo.pixels, np.asarray(expected))
    assert photo.icc is None
    # No ink is white, and much ink is dark, in spite of Adobe's inversion.
    assert photo.pixels[0, 0].max() > photo.pixels[-1, -1].max() + 50
    plain = np.asarray(stored.convert("RGB"))
    assert np.abs(photo.pixels.astype(int) - plain).max() > 10


@pytest.mark.parametrize("icc", [None, b"no profile at all", profiles.profile(b"CMYK", {})])
def test_cmyk_without_a_usable_profile(icc: bytes | None, tmp_path: Path) -> None:
    data = encoded(cmyk_image(), "JPEG", icc_profile=icc)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    photo = read_photo(save(tmp_path, data))
    np.testing.assert_array_equal(photo.pixels, expected)
    assert photo.icc is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_profile_becomes_srgb(dtype: Any, tmp_path: Path) -> None:
    grey = noise(20, 24, dtype=dtype)
    icc = profiles.grey_profile(profiles.gamma_curve(1.0))  # linear light
    iccp = png_chunk(b"iCCP", b"x\0\0" + zlib.compress(icc))
    photo = read_photo(save(tmp_path, raw_png(grey, 0, iccp)))
    top = np.iinfo(dtype).max
    light = grey / top
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    np.testing.assert_array_equal(photo.pixels, grey3(np.rint(srgb * top).astype(dtype)))
    assert photo.icc is None


@pytest.mark.parametrize(
    ("icc", "kept"),
    [
        (profiles.matrix_profile(), True),
        (profiles.grey_profile(profiles.gamma_curve(2.2)), False),
        (profiles.cmyk_profile(), False),
        (b"junk" * 50, False),
    ],
)
def test_only_rgb_profiles_are_kept(icc: bytes, kept: bool, tmp_path: Path) -> None:
    data = raw_png(RGB8, 2, png_chunk(b"iCCP", b"x\0\0" + zlib.compress(icc)))
    photo = read_photo(save(tmp_path, data))
    assert photo.icc == (icc if kept else None)
    np.testing.assert_array_equal(photo.pixels, RGB8)


def test_to_srgb8(tmp_path: Path) -> None:
    plain = Photo(RGB8)
    assert np.shares_memory(to_srgb8(plain), plain.pixels)
    broken = Photo(RGB8, icc=profiles.profile(b"RGB ", {}))
    assert np.shares_memory(to_srgb8(broken), broken.pixels)
    np.testing.assert_array_equal(to_srgb8(Photo(RGB8.astype(np.uint16) * 257)), RGB8)
    icc = profiles.matrix_profile()
    expected = ImageCms.profileToProfile(
        Image.fromarray(RGB8), io.BytesIO(icc), ImageCms.createProfile("sRGB")
    )
    np.testing.assert_array_equal(to_srgb8(Photo(RGB8, icc)), np.asarray(expected))
