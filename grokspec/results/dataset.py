"""From histories to labeled arrays: one xarray dataset for a spec, with the axes of its sweep."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from pydantic import BaseModel

from grokspec.errors import GrokspecError
from grokspec.spec.layout import RECORD, Axis, axes_of, names_of, position_along

if TYPE_CHECKING:
    from grokspec.engines.base import History
    from grokspec.spec import Run, SpecFile

ABSENT = "absent"
"""Status of a cell for which the sweep has no run."""

NO_STEP = -1
"""Fills ``step`` where the sweep has no run."""

LARGE, SPARSE = 1_000_000, 100
"""A dataset of more cells than LARGE, and of more than SPARSE for each run, is refused."""


def labeled(spec: SpecFile, histories: Sequence[History], stale: Sequence[str] = ()) -> xr.Dataset:
    """Lay out the histories of a spec's runs along the axes of its sweep.

    There is a dimension for each swept path (named by the path's last part, or by all of it
    where that is ambiguous), for the seed even if there is one, and ``record`` for the recorded
    steps. Paths that are zipped share a dimension, named by the first of them. A run that does
    not vary a path lies where its own value is. Data variables are the quantities of the
    histories, ``status`` (finished, diverged, or absent where the sweep has no run) and
    ``diverged_at``; what is absent is NaN. ``step`` has the steps along ``record`` or, where runs
    differ in them, each run's; one with fewer records than others has its last repeated. ``time``
    is that step times η₀, by which runs of different learning rates compare. The numbers that a
    stack's runs may differ in (α, σ, ε, …) and that this spec does not vary are coordinates without
    a dimension. ``attrs["stale"]`` has the ids of runs that other code made.
    """
    axes = axes_of(spec.content.sweep, [run.coordinates for run in spec.runs])
    results = dataset(spec.runs, histories, axes)
    results = results.assign_coords(_fixed_numbers(spec.runs, results))
    results["time"] = _training_time(results)
    return results.assign_attrs(spec=spec.name, profile=spec.profile, stale=list(stale))


def dataset(runs: Sequence[Run], histories: Sequence[History], axes: Sequence[Axis]) -> xr.Dataset:
    """Lay out histories, one a run, along axes that tell the runs apart."""
    quantities = sorted({name for history in histories for name in history.quantities})
    names = names_of(axes, quantities)
    coordinates, positions = {}, {}
    for axis in axes:
        dim, places = (
            names[axis[0]],
            [position_along(run.experiment, run.coordinates, axis) for run in runs],
        )
        order = {point: position for position, point in enumerate(dict.fromkeys(places))}
        positions[dim] = [order[place] for place in places]
        for path, labels in zip(axis, zip(*order, strict=True), strict=True):
            coordinates[names[path]] = xr.Variable(dim, _array(labels), _about(runs, path))
    box = _Box({dim: 1 + max(places) for dim, places in positions.items()}, positions)

    called = _dimension_names(runs)
    variables = {
        name: box.filled([h.quantities.get(name) for h in histories], name, called.get(name, ()))
        for name in quantities
    }
    variables["status"] = box.filled([np.array(h.status) for h in histories], fill=ABSENT)
    diverged_at = [np.array(h.diverged_at, dtype=float) for h in histories]
    variables["diverged_at"] = box.filled(diverged_at)
    coordinates["step"] = _steps(box, [history.steps for history in histories])
    return xr.Dataset(variables, coordinates)


def unzipped(values: xr.DataArray, along: str, axes: Mapping[str, xr.DataArray]) -> xr.DataArray:
    """Lay the points of one axis, as a zip makes, out on axes of their own; the rest is NaN.

    ``axes`` has the coordinate of every point on each of them, along the one axis. Raises
    ValueError if two points have the same coordinates.
    """
    points = (
        values.rename({along: "point"}) if along in axes else values.rename_dims({along: "point"})
    )
    points = points.drop_vars([name for name, c in points.coords.items() if c.dims == ("point",)])
    places = {name: ("point", place.to_numpy()) for name, place in axes.items()}
    return points.assign_coords(places).set_index(point=list(axes)).unstack("point")


def _dimension_names(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """What the probes call the dimensions of their quantities."""
    probes = (probe for run in runs for probe in run.experiment.record.probes)
    return {name: called for probe in probes for name, called in probe.dimensions.items()}


def _fixed_numbers(runs: Sequence[Run], results: xr.Dataset) -> dict[str, xr.Variable]:
    """Stackable fields that are the same in all runs, unless their name is taken."""
    first, found = runs[0].experiment, {}
    for table in ("task", "model", "optimizer"):
        for name in getattr(first, table).stackable_fields():
            own = {getattr(getattr(run.experiment, table), name, None) for run in runs}
            if name not in results.variables and len(own) == 1:
                found[name] = xr.Variable((), own.pop(), _about(runs, f"{table}.{name}"))
    return found


def _training_time(results: xr.Dataset) -> xr.DataArray:
    """τ = η₀ × step; the step itself where the learning rate is under another name or varied
    in a way that has no coordinate."""
    step = results["step"].where(results["step"] != NO_STEP)
    time = step * results["learning_rate"] if "learning_rate" in results.coords else step
    return time.drop_vars("step").assign_attrs(long_name="training time", units="η₀ × steps")


class _Box:
    """The product of all axes, and the cell in it of each run."""

    def __init__(self, sizes: Mapping[str, int], positions: Mapping[str, Sequence[int]]) -> None:
        self.dims = tuple(sizes)
        self.shape = tuple(sizes.values())
        self.cells = list(zip(*positions.values(), strict=True))
        count = math.prod(self.shape)
        if count > max(LARGE, SPARSE * len(self.cells)):
            sides = " × ".join(f"{size} {dim}" for dim, size in sizes.items())
            raise GrokspecError(
                f"{len(self.cells)} runs lie scattered in a box of {sides} = {count:,} cells, too "
                "sparse for an array; zip axes that vary together, or make two specs of one"
            )

    def filled(
        self,
        values: Sequence[np.ndarray | None],
        name: str = "",
        called: Sequence[str] = (),
        fill: Any = math.nan,
    ) -> xr.Variable:
        """The values of each run in its cell; their own dimensions begin with record.

        Where a run has fewer records than another its last one is repeated: so it stood when its
        training ended, and every measure reads its end there. ``called`` are the names of the
        dimensions after it; where it is empty they are numbered.
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
        called = called or [f"{name}_{i}" for i in range(1, len(inner))]
        more = [RECORD, *called][: len(inner)]
        return xr.Variable((*self.dims, *more), full)


def _array(labels: Iterable[Any]) -> np.ndarray:
    """Labels in the narrowest type that holds them: numbers, texts, truth values or objects."""
    labels = list(labels)
    kinds = {type(label) for label in labels}
    if kinds in ({int}, {bool}, {str}):
        return np.array(labels)
    if kinds <= {int, float, type(None)} and kinds != {type(None)}:
        return np.array(labels, dtype=float)  # None becomes NaN
    objects = np.empty(len(labels), dtype=object)
    objects[:] = labels
    return objects


def _about(runs: Iterable[Run], path: str) -> dict[str, str]:
    """What a coordinate says of itself: the path and what the field is."""
    *tables, last = path.split(".")
    for run in runs:
        table: Any = run.experiment
        for name in tables:
            table = getattr(table, name, None)
        field = type(table).model_fields.get(last) if isinstance(table, BaseModel) else None
        if field is not None and field.description:
            long_name = re.split(r"[:;,(]", field.description)[0].strip(" .")
            return {"path": path, "long_name": long_name, "description": field.description}
    return {"path": path}


def _common_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that holds all of these, which have equally many dimensions."""
    return tuple(max(sizes) for sizes in zip(*shapes, strict=True))


def _steps(box: _Box, steps: Sequence[np.ndarray]) -> xr.Variable:
    if all(np.array_equal(own, steps[0]) for own in steps):
        return xr.Variable(RECORD, steps[0])
    return box.filled(steps, fill=NO_STEP)
