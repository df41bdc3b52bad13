"""What is asked of the engine, and what is to be seen."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import RequestError
from engine.labels import IGNORE, SemanticClass, palette
from engine.requests import HeadTransform, SamplingSettings
from hs_desktop.document import commands as c
from hs_desktop.document.document import Document
from hs_desktop.document.events import Side
from hs_desktop.document.export import provenance_of
from hs_desktop.document.layers import LayoutLayer, MaskLayer, PhotoLayer, PictureLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.variation import Variation
from hs_desktop.made import ParsedLayers
from hs_desktop.rects import Rect
from hs_desktop.results import set_parsed
from tests.hs_desktop.document.projects import find, full_document, layout, photo, variation


def edit(document: Document, layer_id: str, plane: str, rect: Rect, value: int) -> None:
    with document.stroke(layer_id, "Brush") as s, s.edit(plane, rect) as pixels:
        pixels[...] = value


# --- requests ----------------------------------------------------------------------------------


def test_a_swap_needs_both_photos() -> None:
    document = Document()
    with pytest.raises(RequestError, match="head photo"):
        document.swap_request()
    document.do(c.add_layer(Side.HEAD, PhotoLayer(name="Photo", photo=photo())))
    with pytest.raises(RequestError, match="body photo"):
        document.swap_request()


def test_a_swap_request() -> None:
    document = full_document()
    document.do(c.set_transform(HeadTransform((3, 4), 1.1, 2, True)))
    document.do(c.set_settings(seed=4, steps=6, feather=2.0, variations=3, keep_background=False))
    document.do(c.pick_person(Side.BODY, (1, 2, 3, 4)))
    request = document.swap_request()
    assert request.head is find(document, Side.HEAD, PhotoLayer).photo
    assert request.body is find(document, Side.BODY, PhotoLayer).photo
    assert (request.head_at, request.body_at) == (None, (1, 2, 3, 4))
    assert request.transform == HeadTransform((3, 4), 1.1, 2, True)
    assert request.sampling == SamplingSettings(seed=4, steps=6)
    assert (request.keep_background, request.feather, request.variations) == (False, 2.0, 3)
    assert request.layout is None
    assert request.region is None


def test_what_the_user_painted_overrides_the_engine() -> None:
    document = full_document()
    own, mask = (find(document, Side.RESULT, kind) for kind in (LayoutLayer, MaskLayer))
    edit(document, own.id, "ids", Rect(0, 0, 5, 5), 3)
    edit(document, mask.id, "subtract", Rect(0, 0, 60, 20), 255)
    request = document.swap_request()
    assert request.layout is not None
    assert request.region is not None
    painted = own.ids.pixels != own.parsed.pixels
    np.testing.assert_array_equal(request.layout[painted], own.ids.pixels[painted])
    assert painted.any()
    assert (request.layout[~painted] == IGNORE).all()
    assert request.layout_transform == own.transform
    np.testing.assert_array_equal(request.region, mask.combined())
    assert request.region.dtype == np.float32
    kept = request.layout.copy()
    edit(document, own.id, "ids", Rect(9, 9, 15, 15), 4)  # while the engine is at work
    np.testing.assert_array_equal(request.layout, kept)


def test_what_the_user_painted_on_the_photos_overrides_the_engine() -> None:
    document = full_document()
    head = find(document, Side.HEAD, PhotoLayer).photo
    width, height = head.size
    ids = np.zeros((height, width), np.uint8)
    ids[5:20, 5:20] = SemanticClass.HAIR
    set_parsed(document, Side.HEAD, ParsedLayers.of(Side.HEAD, ids))
    own, mask = (find(document, Side.HEAD, kind) for kind in (LayoutLayer, MaskLayer))
    plain = document.swap_request()
    assert (plain.head_layout, plain.head_mask, plain.body_layout) == (None, None, None)

    edit(document, mask.id, "subtract", Rect(0, 0, width, 10), 255)
    request = document.swap_request()
    assert request.head_layout is None
    assert request.head_mask is not None
    assert (request.head_mask.shape, request.head_mask.dtype) == (ids.shape, np.float32)
    assert not request.head_mask[:10].any()
    assert (request.head_mask[10:20, 5:20] == 1).all()

    # What is painted as head later on is taken, too, but for what was taken off the mask.
    edit(document, own.id, "ids", Rect(22, 2, 28, 20), SemanticClass.HAT)
    request = document.swap_request()
    assert request.head_layout is not None
    np.testing.assert_array_equal(request.head_layout, own.ids.pixels)
    assert request.head_mask is not None
    assert (request.head_mask[10:20, 22:28] == 1).all()
    assert not request.head_mask[:10].any()

    document.do(c.set_settings(complete=False, match_grain=False, match_skin=False))
    request = document.swap_request()
    assert (request.complete, request.match_grain, request.match_skin) == (False, False, False)
    region = find(document, Side.RESULT, MaskLayer)
    retouch = document.retouch_request(region.id)
    assert (retouch.complete, retouch.match_grain, retouch.match_skin) == (False, False, False)


def test_a_painted_body_layout_is_sent_along() -> None:
    document = full_document()
    body = find(document, Side.BODY, PhotoLayer).photo
    nothing = np.zeros((body.height, body.width), np.uint8)
    set_parsed(document, Side.BODY, ParsedLayers.of(Side.BODY, nothing))
    own = find(document, Side.BODY, LayoutLayer)
    assert document.swap_request().body_layout is None
    edit(document, own.id, "ids", Rect(2, 2, 8, 8), SemanticClass.NECK)
    np.testing.assert_array_equal(document.swap_request().body_layout, own.ids.pixels)


def test_a_retouch_request() -> None:
    document = full_document()
    mask = find(document, Side.RESULT, MaskLayer)
    request = document.retouch_request(mask.id)
    assert request.photo is document.photo(Side.RESULT)
    np.testing.assert_array_equal(request.mask, mask.combined())
    lonely = Document()
    lonely.do(c.add_layer(Side.RESULT, mask))
    with pytest.raises(RequestError, match="photo first"):
        lonely.retouch_request(mask.id)


# --- flattening --------------------------------------------------------------------------------


def test_a_side_without_pictures_is_its_photo() -> None:
    document = full_document()
    assert document.photo(Side.HEAD) is find(document, Side.HEAD, PhotoLayer).photo
    assert Document().photo(Side.RESULT) is None


@pytest.mark.parametrize("bits", [8, 16])
def test_the_result_is_body_variation_and_pictures(bits: int) -> None:
    document = full_document(bits)
    made, over = (find(document, Side.RESULT, kind) for kind in (Variation, PictureLayer))
    document.do(c.change_layer(over.id, visible=False))
    shown = document.photo(Side.RESULT)
    assert shown is not None
    np.testing.assert_array_equal(shown.pixels, made.photo().pixels)
    assert document.photo(Side.RESULT) is shown
    document.do(c.change_layer(over.id, visible=True))
    with_picture = document.photo(Side.RESULT)
    assert with_picture is not None
    changed = (with_picture.pixels != shown.pixels).any(2)
    assert changed[5:15, :17].mean() > 0.9
    changed[5:15, :17] = False
    assert not changed.any()
    edit(document, over.id, "pixels", Rect(0, 0, 20, 10), 0)  # clear
    cleared = document.photo(Side.RESULT)
    assert cleared is not None
    np.testing.assert_array_equal(cleared.pixels, shown.pixels)


@pytest.mark.parametrize(("bits", "over"), [(8, 8), (16, 8), (8, 16), (16, 16)])
def test_opaque_pictures_come_through_exactly(bits: int, over: int) -> None:
    document = Document()
    base = photo(bits=bits)
    rgb = photo((20, 10), 5, over).pixels
    top = np.iinfo(rgb.dtype).max
    alpha = np.full(rgb.shape[:2], top, rgb.dtype)
    layer = PictureLayer(name="x", pixels=Plane(np.dstack([rgb, alpha])), position=(4, 6))
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=base)))
    document.do(c.add_layer(Side.BODY, layer))
    flat = document.photo(Side.BODY)
    assert flat is not None
    assert flat.bit_depth == bits
    scale = (2**bits - 1) / (2**over - 1)
    wanted = np.rint(rgb * scale)
    np.testing.assert_array_equal(flat.pixels[6:16, 4:24], wanted)
    document.do(c.change_layer(document.body.layers[1].id, opacity=0.5))
    half = document.photo(Side.BODY)
    assert half is not None
    mean = (base.pixels[6:16, 4:24].astype(float) + wanted) / 2
    np.testing.assert_allclose(half.pixels[6:16, 4:24], mean, atol=(2**bits) / 255)


def test_a_picture_shown_alone_is_all_that_lies_on_the_body() -> None:
    document = full_document()
    own = find(document, Side.RESULT, PictureLayer)
    document.do(c.change_layer(own.id, position=(1000, 0)))
    document.do(c.show_alone(own.id))
    body, alone = document.photo(Side.BODY), document.photo(Side.RESULT)
    assert body is not None
    assert alone is not None
    np.testing.assert_array_equal(alone.pixels, body.pixels)
    document.do(c.show_all(Side.RESULT))
    result = document.photo(Side.RESULT)
    assert result is not None
    assert (result.pixels != body.pixels).any()


@pytest.mark.parametrize("side", list(Side))
def test_a_layout_shown_alone_takes_no_picture_away(side: Side) -> None:
    """Neither from swaps nor from what is exported: it is only looked at."""
    document = full_document()
    photos = [document.photo(side) for side in Side]
    document.do(c.show_alone(find(document, side, LayoutLayer).id))
    assert [document.photo(side) for side in Side] == photos
    assert document.has_photos
    assert provenance_of(document.state) is not None


def test_what_lies_on_the_body_reaches_the_engine() -> None:
    document = full_document()
    plain = document.swap_request().body
    spot = PictureLayer(name="x", pixels=Plane(np.full((5, 5, 4), 255, np.uint8)))
    document.do(c.add_layer(Side.BODY, spot))
    body = document.swap_request().body
    assert body is not plain
    assert (body.pixels[:5, :5] == 255).all()
    document.undo()
    np.testing.assert_array_equal(document.swap_request().body.pixels, plain.pixels)


# --- thumbnails --------------------------------------------------------------------------------


@pytest.mark.parametrize("longest", [7, 16, 300])
@pytest.mark.parametrize("bits", [8, 16])
def test_thumbnails(longest: int, bits: int) -> None:
    document = full_document(bits)
    for side in Side:
        for layer in document.state.stack(side):
            small = document.thumbnail(layer.id, longest)
            assert (small.dtype, small.shape[2]) == (np.uint8, 4)
            assert max(small.shape[:2]) == min(longest, max(layer.size))
            if not isinstance(layer, PictureLayer):
                assert (small[..., 3] == 255).all()


def test_thumbnails_show_the_layer() -> None:
    document = Document()
    base = photo((200, 120), icc=None)
    ids = np.repeat(np.arange(16, dtype=np.uint8), 200 * 8).reshape(128, 200)[:120]
    for side, layer in (
        (Side.BODY, PhotoLayer(name="Photo", photo=base)),
        (Side.BODY, LayoutLayer.of("Layout", ids)),
        (Side.RESULT, variation(base)),
    ):
        document.do(c.add_layer(side, layer))
    plain, own = document.body.layers
    full = document.thumbnail(plain.id, 200)
    np.testing.assert_array_equal(full[..., :3], base.pixels)
    np.testing.assert_array_equal(document.thumbnail(own.id, 200)[..., :3], palette()[ids])
    made = find(document, Side.RESULT, Variation)
    np.testing.assert_array_equal(document.thumbnail(made.id, 200)[..., :3], made.photo().pixels)
    assert (document.thumbnail(made.id, 20) != document.thumbnail(plain.id, 20)).any()


def test_layouts_of_any_kind_are_no_photos() -> None:
    document = Document()
    document.do(c.add_layer(Side.HEAD, LayoutLayer.of("Layout", layout())))
    assert document.photo(Side.HEAD) is None
