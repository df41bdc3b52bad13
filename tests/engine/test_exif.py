"""EXIF blocks: read tolerantly, changed in place, never in the wrong place."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from engine import exif
from tests.engine.pictures import exif_block, jpeg, noise, tiff

OLD, NEW = jpeg(24, 32), jpeg(30, 40)
orders = st.sampled_from(["<", ">"])
blocks = st.builds(
    exif_block,
    order=orders,
    orientation=st.none() | st.integers(0, 9),
    size=st.none() | st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
    thumbnail=st.none() | st.just(OLD),
    maker_note=st.binary(max_size=99),
)


def tags(block: bytes) -> Image.Exif:
    result = Image.Exif()
    result.load(block)
    return result


def thumbnail_of(block: bytes) -> bytes | None:
    """As another reader finds it."""
    ifd = tags(block).get_ifd(ExifTags.IFD.IFD1)
    if 0x201 not in ifd:
        return None
    return block[ifd[0x201] : ifd[0x201] + ifd[0x202]]


@given(block=blocks, size=st.tuples(st.integers(1, 99999), st.integers(1, 99999)))
def test_renewed(block: bytes, size: tuple[int, int]) -> None:
    new = exif.renewed(block, size, NEW)
    before, after = tags(block), tags(new)
    assert after.get(0x112) == (None if 0x112 not in before else 1)
    assert after[0x10F] == before[0x10F]
    one, other = before.get_ifd(0x8769), after.get_ifd(0x8769)
    assert one.keys() == other.keys()
    if 0xA002 in one:
        assert (other[0xA002], other[0xA003]) == size
    assert one.get(0x927C) == other.get(0x927C)
    had_one = thumbnail_of(block) is not None
    assert exif.has_thumbnail(block) == exif.has_thumbnail(new) == had_one
    assert thumbnail_of(new) == (NEW if had_one else None)
    assert OLD[-60:-20] not in new
    # Once right, it stays as it is: no growth when a photo is saved again and again.
    assert exif.renewed(new, size, NEW) == new


@given(block=blocks)
def test_without_thumbnail(block: bytes) -> None:
    new = exif.renewed(block, (5, 6), None)
    assert not exif.has_thumbnail(new)
    assert thumbnail_of(new) is None
    assert OLD[-60:-20] not in new
    assert len(new) <= len(block)


@given(order=orders, tail=st.binary(min_size=2, max_size=60))
def test_thumbnail_in_the_middle_is_wiped(order: exif.ByteOrder, tail: bytes) -> None:
    block = exif_block(order, 6, thumbnail=OLD) + tail
    new = exif.renewed(block, (5, 6), NEW)
    assert new[len(block) - len(tail) : len(block)] == tail
    assert OLD[-60:-20] not in new
    assert thumbnail_of(new) == NEW


def test_uncompressed_thumbnail_becomes_jpeg() -> None:
    pixels = noise(30, 20).tobytes()
    block = exif_block("<", 1)
    at = len(block)
    small = [
        exif.numbers("<", exif.COMPRESSION, exif.SHORT, 1),
        exif.numbers("<", exif.STRIP_OFFSETS, exif.LONG, 0, 0),
        exif.numbers("<", exif.STRIP_BYTE_COUNTS, exif.SHORT, 300, 300),
    ]
    data_at = at + len(exif.pack_directory("<", small, at))
    small[1] = exif.numbers("<", exif.STRIP_OFFSETS, exif.LONG, data_at, data_at + 300)
    main = exif.first_directory(block, "<")
    block = bytearray(block)
    struct.pack_into("<I", block, main.next_at, at)
    whole = bytes(block) + exif.pack_directory("<", small, at) + pixels
    assert exif.has_thumbnail(whole)
    new = exif.renewed(whole, (5, 6), NEW)
    assert thumbnail_of(new) == NEW
    assert pixels[:40] not in new
    assert pixels[300:340] not in new


@given(data=st.binary(max_size=300), order=orders, start=st.integers(0, 300))
def test_junk_never_raises(data: bytes, order: exif.ByteOrder, start: int) -> None:
    head = b"II*\0" if order == "<" else b"MM\0*"
    for block in (data, head + data, head + struct.pack(order + "I", start) + data):
        assert 1 <= exif.orientation(block) <= 8
        assert len(exif.renewed(block, (3, 4), None)) <= len(block)
        exif.renewed(block, (3, 4), NEW)
        exif.from_tiff(block)


@given(block=blocks, position=st.integers(0, 400), value=st.integers(0, 255))
def test_damaged_blocks_never_raise(block: bytes, position: int, value: int) -> None:
    damaged = bytearray(block)
    damaged[position % len(damaged)] = value
    assert 1 <= exif.orientation(bytes(damaged)) <= 8
    exif.renewed(bytes(damaged), (3, 4), NEW)
    exif.renewed(bytes(damaged)[:position], (3, 4), NEW)
    exif.from_tiff(bytes(damaged))


@pytest.mark.parametrize("block", [None, b"", b"II", b"not an EXIF block"])
def test_no_block(block: bytes | None) -> None:
    assert exif.orientation(block) == 1
    assert not exif.has_thumbnail(block)
    if block is not None:
        assert exif.renewed(block, (1, 1), NEW) == block


@given(
    order=orders,
    entries=st.dictionaries(st.integers(1, 65535), st.binary(min_size=1, max_size=40), max_size=9),
    at=st.integers(4, 50).map(lambda half: 2 * half),
    following=st.integers(0, 99),
)
def test_directory_round_trip(
    order: exif.ByteOrder, entries: dict[int, bytes], at: int, following: int
) -> None:
    wanted = [exif.Entry(tag, exif.UNDEFINED, len(v), v) for tag, v in entries.items()]
    block = bytes(at) + exif.pack_directory(order, wanted, at, following)
    back = exif.read_directory(block, order, at)
    assert {tag: entry.value for tag, entry in back.entries.items()} == entries
    assert list(back.entries) == sorted(entries)
    assert back.next == following
    assert len(block) % 2 == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_from_tiff_takes_what_describes_the_photo(order: exif.ByteOrder) -> None:
    extra = [
        (0x10F, "s", 0, "Maker", True),
        (0x112, "H", 1, 6, True),
        (700, "B", 5, b"<xmp>", True),
        (0x8298, "s", 0, "Me", True),
    ]
    data = tiff(noise(16, 16, 3), photometric="rgb", byteorder=order, extratags=extra)
    block = exif.from_tiff(data)
    assert block is not None
    found = tags(block)
    assert (found[0x10F], found[0x8298], found[0x112]) == ("Maker", "Me", 6)
    assert not found.keys() & {0x100, 0x101, 0x102, 0x103, 0x111, 0x117, 700}


@given(block=blocks)
def test_from_tiff_keeps_the_directories(block: bytes) -> None:
    again = exif.from_tiff(block)
    assert again is not None
    assert tags(again).get_ifd(0x8769) == tags(block).get_ifd(0x8769)
    assert exif.from_tiff(again) == again
