"""Files for other programs."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from psd_tools import PSDImage
from psd_tools.constants import Resource

from engine.errors import OutputFileError
from engine.imageio import Photo, read_photo
from engine.requests import SamplingSettings
from hs_desktop.document import commands as c
from hs_desktop.document.document import Document
from hs_desktop.document.errors import ProjectError
from hs_desktop.document.events import Side
from hs_desktop.document.export import export, flattened
from hs_desktop.document.layers import PhotoLayer, PictureLayer
from hs_desktop.document.variation import Variation
from tests.hs_desktop.document.projects import (
    find,
    full_document,
    photo,
    picture,
    result_on,
    variation,
)

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"


def project(bits: int) -> Document:
    """Body, a hidden and a visible variation, a picture half to be seen."""
    document = Document()
    base = photo((60, 40), 2, bits, icc=SRGB, exif=EXIF, dpi=(300.0, 300.0))
    document.do(c.add_layer(Side.HEAD, PhotoLayer(name="Photo", photo=photo((50, 70), 1, bits))))
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="몸", photo=base)))
    document.do(c.add_layer(Side.RESULT, variation(base, "first")))
    document.do(c.add_layer(Side.RESULT, variation(base, "second", 6)))
    document.do(c.add_layer(Side.RESULT, picture(bits=bits)))
    document.do(c.apply_variation(document.result.layers[1].id))
    document.do(c.change_layer(document.result.layers[2].id, opacity=0.4))
    return document


def composited(canvas: np.ndarray, rgba: np.ndarray, at: tuple[int, int], opacity: float) -> None:
    """A layer over ``canvas`` (float RGB), as every program does it."""
    x, y = at
    height, width = rgba.shape[:2]
    rows = slice(max(0, y), min(canvas.shape[0], y + height))
    columns = slice(max(0, x), min(canvas.shape[1], x + width))
    part = rgba[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    alpha = part[..., 3:] * opacity
    canvas[rows, columns] = part[..., :3] * alpha + canvas[rows, columns] * (1 - alpha)


# --- flat --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_flat_without_loss(tmp_path: Path, bits: int, suffix: str) -> None:
    document = project(bits)
    export(document.state, tmp_path / f"a.{suffix}")
    read = read_photo(tmp_path / f"a.{suffix}")
    shown = document.photo(Side.RESULT)
    assert shown is not None
    np.testing.assert_array_equal(read.pixels, shown.pixels)
    assert read.icc == SRGB
    assert read.exif is not None


@pytest.mark.parametrize("suffix", ["jpg", "webp", "jpeg"])
def test_flat_with_loss(tmp_path: Path, suffix: str) -> None:
    document = project(8)
    export(document.state, tmp_path / f"a.{suffix}")
    read = read_photo(tmp_path / f"a.{suffix}")
    assert (read.size, read.icc) == ((60, 40), SRGB)


def test_before_there_is_a_result(tmp_path: Path) -> None:
    document = Document()
    with pytest.raises(ProjectError, match="no picture"):
        export(document.state, tmp_path / "a.png")
    head, body = photo(), photo(seed=4)
    document.do(c.add_layer(Side.HEAD, PhotoLayer(name="Photo", photo=head)))
    assert flattened(document.state) is head
    export(document.state, tmp_path / "head.psd")
    assert [layer.name for layer in PSDImage.open(tmp_path / "head.psd")] == ["Photo"]
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=body)))
    assert flattened(document.state) is body


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "psd", "ora"])
def test_what_a_model_has_made_is_said_to_be(tmp_path: Path, suffix: str) -> None:
    document, path = project(8), tmp_path / f"a.{suffix}"
    export(document.state, path)
    said = path.read_bytes()
    assert b"compositeWithTrainedAlgorithmicMedia" in said
    assert b"tiny 1.0" in said  # what made the variation that is to be seen
    export(document.state, path, provenance=False)
    assert b"compositeWithTrainedAlgorithmicMedia" not in path.read_bytes()
    # Where nothing generated is to be seen there is nothing to be said.
    document.do(c.change_layer(document.result.layers[1].id, visible=False))
    export(document.state, path)
    assert b"compositeWithTrainedAlgorithmicMedia" not in path.read_bytes()


@pytest.mark.parametrize("name", ["a", "a.bmp", "a.psb"])
def test_unknown_suffixes(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputFileError, match="has to end with one of png, jpg"):
        export(project(8).state, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["ora", "psd", "png"])
def test_places_that_cannot_be_written(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputFileError, match="can't be written"):
        export(project(8).state, tmp_path / "nowhere" / f"a.{suffix}")


# --- OpenRaster --------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
def test_openraster_layers_make_the_picture(tmp_path: Path, bits: int) -> None:
    document = project(bits)
    path = tmp_path / "a.ora"
    export(document.state, path)
    flat = flattened(document.state)
    top = float(2**bits - 1)
    with zipfile.ZipFile(path) as archive:
        image = ElementTree.fromstring(archive.read("stack.xml"))

        def pixels(src: str) -> np.ndarray:
            data = np.frombuffer(archive.read(src), np.uint8)
            decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
            assert decoded is not None
            assert decoded.itemsize * 8 == bits
            rgba = cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA if decoded.shape[2] == 4
                                else cv2.COLOR_BGR2RGBA)  # fmt: skip
            return np.asarray(rgba) / top

        root = image.find("stack")
        assert root is not None
        assert [child.get("name") for child in root] == ["Picture", "second", "first", "몸"]
        assert [child.get("visibility") for child in root] == [
            "visible", "visible", "hidden", "visible",
        ]  # fmt: skip
        assert [child.get("name") for child in root[1]] == ["Generated", "Head"]
        canvas = np.zeros((*flat.pixels.shape[:2], 3))
        flat_list = [(layer, 1.0) for layer in root if layer.tag == "layer"]
        order: list[tuple[Any, float]] = []
        for child in reversed(root):
            if child.get("visibility") == "visible":
                group = [child] if child.tag == "layer" else list(reversed(child))
                order += [(layer, float(layer.get("opacity") or 1)) for layer in group]
        assert len(flat_list) == 2
        for layer, opacity in order:
            at = int(layer.get("x")), int(layer.get("y"))
            composited(canvas, pixels(layer.get("src")), at, opacity)
        np.testing.assert_allclose(canvas * top, flat.pixels, atol=1)
        untouched = np.ones(canvas.shape[:2], bool)
        untouched[5:15, :17] = False  # where the half-transparent picture lies
        np.testing.assert_array_equal(np.rint(canvas * top)[untouched], flat.pixels[untouched])
        for layer in image.iter("layer"):
            with Image.open(BytesIO(archive.read(str(layer.get("src"))))) as opened:
                assert opened.info["icc_profile"] == SRGB


# --- PSD ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
def test_psd_is_read_back(tmp_path: Path, bits: int) -> None:
    document = project(bits)
    path = tmp_path / "a.psd"
    export(document.state, path)
    psd = PSDImage.open(path)
    flat = flattened(document.state)
    assert (psd.size, psd.depth, psd.version) == ((60, 40), bits, 1)
    top = 2**bits - 1
    np.testing.assert_array_equal(np.rint(psd.numpy() * top), flat.pixels)
    assert psd.image_resources.get_data(Resource.ICC_PROFILE) == SRGB
    assert psd.image_resources.get_data(Resource.EXIF_DATA_1)[:2] == b"II"
    assert [layer.name for layer in psd] == ["몸", "first", "second", "Picture"]
    assert [layer.visible for layer in psd] == [True, False, True, True]
    assert [layer.kind for layer in psd] == ["pixel", "group", "group", "pixel"]
    over = psd[3]
    assert over.opacity == round(0.4 * 255)
    assert over.offset == (-3, 5)
    own = find(document, Side.RESULT, PictureLayer).pixels.pixels
    np.testing.assert_array_equal(np.rint(over.numpy() * top), own)
    made = find(document, Side.RESULT, Variation)
    group: Any = psd[2]
    assert [layer.name for layer in group] == ["Head", "Generated"]
    canvas = np.rint(psd[0].numpy("color") * top)
    whole = made.photo().pixels
    for layer in group:
        assert layer.mask is not None
        x0, y0, x1, y1 = layer.bbox
        assert layer.mask.bbox == layer.bbox
        np.testing.assert_array_equal(np.rint(layer.numpy("color") * top), whole[y0:y1, x0:x1])
        mask = layer.numpy("mask")[..., 0]
        assert set(np.unique(mask)) <= {0, 1}
        canvas[y0:y1, x0:x1][mask == 1] = whole[y0:y1, x0:x1][mask == 1]
    np.testing.assert_array_equal(canvas, whole)
    generated = group[1].numpy("mask")[..., 0]
    assert generated.sum() == (made.region_mask() > 0).sum()


@pytest.mark.parametrize("suffix", ["psd", "ora"])
@pytest.mark.parametrize("bits", [8, 16])
def test_what_was_toned_lies_over_the_photo_as_it_was(
    tmp_path: Path, suffix: str, bits: int
) -> None:
    """Skin far from the head that took on another tone: of the result, not of the body's layer."""
    base, document = photo((60, 40), 2, bits), Document()
    made = result_on(base)
    assert made.photo is not None
    assert made.region is not None
    toned, region, hands = made.photo.pixels.copy(), made.region.copy(), np.s_[30:38, 40:58]
    toned[hands] //= 2
    region[hands] = 1
    made = replace(made, photo=base.with_pixels(toned), region=region)
    layer = Variation.of_result("toned", made, SamplingSettings(), base)
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=base)))
    document.do(c.add_layer(Side.RESULT, layer))
    np.testing.assert_array_equal(flattened(document.state).pixels, toned)
    path = tmp_path / f"a.{suffix}"
    export(document.state, path)
    top = 2**bits - 1
    if suffix == "psd":
        psd = PSDImage.open(path)
        group: Any = psd[1]
        np.testing.assert_array_equal(np.rint(psd.numpy() * top), toned)
        below = np.rint(psd[0].numpy("color") * top)
        over = [
            (np.dstack([np.rint(part.numpy("color") * top), part.numpy("mask")]), part.offset)
            for part in group
        ]
    else:
        with zipfile.ZipFile(path) as archive:
            stack = ElementTree.fromstring(archive.read("stack.xml")).find("stack")
            assert stack is not None

            def pixels(src: str | None) -> np.ndarray:
                data = np.frombuffer(archive.read(str(src)), np.uint8)
                decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
                assert decoded is not None
                rgba = decoded.astype(float)[..., [2, 1, 0, 3][: decoded.shape[2]]]
                rgba[..., 3:] /= top
                return rgba

            below = pixels(stack[1].get("src"))
            over = [
                (pixels(part.get("src")), (int(part.get("x") or 0), int(part.get("y") or 0)))
                for part in reversed(stack[0])
            ]
    np.testing.assert_array_equal(below, base.pixels)
    canvas = below.astype(float)
    for rgba, at in over:
        composited(canvas, rgba, at, 1)
    np.testing.assert_array_equal(np.rint(canvas), toned)


def test_psd_with_odd_names(tmp_path: Path) -> None:
    document = Document()
    for name in ("x" * 300, "\ud800", "머리 \U0001f600"):
        document.do(c.add_layer(Side.BODY, PhotoLayer(name=name, photo=photo())))
    export(document.state, tmp_path / "a.psd")
    names = [layer.name for layer in PSDImage.open(tmp_path / "a.psd")]
    assert names == ["x" * 300, "?", "머리 \U0001f600"]


def test_a_picture_wider_than_psd_becomes_a_psb(tmp_path: Path) -> None:
    document = Document()
    wide = Photo(np.zeros((16, 30_001, 3), np.uint8))
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=wide)))
    export(document.state, tmp_path / "a.psd")
    psd = PSDImage.open(tmp_path / "a.psd")
    assert (psd.version, psd.size) == (2, (30_001, 16))
    too_wide = Photo(np.zeros((1, 300_001, 3), np.uint8))
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=too_wide), 0))
    with pytest.raises(OutputFileError, match="300001 x 1 pixels are more than PSD can hold"):
        export(document.state, tmp_path / "b.psd")
    assert [p.name for p in tmp_path.iterdir()] == ["a.psd"]


def test_everything_a_document_may_hold_can_be_exported(tmp_path: Path) -> None:
    for bits in (8, 16):
        document = full_document(bits)
        for suffix in ("png", "tif", "jpg", "webp", "ora", "psd"):
            export(document.state, tmp_path / f"{bits}.{suffix}")
            assert (tmp_path / f"{bits}.{suffix}").stat().st_size > 1000
