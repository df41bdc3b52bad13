"""Layouts, masks and pictures over the photo, and the photo's colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QColor, QTransform
from pytestqt.qtbot import QtBot

from engine.framing import Similarity
from engine.labels import palette
from hs_desktop.canvas.items import LayoutItem, MaskItem, PictureItem, transform_of
from tests.engine.profiles import matrix_profile
from tests.hs_desktop.canvas.looking import flat, look, new_view


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
