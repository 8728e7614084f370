"""What the learning curves show: levels, rises, gaps, and the terms of the test loss (Fig. 1b, 3).

Losses are over that of the zero predictor, unless the unit says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.measures.base import at_peak, measure, over, relative_test_loss, relative_train_loss
from grokspec.measures.crossing_times import value_at_reaching

if TYPE_CHECKING:
    import xarray

TERMS = ("variance_error", "misalignment_error", "linear_power")
"""The terms of Eq. 6, as the decomposition probe names them."""


# Levels


@measure("final test loss", unit="× baseline")
def final_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss at the last step."""
    return relative_test_loss(results).isel(record=-1)


@measure("final training loss", unit="× baseline")
def final_train_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The training loss at the last step."""
    return relative_train_loss(results).isel(record=-1)


@measure("final test loss", unit="× kernel regression")
def loss_over_kernel_regression(results: xarray.Dataset) -> xarray.DataArray:
    """The final test loss over that of kernel regression with the initial kernel."""
    return over(results["population_loss"].isel(record=-1), results["kernel_regression_loss"])


# The rise of the test loss


@measure("largest over initial test loss")
def bump(results: xarray.Dataset) -> xarray.DataArray:
    """The largest test loss over the initial one; 1 if it never rises.

    NaN for a run whose loss is not finite throughout, or is zero at the start.
    """
    loss = relative_test_loss(results)
    return over(loss.max("record", skipna=False), loss.isel(record=0))


@measure("times that the test loss rises again")
def later_bumps(results: xarray.Dataset) -> xarray.DataArray:
    """How often, after it has fallen, the test loss turns upward between records.

    NaN for a run whose loss is not finite throughout.
    """
    loss = relative_test_loss(results)
    rising = loss.diff("record") > 0
    turns = rising & ~rising.shift(record=1, fill_value=True)
    return turns.sum("record").where(loss.notnull().all("record"))


@measure("training loss at the test loss's peak", unit="× initial")
def train_fall_at_peak(results: xarray.Dataset) -> xarray.DataArray:
    """The share of the training loss that is left when the test loss is largest."""
    train = relative_train_loss(results)
    return over(at_peak(train, relative_test_loss(results)), train.isel(record=0))


# Between training and test loss


@measure("test loss minus training loss, on average over the records", unit="× baseline")
def mean_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test loss lies above the training loss, on average over the records.

    Records are evenly spaced on a logarithmic axis of time.

    NaN for a run whose losses are not finite throughout.
    """
    return (relative_test_loss(results) - relative_train_loss(results)).mean("record", skipna=False)


@measure("largest gap between test and training loss", unit="× initial")
def largest_loss_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test loss is above the training loss where it is furthest above.

    Each is relative to its own initial value, so that it is no gap if one of the two samples
    happens to be harder. NaN for a run whose losses are not finite throughout.
    """
    train, test = relative_train_loss(results), relative_test_loss(results)
    gap = over(test, test.isel(record=0)) - over(train, train.isel(record=0))
    return gap.max("record", skipna=False)


@measure("largest ratio of test to training loss")
def largest_loss_ratio(results: xarray.Dataset) -> xarray.DataArray:
    """The largest ratio, over the records, of test to training loss.

    NaN for a run whose losses are not finite throughout, or whose training loss reaches zero.
    """
    ratios = over(relative_test_loss(results), relative_train_loss(results))
    return ratios.max("record", skipna=False)


@measure("test loss when the training loss has halved", unit="× initial")
def loss_when_half_learned(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss over its initial value, when half of the initial training loss is gone.

    A half if the two fall together, and more the later the network generalizes. Each loss is
    relative to its own initial value, so it does not matter how far the mean square of a small,
    heavy-tailed sample is from that of the population. Interpolated between records, linearly in
    the training loss; NaN for a run whose training loss never halves, or is not finite up to there.
    """
    train, test = relative_train_loss(results), relative_test_loss(results)
    share = over(train, train.isel(record=0))
    return value_at_reaching(-share, -0.5, over(test, test.isel(record=0)))


@measure("fall of the training loss up to the second record", unit="× initial")
def first_fall(results: xarray.Dataset) -> xarray.DataArray:
    """The fall of the training loss between the first two records, over its initial value.

    NaN for a run with a single record, or whose loss is zero at the start.
    """
    loss = relative_train_loss(results)
    first, second = loss.isel(record=0), loss.shift(record=-1).isel(record=0)
    return over(first - second, first)


# The terms of Eq. 6


@measure("|αεM − ββᵀ|/|ββᵀ| at the end")
def final_misalignment(results: xarray.Dataset) -> xarray.DataArray:
    """How far the predictor's quadratic part ends from the target's, relative to the target's.

    The misalignment term of Eq. 6 is ``|αεM − ββᵀ|²/(2D²)`` and the baseline ``3|β|⁴/(4D²)``.
    """
    squared = over(results["misalignment_error"].isel(record=-1), results["baseline"])
    return (1.5 * squared) ** 0.5


@measure("final test loss without its power in linear modes", unit="× baseline")
def final_loss_without_power(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss at the last step without the term of the predictor's linear part (Eq. 6)."""
    rest = results["population_loss"] - results["linear_power"]
    return over(rest.isel(record=-1), results["baseline"])


@measure("largest power in linear modes", unit="× baseline")
def largest_power(results: xarray.Dataset) -> xarray.DataArray:
    """The largest power of the predictor in linear modes."""
    power = over(results["linear_power"], results["baseline"])
    return power.max("record", skipna=False)


@measure("smaller of linear power's rise and fall", unit="× baseline")
def power_transience(results: xarray.Dataset) -> xarray.DataArray:
    """How far power in linear modes rises above the larger of its first and last values."""
    import xarray

    power = over(results["linear_power"], results["baseline"])
    ends = xarray.concat([power.isel(record=0), power.isel(record=-1)], "end").max("end")
    return power.max("record", skipna=False) - ends


@measure("share of the test loss's rise that is power in linear modes")
def power_share_of_rise(results: xarray.Dataset) -> xarray.DataArray:
    """The rise of the linear power from the start to the test loss's peak, over the loss's rise.

    NaN for a run whose test loss does not rise.
    """
    power, loss = results["linear_power"], results["population_loss"]
    rise = at_peak(loss, loss) - loss.isel(record=0)
    return over(at_peak(power, loss) - power.isel(record=0), rise).where(rise > 0)


@measure("share of the test loss's late fall")
def late_fall(results: xarray.Dataset) -> xarray.DataArray:
    """The fall of each term of Eq. 6 from the test loss's peak to the end, over the loss's fall.

    The three shares, along the dimension ``term``, add up to one. NaN for a run whose loss is
    largest at the end.
    """
    import xarray

    loss = results["population_loss"]
    fall = at_peak(loss, loss) - loss.isel(record=-1)
    shares = [
        over(at_peak(results[term], loss) - results[term].isel(record=-1), fall) for term in TERMS
    ]
    return xarray.concat(shares, xarray.DataArray(list(TERMS), dims="term", name="term"))
