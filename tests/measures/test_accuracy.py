import numpy as np
import pytest
from learning_curves import number, results

from grokspec import measures
from grokspec.measures import (
    accuracy_delay,
    accuracy_when_memorized,
    best_test_accuracy,
    generalization_time,
)

LATE = {
    "train_loss": [1, 0.8, 0.5, 0.2, 0],
    "test_loss": [1, 1.2, 1.5, 0.5, 0.1],
    "train_accuracy": [0, 0.5, 1, 1, 1],
    "test_accuracy": [0.2, 0, 0, 1, 1],
}
"""Memorizes by step 10 at a loss of a half, and generalizes by step 100, also at a half."""

NEVER = [0.1, 0.2, 0.3, 0.4, 0.5]
TRAIN = [0.1, 0.5, 0.9, 1.0, 1.0]
TEST = [0.1, 0.2, 0.4, 0.6, 0.9]


def late(baseline=1.0, **changes):
    return results(baseline, **(LATE | changes))


def accuracies(train, test):
    return results(train_accuracy=train, test_accuracy=test)


def test_test_accuracy_is_read_where_train_accuracy_reaches_its_threshold():
    # 0.95 lies halfway between the third record and the fourth.
    assert accuracy_when_memorized(accuracies(TRAIN, TEST)).item() == pytest.approx(0.5)
    # 0.9 is reached on the third record itself.
    assert accuracy_when_memorized(accuracies(TRAIN, TEST), 0.9).item() == pytest.approx(0.4)


def test_what_is_memorized_from_the_start_is_read_there():
    assert accuracy_when_memorized(accuracies([1.0] * 5, TEST)).item() == TEST[0]


def test_a_run_that_never_memorizes_has_no_accuracy_at_memorization_and_no_delay():
    assert np.isnan(accuracy_when_memorized(accuracies(NEVER, TEST)).item())
    assert np.isnan(accuracy_delay(accuracies(NEVER, TEST)).item())


def test_a_run_that_diverges_before_memorizing_has_no_accuracy_at_memorization():
    assert np.isnan(accuracy_when_memorized(accuracies([0.1, np.nan, 0.9, 1, 1], TEST)).item())


def test_the_best_test_accuracy_need_not_be_the_last_and_ignores_records_never_made():
    assert best_test_accuracy(accuracies(TRAIN, [0.1, 0.8, 0.7, 0.6, np.nan])).item() == 0.8


def test_times_are_interpolated_in_their_logarithm():
    # 0.75 lies halfway between the records at 100 and 1000, 0.95 between those at 10 and 100.
    time, memorized = 100 * 10**0.5, 10 * 10**0.5
    assert generalization_time(accuracies(TRAIN, TEST)).item() == pytest.approx(time)
    assert accuracy_delay(accuracies(TRAIN, TEST)).item() == pytest.approx(time - memorized)


def test_the_delay_is_negative_where_generalizing_comes_first():
    assert accuracy_delay(accuracies(TEST, TRAIN), memorized=0.9).item() < 0


def test_a_run_that_never_generalizes_does_so_infinitely_late():
    assert generalization_time(accuracies(TRAIN, NEVER)).item() == np.inf
    assert accuracy_delay(accuracies(TRAIN, NEVER)).item() == np.inf


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
