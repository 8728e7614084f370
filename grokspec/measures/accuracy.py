"""What accuracies add to the losses: grokking in accuracy, and how the two go together (§16.1).

Accuracies are shares of examples; losses are over that of the zero predictor.
"""

from __future__ import annotations

import numpy as np
import xarray

from grokspec.measures.base import measure, test_loss, train_loss
from grokspec.measures.crossing import (
    crossing_time,
    decades_between,
    reaching_time,
    value_at_reaching,
)

MEMORISED, GENERALISED = 0.99, 0.95
"""Train and test accuracy at which a run counts as having memorised and as having generalised.

The second is lower as a test set of some dozens of examples has few steps near one.
"""

FLAT = 0.1
"""Test accuracy below which it has not yet moved: some examples of a class or two by chance."""


@measure("grokking delay in accuracy", unit="decades")
def log_accuracy_delay(
    results: xarray.Dataset, memorised: float = MEMORISED, generalised: float = GENERALISED
) -> xarray.DataArray:
    """How many times later test accuracy is high than train accuracy is, in decades.

    Infinite for a run that never generalises, NaN for one that never memorises.
    """
    train = reaching_time(results["train_accuracy"], results["time"], memorised)
    test = reaching_time(results["test_accuracy"], results["time"], generalised)
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
def loss_when_memorised(results: xarray.Dataset, accuracy: float = 1.0) -> xarray.DataArray:
    """What training loss is left when the training accuracy has reached a value.

    NaN for a run that never gets there.
    """
    return value_at_reaching(results["train_accuracy"], accuracy, train_loss(results))


@measure("time of test loss at the memorised level, over time of complete test accuracy", "decades")
def log_loss_against_accuracy(results: xarray.Dataset, accuracy: float = 1.0) -> xarray.DataArray:
    """Whether the test loss comes to the level of memorised examples when test accuracy is full.

    The level is the training loss at which training accuracy reached ``accuracy``; the times are
    those at which the test loss falls below it and at which test accuracy reaches the same. Zero
    if accuracy is one function of the loss on both sets. Infinite where the test loss never falls
    so far, NaN where one of the accuracies never gets there.
    """
    time = results["time"]
    level = loss_when_memorised(results, accuracy)
    loss = crossing_time(test_loss(results) - level, time, 0.0)
    complete = reaching_time(results["test_accuracy"], time, accuracy)
    return decades_between(loss, complete)


def _while_flat(results: xarray.Dataset, flat: float) -> tuple[xarray.DataArray, xarray.DataArray]:
    """The test loss over its first value, and where the accuracy has yet to leave the floor.

    It leaves at the last record below ``flat``: what a first output guesses may lie above.
    """
    loss, low = test_loss(results), results["test_accuracy"] < flat
    backwards = slice(None, None, -1)
    to_come = low.isel(record=backwards).cumsum("record").isel(record=backwards)
    return loss / loss.isel(record=0), to_come > 0
