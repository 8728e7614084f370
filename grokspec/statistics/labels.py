"""What labelled arrays say of themselves, and how that reads in the sentence of a finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
import xarray as xr


def require(values: xr.DataArray, dim: str) -> None:
    """Raise a ValueError unless a dimension is there."""
    if dim not in values.dims:
        known = ", ".join(map(str, values.dims)) or "none"
        raise ValueError(f"{label_of(values)} has no dimension {dim!r}; its dimensions: {known}")


def with_coordinates(values: xr.DataArray) -> xr.DataArray:
    """Number the points of every dimension that has no coordinate."""
    return values.assign_coords(
        {dim: np.arange(values.sizes[dim]) for dim in values.dims if dim not in values.coords}
    )


def label_of(values: xr.DataArray) -> str:
    """What the quantity is called."""
    return str(values.attrs.get("long_name") or values.name or "value")


def unit_of(values: xr.DataArray) -> str:
    """What it is counted in; empty for a pure number."""
    return str(values.attrs.get("units", ""))


def place_of(values: xr.DataArray, cell: Sequence[SupportsIndex]) -> str:
    """Say where a cell is: "alpha = 8, epsilon = 0.25"; empty if there are no dimensions."""
    numbered = with_coordinates(values)
    return ", ".join(
        _coordinate(str(dim), numbered[dim].to_numpy()[index])
        for dim, index in zip(values.dims, cell, strict=True)
    )


def _coordinate(dim: str, value: object) -> str:
    return f"{dim} {value}" if isinstance(value, str) else f"{dim} = {number(value)}"


def labels_of_two(a: xr.DataArray, b: xr.DataArray) -> tuple[str, str]:
    """Label both, each with the coordinates that it does not share with the other."""
    points = [
        {str(k): v.to_numpy()[()] for k, v in values.coords.items() if v.ndim == 0}
        for values in (a, b)
    ]
    labels = []
    for values, own, others in zip((a, b), points, reversed(points), strict=True):
        apart = [_coordinate(k, v) for k, v in own.items() if k in others and others[k] != v]
        labels.append(label_of(values) + (f" at {', '.join(apart)}" if apart else ""))
    return labels[0], labels[1]


def number(value: object) -> str:
    """Three digits of a number; anything else as it is."""
    return f"{value:.3g}" if isinstance(value, (int, float, np.number)) else str(value)


def count(n: int, noun: str) -> str:
    """Say how many there are: "1 seed", "1,000 seeds"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def after_space(words: str) -> str:
    """Set words apart from those before them, if there are any."""
    return f" {words}" if words else ""
