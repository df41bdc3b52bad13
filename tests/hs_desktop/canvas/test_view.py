"""What a view shows, pixel by pixel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QTransform
from pytestqt.qtbot import QtBot

from engine.labels import palette
from hs_desktop.canvas.events import Readout
from hs_desktop.canvas.items import LayoutItem, MaskItem, PictureItem
from hs_desktop.canvas.mipmaps import TILE
from hs_desktop.canvas.view import CanvasView
from tests.hs_desktop.canvas.looking import BACKGROUND, flat, look, new_view, noise

ROOT = Path(__file__).resolve().parents[3]


def test_100_percent_shows_every_pixel_as_it_is(qtbot: QtBot) -> None:
    pixels = noise(200, 100)
    seen = look(new_view(qtbot, PictureItem(pixels)))
    assert (seen[100:200, 100:300] == pixels).all()
    seen[100:200, 100:300] = BACKGROUND
    assert (seen == BACKGROUND).all()


def test_across_tiles(qtbot: QtBot) -> None:
    pixels = noise(TILE + 300, TILE + 200)
    view = new_view(qtbot, PictureItem(pixels))
    view.set_viewport(replace(view.viewport, centre=(TILE + 10.0, TILE - 20.0)))
    x, y = TILE + 10 - 200, TILE - 20 - 150
    assert (look(view) == pixels[y : y + 300, x : x + 400]).all()


@pytest.mark.parametrize(
    ("rotation", "flip", "turned"),
    [
        (90, False, lambda a: np.rot90(a, -1)),
        (-90, False, np.rot90),
        (180, False, lambda a: np.rot90(a, 2)),
        (0, True, np.fliplr),
        (90, True, lambda a: np.rot90(np.fliplr(a), -1)),
    ],
)
def test_quarter_turns_and_mirrors_are_exact(
    qtbot: QtBot, rotation: float, flip: bool, turned: Callable[[np.ndarray], np.ndarray]
) -> None:
    pixels = noise(120, 80)
    view = new_view(qtbot, PictureItem(pixels))
    view.set_viewport(replace(view.viewport, rotation=rotation, flip=flip))
    wanted = turned(pixels)
    h, w = wanted.shape[:2]
    x, y = (round(v) for v in view.viewport.bounds((0, 0, 120, 80))[:2])
    assert (look(view)[y : y + h, x : x + w] == wanted).all()


def test_large_pixels_are_squares(qtbot: QtBot) -> None:
    pixels = noise(30, 20)
    view = new_view(qtbot, PictureItem(pixels))
    view.set_viewport(replace(view.viewport, zoom=8.0))
    x, y = (round(v) for v in view.viewport.to_widget((0, 0)))
    wanted = pixels.repeat(8, 0).repeat(8, 1)
    assert (look(view)[y : y + 160, x : x + 240] == wanted).all()


def test_a_grid_between_very_large_pixels(qtbot: QtBot) -> None:
    view = new_view(qtbot, PictureItem(flat(10, 8, (128, 128, 128))))
    view.set_viewport(replace(view.viewport, zoom=24.0))
    seen = look(view)
    x, y = (round(v) for v in view.viewport.to_widget((5, 4)))
    inside = seen[y + 3 : y + 21, x + 3 : x + 21]
    assert (inside == 128).all()
    assert (seen[y + 10, x - 1 : x + 2] != 128).any()
    assert (seen[y - 1 : y + 2, x + 10] != 128).any()


def test_below_100_percent_is_the_mean(qtbot: QtBot) -> None:
    pixels = noise(800, 600)
    view = new_view(qtbot, PictureItem(pixels))
    view.set_viewport(replace(view.viewport, zoom=0.25))
    wanted = pixels.reshape(150, 4, 200, 4, 3).mean((1, 3))
    seen = look(view)[75:225, 100:300]
    assert np.abs(seen - wanted).max() <= 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.floats(0.08, 5), st.floats(0, 1), st.floats(0, 1),
    st.one_of(st.just(0.0), st.floats(-180, 179)), st.sampled_from([1.0, 0.5]),
)  # fmt: skip
def test_no_seams_between_tiles(
    qtbot: QtBot, zoom: float, x: float, y: float, rotation: float, opacity: float
) -> None:
    """A plain photo under a plain mask is plain, wherever their tiles meet."""
    w, h = 2 * TILE + 100, TILE + 400
    view = _SEAMS.get("view")
    if view is None:
        mask = MaskItem(np.full((h, w), 255, np.uint8), (255, 0, 0))
        view = _SEAMS["view"] = new_view(qtbot, PictureItem(flat(w, h)), mask)
    view.items[1].opacity = opacity
    view.items[1].visible = opacity < 1
    view.set_viewport(replace(view.viewport, zoom=zoom, centre=(x * w, y * h), rotation=rotation))
    seen = look(view)
    edge = 1.5 / zoom
    ys, xs = np.mgrid[: seen.shape[0], : seen.shape[1]] + 0.5
    a, b, c, d, tx, ty = view.viewport.matrix
    back = np.linalg.inv([[a, c, tx], [b, d, ty], [0, 0, 1]])
    px, py = (back[i, 0] * xs + back[i, 1] * ys + back[i, 2] for i in (0, 1))
    inside = (px > edge) & (py > edge) & (px < w - edge) & (py < h - edge)
    tint = 255 * (1 - opacity) if opacity < 1 else 255
    wanted = np.array([255, tint, tint])
    wrong = (np.abs(seen[inside] - wanted) > 2).any(-1)
    if rotation % 90 == 0 or opacity == 1:
        assert not wrong.any()
    else:  # a pixel whose middle lies on a border: none of the two tiles has it, or both
        assert wrong.sum() <= 4
    outside = (px < -edge) | (py < -edge) | (px > w + edge) | (py > h + edge)
    assert (seen[outside] == BACKGROUND).all()


_SEAMS: dict[str, CanvasView] = {}


@pytest.mark.parametrize("zoom", [0.86, 1.16])
def test_nothing_of_the_other_side_shows_at_the_edges(qtbot: QtBot, zoom: float) -> None:
    """A result's patch lies within the photo: its edges must not be seen."""
    pixels = flat(120, 90, (40, 40, 40))
    pixels[:2], pixels[:, :2] = 250, 250
    patch = PictureItem(pixels)
    patch.matrix = QTransform.fromTranslate(30, 20)
    view = new_view(qtbot, PictureItem(flat(300, 200, (40, 40, 40))), patch)
    view.set_viewport(replace(view.viewport, zoom=zoom))
    seen = look(view)[..., 0]
    bright = np.argwhere(seen > 60)
    middle = np.argwhere(seen > 200).min(0) + np.array([30, 40])
    assert not (bright > middle).all(1).any()


def test_between_100_and_200_percent_tiles_blend_into_each_other(qtbot: QtBot) -> None:
    """A slope stays a slope across the border of two tiles."""
    slope = (np.arange(TILE * 2) / 8).astype(np.uint8)[None, :, None].repeat(60, 0).repeat(3, 2)
    view = new_view(qtbot, PictureItem(np.ascontiguousarray(slope)))
    view.set_viewport(replace(view.viewport, zoom=1.7, centre=(TILE, 30.0)))
    row = look(view)[150, 20:380, 0].astype(int)
    assert set(np.diff(row)) <= {0, 1}


# --- changes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("zoom", [0.2, 1.0, 3.0])
def test_a_stroke_shows_at_once(qtbot: QtBot, zoom: float) -> None:
    ids = np.zeros((900, 1200), np.uint8)
    layout = LayoutItem(ids, opacity=1)
    view = new_view(qtbot, PictureItem(flat(1200, 900)), layout)
    view.set_viewport(replace(view.viewport, zoom=zoom))
    look(view)
    ids[400:500, 560:660] = 2
    layout.update((560, 400, 660, 500))
    qtbot.wait(20)
    seen = look(view)
    x, y = (round(v) for v in view.viewport.to_widget((600, 450)))
    assert (seen[y, x] == palette()[2]).all()
    # ... and so does its being taken back.
    ids[400:500, 560:660] = 0
    layout.update((560, 400, 660, 500))
    assert (look(view)[y, x] == 255).all()


def test_a_large_photo_is_there_at_once_and_gets_sharp(qtbot: QtBot) -> None:
    pixels = np.zeros((4000, 6000, 3), np.uint8)
    pixels[:, 3000:] = (10, 200, 30)
    view = new_view(qtbot, PictureItem(pixels))
    view.fit()
    seen = view.grab().toImage()
    assert not view.is_complete
    assert seen.pixelColor(300, 150).getRgb()[:3] == (10, 200, 30)
    assert seen.pixelColor(100, 150).getRgb()[:3] == (0, 0, 0)
    qtbot.waitUntil(lambda: view.is_complete, timeout=20_000)


def test_items_come_and_go(qtbot: QtBot) -> None:
    one, other = PictureItem(flat(50, 50)), PictureItem(flat(50, 50, (9, 9, 9)))
    view = new_view(qtbot, one)
    view.set_items([other])
    assert (look(view)[150, 200] == 9).all()
    view.set_items([])
    assert view.items == ()
    view.set_photo_size(None)
    assert (look(view) == BACKGROUND).all()
    assert view.read((1, 1)) is None


# --- before and after --------------------------------------------------------------------------


def test_before_on_the_left_after_on_the_right(qtbot: QtBot) -> None:
    before, after = PictureItem(flat(400, 300, (200, 0, 0))), PictureItem(flat(400, 300))
    view = new_view(qtbot, after)
    view.set_before([before])
    assert (look(view)[250, 50] == 255).all()
    view.set_split(True)
    seen = look(view)
    assert seen[250, 50].tolist() == [200, 0, 0]
    assert (seen[250, 350] == 255).all()
    assert (seen[250, 190] == (200, 0, 0)).all()
    assert (seen[250, 210] == 255).all()
    assert view.split is not None
    view.split.position = 0.9
    assert look(view)[250, 340].tolist() == [200, 0, 0]
    view.set_split(False)
    assert (look(view)[250, 50] == 255).all()
    view.show_before = True
    assert (look(view) == (200, 0, 0)).all()


# --- reading -----------------------------------------------------------------------------------


def test_readout(qtbot: QtBot) -> None:
    photo = PictureItem(np.full((20, 30, 3), 40000, np.uint16))
    ids = np.zeros((20, 30), np.uint8)
    ids[3, 4] = 7
    mask = np.full((20, 30), 51, np.uint8)
    view = new_view(qtbot, photo, LayoutItem(ids), MaskItem(mask))
    assert view.read((4.9, 3.0)) == Readout((4, 3), (40000,) * 3, 65535, 7, 0.2)
    assert view.read((4.9, 20.0)) is None
    assert view.read((-0.1, 3)) is None
    view.items[1].visible = False
    found = view.read((4.9, 3.0))
    assert found is not None
    assert found.class_id is None


# --- the view itself ---------------------------------------------------------------------------


def test_view_commands(qtbot: QtBot) -> None:
    view = new_view(qtbot, PictureItem(noise(200, 100)))
    plain = look(view)
    view.flip_view()
    assert (look(view) == plain[:, ::-1]).all()
    view.rotate_by(30)
    view.reset_rotation()
    assert (look(view) == plain).all()
    view.show_rect((50, 25, 150, 75))
    assert view.viewport.zoom == 4
    assert view.accessibleName()


def test_100_percent_is_sharp_on_a_dense_screen() -> None:
    """At two device pixels per widget pixel; in a process of its own, for Qt asks only once."""
    script = """
import numpy as np
from PySide6.QtWidgets import QApplication
app = QApplication([])
from hs_desktop.canvas.items import PictureItem
from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Viewport
from tests.hs_desktop.canvas.looking import look
pixels = np.random.default_rng(0).integers(0, 256, (100, 200, 3), dtype=np.uint8)
view = CanvasView()
view.resize(200, 151)
view.set_photo_size((200, 100))
view.set_items([PictureItem(pixels)])
view.show()
view.actual_size()
seen = look(view)
assert view.viewport.dpr == 2, view.viewport
assert seen.shape == (302, 400, 3), seen.shape
assert (seen[101:201, 100:300] == pixels).all()
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "QT_SCALE_FACTOR": "2", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_importing_the_canvas_is_light() -> None:
    script = """
import sys
import hs_desktop.canvas.view, hs_desktop.canvas.handles, hs_desktop.canvas.linking
import hs_desktop.tools.brushes, hs_desktop.tools.fill, hs_desktop.tools.classes
print(sorted({"torch", "diffusers", "cv2"} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr
