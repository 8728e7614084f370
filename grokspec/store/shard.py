"""A shard, one file of results: the histories of a stack and, in its header, their runs.

It is a safetensors file, so reading it runs no code. The metadata in the header are JSON:

    runs           the `RunHeader` of each run, in order
    experiments    the resolved description of each run
    sources        for each fingerprint, the hash of everything that enters it
    digest         the hash of the other three, as the index is made from headers alone

The tensors are called ``steps/<position>`` and ``quantity/<position>/<name>``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, NonNegativeInt, TypeAdapter
from pydantic_core import from_json

from grokspec.engines.base import History, Status
from grokspec.files.regular import open_regular
from grokspec.store.weights import to_bytes as weights_to_bytes

ENDING = ".safetensors"

SHARD = re.compile(rf"[0-9a-f]{{64}}{re.escape(ENDING)}")
"""The name of a shard."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")


class Provenance(_Record):
    """Which versions made a result, on which device and when."""

    grokspec: str
    torch: str
    numpy: str
    python: str
    device: str
    flops: float
    """The cost of the run, in flop."""
    created: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Result:
    """The history of one run, and where it comes from."""

    key: str
    """The experiment's identity."""
    id: str
    experiment: dict[str, Any]
    fingerprint: str
    sources: dict[str, str]
    """What enters the fingerprint: a hash of each module and of the recorded steps, by name."""
    history: History
    provenance: Provenance
    sequence: int = 0
    """One more than the greatest of the run's earlier results; 0 if the writer did not look."""
    trajectory: str = ""
    """The identity of how its weights move, by which records of several runs add up."""
    probes: tuple[str, ...] = ()
    """The identity of each probe that was taken."""
    weights: str = ""
    """Where its weights are, if they were kept: a file of the store, and the position in it."""
    weights_at: tuple[int, ...] = ()
    """The steps of these weights."""
    can_go_on: bool = False
    """Whether all that it takes to train on from the last of these steps was kept, too."""


class RunHeader(_Record):
    """What the header of a shard says about one of its runs."""

    key: str
    id: str
    fingerprint: str
    status: Status
    diverged_at: int | None
    ended_at: int | None = None
    seconds: float
    provenance: Provenance
    sequence: int = 0
    """Which of a run's results is newer; clocks may go back. Older shards do not have it."""
    trajectory: str = ""
    probes: tuple[str, ...] = ()
    weights: str = ""
    weights_at: tuple[int, ...] = ()
    can_go_on: bool = False
    """As of `Result`. Older shards do not have them."""


HEADERS = TypeAdapter(tuple[RunHeader, ...])
SOURCES = TypeAdapter(dict[str, dict[str, str]])
EXPERIMENTS = TypeAdapter(list[dict[str, Any]])


class Metadata(BaseModel):
    """The metadata in the header of a shard."""

    runs: str
    experiments: str
    sources: str
    digest: str | None = None


PLACES = TypeAdapter(list[tuple[NonNegativeInt, NonNegativeInt]])
"""Where each tensor begins and ends."""

LONGEST_HEADER = 100_000_000
"""In bytes. The library safetensors reads no longer ones."""


class Entry(RunHeader):
    """A run in the store: its header, the sources of its fingerprint, and its place."""

    sources: dict[str, str]
    shard: Path
    position: int

    @property
    def created(self) -> float:
        """When the result was made, in seconds since 1970."""
        return self.provenance.created


class Readable(Protocol):
    """What can be read from its start on."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, as many as asked for unless it ends before."""


@dataclass(frozen=True)
class Shard:
    """What the header of a shard says."""

    entries: tuple[Entry, ...]
    size: int
    """Of the whole file, in bytes."""


class NotAShardError(ValueError):
    """The file is not one that grokspec wrote, or not whole; the message is put after its name."""


def to_bytes(results: Sequence[Result]) -> bytes:
    """The content of the shard that holds these results."""
    import numpy as np
    from safetensors.numpy import save

    tensors = {}
    for position, result in enumerate(results):
        tensors[f"steps/{position}"] = np.asarray(result.history.steps, order="C")
        for name, values in result.history.quantities.items():
            tensors[f"quantity/{position}/{name}"] = np.asarray(values, order="C")
    runs = HEADERS.dump_json(tuple(map(_header, results))).decode()
    experiments = EXPERIMENTS.dump_json([result.experiment for result in results]).decode()
    sources = SOURCES.dump_json(_sources(results)).decode()
    metadata = Metadata(
        runs=runs,
        experiments=experiments,
        sources=sources,
        digest=_digest(runs, experiments, sources),
    )
    return save(tensors, metadata.model_dump())


@dataclass(frozen=True)
class Packed:
    """Results as the bytes of the files that hold them, to be written here or elsewhere."""

    shard: bytes
    weights: bytes | None
    """What the results have kept, in the file that the shard refers to."""


def packed(results: Sequence[Result]) -> Packed:
    """The files of results: a shard, and the weights that they have kept."""
    kept = [(i, own) for i, r in enumerate(results) if (own := r.history.kept) is not None]
    if not kept:
        return Packed(to_bytes(results), None)
    weights = weights_to_bytes(kept)
    name = checksum(weights)
    placed = list(results)
    for i, own in kept:
        placed[i] = replace(
            placed[i],
            weights=f"{name}/{i}",
            weights_at=tuple(own.steps.tolist()),
            can_go_on=own.state is not None,
        )
    return Packed(to_bytes(placed), weights)


def checksum(content: bytes) -> str:
    """The hash by which a file of the store is named, sha256 in hex."""
    return hashlib.sha256(content).hexdigest()


def read_entries(path: Path) -> tuple[Entry, ...]:
    """The entries of a shard, from its header; raises NotAShardError, or an OSError."""
    return read_shard(path).entries


def read_shard(path: Path) -> Shard:
    """What the header of a shard says; raises NotAShardError, or an OSError."""
    with open_regular(path) as file:
        return shard_in(file, os.fstat(file.fileno()).st_size, path)


def shard_in(file: Readable, size: int, path: Path) -> Shard:
    """The same, from the start of an open file of a size in bytes; ``path`` is in its entries."""
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if 8 + length > size:
        raise NotAShardError("is shorter than its header says")
    if length > LONGEST_HEADER:
        raise NotAShardError("has no header that grokspec wrote")
    shard = _parsed(file.read(length), path)
    if shard.size != size:
        raise NotAShardError("is shorter or longer than its header says")
    return shard


def parsed(content: bytes, path: Path) -> Shard:
    """What the header of a shard's content says; raises NotAShardError."""
    length = struct.unpack_from("<Q", content)[0] if len(content) >= 8 else len(content)
    if 8 + length > len(content) or length > LONGEST_HEADER:
        raise NotAShardError("has no header that grokspec wrote")
    shard = _parsed(content[8 : 8 + length], path)
    if shard.size != len(content):
        raise NotAShardError("is shorter or longer than its header says")
    return shard


def _parsed(header: bytes, path: Path) -> Shard:
    try:
        fields = from_json(header)
        metadata = Metadata.model_validate(fields.pop("__metadata__"))
        places = PLACES.validate_python([tensor["data_offsets"] for tensor in fields.values()])
        headers = HEADERS.validate_json(metadata.runs)
        entries = _entries(headers, SOURCES.validate_json(metadata.sources), path)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NotAShardError("has no header that grokspec wrote") from error
    if metadata.digest not in (None, digest_of(metadata)):
        raise NotAShardError("has a header that was altered")
    if any(f"steps/{entry.position}" not in fields for entry in entries):
        raise NotAShardError("lacks the steps of a run")
    end = max((end for _, end in places), default=0)
    return Shard(entries, 8 + len(header) + end)


def results_in(data: bytes, entries: Iterable[Entry]) -> list[Result]:
    """The results of these entries, from the content of the shard that holds all of them.

    Raises NotAShardError if the content is no shard that grokspec wrote, whatever its name says.
    """
    from safetensors import SafetensorError

    try:
        return _results(data, entries)
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotAShardError("has no results that grokspec wrote") from error


def _results(data: bytes, entries: Iterable[Entry]) -> list[Result]:
    from safetensors.numpy import load

    tensors = load(data)
    experiments = EXPERIMENTS.validate_json(_metadata(data)["experiments"])
    quantities: dict[int, dict[str, Any]] = {}
    for tensor, values in tensors.items():
        group, position, name = (*tensor.split("/", 2), "")[:3]
        if group == "quantity":
            quantities.setdefault(int(position), {})[name] = values
    return [
        Result(
            key=entry.key,
            id=entry.id,
            experiment=experiments[entry.position],
            fingerprint=entry.fingerprint,
            sources=entry.sources,
            history=History(
                steps=tensors[f"steps/{entry.position}"],
                quantities=quantities.get(entry.position, {}),
                status=entry.status,
                diverged_at=entry.diverged_at,
                ended_at=entry.ended_at,
                seconds=entry.seconds,
            ),
            provenance=entry.provenance,
            sequence=entry.sequence,
            trajectory=entry.trajectory,
            probes=entry.probes,
            weights=entry.weights,
            weights_at=entry.weights_at,
            can_go_on=entry.can_go_on,
        )
        for entry in entries
    ]


def digest_of(metadata: Metadata) -> str:
    """The hash of what the metadata of a shard say of its runs."""
    return _digest(metadata.runs, metadata.experiments, metadata.sources)


def _digest(*metadata: str) -> str:
    return hashlib.sha256("\0".join(metadata).encode("utf-8", "surrogatepass")).hexdigest()


def _header(result: Result) -> RunHeader:
    return RunHeader(
        key=result.key,
        id=result.id,
        fingerprint=result.fingerprint,
        status=result.history.status,
        diverged_at=result.history.diverged_at,
        ended_at=result.history.ended_at,
        seconds=result.history.seconds,
        provenance=result.provenance,
        sequence=result.sequence,
        trajectory=result.trajectory,
        probes=result.probes,
        weights=result.weights,
        weights_at=result.weights_at,
        can_go_on=result.can_go_on,
    )


def _sources(results: Iterable[Result]) -> dict[str, dict[str, str]]:
    return {result.fingerprint: result.sources for result in results}


def _entries(
    headers: Iterable[RunHeader], sources: dict[str, dict[str, str]], shard: Path
) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            **header.__dict__, sources=sources[header.fingerprint], shard=shard, position=position
        )
        for position, header in enumerate(headers)
    )


def _metadata(data: bytes) -> dict[str, str]:
    length = struct.unpack_from("<Q", data)[0]
    return json.loads(data[8 : 8 + length])["__metadata__"]
