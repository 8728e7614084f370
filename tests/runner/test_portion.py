from __future__ import annotations

import pytest
from experiments import experiment

from grokspec.runner.portion import Portion, portion_of
from grokspec.spec.runs import name_runs

RUNS = name_runs(
    "small",
    [
        (experiment(seed=seed, training__steps=steps), {"seed": seed, "training.steps": steps})
        for steps in (100, 10_000)
        for seed in range(7)
    ],
)


@pytest.mark.parametrize("of", [1, 2, 3, 8, 14, 20])
def test_portions_are_the_runs_without_gap_or_overlap(of):
    portions = [portion_of(RUNS, Portion(number, of)) for number in range(1, of + 1)]
    keys = [run.key for portion in portions for run in portion]
    assert sorted(keys) == sorted(run.key for run in RUNS)


def test_portions_have_about_the_same_work():
    work = [sum(run.experiment.steps for run in portion_of(RUNS, Portion(i, 3))) for i in (1, 2, 3)]
    assert max(work) <= min(work) + 10_100


def test_a_portion_keeps_the_order_of_the_runs():
    portion = portion_of(RUNS, Portion(2, 3))
    assert [RUNS.index(run) for run in portion] == sorted(RUNS.index(run) for run in portion)
