"""Removing results from a store: which they are, and how no other is lost with them.

A shard whose results all go is removed. One with others is written anew with these, whole and
flushed to the disk, before the old file is removed. So at each moment every result that stays can
be read; whoever stops in between leaves a result twice, and the same command completes it. Weights
go once no shard refers to them; those that were left go a day later, with any other removal.

Runs that go are reserved meanwhile, as for a training (see `locks`): what another process trains,
or waits for, is left. A reader that has just looked up a shard which is gone looks again.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError, suggestion
from grokspec.files.atomic import ABANDONED_AFTER, explained, write_whole
from grokspec.store.census import Census, Held, take_census
from grokspec.store.locks import Reservations, tidying
from grokspec.store.rewriting import with_only
from grokspec.store.shard import ENDING, SHARD, NotAShardError, checksum, parsed
from grokspec.store.staleness import Staleness
from grokspec.store.weights import NoWeightsError
from grokspec.store.wholeness import whole_shard, whole_weights

if TYPE_CHECKING:
    from grokspec.store.folder import Store


@dataclass(frozen=True)
class Choice:
    """Which results are to go: those that are stale or superseded, narrowed by spec and age.

    If neither is asked for, all of the specs and of that age.
    """

    stale: bool = False
    superseded: bool = False
    specs: frozenset[str] = frozenset()
    """All specs if empty."""
    made_before: float | None = None
    """In seconds since 1970."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return not (self.stale or self.superseded or self.specs or self.made_before is not None)


@dataclass(frozen=True)
class Removal:
    """What is to be removed."""

    by_shard: Mapping[str, tuple[Held, ...]]
    """The results that go, by the name of their shard."""
    sizes: Mapping[str, int]
    """How many results each of these shards has, also such that stay."""
    superseded_by: Mapping[Held, Held]
    """For results that go only because there is a newer one: that one, which has to be whole."""
    weights: Mapping[str, int]
    """Files of weights that only these results, or none, refer to, and their sizes in bytes."""
    unknown: int = 0
    """Results that stay because it cannot be said whether they are stale."""

    @property
    def results(self) -> tuple[Held, ...]:
        """All results that go."""
        return tuple(result for own in self.by_shard.values() for result in own)

    @property
    def bytes(self) -> int:
        """About how much room is gained."""
        return sum(result.size for result in self.results) + sum(self.weights.values())

    @property
    def rewritten(self) -> int:
        """How many shards are written anew, as some of their results stay."""
        return sum(len(own) < self.sizes[shard] for shard, own in self.by_shard.items())


@dataclass
class Removed:
    """What was removed, and what was left."""

    results: int = 0
    shards: int = 0
    rewritten: int = 0
    weights: int = 0
    bytes: int = 0
    """By which the files of shards and weights are smaller."""
    left: Counter[str] = field(default_factory=Counter)
    """How many results stayed, by the reason."""
    weights_left: str = ""
    """Why files of weights stayed."""


def plan_removal(
    store: Store, census: Census, staleness: Staleness, choice: Choice, now: float | None = None
) -> Removal:
    """What a choice means for a store; raises a GrokspecError if a spec of it has no results."""
    _require_known(choice.specs, {result.spec for result in census.results})
    superseded = census.superseded if choice.superseded else {}
    narrowed = [result for result in census.results if _is_meant(result, choice)]
    everything = not (choice.stale or choice.superseded)
    stale = {r for r in narrowed if choice.stale and staleness.of(r) == "stale"}
    unknown = sum(choice.stale and staleness.of(result) == "unknown" for result in narrowed)
    going = [r for r in narrowed if everything or r in stale or r in superseded]
    by_shard: dict[str, list[Held]] = defaultdict(list)
    for result in going:
        by_shard[result.shard].append(result)
    return Removal(
        by_shard={shard: tuple(own) for shard, own in by_shard.items()},
        sizes=Counter(result.shard for result in census.results),
        superseded_by={r: superseded[r] for r in going if r in superseded and r not in stale},
        weights=_weights_that_go(store, census, set(going), now or time.time()),
        unknown=unknown,
    )


def remove(store: Store, removal: Removal) -> Removed:
    """Remove what was planned, but for what another process uses or what is needed after all."""
    done = Removed()
    with tidying(store.folder), Reservations(store.folder) as reservations:
        keys = dict.fromkeys(result.key for result in removal.results)
        held = set(reservations.reserve(tuple(keys), lambda free: ()).held_by_others)
        needed = _needed(store, removal)
        with explained(f"results could not be removed from {store.folder}"):
            for name, results in removal.by_shard.items():
                going = [r for r in results if r.key not in held and r not in needed]
                done.left["are being trained by another process"] += sum(
                    result.key in held for result in results
                )
                done.left["have no newer result that is whole"] += sum(
                    result.key not in held and result in needed for result in results
                )
                if going:
                    _remove_from(store.shards / name, going, removal.sizes[name], done)
            _remove_weights(store, removal.weights, done)
    done.left += Counter()  # without zeros
    return done


def _require_known(named: Iterable[str], known: Collection[str]) -> None:
    for spec in named:
        if spec not in known:
            raise GrokspecError(
                f'there is no result of a spec "{spec}" in the store; '
                f"{suggestion(spec, known, 'it has no results')}"
            )


def _is_meant(result: Held, choice: Choice) -> bool:
    is_of_spec = not choice.specs or result.spec in choice.specs
    return is_of_spec and (choice.made_before is None or result.created < choice.made_before)


def _weights_that_go(
    store: Store, census: Census, going: Collection[Held], now: float
) -> dict[str, int]:
    """Weights of results that go, and such that a process left which died before its shard."""
    users = census.weights
    found = {}
    for path in sorted(store.weights.glob(f"*{ENDING}")):
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            used = users.get(path.name, ())
            abandoned = used or now - status.st_mtime > ABANDONED_AFTER
            is_own = SHARD.fullmatch(path.name) and not path.is_symlink()
            if is_own and abandoned and all(result in going for result in used):
                found[path.name] = status.st_size
    return found


def _needed(store: Store, removal: Removal) -> set[Held]:
    """The superseded results whose newer one is not whole, so that they may be looked up yet."""
    is_whole = functools.cache(_is_whole)
    return {
        own
        for own, newer in removal.superseded_by.items()
        if not is_whole(store.shards / newer.shard, whole_shard)
        or (newer.weights and not is_whole(store.weights / newer.weights, whole_weights))
        or (own.weights and not newer.weights)
    }


def _is_whole(file: Path, read: Callable[[Path], object]) -> bool:
    try:
        read(file)
    except (NotAShardError, NoWeightsError, OSError):
        return False
    return True


def _remove_from(shard: Path, going: Collection[Held], size: int, done: Removed) -> None:
    """Remove results from a shard, which has so many in all."""
    try:
        if shard.is_symlink():
            done.left["are in files that are links"] += len(going)
            return
        before = shard.lstat().st_size
        after = 0
        if len(going) < size:
            staying = set(range(size)) - {result.position for result in going}
            after = _written_anew(shard, sorted(staying))
            done.rewritten += 1
        shard.unlink()
    except FileNotFoundError:
        done.left["were removed or moved by another process in the meantime"] += len(going)
    except NotAShardError:
        done.left["are in damaged files with others; `grokspec store verify` names them"] += len(
            going
        )
    else:
        done.results += len(going)
        done.shards += 1
        done.bytes += before - after


def _written_anew(shard: Path, staying: list[int]) -> int:
    """Write a shard with the results that stay, beside the old one; its size."""
    content, entries = whole_shard(shard)
    new = with_only(content, staying)
    path = shard.with_name(f"{checksum(new)}{ENDING}")
    moved = parsed(new, path).entries
    assert [e.id for e in moved] == [entries[i].id for i in staying]
    write_whole(path, new)
    return len(new)


def _remove_weights(store: Store, weights: Mapping[str, int], done: Removed) -> None:
    """Remove files of weights to which no shard refers now."""
    if not weights:
        return
    census = take_census(store)
    if census.has_damage:
        done.weights_left = "a file that cannot be read may refer to them"
        return
    used = census.weights
    for name, size in weights.items():
        if name not in used:
            with contextlib.suppress(FileNotFoundError):
                (store.weights / name).unlink()
                done.weights += 1
                done.bytes += size
