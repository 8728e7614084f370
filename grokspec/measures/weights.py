"""What becomes of the weights and of the kernel they define (Fig. 1c)."""

from __future__ import annotations

import xarray

from grokspec.measures.base import measure, relative_train_loss
from grokspec.measures.crossing_times import THRESHOLD


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


@measure("first kernel–task alignment")
def initial_alignment(results: xarray.Dataset) -> xarray.DataArray:
    """The alignment of the initial kernel with the task, on the test set (§5.2)."""
    return results["alignment"].isel(record=0)


@measure("final weight norm", unit="× the solution's")
def norm_over_solution(results: xarray.Dataset) -> xarray.DataArray:
    """The weight norm at the end over that of the solution of Eq. 6, for runs that are not centered.

    The solution has ``Tr M = |β|²/(αε)`` (§5.3), so its mean squared weight is ``|β|²/(αεD)``; the
    baseline is ``3|β|⁴/(4D²)``.
    """
    target = (results["baseline"] * 4 / 3) ** 0.5  # |β|²/D
    solution = (target / (results["alpha"] * results["epsilon"])) ** 0.5
    return results["weight_norm"].isel(record=-1) / solution


@measure("final weight norm", unit="× when memorized")
def norm_growth_since_memorized(results: xarray.Dataset) -> xarray.DataArray:
    """How many times larger the weight norm ends than when the training loss had fallen.

    Fallen is below the `THRESHOLD` of the delays; NaN for a run that never gets there.
    """
    fallen = relative_train_loss(results) < THRESHOLD
    memorized = results["weight_norm"].isel(record=fallen.argmax("record"))
    ratio = results["weight_norm"].isel(record=-1) / memorized
    return ratio.where(fallen.any("record"))
