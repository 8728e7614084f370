"""The segments of a store: files that list what many shards have.

    index/<sha256>.safetensors

A segment is named by the hash of its bytes. It lists shards and, of each result in them, what it
takes to find and to choose it. Shards are named by the hash of theirs, so what a segment says of
one stays true wherever both are, whoever has copied, merged or removed files. A shard that it lists
need not be there, and one that is there need not be listed.

They are a cache: anybody may remove them at any time. One that is damaged or foreign is not used.

Whoever reads many shards that no segment lists writes one, and puts those that are no larger into
it: a shard is listed anew only when the number of shards has doubled, and there are few segments.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from grokspec.files.atomic import write_whole
from grokspec.files.regular import open_regular
from grokspec.store.segment import NotASegmentError, Row, Segment, fits, from_bytes, to_bytes
from grokspec.store.shard import ENDING, SHARD, checksum

LARGEST = 2**30
"""In bytes. A result takes about 120."""

TRIES = 3
"""How often the folder is listed again because segments in it were just put into another."""


class Segments:
    """The segments of a store, as far as they were read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_file: dict[str, Segment] = {}
        self._holder: dict[str, Segment] = {}  # one for each shard, as several may list it
        self._useless: set[str] = set()

    @property
    def shards(self) -> Set[str]:
        """The names of all shards that are listed."""
        return self._holder.keys()

    def of(self, key: str) -> list[Row]:
        """The results of a run."""
        return [r for s in self._by_file.values() for r in s.of(key) if self._holder[r.shard] is s]

    def on(self, trajectory: str) -> list[Row]:
        """The results of runs on a trajectory."""
        return [
            row
            for segment in self._by_file.values()
            for row in segment.on(trajectory)
            if self._holder[row.shard] is segment
        ]

    def rows(self) -> Iterator[Row]:
        """All results."""
        return self._rows_in(self._by_file.values())

    def look(self) -> None:
        """Read what was not read yet. What others have put together meanwhile is read there."""
        for _ in range(TRIES):
            gone = [file for file in self._new_files() if not self._is_there(file)]
            if not gone:
                break
        self._settle()

    def add(self, rows: Mapping[str, Sequence[Row]], there: Collection[str]) -> None:
        """Write a segment of these shards, if that is possible, and of those that it can replace.

        ``there`` are the shards of the store; others are no longer listed.
        """
        found = {shard: list(own) for shard, own in rows.items() if all(map(fits, own))}
        replaced = self._no_larger_than(sum(map(len, found.values())))
        for row in self._rows_in(replaced.values()):
            if row.shard in there and row.shard not in rows:
                found.setdefault(row.shard, []).append(row)
        if not found:
            return
        content = to_bytes(found)
        name = f"{checksum(content)}{ENDING}"
        with contextlib.suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            write_whole(self.folder / name, content)
            for file in {*replaced, *self._useless} - {name}:
                (self.folder / file).unlink(missing_ok=True)
        for file in replaced:
            del self._by_file[file]
        self._by_file[name] = from_bytes(content)
        self._settle()

    def _no_larger_than(self, rows: int) -> dict[str, Segment]:
        """The segments that are no larger than so many rows and the smaller ones of them."""
        found = {}
        for file, segment in sorted(self._by_file.items(), key=lambda item: len(item[1])):
            if len(segment) <= rows:
                found[file] = segment
                rows += len(segment)
        return found

    def _new_files(self) -> list[str]:
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        known = self._by_file.keys() | self._useless
        return sorted(name for name in names if SHARD.fullmatch(name) and name not in known)

    def _is_there(self, file: str) -> bool:
        """Read a segment. False if it was removed since the folder was listed."""
        try:
            content = _content(self.folder / file)
            if f"{checksum(content)}{ENDING}" != file:
                raise NotASegmentError("does not have the content that was written")
            self._by_file[file] = from_bytes(content)
        except FileNotFoundError:
            return os.path.islink(self.folder / file)
        except (NotASegmentError, OSError):
            self._useless.add(file)
        return True

    def _rows_in(self, segments: Iterable[Segment]) -> Iterator[Row]:
        for segment in segments:
            for row in map(segment.row, range(len(segment))):
                if self._holder[row.shard] is segment:
                    yield row

    def _settle(self) -> None:
        self._holder = {shard: s for s in self._by_file.values() for shard in s.shards}


def _content(path: Path) -> bytes:
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > LARGEST:
            raise NotASegmentError("is larger than any")
        return file.read()
