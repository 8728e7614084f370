"""Runs in an xarray dataset, whose axes have names, as a netCDF file and Zarr have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.errors import suggestion
from grokspec.files.arrays import in_brackets, printable
from grokspec.formatting import amount
from grokspec.recorded.bounds import MOST_BYTES
from grokspec.recorded.drafts import Draft
from grokspec.recorded.labeled_arrays import Arrays, Labeled, arrays_named, drafts_in
from grokspec.recorded.patterns import SEED
from grokspec.recorded.results_table import RecordedResults, SeedNumbers
from grokspec.recorded.values import Refusal, whole_numbers

if TYPE_CHECKING:
    import xarray


def drafts_in_dataset(
    dataset: xarray.Dataset, results: RecordedResults, refusal: Refusal
) -> tuple[list[Draft], tuple[str, ...]]:
    """The runs in a dataset, and the variables that were read.

    An axis may also be an attribute of the dataset. Raises a refusal if they don't fit.
    """
    names = arrays_named(results, refusal)
    for name in names:
        if name not in dataset.variables and name not in dataset.attrs:
            known = map(printable, map(str, dataset.variables))
            remedy = (
                "it has an axis of this name without numbers; write seed = { from = 0 }"
                if name == results.seed and name in dataset.dims
                else suggestion(name, known)
            )
            raise refusal(f'has no variable "{name}"; {remedy}')
    size = sum(dataset[name].nbytes for name in names if name in dataset.variables)
    if size > MOST_BYTES:
        raise refusal(f"has {amount(size, 'B')} of numbers, more than {amount(MOST_BYTES, 'B')}")
    arrays = Arrays(
        {
            name: _array(dataset, source, refusal)
            for name, source in results.columns_of_axes.items()
        },
        _seeds(dataset, results, refusal),
        None if results.step is None else _array(dataset, results.step, refusal),
        {name: _array(dataset, own.source, refusal) for name, own in results.details.items()},
    )
    return drafts_in(arrays, results, refusal), names


def _array(dataset: xarray.Dataset, name: str, refusal: Refusal) -> Labeled:
    import numpy as np

    if name not in dataset.variables:
        return Labeled((), np.asarray(dataset.attrs[name]))
    variable = dataset.variables[name]
    try:
        return Labeled(tuple(map(str, variable.dims)), variable.to_numpy())
    except Exception as error:  # it is read only now, and a damaged file may raise anything
        why = printable(str(error)) or type(error).__name__
        raise refusal(f'"{name}" cannot be read ({why}); write the file again') from error


def _seeds(dataset: xarray.Dataset, results: RecordedResults, refusal: Refusal) -> Labeled | None:
    import numpy as np

    if results.seed is None:
        return None
    if isinstance(results.seed, str):
        dims, found = _array(dataset, results.seed, refusal)
        return Labeled(dims, whole_numbers(found, results.seed, refusal))
    if SEED not in dataset.dims:
        axes = in_brackets(list(map(str, dataset.dims)))
        raise refusal(f'has no axis "{SEED}" whose seeds could be numbered; its axes are {axes}')
    length = dataset.sizes[SEED]
    numbers = _numbers(results.seed, length)
    if len(numbers) != length:
        raise refusal(f"has {length:,} seeds, and not {len(numbers):,}; correct seed")
    return Labeled((SEED,), np.array(numbers))


def _numbers(seed: int | list[int] | SeedNumbers, length: int) -> list[int]:
    if isinstance(seed, SeedNumbers):
        return list(range(seed.first, seed.first + (seed.count or length)))
    return seed if isinstance(seed, list) else list(range(seed))
