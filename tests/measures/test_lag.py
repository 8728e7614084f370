import numpy as np
import pytest
import xarray as xr

from grokspec.measures import (
    accuracy_delay,
    accuracy_when_memorized,
    best_test_accuracy,
    generalization_time,
)

NEVER = [0.1, 0.2, 0.3, 0.4, 0.5]
TRAIN = [0.1, 0.5, 0.9, 1.0, 1.0]
TEST = [0.1, 0.2, 0.4, 0.6, 0.9]


def results(train, test, time=(0, 1, 10, 100, 1000)):
    return xr.Dataset(
        {
            "train_accuracy": (("seed", "record"), [train]),
            "test_accuracy": (("seed", "record"), [test]),
        },
        coords={"time": ("record", np.array(time, float))},
    )


def test_test_accuracy_is_read_where_train_accuracy_reaches_its_threshold():
    # 0.95 lies halfway between the third record and the fourth.
    assert accuracy_when_memorized(results(TRAIN, TEST)).item() == pytest.approx(0.5)
    # 0.9 is reached on the third record itself.
    assert accuracy_when_memorized(results(TRAIN, TEST), 0.9).item() == pytest.approx(0.4)


def test_what_is_memorized_from_the_start_is_read_there():
    assert accuracy_when_memorized(results([1.0] * 5, TEST)).item() == TEST[0]


def test_a_run_that_never_memorizes_has_no_accuracy_at_memorization_and_no_delay():
    assert np.isnan(accuracy_when_memorized(results(NEVER, TEST)).item())
    assert np.isnan(accuracy_delay(results(NEVER, TEST)).item())


def test_a_run_that_diverges_before_memorizing_has_no_accuracy_at_memorization():
    assert np.isnan(accuracy_when_memorized(results([0.1, np.nan, 0.9, 1, 1], TEST)).item())


def test_the_best_test_accuracy_need_not_be_the_last_and_ignores_records_never_made():
    assert best_test_accuracy(results(TRAIN, [0.1, 0.8, 0.7, 0.6, np.nan])).item() == 0.8


def test_times_are_interpolated_in_their_logarithm():
    # 0.75 lies halfway between the records at 100 and 1000, 0.95 between those at 10 and 100.
    time, memorized = 100 * 10**0.5, 10 * 10**0.5
    assert generalization_time(results(TRAIN, TEST)).item() == pytest.approx(time)
    assert accuracy_delay(results(TRAIN, TEST)).item() == pytest.approx(time - memorized)


def test_the_delay_is_negative_where_generalizing_comes_first():
    assert accuracy_delay(results(TEST, TRAIN), memorized=0.9).item() < 0


def test_a_run_that_never_generalizes_does_so_infinitely_late():
    assert generalization_time(results(TRAIN, NEVER)).item() == np.inf
    assert accuracy_delay(results(TRAIN, NEVER)).item() == np.inf
