"""How long a job will take yet."""

from __future__ import annotations

import pytest

from engine.timing import JobTimer, StageTimes


class Course:
    """Jobs of two stages on a clock of their own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times = StageTimes()

    def timer(self, kind: str = "swap") -> JobTimer:
        return JobTimer(self.times, kind, lambda: self.now)

    def run(self, timer: JobTimer, stage: str, seconds: list[float]) -> list[float | None]:
        """Go through a stage; returns what was said to be left before and after each step."""
        timer.begin(stage, len(seconds))
        left = [timer.seconds_left]
        for step in seconds:
            self.now += step
            timer.advance()
            left.append(timer.seconds_left)
        timer.end()
        return left


def test_time_left_is_unknown_at_first_then_learnt() -> None:
    course = Course()
    timer = course.timer()
    assert course.run(timer, "parse", [1.0]) == [None, None]
    assert course.run(timer, "sample", [0.5] * 4) == [None] * 5
    timer.finish(succeeded=True)
    timer = course.timer()  # the same stages are expected without a plan
    assert timer.seconds_left == pytest.approx(3)
    assert course.run(timer, "parse", [1.0]) == pytest.approx([3, 2])
    assert timer.fraction == pytest.approx(1 / 3)
    assert course.run(timer, "sample", [0.5] * 4) == pytest.approx([2, 1.5, 1, 0.5, 0])
    assert course.timer("retouch").seconds_left is None
    other = course.timer("retouch")
    other.plan({"sample": 10})  # a stage takes as long in every kind of job
    assert other.seconds_left == pytest.approx(5)


def test_time_left_follows_the_pace_of_this_job() -> None:
    course = Course()
    timer = course.timer()
    timer.plan({"parse": 1, "sample": 4, "compose": 1}, {"parse": 1, "sample": 0.5, "compose": 1})
    assert timer.seconds_left == pytest.approx(4)
    course.run(timer, "parse", [3.0])  # a slow machine
    assert timer.seconds_left is not None
    assert 5 < timer.seconds_left < 9
    left = course.run(timer, "sample", [1.5] * 4)
    assert left[2] is not None
    assert left[2] == pytest.approx(5.4, abs=0.5)  # two steps to go, and the slow last stage


def test_a_cached_stage_says_nothing_of_the_pace() -> None:
    course = Course()
    for _ in range(2):
        timer = course.timer()
        course.run(timer, "parse", [1.0])
        course.run(timer, "sample", [1.0, 1.0])
        timer.finish(succeeded=True)
    timer = course.timer()
    timer.begin("parse", 1)
    timer.end(cached=True)
    assert timer.milliseconds == {"parse": 0}
    assert timer.fraction == pytest.approx(1 / 3)
    assert timer.seconds_left == pytest.approx(2)
    timer.finish(succeeded=True)
    assert course.times.seconds_per_step("parse") == pytest.approx(1)


def test_averages_run() -> None:
    times = StageTimes()
    for seconds in (1.0, 2.0, 2.0, 2.0):
        times.learn("parse", seconds)
    assert times.seconds_per_step("parse") == pytest.approx(2 - 0.7**3)


def test_more_rounds_than_planned_never_go_back() -> None:
    course = Course()
    timer = course.timer()
    timer.plan({"sample": 2})
    fractions = []
    for _ in range(3):
        course.run(timer, "sample", [1.0, 1.0])
        fractions.append(timer.fraction)
    assert fractions == sorted(fractions)
    assert timer.milliseconds == {"sample": pytest.approx(6000)}
