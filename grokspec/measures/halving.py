"""What has become of the test loss when half of the training loss is gone."""

from __future__ import annotations

import xarray

from grokspec.measures.base import measure, test_loss, train_loss
from grokspec.measures.crossing import value_at_reaching


@measure("test loss when the training loss has halved", unit="× initial")
def loss_when_half_learnt(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss over its initial value, when half of the initial training loss is gone.

    A half if the two fall together, and more the later the network generalises. Each loss is
    compared with itself, so it does not matter by how much the mean square of a small, heavy-tailed
    sample differs from the population's. Interpolated between records in the training loss; NaN
    for a run whose training loss never halves, or is not finite up to there.
    """
    train, test = train_loss(results), test_loss(results)
    share = train / train.isel(record=0)
    return value_at_reaching(-share, -0.5, test / test.isel(record=0))
