"""How far test accuracy lags behind train accuracy, at a time and in time (Fig. 6a)."""

from __future__ import annotations

import numpy as np
import xarray

from grokspec.measures.base import measure
from grokspec.measures.crossing import reaching_time, value_at_reaching

LEARNT, GENERALISED = 0.95, 0.75
"""Train and test accuracy at which a run counts as having memorised and as having generalised.

The second is what a network that was trained on 200 of MNIST's images reaches in the end, or
nearly; where more can be reached, a measure is told another.
"""


@measure("test accuracy when memorised")
def accuracy_when_memorised(results: xarray.Dataset, memorised: float = LEARNT) -> xarray.DataArray:
    """The test accuracy when train accuracy first reaches a value, interpolated between records.

    NaN for a run that never memorises, or is not finite up to there.
    """
    return value_at_reaching(results["train_accuracy"], memorised, results["test_accuracy"])


@measure("best test accuracy")
def best_test_accuracy(results: xarray.Dataset) -> xarray.DataArray:
    """The highest test accuracy at any record."""
    return results["test_accuracy"].max("record")


@measure("time to generalise", unit="η₀ × steps")
def generalisation_time(
    results: xarray.Dataset, generalised: float = GENERALISED
) -> xarray.DataArray:
    """When the test accuracy first reaches a value; infinite if it never does."""
    return reaching_time(results["test_accuracy"], results["time"], generalised)


@measure("grokking delay in accuracy", unit="η₀ × steps")
def accuracy_delay(
    results: xarray.Dataset, memorised: float = LEARNT, generalised: float = GENERALISED
) -> xarray.DataArray:
    """Time from when train accuracy reaches a value to when test accuracy reaches another.

    Negative where the second is reached first. Infinite for a run that never generalises, NaN for
    one that never memorises.
    """
    train = reaching_time(results["train_accuracy"], results["time"], memorised)
    return (generalisation_time(results, generalised) - train).where(np.isfinite(train))
