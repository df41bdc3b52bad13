"""Project files: nothing is lost, and other programs can open them."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from engine.imageio import Photo, read_layout
from engine.requests import FIT_PARTS, Fit, HeadTransform, SamplingSettings
from engine.sentences import Sentence
from hs_desktop.document import commands as c
from hs_desktop.document import hsd
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.layers import (
    LayoutLayer,
    MaskLayer,
    MaskRole,
    PhotoLayer,
)
from hs_desktop.document.planes import Plane
from hs_desktop.document.settings import SwapSettings
from hs_desktop.document.state import ProjectState
from hs_desktop.document.variation import Variation
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import (
    facts,
    find,
    full_document,
    layout,
    photo,
    picture,
    variation,
)

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(document: Document, folder: Path) -> Path:
    path = folder / "a.hsd"
    hsd.save(document, path)
    return path


# --- nothing is lost ---------------------------------------------------------------------------


@st.composite
def said(draw: st.DrawFn) -> str:
    """The user's own words, or a sentence of the program's."""
    text, kind = draw(st.text(min_size=1, max_size=12)), draw(st.integers(0, 2))
    if kind == 0:
        return text
    what = text if kind == 1 else Sentence("No. {n}", n=draw(st.integers()))
    return Sentence("{what} ({count:.1f})", what=what, count=draw(st.floats()))


NUMBERS = st.floats(-1e6, 1e6)
SIZES = st.tuples(st.integers(30, 45), st.integers(25, 40))
BITS = st.sampled_from([8, 16])


FITS = st.none() | st.builds(
    lambda parts, advice: Fit(dict(zip(FIT_PARTS, parts, strict=True)), tuple(advice)),
    st.tuples(*[st.floats(0, 1)] * len(FIT_PARTS)),
    st.lists(said(), max_size=2),
)


@st.composite
def photos(draw: st.DrawFn) -> Photo:
    return photo(
        draw(SIZES),
        draw(st.integers(0, 5)),
        draw(BITS),
        icc=draw(st.sampled_from([None, SRGB])),
        exif=draw(st.none() | st.binary(min_size=1, max_size=40)),
        xmp=draw(st.none() | st.binary(min_size=1, max_size=40)),
        dpi=draw(st.none() | st.tuples(st.floats(1, 1000), st.floats(1, 1000))),
        format=draw(st.sampled_from(["", "JPEG"])),
    )


@st.composite
def layers(draw: st.DrawFn) -> Any:
    common: dict[str, Any] = {
        "name": draw(said()),
        "visible": draw(st.booleans()),
        "opacity": draw(st.floats(0, 1)),
        "locked": draw(st.booleans()),
    }
    kind = draw(st.sampled_from(["photo", "layout", "mask", "picture", "variation"]))
    size, seed = draw(SIZES), draw(st.integers(0, 5))
    if kind == "photo":
        return PhotoLayer(**common, photo=draw(photos()))
    if kind == "layout":
        return LayoutLayer(
            **common,
            ids=Plane(layout(size, seed)),
            parsed=Plane(layout(size, seed + 1)),
            transform=HeadTransform((seed, -1.5), 1.2, 3, flip=True),
        )
    if kind == "mask":
        levels = np.random.default_rng(seed).integers(0, 256, (3, *size), np.uint8)
        role = draw(st.sampled_from(MaskRole))
        a, b, d = (Plane(level) for level in levels)
        return MaskLayer(**common, role=role, automatic=a, add=b, subtract=d)
    if kind == "picture":
        made = picture(size, draw(BITS), seed)
        position = draw(st.tuples(st.integers(-99, 99), st.integers(-99, 99)))
        icc = draw(st.sampled_from([None, SRGB]))
        return replace(made, **common, position=position, icc=icc)
    return replace(
        variation(draw(photos())),
        **common,
        sampling=SamplingSettings(draw(st.integers(0, 2**63 - 1)), 1.5, 4, 0.25),
        starred=draw(st.booleans()),
        notes=tuple(draw(st.lists(said(), max_size=2))),
        fit=draw(FITS),
        milliseconds=draw(st.dictionaries(st.text(max_size=5), NUMBERS, max_size=2)),
    )


@st.composite
def projects(draw: st.DrawFn) -> ProjectState:
    document = Document()
    for layer in draw(st.lists(layers(), max_size=5)):
        document.do(c.add_layer(draw(st.sampled_from(Side)), layer))
    for side in Side:
        stack = document.state.stack(side)
        if len(stack) and draw(st.booleans()):
            document.do(c.show_alone(stack.layers[0].id))
    return replace(
        document.state,
        head_at=draw(st.none() | st.tuples(NUMBERS, NUMBERS)),
        body_at=draw(st.none() | st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS)),
        transform=HeadTransform(draw(st.tuples(NUMBERS, NUMBERS)), 1.5, draw(NUMBERS), True),
        settings=SwapSettings(
            SamplingSettings(draw(st.integers(0, 2**63 - 1)), draw(st.floats(0, 20)), 7, 0.5),
            draw(st.booleans()),
            draw(st.none() | st.floats(0, 1e6)),
            draw(st.integers(1, 9)),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(st.booleans()),
        ),
    )


@settings(max_examples=30)
@given(state=projects())
def test_loading_a_project_is_lossless(
    state: ProjectState, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("hsd") / "a.hsd"
    hsd.write_project(state, path)
    loaded = hsd.read_project(path)
    assert facts(loaded) == facts(state)
    first = path.read_bytes()
    hsd.write_project(loaded, path)  # over itself: payloads are taken over
    assert path.read_bytes() == first
    again = path.with_name("b.hsd")
    hsd.write_project(loaded, again)
    assert again.read_bytes() == first


def test_saved_and_loaded_documents_are_unmodified(tmp_path: Path) -> None:
    document = full_document()
    assert document.is_modified
    path = saved(document, tmp_path)
    assert (document.is_modified, document.path) == (False, path)
    loaded = hsd.load(path)
    assert (loaded.is_modified, loaded.path, loaded.history.names) == (False, path, ())
    assert not list(tmp_path.glob(".*"))


def test_an_open_stroke_is_saved(tmp_path: Path) -> None:
    document = full_document()
    own = find(document, Side.RESULT, LayoutLayer)
    stroke = document.stroke(own.id, "Brush")
    with stroke.edit("ids", Rect(0, 0, 9, 9)) as pixels:
        pixels[...] = 1
    path = saved(document, tmp_path)
    assert facts(hsd.load(path).state) == facts(document.state)
    assert not document.is_modified


def test_shared_photos_stay_shared(tmp_path: Path) -> None:
    loaded = hsd.load(saved(full_document(), tmp_path))
    body = find(loaded, Side.BODY, PhotoLayer).photo
    assert find(loaded, Side.RESULT, Variation).base is body


def test_of_a_photos_path_only_the_name_is_kept(tmp_path: Path) -> None:
    document = Document()
    layer = PhotoLayer(name="Photo", photo=photo(path=tmp_path / "secret" / "me.jpg"))
    document.do(c.add_layer(Side.HEAD, layer))
    path = saved(document, tmp_path)
    assert find(hsd.load(path), Side.HEAD, PhotoLayer).photo.path == Path("me.jpg")
    with zipfile.ZipFile(path) as archive:
        assert not any(b"secret" in archive.read(name) for name in archive.namelist())


# --- OpenRaster --------------------------------------------------------------------------------


def test_it_is_an_openraster_file(tmp_path: Path) -> None:
    document = full_document(16)
    path = saved(document, tmp_path)
    assert path.read_bytes()[30:54] == b"mimetypeimage/openraster"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        members = archive.infolist()
        assert (members[0].filename, members[0].compress_type) == ("mimetype", 0)
        image = ElementTree.fromstring(archive.read("stack.xml"))
        assert (image.tag, image.get("w"), image.get("h")) == ("image", "60", "40")
        groups = [group.get("name") for group in image.findall("./stack/stack")]
        assert groups == ["Result", "Body", "Head"]
        assert image.findall("./stack/stack")[2].get("visibility") == "hidden"
        result = [layer.get("name") for layer in image.findall("./stack/stack[1]/layer")]
        assert result == ["Picture", "Variation", "Layout"]  # the topmost first
        for layer in image.iter("layer"):
            with Image.open(BytesIO(archive.read(str(layer.get("src"))))) as opened:
                opened.load()
                assert opened.format == "PNG"
        over = image.find("./stack/stack[1]/layer")
        assert over is not None
        assert (over.get("x"), over.get("y"), over.get("opacity")) == ("-3", "5", "1.0")
        shown = document.photo(Side.RESULT)
        assert shown is not None
        with Image.open(BytesIO(archive.read("mergedimage.png"))) as merged:
            np.testing.assert_allclose(np.asarray(merged), shown.pixels / 257, atol=0.51)
        with Image.open(BytesIO(archive.read("Thumbnails/thumbnail.png"))) as small:
            assert max(small.size) <= 256
        layouts = [layer for layer in image.iter("layer") if layer.get("name") == "Layout"]
        assert {layer.get("visibility") for layer in layouts} == {"hidden"}
        kept = tmp_path / "layout.png"
        kept.write_bytes(archive.read(str(layouts[0].get("src"))))
    ids = find(document, Side.RESULT, LayoutLayer).ids.pixels
    np.testing.assert_array_equal(read_layout(kept), ids)


def test_an_empty_project(tmp_path: Path) -> None:
    path = saved(Document(), tmp_path)
    assert facts(hsd.load(path).state) == facts(ProjectState())


def test_odd_names_reach_other_programs(tmp_path: Path) -> None:
    document = Document()
    for name in ("\x00\x07", "\ud800", '<&">', "머리"):
        document.do(c.add_layer(Side.HEAD, PhotoLayer(name=name, photo=photo())))
    path = saved(document, tmp_path)
    assert facts(hsd.load(path).state) == facts(document.state)
    with zipfile.ZipFile(path) as archive:
        image = ElementTree.fromstring(archive.read("stack.xml"))
    shown = [layer.get("name") for layer in image.iter("layer")]
    assert shown == ["머리", '<&">', "\ufffd", "\ufffd\ufffd"]
