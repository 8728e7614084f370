"""What every measure makes of zeros, infinities, and runs that diverged or recorded one step."""

import math

import numpy as np
import pytest
import xarray as xr
from edge_numbers import EDGE, ORDINARY, curves, no_warnings, other_zeros
from hypothesis import given, settings
from hypothesis import strategies as st
from learning_curves import number
from learning_curves import results as one_run

from grokspec import measures
from grokspec.errors import GrokspecError
from grokspec.measures.base import measure_named
from grokspec.measures.losses import TERMS

OF_A_QUANTITY = {"final", "growth", "when_memorized"}
"""These give a measure of any recorded quantity; see `test_recorded`."""

OF_NO_HISTORY = {"time_to_grok"}

OTHER = {"Measure", "measure", "measure_named", "with_accuracy", *OF_A_QUANTITY, *OF_NO_HISTORY}
MEASURES = [name for name in measures.__all__ if name not in OTHER]

HISTORIES = [
    *("train_loss", "test_loss", "population_loss", "train_accuracy", "test_accuracy"),
    *("alignment", "weight_norm", "movement", *TERMS),
]
ONCE = ["baseline", "kernel_regression_loss", "lazy_movement"]
SCALES = {
    **dict.fromkeys(["train_loss", "test_loss", "population_loss", *TERMS], 16.0),
    **dict.fromkeys(["baseline", "kernel_regression_loss"], 16.0),
    **dict.fromkeys(["weight_norm", "movement", "lazy_movement"], 2.0),  # as ∜ of a loss
}
"""Factors by which all of a run's quantities may be larger without any measure being so."""


def runs(seed, records=5, among=EDGE, count=60):
    """Networks and their linearized twins, whose recorded numbers are drawn from a list."""
    rng = np.random.default_rng(seed)
    dims, shape = ("linearized", "seed"), (2, count)
    time = rng.choice([0.0, 0.1, 0.1], count)[:, None] * 10.0 ** np.arange(records)
    time[:, 0] = 0.0  # some have a learning rate of zero
    return xr.Dataset(
        {name: ((*dims, "record"), curves(rng, (*shape, records), among)) for name in HISTORIES}
        | {name: (dims, rng.choice(among, shape)) for name in ONCE}
        | {"time": (("seed", "record"), time)},
        {"linearized": [False, True], "alpha": 0.5, "epsilon": ("seed", rng.choice(among, count))},
    )


def of_each_measure(results):
    """What every measure makes of results, by its name."""
    return {name: measure_named(name)(results) for name in MEASURES}


def assert_same(values, expected, rtol=0.0):
    for name in MEASURES:
        np.testing.assert_allclose(values[name], expected[name], rtol, err_msg=name)


# Every measure


any_runs = given(seed=st.integers(0, 2**32 - 1), records=st.sampled_from([1, 2, 5]))
few = settings(max_examples=2)  # each of 60 pairs of runs


@few
@any_runs
def test_a_measure_is_a_number_or_none_whatever_the_sign_of_a_zero_or_an_infinity(seed, records):
    given_runs = runs(seed, records)
    with no_warnings():
        values = of_each_measure(given_runs)
    timed = {n for n in MEASURES if values[n].attrs["units"] in ("η₀ × steps", "decades")}
    assert {name for name in MEASURES if np.isinf(values[name]).any()} <= timed
    assert not [name for name in timed if (values[name] == -math.inf).any()]
    known = {n: given_runs[n].where(np.isfinite(given_runs[n])) for n in HISTORIES}
    assert_same(of_each_measure(given_runs.map(other_zeros)), values)
    assert_same(of_each_measure(given_runs.assign(known)), values)


@few
@any_runs
def test_the_unit_of_the_losses_changes_no_measure(seed, records):
    given_runs = runs(seed, records, ORDINARY)
    scaled = given_runs.assign({each: factor * given_runs[each] for each, factor in SCALES.items()})
    assert_same(of_each_measure(scaled), of_each_measure(given_runs), rtol=1e-12)


def test_a_run_that_diverged_before_its_first_record_has_no_value():
    lost = runs(0, among=ORDINARY).map(lambda values: values * math.nan)
    with no_warnings():
        values = of_each_measure(lost)
    assert not [name for name in MEASURES if values[name].notnull().any()]


@pytest.mark.parametrize("name", MEASURES)
def test_no_runs_have_no_values_and_no_records_are_refused(name):
    some = runs(0, count=2)
    assert measure_named(name)(some.isel(seed=[])).size == 0
    with pytest.raises(GrokspecError, match=f"{name}: these results have no record"):
        measure_named(name)(some.isel(record=[]))


@few
@any_runs
def test_accuracy_at_a_threshold_is_a_share_or_unknown(seed, records):
    rng = np.random.default_rng(seed)
    errors = {
        f"{split}_squared_errors": (
            ("seed", "record", "example"),
            rng.choice(EDGE, (40, records, 3)),
        )
        for split in ("train", "test")
    }
    with no_warnings():
        accuracies = measures.with_accuracy(xr.Dataset(errors), [0.0, 5e-324, 0.3])
    for split in ("train", "test"):
        share = accuracies[f"{split}_accuracy"]
        assert (share.isnull() | ((share >= 0) & (share <= 1))).all()


# Each value by its meaning


def losses(train, test, baseline=1.0):
    return one_run(baseline, train_loss=train, test_loss=test)


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("bump", losses([1, 1], [0, 3])),
        ("bump", losses([1, 1], [0, 0])),
        ("final_loss", losses([1, 1], [1, 1], baseline=0)),
        ("first_fall", losses([0, 1], [1, 1])),
        ("first_fall", losses([1], [1])),
        ("train_fall_at_peak", losses([0, 1], [1, 2])),
        ("largest_loss_gap", losses([0, 1], [1, 2])),
        ("largest_loss_ratio", losses([1, 0], [1, 1])),
        ("loss_when_half_learned", losses([1, 0], [0, 1])),
        ("alignment_growth", one_run(alignment=[0, 1])),
        ("norm_growth", one_run(weight_norm=[0, 1])),
        ("relative_change", one_run(weight_norm=[0, 1], movement=[0, 1])),
        ("norm_over_solution", one_run(weight_norm=[1, 1]).assign_coords(alpha=1, epsilon=0)),
        ("norm_over_solution", one_run(0.0, weight_norm=[1, 1]).assign_coords(alpha=1, epsilon=1)),
    ],
)
def test_what_is_relative_to_a_zero_is_unknown(name, run, zero):
    signed = run.map(lambda values: values.where(values != 0, zero))
    assert np.isnan(number(measure_named(name)(signed)))


def test_a_time_of_zero_has_no_logarithm_so_a_delay_from_or_to_it_is_unknown_in_decades():
    at_once, later, never = [0, 0, 0], [1, 1, 0], [1, 1, 1]
    for train, test in ((at_once, later), (at_once, at_once), (later, at_once)):
        assert np.isnan(number(measures.log_grokking_delay(losses(train, test))))
    assert number(measures.grokking_delay(losses(at_once, later))) > 0
    for delay in (measures.grokking_delay, measures.log_grokking_delay):
        assert number(delay(losses(at_once, never))) == math.inf  # never is late in any unit


def test_where_time_stands_still_a_threshold_is_crossed_at_that_time():
    still = losses([1, 1, 0], [1, 1, 0]).assign(time=("record", [0.0, 0.0, 0.0]))
    assert number(measures.grokking_delay(still)) == 0


@pytest.mark.parametrize("accuracy", [0.0, -0.0])
def test_an_accuracy_of_zero_is_reached_at_once(accuracy):
    run = one_run(test_accuracy=[accuracy, 0.5, 1])
    assert number(measures.generalization_time(run, generalized=0.0)) == 0


def test_a_test_loss_cannot_fall_below_a_training_loss_of_zero():
    run = losses([1, 0, 0], [1, 1, 0])
    accuracy = {
        f"{split}_accuracy": run["train_loss"] * 0 + [0, 1, 1] for split in ("train", "test")
    }
    assert np.isnan(number(measures.log_loss_against_accuracy(run.assign(accuracy))))


def test_equal_losses_are_no_departure_though_they_are_zero():
    dims = ("seed", "linearized", "record")
    run = xr.Dataset(
        {
            "train_loss": (dims, [[[1.0, 1.0]] * 2]),
            "test_loss": (dims, [[[1.0, 0.0]] * 2]),
            "baseline": ("seed", [1.0]),
        },
        {"linearized": [False, True]},
    )
    assert number(measures.departure_until(run)) == number(measures.departure_to_peak(run)) == 0


def test_how_far_a_loss_moved_while_accuracy_was_flat_is_unknown_for_a_run_that_diverged_then():
    run = losses([1, 1, 1], [1, 2, math.nan]).assign(
        test_accuracy=(("seed", "record"), [[0.0, 0.0, math.nan]])
    )
    assert np.isnan(number(measures.highest_loss_while_flat(run)))
    assert np.isnan(number(measures.lowest_loss_while_flat(run)))
