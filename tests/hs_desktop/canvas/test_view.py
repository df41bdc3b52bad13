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
from PySide6.QtGui import QColor, QTransform
from pytestqt.qtbot import QtBot

from engine.framing import Similarity
from engine.labels import palette
from hs_desktop.canvas.cursor import BrushOutline
from hs_desktop.canvas.events import Readout
from hs_desktop.canvas.items import LayoutItem, MaskItem, PictureItem, transform_of
from hs_desktop.canvas.linking import LinkedViews
from hs_desktop.canvas.mipmaps import TILE
from hs_desktop.canvas.view import CanvasView
from hs_desktop.canvas.viewport import Viewport
from tests.engine.profiles import matrix_profile
from tests.hs_desktop.canvas.looking import BACKGROUND, look, new_view

ROOT = Path(__file__).resolve().parents[3]


def noise(w: int, h: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (h, w, 3), dtype=np.uint8)


def flat(w: int, h: int, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    return np.full((h, w, 3), colour, np.uint8)


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


def test_between_100_and_200_percent_tiles_blend_into_each_other(qtbot: QtBot) -> None:
    """A slope stays a slope across the border of two tiles."""
    slope = (np.arange(TILE * 2) / 8).astype(np.uint8)[None, :, None].repeat(60, 0).repeat(3, 2)
    view = new_view(qtbot, PictureItem(np.ascontiguousarray(slope)))
    view.set_viewport(replace(view.viewport, zoom=1.7, centre=(TILE, 30.0)))
    row = look(view)[150, 20:380, 0].astype(int)
    assert set(np.diff(row)) <= {0, 1}


# --- overlays ----------------------------------------------------------------------------------


def test_a_layout_lies_over_the_photo(qtbot: QtBot) -> None:
    ids = np.zeros((100, 100), np.uint8)
    ids[20:80, 30:70] = 2
    layout = LayoutItem(ids, opacity=0.5)
    view = new_view(qtbot, PictureItem(flat(100, 100, (100, 100, 100))), layout)
    seen = look(view)[100:200, 150:250]
    wanted = (palette()[2].astype(float) + 100) / 2
    assert np.abs(seen[50, 50] - wanted).max() <= 1
    assert (seen[10, 10] == 100).all()  # the background is hidden
    layout.hidden = frozenset({2})
    seen = look(view)[100:200, 150:250]
    assert (seen[50, 50] == 100).all()
    assert np.abs(seen[10, 10] - (palette()[0].astype(float) + 100) / 2).max() <= 1
    layout.visible = False
    assert (look(view)[100:200, 150:250] == 100).all()


def test_outlines_only(qtbot: QtBot) -> None:
    ids = np.zeros((100, 100), np.uint8)
    ids[20:80, 30:70] = 2
    view = new_view(
        qtbot,
        PictureItem(flat(100, 100, (100, 100, 100))),
        LayoutItem(ids, opacity=1, outlines=True),
    )
    seen = look(view)[100:200, 150:250]
    assert (seen[50, 50] == 100).all()
    assert (seen[20, 30:70] == palette()[2]).all()
    assert (seen[10, 10] == 100).all()


def test_close_outlines_are_lines_between_pixels(qtbot: QtBot) -> None:
    ids = np.zeros((20, 20), np.uint8)
    ids[5:15, 5:15] = 2
    view = new_view(
        qtbot,
        PictureItem(flat(20, 20, (100, 100, 100))),
        LayoutItem(ids, opacity=1, outlines=True),
    )
    view.set_viewport(replace(view.viewport, zoom=9.0))
    seen = look(view)
    x, y = (round(v) for v in view.viewport.to_widget((5, 10)))
    line = seen[y + 4, x - 4 : x + 5]
    assert (line[4] == palette()[2]).all() or (line[3] == palette()[2]).all()
    assert (line[0] == 100).all()
    assert (line[8] == 100).all()


def test_a_mask_has_its_colour(qtbot: QtBot) -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[:, 20:] = 0.5
    view = new_view(qtbot, PictureItem(flat(40, 40)), MaskItem(mask, (0, 0, 255), opacity=1))
    seen = look(view)[130:170, 180:220]
    assert (seen[5, 5] == 255).all()
    assert np.abs(seen[5, 30] - np.array([127, 127, 255])).max() <= 1


def test_transparent_pictures_show_a_checkerboard(qtbot: QtBot) -> None:
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, 32:] = 255
    view = new_view(qtbot, PictureItem(flat(64, 64), alpha=alpha))
    view.set_background(QColor(0, 0, 0), (QColor(90, 90, 90), QColor(60, 60, 60)))
    seen = look(view)[118:182, 168:232]
    assert (seen[:, 32:] == 255).all()
    assert set(np.unique(seen[:, :32])) == {60, 90}
    assert (seen[0, 0] != seen[0, 8]).all()


def test_a_picture_can_lie_anywhere(qtbot: QtBot) -> None:
    """A preview of 256 px lies in the photo as its frame does."""
    patch = PictureItem(flat(256, 256, (200, 0, 0)))
    patch.matrix = transform_of(Similarity(0.25, 0.0, 20, 10).matrix)
    view = new_view(qtbot, PictureItem(flat(100, 100)), patch)
    seen = look(view)[100:200, 150:250]
    red = (seen == (200, 0, 0)).all(-1)
    assert red[11:73, 21:83].all()
    assert not red[:10].any()
    assert not red[:, 85:].any()
    patch.matrix = QTransform()
    assert (look(view)[100:200, 150:250] == (200, 0, 0)).all()


def test_the_profile_of_the_photo_counts(qtbot: QtBot) -> None:
    pixels = flat(50, 50, (100, 200, 100))
    item = PictureItem(pixels, icc=matrix_profile())
    view = new_view(qtbot, item)
    assert look(view)[150, 200, 0] < 80
    item.set_screen_profile(matrix_profile())
    assert look(view)[150, 200].tolist() == [100, 200, 100]
    item.set_pixels((pixels * 257.0).astype(np.uint16))
    item.set_screen_profile(None)
    assert look(view)[150, 200].tolist() == [100, 200, 100]


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
    with qtbot.waitSignal(view.completed, timeout=20_000):
        view.fit()
        seen = view.grab().toImage()
        assert not view.is_complete
        assert seen.pixelColor(300, 150).getRgb()[:3] == (10, 200, 30)
        assert seen.pixelColor(100, 150).getRgb()[:3] == (0, 0, 0)
    assert view.is_complete


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


# --- the brush's outline -----------------------------------------------------------------------


@settings(max_examples=40)
@given(st.floats(5, 300), st.floats(0.1, 8), st.floats(-180, 180), st.booleans())
def test_the_outline_is_where_the_brush_will_paint(
    diameter: float, zoom: float, rotation: float, flip: bool
) -> None:
    view = Viewport((999, 999), (640, 480), 1.0, zoom, (500, 400), rotation, flip)
    path = BrushOutline(diameter).path((480, 390), view)
    box = path.boundingRect()
    x, y = view.to_widget((480, 390))
    assert box.center().x() == pytest.approx(x, abs=0.01)
    assert box.center().y() == pytest.approx(y, abs=0.01)
    assert box.width() == pytest.approx(diameter * zoom, rel=0.01)
    assert box.height() == pytest.approx(diameter * zoom, rel=0.01)


def test_a_flat_brush_turns_with_the_view() -> None:
    brush = BrushOutline(100, roundness=0.2)
    view = Viewport((999, 999), (640, 480), centre=(500, 400))
    assert brush.path((5, 5), view).boundingRect().height() == pytest.approx(20, abs=0.1)
    turned = replace(view, rotation=90.0)
    assert brush.path((5, 5), turned).boundingRect().width() == pytest.approx(20, abs=0.1)
    turned = replace(view, rotation=-90.0)
    flat_again = BrushOutline(100, roundness=0.2, angle=90).path((5, 5), turned)
    assert flat_again.boundingRect().height() == pytest.approx(20, abs=0.1)


# --- linked views ------------------------------------------------------------------------------


def test_linked_views_go_together(qtbot: QtBot) -> None:
    one = new_view(qtbot, PictureItem(flat(600, 400)))
    other = new_view(qtbot, PictureItem(flat(600, 400)), size=(200, 500))
    small = new_view(qtbot, PictureItem(flat(300, 200)))
    link = LinkedViews(one, other, small)
    one.set_viewport(replace(one.viewport, zoom=2.0, centre=(100, 80), rotation=10))
    assert (other.viewport.zoom, other.viewport.centre) == (2.0, (100, 80))
    assert (small.viewport.zoom, small.viewport.centre) == (2.0, (50, 40))
    assert small.viewport.rotation == 10
    other.zoom_by_steps(1)
    assert one.viewport.zoom == 3.0
    one.fit()
    assert other.fits
    link.enabled = False
    one.actual_size()
    assert other.fits
    link.enabled = True
    assert other.viewport.zoom == 1.0


def test_a_fitted_photo_stays_fitted(qtbot: QtBot) -> None:
    view = new_view(qtbot, PictureItem(flat(600, 400)))
    view.fit()
    view.resize(800, 800)
    qtbot.wait(10)
    assert view.viewport.zoom == pytest.approx(776 / 600)
    view.zoom_by_steps(-1)
    zoom = view.viewport.zoom
    view.resize(500, 500)
    assert view.viewport.zoom == zoom


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
