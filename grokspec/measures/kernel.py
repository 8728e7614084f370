"""How the kernel is aligned with the task, and how that changes in training (Fig. 1c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.measures.base import measure, over

if TYPE_CHECKING:
    import xarray


@measure("initial kernel–task alignment")
def initial_alignment(results: xarray.Dataset) -> xarray.DataArray:
    """The alignment of the initial kernel with the task, on the test set (§5.2)."""
    return results["alignment"].isel(record=0)


@measure("final over initial kernel–task alignment")
def alignment_growth(results: xarray.Dataset) -> xarray.DataArray:
    """The alignment of kernel and task at the end over that at the start (§5.2).

    NaN for a run whose initial alignment is zero.
    """
    alignment = results["alignment"]
    return over(alignment.isel(record=-1), alignment.isel(record=0))
