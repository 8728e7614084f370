"""How far the weights move in training (Fig. 7d, Eq. 9)."""

from __future__ import annotations

import xarray

from grokspec.measures.base import measure


@measure("relative parameter change")
def relative_change(results: xarray.Dataset) -> xarray.DataArray:
    """|w − w₀|/|w₀| at the end."""
    return results["movement"].isel(record=-1) / results["weight_norm"].isel(record=0)


@measure("parameter movement", unit="× the lazy limit's")
def movement_over_lazy(results: xarray.Dataset) -> xarray.DataArray:
    """|w − w₀| at the end over √(yᵀK⁻¹y), by which the lazy network moves (Eq. 8, 9)."""
    return results["movement"].isel(record=-1) / results["lazy_movement"]
