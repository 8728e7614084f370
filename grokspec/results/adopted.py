"""Datasets that were recorded elsewhere, laid out as the results of a spec are (see `labeled`).

There is one rule for all of them, `adopt`. What it cannot read is an error with its remedy.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from grokspec.engines.base import DIVERGED_AT, ENDED_AT, RECORD, RESERVED
from grokspec.errors import GrokspecError
from grokspec.results.dataset import ABSENT, NO_STEP, label_array

SEED, STEP, TIME, STATUS = "seed", "step", "time", "status"

STATUSES = ("finished", "ended", "diverged", ABSENT)

REAL, LABELS = "biuf", "biufUmMO"
"""The kinds of numpy's types that a quantity, and a coordinate, may have."""

SHOWN = 5
"""How many values a message lists."""

NO_LABEL = "labels are numbers, texts, True or False; dataset.assign_coords(…) gives it others"


def adopt(
    dataset: xr.Dataset, *, seed: str = SEED, step: str = STEP, name: str = "the dataset"
) -> xr.Dataset:
    """Lay out a dataset as the results of a spec, with all that those have besides quantities.

    - **Quantities** are the data variables: real numbers, here as float64.
    - **Seed.** The dimension ``seed`` counts the runs of a point. Without a coordinate it is
      numbered from 0.
    - **Axes.** Of the other dimensions of quantities that have the seed, an axis of the sweep is
      each that has a coordinate, or that all these quantities have; it is numbered from 0 if it has
      no coordinate. Others belong to their quantity, as examples or layers do. If there is a
      variable ``status``, its dimensions are the axes. No two points of an axis have one value.
    - **Record.** A dimension ``step``, whose coordinate says after how many steps each record was
      taken, becomes the dimension ``record`` with the coordinate ``step``. A dataset may also have
      it so, and then the coordinate may have axes, too: runs have steps of their own. Steps are
      whole numbers that increase; a run that has fewer repeats its last. A dataset without records
      has single numbers of runs.
    - ``time`` is the step, if there is no variable of that name.
    - ``status`` is "diverged" where ``diverged_at`` is known, else "absent" where no quantity of a
      run has a number, else "ended" where ``ended_at`` is known, else "finished", if there is no
      variable of that name. ``diverged_at`` and ``ended_at`` are unknown, if there are none.

    Everything else stays as it is, so the results of a spec are themselves. ``seed`` and ``step``
    are the names of these dimensions in the dataset, and ``name`` is what messages call it. Raises
    a GrokspecError for what the rule cannot read.
    """
    try:
        found = _with_record(_with_seed(_checked(dataset), seed), step)
        found = _with_labels(_with_numbers(found))
        axes = _axes(found)
        found = _with_whole_steps(_with_distinct_points(found, axes), axes)
        return _with_endings(found, axes).transpose(*axes, RECORD, ..., missing_dims="ignore")
    except GrokspecError as error:
        raise GrokspecError(*(f"{name}: {mistake}" for mistake in error.mistakes)) from None


def _checked(dataset: Any) -> xr.Dataset:
    """The dataset, if it is one and all its names can be used."""
    if isinstance(dataset, xr.DataArray) and dataset.name is not None:
        dataset = dataset.to_dataset()
    if not isinstance(dataset, xr.Dataset):
        raise GrokspecError(f"is a {type(dataset).__name__}, not a dataset; {_made_one(dataset)}")
    if any(isinstance(index, pd.MultiIndex) for index in dataset.indexes.values()):
        raise GrokspecError(
            "has several coordinates in one index; dataset.unstack() makes a dimension of each"
        )
    if mistakes := list(_mistakes_in_names(dataset)):
        raise GrokspecError(*mistakes)
    beside = [name for name in (STATUS, DIVERGED_AT, ENDED_AT) if name in dataset.coords]
    return dataset.reset_coords(beside).drop_encoding()


def _made_one(found: Any) -> str:
    """How a dataset is made of something else."""
    if isinstance(found, xr.DataArray):
        return 'array.to_dataset(name="train_loss") makes one of it'
    if isinstance(found, pd.DataFrame):
        return 'table.set_index(["alpha", "seed", "step"]).to_xarray() makes one of a long table'
    return "give an xarray.Dataset"


def _mistakes_in_names(dataset: xr.Dataset) -> Iterator[str]:
    for name in dict.fromkeys([*dataset.dims, *dataset.variables]):
        if not isinstance(name, str) or not name.strip():
            yield f"has something called {name!r}, which is no name; rename it to a text"
    for name in (TIME, STATUS, DIVERGED_AT, ENDED_AT):
        if name in dataset.dims:
            yield (
                f'the dimension "{name}" has a name that means something else in results, as '
                f'{", ".join(RESERVED)} do; rename it (to "{STEP}", if it counts the records)'
            )
    if RECORD in dataset.data_vars:
        yield f'"{RECORD}" is the dimension of the records in results; rename this quantity'


def _with_seed(dataset: xr.Dataset, seed: str) -> xr.Dataset:
    if seed not in dataset.dims:
        raise GrokspecError(
            f'there is no dimension "{seed}", which counts the runs of a point; the dimensions: '
            f'{_named(dataset.dims)}. Name the one that does, as seed="…"; if every point has one '
            "run, dataset.expand_dims(seed=[0]) adds it"
        )
    if seed != SEED:
        _require_free(dataset, seed, SEED)
        dataset = dataset.rename({seed: SEED})
    return _numbered(dataset, SEED)


def _with_record(dataset: xr.Dataset, step: str) -> xr.Dataset:
    """The dataset with the dimension ``record`` and the coordinate ``step``, if it has records."""
    if step not in dataset.variables and (step in dataset.dims or RECORD in dataset.dims):
        dim = step if step in dataset.dims else RECORD
        raise GrokspecError(
            f'the dimension "{dim}" has no coordinate "{step}", so the steps are not known; '
            f'dataset.assign_coords({step}=("{dim}", …)) adds them'
        )
    if step not in dataset.variables:
        if step == STEP:
            return dataset
        raise GrokspecError(
            f'step = "{step}": there is no such dimension; the dimensions: {_named(dataset.dims)}'
        )
    if step in dataset.dims:
        if RECORD in dataset.dims:
            raise GrokspecError(
                f'there are the dimensions "{step}" and "{RECORD}", and only one of them can count '
                "the records; rename the other"
            )
        dataset = dataset.rename_dims({step: RECORD}).drop_indexes(step, errors="ignore")
    if step != STEP:
        _require_free(dataset, step, STEP)
        dataset = dataset.rename_vars({step: STEP})
    return dataset.set_coords(STEP)


def _require_free(dataset: xr.Dataset, old: str, new: str) -> None:
    if new in dataset.variables or new in dataset.dims:
        raise GrokspecError(
            f'"{old}" is to be the {new}, and something else is called "{new}"; rename that'
        )


def _with_numbers(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with float64 numbers."""
    mistakes, found = [], {}
    numeric = [name for name in (TIME, DIVERGED_AT, ENDED_AT) if name in dataset.variables]
    for name in [*_quantities(dataset), *numeric]:
        variable = dataset[name].variable
        if variable.dtype.kind in REAL:
            numbers = np.asarray(variable.to_numpy(), dtype=np.float64)
            found[name] = xr.Variable(variable.dims, numbers, variable.attrs)
        else:
            mistakes.append(
                f'the values of "{name}" are {variable.dtype}, not real numbers; '
                f'dataset["{name}"].astype(float) makes them so where that is possible, '
                f'and dataset.drop_vars("{name}") leaves them out'
            )
    if mistakes:
        raise GrokspecError(*mistakes)
    return dataset.assign(found)


def _with_labels(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with coordinates of numbers, texts, times, truth values or a mixture."""
    found = {}
    for name, coordinate in dataset.coords.items():
        values = coordinate.to_numpy()
        if values.dtype.kind in "OT":
            values = _narrowed(name, values)
            found[name] = xr.Variable(coordinate.dims, values, coordinate.attrs)
        if values.dtype.kind not in LABELS:
            raise GrokspecError(f'the coordinate "{name}" has {values.dtype} values; {NO_LABEL}')
        if values.dtype.kind in "mM" and np.isnat(values).any():
            raise GrokspecError(f'the coordinate "{name}" has an unknown time; {NO_LABEL}')
    return dataset.assign_coords(found)


def _narrowed(name: Hashable, values: np.ndarray) -> np.ndarray:
    """Labels in the narrowest type that keeps them, as in the results of a spec."""
    flat = [value.item() if isinstance(value, np.generic) else value for value in values.ravel()]
    for label in flat:
        if not isinstance(label, bool | int | float | str | None):
            raise GrokspecError(f'the coordinate "{name}" has {label!r}; {NO_LABEL}')
    return label_array(flat).reshape(values.shape)


def _axes(dataset: xr.Dataset) -> tuple[str, ...]:
    """The axes of the sweep, with the seed last."""
    by_run = [values for values in _quantities(dataset).values() if SEED in values.dims]
    if not by_run:
        raise GrokspecError(
            f'no quantity has the dimension "{SEED}"; the quantities: '
            f"{_named(_quantities(dataset))}"
        )
    if STATUS in dataset.variables:
        of_status = tuple(map(str, dataset[STATUS].dims))
        _require_one_a_run(STATUS, of_status, SEED in of_status and RECORD not in of_status)
        return (*(dim for dim in of_status if dim != SEED), SEED)
    dims = dict.fromkeys(str(dim) for values in by_run for dim in values.dims)
    return (
        *(
            dim
            for dim in dims
            if dim not in (SEED, RECORD)
            and (dim in dataset.coords or all(dim in values.dims for values in by_run))
        ),
        SEED,
    )


def _with_distinct_points(dataset: xr.Dataset, axes: Sequence[str]) -> xr.Dataset:
    for dim in axes:
        dataset = _numbered(dataset, dim)
        points = pd.Index(dataset[dim].to_numpy())
        if not points.size:
            raise GrokspecError(f'the dimension "{dim}" is empty; there is no run')
        if points.has_duplicates:
            twice = points[points.duplicated()].unique().tolist()
            raise GrokspecError(
                f'the coordinate "{dim}" has {_some(twice)} more than once, so its runs cannot be '
                "told apart; give each a value of its own, or count them by the seed"
            )
    return dataset


def _with_whole_steps(dataset: xr.Dataset, axes: Sequence[str]) -> xr.Dataset:
    """The dataset with steps as int64, which increase; and with the time."""
    if RECORD not in dataset.dims:
        return dataset
    dims = dataset[STEP].dims
    if RECORD not in dims or not set(dims) <= {*axes, RECORD}:
        raise GrokspecError(
            f'"{STEP}" must have the dimension "{RECORD}" and, where runs have steps of their own, '
            f"axes of the sweep; its dimensions: {_named(dims)}"
        )
    _check_that_they_are_whole(dataset[STEP].to_numpy())
    step = dataset[STEP].astype(np.int64)
    _check_that_they_increase(step.transpose(..., RECORD).to_numpy())
    dataset = dataset.assign_coords({STEP: step})
    return dataset if TIME in dataset.variables else dataset.assign({TIME: _as_time(step)})


def _check_that_they_are_whole(steps: np.ndarray) -> None:
    wrong = f"{steps.dtype} values"
    if steps.dtype.kind in "iuf":
        is_whole = np.isfinite(steps) & (steps == np.floor(steps)) & (steps >= NO_STEP)
        wrong = _some(steps[~is_whole].tolist())
    if wrong:
        raise GrokspecError(
            f'"{STEP}" has {wrong}; steps are whole numbers from 0: number the records, and give '
            f'their times as a variable "{TIME}"'
        )


def _check_that_they_increase(steps: np.ndarray) -> None:
    """Raise a GrokspecError if steps, [..., record], do not. A run of its own repeats its last."""
    growth = np.diff(steps, axis=-1)
    later = np.flip(np.logical_or.accumulate(np.flip(growth > 0, -1), axis=-1), -1)
    may_repeat = ~later if steps.ndim > 1 else np.zeros_like(later)
    wrong = np.argwhere((growth < 0) | ((growth == 0) & ~may_repeat))
    if len(wrong):
        *run, record = map(int, wrong[0])
        before, after = steps[tuple(run)][record : record + 2]
        raise GrokspecError(
            f'"{STEP}" has {after} after {before}; steps must increase: dataset.sortby("{STEP}") '
            "sorts them, and each may be there once"
        )


def _as_time(step: xr.DataArray) -> xr.DataArray:
    time = step.where(step != NO_STEP).drop_vars(STEP).astype(np.float64)
    return time.assign_attrs(long_name="training time", units="steps")


def _with_endings(dataset: xr.Dataset, axes: Sequence[str]) -> xr.Dataset:
    """The dataset with how each run ended: its ``status``, and when, along all axes."""
    sizes = {dim: dataset.sizes[dim] for dim in axes}
    for name in (DIVERGED_AT, ENDED_AT):
        if name not in dataset.variables:
            dataset = dataset.assign({name: ((), np.nan)})
        if RECORD in dataset[name].dims:  # in all rows of a run, as in a long table
            dataset = dataset.assign({name: dataset[name].max(RECORD)})
    if STATUS not in dataset.variables:
        dataset = dataset.assign({STATUS: _status(dataset, axes)})
    found = {}
    for name in (STATUS, DIVERGED_AT, ENDED_AT):
        variable = dataset[name].variable
        _require_one_a_run(name, variable.dims, set(variable.dims) <= set(axes))
        found[name] = variable.set_dims(sizes).transpose(*axes)
    statuses = found[STATUS].to_numpy()
    if unknown := sorted(set(map(str, statuses.ravel())) - set(STATUSES)):
        raise GrokspecError(
            f'"{STATUS}" has {_some(unknown)}; it must be one of {", ".join(STATUSES)}'
        )
    found[STATUS] = xr.Variable(axes, statuses.astype("U8"), found[STATUS].attrs)
    return dataset.assign(found)


def _require_one_a_run(name: str, dims: Iterable[Hashable], has_one: bool) -> None:
    if not has_one:
        raise GrokspecError(
            f'"{name}" must have one value a run, along the axes of the sweep and the {SEED}; its '
            f"dimensions: {_named(dims)}"
        )


def _status(dataset: xr.Dataset, axes: Sequence[str]) -> xr.DataArray:
    """How each run ended, by what is known of it."""
    is_absent = xr.DataArray(True)
    for values in _quantities(dataset).values():
        if SEED in values.dims:
            is_absent = is_absent & values.isnull().all([d for d in values.dims if d not in axes])
    ended = xr.where(dataset[ENDED_AT].notnull(), "ended", "finished")
    ended = xr.where(is_absent, ABSENT, ended)
    return xr.where(dataset[DIVERGED_AT].notnull(), "diverged", ended)


def _quantities(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    return {str(n): v for n, v in dataset.data_vars.items() if n not in RESERVED}


def _numbered(dataset: xr.Dataset, dim: str) -> xr.Dataset:
    if dim in dataset.variables:
        return dataset
    return dataset.assign_coords({dim: np.arange(dataset.sizes[dim])})


def _named(names: Iterable[Hashable]) -> str:
    return ", ".join(map(str, names)) or "none"


def _some(values: Sequence[Any]) -> str:
    shown = ", ".join(map(str, values[:SHOWN]))
    return f"{shown}, …" if len(values) > SHOWN else shown
