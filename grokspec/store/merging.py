"""Copying the results of another store that this one lacks.

Files are named by their content, so what a store lacks is seen by name, and copying one twice is no
harm. Each is read to its end, compared with its name and written whole; weights come before the
shard that refers to them. So a merge that is interrupted leaves only whole results, and the same
command completes it.

The merged store has the files of both. Which of several results of a run counts follows from what
is in them (see `_rank` in `folder`): the order of merging and of the names in a folder changes
nothing. That is the result by today's code, if there is one; of several the one with the greatest
number, and of equal numbers the one made last. The numbers are those of each store: the third
result in one counts before the first in the other, whenever they were made.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole
from grokspec.files.regular import open_regular, reason
from grokspec.store.folder import Store
from grokspec.store.locks import tidying
from grokspec.store.shard import ENDING, SHARD, Entry, NotAShardError, checksum, read_shard
from grokspec.store.weights import NoWeightsError
from grokspec.store.wholeness import FOREIGN, OTHER_CONTENT, whole_shard

LINK = "is a link, which is not followed"


class Merged(BaseModel):
    """What came from another store."""

    model_config = ConfigDict(frozen=True)

    results: int
    new_runs: int
    """Runs of which this store had no result."""
    shards: int
    weights: int
    bytes: int
    there: int
    """Shards that this store has already."""
    passed_over: dict[str, str]
    """Files of the other store that did not come, and why."""

    @property
    def is_complete(self) -> bool:
        """Whether all came that grokspec wrote."""
        return all(why == FOREIGN for why in self.passed_over.values())


def merge(store: Store, other: Store) -> Merged:
    """Copy what a store lacks from another; raises a GrokspecError if that is none.

    The other store is only read. Files in it that are damaged, foreign or links are passed over.
    """
    _require_store(other)
    _require_different(store, other)
    store.prepare()
    known = set(store.index())
    with tidying(store.folder), explained(f"results could not be written to {store.folder}"):
        return _Merge(store, other).all(known)


class _Merge:
    """Copies files, and counts."""

    def __init__(self, store: Store, other: Store) -> None:
        self._store, self._other = store, other
        self._passed_over: dict[str, str] = {}
        self._weights: set[str] = set()
        self._bytes = 0

    def all(self, known: set[str]) -> Merged:
        """Copy everything to a store that has results of these runs."""
        came: list[Entry] = []
        there = shards = 0
        for path in self._other.files():
            with self._explained(path):
                target = self._store.shards / path.name
                entries = _entries_of(target)
                if entries is not None:
                    self._copy_weights(entries)
                    there += 1
                    continue
                content, entries = _read_shard(path)
                self._copy_weights(entries)
                self._write(target, content)
                shards += 1
                came += entries
        return Merged(
            results=len(came),
            new_runs=len({entry.key for entry in came} - known),
            shards=shards,
            weights=len(self._weights),
            bytes=self._bytes,
            there=there,
            passed_over=self._passed_over,
        )

    def _copy_weights(self, entries: Iterable[Entry]) -> None:
        """Copy the files of weights that these results refer to and the store lacks."""
        names = {e.weights.partition("/")[0] for e in entries if e.weights} - self._weights
        for name in sorted(names):
            path = self._other.weights / f"{name}{ENDING}"
            target = self._store.weights / path.name
            if not SHARD.fullmatch(path.name) or os.path.lexists(target):
                continue
            with self._explained(path):
                content = _read_weights(path)
                target.parent.mkdir(exist_ok=True)
                self._write(target, content)
                self._weights.add(name)

    def _write(self, target: Path, content: bytes) -> None:
        write_whole(target, content)
        self._bytes += len(content)

    @contextlib.contextmanager
    def _explained(self, path: Path) -> Iterator[None]:
        """Note why a file of the other store does not come."""
        try:
            yield
        except (NotAShardError, NoWeightsError) as error:
            why = str(error)
        except OSError as error:
            if error.filename is None or Path(error.filename) != path:
                raise  # it is about this store
            why = reason(path, error)
        else:
            return
        self._passed_over[path.relative_to(self._other.folder).as_posix()] = why


def _require_store(other: Store) -> None:
    if not other.check():
        what = "is not there" if not other.folder.exists() else "is no store: it has no store.json"
        raise GrokspecError(f"{other.folder} {what}; name the folder of a store")


def _require_different(store: Store, other: Store) -> None:
    for own, its in ((store.folder, other.folder), (store.shards, other.shards)):
        with contextlib.suppress(OSError):
            if os.path.samefile(own, its):
                raise GrokspecError(
                    f"{other.folder}: is the store itself, {store.folder}; name another one"
                )


def _entries_of(shard: Path) -> tuple[Entry, ...] | None:
    """The entries of a shard that the store has; None if there is none, or not all of it.

    A link is left as it is, wherever it leads.
    """
    try:
        return read_shard(shard).entries
    except (NotAShardError, OSError):
        return () if shard.is_symlink() else None


def _read_shard(path: Path) -> tuple[bytes, tuple[Entry, ...]]:
    if path.is_symlink():
        raise NotAShardError(LINK)
    return whole_shard(path)


def _read_weights(path: Path) -> bytes:
    if path.is_symlink():
        raise NoWeightsError(LINK)
    with open_regular(path) as file:
        content = file.read()
    if checksum(content) != path.stem:
        raise NoWeightsError(OTHER_CONTENT)
    return content
