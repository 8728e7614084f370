"""How large the weights become and how far they move (Fig. 1c, 7d; Eq. 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.measures.base import measure, over, relative_train_loss
from grokspec.measures.crossing_times import THRESHOLD

if TYPE_CHECKING:
    import xarray


@measure("final over initial weight norm")
def norm_growth(results: xarray.Dataset) -> xarray.DataArray:
    """The weight norm at the end over that at the start."""
    norm = results["weight_norm"]
    return over(norm.isel(record=-1), norm.isel(record=0))


@measure("final weight norm", unit="× when memorized")
def norm_growth_since_memorized(results: xarray.Dataset) -> xarray.DataArray:
    """The weight norm at the end over that when the training loss first is below `THRESHOLD`.

    NaN for a run whose training loss never gets there.
    """
    fallen = relative_train_loss(results) < THRESHOLD
    memorized = results["weight_norm"].isel(record=fallen.argmax("record"))
    ratio = over(results["weight_norm"].isel(record=-1), memorized)
    return ratio.where(fallen.any("record"))


@measure("final weight norm", unit="× the solution's")
def norm_over_solution(results: xarray.Dataset) -> xarray.DataArray:
    """The weight norm at the end over that of the solution of Eq. 6.

    For runs that are not centered. The solution has ``Tr M = |β|²/(αε)`` (§5.3), so its mean
    squared weight is ``|β|²/(αεD)``; the baseline is ``3|β|⁴/(4D²)``. NaN where αε is zero, since
    there is no solution.
    """
    target = (results["baseline"] * 4 / 3) ** 0.5  # |β|²/D
    solution = over(target, results["alpha"] * results["epsilon"]) ** 0.5
    return over(results["weight_norm"].isel(record=-1), solution)


@measure("relative parameter change")
def relative_change(results: xarray.Dataset) -> xarray.DataArray:
    """|w − w₀|/|w₀| at the end."""
    return over(results["movement"].isel(record=-1), results["weight_norm"].isel(record=0))


@measure("parameter movement", unit="× the lazy limit's")
def movement_over_lazy(results: xarray.Dataset) -> xarray.DataArray:
    """|w − w₀| at the end over √(yᵀK⁻¹y), by which the lazy network moves (Eq. 8, 9)."""
    return over(results["movement"].isel(record=-1), results["lazy_movement"])
