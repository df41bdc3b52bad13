"""Views that go together, and what a view does by itself when its size changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from hs_desktop.canvas.items import PictureItem
from hs_desktop.canvas.linking import LinkedViews
from tests.hs_desktop.canvas.looking import flat, new_view


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
