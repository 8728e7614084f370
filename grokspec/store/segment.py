"""A segment: what the headers of many shards say, as columns, so that these need not be read again.

It is a safetensors file with a row for each result, in the order of keys. ``keys``,
``trajectories`` and ``shards`` are bytes, the other columns numbers (see `NUMBERS`); the metadata
are `Tables`.

Columns are plain bytes here, searched by bisection, as loading numpy takes longer than most looks.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json

from grokspec.store.shard import ENDING

FORMAT = "1"
"""Raised when a grokspec could misread what another one writes; others' segments are not used."""

DIGEST = 32
"""In bytes, of a key, of a trajectory, and of the content of a shard."""

NONE = bytes(DIGEST)
"""In the place of a trajectory that is not known."""


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


def fits(row: Row) -> bool:
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
