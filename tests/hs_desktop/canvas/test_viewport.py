from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hs_desktop.canvas.viewport import MAX_ZOOM, STEPS, Viewport
from hs_desktop.rects import Rect

angles = st.one_of(st.sampled_from([0.0, 90.0, -90.0, -180.0, 45.0]), st.floats(-180, 179.9))
fractions = st.tuples(st.floats(0, 1), st.floats(0, 1))


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    photo = draw(st.integers(1, 12000)), draw(st.integers(1, 9000))
    view = Viewport(
        photo=photo,
        size=(draw(st.integers(1, 4000)), draw(st.integers(1, 2500))),
        dpr=draw(st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])),
        zoom=draw(st.floats(0.01, MAX_ZOOM)),
        centre=tuple(f * side for f, side in zip(draw(fractions), photo, strict=True)),
        rotation=draw(angles),
        flip=draw(st.booleans()),
    )
    return view.clamped()


def on_widget(view: Viewport, at: tuple[float, float]) -> tuple[float, float]:
    return at[0] * view.size[0], at[1] * view.size[1]


def close(a: tuple[float, float], b: tuple[float, float], tolerance: float) -> bool:
    return math.dist(a, b) <= tolerance


@given(viewports(), fractions)
def test_there_and_back(view: Viewport, at: tuple[float, float]) -> None:
    point = on_widget(view, at)
    assert close(view.to_widget(view.to_photo(point)), point, 1e-6)


@given(viewports())
def test_no_shear_and_the_zoom_it_says(view: Viewport) -> None:
    a, b, c, d, _, _ = view.matrix
    assert math.hypot(a, b) * view.dpr == pytest.approx(view.zoom)
    assert math.hypot(c, d) * view.dpr == pytest.approx(view.zoom)
    assert a * c + b * d == pytest.approx(0, abs=1e-9 * view.zoom**2 + 1e-12)
    assert (a * d - b * c < 0) == view.flip


@given(viewports())
def test_an_upright_photo_begins_on_a_device_pixel(view: Viewport) -> None:
    x, y = view.to_widget((0, 0))
    exact = replace(view, rotation=view.rotation + 1e-9).to_widget((0, 0))
    if view.is_upright:
        assert x * view.dpr == pytest.approx(round(x * view.dpr), abs=1e-6)
        assert y * view.dpr == pytest.approx(round(y * view.dpr), abs=1e-6)
        assert close((x, y), exact, 0.71 / view.dpr + 1e-3)


@given(viewports(), fractions, st.floats(0.2, 5))
def test_zooming_keeps_the_point_under_the_cursor(
    view: Viewport, at: tuple[float, float], factor: float
) -> None:
    cursor = on_widget(view, at)
    zoomed = view.zoomed(view.zoom * factor, cursor)
    assume(0 < zoomed.centre[0] < view.photo[0])  # else the photo would leave the widget
    assume(0 < zoomed.centre[1] < view.photo[1])
    under = view.to_photo(cursor)
    # The painted maps are moved by up to half a device pixel each.
    assert close(zoomed.to_widget(under), cursor, 1.5 * (1 + factor) / view.dpr)


@given(viewports(), fractions, angles)
def test_rotating_keeps_the_point_it_turns_about(
    view: Viewport, at: tuple[float, float], degrees: float
) -> None:
    cursor = on_widget(view, at)
    turned = view.rotated(degrees, cursor)
    assume(0 < turned.centre[0] < view.photo[0])
    assume(0 < turned.centre[1] < view.photo[1])
    assert close(turned.to_widget(view.to_photo(cursor)), cursor, 1.5 / view.dpr)
    assert -180 <= turned.rotation < 180


def test_many_small_zooms_do_not_drift() -> None:
    start = Viewport((6000, 4000), (1281, 801), zoom=0.5, centre=(3100.3, 1999.7))
    view, cursor = start, (333.0, 512.0)
    for factor in [1.01] * 200 + [1 / 1.01] * 200:
        view = view.zoomed(view.zoom * factor, cursor)
    assert close(view.centre, start.centre, 1e-6)


@given(viewports(), st.floats(-300, 300), st.floats(-300, 300))
def test_panning_moves_the_photo_with_the_hand(view: Viewport, dx: float, dy: float) -> None:
    moved = view.panned(dx, dy)
    w, h = view.photo
    assume(0 < moved.centre[0] < w)
    assume(0 < moved.centre[1] < h)
    x, y = view.to_widget((w / 2, h / 2))
    assert close(moved.to_widget((w / 2, h / 2)), (x + dx, y + dy), 1.5 / view.dpr)


@given(viewports())
def test_fit_shows_all_of_the_photo_and_no_smaller_than_needed(view: Viewport) -> None:
    fitted = view.fitted(margin=0)
    assume(fitted.zoom == pytest.approx(view.fit_zoom()))  # else a limit of the zoom is reached
    x0, y0, x1, y1 = fitted.bounds((0, 0, *view.photo))
    room = 1 / view.dpr + 1e-6
    assert x0 >= -room
    assert y0 >= -room
    assert x1 <= view.size[0] + room
    assert y1 <= view.size[1] + room
    assert x1 - x0 >= view.size[0] - room or y1 - y0 >= view.size[1] - room


@given(viewports())
def test_flipping_twice_is_nothing_and_once_a_mirror(view: Viewport) -> None:
    mirrored = view.flipped()
    again = mirrored.flipped()
    assert again.flip == view.flip
    assert again.rotation == pytest.approx(view.rotation)
    middle = view.size[0] / 2
    for corner in ((0.0, 0.0), (float(view.photo[0]), 0.0), (3.0, float(view.photo[1]))):
        x, y = view.to_widget(corner)
        assert close(mirrored.to_widget(corner), (2 * middle - x, y), 2 / view.dpr)


@given(viewports(), st.tuples(fractions, fractions))
def test_visible_holds_what_is_seen(
    view: Viewport, ends: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    (x0, x1), (y0, y1) = (sorted(e[i] * view.size[i] for e in ends) for i in (0, 1))
    seen = view.visible((x0, y0, x1, y1))
    for point in ((x0, y0), (x1, y1), ((x0 + x1) / 2, (y0 + y1) / 2)):
        x, y = view.to_photo(point)
        if 0 <= x < view.photo[0] and 0 <= y < view.photo[1]:
            assert seen.x0 <= x <= seen.x1
            assert seen.y0 <= y <= seen.y1


@given(viewports(), st.floats(1e-9, 1e9), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_limits(view: Viewport, zoom: float, x: float, y: float) -> None:
    wild = replace(view, zoom=zoom, centre=(x, y)).clamped()
    assert view.min_zoom <= wild.zoom <= MAX_ZOOM
    assert 0 <= wild.centre[0] <= view.photo[0]
    assert 0 <= wild.centre[1] <= view.photo[1]
    assert wild.clamped() == wild


@given(viewports())
def test_steps_go_through_100_percent(view: Viewport) -> None:
    up = down = replace(view, zoom=1.0)
    for _ in STEPS:
        up, down = up.stepped(1), down.stepped(-1)
    assert up.zoom == MAX_ZOOM
    assert down.zoom == pytest.approx(max(view.min_zoom, min(view.min_zoom, STEPS[0])), rel=1)
    assert replace(view, zoom=0.9).stepped(1).zoom == max(1.0, view.min_zoom)
    assert replace(view, zoom=1.2).stepped(-1).zoom == 1.0
    assert replace(view, zoom=1.0).stepped(2).zoom == 2.0


def test_100_percent_is_device_pixels() -> None:
    view = Viewport((100, 100), (200, 200), dpr=2.0, zoom=1.0, centre=(50, 50))
    assert view.bounds((0, 0, 100, 100)) == (75, 75, 125, 125)


def test_resizing_keeps_the_middle() -> None:
    view = Viewport((100, 80), (300, 200), zoom=2, centre=(20, 30))
    wide = view.resized((500, 100))
    assert wide.to_widget((20, 30)) == (250, 50)
    assert wide.zoom == 2


def test_filled_with_shows_a_rectangle() -> None:
    view = Viewport((6000, 4000), (1200, 800)).filled_with((1000, 1000, 1300, 1200))
    assert view.zoom == 4
    assert view.visible() == Rect(1000, 1000, 1300, 1200)


@given(viewports(), viewports())
def test_linked_views_of_equal_photos_agree(one: Viewport, other: Viewport) -> None:
    other = replace(other, photo=one.photo)
    linked = other.like(one)
    assert close(linked.centre, one.centre, 1e-6)
    assert (linked.zoom, linked.flip) == (one.zoom, one.flip)
    assert linked.rotation == pytest.approx(one.rotation)
    assert (linked.size, linked.dpr) == (other.size, other.dpr)
