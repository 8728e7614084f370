"""Records what the probes of a stack measure at the recorded steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from grokspec.engines._divergence import diverged_runs, ended_at
from grokspec.engines.base import History
from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.probes._snapshot import Snapshot
    from grokspec.probes.base import Probe


class Recorder:
    """Collects the histories of a stack's runs and notices runs that diverge."""

    def __init__(self, stack: Sequence[Experiment]) -> None:
        self._steps = stack[0].recorded_steps
        self._probes = stack[0].record.probes
        self._rows: dict[str, list[np.ndarray]] = defaultdict(list)
        self._once: dict[str, np.ndarray] = {}
        self._diverged_at: list[int | None] = [None] * len(stack)
        self._taken_by: dict[str, Probe] = {}

    def record(self, step: int, snapshot: Snapshot) -> bool:
        """Take every probe; False once every run has diverged, by a number that is not finite."""
        first = step == self._steps[0]
        self._note_divergence(step, snapshot.mean_squared_weight().double().cpu().numpy())
        for probe in self._probes:
            if probe.once and not first:
                continue
            for name, tensor in probe.take(snapshot).items():
                values = tensor.double().cpu().numpy()
                self._check(probe, name, values.shape)
                if probe.once:
                    self._once[name] = values
                else:
                    self._rows[name].append(values)
                    self._note_divergence(step, values)
        return None in self._diverged_at

    def histories(self) -> list[History]:
        """One history a run, with NaN for records that were not taken or not finite."""
        quantities = {name: self._padded(rows) for name, rows in self._rows.items()}
        return [self._history(run, quantities) for run in range(len(self._diverged_at))]

    def _check(self, probe: Probe, name: str, shape: tuple[int, ...]) -> None:
        """Raise a GrokspecError if a quantity would be taken for that of other runs or probes."""
        if shape[:1] != (len(self._diverged_at),):
            raise GrokspecError(
                f'probe "{probe.kind}": {name} has the shape {shape}; its first axis must be the '
                f"runs of the stack, {len(self._diverged_at)} here"
            )
        if self._taken_by.setdefault(name, probe) is not probe:
            raise GrokspecError(
                f'probe "{probe.kind}": takes {name}, which probe "{self._taken_by[name].kind}" '
                "takes too; remove one of them"
            )

    def _note_divergence(self, step: int, values: Float64[np.ndarray, "run ..."]) -> None:
        for run in np.flatnonzero(diverged_runs(values)):
            if self._diverged_at[run] is None:
                self._diverged_at[run] = step

    def _padded(
        self, rows: list[Float64[np.ndarray, " run *each"]]
    ) -> Float64[np.ndarray, "run record *each"]:
        """The records that were taken, with NaN for those after training stopped."""
        missing = len(self._steps) - len(rows)
        rows = rows + [np.full_like(rows[0], np.nan)] * missing
        return np.stack(rows, axis=1)

    def _history(self, run: int, quantities: dict[str, np.ndarray]) -> History:
        return ended_at(
            np.array(self._steps, dtype=np.int64),
            {name: table[run] for name, table in quantities.items()},
            {name: table[run] for name, table in self._once.items()},
            self._diverged_at[run],
        )
