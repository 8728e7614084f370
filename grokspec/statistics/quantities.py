"""Labels, units and places of labeled arrays for sentences, and arithmetic in pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import SupportsIndex

import numpy as np
import xarray as xr

from grokspec.formatting import exact


def require(values: xr.DataArray, dim: str) -> None:
    """Raise a ValueError unless there is this dimension."""
    if dim not in values.dims:
        known = ", ".join(map(str, values.dims)) or "none"
        raise ValueError(f"{label_of(values)} has no dimension {dim!r}; its dimensions: {known}")


def with_coordinates(values: xr.DataArray) -> xr.DataArray:
    """Number the points of every dimension that has no coordinate."""
    return values.assign_coords(
        {dim: np.arange(values.sizes[dim]) for dim in values.dims if dim not in values.coords}
    )


def label_of(values: xr.DataArray) -> str:
    """The name of the quantity."""
    return str(values.attrs.get("long_name") or values.name or "value")


def unit_of(values: xr.DataArray) -> str:
    """The unit; empty for a pure number."""
    return str(values.attrs.get("units", ""))


def place_of(values: xr.DataArray, cell: Sequence[SupportsIndex]) -> str:
    """The coordinates of a cell: "alpha = 8, epsilon = 0.25"; empty if there are no dimensions."""
    numbered = with_coordinates(values)
    return ", ".join(
        _coordinate(str(dim), numbered[dim].to_numpy()[index])
        for dim, index in zip(values.dims, cell, strict=True)
    )


def _coordinate(dim: str, value: object) -> str:
    return f"{dim} {exact(value)}" if isinstance(value, str) else f"{dim} = {exact(value)}"


def labels_of_two(a: xr.DataArray, b: xr.DataArray) -> tuple[str, str]:
    """Label both, each with the coordinates in which they differ."""
    points = [
        {str(k): v.to_numpy()[()] for k, v in values.coords.items() if v.ndim == 0}
        for values in (a, b)
    ]
    labels = []
    for values, own, others in zip((a, b), points, reversed(points), strict=True):
        apart = [_coordinate(k, v) for k, v in own.items() if k in others and others[k] != v]
        labels.append(label_of(values) + (f" at {', '.join(apart)}" if apart else ""))
    return labels[0], labels[1]


def paired(
    operation: Callable[[np.ndarray, np.ndarray], np.ndarray], a: xr.DataArray, b: xr.DataArray
) -> xr.DataArray:
    """Apply an operation within seeds and points. ValueError if the coordinates differ."""
    try:
        return xr.apply_ufunc(operation, a.astype(float), b.astype(float), join="exact")
    except ValueError as error:
        raise ValueError(
            f"{label_of(a)} and {label_of(b)} do not pair: their coordinates differ ({error})"
        ) from error


def minus(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Subtract; inf − inf is NaN, since either may be the larger."""
    with np.errstate(invalid="ignore", over="ignore"):
        return a - b


def divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Divide; 0 / 0 is 1, a tie.

    Infinity means never, so only what never happens has an infinite ratio: NaN for any other
    number over zero, for a quotient that is too large for a number, and for inf / inf.
    """
    b = b + 0.0  # a zero has no sign
    with np.errstate(all="ignore"):
        quotient = np.where((a == 0) & (b == 0), 1.0, a / b)
    return np.where(np.isinf(quotient) & np.isfinite(a), np.nan, quotient)
