"""How a measure is declared, and the relative losses that measures are made of."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any

import xarray

from grokspec.errors import GrokspecError

Measure = Callable[..., xarray.DataArray]
_MEASURES: dict[str, Measure] = {}


def measure(label: str, unit: str = "") -> Callable[[Measure], Measure]:
    """Register a function as a measure, and put the label and unit on its result.

    The label may name parameters of the function, as in ``"below {threshold:.0%}"``.
    """

    def declare(function: Measure) -> Measure:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def labeled(results: xarray.Dataset, *args: Any, **kwargs: Any) -> xarray.DataArray:
            values = function(results, *args, **kwargs)
            given = signature.bind(results, *args, **kwargs)
            given.apply_defaults()
            values.attrs = {"long_name": label.format_map(given.arguments), "units": unit}
            return values.rename(function.__name__)

        _MEASURES[function.__name__] = labeled
        return labeled

    return declare


def measure_named(name: str) -> Measure:
    """The measure of that name; a GrokspecError with the nearest name if there is none."""
    if name not in _MEASURES:
        near = difflib.get_close_matches(name, _MEASURES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(_MEASURES))}"
        raise GrokspecError(f"measure {name!r} does not exist; {hint}")
    return _MEASURES[name]


def relative_train_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The training loss over that of the zero predictor."""
    return results["train_loss"] / results["baseline"]


def relative_test_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss over that of the zero predictor; exact if that was recorded (Eq. 6)."""
    exact = "population_loss" in results
    return results["population_loss" if exact else "test_loss"] / results["baseline"]


def at_peak(values: xarray.DataArray, loss: xarray.DataArray) -> xarray.DataArray:
    """The values at the record where the loss is largest: the first one if it never rises.

    NaN for a run whose loss is not finite throughout.
    """
    peak = loss.fillna(-float("inf")).argmax("record")
    return values.isel(record=peak).where(loss.notnull().all("record"))
