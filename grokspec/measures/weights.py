"""What becomes of the weights and of the kernel they define (Fig. 1c)."""

from __future__ import annotations

import xarray

from grokspec.measures.base import measure


@measure("final over first weight norm")
def norm_growth(results: xarray.Dataset) -> xarray.DataArray:
    """How many times larger the weight norm ends than it began."""
    norm = results["weight_norm"]
    return norm.isel(record=-1) / norm.isel(record=0)


@measure("final over first kernel–task alignment")
def alignment_growth(results: xarray.Dataset) -> xarray.DataArray:
    """How many times larger the alignment of kernel and task ends than it began (§5.2)."""
    alignment = results["alignment"]
    return alignment.isel(record=-1) / alignment.isel(record=0)
