"""A store: a folder of immutable files, one for each stack that was trained.

    store.json                    the version of this layout
    shards/<sha256>.safetensors   histories and the runs they belong to (see `shard`)
    weights/<sha256>.safetensors  weights that were kept (see `weights`)
    reservations/                 which runs are being trained now (see `locks`)
    logs/                         why training failed, with tracebacks
    index/                        what is in which shard, for large stores (see `segments`)

A shard is named by the hash of its bytes, so reading it shows whether it was altered or truncated.
No shard is ever changed, and only `removal` removes any: a run that is trained again gets a new
shard. One that vanishes is looked for again, and what is nowhere counts as missing. Whatever is not
a whole shard is named in a warning and passed over, and its runs count as missing. It may be on its
way here, by a copy or a synchronization: it is looked at again when it has changed, and counts as
soon as it is whole.
"""

from __future__ import annotations

import os
import stat
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from grokspec.errors import GrokspecError
from grokspec.files.atomic import UNFINISHED, explained, sweep_out, write_whole
from grokspec.files.folders import named_folder, user_cache
from grokspec.files.regular import open_regular, read_regular, reason
from grokspec.store.index import Index, Timing, is_gone
from grokspec.store.notices import DamagedShard, notify
from grokspec.store.shard import (
    ENDING,
    Entry,
    NotAShardError,
    Packed,
    Result,
    checksum,
    packed,
    parsed,
    results_in,
)
from grokspec.store.shard import SHARD as SHARD
from grokspec.store.weights import NoWeightsError, from_bytes

if TYPE_CHECKING:
    from grokspec.engines.base import Kept

LAYOUT = 1
"""Raised when an older grokspec could not read what this one writes."""

VARIABLE = "GROKSPEC_STORE"
"""The environment variable that names the store."""

REMEDY = f"name a folder with --store (under pytest --grokspec-store) or in {VARIABLE}"


MOST_WARNINGS = 20
"""How many files of a store are named that are passed over."""

LONGEST_MARKER = 65_536
"""In bytes; store.json has 12."""


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
        self._segments = self.folder / "index"
        self._index = Index(self.shards, self._segments, self._warn)
        self._named: set[Path] = set()  # in warnings
        self._checked = False

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
        for folder in (self.folder, self.shards, self.weights, self._segments):
            sweep_out(folder)

    def files(self) -> list[Path]:
        """What is called a shard, whole or not."""
        return self._index.files()

    def index(
        self, wanted: Mapping[str, str] | None = None, keys: Iterable[str] | None = None
    ) -> dict[str, Entry]:
        """What the store has, of these runs or of all, by key; only headers of shards are read.

        Of several results of one run the newest counts: the one with the greatest sequence number,
        of several with the same the one made last. Where ``wanted`` has a fingerprint for a
        run, a result with this fingerprint comes before newer ones without: after a return to
        earlier code, the results of that code are current again.
        """
        index = self._looked_at()
        return index.all(wanted) if keys is None else index.best(list(keys), wanted)

    def verified(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Entry]:
        """The `index` of these runs, after a check that the shards of their results are whole."""
        index = self._looked_at()

        def checked(shard: Path, entries: list[Entry]) -> list[Entry]:
            index.check(shard)
            return entries

        return index.gather(keys, wanted, checked)

    def read(
        self, keys: Collection[str], wanted: Mapping[str, str] | None = None
    ) -> dict[str, Result]:
        """The results of these runs, chosen as in `index`, without missing and damaged ones."""
        return self._looked_at().gather(keys, wanted, self._results)

    def on_trajectory(self, trajectory: str) -> list[Entry]:
        """All results of runs on this trajectory, whatever they recorded."""
        return self.on_trajectories([trajectory])[trajectory]

    def on_trajectories(self, trajectories: Collection[str]) -> dict[str, list[Entry]]:
        """All results of runs on each of these trajectories, whatever they recorded."""
        return self._looked_at().on(trajectories)

    def results_of(self, entries: Iterable[Entry]) -> list[Result]:
        """These results, without those in damaged shards. Each shard is read once."""
        by_shard: dict[Path, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_shard[entry.shard].append(entry)
        found: list[Result] = []
        for shard, own in by_shard.items():
            try:
                found += self._results(shard, own)
            except (NotAShardError, OSError) as error:
                self._index.pass_over(shard, error)
        return found

    def timings(self) -> list[Timing]:
        """How long each run took of which the store has a result."""
        return self._looked_at().timings()

    def next_sequence(self, keys: Collection[str]) -> int:
        """The number that makes new results of these runs the newest, whatever the clock says."""
        return 1 + self._looked_at().greatest_sequence(keys)

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
            if not is_gone(path, error):
                why = reason(path, error) if isinstance(error, OSError) else str(error)
                self._warn(path, f"{why}; the weights in it count as not kept")
            return None

    def _looked_at(self) -> Index:
        """The index; a training goes on, whatever becomes of store.json meanwhile."""
        if not self._checked:
            self.check()
        return self._index

    def _results(self, shard: Path, entries: list[Entry]) -> list[Result]:
        return results_in(self._index.content(shard), entries)

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


def _shown(path: Path) -> str:
    """A path without what would move the cursor of a terminal."""
    return str(path) if str(path).isprintable() else ascii(str(path))
