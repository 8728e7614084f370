"""Which term of the loss decomposition a rise or a fall of the test loss is made of (Fig. 4)."""

from __future__ import annotations

import xarray

from grokspec.measures.base import at_peak, measure

TERMS = ("variance_error", "misalignment_error", "linear_power")
"""The terms of Eq. 6, as the decomposition probe names them."""


@measure("share of the test loss's rise that is power in linear modes")
def power_share_of_rise(results: xarray.Dataset) -> xarray.DataArray:
    """The rise of the linear power from the start to the test loss's peak, over the loss's rise.

    NaN for a run whose test loss does not rise.
    """
    power, loss = results["linear_power"], results["population_loss"]
    rise = at_peak(loss, loss) - loss.isel(record=0)
    return ((at_peak(power, loss) - power.isel(record=0)) / rise).where(rise > 0)


@measure("smaller of linear power's rise and fall", unit="× baseline")
def power_transience(results: xarray.Dataset) -> xarray.DataArray:
    """How far power in linear modes rises above both its first and its last value."""
    power = results["linear_power"] / results["baseline"]
    ends = xarray.concat([power.isel(record=0), power.isel(record=-1)], "end").max("end")
    return power.max("record", skipna=False) - ends


@measure("share of the test loss's late fall")
def late_fall(results: xarray.Dataset) -> xarray.DataArray:
    """The fall of each term of Eq. 6 from the test loss's peak to the end, over the loss's fall.

    The three shares, along the dimension ``term``, add up to one.
    """
    loss = results["population_loss"]
    fall = at_peak(loss, loss) - loss.isel(record=-1)
    shares = [
        (at_peak(results[term], loss) - results[term].isel(record=-1)) / fall for term in TERMS
    ]
    return xarray.concat(shares, xarray.DataArray(list(TERMS), dims="term", name="term"))


@measure("largest power in linear modes", unit="× baseline")
def largest_power(results: xarray.Dataset) -> xarray.DataArray:
    """How much power the predictor has in linear modes when it has most."""
    power = results["linear_power"] / results["baseline"]
    return power.max("record", skipna=False)
