"""Results as tidy tables. Each run has the rows that it recorded, without padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from grokspec.errors import GrokspecError
from grokspec.spec.layout import axes_of, labels_at, names_of

if TYPE_CHECKING:
    from grokspec.engines.base import History
    from grokspec.spec import SpecFile


def tidy_table(spec: SpecFile, histories: Sequence[History], each: str) -> pd.DataFrame:
    """The table of `Results.to_pandas`."""
    rows = {"record": _records, "run": _once}
    if each not in rows:
        raise GrokspecError(f'each = "{each}": must be "record" or "run"')
    coordinates = coordinates_of(spec, histories)
    parts = []
    for run, history in zip(spec.runs, histories, strict=True):
        of_run = {"run": run.id, **coordinates[run.key]}
        parts.append(pd.DataFrame({**of_run, **rows[each](history)}, index=_index(history, each)))
    return pd.concat(parts, ignore_index=True)


def coordinates_of(spec: SpecFile, histories: Sequence[History]) -> dict[str, dict[str, Any]]:
    """The coordinates of each run, by its key, under the names of `Results.to_xarray`."""
    axes = axes_of(spec.content.sweep, [run.coordinates for run in spec.runs])
    names = names_of(axes, quantities_of(histories))
    at = [(run.experiment, run.coordinates) for run in spec.runs]
    labels = {names[path]: labels_at(at, path) for axis in axes for path in axis}
    return {
        run.key: {name: along[i] for name, along in labels.items()}
        for i, run in enumerate(spec.runs)
    }


def quantities_of(histories: Sequence[History]) -> tuple[str, ...]:
    """The names of all that was recorded."""
    return tuple(sorted({name for history in histories for name in history.quantities}))


def single_numbers(name: str, values: np.ndarray, kept: int) -> Iterator[tuple[str, np.ndarray]]:
    """Split a quantity into named numbers; the first ``kept`` dimensions stay."""
    inner = values.shape[kept:]
    for index in np.ndindex(inner):
        suffix = f"[{','.join(map(str, index))}]" if index else ""
        yield name + suffix, values[(slice(None),) * kept + index]


def _records(history: History) -> dict[str, Any]:
    columns = {"step": history.steps}
    for name, values in sorted(history.quantities.items()):
        if values.ndim:
            columns |= dict(single_numbers(name, values, kept=1))
    return columns


def _once(history: History) -> dict[str, Any]:
    return {
        "status": history.status,
        "diverged_at": np.nan if history.diverged_at is None else float(history.diverged_at),
        "ended_at": np.nan if history.ended_at is None else float(history.ended_at),
        "seconds": history.seconds,
        **{name: float(v) for name, v in sorted(history.quantities.items()) if not v.ndim},
    }


def _index(history: History, each: str) -> range:
    return range(len(history.steps) if each == "record" else 1)
