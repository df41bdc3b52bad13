"""XMP: what is said of a picture's origin, beside what its photo said already."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine import exif, xmp
from engine.imageio import Photo, read_photo, write_photo
from engine.provenance import COMPOSITE, IPTC_EXTENSION, OWN, Provenance
from engine.requests import Result, SamplingSettings
from tests.engine import profiles
from tests.engine.pictures import encoded, exif_block, in_tmp, noise, png_chunks, smooth

SUFFIXES = ("png", "jpg", "tif", "webp")
SAID = Provenance("HS Desktop 9.8", "compact 1.0", 7, SamplingSettings(3, 2.5, 12, 0.25))
DC, TIFF, EXIF = (
    f"http://{name}/"
    for name in ("purl.org/dc/elements/1.1", "ns.adobe.com/tiff/1.0", "ns.adobe.com/exif/1.0")
)
PHOTOS = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="camera &amp; co">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="uuid:1" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5" tiff:Orientation="6"'
    ' xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="ABC">'
    "<exif:PixelXDimension>4000</exif:PixelXDimension>"
    "<exif:PixelYDimension>3000</exif:PixelYDimension>"
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Größe &lt; 한</rdf:li></rdf:Alt></dc:title>'
    "<xmp:Thumbnails><rdf:Alt><rdf:li>c21hbGw=</rdf:li></rdf:Alt></xmp:Thumbnails>"
    f'<e:DigitalSourceType xmlns:e="{IPTC_EXTENSION}">digitalCapture</e:DigitalSourceType>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>" + " " * 50 + '<?xpacket end="w"?>'
).encode()


def values(packet: bytes) -> dict[str, list[str]]:
    """Simple properties of a packet, as ``{namespace}name``, by another parser."""
    root = ElementTree.fromstring(packet)
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{{{xmp.RDF}}}Description"):
        for name, value in description.attrib.items():
            found.setdefault(name, []).append(value)
        for child in description:
            found.setdefault(child.tag, []).append("".join(child.itertext()))
    return found


def packet_in(path: Path) -> bytes:
    """By the formats' rules, not by the reader under test."""
    data = path.read_bytes()
    if path.suffix == ".png":
        (chunk,) = [d for name, d in png_chunks(data) if name == b"iTXt"]
        assert chunk.startswith(b"XML:com.adobe.xmp\0\0\0\0\0")
        return chunk[22:]
    if path.suffix == ".jpg":
        at = data.index(b"http://ns.adobe.com/xap/1.0/\0")
        marker, size = struct.unpack(">HH", data[at - 4 : at])
        assert marker == 0xFFE1
        return data[at + 29 : at - 2 + size]
    if path.suffix == ".webp":
        at = data.index(b"XMP ")
        (size,) = struct.unpack("<I", data[at + 4 : at + 8])
        return data[at + 8 : at + 8 + size]
    with tifffile.TiffFile(path) as file:
        packet: bytes = file.pages[0].tags[700].value
        return packet


def assert_said(packet: bytes) -> None:
    found = values(packet)
    assert found[f"{{{IPTC_EXTENSION}}}DigitalSourceType"] == [COMPOSITE]
    own = {name.removeprefix(f"{{{OWN}}}"): v for name, v in found.items() if OWN in name}
    assert own == {
        "Program": ["HS Desktop 9.8"], "ModelPack": ["compact 1.0"], "Seed": ["7"],
        "Guidance": ["2.5"], "Steps": ["12"], "Strength": ["0.25"],
    }  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("former", [None, PHOTOS])
def test_every_format_says_where_it_comes_from(
    suffix: str, former: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{suffix}"
    photo = Photo(smooth(60, 90), profiles.matrix_profile(), exif_block("<", 6), xmp=former)
    write_photo(photo, path, SAID)
    packet = packet_in(path)
    assert_said(packet)
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert packet.endswith(b'<?xpacket end="w"?>')
    assert read_photo(path).xmp == packet
    found = values(packet)
    if former is not None:
        assert found[f"{{{DC}}}title"] == ["Größe < 한"]
        assert found["{http://ns.adobe.com/xap/1.0/}Rating"] == ["5"]
        assert set(found[f"{{{xmp.RDF}}}about"]) == {"uuid:1"}
        # What isn't true of the new pixels.
        assert found[f"{{{TIFF}}}Orientation"] == ["1"]
        assert found[f"{{{EXIF}}}PixelXDimension"] == ["90"]
        assert found[f"{{{EXIF}}}PixelYDimension"] == ["60"]
        assert not any("Thumbnails" in name or "Extended" in name for name in found)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_else_of_the_file_changes(suffix: str, tmp_path: Path) -> None:
    """Pixels, profile and EXIF are those of a file written without."""
    one, other = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    thumbnail = encoded(Image.fromarray(noise(120, 160, 3)), "JPEG")
    block = exif_block(">", 3, (90, 60), thumbnail, b"maker")
    photo = Photo(noise(60, 90, 3), profiles.matrix_profile(), block, dpi=(300, 300))
    write_photo(photo, one)
    write_photo(photo, other, SAID)
    a, b = read_photo(one), read_photo(other)
    np.testing.assert_array_equal(a.pixels, b.pixels)
    assert (a.icc, a.dpi) == (b.icc, b.dpi)
    if suffix != "tif":
        assert a.exif == b.exif
    else:  # the same values, at other addresses
        assert a.exif is not None
        assert b.exif is not None
        entries = (
            {tag: e.value for tag, e in exif.first_directory(x, ">").entries.items()}
            for x in (a.exif, b.exif)
        )
        first, second = entries
        assert first.keys() == second.keys()
        assert first[0x10F] == second[0x10F]
    assert a.xmp is None
    assert b"xpacket" not in one.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_photos_own_xmp_stays_without_any_word_of_ours(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_photo(Photo(smooth(60, 90), xmp=PHOTOS), path)
    found = values(packet_in(path))
    assert found["{http://ns.adobe.com/xap/1.0/}Rating"] == ["5"]
    assert found[f"{{{TIFF}}}Orientation"] == ["1"]
    assert found[f"{{{IPTC_EXTENSION}}}DigitalSourceType"] == ["digitalCapture"]
    assert not any(OWN in name for name in found)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_said_once_however_often_it_is_edited(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_photo(Photo(smooth(60, 90), xmp=PHOTOS), path, replace(SAID, seed=99, pack="other"))
    write_photo(read_photo(path), path, SAID)
    assert_said(packet_in(path))
    write_photo(read_photo(path), path, Provenance("HS Desktop 9.9"))
    found = values(packet_in(path))
    assert [name for name in found if OWN in name] == [f"{{{OWN}}}Program"]


@pytest.mark.parametrize(
    "former",
    [
        b"", b"<x", b"no xml", b"<a/>", b"\xff\xfe<\0", PHOTOS[:200], PHOTOS.replace(b"UTF", b""),
        PHOTOS.decode().encode("utf-16"),
        b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 999 + b'">]>' + PHOTOS,
        b"<a>" * 5000 + b"</a>" * 5000,
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>',
    ],
    ids=range(11),
)  # fmt: skip
def test_whatever_the_photo_says_ours_is_said(former: bytes, tmp_path: Path) -> None:
    write_photo(Photo(smooth(60, 90), xmp=former), tmp_path / "a.jpg", SAID)
    assert_said(packet_in(tmp_path / "a.jpg"))
    write_photo(Photo(smooth(60, 90), xmp=former), tmp_path / "b.jpg")
    assert read_photo(tmp_path / "b.jpg").size == (90, 60)


@in_tmp
@given(former=st.binary(max_size=300) | st.text(max_size=100).map(
    lambda t: PHOTOS.replace(b"camera &amp; co", t.encode("utf-8", "replace"))))  # fmt: skip
def test_any_packet_can_be_added_to(former: bytes) -> None:
    packet = SAID.packet(former, (90, 60))
    assert_said(packet)
    assert SAID.packet(packet, (90, 60)) == packet


def test_too_much_for_a_jpeg_leaves_room_for_ours(tmp_path: Path) -> None:
    long = PHOTOS.replace(b"c21hbGw=", b"").replace("한".encode(), "한".encode() * 30_000)
    write_photo(Photo(smooth(60, 90), xmp=long), tmp_path / "a.jpg", SAID)
    packet = packet_in(tmp_path / "a.jpg")
    assert_said(packet)
    assert f"{{{DC}}}title" not in values(packet)
    write_photo(Photo(smooth(60, 90), xmp=long), tmp_path / "b.jpg")
    assert read_photo(tmp_path / "b.jpg").xmp is None
    write_photo(Photo(smooth(60, 90), xmp=long), tmp_path / "a.png", SAID)  # which has no limit
    assert values(packet_in(tmp_path / "a.png"))[f"{{{DC}}}title"] == ["Größe < " + "한" * 30_000]


def test_other_writers_packets_are_read(tmp_path: Path) -> None:
    image = Image.fromarray(smooth(60, 90))
    for kind, name in (("JPEG", "a.jpg"), ("WEBP", "a.webp")):
        file = io.BytesIO()
        image.save(file, kind, xmp=PHOTOS)
        (tmp_path / name).write_bytes(file.getvalue())
        assert read_photo(tmp_path / name).xmp == PHOTOS
    tifffile.imwrite(tmp_path / "a.tif", smooth(60, 90), photometric="rgb",
                     extratags=[(700, "B", len(PHOTOS), PHOTOS)])  # fmt: skip
    assert read_photo(tmp_path / "a.tif").xmp == PHOTOS


def test_of_a_result() -> None:
    nothing = np.zeros((2, 2), np.uint8)
    result = Result(None, nothing, None, 7, {}, pack="compact 1.0")
    assert Provenance.of(result, SAID.sampling or SamplingSettings(), "HS Desktop 9.8") == SAID
    pale = Provenance("HS Desktop 9.8").properties
    assert [p.name for p in pale] == ["DigitalSourceType", "Program"]
