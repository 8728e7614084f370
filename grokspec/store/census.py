"""What a store holds: every result in it, by spec, also those that no look-up returns.

Only headers of shards are read, one after the other. What is kept of a result is small, so a store
may be far larger than the memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.files.regular import reason
from grokspec.store.shard import ENDING, SHARD, Entry, NotAShardError, read_shard

if TYPE_CHECKING:
    from grokspec.store.folder import Store


@dataclass(frozen=True, slots=True)
class Held:
    """One result in the store, without its numbers."""

    shard: str
    """The name of its file."""
    position: int
    key: str
    spec: str
    """The name of the spec for which it was trained; others may have the same run."""
    fingerprint: str
    sequence: int
    created: float
    grokspec: str
    torch: str
    weights: str
    """The name of the file with its weights; empty if none were kept."""
    size: int
    """Bytes of the shard, which its results share evenly: their histories have one shape."""

    @property
    def same(self) -> tuple[str, str]:
        """What it has in common with results that say the same: the run, and the code."""
        return self.key, self.fingerprint

    @property
    def rank(self) -> tuple[int, float, str]:
        """By which the newest of several results of a run counts."""
        return self.sequence, self.created, self.shard


@dataclass(frozen=True)
class Census:
    """All results of a store."""

    results: tuple[Held, ...]
    sources: dict[str, dict[str, str]]
    """For each fingerprint, the hash of everything that enters it."""
    passed_over: dict[Path, str]
    """Files among the shards that cannot be read as such, and why."""

    @property
    def superseded(self) -> dict[Held, Held]:
        """The results that no look-up returns, each with the newer one that is returned.

        Both are of one run and made by the same code. An older result by other code is returned
        after a return to that code.
        """
        newest: dict[tuple[str, str], Held] = {}
        for result in self.results:
            other = newest.setdefault(result.same, result)
            newest[result.same] = max(result, other, key=lambda each: each.rank)
        return {own: new for own in self.results if (new := newest[own.same]) is not own}

    @property
    def weights(self) -> dict[str, list[Held]]:
        """The results that refer to each file of weights, by the name of the file."""
        found: dict[str, list[Held]] = defaultdict(list)
        for result in self.results:
            if result.weights:
                found[result.weights].append(result)
        return found

    @property
    def has_damage(self) -> bool:
        """Whether one of them is a shard by its name, which may be damaged or still be copied."""
        return any(SHARD.fullmatch(path.name) for path in self.passed_over)


def take_census(store: Store) -> Census:
    """Look at all shards. A file that cannot be read is passed over, one that vanishes, too."""
    results: list[Held] = []
    sources: dict[str, dict[str, str]] = {}
    passed_over: dict[Path, str] = {}
    for path in store.files():
        try:
            if not SHARD.fullmatch(path.name):
                raise NotAShardError("is no result of grokspec, by its name")
            shard = read_shard(path)
        except NotAShardError as error:
            passed_over[path] = str(error)
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or path.is_symlink():
                passed_over[path] = reason(path, error)
        else:
            sizes = shares(shard.size, len(shard.entries))
            results += map(_held, shard.entries, sizes)
            sources |= {entry.fingerprint: entry.sources for entry in shard.entries}
    return Census(tuple(results), sources, passed_over)


def by_spec(results: Iterable[Held]) -> dict[str, list[Held]]:
    """The results of each spec, by its name, in the order of names."""
    found: dict[str, list[Held]] = defaultdict(list)
    for result in results:
        found[result.spec].append(result)
    return dict(sorted(found.items()))


def spec_of(id: str) -> str:
    """The name of the spec in the id of a run: "polynomial/alpha" of "polynomial/alpha/a4-s0-…"."""
    return id.rpartition("/")[0]


def _held(entry: Entry, size: int) -> Held:
    return Held(
        shard=entry.shard.name,
        position=entry.position,
        key=entry.key,
        spec=spec_of(entry.id),
        fingerprint=entry.fingerprint,
        sequence=entry.sequence,
        created=entry.created,
        grokspec=entry.provenance.grokspec,
        torch=entry.provenance.torch,
        weights=f"{entry.weights.partition('/')[0]}{ENDING}" if entry.weights else "",
        size=size,
    )


def shares(size: int, parts: int) -> Sequence[int]:
    """A size in parts that differ by one at most and add up to it."""
    return [size * (part + 1) // parts - size * part // parts for part in range(parts)]
