"""Which files of a store have the results of some specs.

These are the results that would be read here today, those of other runs that make up a result, and
those that a run takes a number from; and the weights that any run in the same shards kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.files.inputs import file_hash
from grokspec.files.regular import reason
from grokspec.formatting import listed, shown_path
from grokspec.spec.runs import identity, trajectory_of
from grokspec.store.composing import compose, on_way
from grokspec.store.folder import ENDING, SHARD
from grokspec.store.inventory import Inventory, take_inventory
from grokspec.store.notices import DamagedShard, notify
from grokspec.store.shard import Entry, NotAShardError, read_shard

if TYPE_CHECKING:
    from grokspec.spec import Run, SpecFile
    from grokspec.store.folder import Store


@dataclass(frozen=True)
class StoredSpec:
    """A spec, and what the store has of its runs."""

    spec: SpecFile
    inventory: Inventory[Entry]
    recorded: tuple[Run, ...]
    """Runs that records of others make up."""

    @property
    def missing(self) -> tuple[Run, ...]:
        """Runs of which there is nothing to pack."""
        there = {run.key for run in self.recorded}
        return tuple(run for run in self.inventory.missing if run.key not in there)


@dataclass(frozen=True)
class Selection:
    """Files of a store, and the results in them."""

    shards: tuple[Path, ...]
    weights: tuple[Path, ...]
    entries: tuple[Entry, ...]
    """All results in these shards."""
    specs: tuple[StoredSpec, ...] = ()

    @property
    def others(self) -> int:
        """How many results are of runs that are in none of the specs."""
        own = {run.key for stored in self.specs for run in stored.spec.runs}
        return sum(entry.key not in own for entry in self.entries) if self.specs else 0


def of_specs(specs: Sequence[SpecFile], store: Store, with_weights: bool = True) -> Selection:
    """The files that have the results of these specs.

    Raises a GrokspecError if the store has no result of one of them.
    """
    stored = tuple(_stored(spec, store) for spec in specs)
    if empty := [s.spec.title for s in stored if len(s.missing) == len(s.inventory.runs) > 0]:
        raise GrokspecError(
            f"the store {shown_path(store.folder)} has no result of\n{listed(empty)}\n"
            "`grokspec run` trains them; name the store with --store, the profile with --profile"
        )
    shards = {path for own in stored for path in _shards_of(own, store)}
    return _selection(shards, store, with_weights, stored)


def everything(store: Store, with_weights: bool = True) -> Selection:
    """All results of a store. Raises a GrokspecError if it has none."""
    found = _selection(store.files(), store, with_weights)
    if not found.shards:
        raise GrokspecError(
            f"the store {shown_path(store.folder)} has no results; name another with --store"
        )
    return found


def _stored(spec: SpecFile, store: Store) -> StoredSpec:
    runs = spec.runs if spec.recording is None else ()
    inventory = take_inventory(runs, store)
    other = [run for run in runs if inventory.state(run) != "stored"]
    made_up = compose(other, store)
    return StoredSpec(spec, inventory, tuple(run for run in other if run.key in made_up))


def _shards_of(stored: StoredSpec, store: Store) -> Iterable[Path]:
    yield from (entry.shard for entry in stored.inventory.entries.values())
    for run in stored.recorded:
        on_trajectory = store.on_trajectory(trajectory_of(run.experiment))
        yield from (entry.shard for entry in on_way(run.experiment, on_trajectory))
    runs = stored.inventory.runs
    needed = {identity(other) for run in runs for other in run.experiment.needs}
    yield from (entry.shard for entry in store.verified(needed).values())


def _selection(
    shards: Iterable[Path], store: Store, with_weights: bool, specs: Sequence[StoredSpec] = ()
) -> Selection:
    found: dict[Path, tuple[Entry, ...]] = {}
    for path in sorted(shards):
        try:
            found[path] = _whole(path)
        except (NotAShardError, OSError) as error:
            why = reason(path, error) if isinstance(error, OSError) else str(error)
            notify(f"{path} {why}; it is not packed", DamagedShard)
    entries = tuple(entry for own in found.values() for entry in own)
    weights = _weights_of(entries, store) if with_weights else ()
    return Selection(tuple(found), weights, entries, tuple(specs))


def _whole(path: Path) -> tuple[Entry, ...]:
    """The entries of a shard. Raises a NotAShardError if it is damaged, or an OSError."""
    entries = read_shard(path).entries
    if not SHARD.fullmatch(path.name) or not _has_its_content(path):
        raise NotAShardError("does not have the content that was written")
    return entries


def _has_its_content(path: Path) -> bool:
    """Whether a file of the store is named by the hash of its content."""
    return file_hash(path) == path.stem


def _weights_of(entries: Iterable[Entry], store: Store) -> tuple[Path, ...]:
    """The files of the weights that these runs kept, as far as they are there."""
    names = sorted({entry.weights.partition("/")[0] for entry in entries if entry.weights})
    paths = [store.weights / f"{name}{ENDING}" for name in names]
    whole = tuple(path for path in paths if path.is_file() and _has_its_content(path))
    for path in paths:
        if path not in whole:
            notify(f"{path} is not there or damaged; these weights are not packed", DamagedShard)
    return whole
