"""The time to grok is what was recorded as such, or when a run ended."""

import numpy as np
import xarray as xr

from grokspec.measures import time_to_grok


def ended(**runs):
    """Results of runs, each with a status and the step at which it ended."""
    status, steps = zip(*runs.values(), strict=True)
    return xr.Dataset(
        {"status": ("seed", list(status)), "ended_at": ("seed", list(steps))},
        {"seed": np.arange(len(runs))},
    )


def test_a_run_groks_when_it_ends():
    results = ended(one=("ended", 340.0), other=("ended", 1200.0))
    assert time_to_grok(results).values.tolist() == [340, 1200]


def test_a_run_that_takes_all_its_steps_never_groks():
    results = ended(one=("ended", 340.0), other=("finished", np.nan))
    assert time_to_grok(results).values.tolist() == [340, np.inf]


def test_of_a_run_that_diverged_or_is_absent_nothing_is_known():
    results = ended(one=("diverged", np.nan), other=("absent", np.nan))
    assert time_to_grok(results).isnull().all()


def test_what_was_recorded_as_the_time_counts():
    results = ended(one=("finished", np.nan), other=("finished", np.nan))
    results["grok_step"] = ("seed", [1495.0, np.inf])
    assert time_to_grok(results).values.tolist() == [1495, np.inf]
