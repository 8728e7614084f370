"""How long stacks take, by what similar runs took; and what fits into the time that is left."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from grokspec.plan import Stack
    from grokspec.store import Timing

# Measured with the shipped specs, on one core of a server of 2025: of eleven specs, nine took
# between half and twice the time that these numbers give.

ASSUMED_RATE = 1e10
"""Flop per second assumed for a stack in training, while the store has no results to measure it."""

STEP = 3e-4
"""Seconds that the interpreter takes for a step of the runs that train at once."""

STACK = 0.1
"""Seconds before the first step of a stack: data, initial weights and the first records."""

START = 4.0
"""Seconds until a worker has loaded torch."""

LONGEST = 120.0
"""Seconds that a stack of several runs may take: what is killed loses no more than that."""

OF_UNKNOWN_COST = 16
"""How many runs whose cost is unknown are a stack at most."""

TYPICAL = 10.0
"""Seconds of work as expected that a first stack is weighed against, which also loads torch."""

SIMILAR = 3.0
"""A rate is measured from results with up to so many times more or less arithmetic: of small runs,
most of the time is the interpreter's."""


class Rate(BaseModel):
    """How fast an engine trains one stack on a device."""

    model_config = ConfigDict(frozen=True)

    engine: str
    device: str
    flops_per_second: float
    results: int
    """Number of results in the store that this is measured from; 0 if it is assumed."""
    of_arithmetic: bool = True
    """Whether a run's flop are known; if not, each run counts as one."""

    @property
    def is_known(self) -> bool:
        """Whether it says how long a stack takes."""
        return self.of_arithmetic or bool(self.results)


class Pace:
    """How fast stacks train on a device, by results in the store."""

    def __init__(self, timings: Iterable[Timing], device: str) -> None:
        self._device = device
        self._timed = [t for t in timings if t.seconds > 0 and t.device.startswith(device)]
        self._rates: dict[tuple[str, float], Rate] = {}

    def rate(self, stacks: Sequence[Stack]) -> Rate:
        """How fast one engine trains stacks like these, which are all its own."""
        engine = stacks[0].engine
        module = type(stacks[0].runs[0].engine).__module__
        sizes = [stack.each.flops for stack in stacks]
        least, most = min(sizes) / SIMILAR, max(sizes) * SIMILAR
        own = [t for t in self._timed if module in t.modules and least <= t.flops <= most]
        flops = sum(timing.flops for timing in own)
        speed = flops / sum(timing.seconds for timing in own) if flops else ASSUMED_RATE
        return Rate(
            engine=engine,
            device=self._device,
            flops_per_second=speed,
            results=len(own) if flops else 0,
            of_arithmetic=stacks[0].each.is_known,
        )

    def seconds(self, stack: Stack) -> float | None:
        """How long a stack takes; None if that is unknown."""
        rate = self._rate_of(stack)
        return seconds_of(stack, rate) if rate.is_known else None

    def most_runs(self, stack: Stack) -> int:
        """How many runs of a stack may train together so that they take at most `LONGEST`.

        There are more where it is not their number that takes the time: what the interpreter does
        in each step, it does once for all that train at a time.
        """
        rate = self._rate_of(stack)
        if not rate.is_known:
            return OF_UNKNOWN_COST
        each = stack.each.flops / rate.flops_per_second
        steps = (stack.runs[0].experiment.steps or 0) * STEP
        at_once = stack.each.runs_at_once(rate.device, len(stack.runs))
        together = steps + at_once * each
        if together <= LONGEST:
            return at_once * int(LONGEST / max(together, STACK))
        return min(at_once, int(max(LONGEST, steps) / each)) if each else at_once

    def _rate_of(self, stack: Stack) -> Rate:
        known = stack.engine, stack.each.flops
        if known not in self._rates:
            self._rates[known] = self.rate([stack])
        return self._rates[known]


def seconds_of(stack: Stack, rate: Rate) -> float:
    """How long a stack takes at a rate."""
    at_once = stack.each.runs_at_once(rate.device, len(stack.runs))
    steps = (stack.runs[0].experiment.steps or 0) * math.ceil(len(stack.runs) / at_once)
    arithmetic = stack.cost.flops / rate.flops_per_second
    if rate.results:  # what they took includes the interpreter's time
        return STACK + max(arithmetic, steps * STEP)
    return STACK + arithmetic + steps * STEP


class Clock:
    """The time that a training may take, and what can be done in what is left of it."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._end = time.monotonic() + seconds
        self._expected = self._taken = TYPICAL
        self.pace: Pace | None = None
        """By which it is known how long stacks take."""

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._end

    def took(self, stack: Stack, seconds: float) -> None:
        """Learn from the time that a stack took."""
        if self.pace and (expected := self.pace.seconds(stack)) is not None:
            self._expected += expected
            self._taken += seconds

    def runs_in_time(self, stack: Stack) -> int:
        """How many runs of a stack can be trained in the time that is left."""
        left = self._end - time.monotonic()
        if self.pace is None or math.isinf(left) or self._seconds(stack) <= left:
            return len(stack.runs)
        counts = range(1, len(stack.runs))
        return bisect.bisect_right(counts, left, key=lambda n: self._seconds(stack.split(n)[0]))

    def _seconds(self, stack: Stack) -> float:
        """How long a stack takes, by the pace of those before; 0 while nothing is known."""
        assert self.pace is not None
        return (self.pace.seconds(stack) or 0.0) * self._taken / self._expected


ENDLESS = Clock()
"""The time of a training without a limit."""
