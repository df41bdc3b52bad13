"""The outline of the brush."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hs_desktop.canvas.cursor import BrushOutline
from hs_desktop.canvas.viewport import Viewport


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
