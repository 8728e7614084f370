"""Segments: what the headers of many shards say, as columns, so that these need not be read again.

    index/<sha256>.safetensors

A segment is named by the hash of its bytes. It lists shards and, of each result in them, what it
takes to find and to choose it. Shards are named by the hash of theirs, so what a segment says of
one stays true wherever both are, whoever has copied, merged or removed files. A shard that it lists
need not be there, and one that is there need not be listed.

They are a cache: anybody may remove them at any time. One that is damaged or foreign is not used.

Whoever reads many shards that no segment lists writes one, and puts those that are no larger into
it: a shard is listed anew only when the number of shards has doubled, and there are few segments.

Columns are plain bytes here, searched by bisection, as loading numpy takes longer than most looks.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json

from grokspec.files.atomic import write_whole
from grokspec.files.regular import open_regular
from grokspec.store.shard import ENDING, SHARD, checksum

FORMAT = "1"
"""Raised when a grokspec could misread what another one writes; others' segments are not used."""

LARGEST = 2**30
"""In bytes. A result takes about 120."""

DIGEST = 32
"""In bytes, of a key, of a trajectory, and of the content of a shard."""

NONE = bytes(DIGEST)
"""In the place of a trajectory that is not known."""

TRIES = 3
"""How often the folder is listed again because segments in it were just put into another."""


class Row(NamedTuple):
    """What it takes to find a result and to choose among several: a row of the columns."""

    key: str
    trajectory: str
    """Empty if it is not known."""
    shard: str
    """The name of its file."""
    position: int
    fingerprint: str
    sequence: int
    created: float
    modules: tuple[str, ...]
    """What enters the fingerprint, by name."""
    device: str
    seconds: float
    flops: float


class NotASegmentError(ValueError):
    """The file is not one that grokspec wrote, or not whole, or of another format."""


class Tables(BaseModel):
    """The metadata of a segment: texts to which its columns refer by number."""

    format: str
    fingerprints: str
    """The names of what enters each fingerprint, by fingerprint."""
    devices: str


NUMBERS = {
    "by_trajectory": "I",
    "shard": "I",
    "position": "I",
    "fingerprint": "I",
    "device": "I",
    "sequence": "q",
    "created": "d",
    "seconds": "d",
    "flops": "d",
}
"""The columns of one number a row, each with its type in `array`."""

FINGERPRINTS = TypeAdapter(dict[str, tuple[str, ...]])
DEVICES = TypeAdapter(list[str])

DTYPES = {"I": "U32", "q": "I64", "d": "F64"}


@dataclass(frozen=True, eq=False)
class Segment:
    """The columns of a segment. Rows are in the order of their keys."""

    shards: tuple[str, ...]
    keys: memoryview
    trajectories: memoryview
    numbers: Mapping[str, Sequence[Any]]
    fingerprints: Sequence[tuple[str, tuple[str, ...]]]
    """Each with the names of what enters it."""
    devices: Sequence[str]

    def __len__(self) -> int:
        return len(self.keys) // DIGEST

    def of(self, key: str) -> Iterator[Row]:
        """The results of a run."""
        if wanted := _digest(key):
            first = bisect_left(range(len(self)), wanted, key=self._key)
            for row in range(first, len(self)):
                if self._key(row) != wanted:
                    return
                yield self.row(row)

    def on(self, trajectory: str) -> Iterator[Row]:
        """The results of runs on a trajectory."""
        if (wanted := _digest(trajectory)) not in (None, NONE):
            order = self.numbers["by_trajectory"]
            first = bisect_left(order, wanted, key=self._trajectory)
            for place in range(first, len(self)):
                if self._trajectory(order[place]) != wanted:
                    return
                yield self.row(order[place])

    def row(self, number: int) -> Row:
        """The row of this number."""
        columns = self.numbers
        fingerprint, modules = self.fingerprints[columns["fingerprint"][number]]
        trajectory = self._trajectory(number)
        return Row(
            key=self._key(number).hex(),
            trajectory="" if trajectory == NONE else trajectory.hex(),
            shard=self.shards[columns["shard"][number]],
            position=columns["position"][number],
            fingerprint=fingerprint,
            sequence=columns["sequence"][number],
            created=columns["created"][number],
            modules=modules,
            device=self.devices[columns["device"][number]],
            seconds=columns["seconds"][number],
            flops=columns["flops"][number],
        )

    def _key(self, row: int) -> bytes:
        return bytes(self.keys[row * DIGEST : (row + 1) * DIGEST])

    def _trajectory(self, row: int) -> bytes:
        return bytes(self.trajectories[row * DIGEST : (row + 1) * DIGEST])


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
        found = {shard: list(own) for shard, own in rows.items() if all(map(_fits, own))}
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


def to_bytes(rows: Mapping[str, Sequence[Row]]) -> bytes:
    """The content of a segment that lists these shards, the same in whatever order they come."""
    shards = {name: number for number, name in enumerate(sorted(rows))}
    ordered = sorted(row for own in rows.values() for row in own)
    fingerprints = {row.fingerprint: row.modules for row in ordered}
    devices = {name: n for n, name in enumerate(sorted({row.device for row in ordered}))}
    by_fingerprint = {name: number for number, name in enumerate(fingerprints)}
    trajectories = [row.trajectory for row in ordered]
    numbers: dict[str, Iterable[Any]] = {
        "by_trajectory": sorted(range(len(ordered)), key=trajectories.__getitem__),
        "shard": (shards[row.shard] for row in ordered),
        "position": (row.position for row in ordered),
        "fingerprint": (by_fingerprint[row.fingerprint] for row in ordered),
        "device": (devices[row.device] for row in ordered),
        "sequence": (row.sequence for row in ordered),
        "created": (row.created for row in ordered),
        "seconds": (row.seconds for row in ordered),
        "flops": (row.flops for row in ordered),
    }
    tables = Tables(
        format=FORMAT,
        fingerprints=FINGERPRINTS.dump_json(fingerprints).decode(),
        devices=DEVICES.dump_json(list(devices)).decode(),
    )
    digests = {
        "shards": (name.removesuffix(ENDING) for name in shards),
        "keys": (row.key for row in ordered),
        "trajectories": (trajectory or NONE.hex() for trajectory in trajectories),
    }
    columns = {
        name: ("U8", [len(data) // DIGEST, DIGEST], data)
        for name, texts in digests.items()
        for data in [bytes.fromhex("".join(texts))]
    } | {
        name: (DTYPES[kind], [len(ordered)], array(kind, numbers[name]).tobytes())
        for name, kind in NUMBERS.items()
    }
    return _as_safetensors(columns, tables.model_dump())


def _as_safetensors(
    columns: Mapping[str, tuple[str, list[int], bytes]], metadata: Mapping[str, str]
) -> bytes:
    """What the library safetensors reads; it writes only what numpy or torch has."""
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name, (dtype, shape, data) in columns.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that numbers are where a processor likes them
    parts = (data for _, _, data in columns.values())
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def from_bytes(content: bytes) -> Segment:
    """The segment of this content; raises a NotASegmentError."""
    try:
        length = struct.unpack_from("<Q", content)[0]
        header = from_json(content[8 : 8 + length])
        tables = Tables.model_validate(header.pop("__metadata__"))
        data = memoryview(content)[8 + length :]
        columns = {name: data[slice(*own["data_offsets"])] for name, own in header.items()}
        segment = Segment(
            shards=_names(columns["shards"]),
            keys=columns["keys"],
            trajectories=columns["trajectories"],
            numbers={
                name: columns[name].cast(kind)  # type: ignore[call-overload]
                for name, kind in NUMBERS.items()
            },
            fingerprints=list(FINGERPRINTS.validate_json(tables.fingerprints).items()),
            devices=DEVICES.validate_json(tables.devices),
        )
    except (struct.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotASegmentError("has no columns that grokspec wrote") from error
    if tables.format != FORMAT or sys.byteorder != "little":
        raise NotASegmentError("has another format")
    _check(segment)
    return segment


def _names(digests: memoryview) -> tuple[str, ...]:
    text = digests.hex()
    size = 2 * DIGEST
    return tuple(text[at : at + size] + ENDING for at in range(0, len(text), size))


def _check(segment: Segment) -> None:
    """Raise a NotASegmentError if a row refers to something that is not there."""
    rows = len(segment)
    bounds = {
        "by_trajectory": rows,
        "shard": len(segment.shards),
        "fingerprint": len(segment.fingerprints),
        "device": len(segment.devices),
    }
    if {len(column) for column in segment.numbers.values()} != {rows} or (
        len(segment.trajectories) != rows * DIGEST
    ):
        raise NotASegmentError("has columns of different lengths")
    if any(max(segment.numbers[name], default=-1) >= end for name, end in bounds.items()):
        raise NotASegmentError("refers to something that it does not have")


def _fits(row: Row) -> bool:
    """Whether the columns can hold a row: keys are hashes, numbers have 64 bits."""
    return (
        _digest(row.key) is not None
        and (row.trajectory == "" or _digest(row.trajectory) not in (None, NONE))
        and -(2**63) <= row.sequence < 2**63
    )


def _digest(text: str) -> bytes | None:
    """The bytes of a hash; None if the text is none."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == DIGEST and found.hex() == text else None
