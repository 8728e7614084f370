import numpy as np
import pytest
import xarray as xr
from learning_curves import STEPS, number, results

from grokspec import measures
from grokspec.measures.crossing_times import crossing_time, reaching_time, value_at_reaching


def test_crossing_is_interpolated_in_log_time():
    loss = xr.DataArray([[4.0, 3.0, 2.0, 1.0, 0.0]], dims=("seed", "record"))
    time = xr.DataArray(STEPS.astype(float), dims="record")
    assert number(crossing_time(loss, time, 1.5)) == pytest.approx(10**1.5)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ([4, 4, 4, 4, 4], np.inf),  # never
        ([1, 4, 4, 4, 4], 0),  # at once
        ([4, 1, 4, 4, 4], 0.5 * 2 ** (2.5 / 3)),  # between time 0 and the first
        ([4, np.nan, np.nan, np.nan, np.nan], np.nan),  # diverged before
        ([4, 3, 1, np.nan, np.nan], 10 ** (1.5 / 2)),  # diverged after
        ([4, 4, 4, 4, np.nan], np.nan),  # diverged at the end
        ([1.5, 4, 4, 4, 4], np.inf),  # on the threshold, and not below it
        ([4, 4, 4, 4, 1.5], np.inf),
    ],
)
def test_crossing_of_curves_that_never_always_or_brokenly_cross(loss, expected):
    loss = xr.DataArray([np.array(loss, float)], dims=("seed", "record"))
    time = xr.DataArray(STEPS.astype(float), dims="record")
    assert number(crossing_time(loss, time, 1.5)) == pytest.approx(expected, nan_ok=True)


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


def test_delay_is_from_the_training_losss_crossing_to_the_test_losss():
    r = results(train_loss=[2, 0, 0, 0, 0], test_loss=[2, 2, 2, 0, 0])
    train, test = 0.5 * 2**0.5, 10**1.5
    assert number(measures.grokking_delay(r, threshold=0.5)) == pytest.approx(test - train)
    assert number(measures.log_grokking_delay(r, threshold=0.5)) == pytest.approx(
        np.log10(test / train)
    )


def test_delay_is_censored_where_the_test_loss_never_falls_and_undefined_where_training_fails():
    never = results(train_loss=[2, 0, 0, 0, 0], test_loss=[2, 2, 2, 2, 2])
    failed = results(train_loss=[2, 2, 2, 2, 2], test_loss=[2, 2, 2, 2, 2])
    for delay in (measures.grokking_delay, measures.log_grokking_delay):
        assert number(delay(never)) == np.inf
        assert np.isnan(number(delay(failed)))


@pytest.mark.parametrize(("status", "delay"), [("finished", np.inf), ("ended", np.nan)])
def test_what_a_run_had_not_done_when_it_ended_is_unknown(status, delay):
    given = results(baseline=1.0, train_loss=[1, 0.5, 0.1, 0.1], test_loss=[1, 1, 1, 0.9])
    given["status"] = ("seed", [status])
    assert number(measures.grokking_delay(given)) == pytest.approx(delay, nan_ok=True)
    given["test_loss"][:, -1] = 0.1
    assert np.isfinite(number(measures.grokking_delay(given)))
