"""How many bytes the files of a store take: by spec, by kind of file, and for nothing."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from grokspec.store.census import Census, Held, by_spec, shares

if TYPE_CHECKING:
    from grokspec.store.folder import Store

KINDS = ("shards", "weights", "index", "reservations", "logs", "damaged")
"""The folders of a store. All else in it is called "other"."""

LINKED = ("shards", "weights")
"""Folders that may be links to folders elsewhere."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class SpecUsage(_Record):
    """What the results of a spec take, in bytes; those of a shared file are shared evenly."""

    spec: str
    shards: int
    weights: int


class KindUsage(_Record):
    """What the files of one kind take."""

    kind: str
    files: int
    bytes: int


class Usage(_Record):
    """What a store takes."""

    specs: tuple[SpecUsage, ...]
    kinds: tuple[KindUsage, ...]
    superseded_results: int
    """Older results of a run by the same code, which no look-up returns."""
    superseded_bytes: int
    """What they take, with weights that only they refer to."""
    unused_weights: int
    """Files of weights to which no result refers."""
    unused_bytes: int

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(kind.bytes for kind in self.kinds)


def measure_usage(store: Store, census: Census) -> Usage:
    """Look at the size of every file. No link is followed but those for shards and weights."""
    sizes = {name: list(_sizes(store.folder / name)) for name in KINDS}
    sizes["other"] = list(_others(store.folder))
    weights = {path.name: size for path, size in sizes["weights"]}
    of_weights = _weights_by_result(census, weights)
    superseded = census.superseded
    used = census.weights
    only = {name for name, own in used.items() if all(result in superseded for result in own)}
    unused = [size for name, size in weights.items() if name not in used]
    return Usage(
        specs=tuple(
            SpecUsage(
                spec=spec,
                shards=sum(result.size for result in results),
                weights=sum(of_weights.get(result, 0) for result in results),
            )
            for spec, results in by_spec(census.results).items()
        ),
        kinds=tuple(
            KindUsage(kind=kind, files=len(own), bytes=sum(size for _, size in own))
            for kind, own in sizes.items()
        ),
        superseded_results=len(superseded),
        superseded_bytes=sum(result.size for result in superseded)
        + sum(weights.get(name, 0) for name in only),
        unused_weights=len(unused),
        unused_bytes=sum(unused),
    )


def _weights_by_result(census: Census, sizes: dict[str, int]) -> dict[Held, int]:
    """Each result's share of the file with its weights, in bytes."""
    found: dict[Held, int] = defaultdict(int)
    for name, results in census.weights.items():
        own: Collection[int] = shares(sizes.get(name, 0), len(results))
        found |= dict(zip(results, own, strict=True))
    return found


def _others(folder: Path) -> Iterator[tuple[Path, int]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name not in KINDS:
            yield from _sizes(Path(entry.path))


def _sizes(place: Path) -> Iterator[tuple[Path, int]]:
    """Every file in a folder and below, or the file itself, with its size in bytes."""
    if place.is_symlink() and place.name not in LINKED:
        return
    if place.is_dir():
        for directory, _, names in os.walk(place):
            for name in names:
                yield from _size(Path(directory, name))
    else:
        yield from _size(place)


def _size(file: Path) -> Iterator[tuple[Path, int]]:
    try:
        yield file, file.lstat().st_size
    except OSError:  # somebody has just removed it
        return
