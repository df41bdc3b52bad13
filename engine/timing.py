"""How far a job is and how long it still takes, judged by what former jobs took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

# A new time counts this much in a running average.
_NEWEST = 0.3
# Former jobs' times weigh as much in a job's pace as this share of the whole job.
_INERTIA = 0.2


class StageTimes:
    """Running averages over an engine's jobs: seconds a step of each stage takes."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._steps: dict[str, dict[str, int]] = {}

    def seconds_per_step(self, stage: str) -> float | None:
        """``None`` where no job has run through this stage yet."""
        return self._seconds.get(stage)

    def steps_of(self, kind: str) -> Mapping[str, int]:
        """Stages and steps of the last finished job of this kind; empty before the first."""
        return self._steps.get(kind, {})

    def learn(self, stage: str, seconds: float) -> None:
        old = self._seconds.get(stage, seconds)
        self._seconds[stage] = old + _NEWEST * (seconds - old)

    def remember(self, kind: str, steps: Mapping[str, int]) -> None:
        self._steps[kind] = dict(steps)


class JobTimer:
    """One job's stages: what they took, how far they are, what is still to come.

    Args:
        times: shared by an engine's jobs; taught by ``finish``.
        kind: jobs of a kind run through the same stages, unless ``plan`` says otherwise.
        clock: seconds.
    """

    def __init__(
        self, times: StageTimes, kind: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._times, self._kind, self._clock = times, kind, clock
        self._plan: dict[str, int] = dict(times.steps_of(kind))
        self._guesses: Mapping[str, float] = {}
        self._entered: dict[str, int] = {}  # steps of the stages entered so far
        self._done: dict[str, int] = {}  # steps done or served from the cache
        self._worked: dict[str, int] = {}  # steps that took time and say something of the pace
        self._seconds: dict[str, float] = {}
        self._timed: dict[str, float] = {}  # seconds of the steps in _worked
        self._fraction = 0.0
        self.stage = ""
        self.done = self.total = 0
        self._since = 0.0
        self._closed = 0  # stages ended

    def plan(self, steps: Mapping[str, int], seconds: Mapping[str, float] | None = None) -> None:
        """Say what is to come: steps of each stage over the whole job.

        Args:
            steps: stage -> steps, all its rounds together.
            seconds: guesses of seconds a step takes, for stages that were never timed.
        """
        self._plan = dict(steps)
        self._guesses = dict(seconds or {})

    def begin(self, stage: str, total: int) -> None:
        self.stage, self.done, self.total = stage, 0, max(1, total)
        self._entered[stage] = self._entered.get(stage, 0) + self.total
        self._since = self._clock()

    def advance(self, steps: int = 1) -> None:
        steps = min(steps, self.total - self.done)
        self.done += steps
        self._done[self.stage] = self._done.get(self.stage, 0) + steps

    def end(self, *, cached: bool = False, typical: bool = True) -> None:
        """The current stage is over.

        Args:
            cached: it was served from the cache; it counts as no time at all.
            typical: its time tells what it takes another time.
        """
        seconds = 0.0 if cached else self._clock() - self._since
        self.advance(self.total - self.done)
        self._seconds[self.stage] = self._seconds.get(self.stage, 0.0) + seconds
        if typical and not cached:
            self._worked[self.stage] = self._worked.get(self.stage, 0) + self.total
            self._timed[self.stage] = self._timed.get(self.stage, 0.0) + seconds
        self._closed += 1
        self.stage, self.done, self.total = "", 0, 0

    def abandon(self) -> None:
        """The current stage has failed, and something else may come in its place."""
        self._seconds[self.stage] = self._seconds.get(self.stage, 0.0) + self._clock() - self._since
        self._entered[self.stage] -= self.total
        self._done[self.stage] = self._done.get(self.stage, 0) - self.done
        self.stage, self.done, self.total = "", 0, 0

    def add(self, stage: str, seconds: float) -> None:
        """Time spent on what is no part of the job's own course (loading models)."""
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    def finish(self, *, succeeded: bool) -> None:
        """The job is over: what it took teaches the next estimates."""
        for stage, steps in self._worked.items():
            self._times.learn(stage, self._timed[stage] / steps)
        if succeeded:
            self._times.remember(self._kind, self._entered)

    @property
    def milliseconds(self) -> dict[str, float]:
        """Stage -> milliseconds, all its rounds together, the current stage so far included."""
        seconds = dict(self._seconds)
        if self.stage:
            now = self._clock() - self._since
            seconds[self.stage] = seconds.get(self.stage, 0.0) + now
        return {stage: 1000 * value for stage, value in seconds.items()}

    @property
    def fraction(self) -> float:
        """Share of the job that is done, 0..1, never falling."""
        if self._plan:
            steps = self._steps()
            known = [r for stage in steps if (r := self._expected(stage)) is not None]
            usual = sum(known) / len(known) if known else 1.0
            weights = {
                stage: usual if (rate := self._expected(stage)) is None else rate for stage in steps
            }
            whole = sum(steps[stage] * weights[stage] for stage in steps)
            part = sum(self._done.get(stage, 0) * weights[stage] for stage in steps)
            now = part / whole if whole > 0 else 0.0
        else:  # nobody knows what is to come: as if one more stage always were
            stages = self._closed + (self.done / self.total if self.stage else 0.0)
            now = stages / (stages + 1)
        self._fraction = min(1.0, max(self._fraction, now))
        return self._fraction

    @property
    def seconds_left(self) -> float | None:
        """Estimate for the whole job; ``None`` while there is nothing to judge it by."""
        if not self._plan:
            return None
        steps = self._steps()
        pace = self._pace(steps)
        left = 0.0
        for stage, total in steps.items():
            remaining = total - self._done.get(stage, 0)
            if remaining <= 0:
                continue
            rate = self._own_rate(stage)
            if rate is None:
                expected = self._expected(stage)
                if expected is None:
                    return None
                rate = pace * expected
            left += remaining * rate
        return left

    def _steps(self) -> dict[str, int]:
        """Steps of all stages of the job, as planned or, where that is more, as entered."""
        stages = {**self._plan, **self._entered}
        return {s: max(self._plan.get(s, 0), self._entered.get(s, 0)) for s in stages}

    def _expected(self, stage: str) -> float | None:
        """Seconds per step before this job has shown its own pace."""
        known = self._times.seconds_per_step(stage)
        return self._guesses.get(stage) if known is None else known

    def _own_rate(self, stage: str) -> float | None:
        """Seconds per step in this very job, once two steps or more have shown it."""
        steps, seconds = self._worked.get(stage, 0), self._timed.get(stage, 0.0)
        if stage == self.stage and self.done:
            steps, seconds = steps + self.done, seconds + self._clock() - self._since
        return seconds / steps if steps >= 2 else None

    def _pace(self, steps: Mapping[str, int]) -> float:
        """How much longer this job's steps take than expected; 1 at its beginning."""
        rates = {s: r for s in steps if (r := self._expected(s)) is not None}
        inertia = _INERTIA * sum(steps[s] * r for s, r in rates.items())
        expected = sum(self._worked.get(s, 0) * r for s, r in rates.items())
        spent = sum(self._timed.get(s, 0.0) for s in rates)
        return (spent + inertia) / (expected + inertia) if expected + inertia > 0 else 1.0
