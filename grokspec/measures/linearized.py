"""How far a network departs from its model linearized at w₀ (§4.1, Fig. 1).

The results must have the axis ``linearized``, with both values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.measures.base import at_peak, measure, over, relative_test_loss, relative_train_loss

if TYPE_CHECKING:
    import xarray


@measure("largest departure from the linearized model up to the test loss's peak")
def departure_to_peak(results: xarray.Dataset) -> xarray.DataArray:
    """Largest relative difference of the two test losses up to the peak of the network's.

    NaN for a run whose loss is not finite throughout, or whose twin's is not up to there.
    """
    import xarray

    network, twin = _pair(results)
    records = xarray.DataArray(range(network.sizes["record"]), dims="record")
    peak = at_peak(records, network)
    apart = _share(abs(network - twin), twin).where(records <= peak, 0)
    return apart.max("record", skipna=False).where(peak.notnull())


@measure("largest departure from the linearized model while training loss is left")
def departure_until(results: xarray.Dataset, left: float = 0.5) -> xarray.DataArray:
    """Largest relative difference of the two test losses while enough training loss is left.

    Enough is the share ``left`` of the network's initial training loss. NaN for a run whose losses
    are not finite up to there, or whose training loss is zero from the start.
    """
    import xarray

    network, twin = _pair(results)
    train = relative_train_loss(results).sel(linearized=False, drop=True)
    remaining = over(train, train.isel(record=0))
    before = (remaining < left).cumsum("record") == 0
    larger = xarray.where(network > twin, network, twin)
    apart = _share(abs(network - twin), larger).where(before, 0)
    return apart.max("record", skipna=False).where(remaining.isel(record=0).notnull())


@measure("linearized model's final test loss", unit="× the network's")
def departure_at_end(results: xarray.Dataset) -> xarray.DataArray:
    """The linearized model's final test loss over the network's."""
    network, twin = _pair(results)
    return over(twin.isel(record=-1), network.isel(record=-1))


@measure("largest departure from the linearized model", unit="× baseline")
def largest_departure(results: xarray.Dataset) -> xarray.DataArray:
    """Largest difference of the two test losses over the whole training."""
    network, twin = _pair(results)
    return abs(network - twin).max("record", skipna=False)


def _share(apart: xarray.DataArray, whole: xarray.DataArray) -> xarray.DataArray:
    """The difference as a share; zero for two equal losses, whatever they are."""
    return over(apart, whole).where(apart != 0, 0.0)


def _pair(results: xarray.Dataset) -> tuple[xarray.DataArray, xarray.DataArray]:
    loss = relative_test_loss(results)
    network = loss.sel(linearized=False, drop=True)
    return network, loss.sel(linearized=True, drop=True)
