"""How far the training and the test loss part, as a linear and as a logarithmic axis show it."""

from __future__ import annotations

import xarray

from grokspec.measures.base import measure, test_loss, train_loss


@measure("largest gap between test and training loss", unit="× initial")
def largest_loss_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test loss is above the training loss when it is furthest.

    Each is in units of its own first value, so that two samples of which one happens to be harder
    do not count as a gap. NaN for a run whose losses are not finite throughout.
    """
    train, test = train_loss(results), test_loss(results)
    gap = test / test.isel(record=0) - train / train.isel(record=0)
    return gap.max("record", skipna=False)


@measure("largest ratio of test to training loss")
def largest_loss_ratio(results: xarray.Dataset) -> xarray.DataArray:
    """How many times the training loss the test loss is when it is most.

    NaN for a run whose losses are not finite throughout.
    """
    return (test_loss(results) / train_loss(results)).max("record", skipna=False)
