"""From histories to labeled arrays: one xarray dataset for a spec, along the axes of its sweep."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from grokspec.engines.base import DIVERGED_AT, ENDED_AT, RECORD
from grokspec.errors import GrokspecError
from grokspec.spec.layout import Axis, axes_of, names_of, positions_along

if TYPE_CHECKING:
    from grokspec.engines.base import History
    from grokspec.spec import Run, SpecFile

ABSENT = "absent"
"""Status of a cell for which the sweep has no run."""

LONGEST_NAME = 3
"""How many words the name of a coordinate may have: "Initialization scale σ"."""

RATE = "learning_rate"
"""The field of an optimizer that training time is measured by."""

NO_STEP = -1
"""Fills ``step`` where the sweep has no run."""

LARGE, SPARSE = 1_000_000, 100
"""A dataset with more than LARGE cells, and more than SPARSE cells for each run, is refused."""


def labeled(spec: SpecFile, histories: Sequence[History], stale: Sequence[str] = ()) -> xr.Dataset:
    """Lay out the histories of a spec's runs along the axes of its sweep.

    Dimensions: one for each swept path, named by the last part of the path, or by all of it where
    that is ambiguous; one for the seed, even if there is only one; and ``record`` for the recorded
    steps. Zipped paths share a dimension, named by the first of them. A run that does not vary a
    path lies at its own value.

    Data variables: the quantities of the histories, ``status`` (finished, ended before the last
    step, diverged, or absent where the sweep has no run), ``diverged_at`` and ``ended_at``. Numbers
    of absent runs are NaN. A run with fewer records than others has its last record repeated.

    Coordinates: the values along each dimension; ``step``, for each run where their steps differ;
    ``time``, the step times η₀, which makes runs of different learning rates comparable; and the
    stackable fields (α, σ, ε, …) that the spec does not vary, without a dimension. The learning
    rate has those of the sweep if it differs only within tables on an axis.

    ``test_loss`` has the attribute ``test_set = "sampled"`` if it is an estimate.
    ``attrs["stale"]`` has the ids of the runs that other code made.
    """
    axes = axes_of(spec.content.sweep, [run.coordinates for run in spec.runs])
    results = dataset(spec.runs, histories, axes)
    results = results.assign_coords(_fixed_numbers(spec.runs, results))
    results["time"] = _training_time(results)
    if "test_loss" in results and any(run.experiment.samples_test_set for run in spec.runs):
        results["test_loss"].attrs["test_set"] = "sampled"
    return results.assign_attrs(spec=spec.name, profile=spec.profile, stale=list(stale))


def dataset(runs: Sequence[Run], histories: Sequence[History], axes: Sequence[Axis]) -> xr.Dataset:
    """Lay out histories, one for each run, along axes on which no two runs have the same place."""
    quantities = sorted({name for history in histories for name in history.quantities})
    names = names_of(axes, quantities)
    at = [(run.experiment, run.coordinates) for run in runs]
    coordinates, positions = {}, {}
    for axis in axes:
        dim = names[axis[0]]
        points = positions_along(at, axis)
        order = {point: position for position, point in enumerate(dict.fromkeys(points))}
        positions[dim] = [order[point] for point in points]
        for path, labels in zip(axis, zip(*order, strict=True), strict=True):
            coordinates[names[path]] = xr.Variable(dim, label_array(labels), about_path(runs, path))
    grid = _Grid({dim: 1 + max(along) for dim, along in positions.items()}, positions)
    _require_a_cell_each(runs, grid.cells)

    inner_dims = _inner_dims(runs)
    variables = {
        name: grid.filled([h.quantities.get(name) for h in histories], name, inner_dims.get(name))
        for name in quantities
    }
    variables["status"] = grid.filled([np.array(h.status) for h in histories], fill=ABSENT)
    for name in (DIVERGED_AT, ENDED_AT):
        variables[name] = grid.filled([np.array(getattr(h, name), dtype=float) for h in histories])
    rates = [run.experiment.learning_rate for run in runs]
    if RATE not in coordinates and len(set(rates)) > 1:  # it varies within tables
        coordinates[RATE] = grid.filled([np.array(rate) for rate in rates])
    coordinates["step"] = _steps(grid, [history.steps for history in histories])
    return xr.Dataset(variables, coordinates)


def _require_a_cell_each(runs: Sequence[Run], cells: Sequence[tuple[int, ...]]) -> None:
    """Raise a GrokspecError if two runs would be written to one cell."""
    first: dict[tuple[int, ...], Run] = {}
    for run, cell in zip(runs, cells, strict=True):
        if first.setdefault(cell, run) is not run:
            raise GrokspecError(
                f"{first[cell].id} and {run.id} have the same coordinates, so that one would hide "
                "the other; name the values of the axes in which they differ"
            )


def unzipped(values: xr.DataArray, along: str, axes: Mapping[str, xr.DataArray]) -> xr.DataArray:
    """Lay out the points of one zipped axis on several axes; cells without a point are NaN.

    ``axes`` has the coordinates of the points on each new axis. Raises ValueError if two points
    have the same coordinates.
    """
    points = (
        values.rename({along: "point"}) if along in axes else values.rename_dims({along: "point"})
    )
    points = points.drop_vars([name for name, c in points.coords.items() if c.dims == ("point",)])
    coordinates = {name: ("point", own.to_numpy()) for name, own in axes.items()}
    return points.assign_coords(coordinates).set_index(point=list(axes)).unstack("point")


def _inner_dims(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """The names that probes give to the dimensions of their quantities after the record."""
    return {n: dims for run in runs for n, dims in run.experiment.dimensions.items()}


def _fixed_numbers(runs: Sequence[Run], results: xr.Dataset) -> dict[str, xr.Variable]:
    """Stackable fields with the same value in all runs, unless their name is taken."""
    numbers, found = [run.experiment.numbers for run in runs], {}
    for path in numbers[0]:
        name, own = path.rpartition(".")[2], {of_run.get(path) for of_run in numbers}
        if name not in results.variables and len(own) == 1:
            found[name] = xr.Variable((), own.pop(), about_path(runs, path))
    return found


def _training_time(results: xr.Dataset) -> xr.DataArray:
    """τ = η₀ × step, or the step itself if no coordinate has the learning rate."""
    step = results["step"].where(results["step"] != NO_STEP)
    time = step * results["learning_rate"] if RATE in results.coords else step
    return time.drop_vars("step").assign_attrs(long_name="training time", units="η₀ × steps")


class _Grid:
    """The product of all axes, and the cell of each run in it."""

    def __init__(self, sizes: Mapping[str, int], positions: Mapping[str, Sequence[int]]) -> None:
        self.dims = tuple(sizes)
        self.shape = tuple(sizes.values())
        self.cells = list(zip(*positions.values(), strict=True))
        count = math.prod(self.shape)
        if count > max(LARGE, SPARSE * len(self.cells)):
            sides = " × ".join(f"{size} {dim}" for dim, size in sizes.items())
            raise GrokspecError(
                f"{len(self.cells)} runs in a grid of {sides} = {count:,} cells are too sparse for "
                "an array; zip the axes that vary together, or split the spec in two"
            )

    def filled(
        self,
        values: Sequence[np.ndarray | None],
        name: str = "",
        dims: Sequence[str] | None = None,
        fill: Any = math.nan,
    ) -> xr.Variable:
        """The values of each run in its cell; their own dimensions start with the record.

        If a run has fewer records than others its last one is repeated, so that the last record is
        the end of training for every measure. ``dims`` are the names of the dimensions after the
        record; by default they are numbered.
        """
        inner = _common_shape([value.shape for value in values if value is not None])
        dtype = "U8" if isinstance(fill, str) else type(fill)
        full = np.full((*self.shape, *inner), fill, dtype)
        for cell, value in zip(self.cells, values, strict=True):
            if value is not None:
                inside = tuple(slice(size) for size in value.shape)
                full[cell + inside] = value
                if inner:
                    beyond = (slice(len(value), None), *inside[1:])
                    full[cell + beyond] = value[-1]
        dims = dims or [f"{name}_{i}" for i in range(1, len(inner))]
        return xr.Variable((*self.dims, *[RECORD, *dims][: len(inner)]), full)


def label_array(labels: Iterable[Any]) -> np.ndarray:
    """Labels in the narrowest type that keeps them: numbers, strings, booleans or objects."""
    labels = list(labels)
    kinds = {type(label) for label in labels}
    objects = np.empty(len(labels), dtype=object)
    objects[:] = labels
    if kinds in ({int}, {bool}, {str}):
        narrow = np.array(labels)
    elif kinds <= {int, float, type(None)} and kinds != {type(None)}:
        narrow = np.array(labels, dtype=float)  # None becomes NaN
    else:
        return objects
    kept = zip(narrow.tolist(), labels, strict=True)
    return narrow if all(one == label or label is None for one, label in kept) else objects


def about_path(runs: Iterable[Run], path: str) -> dict[str, str]:
    """The attributes of a coordinate: the path, and the description of the field."""
    last = path.rpartition(".")[2]
    for run in runs:
        field = run.experiment.field_at(path)
        if field is not None and field.description:
            long_name = re.split(r"[:;,(]", field.description)[0].strip(" .")
            if len(long_name.split()) > LONGEST_NAME:  # a sentence, not a name
                long_name = last.replace("_", " ")
            return {"path": path, "long_name": long_name, "description": field.description}
    return {"path": path}


def _common_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The smallest shape that holds all of these, which have equally many dimensions."""
    return tuple(max(sizes) for sizes in zip(*shapes, strict=True))


def _steps(grid: _Grid, steps: Sequence[np.ndarray]) -> xr.Variable:
    if all(np.array_equal(own, steps[0]) for own in steps):
        return xr.Variable(RECORD, steps[0])
    return grid.filled(steps, fill=NO_STEP)
