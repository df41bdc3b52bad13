"""Rectangles of the window; what they share with the engine's boxes is tested there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hs_desktop.rects import EMPTY, Rect

edges = st.integers(-50, 50)
places = st.integers(-400, 400).map(lambda quarters: quarters / 4)
lengths = st.integers(0, 40)
rects = st.builds(lambda x, y, w, h: Rect(x, y, x + w, y + h), edges, edges, lengths, lengths)


def holds(one: Rect, other: Rect) -> bool:
    return other.empty or one.united(other) == one


@given(st.lists(st.tuples(places, places), min_size=1))
def test_points_are_enclosed(points: list[tuple[float, float]]) -> None:
    tight, wide = Rect.enclosing(points), Rect.enclosing(points, margin=2)
    assert all(tight.x0 <= x <= tight.x1 and tight.y0 <= y <= tight.y1 for x, y in points)
    assert wide == tight.grown(2)
    assert Rect.enclosing([]) == EMPTY


@given(rects, rects)
def test_a_rect_holds_its_parts(one: Rect, other: Rect) -> None:
    common = one.intersected(other)
    assert type(common) is type(one.united(other)) is type(one.shifted(1, 2)) is Rect
    assert holds(one, common)
    assert holds(one.united(other), one)
    assert holds(one, other) == (common.area == other.area)


@given(rects, st.integers(1, 8))
def test_small_pictures_pixels_reach_over_all(rect: Rect, factor: int) -> None:
    small = rect.shrunk(factor)
    assert holds(Rect(*(factor * edge for edge in small)), rect)
    assert (small.width - 2) * factor < rect.width
