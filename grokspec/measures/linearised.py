"""How far a network is from its twin linearised at w₀ (§4.1, Fig. 1).

The results must have the axis ``linearised``, with both values.
"""

from __future__ import annotations

import xarray

from grokspec.measures.base import measure, test_loss


@measure("largest departure from the linearised model up to the test loss's peak")
def departure_to_peak(results: xarray.Dataset) -> xarray.DataArray:
    """Largest relative difference of the two test losses before the network's own peak."""
    network, twin = _pair(results)
    peak = network.argmax("record")
    records = xarray.DataArray(range(network.sizes["record"]), dims="record")
    return (abs(network - twin) / twin).where(records <= peak).max("record")


@measure("linearised model's final test loss", unit="× the network's")
def departure_at_end(results: xarray.Dataset) -> xarray.DataArray:
    """How many times larger the linearised model's final test loss is than the network's."""
    network, twin = _pair(results)
    return twin.isel(record=-1) / network.isel(record=-1)


@measure("largest departure from the linearised model", unit="× baseline")
def largest_departure(results: xarray.Dataset) -> xarray.DataArray:
    """Largest difference of the two test losses over the whole training."""
    network, twin = _pair(results)
    return abs(network - twin).max("record", skipna=False)


def _pair(results: xarray.Dataset) -> tuple[xarray.DataArray, xarray.DataArray]:
    loss = test_loss(results)
    network = loss.sel(linearised=False, drop=True)
    return network, loss.sel(linearised=True, drop=True)
