"""Where a training can begin whose first steps were taken before, by a run that kept its weights.

What is recorded of a step at which weights were kept is taken from them, and the steps after the
last of these are trained. Records of earlier steps, at which none were kept, come from other runs
on the trajectory (see `composing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokspec.plan import Beginning
from grokspec.store.composing import pieces_for, with_probe

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.spec import Run
    from grokspec.store.folder import Store
    from grokspec.store.shard import Entry, Result


def beginnings(runs: Sequence[Run], store: Store) -> dict[str, Beginning]:
    """The beginning of those runs that need not start from their first step, by key."""
    pieces = pieces_for(runs, store, _have_weights)
    found = {run.key: _beginning(run, pieces[run.key]) for run in runs}
    return {key: beginning for key, beginning in found.items() if beginning is not None}


def _have_weights(run: Run, entries: Sequence[Entry]) -> bool:
    """Whether one of these results has kept its weights."""
    return any(entry.weights for entry in entries)


def _beginning(run: Run, pieces: Sequence[Result]) -> Beginning | None:
    """The beginning that leaves the fewest steps to train."""
    experiment: Experiment = run.experiment  # type: ignore[assignment]
    if experiment.may_end or not any(piece.weights for piece in pieces):
        return None
    found = [
        Beginning(piece.weights, after, piece.weights_at)
        for piece in pieces
        if piece.weights
        and (after := _steps_saved(experiment, piece))
        and _has_all_until(after, experiment, piece, pieces)
    ]
    return max(found, key=lambda beginning: beginning.after, default=None)


def _steps_saved(experiment: Experiment, piece: Result) -> int:
    """How many steps of a run need not be taken after those of a piece."""
    steps = experiment.steps
    if steps in piece.weights_at:
        return steps
    last = piece.weights_at[-1]
    return last if last < steps and piece.can_go_on else 0


def _has_all_until(
    after: int, experiment: Experiment, piece: Result, pieces: Sequence[Result]
) -> bool:
    """Whether all that is to be recorded or kept up to a step is, or follows from weights."""
    given = set(piece.weights_at) if experiment.follows_from_weights else set()
    if not {step for step in experiment.kept_steps if step <= after} <= {*piece.weights_at}:
        return False
    lacking = {step for step in experiment.recorded_steps if step <= after} - given
    return all(
        lacking
        <= {int(s) for own in with_probe(experiment, probe, pieces) for s in own.history.steps}
        for probe in experiment.recorded_probes
    )
