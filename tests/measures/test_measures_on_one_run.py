"""Each measure of a run that has another number at each record, so that none stands for another."""

import math

import numpy as np
import pytest
import xarray as xr
from learning_curves import number, results

from grokspec import measures
from grokspec.measures import measure_named, with_accuracy

RUN = results(
    2.0,
    train_loss=[6, 4, 1.5, 0.5, 0.2],
    test_loss=[5, 4, 8, 3, 1.5],
    train_accuracy=[0.1, 0.4, 0.8, 1.0, 0.9],
    test_accuracy=[0.2, 0.05, 0.02, 0.97, 0.7],
    weight_norm=[2, 3, 4, 6, 5],
    movement=[0, 1, 3, 5, 7],
    alignment=[0.1, 0.2, 0.3, 0.4, 0.5],
).assign(lazy_movement=("seed", [4.0]))
"""Memorizes between steps 10 and 100, and so generalizes; its test loss is largest at step 10."""

TERMS = results(
    2.0,
    population_loss=[10, 11, 14, 6, 2],
    linear_power=[1, 2, 4, 3, 0.5],
    misalignment_error=[7, 6, 8, 2, 1],
    variance_error=[2, 3, 2, 1, 0.5],
).assign(kernel_regression_loss=("seed", [4.0]))

generalizing = 10 * 10 ** ((0.75 - 0.02) / 0.95)
memorizing = 10 * 10 ** ((0.95 - 0.8) / 0.2)

EXPECTED = {
    "final_test_accuracy": 0.7,
    "best_test_accuracy": 0.97,
    "accuracy_when_memorized": 0.02 + 0.75 * 0.95,
    "generalization_time": generalizing,
    "accuracy_delay": generalizing - memorizing,
    "log_accuracy_delay": (0.95 - 0.02) / 0.95 - (0.99 - 0.8) / 0.2,
    "accuracy_gap": 0.78,
    "accuracy_caught_up": 0.78 - 0.2,
    "highest_loss_while_flat": 8 / 5,
    "lowest_loss_while_flat": 4 / 5,
    "loss_when_memorized": 0.5 / 2,
    "final_loss": 1.5 / 2,
    "final_train_loss": 0.2 / 2,
    "bump": 8 / 5,
    "later_bumps": 1,
    "train_fall_at_peak": 1.5 / 6,
    "mean_gap": (21.5 - 12.2) / 5 / 2,
    "largest_loss_gap": 8 / 5 - 1.5 / 6,
    "largest_loss_ratio": 1.5 / 0.2,
    "loss_when_half_learned": 0.8 + (4 / 6 - 0.5) / (2.5 / 6) * 0.8,
    "first_fall": (6 - 4) / 6,
    "norm_growth": 5 / 2,
    "norm_growth_since_memorized": 5 / 6,
    "relative_change": 7 / 2,
    "movement_over_lazy": 7 / 4,
    "initial_alignment": 0.1,
    "alignment_growth": 5,
}
EXPECTED_OF_TERMS = {
    "loss_over_kernel_regression": 2 / 4,
    "final_misalignment": (1.5 * 1 / 2) ** 0.5,
    "final_loss_without_power": (2 - 0.5) / 2,
    "largest_power": 4 / 2,
    "power_transience": (4 - 1) / 2,
    "power_share_of_rise": (4 - 1) / (14 - 10),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_measure_reads_the_records_that_it_says(name):
    assert number(measure_named(name)(RUN)) == pytest.approx(EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED_OF_TERMS)
def test_a_measure_of_the_terms_of_the_loss_reads_the_records_that_it_says(name):
    assert number(measure_named(name)(TERMS)) == pytest.approx(EXPECTED_OF_TERMS[name])


def test_each_term_has_its_own_share_of_the_late_fall():
    shares = measures.late_fall(TERMS).squeeze("seed")
    assert shares.values == pytest.approx([1.5 / 12, 7 / 12, 3.5 / 12])


def test_power_that_stays_is_not_transient():
    stays = TERMS.assign(linear_power=TERMS["linear_power"] * 0 + [1, 2, 8, 9, 6])
    assert number(measures.power_transience(stays)) == (9 - 6) / 2


THROUGHOUT = [
    "accuracy_gap",
    "accuracy_caught_up",
    "bump",
    "later_bumps",
    "train_fall_at_peak",
    "mean_gap",
    "largest_loss_gap",
    "largest_loss_ratio",
    "highest_loss_while_flat",
    "lowest_loss_while_flat",
]


@pytest.mark.parametrize("name", THROUGHOUT)
@pytest.mark.parametrize("record", [1, 2])
def test_what_is_looked_for_throughout_is_unknown_if_one_record_is(name, record):
    known = xr.DataArray(np.arange(5) != record, dims="record")
    curves = ("test_loss", "test_accuracy")
    assert math.isnan(
        number(measure_named(name)(RUN.assign({c: RUN[c].where(known) for c in curves})))
    )


@pytest.mark.parametrize("name", ["largest_power", "power_transience"])
def test_power_is_unknown_if_one_record_of_it_is(name):
    known = xr.DataArray(np.arange(5) != 1, dims="record")
    some = TERMS.assign(linear_power=TERMS["linear_power"].where(known))
    assert math.isnan(number(measure_named(name)(some)))


def test_an_infinity_at_one_record_is_as_unknown_as_a_nan():
    first = xr.DataArray(np.arange(5) == 1, dims="record")
    assert math.isnan(
        number(measures.bump(RUN.assign(test_loss=RUN["test_loss"].where(~first, math.inf))))
    )


@pytest.mark.parametrize(
    ("loss", "bumps"),
    [
        ([5, 6, 4, 8, 7, 9], 2),
        ([5, 6, 7, 4, 3, 2], 0),
        ([5, 4, 4, 3, 3, 2], 0),  # a plateau is no rise
        ([5, 4, 6, 7, 8, 9], 1),
    ],
)
def test_a_bump_is_a_turn_upward_after_a_fall(loss, bumps):
    run = xr.Dataset({"test_loss": (("seed", "record"), [np.array(loss, float)]), "baseline": 1.0})
    assert number(measures.later_bumps(run)) == bumps


def test_a_loss_on_the_threshold_has_not_fallen():
    run = results(1.0, train_loss=[1, 0.6, 0.5, 0.4], weight_norm=[1, 2, 4, 8])
    assert number(measures.norm_growth_since_memorized(run)) == 8 / 4


def test_the_norm_since_it_memorized_is_unknown_for_a_run_that_never_does():
    run = results(1.0, train_loss=[1, 0.9, 0.8, 0.7], weight_norm=[1, 2, 4, 8])
    assert math.isnan(number(measures.norm_growth_since_memorized(run)))


def test_the_delay_is_by_default_between_falls_below_six_tenths_of_the_baseline():
    run = results(1.0, train_loss=[1, 0.7, 0.5, 0.5, 0.5], test_loss=[1, 1, 1, 0.8, 0.4])
    train, test = 10**0.5, 100 * 10**0.5
    assert number(measures.grokking_delay(run)) == pytest.approx(test - train)
    assert number(measures.log_grokking_delay(run)) == pytest.approx(2)


def test_accuracy_is_flat_up_to_its_last_record_below_the_floor_and_not_on_it():
    run = RUN.assign(test_accuracy=RUN["test_accuracy"] * 0 + [0.05, 0.5, 0.05, 0.1, 1])
    run = run.assign(test_loss=run["test_loss"] * 0 + [4, 6, 2, 9, 1])
    assert number(measures.highest_loss_while_flat(run)) == 6 / 4
    assert number(measures.lowest_loss_while_flat(run)) == 2 / 4


def test_an_error_as_large_as_theta_is_right_and_theta_is_a_thousandth_by_default():
    errors = {
        f"{split}_squared_errors": (
            ("seed", "record", f"{split}_example"),
            [[[0.0005, 0.001, 0.0015]]],
        )
        for split in ("train", "test")
    }
    measured = with_accuracy(xr.Dataset(errors))
    assert number(measured["test_accuracy"]) == number(measured["train_accuracy"]) == 2 / 3


@pytest.mark.parametrize(("network", "twin", "share"), [(3, 4, 1 / 4), (4, 3, 1 / 4)])
def test_a_departure_while_loss_is_left_is_a_share_of_the_larger_loss(network, twin, share):
    dims = ("seed", "linearized", "record")
    curves = {"train_loss": [[1, 0.9, 0.1]] * 2, "test_loss": [[5, network, 9], [5, twin, 1]]}
    run = xr.Dataset(
        {name: (dims, np.array([pair], float)) for name, pair in curves.items()},
        {"linearized": [False, True]},
    ).assign(baseline=1.0)
    assert number(measures.departure_until(run)) == pytest.approx(share)


@pytest.mark.parametrize("name", ["largest_departure", "departure_to_peak", "departure_until"])
def test_a_departure_is_unknown_if_the_twins_loss_is_on_the_way(name):
    dims = ("seed", "linearized", "record")
    curves = {"train_loss": [[4, 3, 3, 1]] * 2, "test_loss": [[4, 5, 6, 1], [4, math.nan, 6, 1]]}
    run = xr.Dataset(
        {name: (dims, np.array([pair], float)) for name, pair in curves.items()},
        {"linearized": [False, True]},
    ).assign(baseline=1.0)
    assert math.isnan(number(measure_named(name)(run)))


def test_a_quantity_that_is_counted_in_whole_numbers_is_read_as_it_is():
    counted = RUN.assign(test_loss=RUN["test_loss"].round().astype(int))
    assert number(measures.bump(counted)) == 8 / 5
