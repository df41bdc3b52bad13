"""Photos as values, places that can't be written, masks and layouts."""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from engine.errors import InputFileError, OutputFileError
from engine.imageio import (
    Photo,
    read_layout,
    read_mask,
    read_photo,
    write_layout,
    write_mask,
    write_photo,
)
from engine.labels import palette
from tests.engine import profiles
from tests.engine.pictures import (
    BITS,
    IDS,
    INDEXED,
    PALETTE,
    RGB8,
    RGB16,
    RGBA8,
    encoded,
    grey3,
    in_tmp,
    jpeg,
    noise,
    png_chunk,
    raw_png,
    save,
)

# --- Photo -------------------------------------------------------------------------------


def test_content_key() -> None:
    photo = Photo(RGB8)
    assert photo.content_key == Photo(RGB8.copy(), path=Path("other")).content_key
    changed = RGB8.copy()
    changed[-1, -1, -1] ^= 1
    others = [
        Photo(changed),
        Photo(RGB8, icc=profiles.matrix_profile()),
        Photo(RGB8.astype(np.uint16)),
        Photo(np.ascontiguousarray(RGB8.reshape(24, 20, 3))),
    ]
    keys = {photo.content_key, *(other.content_key for other in others)}
    assert len(keys) == 5
    assert (
        Photo(np.zeros((1, 2, 3), np.uint8)).content_key == "027be7e0502e8a33d52466505fa84654"
    )  # also in other processes


def test_with_pixels_keeps_the_rest() -> None:
    photo = Photo(RGB8, b"icc", b"exif", Path("a.png"), (72, 72), "PNG")
    assert photo.content_key
    other = photo.with_pixels(RGB16[::2, ::-1])
    assert (other.icc, other.exif, other.path, other.dpi) == (b"icc", b"exif", photo.path, (72, 72))
    assert other.pixels.flags.c_contiguous
    assert other.content_key != photo.content_key
    assert photo != other
    assert photo in {photo}


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((20, 20, 3)),
        np.zeros((20, 20), np.uint8),
        np.zeros((20, 20, 4), np.uint8),
        np.zeros((0, 20, 3), np.uint8),
    ],
)
def test_photo_refuses_other_arrays(pixels: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="pixels are"):
        Photo(pixels)


# --- Places to write ---------------------------------------------------------------------
@pytest.mark.parametrize("name", ["a", "a.gif", "a.bmp", "a.heic", "a.png.exe", ".png"])
def test_unknown_suffix(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputFileError, match="png, jpg, jpeg, tif, tiff, webp") as caught:
        write_photo(Photo(RGB8), tmp_path / name)
    assert name in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("suffix", "width"), [("webp", 16384), ("jpg", 65501)])
def test_too_large_for_the_format(suffix: str, width: int, tmp_path: Path) -> None:
    with pytest.raises(OutputFileError, match=f"{width} x 1 pixels"):
        write_photo(Photo(np.zeros((1, width, 3), np.uint8)), tmp_path / f"a.{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", ["missing folder", "folder", "file as folder", "long name"])
@pytest.mark.parametrize("write", [write_photo, write_mask, write_layout])
def test_unwritable_place(make: str, write: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    if make == "missing folder":
        path = tmp_path / "no" / "a.png"
    elif make == "folder":
        path.mkdir()
    elif make == "file as folder":
        path.write_bytes(b"")
        path = path / "b.png"
    else:
        path = tmp_path / ("a" * 300 + ".png")
    before = sorted(tmp_path.rglob("*"))
    thing: Any = {
        write_photo: Photo(RGB8),
        write_mask: np.zeros((4, 4), np.float32),
        write_layout: np.zeros((4, 4), np.uint8),
    }[write]
    with pytest.raises(OutputFileError) as caught:
        write(thing, path)
    assert f'"{path}"' in str(caught.value)
    assert caught.value.subject == path
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("there", [False, True])
def test_failing_midway_leaves_nothing(
    suffix: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.{suffix}"
    if there:
        path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFileError, match="No space left on device"):
        write_photo(Photo(RGB8), path)
    assert [p.name for p in tmp_path.iterdir()] == ([path.name] if there else [])
    if there:
        assert path.read_bytes() == b"old"


def test_a_file_keeps_its_mode_and_links_to_it(tmp_path: Path) -> None:
    target, link = tmp_path / "target.png", tmp_path / "link.png"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_photo(Photo(RGB8), link)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    np.testing.assert_array_equal(read_photo(target).pixels, RGB8)
    umask = os.umask(0o022)
    os.umask(umask)
    write_photo(Photo(RGB8), tmp_path / "new.png")
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o666 & ~umask


# --- Masks -------------------------------------------------------------------------------


@in_tmp
@given(levels=hnp.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_mask_round_trip(levels: NDArray[np.uint8], tmp_path: Path) -> None:
    mask = levels.astype(np.float32) / 255
    write_mask(mask, tmp_path / "m.png")
    back = read_mask(tmp_path / "m.png", (levels.shape[1], levels.shape[0]))
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, mask)


def test_mask_is_clipped_and_rounded(tmp_path: Path) -> None:
    write_mask(np.array([[-1, 0, 0.5, 1, 7, np.nan]], np.float32), tmp_path / "m.png")
    expected = np.array([[0, 0, 128, 255, 255, 0]], np.float32) / 255
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), expected)


GREY = noise(6, 7)
MASKS: dict[str, tuple[Callable[[], bytes], NDArray[Any]]] = {
    "grey": (lambda: raw_png(GREY, 0), GREY / 255),
    "grey16": (lambda: raw_png(RGB16[..., 0], 0), RGB16[..., 0] / 65535),
    "grey as rgb": (lambda: raw_png(grey3(GREY), 2), GREY / 255),
    "grey as rgb16": (lambda: raw_png(grey3(RGB16[..., 0]), 2), RGB16[..., 0] / 65535),
    "rgb": (lambda: raw_png(RGB8, 2), RGB8 @ [0.299, 0.587, 0.114] / 255),
    "alpha ignored": (lambda: raw_png(RGBA8, 6), RGBA8[..., :3] @ [0.299, 0.587, 0.114] / 255),
    "grey alpha": (lambda: raw_png(RGBA8[..., :2], 4), RGBA8[..., 0] / 255),
    "1 bit": (lambda: encoded(Image.fromarray(BITS), "PNG"), BITS.astype(float)),
    "palette": (
        lambda: encoded(INDEXED, "PNG", transparency=0),
        PALETTE[IDS] @ [0.299, 0.587, 0.114] / 255,
    ),
}


@pytest.mark.parametrize("case", MASKS)
def test_reads_masks(case: str, tmp_path: Path) -> None:
    make, expected = MASKS[case]
    mask = read_mask(save(tmp_path, make()))
    assert mask.dtype == np.float32
    np.testing.assert_allclose(mask, expected, atol=1e-6)
    if case.startswith("grey"):
        np.testing.assert_array_equal(mask, expected.astype(np.float32))


def test_mask_of_another_size(tmp_path: Path) -> None:
    write_mask(np.zeros((5, 8), np.float32), tmp_path / "m.png")
    with pytest.raises(InputFileError, match=r'm\.png" is 8 x 5 .* 640 x 480\.'):
        read_mask(tmp_path / "m.png", (640, 480))


# --- Layouts -----------------------------------------------------------------------------


@in_tmp
@given(
    layout=hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30)), elements=st.integers(0, 15)
    )
)
def test_layout_round_trip(layout: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "l.png"
    write_layout(layout, path)
    back = read_layout(path, (layout.shape[1], layout.shape[0]))
    assert back.dtype == np.uint8
    assert back.flags.writeable
    np.testing.assert_array_equal(back, layout)
    image = Image.open(io.BytesIO(path.read_bytes()))
    assert path.read_bytes()[24:26] == b"\x08\x03"  # 8 bits, indexed
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), palette()[layout])


def test_layouts_made_elsewhere(tmp_path: Path) -> None:
    ids = IDS.copy()
    grey = save(tmp_path, raw_png(ids, 0), "grey.png")
    np.testing.assert_array_equal(read_layout(grey, (24, 20)), ids)
    for bits in (2, 4, 8):  # indices count, not colours; also with transparency
        path = save(tmp_path, encoded(INDEXED, "PNG", bits=bits, transparency=1), f"{bits}.png")
        np.testing.assert_array_equal(read_layout(path), ids)


BAD_LAYOUTS: dict[str, tuple[bytes, str]] = {
    "id 16": (raw_png(np.full((4, 4), 16, np.uint8), 0), "class id 16 at (0, 0)"),
    "id 255": (raw_png(np.diag([0, 3, 255, 1]).astype(np.uint8), 0), "class id 255 at (2, 2)"),
    "rgb": (raw_png(RGB8, 2), "not a layout"),
    "grey alpha": (raw_png(RGBA8[..., :2], 4), "not a layout"),
    "grey16": (raw_png(RGB16[..., 0], 0), "not a layout"),
    "4 bit grey": (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 4, 0, 0, 0, 0))
        + png_chunk(b"IDAT", zlib.compress(b"\0\x12"))
        + png_chunk(b"IEND", b""),
        "not a layout",
    ),
    "gif": (encoded(INDEXED, "GIF"), "not a layout"),
    "jpeg": (jpeg(16, 16), "not a layout"),
    "text": (b"0 0 0 1\n", "not a picture"),
    "cut short": (encoded(INDEXED, "PNG")[:120], "cut short"),
    "other size": (raw_png(np.zeros((4, 5), np.uint8), 0), "is 5 x 4 pixels"),
}


@pytest.mark.parametrize("case", BAD_LAYOUTS)
def test_refuses_layouts(case: str, tmp_path: Path) -> None:
    data, reason = BAD_LAYOUTS[case]
    path = save(tmp_path, data, "layout.png")
    with pytest.raises(InputFileError) as caught:
        read_layout(path, (6, 4) if case == "other size" else None)
    assert reason in str(caught.value)
    assert f'"{path}"' in str(caught.value)


@pytest.mark.parametrize("array", [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.int64)])
def test_write_layout_wants_a_layout(array: NDArray[Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a layout of"):
        write_layout(array, tmp_path / "l.png")


def test_write_mask_wants_a_mask(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a mask of"):
        write_mask(np.zeros((2, 2, 1)), tmp_path / "m.png")
