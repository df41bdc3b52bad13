"""The outline of the brush."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from pytestqt.qtbot import QtBot

from hs_desktop.canvas.cursor import BrushOutline
from hs_desktop.canvas.viewport import Point, Viewport


def _path(brush: BrushOutline, at: Point, view: Viewport) -> QPainterPath:
    return brush.path(view.to_widget(at), view.matrix[:4])


@settings(max_examples=40)
@given(st.floats(5, 300), st.floats(0.1, 8), st.floats(-180, 180), st.booleans())
def test_the_outline_is_where_the_brush_will_paint(
    diameter: float, zoom: float, rotation: float, flip: bool
) -> None:
    view = Viewport((999, 999), (640, 480), 1.0, zoom, (500, 400), rotation, flip)
    path = _path(BrushOutline(diameter), (480, 390), view)
    box = path.boundingRect()
    x, y = view.to_widget((480, 390))
    assert box.center().x() == pytest.approx(x, abs=0.01)
    assert box.center().y() == pytest.approx(y, abs=0.01)
    assert box.width() == pytest.approx(diameter * zoom, rel=0.01)
    assert box.height() == pytest.approx(diameter * zoom, rel=0.01)


def test_a_flat_brush_turns_with_the_view() -> None:
    brush = BrushOutline(100, roundness=0.2)
    view = Viewport((999, 999), (640, 480), centre=(500, 400))
    assert _path(brush, (5, 5), view).boundingRect().height() == pytest.approx(20, abs=0.1)
    turned = replace(view, rotation=90.0)
    assert _path(brush, (5, 5), turned).boundingRect().width() == pytest.approx(20, abs=0.1)
    turned = replace(view, rotation=-90.0)
    flat_again = _path(BrushOutline(100, roundness=0.2, angle=90), (5, 5), turned)
    assert flat_again.boundingRect().height() == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("dpr", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("brush", [BrushOutline(90, 0.5, 0.4, 30), BrushOutline(1)])
def test_a_kept_outline_looks_as_one_drawn_on_the_spot(
    qtbot: QtBot, brush: BrushOutline, dpr: float
) -> None:
    view = Viewport((999, 999), (200, 160), dpr, 1.5 * dpr, (50.0, 40.0), 20.0)
    for at in ((50.0, 40.0), (61.3, 33.7), (-20.0, 12.1)):  # the last one partly outside

        def kept(painter: QPainter, at: Point = at) -> None:
            brush.paint(painter, at, view)

        def drawn(painter: QPainter, at: Point = at) -> None:
            brush.draw(painter, view.to_widget(at), view.matrix[:4])

        one, other = _painted(view, kept), _painted(view, drawn)
        assert (other != 128).sum() > 50
        # A quarter of a device pixel apart at most: the lines are hardly lighter or darker.
        assert np.abs(one - other).max() < 100
        assert np.abs(one - other).mean() < 0.5


def _painted(view: Viewport, paint: Callable[[QPainter], None]) -> NDArray[np.int16]:
    width, height = (round(side * view.dpr) for side in view.size)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(view.dpr)
    image.fill(QColor(128, 128, 128))
    with QPainter(image) as painter:
        paint(painter)
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(grey.constBits(), np.uint8).reshape(height, grey.bytesPerLine())
    return rows[:, :width].astype(np.int16)
