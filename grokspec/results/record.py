"""The runs of one's own training loop, in one table: ``grokspec.record``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.engines._log import Log, why_no_quantity
from grokspec.engines.base import DIVERGED_AT
from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole
from grokspec.files.folders import named_path
from grokspec.files.regular import read_regular, reason
from grokspec.files.turns import turn
from grokspec.recorded.bounds import MOST_BYTES, MOST_STEPS
from grokspec.recorded.patterns import SEED
from grokspec.recorded.recording import Scalar
from grokspec.recorded.results_table import STEP
from grokspec.recorded.values import ValueRefusedError, label_of, point_in_words, sort_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from grokspec.engines.base import History
    from grokspec.results.table_files import TableFormat


@contextlib.contextmanager
def record(
    file: str | Path, /, *, seed: int, replace: bool = False, **coordinates: Scalar
) -> Iterator[Log]:
    """Record a run of one's own training loop in a table, to which other runs are added.

        with grokspec.record("runs.parquet", alpha=0.5, seed=3) as log:
            for step in range(1001):
                ...
                log(step, train_loss=loss, test_loss=test_loss)

    The block gets a `Log`. The run is added as a whole when the block ends, and not at all if it
    ends with an exception, which is passed on, or if its process is killed. Processes may record in
    one file at the same time.

    The file is a table in .csv, .jsonl or .parquet, with a row for each run and step: the columns
    are the coordinates, the seed, the step, ``diverged_at`` (in all rows of a run that diverged)
    and the quantities, ``name[0]`` and ``name[1]`` if they are arrays. Other runs of the table must
    have the same coordinates. What only some runs record is empty in others. A ``[results]`` spec
    reads the table, and pandas does. All of it is written again for each run; .parquet takes least
    time.

    Coordinates are numbers, texts or truth values. With ``replace``, the run takes the place of one
    with the same coordinates and seed; otherwise that is a GrokspecError, before the block begins,
    as is everything else that is wrong with the file or the coordinates.
    """
    table = _RunTable(named_path(file), _checked(coordinates), _checked_seed(seed))
    table.require_free(replace)
    log = Log(taken=(*coordinates, SEED))
    yield log
    table.add(log.history(), replace)


def _checked(coordinates: Mapping[str, Any]) -> dict[str, Scalar]:
    import numpy as np

    found = {}
    for name, value in coordinates.items():
        if why := why_no_quantity(name):
            raise GrokspecError(f"record: the coordinate {name!r} {why}")
        try:
            if not isinstance(value, str | int | float | np.generic):
                raise ValueRefusedError("is no number, text or truth value; give one")
            found[name] = label_of(value)
        except ValueRefusedError as error:
            raise GrokspecError(f"record: {name} = {value!r} {error}") from None
    return found


def _checked_seed(seed: Any) -> int:
    import numpy as np

    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise GrokspecError(f"record: seed = {seed!r} is no whole number; give an int")
    if not 0 <= seed <= MOST_STEPS:
        raise GrokspecError(f"record: seed = {seed} is not between 0 and 2^53")
    return int(seed)


@dataclass(frozen=True)
class _RunTable:
    """A file of runs, and the place of one of them in it."""

    path: Path
    coordinates: dict[str, Scalar]
    seed: int

    def require_free(self, replace: bool) -> None:
        """Raise a GrokspecError unless the run can be added to the file."""
        for name, value in self.coordinates.items():
            if why := self._format.why_no_label(value):
                raise self._error(f"{name} = {value!r} {why}")
        with explained(f"no run can be recorded in {self.path}"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path.parent), self._turn():
                is_there = self._is_there(self._read())
        if is_there.any() and not replace:
            raise self._error(
                f"has {self._in_words} already; replace=True puts the new run in its place"
            )

    def add(self, history: History, replace: bool) -> None:
        """Add the run, in the place of one with its coordinates if ``replace``.

        Raises a GrokspecError if it cannot be; then the file is as it was.
        """
        import pandas as pd

        own = self._format.typed(_rows(history, {**self.coordinates, SEED: self.seed}))
        with explained(f"{self._in_words} could not be added to {self.path}"), self._turn():
            others = self._read()
            is_there = self._is_there(others)
            if is_there.any() and not replace:
                raise self._error(
                    f"has {self._in_words} since it was recorded by another process as well; this "
                    "one is left out"
                )
            kept = others[~is_there]
            together = pd.concat([kept, own], ignore_index=True) if len(kept) else own
            write_whole(self.path, self._format.written(together))

    @property
    def _format(self) -> TableFormat:
        from grokspec.results.table_files import format_of

        return format_of(self.path)

    @property
    def _in_words(self) -> str:
        return f"the run {point_in_words(self.coordinates, self.seed)}"

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other process adds a run."""
        with turn(self.path.with_name(f"{self.path.name}.lock")) as locked:
            if not locked:
                raise self._error(
                    "is in a file system without locks, where processes would overwrite each "
                    "other's runs; record in a folder that has them"
                )
            yield

    def _read(self) -> pd.DataFrame:
        """The rows of the file; without any if there is no file. Raises a GrokspecError."""
        import pandas as pd

        own = [*self.coordinates, SEED, STEP]
        try:
            content = read_regular(self.path, MOST_BYTES)
        except FileNotFoundError:
            return pd.DataFrame(columns=own)
        except OSError as error:
            raise self._error(reason(self.path, error)) from error
        found = self._format.read(content, self._error)
        columns = list(found.columns)
        if len(set(columns)) < len(columns) or not {SEED, STEP} <= set(columns):
            raise self._error(
                f"is no table of runs, with a column {SEED} and a column {STEP}; record in another "
                "file"
            )
        there = columns[: columns.index(SEED)]
        if set(there) != set(self.coordinates):
            raise self._error(
                f"has runs with the coordinates {_named(there)}, and this one has "
                f"{_named(self.coordinates)}; give it the same, or record in another file"
            )
        return found

    def _is_there(self, rows: pd.DataFrame) -> np.ndarray:
        """Which rows are those of this run."""
        import numpy as np
        import pandas as pd

        found = np.ones(len(rows), dtype=bool)
        for name, value in {**self.coordinates, SEED: self.seed}.items():
            codes, cells = pd.factorize(rows[name], use_na_sentinel=False)
            labels = [self._label(name, cell) for cell in cells]
            if others := {sort_of(label) for label in labels} - {sort_of(value)}:
                raise self._error(
                    f"has {others.pop()} in the column {name}, and this run has {value!r}; give it "
                    "values of one sort"
                )
            found &= np.array([label == value for label in labels], dtype=bool)[codes]
        return found

    def _label(self, name: str, cell: Any) -> Scalar:
        try:
            return self._format.label(cell)
        except ValueRefusedError as error:
            raise self._error(f"the column {name} {error}; record in another file") from None

    def _error(self, reason: str) -> GrokspecError:
        return GrokspecError(f"{self.path}: {reason}")


def _rows(history: History, place: Mapping[str, Scalar]) -> pd.DataFrame:
    """The rows of a run, one for each recorded step."""
    import numpy as np
    import pandas as pd

    from grokspec.results.tables import single_numbers

    at = np.nan if history.diverged_at is None else float(history.diverged_at)
    columns: dict[str, Any] = {**place, STEP: history.steps, DIVERGED_AT: at}
    for name, values in history.quantities.items():
        each = values if values.ndim else np.full(len(history.steps), values)
        columns |= dict(single_numbers(name, each, kept=1))
    return pd.DataFrame(columns)


def _named(names: Any) -> str:
    return ", ".join(names) or "none"
