"""A photo from its file through a project to an exported file: what wasn't edited is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from engine.imageio import Photo, read_photo, write_photo
from hs_desktop.document import commands as c
from hs_desktop.document import hsd
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.export import export
from hs_desktop.document.layers import LayoutLayer, PhotoLayer
from tests.engine.pictures import exif_block
from tests.engine.profiles import matrix_profile
from tests.hs_desktop.document.projects import layout, photo, variation

ICC = matrix_profile()
STORAGE = {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 700, 34665, 34675}
EXIF_IFD = 0x8769


def exif_of(path: Path) -> dict[Any, Any]:
    """All that isn't about how the pixels are stored."""
    with Image.open(path) as image:
        exif = image.getexif()
        first = {tag: value for tag, value in exif.items() if tag not in STORAGE}
        return {**first, **{("exif", tag): v for tag, v in exif.get_ifd(EXIF_IFD).items()}}


@pytest.mark.parametrize("suffix", ["tif", "png"])
@pytest.mark.parametrize("bits", [8, 16])
def test_through_a_project(tmp_path: Path, suffix: str, bits: int) -> None:
    original = tmp_path / f"camera.{suffix}"
    made = photo(
        (60, 40),
        2,
        bits,
        icc=ICC,
        exif=exif_block(maker_note=b"Camera 1", size=(60, 40)),
        dpi=(300.0, 300.0),
    )
    write_photo(made, original)
    opened = read_photo(original)
    assert opened.exif

    document = Document()
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=opened)))
    document.do(c.add_layer(Side.BODY, LayoutLayer.of("Layout", layout())))
    hsd.save(document, tmp_path / "job.hsd")
    document = hsd.load(tmp_path / "job.hsd")
    out = tmp_path / f"out.{suffix}"
    export(document.state, out)
    untouched = read_photo(out)
    np.testing.assert_array_equal(untouched.pixels, made.pixels)
    assert untouched.pixels.dtype == made.pixels.dtype
    assert (untouched.icc, untouched.dpi) == (ICC, opened.dpi)
    assert exif_of(out) == exif_of(original)
    write_photo(untouched, tmp_path / f"again.{suffix}")
    assert (tmp_path / f"again.{suffix}").read_bytes() == out.read_bytes()  # nothing piles up

    result = variation(opened)
    document.do(c.add_layer(Side.RESULT, result))
    export(document.state, out)
    changed, same = read_photo(out), np.ones((40, 60), bool)
    same[result.patch.rect.slices] = False
    assert changed.pixels.dtype == opened.pixels.dtype
    np.testing.assert_array_equal(changed.pixels[same], opened.pixels[same])
    assert (changed.pixels != opened.pixels).any()
    assert changed.icc == opened.icc == ICC
    assert changed.dpi == opened.dpi
    assert exif_of(out) == exif_of(original) != {}


def test_other_programs_read_the_same(tmp_path: Path) -> None:
    """A 16-bit TIFF, as tifffile and Pillow see it."""
    import tifffile

    made = Photo(
        photo((60, 40), 2, 16).pixels,
        ICC,
        exif_block(maker_note=b"Camera 1", size=(60, 40)),
        dpi=(240.0, 240.0),
    )
    document = Document()
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=made)))
    export(document.state, tmp_path / "out.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), made.pixels)
    with Image.open(tmp_path / "out.tif") as image:
        assert image.info["icc_profile"] == ICC
        assert isinstance(image.getexif()[282], IFDRational)
