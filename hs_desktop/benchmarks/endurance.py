"""Many swaps in a row in one process: does memory stay what it was?

Results that are kept are meant to take memory, up to the budgets of the preferences. So every
ten swaps the project is given up for a new one: what stays then is lost.
"""

from __future__ import annotations

from engine.evaluation.machine import resident_memory_mb
from hs_desktop.benchmarks.session import Session
from hs_desktop.benchmarks.statistics import Figures

WARM_UP = 50  # swaps until everything has its size
PROJECT = 10  # swaps in a project


async def measure(session: Session, *, swaps: int) -> Figures:
    """Memory after the first 50 swaps of the sample photos and after all.

    Args:
        session: with the engine.
        swaps: how many; no growth can be told of 50 or fewer.
    """
    session.editor.seed_locked = False
    course: list[tuple[int, float]] = []
    for number in range(1, swaps + 1):
        if (number - 1) % PROJECT == 0:
            session.editor.new()  # without a question
            await session.open_sample()
        session.editor.swap()
        await session.idle()
        if number % PROJECT == 0 or number == swaps:
            course.append((number, resident_memory_mb()))
            session.tell(number, swaps)
    return {"swaps_course": course, **growth(course)}


def growth(course: list[tuple[int, float]]) -> Figures:
    """Of pairs (swaps, MB): memory after the first 50 swaps and at the end, and growth in %."""
    figures: Figures = {"swaps_end_mb": course[-1][1]}
    after = [memory for number, memory in course if number >= WARM_UP]
    if len(after) > 1:
        figures["swaps_mb"] = after[0]
        figures["swaps_growth"] = 100 * (after[-1] / after[0] - 1)
    return figures
