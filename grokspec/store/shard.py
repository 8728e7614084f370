"""A shard, one file of results: the histories of a stack and, in its header, their runs.

It is a safetensors file, so reading it runs no code. The metadata in the header are JSON:

    runs           the `RunHeader` of each run, in order
    experiments    the resolved description of each run
    sources        for each fingerprint, the hash of everything that enters it

The tensors are called ``steps/<position>`` and ``quantity/<position>/<name>``.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from grokspec.engines.base import History, Status


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


class RunHeader(_Record):
    """What the header of a shard says about one of its runs."""

    key: str
    id: str
    fingerprint: str
    status: Status
    diverged_at: int | None
    seconds: float
    provenance: Provenance


HEADERS = TypeAdapter(tuple[RunHeader, ...])
SOURCES = TypeAdapter(dict[str, dict[str, str]])
EXPERIMENTS = TypeAdapter(list[dict[str, Any]])


class Entry(RunHeader):
    """A run in the store: its header, the sources of its fingerprint, and its place."""

    sources: dict[str, str]
    shard: Path
    position: int

    @property
    def created(self) -> float:
        """When the result was made, in seconds since 1970."""
        return self.provenance.created


class NotAShardError(ValueError):
    """The file has no header that grokspec wrote, or is not as long as the header says."""


def to_bytes(results: Sequence[Result]) -> bytes:
    """The content of the shard that holds these results."""
    import numpy as np
    from safetensors.numpy import save

    tensors = {}
    for position, result in enumerate(results):
        tensors[f"steps/{position}"] = np.asarray(result.history.steps, order="C")
        for name, values in result.history.quantities.items():
            tensors[f"quantity/{position}/{name}"] = np.asarray(values, order="C")
    metadata = {
        "runs": HEADERS.dump_json(tuple(map(_header, results))).decode(),
        "experiments": EXPERIMENTS.dump_json([result.experiment for result in results]).decode(),
        "sources": SOURCES.dump_json(_sources(results)).decode(),
    }
    return save(tensors, metadata)


def entries_of(results: Sequence[Result], shard: Path) -> tuple[Entry, ...]:
    """The entries of a shard that holds these results, without reading it."""
    return _entries(map(_header, results), _sources(results), shard)


def read_entries(path: Path) -> tuple[Entry, ...]:
    """The entries of a shard, from its header; raises NotAShardError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if 8 + length > size:
            raise NotAShardError("shorter than its header says")
        header = file.read(length)
    try:
        fields = json.loads(header)
        metadata = fields.pop("__metadata__")
        end = max((tensor["data_offsets"][1] for tensor in fields.values()), default=0)
        headers = HEADERS.validate_json(metadata["runs"])
        entries = _entries(headers, SOURCES.validate_json(metadata["sources"]), path)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAShardError("has no header that grokspec wrote") from error
    if 8 + length + end != size:
        raise NotAShardError("shorter or longer than its header says")
    return entries


def results_in(data: bytes, entries: Iterable[Entry]) -> list[Result]:
    """The results of these entries, from the content of the shard that holds all of them."""
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
                seconds=entry.seconds,
            ),
            provenance=entry.provenance,
        )
        for entry in entries
    ]


def _header(result: Result) -> RunHeader:
    return RunHeader(
        key=result.key,
        id=result.id,
        fingerprint=result.fingerprint,
        status=result.history.status,
        diverged_at=result.history.diverged_at,
        seconds=result.history.seconds,
        provenance=result.provenance,
    )


def _sources(results: Iterable[Result]) -> dict[str, dict[str, str]]:
    return {result.fingerprint: result.sources for result in results}


def _entries(
    headers: Iterable[RunHeader], sources: dict[str, dict[str, str]], shard: Path
) -> tuple[Entry, ...]:
    return tuple(
        Entry(**dict(header), sources=sources[header.fingerprint], shard=shard, position=position)
        for position, header in enumerate(headers)
    )


def _metadata(data: bytes) -> dict[str, str]:
    length = struct.unpack_from("<Q", data)[0]
    return json.loads(data[8 : 8 + length])["__metadata__"]
