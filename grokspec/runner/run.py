"""From runs to the store: trains what is missing, each run once, on the whole machine.

Stacks go to the workers of a concurrent.futures.Executor. Each worker writes its own results, so if
this process is stopped, only the stacks in training are lost, and the same call continues from
there. Runs that another process is training on the same store are waited for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Union

from grokspec.runner.dispatch import Dispatcher
from grokspec.runner.failure import TrainingError
from grokspec.runner.pace import Clock, Pace
from grokspec.runner.progress import Progress
from grokspec.runner.script import workers_know_kinds
from grokspec.runner.workers import workers_for
from grokspec.store.beginnings import beginnings
from grokspec.store.composing import compose
from grokspec.store.inventory import Inventory, Stale, take_inventory
from grokspec.store.locks import FindDone, Reservations
from grokspec.store.notices import DamagedShard, notify

if TYPE_CHECKING:
    from pathlib import Path

    from distributed import Client

    from grokspec.runner.workers import Workers
    from grokspec.spec import Run
    from grokspec.store import Entry, Store

AnyExecutor = Union[Executor, "Client", "Workers", None]
"""Who trains: an executor, a client of Dask, or None for local processes."""


@dataclass(frozen=True)
class TrainingSummary:
    """What a call of `train_runs` did. Runs are given by their ids, in order."""

    trained: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """In the store before, or trained by another process in the meantime."""
    stale: tuple[str, ...] = ()
    """Those of ``kept`` that other code made."""
    diverged: tuple[str, ...] = ()
    """Runs, trained or kept, whose numbers stopped being finite."""
    ended: tuple[str, ...] = ()
    """Runs, trained or kept, that ended before their last step."""
    device: str | None = None
    """The torch device of the training; None if nothing was trained."""
    seconds: float = 0.0
    left: tuple[str, ...] = ()
    """Runs for which there was no time."""
    by_others: tuple[str, ...] = ()
    """Those of ``kept`` that other processes trained in the meantime."""

    def __repr__(self) -> str:
        where = f" on {self.device}" if self.device else ""
        others = {
            "kept": self.kept,
            "stale": self.stale,
            "diverged": self.diverged,
            "ended early": self.ended,
            "left for want of time": self.left,
        }
        rest = "".join(f", {len(runs)} {word}" for word, runs in others.items() if runs)
        trained = f"{len(self.trained)} trained in {self.seconds:.1f} s"
        return f"<TrainingSummary: {trained}{where}{rest}>"


def missing(runs: Sequence[Run], store: Store, stale: Stale = "rerun") -> tuple[Run, ...]:
    """The runs that `train_runs` would train. Loads no torch."""
    lacking = take_inventory(runs, store).to_train(stale)
    made_up = compose(lacking, store)
    return tuple(run for run in lacking if run.key not in made_up)


def train_runs(
    runs: Sequence[Run],
    store: Store,
    *,
    label: str = "training",
    device: str = "auto",
    workers: int | None = None,
    stale: Stale = "rerun",
    fresh: bool = False,
    progress: Callable[[Progress], None] | None = None,
    executor: AnyExecutor = None,
    time_limit: float = math.inf,
) -> TrainingSummary:
    """Train the runs that the store does not have.

    ``device`` is auto, cpu, cuda or cuda:<i>. ``workers`` is the number of stacks that train at a
    time: by default one on each processor core, or one on a GPU; with 0, this process trains them
    one after the other, as it does with kinds that workers cannot import (see `script`). ``fresh``
    trains every run again. ``progress`` is called a few times a second, with a Progress called
    ``label``.

    An ``executor`` replaces the local processes. It is a `concurrent.futures.Executor`, whose
    workers need access to the store's folder, or a `distributed.Client` of Dask, whose workers need
    nothing but grokspec (see `cluster`).

    ``time_limit`` is the time in seconds after which this returns. Stacks that would take longer
    are not begun, those that do after all are lost, and runs that were not trained are ``left``.

    Raises TrainingError if runs could not be trained, after all others are trained; of runs that
    need more memory than there is a TooLargeError, before anything is trained.
    """
    started, clock = time.perf_counter(), Clock(time_limit)
    inventory = take_inventory(runs, store)
    to_train = inventory.runs if fresh else _not_made_up(inventory.to_train(stale), store)
    if not to_train:
        return _summary(inventory, store, started)
    store.prepare()
    find_done = _find_done(store, inventory, stale, set(store.files()) if fresh else set())
    if executor is None and not workers_know_kinds(to_train):
        workers = 0
    with Reservations(store.folder) as reservations, workers_for(executor, store, workers) as ready:
        reservations.announce([run.key for run in to_train])
        ready.look(device, clock)
        pace = clock.pace = Pace(store.timings(), ready.device)
        begun = {} if fresh else beginnings(to_train, store)
        stacks = ready.cut(to_train, begun, pace.most_runs)
        work = Dispatcher(stacks, store, reservations, find_done, ready, inventory.wanted, clock)

        def notify() -> None:
            if progress:
                progress(work.progress(label, time.perf_counter() - started))

        work.train(notify)
    if work.failed:
        raise TrainingError(work.failed, work.logs) from work.cause
    summary = _summary(inventory, store, started, work.trained, work.left, ready.device)
    by_others = set(work.trained_by_others)
    return replace(summary, by_others=tuple(r.id for r in inventory.runs if r.key in by_others))


def _not_made_up(runs: Sequence[Run], store: Store) -> tuple[Run, ...]:
    """The runs that have to be trained, after writing the results that other records make up."""
    if made_up := compose(runs, store):
        sequence = store.next_sequence(made_up)
        store.write([replace(result, sequence=sequence) for result in made_up.values()])
    return tuple(run for run in runs if run.key not in made_up)


def _find_done(
    store: Store, inventory: Inventory[Entry], stale: Stale, old: Collection[Path]
) -> FindDone:
    """A function that finds the runs that other processes have trained in the meantime.

    Results in ``old`` shards do not count.
    """
    wanted = inventory.wanted

    def find_done(keys: Collection[str]) -> list[str]:
        index = store.index(wanted, keys)
        new = [key for key in keys if key in index and index[key].shard not in old]
        whole = {k: e for k, e in store.verified(new, wanted).items() if e.shard not in old}
        return [
            key
            for key, entry in whole.items()
            if stale == "keep" or entry.fingerprint == wanted[key]
        ]

    return find_done


def _summary(
    inventory: Inventory[Entry],
    store: Store,
    started: float,
    trained: Collection[Entry] = (),
    left: Collection[Run] = (),
    device: str | None = None,
) -> TrainingSummary:
    index = store.index(inventory.wanted, inventory.wanted) | {
        entry.key: entry for entry in trained
    }
    made = {entry.key for entry in trained}
    untrained = {run.key for run in left}
    there = [run for run in inventory.runs if run.key in index]
    kept = [run for run in there if run.key not in made]
    expected = [run for run in inventory.runs if run.key not in untrained]
    if removed := len(expected) - sum(run.key in index for run in expected):
        notify(
            f"{removed} of {len(inventory.runs)} results were removed from {store.folder} during "
            "the training; the same command trains them again",
            DamagedShard,
        )
    return TrainingSummary(
        trained=tuple(run.id for run in inventory.runs if run.key in made),
        kept=tuple(run.id for run in kept),
        stale=tuple(r.id for r in kept if index[r.key].fingerprint != inventory.wanted[r.key]),
        diverged=tuple(run.id for run in there if index[run.key].status == "diverged"),
        ended=tuple(run.id for run in there if index[run.key].status == "ended"),
        device=device,
        seconds=time.perf_counter() - started,
        left=tuple(run.id for run in inventory.runs if run.key in untrained),
    )
