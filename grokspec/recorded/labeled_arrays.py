"""Runs in arrays whose axes have names: a netCDF file, Zarr, or named by `dimensions`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from grokspec.files.arrays import printable
from grokspec.formatting import exact
from grokspec.recorded.bounds import MOST_ROWS, MOST_RUNS
from grokspec.recorded.drafts import Draft
from grokspec.recorded.recording import Scalar
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.values import Refusal, ValueRefusedError, label_of, whole_numbers

if TYPE_CHECKING:
    import numpy as np


class Labeled(NamedTuple):
    """An array with a name for each of its axes."""

    dims: tuple[str, ...]
    values: np.ndarray

    def at(self, place: Mapping[str, int]) -> np.ndarray:
        """Its part at a place on some of its axes."""
        import numpy as np

        return np.asarray(self.values[tuple(place.get(dim, slice(None)) for dim in self.dims)])


class Arrays(NamedTuple):
    """The arrays of a file by their part in a run; ``seeds`` and ``steps`` may be missing."""

    axes: dict[str, Labeled]
    seeds: Labeled | None
    steps: Labeled | None
    quantities: dict[str, Labeled]

    @property
    def run_dims(self) -> tuple[str, ...]:
        """The axes along which there are different runs."""
        ours = [*self.axes.values(), *([self.seeds] if self.seeds else [])]
        return tuple(dict.fromkeys(dim for array in ours for dim in array.dims))

    def length(self, dim: str) -> int:
        """How long an axis is."""
        own = [*self.axes.values(), self.seeds, self.steps, *self.quantities.values()]
        return next(a.values.shape[a.dims.index(dim)] for a in own if a and dim in a.dims)


def arrays_named(results: RecordedResults, refusal: Refusal) -> tuple[str, ...]:
    """The names of the arrays that the spec wants; one has no axis of the sweep in its name."""
    for own in results.details.values():
        if not own.pattern.is_plain:
            raise refusal(
                f'has arrays, whose names "{own.source}" cannot match; write the name of one, '
                "and axes that are in the file in axes"
            )
    seed = results.seed if isinstance(results.seed, str) else None
    sources = [own.source for own in results.details.values()]
    named = [results.step, seed, *results.columns_of_axes.values(), *sources]
    return tuple(dict.fromkeys(name for name in named if name is not None))


def drafts_in(arrays: Arrays, results: RecordedResults, refusal: Refusal) -> list[Draft]:
    """The runs in arrays: one at each place on their axes. Raises a refusal if they don't fit."""
    dims = arrays.run_dims
    step_dim = _step_dim(arrays, results, refusal)
    for name in arrays.quantities:
        _check_dims(name, arrays, step_dim, results, refusal)
    lengths = [arrays.length(dim) for dim in dims]
    if math.prod(lengths) > MOST_RUNS:
        raise refusal(f"has {math.prod(lengths):,} runs, more than {MOST_RUNS:,}; split it")
    if step_dim and math.prod(lengths) * arrays.length(step_dim) > MOST_ROWS:
        raise refusal(f"its runs have more than {MOST_ROWS:,} records together; split it")
    if 0 in lengths or (step_dim and arrays.length(step_dim) == 0):
        raise refusal("has no runs, or runs without records: an axis is empty; remove the file")
    places = itertools.product(*map(range, lengths))
    found = (_draft(arrays, dict(zip(dims, place, strict=True)), step_dim, results, refusal)
             for place in places)  # fmt: skip
    return [draft for draft in found if draft]


def _step_dim(arrays: Arrays, results: RecordedResults, refusal: Refusal) -> str | None:
    """The axis of the steps: the one of their array along which there are not several runs."""
    if arrays.steps is None:
        return None
    own = [dim for dim in arrays.steps.dims if dim not in arrays.run_dims]
    if len(own) != 1:
        raise refusal(
            f'"{results.step}" has the axes {_in_words(arrays.steps.dims)}, but the steps have one '
            "axis of their own, besides those of the runs; name another array"
        )
    return own[0]


def _check_dims(
    name: str, arrays: Arrays, step_dim: str | None, results: RecordedResults, refusal: Refusal
) -> None:
    dims, values = arrays.quantities[name]
    source = printable(results.details[name].source)
    if values.dtype.kind not in "iufb":
        raise refusal(f'"{source}" has elements of type {values.dtype}, which are no numbers')
    if not dims:
        return  # one number for all runs of the file
    if missing := [dim for dim in arrays.run_dims if dim not in dims]:
        raise refusal(
            f'"{source}" has the axes {_in_words(dims)} but no {_in_words(missing)}: a number that '
            "several runs share, such as a mean over seeds, is no evidence of each of them; read "
            "what was recorded of each run"
        )
    inner = [dim for dim in dims if dim not in (*arrays.run_dims, step_dim)]
    if inner and step_dim not in dims:
        raise refusal(
            f'"{source}" has the further axes {_in_words(inner)}, but none of steps; only what is '
            "recorded at each step may have further axes; step names the array of the steps"
        )
    along = results.details[name].along or []
    if unnamed := [dim for dim in inner if dim not in along]:
        raise refusal(
            f'"{source}" has the further axes {_in_words(unnamed)}; name them in axes if they are '
            f"axes of the sweep, or else in along of quantities.{name}"
        )


def _draft(
    arrays: Arrays,
    place: Mapping[str, int],
    step_dim: str | None,
    results: RecordedResults,
    refusal: Refusal,
) -> Draft | None:
    """The run at a place; None if there is nothing there and the spec says to skip gaps."""
    import numpy as np

    coordinates = {
        name: _label(axis.at(place)[()], results.columns_of_axes[name], refusal)
        for name, axis in arrays.axes.items()
    }
    seed = int(arrays.seeds.at(place)) if arrays.seeds is not None else None
    curves, numbers = {}, {}
    for name, array in arrays.quantities.items():
        values = results.details[name].with_never(array.at(place).astype(np.float64))
        if step_dim in array.dims:
            left = [dim for dim in array.dims if dim not in place]
            curves[name] = np.moveaxis(values, left.index(step_dim), 0)
        else:
            numbers[name] = values
    own = [*curves.values(), *(numbers[n] for n in numbers if arrays.quantities[n].dims)]
    if results.gaps == "skip" and place and all(np.isnan(values).all() for values in own):
        return None
    if arrays.steps is None:
        return Draft(coordinates, seed, np.zeros(1, np.int64), curves, numbers)
    steps = arrays.steps.at(place)
    if results.gaps == "skip" and steps.dtype.kind == "f":
        curves = {name: values[~np.isnan(steps)] for name, values in curves.items()}
        steps = steps[~np.isnan(steps)]
    length = _without_padding(steps, curves)
    curves = {name: values[:length] for name, values in curves.items()}
    steps = _increasing(steps[:length], results, refusal)
    return Draft(coordinates, seed, steps, curves, numbers)


def _without_padding(steps: np.ndarray, curves: Mapping[str, np.ndarray]) -> int:
    """How many records there are without those at the end that repeat the last one.

    So the datasets of grokspec have runs with fewer records than others.
    """
    import numpy as np

    length = len(steps)
    while length > 1 and all(
        np.array_equal(own[length - 1], own[length - 2], equal_nan=own.dtype.kind == "f")
        for own in (steps, *curves.values())
    ):
        length -= 1
    return length


def _label(value: object, source: str, refusal: Refusal) -> Scalar:
    try:
        return label_of(value)
    except ValueRefusedError as error:
        raise refusal(f'"{printable(source)}" {error}') from None


def _increasing(values: np.ndarray, results: RecordedResults, refusal: Refusal) -> np.ndarray:
    """Steps as int64. Raises a refusal if they do not increase."""
    import numpy as np

    steps = whole_numbers(values, str(results.step), refusal)
    if len(wrong := np.flatnonzero(np.diff(steps) <= 0)):
        at = int(wrong[0]) + 1
        raise refusal(
            f'"{results.step}" has {exact(int(steps[at]))} after {exact(int(steps[at - 1]))}, at '
            f"[{at}], counted from 0; steps must increase: order the records, each step once"
        )
    return steps


def _in_words(names: object) -> str:
    return ", ".join(map(printable, names)) if isinstance(names, list | tuple) else str(names)
