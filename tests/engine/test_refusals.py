"""Files that aren't photos, or not whole: each is refused with one sentence that names it."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine import exif, opening
from engine.errors import InputFileError
from engine.imageio import read_mask, read_photo, write_photo
from tests.engine.pictures import (
    INDEXED,
    RGB8,
    RGB16,
    encoded,
    exif_block,
    in_tmp,
    jpeg,
    jpeg_segment,
    noise,
    raw_png,
    save,
    smooth,
    tiff,
)
from tests.engine.test_decoding import EXACT


def write_file(data: bytes) -> Callable[[Path], None]:
    return lambda path: void(path.write_bytes(data))


def void(_: object) -> None:
    return None


def claims(data: bytes, at: int, form: str, *numbers: int) -> bytes:
    """``data`` with numbers of its header overwritten."""
    new = bytearray(data)
    struct.pack_into(form, new, at, *numbers)
    return bytes(new)


def big_jpeg() -> bytes:
    data = jpeg(16, 16)
    return claims(data, data.index(b"\xff\xc0") + 5, ">HH", 30000, 30000)


def zero_tail(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


def with_thumbnail(data: bytes) -> bytes:
    block = exif_block(thumbnail=jpeg(16, 16))
    return data[:2] + jpeg_segment(0xE1, b"Exif\0\0" + block) + data[2:]


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (lambda path: None, "does not exist"),
    "missing folder": (lambda path: None, "does not exist"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (lambda path: os.mkfifo(path), "not an ordinary file"),
    "empty": (write_file(b""), "is empty"),
    "one byte": (write_file(b"\xff"), "not a picture"),
    "text": (write_file(b"I am no photo, whatever my name says.\n" * 9), "not a picture"),
    "svg": (write_file(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a picture"),
    "postscript": (write_file(b"%!PS-Adobe-3.0 EPSF-3.0\n"), "not a picture"),
    "jpeg half": (write_file(jpeg()[: len(jpeg()) // 2]), "cut short"),
    "jpeg last bytes": (write_file(jpeg()[:-2]), "cut short"),
    "jpeg header only": (write_file(jpeg()[:100]), "cut short"),
    "jpeg zero tail": (write_file(zero_tail(jpeg())), "cut short"),
    "jpeg zero tail, thumbnail": (write_file(with_thumbnail(zero_tail(jpeg()))), "cut short"),
    "jpeg thumbnail, half": (
        write_file(with_thumbnail(jpeg())[: len(with_thumbnail(jpeg())) // 2]),
        "cut short",
    ),
    "jpeg progressive half": (
        write_file(encoded(Image.fromarray(noise(200, 300, 3)), "JPEG", progressive=True)[:20000]),
        "cut short",
    ),
    "png half": (write_file(raw_png(noise(200, 300, 3), 2)[:50000]), "cut short"),
    "png16 half": (
        write_file(raw_png(noise(200, 300, 3, dtype=np.uint16), 2)[:50000]),
        "cut short",
    ),
    "png header only": (write_file(raw_png(RGB8, 2)[:20]), "cut short"),
    "png bit flipped": (
        write_file(claims(raw_png(noise(200, 300, 3), 2), 90000, "4s", b"\0\1\2\3")),
        "damaged",
    ),
    "png16 bit flipped": (
        write_file(
            claims(raw_png(noise(200, 300, 3, dtype=np.uint16), 2), 90000, "4s", b"\0\1\2\3")
        ),
        "damaged",
    ),
    "tiff half": (write_file(tiff(noise(200, 300, 3), photometric="rgb")[:50000]), "cut short"),
    "tiff16 half": (
        write_file(tiff(noise(200, 300, 3, dtype=np.uint16), photometric="rgb")[:50000]),
        "cut short",
    ),
    "tiff16 deflate half": (
        write_file(
            tiff(noise(200, 300, 3, dtype=np.uint16), photometric="rgb", compression="zlib")[
                :200000
            ]
        ),
        "cut short",
    ),
    "webp half": (
        write_file(encoded(Image.fromarray(noise(99, 99, 3)), "WEBP")[:5000]),
        "cut short",
    ),
    "bmp half": (write_file(encoded(Image.fromarray(RGB8), "BMP")[:700]), "cut short"),
    "gif half": (write_file(encoded(Image.fromarray(noise(99, 99)), "GIF")[:5000]), "cut short"),
    "jpeg of 900 MP": (write_file(big_jpeg()), "too large: 30000 x 30000"),
    "png of 900 MP": (write_file(raw_png(RGB8, 2, size=(30000, 30000))), "150 megapixels"),
    "png just over": (write_file(raw_png(RGB8, 2, size=(15000, 10001))), "150 megapixels"),
    "png of 2^62": (write_file(raw_png(RGB8, 2, size=(2**31 - 1, 2**31 - 1))), "too large"),
    "bmp of 900 MP": (
        write_file(claims(encoded(Image.fromarray(RGB8), "BMP"), 18, "<ii", 30000, 30000)),
        "too large",
    ),
    "gif of 900 MP": (
        write_file(claims(encoded(INDEXED, "GIF"), 6, "<HH", 30000, 30000)),
        "too large",
    ),
    "too narrow": (write_file(raw_png(RGB8[:, :15], 2)), "too small: 15 x 20"),
    "too low": (write_file(raw_png(RGB8[:15], 2)), "too small: 24 x 15"),
    "one pixel": (write_file(raw_png(RGB8[:1, :1], 2)), "too small: 1 x 1"),
    "float tiff": (write_file(tiff(np.zeros((20, 20), np.float32))), "32 bits"),
    "16 bit planes": (
        write_file(tiff(RGB16.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")),
        "separate planes",
    ),
}


@pytest.mark.parametrize(
    ("case", "read"),
    [(case, read_photo) for case in REFUSED]
    + [(case, read_mask) for case in REFUSED if "too small" not in REFUSED[case][1]],
)
def test_refuses_with_one_sentence(
    case: str, read: Callable[[Path], object], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, reason = REFUSED[case]
    path = tmp_path / ("no/such.jpg" if case == "missing folder" else "photo.jpg")
    make(path)
    with pytest.raises(InputFileError) as caught:
        read(path)
    sentence = str(caught.value)
    assert reason in sentence
    assert f'"{path}"' in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert caught.value.subject == path
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "data",
    [
        jpeg(64, 64),
        encoded(Image.fromarray(noise(64, 64, 3)), "JPEG", progressive=True),
        raw_png(noise(64, 64, 3), 2),
        raw_png(noise(64, 64, 3, dtype=np.uint16), 2),
        tiff(noise(64, 64, 3, dtype=np.uint16), photometric="rgb", compression="zlib"),
        encoded(Image.fromarray(noise(64, 64, 3)), "TIFF", compression="tiff_lzw"),
        encoded(Image.fromarray(noise(64, 64, 3)), "WEBP"),
        encoded(Image.fromarray(noise(64, 64)), "GIF"),
        encoded(Image.fromarray(noise(64, 64, 3)), "BMP"),
    ],
    ids=["jpeg", "progressive", "png", "png16", "tiff16", "tiff lzw", "webp", "gif", "bmp"],
)
def test_cut_short_anywhere_is_never_half_a_picture(
    data: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = read_photo(save(tmp_path, data)).pixels
    for length in [*range(1, 40), *range(40, len(data), len(data) // 60), *range(-14, 0)]:
        try:
            pixels = read_photo(save(tmp_path, data[:length])).pixels
        except InputFileError:
            continue
        np.testing.assert_array_equal(pixels, whole, err_msg=f"at {length}")
    assert capfd.readouterr() == ("", "")


@in_tmp
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_else(data: st.DataObject, tmp_path: Path) -> None:
    make = data.draw(st.sampled_from(list(EXACT.values())))[0]
    file = bytearray(make())
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(4, min(len(file), 300) - 1))] = data.draw(st.integers(0, 255))
    try:
        photo = read_photo(save(tmp_path, bytes(file)))
    except InputFileError:
        return
    write_photo(photo, tmp_path / "again.tif")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = save(tmp_path, jpeg())
    path.chmod(0)
    with pytest.raises(InputFileError, match=r"can't be opened: Permission denied\."):
        read_photo(path)


def test_odd_but_whole_files_give_no_warnings(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cut_exif = exif_block(orientation=6)[:20]
    data = encoded(Image.fromarray(smooth(32, 48)), "JPEG", exif=b"Exif\0\0" + cut_exif)
    assert read_photo(save(tmp_path, data)).size == (48, 32)
    many = [(exif.ORIENTATION, "H", 3, (1, 1, 1), True)]  # three values where there should be one
    read_photo(save(tmp_path, tiff(RGB8, photometric="rgb", extratags=many)))
    assert capfd.readouterr() == ("", "")


def test_large_photos_pass_the_header_check(tmp_path: Path) -> None:
    """110 MP: refused for being cut short, not for its size; and without a warning."""
    path = save(tmp_path, raw_png(RGB8, 2, size=(11000, 10000)))
    with opening.opened(path) as source:
        assert source.header.size == (11000, 10000)
    with pytest.raises(InputFileError, match="cut short"):
        read_photo(path)


def test_reads_from_many_threads(tmp_path: Path) -> None:
    paths = [save(tmp_path, EXACT[case][0](), case.replace(" ", "-")) for case in EXACT]
    failures: list[str] = []

    def read_all() -> None:
        for path, (_, expected) in zip(paths, EXACT.values(), strict=True):
            if not np.array_equal(read_photo(path).pixels, expected):
                failures.append(path.name)

    threads = [threading.Thread(target=read_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
