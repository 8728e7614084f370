"""When a run groks: recorded as one number a run, or the step at which it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.measures.base import measure

if TYPE_CHECKING:
    import xarray


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
