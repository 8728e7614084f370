"""Any recorded quantity as one number a run: at the end, its growth, when a run memorizes or groks.

These take the name of the quantity, as in ``final(results, "norm_of_token")``. A quantity with
further dimensions, as of hidden units, keeps them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError, suggestion
from grokspec.measures.accuracy import MEMORIZED
from grokspec.measures.base import measure, over
from grokspec.measures.crossing_times import value_at_reaching

if TYPE_CHECKING:
    import xarray


@measure("final {quantity}")
def final(results: xarray.Dataset, quantity: str) -> xarray.DataArray:
    """A quantity at the last step."""
    return _recorded(results, quantity).isel(record=-1)


@measure("final over initial {quantity}")
def growth(results: xarray.Dataset, quantity: str) -> xarray.DataArray:
    """A quantity at the last step over that at the first."""
    values = _recorded(results, quantity)
    return over(values.isel(record=-1), values.isel(record=0))


@measure("{quantity} at {accuracy:.0%} train accuracy")
def when_memorized(
    results: xarray.Dataset, quantity: str, accuracy: float = MEMORIZED
) -> xarray.DataArray:
    """A quantity at the moment when the training accuracy reaches a threshold.

    Interpolated between records; NaN for a run that never gets there.
    """
    return value_at_reaching(results["train_accuracy"], accuracy, _recorded(results, quantity))


@measure("time to grok", unit="steps")
def time_to_grok(results: xarray.Dataset) -> xarray.DataArray:
    """The step at which a run groks; infinite for one that does not within its steps.

    It is `grok_step` in results that others recorded. A run that was trained here groks when it
    ends by ``training.until``, which is the level of test accuracy in specs that ask for this
    measure. NaN for a run that diverged, or is not in the sweep.
    """
    if "grok_step" in results:
        return results["grok_step"]
    return results["ended_at"].where(results["status"] != "finished", float("inf"))


def _recorded(results: xarray.Dataset, quantity: str) -> xarray.DataArray:
    """A quantity that is recorded at each step."""
    recorded = [str(name) for name, values in results.data_vars.items() if "record" in values.dims]
    if quantity not in recorded:
        raise GrokspecError(
            f'"{quantity}" is not recorded at each step; {suggestion(quantity, recorded)}'
        )
    return results[quantity]
