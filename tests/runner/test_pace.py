from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from experiments import experiment

from grokspec.engines.base import Cost, engine_of
from grokspec.plan import Stack, stack_runs
from grokspec.runner import pace
from grokspec.runner.pace import ASSUMED_RATE, LONGEST, OF_UNKNOWN_COST, STEP, Clock, Pace
from grokspec.spec.runs import name_runs

NOTHING_KNOWN = Pace([], "cpu")


def stack_of(count: int, flops: float, steps: int = 100, memory: float = 1e3) -> Stack:
    """A stack of runs that cost so many flop each."""
    described = experiment(training__steps=steps, engine="moments")
    (run,) = name_runs("small", [(described, {})])
    return Stack((run,) * count, Cost(flops=flops, memory=memory))


def took(seconds: float, flops: float, runs: int = 10) -> list[SimpleNamespace]:
    """What results of the moments engine took, so long each."""
    module = type(engine_of(experiment(engine="moments"))).__module__
    return [SimpleNamespace(seconds=seconds, flops=flops, device="cpu", modules={module})] * runs


@pytest.mark.parametrize("flops", [1e4, 1e7, 1e9, 1e11])
def test_a_stack_of_many_runs_takes_minutes_at_most(flops):
    stack = stack_of(50_000, flops)
    part, _ = stack.split(NOTHING_KNOWN.most_runs(stack))
    assert NOTHING_KNOWN.seconds(part) <= 1.01 * LONGEST + pace.STACK


@pytest.mark.parametrize("flops", [1e4, 1e7, 1e9])
def test_a_stack_is_not_smaller_than_it_has_to_be(flops):
    stack = stack_of(50_000, flops)
    most = NOTHING_KNOWN.most_runs(stack)
    assert most >= 50_000 or NOTHING_KNOWN.seconds(stack.split(2 * most + 1)[0]) > LONGEST


def test_runs_that_take_longer_each_are_stacked_as_far_as_that_saves_time():
    steps = int(10 * LONGEST / STEP)  # the interpreter alone takes twenty minutes
    cheap = stack_of(100, flops=1e9, steps=steps)
    assert NOTHING_KNOWN.most_runs(cheap) >= 100
    costly = stack_of(100, flops=100 * LONGEST * ASSUMED_RATE, steps=steps)
    assert NOTHING_KNOWN.most_runs(costly) <= 1


def test_a_measured_rate_makes_other_stacks():
    stack = stack_of(1_000, flops=1e9)
    slow, quick = (Pace(took(seconds, 1e9), "cpu") for seconds in (10.0, 0.1))
    assert slow.most_runs(stack) == LONGEST / 10
    assert quick.most_runs(stack) > slow.most_runs(stack)


def test_runs_of_unknown_cost_are_few_until_some_have_been_timed():
    stack = Stack(stack_of(100, 1).runs, Cost(flops=1, memory=0, is_known=False))
    assert NOTHING_KNOWN.most_runs(stack) == OF_UNKNOWN_COST
    assert Pace(took(0.5, 1), "cpu").most_runs(stack) > OF_UNKNOWN_COST


def test_stacks_are_cut_to_the_most_runs_that_may_train_together():
    runs = name_runs("small", [(experiment(seed=seed), {"seed": seed}) for seed in range(10)])
    assert [len(stack.runs) for stack in stack_runs(runs, most=lambda whole: 4)] == [3, 3, 4]
    assert [len(stack.runs) for stack in stack_runs(runs, most=lambda whole: 0)] == [1] * 10


def clock(seconds: float) -> Clock:
    made = Clock(seconds)
    made.pace = NOTHING_KNOWN
    return made


def test_without_a_limit_there_is_time_for_everything():
    stack = stack_of(50, flops=1e15)
    assert Clock().runs_in_time(stack) == 50
    assert not Clock().is_over


def test_only_what_fits_into_the_time_is_begun():
    stack = stack_of(50, flops=ASSUMED_RATE)  # a second each
    assert clock(1000).runs_in_time(stack) == 50
    assert 15 <= clock(20.5).runs_in_time(stack) <= 20
    assert clock(0.5).runs_in_time(stack) == 0


def test_a_clock_learns_that_stacks_take_longer_than_expected():
    stack = stack_of(50, flops=ASSUMED_RATE)
    slow = clock(1000)
    slow.took(stack, 3_000)
    assert 0 < slow.runs_in_time(stack) < 50


def test_a_clock_ends():
    ended = Clock(0.01)
    time.sleep(0.02)
    assert ended.is_over
