"""Results as tidy tables. Each run has the rows that it recorded, without padding."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grokspec.engines.base import DIVERGED_AT, ENDED_AT, RESERVED
from grokspec.errors import GrokspecError, suggestion
from grokspec.spec.layout import axes_of, labels_at, names_of

if TYPE_CHECKING:
    import pandas as pd

    from grokspec.engines.base import History
    from grokspec.spec import SpecFile

RUN, STEP, STATUS, SECONDS = "run", "step", "status", "seconds"
"""The columns of tables that are neither coordinates nor quantities, besides the steps at which a
run diverged and ended."""

END = "end/"
"""Begins the name of a quantity's number at the last record of a run."""

MOST_NUMBERS = 200
"""A quantity with more numbers a record is written to files only if it is chosen by its name."""


Pieces = dict[int, np.ndarray]
"""The numbers of each run that has some, by its position."""


class LeftOut(UserWarning):
    """Quantities with many numbers a record are not written."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    ``values`` are [row]. ``absent`` says where runs have no such value, whatever stands there; it
    is None if all have. ``path`` is that of a coordinate in the spec.
    """

    values: np.ndarray
    absent: np.ndarray | None = None
    path: str = ""

    def repeated(self, times: Sequence[int]) -> Column:
        """The column with each row so many times."""
        absent = None if self.absent is None else np.repeat(self.absent, times)
        return Column(np.repeat(self.values, times), absent, self.path)

    @property
    def with_nan(self) -> np.ndarray:
        """The values, with NaN or None where there are none."""
        if self.absent is None or self.values.dtype == object:
            return self.values
        return np.where(self.absent, np.nan, self.values)


def columns_of(
    spec: SpecFile, histories: Sequence[History], each: str, quantities: Collection[str]
) -> dict[str, Column]:
    """The columns of `Results.to_pandas`, with these quantities."""
    if each not in ("record", "run"):
        raise GrokspecError(f'each = "{each}": must be "record" or "run"')
    labels = _labels(spec, histories)
    by_record = _by_record(histories, quantities)
    if each == "run":
        found = labels | _ends(histories)
        numbers = _once(histories, quantities) | _last(by_record)
        lengths = [1] * len(histories)
    else:
        lengths = [len(history.steps) for history in histories]
        found = {name: column.repeated(lengths) for name, column in labels.items()}
        found[STEP] = Column(np.concatenate([history.steps for history in histories]))
        numbers = by_record
    for name, pieces in numbers.items():
        found[free_name(name, found)] = _column(pieces, lengths)
    return found


def tidy_table(spec: SpecFile, histories: Sequence[History], each: str) -> pd.DataFrame:
    """The table of `Results.to_pandas`."""
    import pandas as pd

    columns = columns_of(spec, histories, each, quantities_of(histories))
    return pd.DataFrame({name: column.with_nan for name, column in columns.items()})


def coordinates_of(spec: SpecFile, histories: Sequence[History]) -> dict[str, dict[str, Any]]:
    """The coordinates of each run, by its key, under the names of `Results.to_xarray`."""
    labels = _labels_by_path(spec, histories)
    return {
        run.key: {name: along[i] for name, _, along in labels} for i, run in enumerate(spec.runs)
    }


def quantities_of(histories: Sequence[History]) -> tuple[str, ...]:
    """The names of all that was recorded."""
    return tuple(sorted({name for history in histories for name in history.quantities}))


def chosen_quantities(
    histories: Sequence[History], chosen: Collection[str] | None
) -> tuple[str, ...]:
    """The quantities to write: the chosen ones; if None, all that are not too large.

    A warning names those that are left out. Raises a GrokspecError for names that are none.
    """
    known = quantities_of(histories)
    if chosen is not None:
        chosen = [chosen] if isinstance(chosen, str) else chosen
        for name in chosen:
            if name not in known:
                raise GrokspecError(f'no quantity "{name}" was recorded; {suggestion(name, known)}')
        return tuple(name for name in known if name in chosen)
    sizes = {name: max(_size(history, name) for history in histories) for name in known}
    large = {name: size for name, size in sizes.items() if size > MOST_NUMBERS}
    if large:
        named = ", ".join(f"{name} ({size:,} numbers a record)" for name, size in large.items())
        warnings.warn(f"left out, unless chosen by name: {named}", LeftOut, stacklevel=2)
    return tuple(name for name in known if name not in large)


def single_numbers(name: str, values: np.ndarray, kept: int) -> Iterator[tuple[str, np.ndarray]]:
    """Split a quantity into named numbers; the first ``kept`` dimensions stay."""
    inner = values.shape[kept:]
    for index in np.ndindex(inner):
        suffix = f"[{','.join(map(str, index))}]" if index else ""
        yield name + suffix, values[(slice(None),) * kept + index]


def _size(history: History, name: str) -> int:
    """How many numbers of a quantity a record has."""
    values = history.quantities.get(name)
    return 0 if values is None else int(np.prod(values.shape[1:], dtype=int))


def _labels(spec: SpecFile, histories: Sequence[History]) -> dict[str, Column]:
    """The id and the coordinates of each run."""
    found = {RUN: Column(_objects([run.id for run in spec.runs]))}
    for name, path, along in _labels_by_path(spec, histories):
        found[free_name(name, {*found, *RESERVED, SECONDS})] = _label_column(along, path)
    return found


def _labels_by_path(
    spec: SpecFile, histories: Sequence[History]
) -> list[tuple[str, str, list[Any]]]:
    """The name of each coordinate, its path in the spec, and its label in each run."""
    axes = axes_of(spec.content.sweep, [run.coordinates for run in spec.runs])
    names = names_of(axes, quantities_of(histories))
    at = [(run.experiment, run.coordinates) for run in spec.runs]
    return [(names[path], path, labels_at(at, path)) for axis in axes for path in axis]


def _label_column(labels: Sequence[Any], path: str) -> Column:
    """Labels in the type that they have in common, or as they are."""
    from grokspec.results.dataset import label_array

    absent = np.array([label is None for label in labels])
    values = label_array(labels)
    if values.dtype.kind == "U":
        values = _objects(labels)
    return Column(values, absent if absent.any() else None, path)


def _objects(values: Sequence[Any]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _ends(histories: Sequence[History]) -> dict[str, Column]:
    """How the runs ended."""
    return {
        STATUS: Column(_objects([history.status for history in histories])),
        DIVERGED_AT: _steps([history.diverged_at for history in histories]),
        ENDED_AT: _steps([history.ended_at for history in histories]),
        SECONDS: Column(np.array([history.seconds for history in histories], dtype=float)),
    }


def _steps(at: Sequence[int | None]) -> Column:
    return Column(np.array([step or 0 for step in at]), np.array([step is None for step in at]))


def _by_record(histories: Sequence[History], quantities: Collection[str]) -> dict[str, Pieces]:
    """What was recorded at each step."""
    found: dict[str, Pieces] = defaultdict(dict)
    for name in sorted(quantities):
        for i, history in enumerate(histories):
            values = history.quantities.get(name)
            if values is not None and values.ndim:
                for column, numbers in single_numbers(name, values, kept=1):
                    found[column][i] = numbers
    return found


def _once(histories: Sequence[History], quantities: Collection[str]) -> dict[str, Pieces]:
    """What was measured once."""
    found: dict[str, Pieces] = defaultdict(dict)
    for name in sorted(quantities):
        for i, history in enumerate(histories):
            values = history.quantities.get(name)
            if values is not None and not values.ndim:
                found[name][i] = values[None]
    return found


def _last(by_record: Mapping[str, Pieces]) -> dict[str, Pieces]:
    """Each quantity at the last record of each run."""
    return {
        END + name: {i: numbers[-1:] for i, numbers in pieces.items()}
        for name, pieces in by_record.items()
    }


def _column(pieces: Pieces, lengths: Sequence[int]) -> Column:
    """The numbers of all runs, of so many rows each."""
    numbers = [pieces.get(i, np.full(length, np.nan)) for i, length in enumerate(lengths)]
    absent = np.repeat([i not in pieces for i in range(len(lengths))], lengths)
    return Column(np.concatenate(numbers), absent if absent.any() else None)


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that is not taken: with a ``_`` at its end as often as it takes."""
    while name in taken:
        name += "_"
    return name
