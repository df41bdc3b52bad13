"""A retouching session from end to end, as a user would do it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from engine.labels import SemanticClass
from engine.requests import HeadTransform
from hs_desktop.document import commands as c
from hs_desktop.document import hsd
from hs_desktop.document.autosave import Autosave, recoverable
from hs_desktop.document.document import Document
from hs_desktop.document.events import Change, Side
from hs_desktop.document.export import export
from hs_desktop.document.layers import LayoutLayer, MaskLayer, MaskRole, PhotoLayer, PictureLayer
from hs_desktop.document.planes import Plane
from hs_desktop.rects import Rect
from tests.hs_desktop.document.projects import facts, find, layout, photo, variation

ROOT = Path(__file__).resolve().parents[3]
SIZE = (300, 280)  # more than a tile


def dab(document: Document, layer_id: str, plane: str, path: list[tuple[int, int]], value: int,
        radius: int = 20) -> None:  # fmt: skip
    """A stroke of round dabs."""
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    round_ = x * x + y * y <= radius * radius
    with document.stroke(layer_id, "Brush") as stroke:
        for cx, cy in path:
            rect = Rect(cx - radius, cy - radius, cx + radius + 1, cy + radius + 1)
            inner = stroke.clip(plane, rect)
            part = round_[inner.shifted(radius - cx, radius - cy).slices]
            with stroke.edit(plane, rect) as pixels:
                pixels[part] = value


def retouch(document: Document) -> None:
    head, body = photo((200, 260), 1, icc=None), photo(SIZE, 2, bits=16)
    with document.history.group("Open head"):
        document.do(c.add_layer(Side.HEAD, PhotoLayer(name="Photo", photo=head)))
        document.do(c.add_layer(Side.HEAD, LayoutLayer.of("Layout", layout((200, 260), 1))))
    document.do(c.add_layer(Side.BODY, PhotoLayer(name="Photo", photo=body)))
    document.do(c.add_layer(Side.RESULT, LayoutLayer.of("Layout", layout(SIZE, 3))))
    mask = MaskLayer.of("Region", MaskRole.REGION, SIZE, np.full(SIZE[::-1], 0.3, np.float32))
    document.do(c.add_layer(Side.RESULT, mask))
    own = find(document, Side.RESULT, LayoutLayer)

    dab(document, own.id, "ids", [(i, 250) for i in range(-20, 320, 15)], SemanticClass.HAIR)
    dab(document, own.id, "ids", [(255, i) for i in range(0, 300, 15)], SemanticClass.NECK, 40)
    with document.stroke(own.id, "Erase") as stroke:  # puts back what the engine said
        rect = Rect(100, 200, 270, 270)
        with stroke.edit("ids", rect) as pixels:
            pixels[...] = own.parsed.pixels[rect.slices]
    dab(document, mask.id, "add", [(150, 150), (160, 150)], 255)
    dab(document, mask.id, "subtract", [(170, 160)], 255)

    for x in range(10):  # a drag
        document.do(c.set_transform(HeadTransform((x, -x), 1 + x / 100)))
    document.history.seal()
    document.do(c.set_settings(guidance=2.0, steps=12))
    for seed in (1, 2, 3):
        document.do(c.set_settings(seed=seed))
        document.history.seal()
        document.do(c.add_layer(Side.RESULT, variation(body, f"seed {seed}", seed)))
    second = document.result.layers[-2]
    document.do(c.change_layer(second.id, starred=True))
    document.do(c.apply_variation(second.id))
    document.do(c.remove_layer(document.result.layers[-1].id))

    clear = np.zeros((*SIZE[::-1], 4), np.uint16)
    document.do(c.add_layer(Side.RESULT, PictureLayer(name="Retouch", pixels=Plane(clear))))
    retouched = find(document, Side.RESULT, PictureLayer)
    dab(document, retouched.id, "pixels", [(40, 40), (50, 45)], 65535)
    document.do(c.change_layer(retouched.id, opacity=0.5))
    document.do(c.duplicate_layer(retouched.id))
    document.do(c.rename_layer(retouched.id, "치유"))
    document.do(c.move_layer(retouched.id, 0))
    document.do(c.show_alone(second.id))
    document.do(c.show_all(Side.RESULT))
    document.do(c.pick_person(Side.BODY, (120.5, 80.0)))
    document.do(c.change_layer(own.id, locked=True))


def test_a_retouching_session(tmp_path: Path) -> None:
    document = Document()
    heard: list[Change] = []
    document.changed.connect(heard.append)
    autosave = Autosave(tmp_path / "autosave", document)
    empty = facts(document.state)
    retouch(document)
    done = facts(document.state)
    request = document.swap_request()
    assert request.layout is not None
    assert request.region is not None
    assert autosave.tick()

    steps = document.history.index
    assert steps > 25
    while document.undo():
        pass
    assert facts(document.state) == empty
    while document.redo():
        pass
    assert facts(document.state) == done
    assert document.history.index == steps
    assert len(heard) > 3 * steps

    path = tmp_path / "job.hsd"
    with autosave.saving(path):
        hsd.save(document, path)
    assert not document.is_modified
    loaded = hsd.load(path)
    assert facts(loaded.state) == done
    shown, again = document.photo(Side.RESULT), loaded.photo(Side.RESULT)
    assert shown is not None
    assert again is not None
    np.testing.assert_array_equal(shown.pixels, again.pixels)
    assert document.undo()  # the history outlives saving
    assert document.is_modified
    assert document.redo()
    assert not document.is_modified

    for suffix in ("tif", "ora", "psd"):
        export(loaded.state, tmp_path / f"job.{suffix}")
    autosave.close()
    assert recoverable(tmp_path / "autosave") == []
    assert {p.name for p in tmp_path.iterdir()} == {
        "autosave", "job.hsd", "job.tif", "job.ora", "job.psd",
    }  # fmt: skip


def test_before_the_first_paint_nothing_heavy_is_imported() -> None:
    script = """
import importlib, pkgutil, sys
import hs_desktop.document as package
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"hs_desktop.document.{module.name}")
print(sorted({"torch", "diffusers", "cv2", "PySide6", "scipy", "skimage"} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"
