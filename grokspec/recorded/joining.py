"""The runs of all files together: values of one sort, no run twice, in an order of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from grokspec.errors import GrokspecError
from grokspec.files.arrays import in_brackets
from grokspec.formatting import natural
from grokspec.recorded.recording import RecordedRun, Scalar
from grokspec.recorded.values import point_in_words, sort_of


def joined(runs: Sequence[RecordedRun]) -> tuple[RecordedRun, ...]:
    """The runs of all files in order: by their axes, numbers ascending, then by their seeds.

    An axis whose values are whole has integers, whatever the files have. Raises a GrokspecError if
    runs do not go together, or one is there twice.
    """
    runs = _with_one_type(runs)
    _require_same_shapes(runs)
    first: dict[Any, RecordedRun] = {}
    for run in runs:
        other = first.setdefault(_place(run), run)
        if other is not run:
            raise _twice(other, run)
    return tuple(sorted(runs, key=_place))


def _with_one_type(runs: Sequence[RecordedRun]) -> list[RecordedRun]:
    """The runs with the values of each axis in one type."""
    axes = list(runs[0].coordinates)
    whole = {axis: _is_whole(axis, runs) for axis in axes}
    return [
        replace(
            run,
            coordinates={
                axis: value
                if isinstance(value, bool | str)
                else (int if whole[axis] else float)(value)
                for axis, value in run.coordinates.items()
            },
        )
        for run in runs
    ]


def _is_whole(axis: str, runs: Iterable[RecordedRun]) -> bool:
    """Whether all values of an axis are whole. Raises a GrokspecError if sorts are mixed."""
    by_sort: dict[str, RecordedRun] = {}
    whole = True
    for run in runs:
        value = run.coordinates[axis]
        by_sort.setdefault(sort_of(value), run)
        whole = whole and not isinstance(value, str) and float(value).is_integer()
    if len(by_sort) > 1:
        (one, first), (other, second), *_ = by_sort.items()
        raise GrokspecError(
            f"{axis} is {one} in {first.source.path} and {other} in {second.source.path}; write "
            "values of one sort"
        )
    return whole


def _require_same_shapes(runs: Sequence[RecordedRun]) -> None:
    """Raise a GrokspecError if a quantity has other axes in one run than in another."""
    first = runs[0]
    for run in runs:
        for name, values in run.history.quantities.items():
            other = first.history.quantities[name]
            if (values.ndim, values.shape[1:]) != (other.ndim, other.shape[1:]):
                raise GrokspecError(
                    f"{name} has the shape {in_brackets(other.shape)} in {first.source.path} and "
                    f"{in_brackets(values.shape)} in {run.source.path}; only the number of records "
                    "may differ"
                )


def _twice(first: RecordedRun, second: RecordedRun) -> GrokspecError:
    run = point_in_words(first.coordinates, first.seed)
    paths = dict.fromkeys((str(first.source.path), str(second.source.path)))
    verb = "both have" if len(paths) > 1 else "has two runs with"
    return GrokspecError(
        f"{' and '.join(paths)} {verb} {run}; remove one of them, or name what tells them apart in "
        "axes or seed"
    )


def _place(run: RecordedRun) -> tuple[Any, ...]:
    return (*map(_key, run.coordinates.values()), run.seed)


def _key(value: Scalar) -> Any:
    return (tuple(natural(value)), value) if isinstance(value, str) else value
