"""Runs in tables: a row for each run and step, a row for each run, or columns for each run.

The order of the rows does not matter. A row without any of the quantities is no record. Rows of one
run and step are one record if no quantity is in two of them, as some loggers write them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokspec.engines.base import DIVERGED_AT
from grokspec.errors import nearest
from grokspec.formatting import exact
from grokspec.recorded.bounds import MOST_ROWS, MOST_RUNS
from grokspec.recorded.column_names import Group, columns_by_group, in_columns
from grokspec.recorded.columns import Columns, TableFile
from grokspec.recorded.drafts import Draft
from grokspec.recorded.elements import elements_apart, elements_together
from grokspec.recorded.patterns import SEED
from grokspec.recorded.recording import Scalar
from grokspec.recorded.results_table import STEP, RecordedResults
from grokspec.recorded.values import (
    ValueRefusedError,
    labels_of_names,
    point_in_words,
    whole_numbers,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

RUN, ROW = " run", " row"
"""Columns of ours; no axis and no quantity has such a name."""


def drafts_in_table(table: TableFile, results: RecordedResults) -> tuple[list[Draft], Columns]:
    """The runs in a table, and the columns that were read. Raises a refusal if they are unclear."""
    whole, results = results, elements_apart(table, results)
    groups = columns_by_group(table, results)
    common = _common_columns(table, results)
    of_groups = [name for columns in groups.values() for name in columns.values()]
    columns = table.read(list(dict.fromkeys([*common, *of_groups])))
    if not len(columns):
        raise table.refusal("has no rows; remove the file, or record the run again")
    if len(columns) * len(groups) > MOST_ROWS:
        raise table.refusal(f"has more than {MOST_ROWS:,} rows for all runs together; split it")
    rows = _rows(columns, groups, results)
    if not len(rows.frame):
        raise table.refusal(f"has only empty cells in {', '.join(of_groups)}; read other columns")
    if (count := rows.frame[RUN].nunique()) > MOST_RUNS:
        raise table.refusal(f"has {count:,} runs, more than {MOST_RUNS:,}; split it")
    rows.require_one_each()
    drafts = (elements_together(draft, whole, table.refusal) for draft in rows.drafts())
    return list(drafts), columns


def _common_columns(table: TableFile, results: RecordedResults) -> list[str]:
    """The columns of the step, the seed and the axes."""
    if results.seed is not None and not isinstance(results.seed, str):
        similar = nearest(SEED, table.names) or SEED
        raise table.refusal(f'is a table, where seed names the column: seed = "{similar}"')
    named = [results.step, *results.columns_of_axes.values(), results.seed]
    common = [name for name in named if isinstance(name, str)]
    if results.step is not None and DIVERGED_AT in table.names:
        common.append(DIVERGED_AT)
    table.require(*common)
    return common


def _rows(
    columns: Columns, groups: Mapping[Group, Mapping[str, str]], results: RecordedResults
) -> _Rows:
    """The rows of all runs; those of groups that have columns of their own follow one another."""
    import numpy as np
    import pandas as pd

    numbers = {
        group: pd.DataFrame({name: columns.numbers(own[name]) for name in results.quantities})
        for group, own in groups.items()
    }
    if results.step is None:
        kept = {group: np.ones(len(own), dtype=bool) for group, own in numbers.items()}
    else:
        kept = {
            group: own.notna().any(axis=1).to_numpy() | ~np.isnan(_diverged_at(columns))
            for group, own in numbers.items()
        }
    labels: dict[str, list[Scalar]] = {}
    common = _common(columns, np.any(list(kept.values()), axis=0), results, labels)
    in_names = _in_names(columns, list(groups), results, labels)
    frames = [
        pd.concat([common, own], axis=1)[kept[group]].assign(**in_names[group])
        for group, own in numbers.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    whole = dict.fromkeys([STEP, SEED, *labels], np.int64)
    frame = frame.astype(whole)
    frame[RUN] = frame.groupby([*labels, SEED]).ngroup()
    return _Rows(frame, labels, columns, results)


def _common(
    columns: Columns, kept: np.ndarray, results: RecordedResults, labels: dict[str, list[Scalar]]
) -> pd.DataFrame:
    """Step, seed and the number of the value on each axis, of the rows that are kept."""
    import numpy as np
    import pandas as pd

    own = columns.rows(kept)
    found: dict[str, Any] = {ROW: np.flatnonzero(kept), STEP: 0, SEED: 0}
    found[DIVERGED_AT] = _diverged_at(own)
    if results.step is not None:
        found[STEP] = own.whole(results.step)
    if isinstance(results.seed, str):
        found[SEED] = own.whole(results.seed)
    for axis, source in results.columns_of_axes.items():
        found[axis], labels[axis] = own.labels(source)
    return pd.DataFrame(found, index=found[ROW]).reindex(np.arange(len(columns)))


def _diverged_at(columns: Columns) -> np.ndarray:
    """The step at which the run of each row diverged; NaN if it did not, or nothing says so."""
    import numpy as np

    if DIVERGED_AT not in columns.cells:
        return np.full(len(columns), np.nan)
    found = columns.numbers(DIVERGED_AT)
    known = np.flatnonzero(~np.isnan(found))
    whole_numbers(
        found[known], DIVERGED_AT, columns.refusal, lambda row: columns.place(int(known[row]))
    )
    return found


def _in_names(
    columns: Columns,
    groups: list[Group],
    results: RecordedResults,
    labels: dict[str, list[Scalar]],
) -> dict[Group, dict[str, int]]:
    """The seed of each group, and the number of its value on each axis in the columns' names."""
    found: dict[Group, dict[str, int]] = {group: {} for group in groups}
    for axis in results.names_in_columns:
        texts = list(dict.fromkeys(in_columns(results, group)[axis] for group in groups))
        try:
            values = labels_of_names(axis, texts)
        except ValueRefusedError as error:
            raise columns.refusal(f"{error}, in the name of a column") from None
        if axis != SEED:
            labels[axis] = list(dict.fromkeys(values.values()))
        for group in groups:
            value = values[in_columns(results, group)[axis]]
            found[group][axis] = int(value) if axis == SEED else labels[axis].index(value)
    return found


@dataclass(frozen=True)
class _Rows:
    """The rows of all runs of a table.

    ``frame`` has a row's number in the file, the number of its run, its step and seed, the step at
    which the run diverged, the number of its value on each axis, by ``labels``, and the quantities.
    """

    frame: pd.DataFrame
    labels: dict[str, list[Scalar]]
    columns: Columns
    results: RecordedResults

    @property
    def once(self) -> list[str]:
        """The quantities with one number a run."""
        own = self.results.details
        return [name for name in own if own[name].once or self.results.step is None]

    @property
    def curves(self) -> list[str]:
        """The quantities with a number at each step."""
        return [name for name in self.results.details if name not in self.once]

    def require_one_each(self) -> None:
        """Raise a refusal if a run has two numbers where it can have only one."""
        if self.results.step is None:
            self._require_distinct(self.frame, [RUN], "the run")
        for name in self.curves:
            self._require_distinct(self.frame[self.frame[name].notna()], [RUN, STEP], name)
        if self.results.step is not None:
            for name in (*self.once, DIVERGED_AT):
                different = self.frame[self.frame[name].notna()].drop_duplicates([RUN, name])
                self._require_distinct(different, [RUN], f"another {name}")

    def _require_distinct(self, frame: pd.DataFrame, keys: list[str], what: str) -> None:
        twice = frame.duplicated(keys)
        if not twice.any():
            return
        second = frame[twice].iloc[0]
        same = (frame[keys] == second[keys]).all(axis=1)
        first, place = frame[same].iloc[0], self.columns.place
        run = point_in_words(*self._point(second.to_dict()))
        step = f" at step {exact(int(second[STEP]))}" if STEP in keys else ""
        raise self.columns.refusal(
            f"has {what} of {run}{step} {place(int(first[ROW]))} and {place(int(second[ROW]))}; "
            "remove one of them, or name what tells them apart in axes or seed"
            + ("" if self.results.step else ", or the column of the step")
        )

    def _point(self, row: Mapping[str, Any]) -> tuple[dict[str, Scalar], int | None]:
        """The coordinates and the seed of the run of a row."""
        coordinates = {axis: values[int(row[axis])] for axis, values in self.labels.items()}
        in_table = isinstance(self.results.seed, str) or SEED in self.results.names_in_columns
        return coordinates, int(row[SEED]) if in_table else None

    def drafts(self) -> Iterator[Draft]:
        """The runs. They have one number each where they can have only one."""
        import numpy as np

        by_run = self.frame.groupby(RUN)
        points = by_run[[*self.labels, SEED]].first().to_dict("records")
        counts = by_run.size().tolist()
        diverged_at = by_run[DIVERGED_AT].first().tolist()
        once = {name: self._meant(name, own) for name, own in by_run[self.once].first().items()}
        records = self._records()
        ends = np.searchsorted(records[RUN], np.arange(len(points) + 1)).tolist()
        steps = records[STEP].to_numpy(np.int64)
        curves = {name: self._meant(name, records[name]) for name in self.curves}
        for run, (point, count) in enumerate(zip(points, counts, strict=True)):
            own = slice(ends[run], ends[run + 1])
            yield Draft(
                *self._point(point),
                steps[own] if curves else np.zeros(1, np.int64),
                {name: values[own] for name, values in curves.items()},
                {name: values[run] for name, values in once.items()},
                count,
                None if np.isnan(diverged_at[run]) else int(diverged_at[run]),
            )

    def _records(self) -> pd.DataFrame:
        """One row for each run and step, in this order, with the curves."""
        records = self.frame[[RUN, STEP, *self.curves]]
        if self.curves:
            known = self.frame[[DIVERGED_AT, *self.curves]].notna().any(axis=1)
            records = records[known]
        if records.duplicated([RUN, STEP]).any():
            return records.groupby([RUN, STEP], as_index=False).first()
        return records.sort_values([RUN, STEP])

    def _meant(self, name: str, values: Any) -> np.ndarray:
        import numpy as np

        return self.results.details[name].with_never(np.asarray(values, dtype=np.float64))
