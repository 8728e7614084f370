"""What accuracies add to the losses: grokking in accuracy, and how the two go together (§16.1).

Accuracies are shares of examples; losses are over that of the zero predictor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray

from grokspec.measures.base import measure, relative_test_loss, relative_train_loss
from grokspec.measures.crossing_times import (
    crossing_time,
    decades_between,
    reaching_time,
    value_at_reaching,
)

MEMORIZED, GENERALIZED = 0.99, 0.95
"""Train and test accuracy at which a run counts as having memorized and as having generalized.

The second is lower as a test set of some dozens of examples has few steps near one.
"""

FLAT = 0.1
"""Test accuracy below which it has not yet moved: some examples of a class or two by chance."""


@measure("grokking delay in accuracy", unit="decades")
def log_accuracy_delay(
    results: xarray.Dataset, memorized: float = MEMORIZED, generalized: float = GENERALIZED
) -> xarray.DataArray:
    """How many times later test accuracy is high than train accuracy is, in decades.

    Infinite for a run that never generalizes, NaN for one that never memorizes.
    """
    train = reaching_time(results["train_accuracy"], results["time"], memorized)
    test = reaching_time(results["test_accuracy"], results["time"], generalized)
    return decades_between(test, train)


@measure("final test accuracy")
def final_test_accuracy(results: xarray.Dataset) -> xarray.DataArray:
    """The test accuracy at the last step."""
    return results["test_accuracy"].isel(record=-1)


@measure("largest test loss while test accuracy is flat", unit="× initial")
def highest_loss_while_flat(results: xarray.Dataset, flat: float = FLAT) -> xarray.DataArray:
    """How far the test loss rises before the test accuracy does; 1 if it never does.

    NaN for a run whose accuracy was never low, or whose loss is not finite until it has risen.
    """
    loss, is_flat = _while_flat(results, flat)
    return loss.where(is_flat, -np.inf).max("record", skipna=False).where(is_flat.any("record"))


@measure("smallest test loss while test accuracy is flat", unit="× initial")
def lowest_loss_while_flat(results: xarray.Dataset, flat: float = FLAT) -> xarray.DataArray:
    """How far the test loss falls before the test accuracy rises; 1 if it never does.

    NaN as in `highest_loss_while_flat`.
    """
    loss, is_flat = _while_flat(results, flat)
    return loss.where(is_flat, np.inf).min("record", skipna=False).where(is_flat.any("record"))


@measure("training loss when training accuracy is complete", unit="× baseline")
def loss_when_memorized(results: xarray.Dataset, accuracy: float = 1.0) -> xarray.DataArray:
    """What training loss is left when the training accuracy has reached a value.

    NaN for a run that never gets there.
    """
    return value_at_reaching(results["train_accuracy"], accuracy, relative_train_loss(results))


@measure("time of test loss at the memorized level, over time of complete test accuracy", "decades")
def log_loss_against_accuracy(results: xarray.Dataset, accuracy: float = 1.0) -> xarray.DataArray:
    """Whether the test loss comes to the level of memorized examples when test accuracy is full.

    The level is the training loss at which training accuracy reached ``accuracy``; the times are
    those at which the test loss falls below it and at which test accuracy reaches the same. Zero
    if accuracy is one function of the loss on both sets. Infinite where the test loss never falls
    so far, NaN where one of the accuracies never gets there.
    """
    time = results["time"]
    level = loss_when_memorized(results, accuracy)
    loss = crossing_time(relative_test_loss(results) - level, time, 0.0)
    complete = reaching_time(results["test_accuracy"], time, accuracy)
    return decades_between(loss, complete)


def _while_flat(results: xarray.Dataset, flat: float) -> tuple[xarray.DataArray, xarray.DataArray]:
    """The test loss over its first value, and where the accuracy has yet to leave the floor.

    It leaves at the last record below ``flat``: what a first output guesses may lie above.
    """
    loss, low = relative_test_loss(results), results["test_accuracy"] < flat
    backwards = slice(None, None, -1)
    to_come = low.isel(record=backwards).cumsum("record").isel(record=backwards)
    return loss / loss.isel(record=0), to_come > 0


LEARNED, GENERALIZED = 0.95, 0.75
"""Train and test accuracy at which a run counts as having memorized and as having generalized.

The second is what a network that was trained on 200 of MNIST's images reaches in the end, or
nearly; where more can be reached, a measure is told another.
"""


@measure("test accuracy when memorized")
def accuracy_when_memorized(
    results: xarray.Dataset, memorized: float = LEARNED
) -> xarray.DataArray:
    """The test accuracy when train accuracy first reaches a value, interpolated between records.

    NaN for a run that never memorizes, or is not finite up to there.
    """
    return value_at_reaching(results["train_accuracy"], memorized, results["test_accuracy"])


@measure("best test accuracy")
def best_test_accuracy(results: xarray.Dataset) -> xarray.DataArray:
    """The highest test accuracy at any record."""
    return results["test_accuracy"].max("record")


@measure("time to generalize", unit="η₀ × steps")
def generalization_time(
    results: xarray.Dataset, generalized: float = GENERALIZED
) -> xarray.DataArray:
    """When the test accuracy first reaches a value; infinite if it never does."""
    return reaching_time(results["test_accuracy"], results["time"], generalized)


@measure("grokking delay in accuracy", unit="η₀ × steps")
def accuracy_delay(
    results: xarray.Dataset, memorized: float = LEARNED, generalized: float = GENERALIZED
) -> xarray.DataArray:
    """Time from when train accuracy reaches a value to when test accuracy reaches another.

    Negative where the second is reached first. Infinite for a run that never generalizes, NaN for
    one that never memorizes.
    """
    train = reaching_time(results["train_accuracy"], results["time"], memorized)
    return (generalization_time(results, generalized) - train).where(np.isfinite(train))


Correct = Literal["squared", "largest"]
"""What must not exceed θ for an example to count as correct: ``squared``, the mean over outputs of
(f − y)², as in the code of Liu et al. (2022), or ``largest``, the largest |f − y|, as the text of
§16.2 has it."""

THRESHOLD = 0.001
"""The θ of §8.3.1 and of Liu et al. (2022), for whom it is one of squared errors."""


def with_accuracy(
    results: xarray.Dataset,
    threshold: float | Sequence[float] = THRESHOLD,
    correct: Correct = "squared",
) -> xarray.Dataset:
    """The results with ``train_accuracy`` and ``test_accuracy`` at a threshold θ.

    Several thresholds lie along a dimension ``threshold``. NaN where a run's errors are.
    """
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


@measure("largest gap between training and test accuracy")
def accuracy_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test accuracy is behind the training accuracy when it is furthest.

    NaN for a run whose accuracies are not known throughout.
    """
    return _gap(results).max("record", skipna=False)


@measure("gap between training and test accuracy that is made up for")
def accuracy_caught_up(results: xarray.Dataset) -> xarray.DataArray:
    """By how much the largest gap exceeds the last: what was generalized late.

    NaN for a run whose accuracies are not known throughout.
    """
    gap = _gap(results)
    return gap.max("record", skipna=False) - gap.isel(record=-1)


def _gap(results: xarray.Dataset) -> xarray.DataArray:
    return results["train_accuracy"] - results["test_accuracy"]
