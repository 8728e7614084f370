import numpy as np
import pytest
import xarray as xr

from grokspec import measures
from grokspec.measures.crossing_times import reaching_time, value_at_reaching

STEPS = np.array([0, 1, 10, 100, 1000])
LATE = {
    "train_loss": [1, 0.8, 0.5, 0.2, 0],
    "test_loss": [1, 1.2, 1.5, 0.5, 0.1],
    "train_accuracy": [0, 0.5, 1, 1, 1],
    "test_accuracy": [0.2, 0, 0, 1, 1],
}
"""Memorizes by step 10 at a loss of a half, and generalizes by step 100, also at a half."""


def results(baseline=1.0, **quantities):
    """Results with one axis, seed, made of one curve each."""
    curves = {name: (("seed", "record"), np.array([v], float)) for name, v in quantities.items()}
    time = ("record", STEPS.astype(float))
    return xr.Dataset(curves | {"baseline": ("seed", [baseline]), "time": time})


def late(**changes):
    return results(**(LATE | changes))


def number(measured):
    return float(measured.squeeze())


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        ([0, 0, 0.5, 1, 1], 100),  # reached, not exceeded
        ([0, 0, 0.5, 0.9, 0.9], np.inf),  # never
        ([1, 1, 1, 1, 1], 0),  # at once
        ([0, np.nan, np.nan, np.nan, np.nan], np.nan),  # diverged before
        ([0, 0, 1, np.nan, np.nan], 10),  # diverged after
    ],
)
def test_an_accuracy_is_reached_where_it_is_as_high(accuracy, expected):
    accuracy = xr.DataArray([np.array(accuracy, float)], dims=("seed", "record"))
    time = xr.DataArray(STEPS.astype(float), dims="record")
    assert number(reaching_time(accuracy, time, 1.0)) == pytest.approx(expected, nan_ok=True)


def test_reaching_is_interpolated_in_log_time():
    accuracy = xr.DataArray([[0.0, 0.0, 0.5, 1.0, 1.0]], dims=("seed", "record"))
    time = xr.DataArray(STEPS.astype(float), dims="record")
    assert number(reaching_time(accuracy, time, 0.75)) == pytest.approx(10**1.5)


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        ([0, 0.5, 1, 1, 1], 5),
        ([1, 1, 1, 1, 1], 9),
        ([0, 0.4, 0.5, 0.6, 0.7], np.nan),
        ([0, np.nan, 1, 1, 1], np.nan),
    ],
)
def test_another_quantity_is_read_where_an_accuracy_is_reached(accuracy, expected):
    accuracy = xr.DataArray([np.array(accuracy, float)], dims=("seed", "record"))
    values = xr.DataArray([[9.0, 7.0, 3.0, 2.0, 1.0]], dims=("seed", "record"))
    assert number(value_at_reaching(accuracy, 0.75, values)) == pytest.approx(expected, nan_ok=True)


def test_delay_in_accuracy_is_the_ratio_of_the_times_in_decades():
    assert number(measures.log_accuracy_delay(late(), 1.0, 1.0)) == pytest.approx(1)


def test_delay_in_accuracy_is_infinite_without_generalizing_and_unknown_without_memorizing():
    never = late(test_accuracy=[0, 0, 0, 0, 0.9])
    failed = late(train_accuracy=[0, 0, 0, 0, 0.9])
    assert number(measures.log_accuracy_delay(never)) == np.inf
    assert np.isnan(number(measures.log_accuracy_delay(failed)))


def test_loss_when_memorized_is_in_units_of_the_baseline():
    assert number(measures.loss_when_memorized(late())) == 0.5
    assert number(measures.loss_when_memorized(late(baseline=2.0))) == 0.25
    assert number(measures.loss_when_memorized(late(), accuracy=0.75)) == pytest.approx(0.65)


def test_loss_and_accuracy_agree_where_accuracy_is_one_function_of_loss():
    # The test loss falls from 1.5 to the memorized level 0.5 just at the record at step 100, and
    # below it, which counts, right after.
    agreement = measures.log_loss_against_accuracy(late())
    assert number(agreement) == pytest.approx(0, abs=1e-12)


def test_loss_and_accuracy_part_where_the_test_loss_comes_late_or_never():
    late_loss = late(test_loss=[1, 1.2, 1.5, 1.5, 0.4])
    part = 2 + 1 / 1.1
    assert number(measures.log_loss_against_accuracy(late_loss)) == pytest.approx(part - 2)
    never = late(test_loss=[1, 1.2, 1.5, 1.5, 0.6])
    assert number(measures.log_loss_against_accuracy(never)) == np.inf
    incomplete = late(test_accuracy=[0, 0, 0, 0.9, 0.9])
    assert np.isnan(number(measures.log_loss_against_accuracy(incomplete)))


def test_loss_moves_while_accuracy_has_yet_to_leave_the_floor():
    assert number(measures.highest_loss_while_flat(late())) == 1.5
    assert number(measures.lowest_loss_while_flat(late())) == 1.0
    falling = late(test_loss=[4, 2, 3, 1, 0])
    assert number(measures.highest_loss_while_flat(falling)) == 1
    assert number(measures.lowest_loss_while_flat(falling)) == 0.5


@pytest.mark.parametrize("name", ["highest_loss_while_flat", "lowest_loss_while_flat"])
def test_it_is_unknown_how_loss_moved_where_accuracy_was_never_low_or_loss_not_finite(name):
    move = measures.measure_named(name)
    assert np.isnan(number(move(late(test_accuracy=[0.5, 0.5, 0.5, 1, 1]))))
    assert np.isnan(number(move(late(test_loss=[1, np.nan, 1, 1, 1]))))
    assert np.isfinite(number(move(late(test_loss=[1, 2, 1, 1, np.nan]))))


def test_final_accuracy_is_that_of_the_last_record():
    assert number(measures.final_test_accuracy(late(test_accuracy=[0, 0, 1, 1, 0.8]))) == 0.8
