"""Results: what the runs of a spec recorded, read from a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path
from grokspec.formatting import listed, shortened
from grokspec.html import card, faint, folded, table
from grokspec.store.composing import compose
from grokspec.store.inventory import Inventory, Stale, wanted_by

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from grokspec.engines.base import History
    from grokspec.results.mlflow import WrittenToMlflow
    from grokspec.spec import Run, SpecFile
    from grokspec.store import Store
    from grokspec.store.shard import Provenance


class MissingResults(GrokspecError):  # noqa: N818
    """Some ``runs`` of a spec have no current result."""

    def __init__(self, spec: SpecFile, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        super().__init__(
            f"{spec.name}: {len(runs)} of {len(spec.runs)} runs have no result that the current "
            f"code made; `grokspec run` trains them:\n{listed(run.id for run in runs)}"
        )


def read_results(spec: SpecFile, store: Store, stale: Stale = "rerun") -> Results:
    """Read the results of all runs of a spec; raises MissingResults if there are not all.

    Those that other runs recorded on the same trajectories count, see `composing`. Those that were
    recorded elsewhere were read with the spec.

    With ``stale="keep"``, results that other code made are read as well.
    """
    if spec.recording is not None:
        return Results(spec, tuple(run.history for run in spec.recording.runs))
    wanted = wanted_by(spec.runs)
    found = store.read(wanted, wanted)
    inventory = Inventory(spec.runs, wanted, found)
    missing = inventory.to_train(stale)
    made_up = compose(missing, store)
    if lacking := [run for run in missing if run.key not in made_up]:
        raise MissingResults(spec, lacking)
    there = [(found | made_up)[run.key] for run in spec.runs]
    return Results(
        spec,
        histories=tuple(result.history for result in there),
        stale=tuple(run.id for run in inventory.stale),
        kept=tuple(result.weights for result in there),
        store=store,
        fingerprints=tuple(result.fingerprint for result in there),
        provenances=tuple(result.provenance for result in there),
    )


def load_results(spec: SpecFile, store: Store, stale: Stale = "rerun") -> xr.Dataset:
    """The results of a spec as a dataset; see `read_results` and `Results.to_xarray`."""
    return read_results(spec, store, stale).to_xarray()


@dataclass(frozen=True, repr=False)
class Results:
    """What the runs of a spec recorded; ``histories`` are in the order of ``spec.runs``."""

    spec: SpecFile
    histories: tuple[History, ...]
    stale: tuple[str, ...] = ()
    """Ids of runs that other code made."""
    kept: tuple[str, ...] = ()
    """For each run, where the store has its weights; empty if it kept none."""
    store: Store | None = None
    fingerprints: tuple[str, ...] = ()
    """For each run, the code that made it; none of runs that were recorded elsewhere."""
    provenances: tuple[Provenance, ...] = ()
    """For each run, the versions that made it, where and when; none of runs recorded elsewhere."""

    def weights(self, **at: Any) -> xr.Dataset:
        """The weights that runs kept, by ``record.weights``, each with the axes of the sweep.

        ``at`` are coordinates of the runs to read, as in ``weights(alpha=1.0, seed=0)``; without
        any, all are read. Dimensions are those of `to_xarray` with ``kept`` in the place of
        ``record``, whose coordinate is ``step``, and those of each weight, as ``token_1`` and
        ``token_2``. Raises a GrokspecError if one of the runs has kept no weights.
        """
        from grokspec.results.weights import kept_weights

        return kept_weights(self.spec, self.kept, self.store, at)

    def to_xarray(self) -> xr.Dataset:
        """The dataset that claims read, with the axes of the sweep; see `dataset.labeled`."""
        from grokspec.results.dataset import labeled

        return labeled(self.spec, self.histories, self.stale)

    def to_pandas(self, each: Literal["record", "run"] = "record") -> pd.DataFrame:
        """A tidy table: one row for each recorded step of each run, or one for each run.

        Both have the run's id and its coordinates. A table of records has ``step`` and the
        quantities that are recorded at each step. A table of runs has ``status``, ``diverged_at``,
        ``ended_at``, the ``seconds`` of training, the quantities that are measured once, and
        ``end/name`` for those of the last record. A quantity with more dimensions has a column for
        each of its numbers: ``name[0]``. What a run has not recorded is NaN, and a name that a
        column has already gets a ``_``.
        """
        from grokspec.results.tables import tidy_table

        return tidy_table(self.spec, self.histories, each)

    def export(
        self,
        file: str | Path,
        each: Literal["record", "run"] = "record",
        quantities: Collection[str] | None = None,
    ) -> Path:
        """Write the table of `to_pandas` to a .csv, .csv.gz, .jsonl or .parquet file.

        Only the ``quantities`` are written, if they are given; otherwise a warning names those that
        are left out because they have more than 200 numbers a record. The file is written whole or
        not at all, in the place of one of that name.

        In Parquet, ids and texts are dictionaries, numbers have their types, and what a run has not
        recorded is null, which NaN is not. The metadata ``grokspec`` are JSON: the spec, its
        profile, the versions that made the results, and which runs other code made. In CSV, what is
        not recorded is empty; in JSON lines it is null, as NaN is, and the infinities are texts.

        Raises a GrokspecError if the file cannot be written, its ending is another, there is no
        such quantity, or Parquet's library is not installed.
        """
        from grokspec.results.export import export

        return export(self, named_path(file), each, quantities)

    def to_tensorboard(self, folder: str | Path, quantities: Collection[str] | None = None) -> Path:
        """Write TensorBoard's events, one folder for each run, named by its id.

        The coordinates are hyperparameters, with the last record of each quantity, ``end/name``, as
        their metrics. The ``quantities`` are those of `export`.

        Raises a GrokspecError if TensorBoard is not installed or the folder already has events.
        """
        from grokspec.results.tensorboard import write_events

        return write_events(self.spec, self.histories, named_path(folder), quantities)

    def to_mlflow(
        self,
        uri: str | None = None,
        experiment: str | None = None,
        quantities: Collection[str] | None = None,
    ) -> WrittenToMlflow:
        """Write runs of MLflow to the server or database of a ``uri``, by default MLflow's own.

        The ``experiment`` has the name of the spec by default. A run has its description as params,
        by dotted paths; its quantities as metrics, by step; and as tags its key and fingerprint,
        its coordinates, how it ended, and what made it. Long values end in a hash. The
        ``quantities`` are those of `export`.

        What is there already is not written again: a run with its key and fingerprint gets the
        quantities that it lacks, and one whose writing was interrupted is replaced. Run it from one
        machine at a time.

        MLflow's databases keep NaN, and have the largest number in the place of infinity.

        Raises a GrokspecError if MLflow is not installed or cannot write.
        """
        from grokspec.results.mlflow import write_runs

        return write_runs(self, uri, experiment, quantities)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of all recorded quantities."""
        from grokspec.results.tables import quantities_of

        return quantities_of(self.histories)

    def __repr__(self) -> str:
        return f"<Results {self.spec.in_a_line}; {', '.join(self.quantities)}>"

    def _repr_html_(self) -> str:
        ended = Counter(history.status for history in self.histories)
        rows = {
            **self.spec.axes_in_words,
            "steps": self._steps,
            "recorded": ", ".join(self.quantities),
            "runs": ", ".join(f"{count} {status}" for status, count in ended.items()),
        }
        lists = {
            "diverged": [
                f"{run.id}, after step {history.diverged_at}"
                for run, history in zip(self.spec.runs, self.histories, strict=True)
                if history.diverged_at is not None
            ],
            "ended before the last step": [
                f"{run.id}, after step {history.ended_at}"
                for run, history in zip(self.spec.runs, self.histories, strict=True)
                if history.ended_at is not None
            ],
            "made by other code": self.stale,
        }
        more = [folded(f"{len(ids)} {what}", shortened(ids)) for what, ids in lists.items() if ids]
        return card(self.spec.title, faint("results"), table(rows), *more)

    @property
    def _steps(self) -> str:
        numbers = sorted({len(history.steps) for history in self.histories})
        last = max(int(history.steps[-1]) for history in self.histories)
        records = " to ".join(dict.fromkeys(f"{n:,}" for n in (numbers[0], numbers[-1])))
        return f"{records} recorded, up to step {last:,}"
