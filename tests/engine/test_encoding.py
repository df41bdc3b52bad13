"""Photos written and read again: pixels, profile, EXIF and thumbnail in every format."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from engine import exif
from engine.fileoptions import FileOptions
from engine.imageio import (
    Photo,
    read_photo,
    to_srgb8,
    write_photo,
)
from tests.engine import profiles
from tests.engine.pictures import (
    RGB8,
    encoded,
    exif_block,
    in_tmp,
    noise,
    png_chunks,
    smooth,
)

SUFFIXES = ("png", "jpg", "jpeg", "tif", "tiff", "webp")

shapes = st.tuples(st.integers(16, 40), st.integers(16, 40), st.just(3))
some_icc = st.one_of(
    st.none(),
    st.sampled_from([profiles.matrix_profile(), profiles.rgb_table_profile()]),
    st.binary(max_size=300).map(lambda b: profiles.profile(b"RGB ", {b"priv": b})),
)
upright_exif = st.one_of(
    st.none(),
    st.builds(
        exif_block,
        order=st.sampled_from(["<", ">"]),
        orientation=st.sampled_from([None, 1]),
        maker_note=st.binary(max_size=200),
    ),
)


@in_tmp
@given(
    pixels=hnp.arrays(np.uint16, shapes) | hnp.arrays(np.uint8, shapes),
    icc=some_icc,
    block=upright_exif,
    dpi=st.none() | st.tuples(st.integers(2, 5000), st.integers(2, 5000)),
)
def test_png_round_trip_is_bit_for_bit(
    pixels: NDArray[Any],
    icc: bytes | None,
    block: bytes | None,
    dpi: tuple[float, float] | None,
    tmp_path: Path,
) -> None:
    write_photo(Photo(pixels, icc, block, dpi=dpi), tmp_path / "a.png")
    back = read_photo(tmp_path / "a.png")
    assert back.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(back.pixels, pixels)
    assert (back.icc, back.exif) == (icc, block)
    assert back.dpi == (None if dpi is None else pytest.approx(dpi, abs=0.02))
    chunks = png_chunks((tmp_path / "a.png").read_bytes())
    assert chunks[0][0] == b"IHDR"
    assert chunks[-1] == (b"IEND", b"")
    names = [name for name, _ in chunks]
    assert all(names.count(name) == 1 for name in set(names) - {b"IDAT"})


@in_tmp
@given(
    pixels=hnp.arrays(np.uint16, shapes) | hnp.arrays(np.uint8, shapes),
    icc=some_icc,
    block=upright_exif,
)
def test_tiff_round_trip(
    pixels: NDArray[Any], icc: bytes | None, block: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    write_photo(Photo(pixels, icc, block, dpi=(300, 150)), path)
    back = read_photo(path)
    assert back.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(back.pixels, pixels)
    assert back.icc == icc
    assert back.dpi == (300, 150)
    # Whatever the EXIF block held is there, byte for byte, at its old address.
    if block is not None:
        assert path.read_bytes()[8 : len(block)] == block[8:]
        one, other = Image.Exif(), Image.Exif()
        one.load(block)
        assert back.exif is not None
        other.load(back.exif)
        assert one.get_ifd(0x8769) == other.get_ifd(0x8769)
        assert one[0x10F] == other[0x10F]
    with tifffile.TiffFile(path) as file:  # another reader agrees, also on the structure
        np.testing.assert_array_equal(file.pages[0].asarray(), pixels)
        assert len(file.pages) == 1
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1], pixels)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("upper", [False, True])
def test_every_format_carries_profile_and_exif(
    suffix: str, depth: int, upper: bool, tmp_path: Path
) -> None:
    pixels: NDArray[Any] = smooth(60, 90)
    if depth == 16:
        pixels = pixels.astype(np.uint16) * 257 + 100  # rounds back down
    icc = profiles.matrix_profile()
    block = exif_block(">", 6, (4000, 3000), maker_note=b"secret recipe")
    path = tmp_path / f"a.{suffix.upper() if upper else suffix}"
    write_photo(Photo(pixels, icc, block), path)
    back = read_photo(path)
    assert back.icc == icc
    assert back.size == (90, 60)
    deep = depth == 16 and suffix in ("png", "tif", "tiff")
    assert back.bit_depth == (16 if deep else 8)
    assert back.format == {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper())
    if suffix in ("png", "tif", "tiff"):
        np.testing.assert_array_equal(back.pixels, pixels)
    else:
        assert np.abs(back.pixels.astype(int) - smooth(60, 90)).mean() < 3
    assert back.exif is not None
    tags = Image.Exif()
    tags.load(back.exif)
    assert tags[0x10F] == "Camera"
    assert tags[exif.ORIENTATION] == 1
    inner = tags.get_ifd(0x8769)
    assert (inner[0xA002], inner[0xA003]) == (90, 60)
    assert inner[0x927C] == b"secret recipe"


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_sixteen_bits_are_rounded_to_eight(suffix: str, tmp_path: Path) -> None:
    """What arrives is what the correctly rounded 8-bit photo gives."""
    pixels = noise(40, 50, 3, dtype=np.uint16)
    rounded = np.rint(pixels / 257).astype(np.uint8)
    write_photo(Photo(pixels), tmp_path / f"a.{suffix}")
    write_photo(Photo(rounded), tmp_path / f"b.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_jpeg_has_full_chroma_and_quality_95(tmp_path: Path) -> None:
    write_photo(Photo(smooth(64, 64)), tmp_path / "a.jpg")
    image = Image.open(io.BytesIO((tmp_path / "a.jpg").read_bytes()))
    assert isinstance(image, JpegImageFile)
    assert [component[1:3] for component in image.layer] == [(1, 1)] * 3
    expected = Image.open(io.BytesIO(encoded(image, "JPEG", quality=95))).quantization
    assert image.quantization == expected


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_thumbnail_is_renewed(suffix: str, order: exif.ByteOrder, tmp_path: Path) -> None:
    old = encoded(Image.fromarray(noise(120, 160, 3)), "JPEG")
    block = exif_block(order, 8, (1, 1), old, b"maker")
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[:, 200:] = (250, 120, 10)
    write_photo(Photo(pixels, profiles.matrix_profile(), block), tmp_path / f"a.{suffix}")
    back = read_photo(tmp_path / f"a.{suffix}").exif
    assert back is not None
    start, end = exif._thumbnail_ranges(back, order)[0]
    thumbnail = np.asarray(Image.open(io.BytesIO(back[start:end])))
    assert thumbnail.shape == (120, 160, 3)
    small = np.repeat(pixels[:1, ::2][:, :160], 120, axis=0)
    small[:, 80:] = pixels[0, -1]
    expected = to_srgb8(Photo(small, profiles.matrix_profile()))  # thumbnails are sRGB
    assert np.abs(thumbnail.astype(int) - expected)[:, [10, 60, 100, 150]].max() < 6
    assert old[-60:-20] not in (tmp_path / f"a.{suffix}").read_bytes()
    # All else is as it was: only orientation, two sizes and the address of IFD1 may differ.
    changed = [i for i in range(len(block) - len(old) - 60) if back[i] != block[i]]
    assert len(changed) <= 1 + 2 * 4 + 4
    assert back.index(b"maker") == block.index(b"maker")


def test_tiff_drops_the_thumbnail(tmp_path: Path) -> None:
    old = encoded(Image.fromarray(noise(120, 160, 3)), "JPEG")
    write_photo(Photo(RGB8, exif=exif_block(thumbnail=old)), tmp_path / "a.tif")
    assert old[-60:-20] not in (tmp_path / "a.tif").read_bytes()
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 1


def test_jpeg_too_small_for_its_exif(tmp_path: Path) -> None:
    large = exif_block(maker_note=bytes(70_000))
    write_photo(Photo(RGB8, exif=large), tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg").exif is None
    old = encoded(Image.fromarray(noise(120, 160, 3)), "JPEG")
    tight = exif_block(maker_note=bytes(65_300), thumbnail=old)
    write_photo(Photo(RGB8, exif=tight), tmp_path / "b.jpg")
    kept = read_photo(tmp_path / "b.jpg").exif
    assert kept is not None
    assert not exif.has_thumbnail(kept)


def test_large_profiles_fit_into_jpeg(tmp_path: Path) -> None:
    icc = profiles.profile(b"RGB ", {b"priv": noise(200_000).tobytes()})
    write_photo(Photo(RGB8, icc), tmp_path / "a.jpg")
    assert read_photo(tmp_path / "a.jpg").icc == icc


@in_tmp
@given(
    block=st.binary(max_size=400) | st.binary(max_size=400).map(lambda b: b"II*\0\x08\0\0\0" + b)
)
def test_any_exif_can_be_written(block: bytes, tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "tif", "webp"):
        write_photo(Photo(RGB8, exif=block), tmp_path / f"a.{suffix}")
        assert read_photo(tmp_path / f"a.{suffix}").size == (24, 20)


# --- what is asked of the file -----------------------------------------------------------------


def sizes(photo: Photo, path: Path, *wanted: FileOptions) -> list[int]:
    made = []
    for options in wanted:
        write_photo(photo, path, options=options)
        made.append(path.stat().st_size)
    return made


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_a_lower_quality_is_a_smaller_file(tmp_path: Path, suffix: str) -> None:
    photo = Photo(noise(64, 64, 3))
    usual, low, high, same = sizes(
        photo, tmp_path / f"a.{suffix}", FileOptions(), FileOptions(40), FileOptions(100),
        FileOptions(95, bits=16),
    )  # fmt: skip
    assert low < usual < high
    assert same == usual


def test_webp_without_loss(tmp_path: Path) -> None:
    photo = Photo(noise(64, 64, 3), profiles.matrix_profile(), exif_block("<"))
    path = tmp_path / "a.webp"
    write_photo(photo, path, options=FileOptions(1, lossless=True))
    again = read_photo(path)
    np.testing.assert_array_equal(again.pixels, photo.pixels)
    assert again.icc == photo.icc
    assert again.exif is not None


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bits", [None, 8, 16])
def test_bits_can_be_chosen(tmp_path: Path, suffix: str, dtype: type, bits: int | None) -> None:
    eight = noise(40, 30, 3)
    pixels = eight if dtype is np.uint8 else eight.astype(np.uint16) * 257
    path = tmp_path / f"a.{suffix}"
    write_photo(Photo(pixels), path, options=FileOptions(bits=bits))
    again = read_photo(path)
    assert again.bit_depth == (bits or 8 * np.dtype(dtype).itemsize)
    np.testing.assert_array_equal(again.pixels, eight * (1 if again.bit_depth == 8 else 257.0))


@pytest.mark.parametrize("wrong", [{"quality": 0}, {"quality": 101}, {"bits": 12}])
def test_what_no_file_can_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"quality|bits"):
        FileOptions(**wrong)
