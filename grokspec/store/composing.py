"""Results put together from the records that other runs made on the same trajectory.

How the weights move does not depend on what is recorded of them (see `Description.trajectory`). So
a run whose probes and steps were all recorded before, by one run or by several, needs no training:
a probe was added, removed or moved in its spec, the records lie at other steps, or the training is
shorter.

A record counts if the code that made it is today's: that of the trajectory and of the probe, not
that of other probes which were taken at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from grokspec.engines.base import History
from grokspec.spec.runs import identity_of_probe, probes_of, trajectory_of
from grokspec.store.fingerprint import digest, sources, sources_with
from grokspec.store.shard import Entry, Result

if TYPE_CHECKING:
    import numpy as np

    from grokspec.description import Description
    from grokspec.experiment import Experiment
    from grokspec.probes.base import Probe
    from grokspec.spec import Run
    from grokspec.store.folder import Store

Found = TypeVar("Found", Entry, Result)

AGREEMENT = 1e-4
"""By how much, relative to them, numbers may differ that are the same to rounding."""


def compose(runs: Sequence[Run], store: Store) -> dict[str, Result]:
    """The results of those runs that other records of the store make up, by key.

    Nothing is written.
    """
    pieces = pieces_for(runs, store, _have_all_probes)
    return {run.key: result for run in runs if (result := composed(run, pieces[run.key]))}


def pieces_for(
    runs: Sequence[Run],
    store: Store,
    may_do: Callable[[Run, Sequence[Entry]], bool] = lambda run, entries: bool(entries),
) -> dict[str, list[Result]]:
    """For each run, by key, the results on its trajectory that today's code made, newest first.

    Shards are read only where their headers ``may_do`` for a run; the others get no results.
    """
    trajectories = {run.key: trajectory_of(run.experiment) for run in runs}
    entries = store.on_trajectories({*trajectories.values()} - {""}) | {"": []}
    on_each = {
        trajectories[run.key]: run.experiment
        for run in runs
        if may_do(run, entries[trajectories[run.key]])
    }
    made_today = {
        trajectory: on_way(experiment, entries[trajectory])
        for trajectory, experiment in on_each.items()
    }
    found: dict[str, list[Result]] = defaultdict(list)
    for result in store.results_of(entry for own in made_today.values() for entry in own):
        found[result.trajectory].append(result)
    for own in found.values():
        own.sort(key=lambda result: (-result.sequence, -result.provenance.created))
    return {key: found[trajectory] for key, trajectory in trajectories.items()}


def _have_all_probes(run: Run, entries: Sequence[Entry]) -> bool:
    """Whether each probe of a run was taken in one of these results."""
    taken = {probe for entry in entries for probe in entry.probes}
    return bool(entries) and taken.issuperset(probes_of(run.experiment))


def composed(run: Run, pieces: Sequence[Result]) -> Result | None:
    """The result of a run from one piece if possible, else from all together; None if they lack
    something.
    """
    for chosen in (*([piece] for piece in pieces), _agreeing(pieces)) if pieces else ():
        if found := _put_together(run, chosen):
            return found
    return None


def _put_together(run: Run, pieces: Sequence[Result]) -> Result | None:
    """The result of a run whose every record is in one of these pieces, else None."""
    experiment: Experiment = run.experiment  # type: ignore[assignment]
    by_probe = [
        (probe, with_probe(experiment, probe, pieces)) for probe in experiment.recorded_probes
    ]
    holder = _holder(experiment, pieces)
    if holder is None or not all(own for _, own in by_probe):
        return None
    history = _history(experiment, by_probe)
    if history is None:
        return None
    hashes = sources(experiment)
    return replace(
        holder,
        key=run.key,
        id=run.id,
        experiment=experiment.described,
        fingerprint=digest(hashes),
        sources=hashes,
        history=replace(history, kept=holder.history.kept),
        probes=probes_of(experiment),
    )


def _holder(experiment: Experiment, pieces: Sequence[Result]) -> Result | None:
    """The piece that has all weights which are to be kept; any if there are none to keep."""
    wanted = set(experiment.kept_steps)
    return next((piece for piece in pieces if wanted <= _kept_at(piece)), None)


def _kept_at(piece: Result) -> set[int]:
    """The steps at which a result has weights, in the store or with itself."""
    own = piece.history.kept
    return set(piece.weights_at) if own is None else set(own.steps.tolist())


def on_way(experiment: Description, pieces: Sequence[Found]) -> list[Found]:
    """The results whose weights today's code would move in the same way."""
    return _made_by(sources_with(experiment, ()), pieces) if pieces else []


def with_probe(experiment: Experiment, probe: Probe, pieces: Iterable[Result]) -> list[Result]:
    """The results that have records of a probe which today's code would make.

    An engine from outside may have recorded less than the probe says.
    """
    identity, names = identity_of_probe(probe), set(probe.quantities_of(experiment))
    having = [
        piece
        for piece in pieces
        if identity in piece.probes and names <= piece.history.quantities.keys()
    ]
    return _made_by(sources_with(experiment, (probe,)), having) if having else []


def _made_by(needed: Mapping[str, str], pieces: Iterable[Found]) -> list[Found]:
    return [p for p in pieces if all(p.sources.get(name) == own for name, own in needed.items())]


def _history(
    experiment: Experiment, by_probe: Iterable[tuple[Probe, Sequence[Result]]]
) -> History | None:
    """The history of a run from records of its probes; None if some of its steps are lacking."""
    import numpy as np

    from grokspec.engines._divergence import history_of

    ended = {piece.history.ended_at for _, results in by_probe for piece in results}
    if len(ended) > 1:
        return None
    (ended_at,) = ended
    steps = np.array(_up_to(ended_at, experiment.recorded_steps), dtype=np.int64)
    recorded: dict[str, np.ndarray] = {}
    once: dict[str, np.ndarray] = {}
    for probe, results in by_probe:
        for name in probe.quantities_of(experiment):
            if probe.once:
                once[name] = results[0].history.quantities[name]
            elif (joined := _at(steps, name, results)) is None:
                return None
            else:
                recorded[name] = joined
    ends = [piece.history.diverged_at for _, results in by_probe for piece in results]
    diverged = [at for at in ends if at is not None]
    after = [int(step) for step in steps if diverged and step >= min(diverged)]
    return history_of(steps, recorded, once, after[0] if after else None, ended_at)


def _up_to(ended_at: int | None, steps: Sequence[int]) -> Sequence[int]:
    """The steps that are recorded of a run which ended at a step, or did not end early."""
    if ended_at is None:
        return steps
    return [*(step for step in steps if step < ended_at), ended_at]


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


def _agreeing(pieces: Iterable[Result]) -> list[Result]:
    """Those results that recorded the same, to rounding, as all newer ones among them.

    Trained in other company, on another device or with another library, a run whose weights move
    chaotically takes another way; records of both ways are no history.
    """
    found: list[Result] = []
    for piece in pieces:
        if all(_same(piece.history, newer.history) for newer in found):
            found.append(piece)
    return found


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
