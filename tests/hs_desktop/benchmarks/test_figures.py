"""From times to figures, bars and the table."""

from __future__ import annotations

from typing import Any

import pytest

from hs_desktop.benchmarks.bars import ROWS, Row, format_report, format_table, judged
from hs_desktop.benchmarks.endurance import growth
from hs_desktop.benchmarks.run import beside_napari, starts
from hs_desktop.benchmarks.statistics import delays, milliseconds, percentile


def test_percentiles_are_measured_values() -> None:
    values = [float(k) for k in range(1, 101)]
    assert [percentile(values, share) for share in (0, 50, 95, 100)] == [1.0, 50.0, 95.0, 100.0]
    assert percentile([3.0], 99) == 3.0
    assert percentile([1.0, 9.0], 95) == 9.0
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 50)


def test_times_become_figures() -> None:
    assert milliseconds("brush", [0.001, 0.002, 0.25], 50, 95) == {
        "brush_p50_ms": 2.0, "brush_p95_ms": 250.0, "brush_max_ms": 250.0,
    }  # fmt: skip


def test_a_stall_delays_all_that_might_have_happened_in_it() -> None:
    assert delays([0.25, 0.25, 0.125], 0.25) == [0.0, 0.0, 0.0]
    assert delays([0.25, 1.25], 0.25) == [0.0, 1.0, 0.75, 0.5, 0.25]
    one_stall = delays([0.005] * 100 + [0.2], 0.005)
    assert percentile(one_stall, 50) == 0.0
    assert percentile(one_stall, 99) > 0.15


@pytest.mark.parametrize(
    ("row", "value", "met", "bar"),
    [
        (Row("x", "X", at_most=8), 8.0, True, "≤ 8 ms"),
        (Row("x", "X", at_most=8), 8.01, False, "≤ 8 ms"),
        (Row("x", "X", "×", at_least=5), 5.0, True, "≥ 5 ×"),
        (Row("x", "X", "×", at_least=5), 4.9, False, "≥ 5 ×"),
        (Row("x", "X", below=150), 150.0, False, "< 150 ms"),
        (Row("x", "X", "", at_most=1), 1, True, "≤ 1"),
        (Row("x", "X"), 8.0, None, ""),
        (Row("x", "X", at_most=8), None, None, "≤ 8 ms"),
    ],
)
def test_bars(row: Row, value: float | None, met: bool | None, bar: str) -> None:
    assert row.met({"x": value}) is met
    assert row.bar == bar


def test_the_table_shows_what_was_measured() -> None:
    figures = {"window_ms": 1234.5, "loop_p50_ms": 0.4, "stroke_mb": 2.5, "device": "cpu"}
    lines = format_table(figures).splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "window visible after start",
        "delay of the event loop while sampling, p50",
        "undo memory of a stroke of 1000 px",
    ]
    assert lines[0].split()[-5:] == ["ms", "≤", "1,500", "ms", "met"]
    assert "1,234 ms" in lines[0]
    assert lines[1].endswith("0.4 ms")
    assert lines[2].endswith("2.5 MB  ≤ 2 MB      not met")
    assert judged(figures) == {
        "window_ms": {"bar": "≤ 1,500 ms", "met": True},
        "stroke_mb": {"bar": "≤ 2 MB", "met": False},
    }
    assert format_table({}) == "Nothing was measured."


def test_the_report_names_the_machine_and_the_longest_stalls() -> None:
    figures = {
        "device": "cpu bf16", "pack": "tiny 1.0", "platform": "xcb", "loop_p50_ms": 0.4,
        "stalls": [(120.0, "a.py:1 f")],
        "large_stalls": [(300.0 + k, "b.py:2 g") for k in range(5)],
    }  # fmt: skip
    lines = format_report({"figures": figures}).splitlines()
    assert lines[0] == "tiny 1.0 · cpu bf16 · xcb"
    assert lines[2] == "stall of 304 ms: b.py:2 g"
    assert len(lines) == 7


def test_every_figure_has_one_row() -> None:
    assert len({row.key for row in ROWS}) == len({row.name for row in ROWS}) == len(ROWS)


def test_several_starts() -> None:
    rounds: list[dict[str, Any]] = [
        {"window_ms": ms, "first_swap_ms": 10 * ms, "device": "cpu"} for ms in (900.0, 700.0, 800.0)
    ]
    assert starts(rounds) == {
        "window_ms": 800.0, "first_swap_ms": 8000.0, "window_max_ms": 900.0, "device": "cpu",
    }  # fmt: skip


def test_napari_is_compared_where_it_comes_closest() -> None:
    ours = {"brush_fit_p95_ms": 5.0, "brush_full_p95_ms": 10.0}
    figures = beside_napari({"fit": [0.05], "full": [0.03, 0.04]}, ours)
    assert figures["times_napari"] == 4.0
    assert figures["napari_full_p50_ms"] == 30.0


def test_growth_of_memory() -> None:
    assert growth([(40, 100.0)]) == {"swaps_end_mb": 100.0}
    assert growth([(40, 100.0), (50, 200.0)]) == {"swaps_end_mb": 200.0}
    assert growth([(40, 100.0), (50, 200.0), (60, 240.0), (100, 210.0)]) == {
        "swaps_end_mb": 210.0, "swaps_mb": 200.0, "swaps_growth": pytest.approx(5.0),
    }  # fmt: skip
