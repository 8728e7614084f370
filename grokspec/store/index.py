"""Which results a folder of shards has, and the best of each run.

The folder is listed at every look: no time of a folder says, on every file system, that nothing was
added. Of each shard the header is read once in a process, and of those that `segments` list only
when a result in them is asked for. So a look takes as long as what is asked for and what is new,
not as long as all that the store has.

What is found is always what the headers say. A segment only says which need not be read.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from grokspec.files.regular import open_regular, reason
from grokspec.store.segment import Row
from grokspec.store.segments import Segments
from grokspec.store.shard import (
    ENDING,
    SHARD,
    Entry,
    NotAShardError,
    Result,
    Shard,
    checksum,
    read_shard,
)

FEW = 128
"""How many shards are read without a segment: in a store with no more, there is none."""

TRIES = 10
"""How often the folder is listed again because shards vanished since (see `removal`)."""

SETTLED = 2.0
"""The age in seconds after which a file that is changed gets another time, on any file system."""

Stamp = tuple[int, ...]

Found = TypeVar("Found", Entry, Result)


class Timing(NamedTuple):
    """How long a run took, and where."""

    seconds: float
    flops: float
    device: str
    modules: tuple[str, ...]
    """The names of what enters its fingerprint."""


class Index:
    """The results in a folder of shards.

    ``warn`` is called with a file that is passed over, and the reason.
    """

    def __init__(self, shards: Path, segments: Path, warn: Callable[[Path, str], None]) -> None:
        self._folder = shards
        self._segments = Segments(segments)
        self._warn = warn
        self._there: set[str] = set()  # the names of the shards that count
        self._headers: dict[str, Shard] = {}  # by file name, as shards never change
        self._by_key: dict[str, list[Row]] = defaultdict(list)  # of these headers
        self._by_trajectory: dict[str, list[Row]] = defaultdict(list)
        self._unread: set[str] = set()  # those of them that only segments know
        self._passed_over: dict[str, Stamp] = {}  # by file name, as it was when it was looked at
        self._whole: dict[str, Stamp] = {}  # by file name, as it was when its content was checked
        self._vanished = False  # a shard did: what is left of it may be in one that was not listed
        self._not_listed: set[str] = set()  # shards that were read because no segment lists them

    def files(self) -> list[Path]:
        """What is called a shard, whole or not."""
        return [self._folder / name for name in sorted(self._names())]

    def all(self, wanted: Mapping[str, str] | None) -> dict[str, Entry]:
        """The best result of each run, from the headers of all shards."""
        for _ in range(TRIES):
            self._vanished = False
            self._look()
            self._read(self._there)
            if not self._vanished:
                break
        keys = dict.fromkeys(
            entry.key for name in sorted(self._there) for entry in self._headers[name].entries
        )
        return self._gather(keys, wanted, _as_they_are)

    def best(self, keys: Collection[str], wanted: Mapping[str, str] | None) -> dict[str, Entry]:
        """The best result of each of these runs, from the header of its shard."""
        return self.gather(keys, wanted, _as_they_are)

    def gather(
        self,
        keys: Collection[str],
        wanted: Mapping[str, str] | None,
        use: Callable[[Path, list[Entry]], Iterable[Found]],
    ) -> dict[str, Found]:
        """What ``use`` gives of the best results of these runs, by key; called once for each shard.

        Where it raises a NotAShardError or an OSError, older results of the runs take their place.
        """
        found: dict[str, Found] = {}
        for _ in range(TRIES):
            self._vanished = False
            self._look()
            left = [key for key in keys if key not in found]
            found |= self._gather(left, wanted, use)
            if not self._vanished:
                break
        return {key: found[key] for key in keys if key in found}

    def on(self, trajectories: Collection[str]) -> dict[str, list[Entry]]:
        """All results on each trajectory, in the order of their files."""
        self._look()
        rows = [row for trajectory in trajectories for row in self._on(trajectory)]
        self._read({row.shard for row in rows})
        return {
            trajectory: [
                self._entry(row)
                for row in sorted(
                    self._on(trajectory, of_segments=False), key=lambda r: (r.shard, r.position)
                )
            ]
            for trajectory in trajectories
        }

    def greatest_sequence(self, keys: Iterable[str]) -> int:
        """The greatest number of a result of these runs; 0 if there is none."""
        self._look()
        return max((row.sequence for key in keys for row in self._of(key)), default=0)

    def timings(self) -> list[Timing]:
        """Of the newest result of each run, by what segments and the headers read so far say."""
        self._look()
        newest: dict[str, Row] = {}
        for row in self._rows():
            other = newest.get(row.key)
            if other is None or _rank(other, None) < _rank(row, None):
                newest[row.key] = row
        return [Timing(row.seconds, row.flops, row.device, row.modules) for row in newest.values()]

    def check(self, shard: Path) -> None:
        """Raise a NotAShardError if a shard is not whole, or an OSError.

        The content is not read again as long as the file is as it was when it was checked.
        """
        with open_regular(shard) as file:
            stamp = _stamp(os.fstat(file.fileno()))
            if self._whole.get(shard.name) == stamp:
                return
            now = time.time()
            self._content(shard, file)
        if now - max(stamp[:2]) / 1e9 > SETTLED:
            self._whole[shard.name] = stamp

    def content(self, shard: Path) -> bytes:
        """The bytes of a shard. Raises a NotAShardError if it is damaged, or an OSError."""
        with open_regular(shard) as file:
            return self._content(shard, file)

    def pass_over(self, shard: Path, error: NotAShardError | OSError) -> None:
        """Count a file as missing until it has changed."""
        name = shard.name
        self._forget(name)
        self._there.discard(name)
        self._unread.discard(name)
        if is_gone(shard, error):
            self._vanished = True
            return
        self._passed_over[name] = _stamp_of(shard)
        why = reason(shard, error) if isinstance(error, OSError) else str(error)
        what = f"{why}; it is passed over"
        if SHARD.fullmatch(name):
            what += (
                " and its runs count as missing. If it is still being copied, it counts once it is "
                "whole; if not, remove it"
            )
        self._warn(shard, what)

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self._folder)
        except OSError as error:
            if not is_gone(self._folder, error):
                self._warn(self._folder, f"{reason(self._folder, error)}; no result is read")
            return []
        return [name for name in names if name.endswith(ENDING)]

    def _look(self) -> None:
        """List the folder, and read the headers that are neither known nor listed in segments."""
        self._there = set(self._names())
        for name in self._passed_over.keys() & self._there:
            if self._passed_over[name] == _stamp_of(self._folder / name):
                self._there.discard(name)
            else:
                del self._passed_over[name]
        unknown = self._there - self._headers.keys() - self._segments.shards
        if len(unknown) > FEW:
            self._segments.look()
            unknown -= self._segments.shards
        self._unread = (self._there & self._segments.shards) - self._headers.keys()
        self._read(unknown)
        self._not_listed |= unknown & self._headers.keys()
        if len(self._not_listed) > FEW:
            self._list()

    def _list(self) -> None:
        """List in a segment what is in none, for others and for later."""
        self._segments.look()
        new = (self._not_listed & self._there) - self._segments.shards
        self._not_listed = set()
        if len(new) > FEW:
            rows = {name: _rows_of(self._headers[name]) for name in new if self._is_whole(name)}
            self._segments.add(rows, self._there)

    def _is_whole(self, name: str) -> bool:
        """Whether a shard has the content by which it is named: only that is true for ever."""
        try:
            self.check(self._folder / name)
        except (NotAShardError, OSError):
            return False
        return True

    def _read(self, names: Iterable[str]) -> None:
        """Read the headers of these shards that were not read yet; some may be passed over then."""
        for name in sorted(set(names) - self._headers.keys()):
            path = self._folder / name
            try:
                shard = _read_header(path)
            except (NotAShardError, OSError) as error:
                self.pass_over(path, error)
            else:
                self._headers[name] = shard
                self._unread.discard(name)
                for row in _rows_of(shard):
                    self._by_key[row.key].append(row)
                    if row.trajectory:
                        self._by_trajectory[row.trajectory].append(row)

    def _forget(self, name: str) -> None:
        """Take back what was read of a shard."""
        self._whole.pop(name, None)
        if (shard := self._headers.pop(name, None)) is not None:
            for row in _rows_of(shard):
                self._by_key[row.key].remove(row)
                if row.trajectory:
                    self._by_trajectory[row.trajectory].remove(row)

    def _gather(
        self,
        keys: Collection[str],
        wanted: Mapping[str, str] | None,
        use: Callable[[Path, list[Entry]], Iterable[Found]],
    ) -> dict[str, Found]:
        found: dict[str, Found] = {}
        left = set(keys)
        while shards := self._best_of(left, wanted):
            for name, entries in shards.items():
                path = self._folder / name
                try:
                    found |= {each.key: each for each in use(path, entries)}
                    left -= {entry.key for entry in entries}
                except (NotAShardError, OSError) as error:
                    self.pass_over(path, error)
        return {key: found[key] for key in keys if key in found}

    def _best_of(
        self, keys: Collection[str], wanted: Mapping[str, str] | None
    ) -> dict[str, list[Entry]]:
        """The best result of each of these runs, by shard."""
        best = self._best_rows(keys, wanted)
        while unread := {row.shard for row in best.values()} - self._headers.keys():
            self._read(unread)
            again = [best.pop(key).key for key in list(best) if best[key].shard in unread]
            best |= self._best_rows(again, wanted)
        shards: dict[str, list[Entry]] = defaultdict(list)
        for row in best.values():
            shards[row.shard].append(self._entry(row))
        return shards

    def _best_rows(self, keys: Iterable[str], wanted: Mapping[str, str] | None) -> dict[str, Row]:
        return {
            key: max(rows, key=lambda row: _rank(row, wanted))
            for key in keys
            if (rows := list(self._of(key)))
        }

    def _of(self, key: str) -> Iterator[Row]:
        """The results of a run: of a shard whose header was read as it says, else of segments."""
        yield from (row for row in self._by_key.get(key, ()) if row.shard in self._there)
        if self._unread:
            yield from filter(self._is_unread, self._segments.of(key))

    def _on(self, trajectory: str, of_segments: bool = True) -> Iterator[Row]:
        """The results on a trajectory."""
        known = self._by_trajectory.get(trajectory, ())
        yield from (row for row in known if row.shard in self._there)
        if of_segments and self._unread:
            yield from filter(self._is_unread, self._segments.on(trajectory))

    def _rows(self) -> Iterator[Row]:
        """All results."""
        for name in self._headers.keys() & self._there:
            yield from _rows_of(self._headers[name])
        yield from filter(self._is_unread, self._segments.rows())

    def _is_unread(self, row: Row) -> bool:
        return row.shard in self._unread

    def _entry(self, row: Row) -> Entry:
        return self._headers[row.shard].entries[row.position]

    def _content(self, shard: Path, file: BinaryIO) -> bytes:
        header = self._headers.get(shard.name) or _read_header(shard)
        size = os.fstat(file.fileno()).st_size
        content = file.read() if size == header.size else b""
        if checksum(content) != shard.stem:
            raise NotAShardError("does not have the content that was written")
        return content


def _as_they_are(shard: Path, entries: list[Entry]) -> list[Entry]:
    return entries


def is_gone(path: Path, error: Exception) -> bool:
    """Whether a file is not there, or somebody has just removed it."""
    return isinstance(error, FileNotFoundError) and not os.path.islink(path)


def _rank(row: Row, wanted: Mapping[str, str] | None) -> tuple[bool, int, float, str]:
    """Two results have the same number if two stores were merged; then the clock decides."""
    matches = wanted is not None and wanted.get(row.key) == row.fingerprint
    return matches, row.sequence, row.created, row.shard


def _read_header(path: Path) -> Shard:
    if not SHARD.fullmatch(path.name):
        raise NotAShardError("is no result of grokspec, by its name")
    return read_shard(path)


def _rows_of(shard: Shard) -> list[Row]:
    modules = {entry.fingerprint: tuple(sorted(entry.sources)) for entry in shard.entries}
    return [
        Row(
            key=entry.key,
            trajectory=entry.trajectory,
            shard=entry.shard.name,
            position=entry.position,
            fingerprint=entry.fingerprint,
            sequence=entry.sequence,
            created=entry.created,
            modules=modules[entry.fingerprint],
            device=entry.provenance.device,
            seconds=entry.seconds,
            flops=entry.provenance.flops,
        )
        for entry in shard.entries
    ]


def _stamp_of(path: Path) -> Stamp:
    """What changes when a file is written to, replaced or becomes readable."""
    try:
        return _stamp(os.stat(path))
    except OSError as error:
        return (error.errno or 0,)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
