"""From times to the few numbers that are told of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Figures = dict[str, Any]  # by key; numbers where a row of the table shows them


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0..100) per cent of all don't exceed.

    Never a mean of two: a figure is always one that was measured.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    return float(np.percentile(values, share, method="inverted_cdf"))


def milliseconds(name: str, seconds: Sequence[float], *shares: float) -> Figures:
    """Percentiles of times as figures: ``NAME_p95_ms`` and so on, and ``NAME_max_ms``."""
    figures = {f"{name}_p{share:g}_ms": 1000 * percentile(seconds, share) for share in shares}
    figures[f"{name}_max_ms"] = 1000 * max(seconds)
    return figures


def delays(gaps: Iterable[float], interval: float) -> list[float]:
    """How late the ticks of a timer came, those that it left out included.

    A loop that stands still for a second delays whatever might have happened in that second,
    not only the one tick that comes after it.

    Args:
        gaps: seconds from each tick to the next.
        interval: seconds between two ticks of a timer that is always on time.
    """
    late: list[float] = []
    for gap in gaps:
        delay = max(0.0, gap - interval)
        late.append(delay)
        while delay > interval:
            delay -= interval
            late.append(delay)
    return late
