"""Accuracy of a regression: the share of examples whose error is below a threshold (§16.2).

The threshold is chosen on reading, from what the probe `example_errors` records, so that any is
tried on the very same runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import xarray

from grokspec.measures.base import measure

Correct = Literal["squared", "largest"]
"""What must not exceed θ for an example to count as correct: ``squared``, the mean over outputs of
(f − y)², as in the code of Liu et al. (2022), or ``largest``, the largest |f − y|, as the text of
§16.2 has it."""

THRESHOLD = 0.001
"""The θ of §8.3.1 and of Liu et al. (2022), for whom it is one of squared errors."""


def with_accuracy(
    results: xarray.Dataset,
    threshold: float | Sequence[float] = THRESHOLD,
    correct: Correct = "squared",
) -> xarray.Dataset:
    """The results with ``train_accuracy`` and ``test_accuracy`` at a threshold θ.

    Several thresholds lie along a dimension ``threshold``. NaN where a run's errors are.
    """
    theta: float | xarray.DataArray
    if isinstance(threshold, Sequence):
        theta = xarray.DataArray(list(threshold), {"threshold": list(threshold)}, "threshold")
    else:
        theta = threshold
    accuracies = {}
    for split in ("train", "test"):
        errors = results[f"{split}_{correct}_errors"]
        right = (errors <= theta).where(errors.notnull())
        accuracies[f"{split}_accuracy"] = right.mean(errors.dims[-1])
    return results.assign(accuracies)


@measure("largest gap between training and test accuracy")
def accuracy_gap(results: xarray.Dataset) -> xarray.DataArray:
    """How far the test accuracy is behind the training accuracy when it is furthest.

    NaN for a run whose accuracies are not known throughout.
    """
    return _gap(results).max("record", skipna=False)


@measure("gap between training and test accuracy that is made up for")
def accuracy_caught_up(results: xarray.Dataset) -> xarray.DataArray:
    """By how much the largest gap exceeds the last: what was generalised late.

    NaN for a run whose accuracies are not known throughout.
    """
    gap = _gap(results)
    return gap.max("record", skipna=False) - gap.isel(record=-1)


def _gap(results: xarray.Dataset) -> xarray.DataArray:
    return results["train_accuracy"] - results["test_accuracy"]
