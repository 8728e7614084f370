"""What can be read off a learning curve (Fig. 1b, 3)."""

from __future__ import annotations

import xarray

from grokspec.measures.base import at_peak, measure, test_loss, train_loss


@measure("final test loss", unit="× baseline")
def final_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss at the last step."""
    return test_loss(results).isel(record=-1)


@measure("final training loss", unit="× baseline")
def final_train_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The training loss at the last step."""
    return train_loss(results).isel(record=-1)


@measure("largest over first test loss")
def bump(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test loss rises above where it began; 1 if it never does."""
    loss = test_loss(results)
    return loss.max("record", skipna=False) / loss.isel(record=0)


@measure("training loss at the test loss's peak", unit="× initial")
def train_fall_at_peak(results: xarray.Dataset) -> xarray.DataArray:
    """What is left of the training loss when the test loss is largest."""
    train = train_loss(results)
    return at_peak(train, test_loss(results)) / train.isel(record=0)


@measure("final test loss", unit="× kernel regression")
def loss_over_kernel_regression(results: xarray.Dataset) -> xarray.DataArray:
    """The final test loss over that of kernel regression with the initial kernel."""
    return results["population_loss"].isel(record=-1) / results["kernel_regression_loss"]


@measure("|αεM − ββᵀ|/|ββᵀ| at the end")
def final_misalignment(results: xarray.Dataset) -> xarray.DataArray:
    """How far the predictor's quadratic part ends from the target's, relative to the target's.

    The misalignment term of Eq. 6 is ``|αεM − ββᵀ|²/(2D²)`` and the baseline ``3|β|⁴/(4D²)``.
    """
    squared = results["misalignment_error"].isel(record=-1) / results["baseline"]
    return (1.5 * squared) ** 0.5


@measure("final test loss without its power in linear modes", unit="× baseline")
def final_loss_without_power(results: xarray.Dataset) -> xarray.DataArray:
    """What the test loss at the last step would be if the predictor had no linear part (Eq. 6)."""
    rest = results["population_loss"] - results["linear_power"]
    return rest.isel(record=-1) / results["baseline"]


@measure("test loss minus training loss, on average over the records", unit="× baseline")
def mean_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test loss lies above the training loss, on a logarithmic axis of time.

    NaN for a run whose losses are not finite throughout.
    """
    return (test_loss(results) - train_loss(results)).mean("record", skipna=False)


@measure("fall of the training loss up to the second record", unit="× initial")
def first_fall(results: xarray.Dataset) -> xarray.DataArray:
    """By which share of itself the training loss falls between the first two records."""
    loss = train_loss(results).isel(record=[0, 1])
    return -loss.diff("record").isel(record=0) / loss.isel(record=0)


@measure("times that the test loss rises again")
def later_bumps(results: xarray.Dataset) -> xarray.DataArray:
    """How often, after it has fallen, the test loss turns upward between records.

    NaN for a run whose loss is not finite throughout.
    """
    loss = test_loss(results)
    rising = loss.diff("record") > 0
    turns = rising & ~rising.shift(record=1, fill_value=True)
    return turns.sum("record").where(loss.notnull().all("record"))
