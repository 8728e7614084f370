"""What has become of the test loss when half of the training loss is gone."""

from __future__ import annotations

import numpy as np
import xarray

from grokspec.measures.base import measure, test_loss, train_loss


@measure("test loss when the training loss has halved", unit="× initial")
def loss_when_half_learnt(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss over its initial value, when half of the initial training loss is gone.

    A half if the two fall together, and more the later the network generalises. Each loss is
    compared with itself, so it does not matter by how much the mean square of a small, heavy-tailed
    sample differs from the population's. Interpolated between records in the training loss; NaN
    for a run whose training loss never halves, or is not finite up to there.
    """
    train, test = train_loss(results), test_loss(results)
    return xarray.apply_ufunc(
        _where_halved,
        train / train.isel(record=0),
        test / test.isel(record=0),
        input_core_dims=[["record"], ["record"]],
        vectorize=True,
    )


def _where_halved(train: np.ndarray, test: np.ndarray) -> float:
    below = np.flatnonzero(train < 0.5)
    if not len(below) or not np.isfinite(train[: below[0] + 1]).all():
        return np.nan
    after = below[0]
    part = (train[after - 1] - 0.5) / (train[after - 1] - train[after])
    return float(test[after - 1] + part * (test[after] - test[after - 1]))
