"""Names for the axes of arrays that have none, as in an npz file: they are known by their lengths.

There are as many seeds as the array of seeds has, or as the spec says, and as many steps as the
array of steps has. Where two axes have the same length, the spec must say which is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from grokspec.files.arrays import in_brackets, printable
from grokspec.formatting import count
from grokspec.recorded.labeled_arrays import Arrays, Labeled
from grokspec.recorded.patterns import SEED
from grokspec.recorded.results_table import STEP, RecordedResults, SeedNumbers
from grokspec.recorded.values import Refusal, whole_numbers

if TYPE_CHECKING:
    import numpy as np


def with_named_axes(
    arrays: Mapping[str, np.ndarray], results: RecordedResults, refusal: Refusal
) -> Arrays:
    """The arrays that the spec names, with names for their axes. Raises a refusal if unclear."""
    lengths: dict[str, int] = {}
    steps = _steps(arrays, results, lengths, refusal)
    seeds = _seeds(arrays, results, lengths, refusal)
    axes = {
        name: _axis(name, arrays, results, lengths, refusal) for name in results.columns_of_axes
    }
    quantities = {
        name: _quantity(name, arrays, results, lengths, refusal) for name in results.quantities
    }
    return Arrays(axes, seeds, steps, quantities)


def _seeds(
    arrays: Mapping[str, np.ndarray],
    results: RecordedResults,
    lengths: dict[str, int],
    refusal: Refusal,
) -> Labeled | None:
    """The seeds in the file, or those that the spec numbers."""
    import numpy as np

    if results.seed is None:
        return None
    if isinstance(results.seed, str):
        found = whole_numbers(arrays[results.seed], results.seed, refusal)
    elif isinstance(results.seed, SeedNumbers):
        many = results.seed.count or _seed_count(arrays, results, lengths, refusal)
        found = np.arange(results.seed.first, results.seed.first + many)
    else:
        found = np.array(results.seed if isinstance(results.seed, list) else range(results.seed))
    if found.ndim > 1:
        raise refusal(
            f'"{results.seed}" has the shape {in_brackets(found.shape)}; the seeds are one number, '
            "or a list of them"
        )
    if found.ndim:
        lengths[SEED] = len(found)
    return Labeled((SEED,) if found.ndim else (), found)


def _seed_count(
    arrays: Mapping[str, np.ndarray],
    results: RecordedResults,
    lengths: Mapping[str, int],
    refusal: Refusal,
) -> int:
    """How many seeds there are: the only length that is not that of another axis."""
    found: dict[int, str] = {}
    for own in results.details.values():
        shape = arrays[own.source].shape
        if own.along is None:
            unknown = [length for length in shape if length not in lengths.values()][:1]
        else:
            unknown = [n for n, dim in zip(shape, own.along, strict=False) if dim == SEED]
        for length in unknown:
            found.setdefault(length, own.source)
    if len(found) == 1:
        return next(iter(found))
    shapes = ", ".join(
        f'"{printable(own.source)}" {in_brackets(arrays[own.source].shape)}'
        for own in results.details.values()
    )
    raise refusal(
        f"how many seeds there are does not follow from the shapes ({shapes}); write the count, or "
        'along = ["seed", …] in the table of a quantity'
    )


def _steps(
    arrays: Mapping[str, np.ndarray],
    results: RecordedResults,
    lengths: dict[str, int],
    refusal: Refusal,
) -> Labeled | None:
    if results.step is None:
        return None
    found = arrays[results.step]
    if found.ndim not in (1, 2):
        raise refusal(
            f'"{printable(results.step)}" has the shape {in_brackets(found.shape)}; it must be '
            "[steps], or [seeds, steps]"
        )
    lengths[STEP] = found.shape[-1]
    return Labeled((SEED, STEP)[-found.ndim :], found)


def _axis(
    name: str,
    arrays: Mapping[str, np.ndarray],
    results: RecordedResults,
    lengths: dict[str, int],
    refusal: Refusal,
) -> Labeled:
    """The values of an axis: one for all runs, one a seed, or along an axis of their own."""
    source = results.columns_of_axes[name]
    found = arrays[source]
    if found.ndim == 0:
        return Labeled((), found)
    if found.ndim > 1:
        raise refusal(
            f'"{printable(source)}" has the shape {in_brackets(found.shape)}; the values of an '
            "axis are one, or a list of them"
        )
    if len(found) == lengths.get(SEED) and not _is_crossed(name, len(found), arrays, results):
        return Labeled((SEED,), found)
    lengths[name] = len(found)
    return Labeled((name,), found)


def _is_crossed(
    name: str, length: int, arrays: Mapping[str, np.ndarray], results: RecordedResults
) -> bool:
    """Whether an axis as long as the seeds is another axis than theirs, by some quantity."""
    most = 2 if results.step and len(arrays[results.step]) == length else 1
    return any(
        name in own.along if own.along is not None
        else arrays[own.source].shape.count(length) > most
        for own in results.details.values()
    )  # fmt: skip


def _quantity(
    name: str,
    arrays: Mapping[str, np.ndarray],
    results: RecordedResults,
    lengths: dict[str, int],
    refusal: Refusal,
) -> Labeled:
    own = results.details[name]
    found = arrays[own.source]
    if own.along is not None:
        return Labeled(_checked(own.along, own.source, found.shape, lengths, refusal), found)
    dims: list[str] = []
    for length in found.shape:
        matching = [dim for dim, own_length in lengths.items() if own_length == length]
        if not matching:
            raise refusal(
                f'"{printable(own.source)}" has the shape {in_brackets(found.shape)}, but '
                f"{_axes_in_words(lengths)}; no axis but theirs may be {length} long, or along of "
                f"quantities.{name} must name all axes"
            )
        if len(matching) > 1 or matching[0] in dims:
            raise refusal(
                f'"{printable(own.source)}" has the shape {in_brackets(found.shape)}, and '
                f"{_axes_in_words(lengths)}: which axis is which is unclear; add "
                f"along = {_example(lengths, found)}, or another order, to quantities.{name}"
            )
        dims.append(matching[0])
    return Labeled(tuple(dims), found)


def _checked(
    along: list[str],
    source: str,
    shape: tuple[int, ...],
    lengths: Mapping[str, int],
    refusal: Refusal,
) -> tuple[str, ...]:
    """The axes that the spec names, if the array has them."""
    wanted = [lengths.get(dim, length) for dim, length in zip(along, shape, strict=False)]
    if len(along) != len(shape) or wanted != list(shape):
        raise refusal(
            f'"{printable(source)}" has the shape {in_brackets(shape)}, which is not along '
            f"{in_brackets(along)}: {_axes_in_words(lengths)}"
        )
    return tuple(along)


def _axes_in_words(lengths: Mapping[str, int]) -> str:
    words = [count(length, dim if dim in (SEED, STEP) else f"{dim} value")
             for dim, length in lengths.items()]  # fmt: skip
    return f"there are {' and '.join(words)}" if words else "the table names no seeds and steps"


def _example(lengths: Mapping[str, int], found: np.ndarray) -> str:
    """How `along` may be written for an array: what comes to mind first."""
    usual = [*(dim for dim in lengths if dim not in (SEED, STEP)), SEED, STEP]
    dims = [dim for dim in usual if dim in lengths and lengths[dim] in found.shape]
    return "[" + ", ".join(f'"{dim}"' for dim in dims[: found.ndim]) + "]"
