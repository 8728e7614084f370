"""How long generalisation lags behind memorisation (Fig. 3)."""

from __future__ import annotations

import numpy as np
import xarray

from grokspec.measures.base import measure, test_loss, train_loss
from grokspec.measures.crossing import crossing_time, decades_between

THRESHOLD = 0.6
"""Fraction of the baseline at which a loss counts as fallen, unless a measure is told another.

It lies just above what kernel regression with the initial kernel reaches on the polynomial
task (about 0.4 to 0.6 of the baseline), so that a lazy network gets there too, if late.
"""


@measure("grokking delay", unit="η₀ × steps")
def grokking_delay(results: xarray.Dataset, threshold: float = THRESHOLD) -> xarray.DataArray:
    """Time from when the training loss falls below a threshold to when the test loss does.

    Infinite for a run whose test loss never does, NaN for one whose training loss never does.
    """
    train, test = _crossings(results, threshold)
    return (test - train).where(np.isfinite(train))


@measure("grokking delay", unit="decades")
def log_grokking_delay(results: xarray.Dataset, threshold: float = THRESHOLD) -> xarray.DataArray:
    """The same delay as a ratio of the two times, in decades."""
    train, test = _crossings(results, threshold)
    return decades_between(test, train)


def _crossings(
    results: xarray.Dataset, threshold: float
) -> tuple[xarray.DataArray, xarray.DataArray]:
    time = results["time"]
    return (
        crossing_time(train_loss(results), time, threshold),
        crossing_time(test_loss(results), time, threshold),
    )
