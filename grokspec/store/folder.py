"""A store: a folder of immutable files, one for each stack that was trained.

    store.json                    the version of this layout
    shards/<sha256>.safetensors   histories and the runs they belong to (see `shard`)
    reservations/                 which runs are being trained now (see `locks`)

A shard is named by the hash of its bytes, so reading it shows whether it was altered or truncated.
A damaged shard is reported and renamed to ``*.damaged``, and its runs count as missing. No file is
ever changed in place: a run that is trained again gets a new shard.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, sweep_out, write_whole
from grokspec.files.folders import named_folder, user_cache
from grokspec.store.shard import (
    Entry,
    NotAShardError,
    Result,
    entries_of,
    read_entries,
    results_in,
    to_bytes,
)

LAYOUT = 1
"""Raised when an older grokspec could not read what this one writes."""

ENDING = ".safetensors"

VARIABLE = "GROKSPEC_STORE"
"""The environment variable that names the store."""

REMEDY = f"name a folder with --store (under pytest --grokspec-store) or in {VARIABLE}"


class DamagedShard(UserWarning):
    """A file of the store is not what was written; its runs count as missing."""


class Marker(BaseModel):
    """The content of store.json."""

    layout: int


def open_store(folder: Path | str | None = None) -> Store:
    """The store in this folder, or in ``GROKSPEC_STORE``, or in the user's cache.

    No file is created before results are written.
    """
    if folder is None:
        folder = os.environ.get(VARIABLE) or user_cache("the store", REMEDY)
    store = Store(folder)
    store.check()
    return store


class Store:
    """A folder of results, each under the key of its run (the identity of its experiment)."""

    def __init__(self, folder: Path | str) -> None:
        # It is absolute, as workers may have another working directory.
        self.folder = named_folder(folder, "the store", REMEDY)
        self.shards = self.folder / "shards"
        self._marker = self.folder / "store.json"
        self._headers: dict[str, tuple[Entry, ...]] = {}  # by file name, as shards never change
        self._damaged: set[str] = set()  # also those that could not be renamed
        self._indexed: list[str] = []  # the shards that `_by_key` covers
        self._by_key: dict[str, list[Entry]] = {}

    def check(self) -> None:
        """Raise a GrokspecError if the folder exists but is not a store that can be read."""
        if self.folder.exists() and not self.folder.is_dir():
            raise GrokspecError(f"the store {self.folder} is a file; name a folder")
        try:
            layout = Marker.model_validate_json(self._marker.read_bytes()).layout
        except FileNotFoundError:
            return
        except OSError as error:
            raise GrokspecError(
                f"the store {self.folder} cannot be read: {error.strerror}"
            ) from error
        except ValidationError as error:
            raise GrokspecError(
                f"{self._marker}: does not say which layout the store has; if {self.folder} is a "
                f"store, write {_MARKER} into the file"
            ) from error
        if layout != LAYOUT:
            raise GrokspecError(
                f"the store {self.folder} has layout {layout}, but this grokspec reads layout "
                f"{LAYOUT}; update grokspec or name another folder"
            )

    def prepare(self) -> None:
        """Make the folder ready for writing, or raise a GrokspecError that says why not."""
        self.check()
        with explained(f"the store {self.folder} cannot be written to"):
            self.shards.mkdir(parents=True, exist_ok=True)
            write_whole(self._marker, _MARKER.encode())  # also shows that the folder is writable
        sweep_out(self.shards)

    def files(self) -> list[Path]:
        """All shards, except damaged ones."""
        try:
            names = sorted(os.listdir(self.shards))
        except FileNotFoundError:
            return []
        return [self.shards / n for n in names if n.endswith(ENDING) and n not in self._damaged]

    def index(self, wanted: Mapping[str, str] | None = None) -> dict[str, Entry]:
        """What the store has, by key; only the headers of shards are read.

        Of several results of one run the newest counts. Where ``wanted`` has a fingerprint for a
        run, a result with this fingerprint comes before newer ones without: after a return to
        earlier code, the results of that code are current again.
        """
        return {key: _best(entries, wanted) for key, entries in self._entries().items()}

    def verified(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Entry]:
        """The `index` of these runs, after a check that the shards of their results are whole."""
        whole = self._whole_shards(keys, wanted)
        found = {entry.key: entry for _, entries in whole for entry in entries}
        return {key: found[key] for key in keys if key in found}

    def read(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Result]:
        """The results of these runs, chosen as in `index`, without missing and damaged ones."""
        whole = self._whole_shards(keys, wanted)
        found = {r.key: r for content, entries in whole for r in results_in(content, entries)}
        return {key: found[key] for key in keys if key in found}

    def write(self, results: Sequence[Result]) -> tuple[Entry, ...]:
        """Write one shard whole, or raise a StorageError and write nothing."""
        content = to_bytes(results)
        path = self.shards / f"{_checksum(content)}{ENDING}"
        with explained(f"results could not be written to the store {self.folder}"):
            if not self._marker.exists():
                self.prepare()
            write_whole(path, content)
        return entries_of(results, path)

    def _whole_shards(
        self, keys: Collection[str], wanted: Mapping[str, str] | None
    ) -> Iterator[tuple[bytes, list[Entry]]]:
        """The content of each shard that has results of these runs, and their entries in it.

        Each shard is read once. If one is damaged, older results of its runs take their place.
        """
        left = set(keys)
        while shards := self._shards_of(left, wanted):
            for shard, entries in shards.items():
                content = self._content(shard)
                if content is not None:
                    left -= {entry.key for entry in entries}
                    yield content, entries

    def _shards_of(
        self, keys: Collection[str], wanted: Mapping[str, str] | None
    ) -> dict[Path, list[Entry]]:
        entries = self._entries()
        shards: dict[Path, list[Entry]] = defaultdict(list)
        for key in keys:
            if key in entries:
                best = _best(entries[key], wanted)
                shards[best.shard].append(best)
        return shards

    def _entries(self) -> dict[str, list[Entry]]:
        """The entries of all shards by key; each header is read once."""
        self.check()
        files = self.files()
        for path in files:
            if path.name not in self._headers:
                try:
                    self._headers[path.name] = read_entries(path)
                except FileNotFoundError:  # another process has just renamed it
                    continue
                except NotAShardError as error:
                    self._set_aside(path, str(error))
        names = [path.name for path in files if path.name in self._headers]
        if names != self._indexed:
            self._indexed, self._by_key = names, defaultdict(list)
            for name in names:
                for entry in self._headers[name]:
                    self._by_key[entry.key].append(entry)
        return self._by_key

    def _content(self, shard: Path) -> bytes | None:
        """The bytes of a shard, or None if it is damaged or gone."""
        try:
            content = shard.read_bytes()
        except FileNotFoundError:
            return None
        if _checksum(content) == shard.stem:
            return content
        self._set_aside(shard, "its content is not what was written")
        return None

    def _set_aside(self, shard: Path, reason: str) -> None:
        self._headers.pop(shard.name, None)
        self._damaged.add(shard.name)
        with contextlib.suppress(OSError):  # not permitted, or another process was faster
            shard.rename(shard.with_name(f"{shard.name}.damaged"))
        warnings.warn(
            f"{shard}: {reason}; it is renamed to {shard.name}.damaged, and its runs count as "
            "missing",
            DamagedShard,
            stacklevel=2,
        )


_MARKER = Marker(layout=LAYOUT).model_dump_json()


def _best(entries: Sequence[Entry], wanted: Mapping[str, str] | None) -> Entry:
    return max(entries, key=lambda entry: _rank(entry, wanted))


def _rank(entry: Entry, wanted: Mapping[str, str] | None) -> tuple[bool, float, str]:
    matches = wanted is not None and wanted.get(entry.key) == entry.fingerprint
    return matches, entry.created, entry.shard.name


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
