"""One file of results: the histories of a stack and, in its header, what they belong to.

It is a safetensors file, so that reading it runs no code. The header's metadata hold JSON:

    runs           what `Entry` tells of each run, in order
    experiments    the resolved description of each run
    sources        for each fingerprint, the hash of everything that entered it

and the tensors are named ``steps/<position>`` and ``quantity/<position>/<name>``.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grokspec.history import History, Status


@dataclass(frozen=True)
class Provenance:
    """With what, where and when a result was made."""

    grokspec: str
    torch: str
    numpy: str
    python: str
    device: str
    flops: float
    """The run's price, in flop."""
    created: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Result:
    """One run's history and what is known of where it comes from."""

    key: str
    """The experiment's identity."""
    id: str
    experiment: dict[str, Any]
    fingerprint: str
    sources: dict[str, str]
    """What entered the fingerprint: a hash of each module and input file, by name."""
    history: History
    provenance: Provenance


@dataclass(frozen=True)
class Entry:
    """What a shard's header tells of one of its runs."""

    key: str
    id: str
    fingerprint: str
    status: Status
    diverged_at: int | None
    seconds: float
    provenance: Provenance
    sources: dict[str, str]
    shard: Path
    position: int

    @property
    def created(self) -> float:
        """When the result was made, in seconds since 1970."""
        return self.provenance.created


class NotAShardError(ValueError):
    """The file's header is not one that grokspec wrote."""


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
        "runs": json.dumps([_header_of(result) for result in results]),
        "experiments": json.dumps([result.experiment for result in results]),
        "sources": json.dumps({result.fingerprint: result.sources for result in results}),
    }
    return save(tensors, metadata)


def read_entries(path: Path) -> tuple[Entry, ...]:
    """What the header of a shard tells; NotAShardError if it is cut short or no shard."""
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
        entries = _entries(metadata, path)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAShardError("has no header that grokspec wrote") from error
    if 8 + length + end != size:
        raise NotAShardError("shorter or longer than its header says")
    return entries


def read_results(data: bytes, entries: Iterable[Entry]) -> list[Result]:
    """The results of these entries, from the content of the shard that all of them lie in."""
    from safetensors.numpy import load

    tensors = load(data)
    experiments = json.loads(_metadata(data)["experiments"])
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


def _header_of(result: Result) -> dict[str, Any]:
    history = result.history
    return {
        "key": result.key,
        "id": result.id,
        "fingerprint": result.fingerprint,
        "status": history.status,
        "diverged_at": history.diverged_at,
        "seconds": history.seconds,
        "provenance": asdict(result.provenance),
    }


def _entries(metadata: dict[str, str], path: Path) -> tuple[Entry, ...]:
    sources = json.loads(metadata["sources"])
    return tuple(
        Entry(
            **{**run, "provenance": Provenance(**run["provenance"])},
            sources=sources[run["fingerprint"]],
            shard=path,
            position=position,
        )
        for position, run in enumerate(json.loads(metadata["runs"]))
    )


def _metadata(data: bytes) -> dict[str, str]:
    length = struct.unpack_from("<Q", data)[0]
    return json.loads(data[8 : 8 + length])["__metadata__"]
