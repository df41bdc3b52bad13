"""Layers and their stacks."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from engine.requests import Result, SamplingSettings
from hs_desktop.document.errors import LayerError
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole, PhotoLayer, PictureLayer
from hs_desktop.document.planes import Plane
from hs_desktop.document.stack import LayerStack
from hs_desktop.document.tiles import Recorder
from hs_desktop.document.variation import Variation
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import layout, photo, result_on, variation


def stack(*names: str) -> LayerStack:
    result = LayerStack()
    for name in names:
        result = result.added(LayoutLayer.of(name, layout()))
    return result


def names(of: LayerStack) -> list[str]:
    return [layer.name for layer in of]


def test_names_are_unique() -> None:
    layers = stack("a", "a", "a 2", "b")
    assert names(layers) == ["a", "a 2", "a 3", "b"]
    b = layers.layers[3].id
    assert names(layers.changed(b, name="a 2")) == ["a", "a 2", "a 3", "a 4"]
    assert names(layers.changed(b, name="b")) == names(layers)


def test_order() -> None:
    layers = stack("a", "b", "c")
    a, _, c = (layer.id for layer in layers)
    assert names(layers.moved(a, 2)) == ["b", "c", "a"]
    assert names(layers.moved(c, 0)) == ["c", "a", "b"]
    assert names(layers.moved(c, 99)) == ["a", "b", "c"]
    assert names(layers.added(LayoutLayer.of("d", layout()), 1)) == ["a", "d", "b", "c"]
    assert names(layers.removed(a)) == ["b", "c"]
    with pytest.raises(KeyError):
        layers.removed("nobody")


def test_a_duplicate_has_pixels_of_its_own() -> None:
    layers = stack("a", "b")
    a = layers.layers[0]
    doubled = layers.duplicated(a.id)
    assert names(doubled) == ["a", "a 2", "b"]
    copy = doubled.layers[1]
    assert copy.id != a.id
    Recorder(copy.planes["ids"]).touch(Rect(0, 0, 5, 5))[...] = 7
    assert copy.planes["ids"].key != a.planes["ids"].key


def test_solo_and_visibility() -> None:
    layers = stack("a", "b", "c")
    a, b, _ = (layer.id for layer in layers)
    layers = layers.changed(b, visible=False)
    assert [layer.name for layer in layers.shown] == ["a", "c"]
    alone = layers.with_solo(b)
    assert [layer.name for layer in alone.shown] == ["b"]
    assert alone.removed(a).solo == b
    assert alone.removed(b).solo is None
    assert [layer.name for layer in alone.with_solo(None).shown] == ["a", "c"]


def test_a_lock_protects() -> None:
    layers = stack("a")
    a = layers.layers[0].id
    locked = layers.changed(a, locked=True)
    with pytest.raises(LayerError, match='"a" is locked'):
        locked.removed(a)
    with pytest.raises(LayerError):
        locked.changed(a, position=(3, 4))
    assert len(locked.changed(a, locked=False).removed(a)) == 0
    assert not locked.duplicated(a).layers[1].locked


def test_layers_do_not_change() -> None:
    layer = PhotoLayer(name="x", photo=photo())
    with pytest.raises(FrozenInstanceError):
        layer.name = "y"  # type: ignore[misc]
    for wrong in ({"name": ""}, {"opacity": 1.5}, {"opacity": float("nan")}):
        with pytest.raises(ValueError, match=r"name|opacity"):
            PhotoLayer(**{"name": "x", "photo": photo(), **wrong})  # type: ignore[arg-type]


def test_wrong_planes_are_refused() -> None:
    with pytest.raises(ValueError, match="class id 16"):
        LayoutLayer.of("x", np.full((4, 4), 16, np.uint8))
    with pytest.raises(ValueError, match="planes of"):
        LayoutLayer.of("x", np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8))
    with pytest.raises(ValueError, match="not H x W x 4"):
        PictureLayer(name="x", pixels=Plane(np.zeros((4, 4, 3), np.uint8)))


def test_a_layout_knows_what_the_user_changed() -> None:
    parsed = layout()
    layer = LayoutLayer.of("x", parsed)
    assert not layer.is_edited
    Recorder(layer.ids).touch(Rect(2, 3, 6, 8))[...] = (parsed[3:8, 2:6] + 1) % 16
    assert layer.is_edited
    assert layer.edited.sum() == 20
    new = layer.rebased(np.full_like(parsed, 9))
    np.testing.assert_array_equal(new[3:8, 2:6], layer.ids.pixels[3:8, 2:6])
    assert (new == 9).sum() >= parsed.size - 20


def test_masks_combine() -> None:
    automatic = np.zeros((4, 6), np.float32)
    automatic[1:3, 1:5] = 0.25
    layer = MaskLayer.of("x", MaskRole.REGION, (6, 4), automatic)
    assert not layer.is_edited
    np.testing.assert_allclose(layer.combined(), automatic, atol=1 / 255)
    Recorder(layer.add).touch(Rect(0, 0, 6, 2))[...] = 255
    Recorder(layer.subtract).touch(Rect(0, 1, 3, 4))[...] = 255
    assert layer.is_edited
    mask = layer.combined()
    assert mask.dtype == np.float32
    assert (mask[0] == 1).all()
    assert (mask[1:, :3] == 0).all()
    assert (mask[1, 3:] == 1).all()
    np.testing.assert_array_equal(layer.combined(Rect(2, 0, 5, 3)), mask[0:3, 2:5])


@pytest.mark.parametrize("bits", [8, 16])
def test_a_variation_keeps_what_differs(bits: int) -> None:
    base = photo(bits=bits, icc=None, exif=b"II*\0", dpi=(72.0, 72.0))
    result = result_on(base)
    made = variation(base)
    assert made.base is base
    assert made.patch.rect == Rect(12, 10, 30, 25)
    assert made.nbytes < base.pixels.nbytes / 2
    assert result.photo is not None
    assert result.region is not None
    np.testing.assert_array_equal(made.photo().pixels, result.photo.pixels)
    assert made.photo().exif == base.exif
    np.testing.assert_allclose(made.region_mask(), result.region, atol=1 / 255)
    np.testing.assert_array_equal(made.region_mask() > 0, result.region > 0)
    np.testing.assert_array_equal(made.head_mask() > 0, result.layout == 3)
    assert made.sampling == SamplingSettings(5, 2.5, 4, 0.7)
    assert made.notes == ("A note.",)


def test_a_variation_on_another_kind_of_photo_is_kept_whole() -> None:
    base, other = photo(bits=16), photo(bits=8, seed=4)
    result = Result(other, layout(), None, None, {})
    made = Variation.of_result("x", result, SamplingSettings(seed=8), base)
    np.testing.assert_array_equal(made.photo().pixels, other.pixels)
    assert made.sampling.seed == 8
    assert not made.region_mask().any()
