"""How far a network departs from its model linearized at w₀ (§4.1, Fig. 1).

The results must have the axis ``linearized``, with both values.
"""

from __future__ import annotations

import numpy as np
import xarray

from grokspec.measures.base import measure, relative_test_loss, relative_train_loss


@measure("largest departure from the linearized model up to the test loss's peak")
def departure_to_peak(results: xarray.Dataset) -> xarray.DataArray:
    """Largest relative difference of the two test losses up to the peak of the network's."""
    network, twin = _pair(results)
    peak = network.argmax("record")
    records = xarray.DataArray(range(network.sizes["record"]), dims="record")
    return (abs(network - twin) / twin).where(records <= peak).max("record")


@measure("largest departure from the linearized model while training loss is left")
def departure_until(results: xarray.Dataset, left: float = 0.5) -> xarray.DataArray:
    """Largest relative difference of the two test losses while enough training loss is left.

    Enough is the share ``left`` of the network's initial training loss. NaN for a run whose losses
    are not finite up to there.
    """
    network, twin = _pair(results)
    train = relative_train_loss(results).sel(linearized=False, drop=True)
    before = (train / train.isel(record=0) < left).cumsum("record") == 0
    apart = abs(network - twin) / np.maximum(network, twin)
    return apart.where(before, 0).max("record", skipna=False)


@measure("linearized model's final test loss", unit="× the network's")
def departure_at_end(results: xarray.Dataset) -> xarray.DataArray:
    """The linearized model's final test loss over the network's."""
    network, twin = _pair(results)
    return twin.isel(record=-1) / network.isel(record=-1)


@measure("largest departure from the linearized model", unit="× baseline")
def largest_departure(results: xarray.Dataset) -> xarray.DataArray:
    """Largest difference of the two test losses over the whole training."""
    network, twin = _pair(results)
    return abs(network - twin).max("record", skipna=False)


def _pair(results: xarray.Dataset) -> tuple[xarray.DataArray, xarray.DataArray]:
    loss = relative_test_loss(results)
    network = loss.sel(linearized=False, drop=True)
    return network, loss.sel(linearized=True, drop=True)
