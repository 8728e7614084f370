"""Results in the hand: what every run of a plan recorded, in the form that one works in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from grokspec.history import History
    from grokspec.plans import Plan, Run


@dataclass(frozen=True, repr=False)
class Results:
    """What the runs of a plan recorded; ``histories`` are in the order of ``runs``."""

    plan: Plan
    runs: tuple[Run, ...]
    histories: tuple[History, ...]
    stale: tuple[str, ...] = ()  # ids of runs that other code made

    def to_xarray(self) -> xr.Dataset:
        """As claims read it: a dataset with the sweep's axes, `grokspec.dataset.load_results`."""
        from grokspec.dataset import labelled

        results = labelled(self.plan, self.runs, self.histories)
        return results.assign_attrs(stale=list(self.stale))

    def to_pandas(self, each: Literal["record", "run"] = "record") -> pd.DataFrame:
        """A tidy table: one row for each recorded step of each run, or one for each run.

        Either has the run's id and its coordinates. The rows of records have ``step`` and the
        quantities that are recorded again and again, those of runs the quantities that are
        measured once, ``status``, ``diverged_at`` and the ``seconds`` it took. A quantity with
        dimensions of its own has a column for each of its numbers: ``name[0]``, ``name[1]``.
        """
        from grokspec.notebook.tables import table

        return table(self, each)

    def to_tensorboard(self, folder: str | Path) -> Path:
        """Write a folder of TensorBoard's events for each run, named by its id.

        Raises a GrokspecError if TensorBoard is not installed, or the folder has events already.
        """
        from grokspec.notebook.tensorboard import write_events

        return write_events(self, Path(folder))

    @property
    def quantities(self) -> tuple[str, ...]:
        """What was recorded."""
        return tuple(sorted({name for history in self.histories for name in history.quantities}))

    def __repr__(self) -> str:
        from grokspec.notebook.plain import results_in_a_line

        return results_in_a_line(self)

    def _repr_html_(self) -> str:
        from grokspec.notebook.html_of_results import results_as_html

        return results_as_html(self)
