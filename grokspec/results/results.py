"""Results: what the runs of a spec recorded, read from a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
    from grokspec.spec import Run, SpecFile
    from grokspec.store import Store


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
    there = found | made_up
    histories = tuple(there[run.key].history for run in spec.runs)
    places = tuple(there[run.key].weights for run in spec.runs)
    return Results(spec, histories, tuple(run.id for run in inventory.stale), places, store)


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
        quantities that are recorded at each step. A table of runs has the quantities that are
        measured once, ``status``, ``diverged_at``, ``ended_at`` and the ``seconds`` of training. A
        quantity with more dimensions has a column for each of its numbers: ``name[0]``.
        """
        from grokspec.results.tables import tidy_table

        return tidy_table(self.spec, self.histories, each)

    def to_tensorboard(self, folder: str | Path) -> Path:
        """Write TensorBoard's events, one folder for each run, named by its id.

        Raises a GrokspecError if TensorBoard is not installed or the folder already has events.
        """
        from grokspec.results.tensorboard import write_events

        return write_events(self.spec, self.histories, named_path(folder))

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
