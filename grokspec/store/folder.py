"""A store: a folder of immutable files, one for each stack that was trained.

    store.json                    the version of this layout
    shards/<sha256>.safetensors   histories and the runs they belong to (see `shard`)
    weights/<sha256>.safetensors  weights that were kept (see `weights`)
    reservations/                 which runs are being trained now (see `locks`)
    logs/                         why training failed, with tracebacks

A shard is named by the hash of its bytes, so reading it shows whether it was altered or truncated.
No file is ever changed, renamed or removed: a run that is trained again gets a new shard. Whatever
is not a whole shard is named in a warning and passed over, and its runs count as missing. It may be
on its way here, by a copy or a synchronization: it is looked at again when it has changed, and
counts as soon as it is whole.
"""

from __future__ import annotations

import os
import re
import stat
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from grokspec.errors import GrokspecError
from grokspec.files.atomic import UNFINISHED, explained, sweep_out, write_whole
from grokspec.files.folders import named_folder, user_cache
from grokspec.files.regular import open_regular, read_regular, reason
from grokspec.store.notices import DamagedShard, notify
from grokspec.store.shard import (
    Entry,
    NotAShardError,
    Packed,
    Result,
    Shard,
    checksum,
    packed,
    parsed,
    read_shard,
    results_in,
)
from grokspec.store.weights import NoWeightsError, from_bytes

if TYPE_CHECKING:
    from grokspec.engines.base import Kept

LAYOUT = 1
"""Raised when an older grokspec could not read what this one writes."""

ENDING = ".safetensors"

SHARD = re.compile(rf"[0-9a-f]{{64}}{re.escape(ENDING)}")
"""The name of a shard."""

VARIABLE = "GROKSPEC_STORE"
"""The environment variable that names the store."""

REMEDY = f"name a folder with --store (under pytest --grokspec-store) or in {VARIABLE}"


MOST_WARNINGS = 20
"""How many files of a store are named that are passed over."""

LONGEST_MARKER = 65_536
"""In bytes; store.json has 12."""

Stamp = tuple[int, ...]

Found = TypeVar("Found", Entry, Result)


class Marker(BaseModel):
    """The content of store.json."""

    model_config = ConfigDict(strict=True)

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
        self.weights = self.folder / "weights"
        self._marker = self.folder / "store.json"
        self._whole: dict[str, Shard] = {}  # by file name, as shards never change
        self._passed_over: dict[str, Stamp] = {}  # by file name, as it was when it was looked at
        self._named: set[Path] = set()  # in warnings
        self._checked = False
        self._indexed: list[str] = []  # the shards that `_by_key` covers
        self._by_key: dict[str, list[Entry]] = {}
        self._by_trajectory: dict[str, list[Entry]] = {}

    def check(self) -> bool:
        """Whether this is a store yet.

        Raises a GrokspecError if the folder exists but is not a store that can be read.
        """
        try:
            if not stat.S_ISDIR(os.stat(self.folder).st_mode):
                raise GrokspecError(f"the store {self.folder} is a file; name a folder")
            layout = Marker.model_validate_json(read_regular(self._marker, LONGEST_MARKER)).layout
        except FileNotFoundError as error:
            missing = self._marker if self.folder.is_dir() else self.folder
            if os.path.islink(missing):
                raise self._unreadable(f"{missing} is a link to nothing") from error
            return False
        except OSError as error:
            if str(error.filename) == str(self._marker):
                raise self._unreadable(f"{self._marker} {reason(self._marker, error)}") from error
            raise self._unreadable(error.strerror) from error
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
        self._checked = True
        return True

    def _unreadable(self, why: str | None) -> GrokspecError:
        return GrokspecError(f"the store {self.folder} cannot be read: {why}")

    def prepare(self) -> None:
        """Make the folder ready for writing, or raise a GrokspecError that says why not."""
        marked = self.check()
        with explained(f"the store {self.folder} cannot be written to"):
            self.shards.mkdir(parents=True, exist_ok=True)
            _try_to_write(self.shards)
            if not marked:
                write_whole(self._marker, _MARKER.encode())
        for folder in (self.folder, self.shards, self.weights):
            sweep_out(folder)

    def files(self) -> list[Path]:
        """What is called a shard, whole or not."""
        try:
            names = sorted(os.listdir(self.shards))
        except OSError as error:
            if not _is_gone(self.shards, error):
                self._warn(self.shards, f"{reason(self.shards, error)}; no result is read")
            return []
        return [self.shards / name for name in names if name.endswith(ENDING)]

    def index(
        self, wanted: Mapping[str, str] | None = None, keys: Iterable[str] | None = None
    ) -> dict[str, Entry]:
        """What the store has, of these runs or of all, by key; only headers of shards are read.

        Of several results of one run the newest counts: the one with the greatest sequence number,
        of several with the same the one made last. Where ``wanted`` has a fingerprint for a
        run, a result with this fingerprint comes before newer ones without: after a return to
        earlier code, the results of that code are current again.
        """
        by_key = self._entries()
        looked_up = by_key if keys is None else [key for key in keys if key in by_key]
        return {key: _best(by_key[key], wanted) for key in looked_up}

    def verified(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Entry]:
        """The `index` of these runs, after a check that the shards of their results are whole."""
        found = self._from_whole_shards(keys, wanted, lambda content, entries: entries)
        return {key: found[key] for key in keys if key in found}

    def read(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Result]:
        """The results of these runs, chosen as in `index`, without missing and damaged ones."""
        found = self._from_whole_shards(keys, wanted, results_in)
        return {key: found[key] for key in keys if key in found}

    def on_trajectory(self, trajectory: str) -> list[Entry]:
        """All results of runs on this trajectory, whatever they recorded."""
        self._entries()
        return self._by_trajectory.get(trajectory, [])

    def results_of(self, entries: Iterable[Entry]) -> list[Result]:
        """These results, without those in damaged shards. Each shard is read once."""
        by_shard: dict[Path, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_shard[entry.shard].append(entry)
        found: list[Result] = []
        for shard, own in by_shard.items():
            try:
                found += results_in(self._content(shard), own)
            except (NotAShardError, OSError) as error:
                self._pass_over(shard, error)
        return found

    def next_sequence(self, keys: Collection[str]) -> int:
        """The number that makes new results of these runs the newest, whatever the clock says."""
        entries = self._entries()
        return 1 + max((e.sequence for key in keys for e in entries.get(key, ())), default=0)

    def write(self, results: Sequence[Result]) -> tuple[Entry, ...]:
        """Write one shard whole, or raise a StorageError and write nothing.

        Weights that the results have kept are written before.
        """
        content = packed(results)
        return parsed(content.shard, self._write(content)).entries

    def receive(self, content: Packed, keys: Sequence[str]) -> tuple[Entry, ...]:
        """Write the results of these runs, in order, that were packed elsewhere; as `write` does.

        Raises a NotAShardError if the content is not that.
        """
        shard = parsed(content.shard, self.shards / f"{checksum(content.shard)}{ENDING}")
        if [entry.key for entry in shard.entries] != list(keys):
            raise NotAShardError("has the results of other runs")
        results_in(content.shard, shard.entries)
        places = {entry.weights.partition("/")[0] for entry in shard.entries if entry.weights}
        if places != ({checksum(content.weights)} if content.weights else set()):
            raise NotAShardError("came without the weights that it refers to")
        self._write(content)
        return shard.entries

    def _write(self, content: Packed) -> Path:
        with explained(f"results could not be written to the store {self.folder}"):
            if not self._marker.exists():
                self.prepare()
            if content.weights is not None:
                self.weights.mkdir(exist_ok=True)
                name = f"{checksum(content.weights)}{ENDING}"
                write_whole(self.weights / name, content.weights)
            path = self.shards / f"{checksum(content.shard)}{ENDING}"
            write_whole(path, content.shard)
        return path

    def kept(self, place: str) -> Kept | None:
        """The weights of a run, by where its result says they are; None if they are not there.

        A file that is damaged is named in a warning.
        """
        name, _, position = place.partition("/")
        path = self.weights / f"{name}{ENDING}"
        try:
            with open_regular(path) as file:
                content = file.read()
            if checksum(content) != name:
                raise NoWeightsError("does not have the content that was written")
            return from_bytes(content, position)
        except (NoWeightsError, OSError) as error:
            if not _is_gone(path, error):
                why = reason(path, error) if isinstance(error, OSError) else str(error)
                self._warn(path, f"{why}; the weights in it count as not kept")
            return None

    def _from_whole_shards(
        self,
        keys: Collection[str],
        wanted: Mapping[str, str] | None,
        read: Callable[[bytes, list[Entry]], Iterable[Found]],
    ) -> dict[str, Found]:
        """What ``read`` gives of the results of these runs, by key.

        Each shard is read once. If one is damaged, older results of its runs take their place.
        """
        found: dict[str, Found] = {}
        left, damaged = set(keys), set[Path]()
        while shards := self._shards_of(left, wanted, damaged):
            for shard, entries in shards.items():
                try:
                    found |= {each.key: each for each in read(self._content(shard), entries)}
                    left -= {entry.key for entry in entries}
                except (NotAShardError, OSError) as error:
                    damaged.add(shard)
                    self._pass_over(shard, error)
        return found

    def _shards_of(
        self, keys: Collection[str], wanted: Mapping[str, str] | None, damaged: Collection[Path]
    ) -> dict[Path, list[Entry]]:
        by_key = self._entries()
        shards: dict[Path, list[Entry]] = defaultdict(list)
        for key in keys:
            if entries := [e for e in by_key.get(key, ()) if e.shard not in damaged]:
                best = _best(entries, wanted)
                shards[best.shard].append(best)
        return shards

    def _entries(self) -> dict[str, list[Entry]]:
        """The entries of all shards by key; the header of each is read once."""
        if not self._checked:  # a training goes on, whatever becomes of store.json meanwhile
            self.check()
        files = self.files()
        for path in files:
            if path.name not in self._whole and not self._is_as_it_was(path):
                try:
                    self._whole[path.name] = _read_header(path)
                except (NotAShardError, OSError) as error:
                    self._pass_over(path, error)
        names = [path.name for path in files if path.name in self._whole]
        if names != self._indexed:
            self._indexed = names
            self._by_key, self._by_trajectory = defaultdict(list), defaultdict(list)
            for name in names:
                for entry in self._whole[name].entries:
                    self._by_key[entry.key].append(entry)
                    if entry.trajectory:
                        self._by_trajectory[entry.trajectory].append(entry)
        return self._by_key

    def _content(self, shard: Path) -> bytes:
        """The bytes of a shard. Raises a NotAShardError if it is damaged, or an OSError."""
        expected = self._whole[shard.name].size
        with open_regular(shard) as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read() if size == expected else b""
        if checksum(content) != shard.stem:
            raise NotAShardError("does not have the content that was written")
        return content

    def _is_as_it_was(self, path: Path) -> bool:
        """Whether a file was passed over and has not changed since."""
        return self._passed_over.get(path.name) == _stamp(path)

    def _pass_over(self, path: Path, error: NotAShardError | OSError) -> None:
        self._whole.pop(path.name, None)
        if _is_gone(path, error):
            return
        self._passed_over[path.name] = _stamp(path)
        why = reason(path, error) if isinstance(error, OSError) else str(error)
        what = f"{why}; it is passed over"
        if SHARD.fullmatch(path.name):
            what += (
                " and its runs count as missing. If it is still being copied, it counts once it is "
                "whole; if not, remove it"
            )
        self._warn(path, what)

    def _warn(self, path: Path, what: str) -> None:
        """Name a file once, and no more of them than can be read."""
        if path in self._named or len(self._named) > MOST_WARNINGS:
            return
        self._named.add(path)
        message = f"{_shown(path)} {what}"
        if len(self._named) > MOST_WARNINGS:
            message = f"{_shown(self.shards)} has more files that are passed over"
        notify(message, DamagedShard)


_MARKER = Marker(layout=LAYOUT).model_dump_json()


def _try_to_write(folder: Path) -> None:
    """Raise an OSError if results could not be written to this folder."""
    trial = folder / f"trial.{uuid.uuid4().hex}{UNFINISHED}"  # swept out should this process die
    write_whole(trial, b"")
    trial.unlink()


def _best(entries: Sequence[Entry], wanted: Mapping[str, str] | None) -> Entry:
    return max(entries, key=lambda entry: _rank(entry, wanted))


def _rank(entry: Entry, wanted: Mapping[str, str] | None) -> tuple[bool, int, float, str]:
    """Two results have the same number if two stores were merged; then the clock decides."""
    matches = wanted is not None and wanted.get(entry.key) == entry.fingerprint
    return matches, entry.sequence, entry.created, entry.shard.name


def _read_header(path: Path) -> Shard:
    if not SHARD.fullmatch(path.name):
        raise NotAShardError("is no result of grokspec, by its name")
    return read_shard(path)


def _is_gone(path: Path, error: Exception) -> bool:
    """Whether a file is not there, or somebody has just removed it."""
    return isinstance(error, FileNotFoundError) and not os.path.islink(path)


def _shown(path: Path) -> str:
    """A path without what would move the cursor of a terminal."""
    return str(path) if str(path).isprintable() else ascii(str(path))


def _stamp(path: Path) -> Stamp:
    """What changes when a file is written to, replaced or becomes readable."""
    try:
        status = os.stat(path)
    except OSError as error:
        return (error.errno or 0,)
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
