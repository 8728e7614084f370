"""Which term of the loss decomposition a rise or a fall of the test loss is made of (Fig. 4)."""

from __future__ import annotations

import xarray

from grokspec.measures.base import at_peak, measure, test_loss


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


@measure("share of the test loss's late fall that is misalignment")
def misalignment_share_of_fall(results: xarray.Dataset) -> xarray.DataArray:
    """The fall of the misalignment term from the test loss's peak to the end, over the loss's."""
    term, loss = results["misalignment_error"], test_loss(results) * results["baseline"]
    fall = at_peak(loss, loss) - loss.isel(record=-1)
    return (at_peak(term, loss) - term.isel(record=-1)) / fall
