import numpy as np
import pytest
import xarray as xr

from grokspec.measures import accuracy_caught_up, accuracy_gap, generalization_time, with_accuracy

TRAIN = [[4.0, 4.0], [0.1, 0.3], [0.1, 0.1]]
TEST = [[4.0, 4.0, 4.0, 4.0], [4.0, 2.0, 2.0, 0.1], [0.3, 0.1, 0.1, 0.1]]
"""Errors of two examples to train and four to test on, at three records."""


def results(train=TRAIN, test=TEST):
    errors = {}
    for split, values in (("train", train), ("test", test)):
        dims = ("seed", "record", f"{split}_example")
        errors[f"{split}_squared_errors"] = (dims, np.array([values], float))
        errors[f"{split}_largest_errors"] = (dims, np.array([values], float) ** 0.5)
    return xr.Dataset(errors)


def curve(dataset, name):
    return dataset[name].squeeze("seed").values.tolist()


def test_accuracy_is_the_share_of_examples_whose_error_is_at_most_the_threshold():
    measured = with_accuracy(results(), 0.3)
    assert curve(measured, "train_accuracy") == [0, 1, 1]
    assert curve(measured, "test_accuracy") == [0, 0.25, 1]
    assert curve(with_accuracy(results(), 0.2), "train_accuracy") == [0, 0.5, 1]


def test_the_argument_names_which_error_is_held_against_the_threshold():
    squared = with_accuracy(results(), 0.5**2)
    largest = with_accuracy(results(), 0.5, "largest")
    xr.testing.assert_equal(squared["test_accuracy"], largest["test_accuracy"])
    assert curve(with_accuracy(results(), 0.5), "test_accuracy") != curve(largest, "test_accuracy")


def test_several_thresholds_are_the_same_as_one_after_the_other():
    thresholds = [0.05, 0.2, 3.0]
    together = with_accuracy(results(), thresholds)
    assert together["threshold"].values.tolist() == thresholds
    for threshold in thresholds:
        for split in ("train_accuracy", "test_accuracy"):
            alone = with_accuracy(results(), threshold)[split]
            assert curve(together.sel(threshold=threshold), split) == curve(
                alone.to_dataset(name=split), split
            )


def test_gap_is_the_largest_and_what_is_caught_up_is_what_is_gone_of_it_in_the_end():
    measured = with_accuracy(results(), 0.2)
    assert float(accuracy_gap(measured).squeeze()) == pytest.approx(0.5 - 0.25)
    assert float(accuracy_caught_up(measured).squeeze()) == pytest.approx(0.25 - (1 - 0.75))
    later = with_accuracy(results(), 0.3)
    assert float(accuracy_caught_up(later).squeeze()) == pytest.approx(0.75)


def test_accuracy_of_a_run_that_diverged_is_unknown_from_there_on():
    broken = with_accuracy(results(test=[*TEST[:2], [np.nan] * 4]), 0.3)
    assert curve(broken, "test_accuracy")[:2] == [0, 0.25]
    assert np.isnan(curve(broken, "test_accuracy")[2])
    assert np.isnan(accuracy_gap(broken)).all()
    assert np.isnan(accuracy_caught_up(broken)).all()


def test_examples_that_a_run_does_not_have_do_not_count():
    padded = results(train=[[*row, np.nan] for row in TRAIN])
    assert curve(with_accuracy(padded, 0.2), "train_accuracy") == [0, 0.5, 1]


def test_what_an_ended_run_had_not_reached_is_unknown_at_every_threshold():
    late = with_accuracy(results(), [0.05, 0.3]).assign(
        time=("record", [0.0, 1.0, 10.0]), status=("seed", ["ended"])
    )
    never, reached = generalization_time(late, generalized=1.0).squeeze("seed").values
    assert np.isnan(never)
    assert reached == pytest.approx(10)
