"""Records what the probes of a stack measure, until each of its runs ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float64

from grokspec.engines._conditions import Readings, Watch
from grokspec.engines._divergence import diverged_runs, history_of
from grokspec.engines.base import History
from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.probes._snapshot import Snapshot
    from grokspec.probes.base import Probe

Runs = Bool[np.ndarray, " run"]
"""Some runs of a stack."""


class Recorder:
    """Collects the histories of a stack's runs, and notices runs that end or diverge.

    A run that ends is recorded at that step, whether it is one of the recorded ones or not, and no
    more after it. The other runs have no record of such a step.
    """

    def __init__(self, stack: Sequence[Experiment], steps: Sequence[int] | None = None) -> None:
        """``steps`` are those that will be recorded, if not all that the runs should have."""
        first = stack[0]
        self._steps = first.recorded_steps if steps is None else steps
        self._recorded = frozenset(self._steps)
        self._probes = first.record.probes
        self._rows: dict[str, list[np.ndarray]] = defaultdict(list)
        self._taken: list[int] = []
        self._of: list[Runs] = []
        self._once: dict[str, np.ndarray] = {}
        self._diverged_at: list[int | None] = [None] * len(stack)
        self._ended_at: list[int | None] = [None] * len(stack)
        self._taken_by: dict[str, Probe] = {}
        until = first.training.until
        self._end = None if until is None else Watch(until, len(stack))
        self._watched = first.watched

    def looks_at(self, step: int) -> bool:
        """Whether the stack has to be looked at after so many steps."""
        return step in self._recorded or (self._end is not None and self._end.is_due(step))

    def look(self, step: int, snapshot: Snapshot) -> bool:
        """Take every probe, if it is time for that or a run ends; False if no run goes on."""
        going = self.going
        ending = going & self._ending(step, snapshot)
        for run in np.flatnonzero(ending):
            self._ended_at[run] = step
        if step in self._recorded:
            self._record(step, snapshot, going)
        elif ending.any():
            self._record(step, snapshot, ending)
        return bool(self.going.any())

    def ended_at(self, step: int) -> Runs:
        """The runs that ended at a step, before their last one."""
        return np.array([ended == step for ended in self._ended_at])

    def histories(self) -> list[History]:
        """One history a run, with NaN for records that were not taken or not finite."""
        rows = {name: np.stack(own) for name, own in self._rows.items()}
        return [self._history(run, rows) for run in range(len(self._diverged_at))]

    @property
    def going(self) -> Runs:
        """The runs that have neither diverged nor ended."""
        return np.array(
            [None is a is b for a, b in zip(self._diverged_at, self._ended_at, strict=True)]
        )

    def _ending(self, step: int, snapshot: Snapshot) -> Runs:
        """The runs in which the condition of the end holds. None ends early at its last step."""
        if self._end is None or not self._end.is_due(step) or step == self._steps[-1]:
            return np.zeros(len(self._ended_at), dtype=bool)
        return self._end.holds(step, Readings(snapshot, self._watched))

    def _record(self, step: int, snapshot: Snapshot, runs: Runs) -> None:
        """Take every probe of the stack, for some of its runs."""
        self._taken.append(step)
        self._of.append(runs)
        weights = snapshot.mean_squared_weight().double().cpu().numpy()
        self._note_divergence(step, weights, runs)
        for probe in self._probes:
            if probe.once and len(self._taken) > 1:
                continue
            for name, tensor in probe.take(snapshot).items():
                values = tensor.double().cpu().numpy()
                self._check(probe, name, values.shape)
                if probe.once:
                    self._once[name] = values
                else:
                    self._rows[name].append(values)
                    self._note_divergence(step, values, runs)

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

    def _note_divergence(
        self, step: int, values: Float64[np.ndarray, "run ..."], runs: Runs
    ) -> None:
        for run in np.flatnonzero(diverged_runs(values) & runs):
            if self._diverged_at[run] is None:
                self._diverged_at[run] = step

    def _history(self, run: int, rows: dict[str, np.ndarray]) -> History:
        """The run's own records, and NaN for those that it would have had, had it not diverged."""
        own = [row for row, runs in enumerate(self._of) if runs[run]]
        steps = [self._taken[row] for row in own]
        diverged_at, ended_at = self._diverged_at[run], self._ended_at[run]
        if diverged_at is not None:
            steps += [step for step in self._steps if step > steps[-1]]
        return history_of(
            np.array(steps, dtype=np.int64),
            {name: _filled(table[own, run], len(steps)) for name, table in rows.items()},
            {name: table[run] for name, table in self._once.items()},
            diverged_at,
            ended_at,
        )


def _filled(
    records: Float64[np.ndarray, " record *each"], size: int
) -> Float64[np.ndarray, " size *each"]:
    """The records with NaN after them, ``size`` in all."""
    missing = np.full((size - len(records), *records.shape[1:]), np.nan)
    return np.concatenate([records, missing])
