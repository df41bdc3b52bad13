"""EXIF blocks: what a photo's pixels need to know of them, and keeping them true.

An EXIF block is a little TIFF file: a header, then directories (IFDs) of 12-byte entries that
point to their values. IFD0 describes the photo, the Exif, GPS and interoperability
directories hang off it, IFD1 is the thumbnail. Blocks are changed in place and otherwise only
grow at the end, so that whatever isn't understood here (maker notes hold addresses of their
own) stays where it is, bit for bit.

Nothing here raises on damaged blocks: what can't be read is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

ByteOrder: TypeAlias = Literal["<", ">"]
Buffer: TypeAlias = "bytes | bytearray | memoryview"

# Tags
IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION = 0x100, 0x101, 0x102, 0x103
PHOTOMETRIC, STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL = 0x106, 0x111, 0x112, 0x115
ROWS_PER_STRIP, STRIP_BYTE_COUNTS, X_RESOLUTION, Y_RESOLUTION = 0x116, 0x117, 0x11A, 0x11B
PLANAR_CONFIGURATION, RESOLUTION_UNIT, PREDICTOR, ICC_PROFILE = 0x11C, 0x128, 0x13D, 0x8773
TILE_OFFSETS, TILE_BYTE_COUNTS, XMP = 0x144, 0x145, 0x2BC
TIFF_DATA_TAGS = ((STRIP_OFFSETS, STRIP_BYTE_COUNTS), (TILE_OFFSETS, TILE_BYTE_COUNTS))
_THUMBNAIL_AT, _THUMBNAIL_SIZE = 0x201, 0x202
_EXIF_IFD, _GPS_IFD, _INTEROP_IFD = 0x8769, 0x8825, 0xA005
_PIXEL_X, _PIXEL_Y = 0xA002, 0xA003

# Types
BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

# What of a TIFF file's own IFD0 describes the photo and not how its pixels are stored:
# description, maker, model, orientation, resolution, software, date, artist, host, rating,
# copyright.
_DESCRIPTIVE = {0x10E, 0x10F, 0x110, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}
_DESCRIPTIVE |= {0x131, 0x132, 0x13B, 0x13C, 0x4746, 0x4749, 0x8298}

# What says how a TIFF's pixels are stored. An EXIF block has no business holding most of it
# (sub-file type, fill order, palette, tiles, sub-images, extra samples, sample format, JPEG
# tables, YCbCr layout, ...).
STORAGE_TAGS = {IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC}
STORAGE_TAGS |= {STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTE_COUNTS}
STORAGE_TAGS |= {PLANAR_CONFIGURATION, PREDICTOR, ICC_PROFILE, _THUMBNAIL_AT, _THUMBNAIL_SIZE}
STORAGE_TAGS |= {0xFE, 0xFF, 0x10A, 0x140, *range(0x142, 0x146), 0x14A, 0x152, 0x153}
STORAGE_TAGS |= {0x15B, *range(0x200, 0x20A), *range(0x211, 0x215)}


@dataclass(frozen=True)
class Entry:
    """One entry of a directory: ``value`` is the raw bytes, in the block's byte order."""

    tag: int
    type: int
    count: int
    value: bytes
    at: int = 0  # where the 12 bytes of the entry stand in the block
    value_at: int = 0


@dataclass(frozen=True)
class Directory:
    """An IFD: its readable entries and the address of the next one (0: none)."""

    entries: dict[int, Entry]
    at: int
    next: int
    next_at: int  # where ``next`` stands; 0 where the directory is cut off before it

    def number(self, order: ByteOrder, tag: int) -> int | None:
        """The value of a single SHORT or LONG."""
        entry = self.entries.get(tag)
        if entry is None or entry.count != 1 or entry.type not in (SHORT, LONG, 13):
            return None
        return int.from_bytes(entry.value, "little" if order == "<" else "big")


def byte_order(block: Buffer) -> ByteOrder | None:
    """``"<"`` or ``">"``; ``None`` where ``block`` is no EXIF block (or a BigTIFF)."""
    if bytes(block[:4]) == b"II*\0":
        return "<"
    return ">" if bytes(block[:4]) == b"MM\0*" else None


def read_directory(block: Buffer, order: ByteOrder, at: int) -> Directory:
    """The directory at address ``at``; entries that are damaged are missing from it."""
    entries: dict[int, Entry] = {}
    if not 8 <= at <= len(block) - 2:
        return Directory(entries, at, 0, 0)
    (count,) = struct.unpack_from(order + "H", block, at)
    for place in range(at + 2, at + 2 + 12 * count, 12):
        if place + 12 > len(block):
            return Directory(entries, at, 0, 0)
        tag, kind, number = struct.unpack_from(order + "HHI", block, place)
        size = _TYPE_SIZES.get(kind, 0) * number
        value_at = place + 8
        if size > 4:
            (value_at,) = struct.unpack_from(order + "I", block, place + 8)
        if size and value_at + size <= len(block):
            value = bytes(block[value_at : value_at + size])
            entries.setdefault(tag, Entry(tag, kind, number, value, place, value_at))
    next_at = at + 2 + 12 * count
    if next_at + 4 > len(block):
        return Directory(entries, at, 0, 0)
    (following,) = struct.unpack_from(order + "I", block, next_at)
    return Directory(entries, at, following, next_at)


def first_directory(block: Buffer, order: ByteOrder) -> Directory:
    """IFD0."""
    at = struct.unpack_from(order + "I", block, 4)[0] if len(block) >= 8 else 0
    return read_directory(block, order, at)


def pack_directory(
    order: ByteOrder, entries: Iterable[Entry], at: int, following: int = 0
) -> bytes:
    """A directory that stands at address ``at``, with its values after it (even length)."""
    ordered = sorted(entries, key=lambda entry: entry.tag)
    table, values = bytearray(struct.pack(order + "H", len(ordered))), bytearray()
    values_at = at + 2 + 12 * len(ordered) + 4
    for entry in ordered:
        table += struct.pack(order + "HHI", entry.tag, entry.type, entry.count)
        if len(entry.value) <= 4:
            table += entry.value.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", values_at + len(values))
            values += entry.value + b"\0" * (len(entry.value) % 2)
    return bytes(table + struct.pack(order + "I", following) + values)


def numbers(order: ByteOrder, tag: int, kind: int, *values: int) -> Entry:
    """An entry of SHORTs, LONGs or RATIONALs (these as numerator, denominator)."""
    packed = struct.pack(f"{order}{len(values)}{'H' if kind == SHORT else 'I'}", *values)
    return Entry(tag, kind, len(packed) // _TYPE_SIZES[kind], packed)


def orientation(block: bytes | None) -> int:
    """The orientation tag, 1..8; 1 where there is none."""
    order = byte_order(block) if block else None
    if block is None or order is None:
        return 1
    value = first_directory(block, order).number(order, ORIENTATION)
    return value if value is not None and 1 <= value <= 8 else 1


def has_thumbnail(block: bytes | None) -> bool:
    """Whether the block holds a thumbnail of the photo."""
    order = byte_order(block) if block else None
    if block is None or order is None:
        return False
    return bool(_thumbnail_ranges(block, order))


def renewed(block: bytes, size: tuple[int, int], thumbnail: bytes | None) -> bytes:
    """The block of a photo that now has upright pixels of ``size`` (width, height).

    Args:
        block: an EXIF block; one that can't be read is returned as it is.
        size: the photo's new width and height. They go where the block has such tags.
        thumbnail: a JPEG to stand in for the thumbnail, if ``block`` has one; ``None``
            removes it. The old one's bytes don't survive in either case.

    Returns:
        The block with orientation 1; but for the above, every byte is where it was.
    """
    order = byte_order(block)
    if order is None:
        return block
    new = bytearray(block)
    if had_one := has_thumbnail(block):
        _wipe_thumbnail(new, order)
    main = first_directory(new, order)
    if main.next_at:
        if had_one and thumbnail is not None:
            new += b"\0" * (len(new) % 2)
            struct.pack_into(order + "I", new, main.next_at, len(new))
            new += _thumbnail_directory(order, thumbnail, len(new)) + thumbnail
        else:
            struct.pack_into(order + "I", new, main.next_at, 0)
    width, height = size
    for tag, value in ((ORIENTATION, 1), (IMAGE_WIDTH, width), (IMAGE_LENGTH, height)):
        _put_number(new, order, main, tag, value)
    exif = read_directory(new, order, main.number(order, _EXIF_IFD) or 0)
    for tag, value in ((_PIXEL_X, width), (_PIXEL_Y, height)):
        _put_number(new, order, exif, tag, value)
    return bytes(new)


def from_tiff(file: Buffer) -> bytes | None:
    """What a TIFF file says of its photo, as an EXIF block; ``None`` where it's nothing.

    The pixels' storage and large private data (XMP, Photoshop) are left out.
    """
    order = byte_order(file)
    if order is None:
        return None
    main = first_directory(file, order)
    kept = [entry for tag, entry in main.entries.items() if tag in _DESCRIPTIVE]
    block = b"II*\0" if order == "<" else b"MM\0*"
    block += struct.pack(order + "I", 0)
    for pointer in (_EXIF_IFD, _GPS_IFD):
        part = read_directory(file, order, main.number(order, pointer) or 0)
        if not part.entries:
            continue
        entries = {tag: e for tag, e in part.entries.items() if tag != _INTEROP_IFD}
        inner = read_directory(file, order, part.number(order, _INTEROP_IFD) or 0)
        if inner.entries:
            entries[_INTEROP_IFD] = numbers(order, _INTEROP_IFD, LONG, len(block))
            block += pack_directory(order, inner.entries.values(), len(block))
        kept.append(numbers(order, pointer, LONG, len(block)))
        block += pack_directory(order, entries.values(), len(block))
    if not kept:
        return None
    start = struct.pack(order + "I", len(block))
    return block[:4] + start + block[8:] + pack_directory(order, kept, len(block))


def _put_number(
    block: bytearray, order: ByteOrder, directory: Directory, tag: int, value: int
) -> None:
    """Overwrite a single SHORT or LONG that is there."""
    if directory.number(order, tag) is None:
        return
    entry = directory.entries[tag]
    kind = SHORT if entry.type == SHORT and value < 1 << 16 else LONG
    packed = struct.pack(order + ("H" if kind == SHORT else "I"), value).ljust(4, b"\0")
    struct.pack_into(order + "HHI4s", block, entry.at, tag, kind, 1, packed)


def _thumbnail_ranges(block: Buffer, order: ByteOrder) -> list[tuple[int, int]]:
    """Where the thumbnail's data stand: (start, end) of each piece, inside the block."""
    main = first_directory(block, order)
    small = read_directory(block, order, main.next)
    ranges: list[tuple[int, int]] = []
    for starts, sizes in ((_THUMBNAIL_AT, _THUMBNAIL_SIZE), (STRIP_OFFSETS, STRIP_BYTE_COUNTS)):
        one, other = small.entries.get(starts), small.entries.get(sizes)
        if one is None or other is None:
            continue
        for start, size in zip(_integers(order, one), _integers(order, other), strict=False):
            if 8 <= start < len(block) and size > 0:
                ranges.append((start, min(start + size, len(block))))
    return ranges


def _integers(order: ByteOrder, entry: Entry) -> list[int]:
    code = {SHORT: "H", LONG: "I"}.get(entry.type)
    return list(struct.unpack(f"{order}{entry.count}{code}", entry.value)) if code else []


def _wipe_thumbnail(block: bytearray, order: ByteOrder) -> None:
    """Cut the thumbnail off where it ends the block, overwrite it with zeros elsewhere."""
    main = first_directory(block, order)
    small = read_directory(block, order, main.next)
    ranges = sorted(_thumbnail_ranges(block, order), reverse=True)
    exif, gps = (
        read_directory(block, order, main.number(order, tag) or 0) for tag in (_EXIF_IFD, _GPS_IFD)
    )
    in_use = []
    for part in (main, small, exif, gps):
        in_use.append((part.at, part.at + 2 + 12 * len(part.entries) + 4))
        in_use += [(e.value_at, e.value_at + len(e.value)) for e in part.entries.values()]
    for start, end in ranges:
        if any(start < stop and begin < end for begin, stop in in_use):
            continue  # a damaged block: the "thumbnail" lies across the directories
        if end >= len(block) - 1:  # one byte of padding
            del block[start:]
        else:
            block[start:end] = bytes(end - start)
    # The old directory goes too where nothing but its own values stands behind it.
    own = 2 + 12 * len(small.entries) + 4
    outside = [e for e in small.entries.values() if len(e.value) > 4]
    own += sum(len(e.value) + len(e.value) % 2 for e in outside)
    together = small.next_at and all(e.value_at > small.at for e in outside)
    if together and len(block) - small.at in (own - 1, own, own + 1):
        del block[small.at :]


def _thumbnail_directory(order: ByteOrder, thumbnail: bytes, at: int) -> bytes:
    """IFD1 at address ``at``, for a JPEG that comes right after it."""

    def directory(start: int) -> bytes:
        return pack_directory(
            order,
            [
                numbers(order, COMPRESSION, SHORT, 6),  # JPEG
                numbers(order, X_RESOLUTION, RATIONAL, 72, 1),
                numbers(order, Y_RESOLUTION, RATIONAL, 72, 1),
                numbers(order, RESOLUTION_UNIT, SHORT, 2),
                numbers(order, _THUMBNAIL_AT, LONG, start),
                numbers(order, _THUMBNAIL_SIZE, LONG, len(thumbnail)),
            ],
            at,
        )

    return directory(at + len(directory(0)))
