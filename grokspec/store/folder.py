"""Where results live: a folder of immutable files, one for each stack that was trained.

    store.json                    the version of this layout
    shards/<sha256>.safetensors   histories and what they belong to (see `shard`)
    reservations/                 what is being trained just now (see `locks`)

A shard is named by the hash of its bytes, so that an altered or truncated one is noticed when it
is read. It is then named to the user and set aside as ``*.damaged``, and its runs count as
missing. Nothing is ever changed in place: a run that is trained again gets another shard.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, sweep_out, write_whole
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


class DamagedShard(UserWarning):
    """A file of the store is not what was once written; its runs count as missing."""


def open_store(folder: Path | str | None = None) -> Store:
    """The store in this folder or else in ``GROKSPEC_STORE`` or else in the user's cache.

    Nothing is created before something is written.
    """
    if folder is None:
        folder = os.environ.get("GROKSPEC_STORE") or _user_cache()
    store = Store(Path(folder).expanduser())
    store.check()
    return store


class Store:
    """A folder of results, by the key of the run (its experiment's identity)."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).absolute()  # workers may stand elsewhere
        self.shards = self.folder / "shards"
        self._marker = self.folder / "store.json"
        self._headers: dict[str, tuple[Entry, ...]] = {}  # by file name: a shard never changes
        self._damaged: set[str] = set()  # those that could not be renamed, too

    def check(self) -> None:
        """Raise a GrokspecError if the folder is there and is no store that can be read."""
        if self.folder.exists() and not self.folder.is_dir():
            raise GrokspecError(f"the store {self.folder} is a file; name a folder")
        try:
            layout = json.loads(self._marker.read_bytes())["layout"]
        except FileNotFoundError:
            return
        except OSError as error:
            raise GrokspecError(
                f"the store {self.folder} cannot be read: {error.strerror}"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise GrokspecError(
                f"{self._marker}: does not tell the layout of a store; if {self.folder} is one, "
                f"let the file read {_MARKER}"
            ) from error
        if layout != LAYOUT:
            raise GrokspecError(
                f"the store {self.folder} has layout {layout}, and this grokspec reads layout "
                f"{LAYOUT}; update grokspec or name another folder"
            )

    def prepare(self) -> None:
        """Make the folder ready to be written to, or raise a GrokspecError that says why not."""
        self.check()
        with explained(f"the store {self.folder} cannot be written to"):
            self.shards.mkdir(parents=True, exist_ok=True)
            write_whole(self._marker, _MARKER.encode())  # which shows that the folder can be
        sweep_out(self.shards)

    def files(self) -> list[Path]:
        """The shards that are there."""
        try:
            names = sorted(os.listdir(self.shards))
        except FileNotFoundError:
            return []
        return [self.shards / n for n in names if n.endswith(ENDING) and n not in self._damaged]

    def index(self, wanted: Mapping[str, str] | None = None) -> dict[str, Entry]:
        """What is there, by key; only the headers are read.

        Of several results of one run the newest counts. Where ``wanted`` gives a run's
        fingerprint, results that have it go before all others: after a return to earlier code,
        what that code made is good again.
        """
        best: dict[str, Entry] = {}
        for entry in self._entries():
            known = best.get(entry.key)
            if known is None or _rank(entry, wanted) > _rank(known, wanted):
                best[entry.key] = entry
        return best

    def verified(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Entry]:
        """The `index` of these runs, once every shard that they lie in is found to be whole."""
        while True:
            index = self.index(wanted)
            found = {key: index[key] for key in keys if key in index}
            shards = {entry.shard for entry in found.values()}
            if not [shard for shard in shards if self._content(shard) is None]:
                return found

    def read(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Result]:
        """The results of these runs, as far as they are there and whole; chosen as in `index`."""
        found: dict[str, Result] = {}
        while True:
            index = self.index(wanted)
            shards: dict[Path, list[Entry]] = defaultdict(list)
            for key in keys:
                if key in index and key not in found:
                    shards[index[key].shard].append(index[key])
            if not shards:
                return {key: found[key] for key in keys if key in found}
            for shard, entries in shards.items():
                content = self._content(shard)
                if content is not None:
                    found |= {result.key: result for result in results_in(content, entries)}

    def write(self, results: Sequence[Result]) -> tuple[Entry, ...]:
        """Write one shard: whole or, with a GrokspecError, not at all."""
        content = to_bytes(results)
        path = self.shards / f"{_checksum(content)}{ENDING}"
        with explained(f"results could not be written to the store {self.folder}"):
            if not self._marker.exists():
                self.prepare()
            write_whole(path, content)
        return entries_of(results, path)

    def _entries(self) -> Iterator[Entry]:
        """What the headers of all shards tell; a header is read once."""
        self.check()
        for path in self.files():
            if path.name not in self._headers:
                try:
                    self._headers[path.name] = read_entries(path)
                except FileNotFoundError:  # another process has set it aside
                    continue
                except NotAShardError as error:
                    self._set_aside(path, str(error))
                    continue
            yield from self._headers[path.name]

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
        with contextlib.suppress(OSError):  # it may be another's store, or another was faster
            shard.rename(shard.with_name(f"{shard.name}.damaged"))
        warnings.warn(
            f"{shard}: {reason}; it is set aside as {shard.name}.damaged, and the runs in it "
            "count as missing",
            DamagedShard,
            stacklevel=2,
        )


_MARKER = json.dumps({"layout": LAYOUT})


def _rank(entry: Entry, wanted: Mapping[str, str] | None) -> tuple[bool, float, str]:
    matches = wanted is not None and wanted.get(entry.key) == entry.fingerprint
    return matches, entry.created, entry.shard.name


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("grokspec", appauthor=False)
