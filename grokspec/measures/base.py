"""How a measure is declared, and the relative losses that measures are made of."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from grokspec.errors import GrokspecError, suggestion
from grokspec.kinds import is_defined_apart, known_apart

if TYPE_CHECKING:
    import numpy as np
    import xarray

Measure = Callable[..., "xarray.DataArray"]
_MEASURES: dict[str, Measure] = {}
_APART: WeakSet[Measure] = WeakSet()
"""Those of Python files that specs name, which only these specs know."""


def measure(label: str, unit: str = "") -> Callable[[Measure], Measure]:
    """Register a function as a measure, and put the label and unit on its result.

    The label may name parameters of the function, as in ``"below {threshold:.0%}"``. The function
    reads histories in which a number that is not finite is NaN, as it is after a run diverged;
    results that were recorded elsewhere may hold infinities. Its result is +∞ for what a run never
    does; of a run that ended before its last step that is not known, so it becomes NaN. A
    GrokspecError if there is no record.
    A measure that needs more than the results cannot be named in a spec, nor can one of your own
    that has the name of one of grokspec's, which keeps it.
    """

    def declare(function: Measure) -> Measure:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def labeled(results: xarray.Dataset, *args: Any, **kwargs: Any) -> xarray.DataArray:
            if not results.sizes.get("record", 1):
                raise GrokspecError(f"{function.__name__}: these results have no record")
            values = _unknown_if_ended(
                function(_without_infinities(results), *args, **kwargs), results
            )
            given = signature.bind(results, *args, **kwargs)
            given.apply_defaults()
            values.attrs = {"long_name": label.format_map(given.arguments), "units": unit}
            return values.rename(function.__name__)

        needed = [p for p in signature.parameters.values() if p.default is p.empty]
        if is_defined_apart():
            _APART.add(labeled)
        elif len(needed) == 1 and (
            _is_ours(labeled) or not _is_ours(_MEASURES.get(function.__name__))
        ):
            _MEASURES[function.__name__] = labeled
        return labeled

    return declare


def _is_ours(measure: Measure | None) -> bool:
    return measure is not None and measure.__module__.startswith("grokspec.")


def measure_named(name: str) -> Measure:
    """The measure of that name; a GrokspecError with the nearest name if there is none."""
    if reason := why_no_measure(name):
        raise GrokspecError(f'measure "{name}": {reason}')
    return _known()[name]


def why_no_measure(name: str) -> str | None:
    """Why there is no measure of that name, with the nearest one; None if there is."""
    return None if name in _known() else f"no such measure; {suggestion(name, _known())}"


def measures_of(module: ModuleType) -> dict[str, Measure]:
    """The measures that a Python file has which a spec names, by name."""
    functions = [value for value in vars(module).values() if inspect.isfunction(value)]
    return {function.__name__: function for function in functions if function in _APART}


def is_measure(name: str) -> bool:
    """Whether every spec knows a measure of that name."""
    return name in _MEASURES


def _known() -> dict[str, Measure]:
    return {**_MEASURES, **known_apart("measure")}


def over(values: xarray.DataArray, divisor: xarray.DataArray) -> xarray.DataArray:
    """The quotient of two quantities, which a run either has or has not: never an infinity.

    NaN where the divisor is zero (of either sign) or infinite, and where the quotient is too large
    for a number.
    """
    import numpy as np

    quotient = values / divisor.where(np.isfinite(divisor))
    return quotient.where(np.isfinite(quotient))


def relative_train_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The training loss over that of the zero predictor."""
    return over(results["train_loss"], results["baseline"])


def relative_test_loss(results: xarray.Dataset) -> xarray.DataArray:
    """The test loss over that of the zero predictor; exact if that was recorded (Eq. 6)."""
    exact = "population_loss" in results
    return over(results["population_loss" if exact else "test_loss"], results["baseline"])


def at_peak(values: xarray.DataArray, loss: xarray.DataArray) -> xarray.DataArray:
    """The values at the record where the loss is largest: the first one if it never rises.

    NaN for a run whose loss is not finite throughout.
    """
    peak = loss.fillna(-float("inf")).argmax("record")
    return values.isel(record=peak).where(loss.notnull().all("record"))


def _unknown_if_ended(values: xarray.DataArray, results: xarray.Dataset) -> xarray.DataArray:
    """The values with NaN for what runs have not done that ended: they might have, later."""
    import numpy as np

    if "status" not in results or not set(results["status"].dims) <= set(values.dims):
        return values
    return values.where(~((results["status"] == "ended") & np.isposinf(values)))


def _without_infinities(results: xarray.Dataset) -> xarray.Dataset:
    """The results with NaN for infinities in the histories; what is taken once stays as it is."""
    import numpy as np

    histories = {n: v.variable for n, v in results.data_vars.items() if "record" in v.dims}
    infinite = {n: v for n, v in histories.items() if np.isinf(_numbers(v)).any()}
    return results.assign({n: v.where(np.isfinite(v)) for n, v in infinite.items()})


def _numbers(values: xarray.Variable) -> np.ndarray:
    """The values, if they can be infinite."""
    import numpy as np

    return values.to_numpy() if values.dtype.kind == "f" else np.empty(0)
