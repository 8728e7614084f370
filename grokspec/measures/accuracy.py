"""What a run memorizes and generalizes, and when, in terms of accuracy (Fig. 2, 6, 8; §16).

Accuracies are shares of examples. They are recorded by the probe ``accuracy`` where targets are
classes or signs; of a regression, `with_accuracy` computes them from the errors of single examples.
Losses are over that of the zero predictor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Literal

from grokspec.measures.base import measure, over, relative_test_loss, relative_train_loss
from grokspec.measures.crossing_times import (
    crossing_time,
    decades_between,
    reaching_time,
    value_at_reaching,
)

if TYPE_CHECKING:
    import xarray

MEMORIZED, GENERALIZED = 0.99, 0.95
"""Train and test accuracy at which a run has memorized and has generalized.

The second is lower because a test set of some dozens of examples has few steps near one.
"""

MEMORIZED_IMAGES, GENERALIZED_IMAGES = 0.95, 0.75
"""The same for images of digits.

The second is about what a network trained on 200 images of MNIST reaches in the end; where more
can be reached, pass another value.
"""

FLAT = 0.1
"""Test accuracy below which nothing is generalized yet: guessing gets a class or two right.

With two classes guessing gets half of them right: pass a value above 0.5 there.
"""

THETA = 0.001
"""The θ of §8.3.1 and of Liu et al. (2022), who hold squared errors against it."""

DELAY = "delay from {memorized:.0%} train to {generalized:.0%} test accuracy"


# Levels and times of accuracies


@measure("final test accuracy")
def final_test_accuracy(results: xarray.Dataset) -> xarray.DataArray:
    """The test accuracy at the last step."""
    return results["test_accuracy"].isel(record=-1)


@measure("best test accuracy")
def best_test_accuracy(results: xarray.Dataset) -> xarray.DataArray:
    """The highest test accuracy at any record."""
    return results["test_accuracy"].max("record")


@measure("test accuracy at {memorized:.0%} train accuracy")
def accuracy_when_memorized(
    results: xarray.Dataset, memorized: float = MEMORIZED_IMAGES
) -> xarray.DataArray:
    """The test accuracy when train accuracy first reaches a value, interpolated between records.

    NaN for a run that never memorizes, or is not finite up to there.
    """
    return value_at_reaching(results["train_accuracy"], memorized, results["test_accuracy"])


@measure("time to {generalized:.0%} test accuracy", unit="η₀ × steps")
def generalization_time(
    results: xarray.Dataset, generalized: float = GENERALIZED_IMAGES
) -> xarray.DataArray:
    """When the test accuracy first reaches a value; infinite if it never does."""
    return reaching_time(results["test_accuracy"], results["time"], generalized)


@measure(DELAY, unit="η₀ × steps")
def accuracy_delay(
    results: xarray.Dataset,
    memorized: float = MEMORIZED_IMAGES,
    generalized: float = GENERALIZED_IMAGES,
) -> xarray.DataArray:
    """Time from when train accuracy reaches one value to when test accuracy reaches another.

    Negative where the second is reached first. Infinite for a run that never generalizes, NaN for
    one that never memorizes.
    """
    import numpy as np

    train = reaching_time(results["train_accuracy"], results["time"], memorized)
    return (generalization_time(results, generalized) - train).where(np.isfinite(train))


@measure(DELAY, unit="decades")
def log_accuracy_delay(
    results: xarray.Dataset, memorized: float = MEMORIZED, generalized: float = GENERALIZED
) -> xarray.DataArray:
    """The delay as a ratio of the two times, in decades; by default at higher accuracies.

    Infinite for a run that never generalizes, NaN for one that never memorizes.
    """
    train = reaching_time(results["train_accuracy"], results["time"], memorized)
    test = reaching_time(results["test_accuracy"], results["time"], generalized)
    return decades_between(test, train)


@measure("largest gap between training and test accuracy")
def accuracy_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test accuracy is below the training accuracy where it is furthest below.

    NaN for a run whose accuracies are not known throughout.
    """
    return _gap(results).max("record", skipna=False)


@measure("largest minus final gap between training and test accuracy")
def accuracy_caught_up(results: xarray.Dataset) -> xarray.DataArray:
    """By how much the largest gap exceeds the final one: what was generalized late.

    NaN for a run whose accuracies are not known throughout.
    """
    gap = _gap(results)
    return gap.max("record", skipna=False) - gap.isel(record=-1)


def _gap(results: xarray.Dataset) -> xarray.DataArray:
    return results["train_accuracy"] - results["test_accuracy"]


# Accuracy and loss


@measure("largest test loss while test accuracy is below {flat:.0%}", unit="× initial")
def highest_loss_while_flat(results: xarray.Dataset, flat: float = FLAT) -> xarray.DataArray:
    """How far the test loss rises before the test accuracy does; 1 if it never does.

    NaN for a run whose accuracy was never flat or is not known throughout, and for one whose loss
    is not finite while it is flat, or is zero at the start.
    """
    loss, is_flat = _while_flat(results, flat)
    return loss.where(is_flat, -inf).max("record", skipna=False).where(is_flat.any("record"))


@measure("smallest test loss while test accuracy is below {flat:.0%}", unit="× initial")
def lowest_loss_while_flat(results: xarray.Dataset, flat: float = FLAT) -> xarray.DataArray:
    """How far the test loss falls before the test accuracy rises; 1 if it never does.

    NaN as in `highest_loss_while_flat`.
    """
    loss, is_flat = _while_flat(results, flat)
    return loss.where(is_flat, inf).min("record", skipna=False).where(is_flat.any("record"))


@measure("training loss at {accuracy:.0%} training accuracy", unit="× baseline")
def loss_when_memorized(results: xarray.Dataset, accuracy: float = 1.0) -> xarray.DataArray:
    """The training loss that is left when training accuracy first reaches a value.

    NaN for a run that never gets there.
    """
    return value_at_reaching(results["train_accuracy"], accuracy, relative_train_loss(results))


@measure(
    "time to the test loss that is the training loss at {accuracy:.0%} training accuracy, "
    "over time to {accuracy:.0%} test accuracy",
    unit="decades",
)
def log_loss_against_accuracy(results: xarray.Dataset, accuracy: float = 1.0) -> xarray.DataArray:
    """Whether the test loss reaches the level of memorized examples when test accuracy does.

    The level is the training loss at which training accuracy reached ``accuracy``; the times are
    those at which the test loss falls below this level and at which test accuracy reaches
    ``accuracy``. Zero if accuracy is one function of the loss on both sets. Infinite where the
    test loss never falls so far. NaN where one of the accuracies never gets there, and where the
    level is zero, which no loss falls below.
    """
    time = results["time"]
    level = loss_when_memorized(results, accuracy).pipe(lambda left: left.where(left > 0))
    loss = crossing_time(relative_test_loss(results) - level, time, 0.0)
    complete = reaching_time(results["test_accuracy"], time, accuracy)
    return decades_between(loss, complete)


def _while_flat(results: xarray.Dataset, flat: float) -> tuple[xarray.DataArray, xarray.DataArray]:
    """The test loss over its initial value, and the records at which the accuracy is still flat.

    It is flat up to its last record below ``flat``: initially it may lie above by chance.
    """
    accuracy = results["test_accuracy"]
    loss = relative_test_loss(results).where(accuracy.notnull().all("record"))
    low = accuracy < flat
    backwards = slice(None, None, -1)
    low_later = low.isel(record=backwards).cumsum("record").isel(record=backwards)
    return over(loss, loss.isel(record=0)), low_later > 0


# The accuracy of a regression


Correct = Literal["squared", "largest"]
"""What must not exceed θ for an example to count as correct: ``squared``, the mean over outputs of
(f − y)², as in the code of Liu et al. (2022), or ``largest``, the largest |f − y|, as the text of
§16.2 has it."""


def with_accuracy(
    results: xarray.Dataset,
    threshold: float | Sequence[float] = THETA,
    correct: Correct = "squared",
) -> xarray.Dataset:
    """The results with ``train_accuracy`` and ``test_accuracy`` at a threshold θ.

    Several thresholds lie along a dimension ``threshold``. NaN where a run's errors are.
    """
    import xarray

    theta: float | xarray.DataArray
    if isinstance(threshold, Sequence):
        theta = xarray.DataArray(list(threshold), {"threshold": list(threshold)}, "threshold")
    else:
        theta = threshold
    accuracies = {}
    for split in ("train", "test"):
        errors = results[f"{split}_{correct}_errors"]
        right = (errors <= theta).where(errors.notnull())
        accuracies[f"{split}_accuracy"] = right.mean(errors.dims[-1])
    return results.assign(accuracies)
