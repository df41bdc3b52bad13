from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hs_desktop.tools.stabilisers import Direct, Lagging, Stabiliser
from hs_desktop.tools.strokes import Brush, Dab, Stroke

Curve = Callable[[float], tuple[float, float, float]]  # t in 0..1 -> x, y, pressure


def drawn(
    curve: Curve, times: list[float], brush: Brush, stabiliser: Stabiliser | None = None
) -> list[Dab]:
    stroke = Stroke(brush, stabiliser)
    dabs = [dab for t in times for dab in stroke.add(*curve(t))]
    return dabs + stroke.finish()


def straight(t: float) -> tuple[float, float, float]:
    return 10 + 400 * t, 20 + 300 * t, t


def circle(t: float) -> tuple[float, float, float]:
    return 200 * math.cos(6 * t), 200 * math.sin(6 * t), 1.0


def positions(dabs: list[Dab]) -> np.ndarray:
    return np.array([(d.x, d.y, d.diameter) for d in dabs])


moments = st.lists(st.floats(0.001, 0.999), max_size=40).map(lambda ts: [0.0, *sorted(ts), 1.0])


@settings(max_examples=40)
@given(
    moments,
    st.sampled_from([Direct, lambda: Lagging(30)]),
    st.floats(0, 1),
)
def test_the_rate_of_events_does_not_matter(
    times: list[float], stabiliser: Callable[[], Stabiliser], by_pressure: float
) -> None:
    brush = Brush(40, spacing=0.25, size_by_pressure=by_pressure)
    often = positions(drawn(straight, np.linspace(0, 1, 200).tolist(), brush, stabiliser()))
    seldom = positions(drawn(straight, times, brush, stabiliser()))
    n = min(len(often), len(seldom))
    assert abs(len(often) - len(seldom)) <= 1
    np.testing.assert_allclose(seldom[:n], often[:n], atol=1e-6)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(*[st.integers(0, 200)] * 2, st.floats(0, 1)), min_size=2, max_size=6),
    st.lists(st.floats(0, 1), max_size=30),
    st.sampled_from([lambda: Lagging(30), lambda: Lagging(0.2)]),
)
def test_the_stabilisers_see_the_hands_way_not_its_events(
    corners: list[tuple[int, int, float]],
    between: list[float],
    stabiliser: Callable[[], Stabiliser],
) -> None:
    def way(t: float) -> tuple[float, float, float]:
        x, y, pressure = (np.interp(t, whole, values) for values in zip(*corners, strict=True))
        return float(x), float(y), float(pressure)

    whole = np.linspace(0, 1, len(corners)).tolist()
    brush = Brush(40, spacing=0.25, size_by_pressure=1.0)
    seldom = positions(drawn(way, whole, brush, stabiliser()))
    often = positions(drawn(way, sorted([*whole, *between]), brush, stabiliser()))
    assert abs(len(often) - len(seldom)) <= 1
    n = min(len(often), len(seldom))
    np.testing.assert_allclose(seldom[:n], often[:n], atol=1e-4)


def test_curves_are_smooth_however_seldom_the_events() -> None:
    dabs = drawn(circle, np.linspace(0, 1, 25).tolist(), Brush(10, spacing=0.2))
    radius = np.hypot(*positions(dabs)[:, :2].T)
    assert np.abs(radius - 200).max() < 2.5  # the straight lines between would be off by 2
    heading = np.unwrap(np.arctan2(*np.diff(positions(dabs)[2:-2, :2], axis=0).T[::-1]))
    assert np.diff(heading).max() < 0.1  # a polygon would have corners of 0.25


@pytest.mark.parametrize(
    ("spacing", "diameter", "step"), [(0.1, 100, 10), (0.5, 8, 4), (0, 9, 0.5)]
)
def test_dabs_are_equally_far_apart(spacing: float, diameter: float, step: float) -> None:
    dabs = drawn(straight, [0, 0.3, 0.34, 1], Brush(diameter, spacing=spacing))
    gaps = np.hypot(*np.diff(positions(dabs)[:, :2], axis=0).T)
    np.testing.assert_allclose(gaps, step, atol=1e-6)
    assert (dabs[0].x, dabs[0].y) == (10, 20)
    assert math.hypot(dabs[-1].x - 410, dabs[-1].y - 320) <= step


def test_a_tap_is_one_dab() -> None:
    brush = Brush(30)
    for times in ([0.0], [0.0, 0.0, 0.0]):
        assert drawn(straight, times, brush) == [Dab(10, 20, 30, 1.0)]
    assert Stroke(brush).finish() == []


def test_pressure() -> None:
    brush = Brush(40, opacity=0.5, size_by_pressure=1, opacity_by_pressure=0.5)
    dab = Stroke(brush).add(0, 0, 0.25)[0]
    assert (dab.diameter, dab.opacity) == (10, pytest.approx(0.5 * 0.625))
    assert Stroke(Brush(40)).add(0, 0, 0.1)[0] == Dab(0, 0, 40, 1)


def test_lagging_smooths_a_shaky_hand_and_catches_up() -> None:
    rng = np.random.default_rng(0)
    shaky = [(2.0 * i, float(rng.normal(0, 4)), 1.0) for i in range(200)]

    def shake(stabiliser: Stabiliser | None) -> list[Dab]:
        stroke = Stroke(Brush(10, spacing=0.2), stabiliser)
        dabs = [dab for p in shaky for dab in stroke.add(*p)]
        return dabs + stroke.finish()

    calm, plain = positions(shake(Lagging(60))), positions(shake(None))
    assert calm[20:-40, 1].std() < 0.4 * plain[:, 1].std()
    assert calm[-1, 0] == pytest.approx(398, abs=3)
