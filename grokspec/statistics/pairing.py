"""Arithmetic on two quantities that pair: each number with that of the same seed and point."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from grokspec.statistics.labels import label_of


def paired(
    operation: Callable[[np.ndarray, np.ndarray], np.ndarray], a: xr.DataArray, b: xr.DataArray
) -> xr.DataArray:
    """Apply an operation within seeds and points; ValueError if the two do not hold the same."""
    try:
        return xr.apply_ufunc(operation, a.astype(float), b.astype(float), join="exact")
    except ValueError as error:
        raise ValueError(
            f"{label_of(a)} and {label_of(b)} do not pair: they differ in their coordinates "
            f"({error})"
        ) from error


def minus(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Subtract; of two infinities of one sign either may be the larger, so that it is NaN."""
    with np.errstate(invalid="ignore"):
        return a - b


def divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Divide; 0 / 0 is a tie, 1, and inf / inf is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((a == 0) & (b == 0), 1.0, a / b)
