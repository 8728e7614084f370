"""Results put together from the records that other runs made on the same trajectory.

How the weights move does not depend on what is recorded of them (see `Description.trajectory`). So
a run whose probes and steps were all recorded before, by one run or by several, needs no training:
a probe was added, removed or moved in its spec, the records lie at other steps, or the training is
shorter.

A record counts if the code that made it is today's: that of the trajectory and of the probe, not
that of other probes which were taken at the same time.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from grokspec.engines.base import History
from grokspec.spec.runs import identity_of_probe, probes_of, trajectory_of
from grokspec.store.fingerprint import RECORDED_STEPS, digest, sources
from grokspec.store.shard import Result

if TYPE_CHECKING:
    import numpy as np

    from grokspec.experiment import Experiment
    from grokspec.probes.base import Probe
    from grokspec.spec import Run
    from grokspec.store.folder import Store

AGREEMENT = 1e-4
"""By how much, relative to them, numbers may differ that are the same to rounding."""


def compose(runs: Sequence[Run], store: Store) -> dict[str, Result]:
    """The results of those runs that other records of the store make up, by key.

    Nothing is written. Shards are read only of trajectories that the store has.
    """
    trajectories = {run.key: trajectory_of(run.experiment) for run in runs}
    pieces = _pieces(store, set(trajectories.values()) - {""})
    found: dict[str, Result] = {}
    for run in runs:
        if result := _composed(run, pieces[trajectories[run.key]]):
            found[run.key] = result
    return found


def _pieces(store: Store, trajectories: set[str]) -> Mapping[str, Sequence[Result]]:
    """All results on these trajectories, the newest first."""
    entries = [entry for found in trajectories for entry in store.on_trajectory(found)]
    pieces: defaultdict[str, list[Result]] = defaultdict(list)
    for result in store.results_of(entries):
        pieces[result.trajectory].append(result)
    for own in pieces.values():
        own.sort(key=lambda result: (-result.sequence, -result.provenance.created))
    return pieces


def _composed(run: Run, pieces: Sequence[Result]) -> Result | None:
    """The result of a run from one piece if possible, else from all together."""
    for chosen in (*([piece] for piece in pieces), pieces):
        if found := _put_together(run, chosen):
            return found
    return None


def _put_together(run: Run, pieces: Sequence[Result]) -> Result | None:
    """The result of a run whose every record is in one of these pieces, else None."""
    experiment: Experiment = run.experiment  # type: ignore[assignment]
    probes = experiment.record.probes
    by_probe = [(probe, _with_probe(experiment, probe, pieces)) for probe in probes]
    used = [piece for piece in pieces if any(piece in own for _, own in by_probe)]
    if not all(own for _, own in by_probe) or not _agree(used):
        return None
    history = _history(experiment, by_probe, used)
    if history is None:
        return None
    hashes = sources(experiment)
    return replace(
        used[0],
        key=run.key,
        id=run.id,
        experiment=experiment.described,
        fingerprint=digest(hashes),
        sources=hashes,
        history=history,
        probes=probes_of(experiment),
    )


def _with_probe(experiment: Experiment, probe: Probe, pieces: Iterable[Result]) -> list[Result]:
    """The results that have records of a probe which today's code would make."""
    identity = identity_of_probe(probe)
    only = experiment.record.model_copy(update={"probes": (probe,)})
    needed = sources(experiment.model_copy(update={"record": only}))
    needed.pop(RECORDED_STEPS)
    return [
        piece
        for piece in pieces
        if identity in piece.probes
        and all(piece.sources.get(name) == own for name, own in needed.items())
    ]


def _history(
    experiment: Experiment,
    by_probe: Iterable[tuple[Probe, Sequence[Result]]],
    used: Sequence[Result],
) -> History | None:
    """The history of a run from records of its probes; None if some of its steps are lacking."""
    import numpy as np

    from grokspec.engines._divergence import ended_at

    steps = np.array(experiment.recorded_steps, dtype=np.int64)
    recorded: dict[str, np.ndarray] = {}
    once: dict[str, np.ndarray] = {}
    for probe, results in by_probe:
        for name in probe.quantities:
            if probe.once:
                once[name] = results[0].history.quantities[name]
            elif (joined := _at(steps, name, results)) is None:
                return None
            else:
                recorded[name] = joined
    diverged = [at for piece in used if (at := piece.history.diverged_at) is not None]
    after = steps[steps >= min(diverged)] if diverged else ()
    return ended_at(steps, recorded, once, int(after[0]) if len(after) else None)


def _at(steps: np.ndarray, name: str, results: Sequence[Result]) -> np.ndarray | None:
    """A quantity at these steps, each from the first result that has it; None if one is lacking."""
    import numpy as np

    first = results[0].history.quantities[name]
    found = np.empty((len(steps), *first.shape[1:]))
    lacking = np.ones(len(steps), dtype=bool)
    for result in results:
        there, at = _positions(steps, result.history.steps)
        there &= lacking
        found[there] = result.history.quantities[name][at[there]]
        lacking &= ~there
    return None if lacking.any() else found


def _positions(steps: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the steps are among others, in ascending order, and where."""
    import numpy as np

    at = np.searchsorted(among, steps).clip(max=len(among) - 1)
    return among[at] == steps, at


def _agree(pieces: Sequence[Result]) -> bool:
    """Whether what several results recorded of the same steps is the same to rounding.

    Trained in other company, on another device or with another library, a run whose weights move
    chaotically takes another way; records of both ways are no history.
    """
    return all(_same(one.history, other.history) for one, other in itertools.pairwise(pieces))


def _same(one: History, other: History) -> bool:
    import numpy as np

    there, at = _positions(one.steps, other.steps)
    for name in one.quantities.keys() & other.quantities.keys():
        ours, theirs = one.quantities[name], other.quantities[name]
        if ours.ndim and len(ours) == len(one.steps):
            ours, theirs = ours[there], theirs[at[there]]
        if not np.allclose(ours, theirs, rtol=AGREEMENT, atol=0, equal_nan=True):
            return False
    return True
