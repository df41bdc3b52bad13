"""What is measured, what it has to reach, and the table of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hs_desktop.i18n import N_, _

STALLS_SHOWN = 5  # the longest


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        key: of the figure.
        name: what it is, to be translated.
        unit: of the figure and the bar.
        at_most, at_least: the bar; without both the figure is there to be known.
        below: at most, but not even equal to this.
    """

    key: str
    name: str
    unit: str = "ms"
    at_most: float | None = None
    at_least: float | None = None
    below: float | None = None

    @property
    def has_bar(self) -> bool:
        return any(bar is not None for bar in (self.at_most, self.at_least, self.below))

    def met(self, figures: Mapping[str, Any]) -> bool | None:
        """Whether the bar is reached; ``None`` without a bar or a figure."""
        value = figures.get(self.key)
        if value is None or not self.has_bar:
            return None
        return (
            (self.at_most is None or value <= self.at_most)
            and (self.at_least is None or value >= self.at_least)
            and (self.below is None or value < self.below)
        )

    @property
    def bar(self) -> str:
        for sign, limit in (("≤", self.at_most), ("≥", self.at_least), ("<", self.below)):
            if limit is not None:
                return f"{sign} {with_unit(limit, self.unit)}"
        return ""


ROWS: tuple[Row, ...] = (
    Row("window_ms", N_("window visible after start"), at_most=1500),
    Row("window_max_ms", N_("the slowest of the starts")),
    Row("swap_possible_ms", N_("swap of the sample photos possible after start"), at_most=5000),
    Row("first_swap_ms", N_("first swap, from order to result")),
    Row("loop_p50_ms", N_("delay of the event loop while sampling, p50")),
    Row("loop_p99_ms", N_("delay of the event loop while sampling, p99"), at_most=50),
    Row("loop_max_ms", N_("longest stall while sampling"), below=150),
    Row("large_loop_p99_ms", N_("delay of the event loop, two photos of 24 MP, p99")),
    Row("large_loop_max_ms", N_("longest stall, two photos of 24 MP")),
    Row("brush_fit_p50_ms", N_("brush of 200 px on 24 MP, whole photo shown, p50")),
    Row("brush_fit_p95_ms", N_("brush of 200 px on 24 MP, whole photo shown, p95"), at_most=8),
    Row("brush_full_p50_ms", N_("brush of 200 px on 24 MP at 100 %, p50")),
    Row("brush_full_p95_ms", N_("brush of 200 px on 24 MP at 100 %, p95"), at_most=8),
    Row("undo_p95_ms", N_("undo of a stroke, p95"), at_most=30),
    Row("redo_p95_ms", N_("redo of a stroke, p95"), at_most=30),
    Row("stroke_mb", N_("undo memory of a stroke of 1000 px"), "MB", at_most=2),
    Row("napari_fit_p95_ms", N_("napari's brush, whole layout shown, p95")),
    Row("napari_full_p95_ms", N_("napari's brush at 100 %, p95")),
    Row("times_napari", N_("faster than napari's brush"), "×", at_least=5),
    Row("zoom_p95_ms", N_("a frame of zooming a photo of 50 MP, p95"), at_most=16),
    Row("pan_p95_ms", N_("a frame of panning a photo of 50 MP, p95"), at_most=16),
    Row("view_max_ms", N_("the slowest of these frames")),
    Row("photos_mb", N_("memory with two photos of 24 MP and layouts, no models"), "MB",
        at_most=1500),
    Row("photos_peak_mb", N_("most memory on the way there"), "MB"),
    Row("live_preview_p50_ms", N_("live: end of stroke to first preview, p50")),
    Row("live_preview_max_ms", N_("live: end of stroke to first preview, slowest"), at_most=500),
    Row("live_final_p50_ms", N_("live: end of stroke to final result, p50")),
    Row("live_final_max_ms", N_("live: end of stroke to final result, slowest"), at_most=2000),
    Row("cancel_max_ms", N_("cancelling, slowest")),
    Row("step_ms", N_("a step of sampling with its preview")),
    Row("cancel_steps", N_("steps until a cancelled job ends"), "", at_most=1),
    Row("swaps_mb", N_("memory after 50 swaps"), "MB"),
    Row("swaps_end_mb", N_("memory after all swaps"), "MB"),
    Row("swaps_growth", N_("growth of memory after 50 swaps"), "%", at_most=5),
)  # fmt: skip


def judged(figures: Mapping[str, Any]) -> dict[str, Any]:
    """For each measured row that has a bar: the bar, and whether it is met."""
    return {
        row.key: {"bar": row.bar, "met": met}
        for row in ROWS
        if (met := row.met(figures)) is not None
    }


def format_table(figures: Mapping[str, Any], rows: Sequence[Row] = ROWS) -> str:
    """The measured rows as aligned text: name, figure, bar, whether it is met."""
    lines = []
    for row in rows:
        if (value := figures.get(row.key)) is not None:
            verdict = {None: "", True: _("met"), False: _("not met")}[row.met(figures)]
            lines.append((_(row.name), with_unit(value, row.unit), row.bar, verdict))
    if not lines:
        return _("Nothing was measured.")
    widths = [max(len(line[k]) for line in lines) for k in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}}  {bar:<{widths[2]}}  {verdict}".rstrip()
        for name, value, bar, verdict in lines
    )


def format_report(report: Mapping[str, Any]) -> str:
    """What was measured with, the table, and where the window stood still for too long."""
    figures = report["figures"]
    machine = [figures[key] for key in ("pack", "device", "platform") if figures.get(key)]
    stalls = [*figures.get("stalls", ()), *figures.get("large_stalls", ())]
    lines = [" · ".join(machine)] if machine else []
    lines.append(format_table(figures))
    lines += [
        _("stall of {length:.0f} ms: {place}").format(length=length, place=place)
        for length, place in sorted(stalls, reverse=True)[:STALLS_SHOWN]
    ]
    return "\n".join(lines)


def with_unit(value: float, unit: str) -> str:
    """Three digits that count, and no more behind the point than that needs."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f} {unit}".rstrip()
    return f"{value:.3g} {unit}".rstrip()
