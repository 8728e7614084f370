"""What a store holds of each spec: how many runs and stale ones, what made them, and when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from pydantic import BaseModel, ConfigDict

from grokspec.store.census import Census, Held, by_spec
from grokspec.store.staleness import Staleness


class SpecHoldings(BaseModel):
    """What a store holds of one spec."""

    model_config = ConfigDict(frozen=True)

    spec: str
    runs: int
    results: int
    """At least one for each run; older ones stay in the store until they are removed."""
    stale: int
    """Runs of which today's code made no result."""
    unknown: int
    """Runs of which that cannot be said without their specs; see `staleness`."""
    bytes: int
    """Of the shards, without weights."""
    grokspec: tuple[str, ...]
    """The versions that made the results."""
    torch: tuple[str, ...]
    fingerprints: int
    """How many states of the code made them."""
    first: float
    """When the oldest of them was made, in seconds since 1970."""
    last: float


def holdings(census: Census, staleness: Staleness) -> tuple[SpecHoldings, ...]:
    """What the store holds of each spec, by name."""
    specs = by_spec(census.results)
    return tuple(_holdings(spec, results, staleness) for spec, results in specs.items())


def _holdings(spec: str, results: Collection[Held], staleness: Staleness) -> SpecHoldings:
    runs: dict[str, list[Held]] = defaultdict(list)
    for result in results:
        runs[result.key].append(result)
    states = Counter(staleness.of_run(own) for own in runs.values())
    return SpecHoldings(
        spec=spec,
        runs=len(runs),
        results=len(results),
        stale=states["stale"],
        unknown=states["unknown"],
        bytes=sum(result.size for result in results),
        grokspec=_distinct(result.grokspec for result in results),
        torch=_distinct(result.torch for result in results),
        fingerprints=len({result.fingerprint for result in results}),
        first=min(result.created for result in results),
        last=max(result.created for result in results),
    )


def _distinct(versions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(versions)))
