"""A shard with only some of the runs of another.

What the header says of these runs and the bytes of their tensors are copied as they are, also what
a later grokspec may have added. The library safetensors would write the same in a random order;
here it has one, so that a rewriting that was interrupted gives the same file again.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

from grokspec.store.shard import Metadata, NotAShardError, digest_of

ALIGNMENT = 8
"""The header ends at a multiple of so many bytes."""


def with_only(content: bytes, positions: Sequence[int]) -> bytes:
    """The content of a shard that has these runs of a whole one, in this order, and no others.

    Raises a NotAShardError if it has a tensor that belongs to no run.
    """
    length = struct.unpack_from("<Q", content)[0]
    tensors: dict[str, Any] = json.loads(content[8 : 8 + length])
    metadata = _metadata(tensors.pop("__metadata__"), positions)
    places = {position: i for i, position in enumerate(positions)}
    header: dict[str, Any] = {"__metadata__": metadata}
    pieces, end = [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
        if _position(name) in places:
            first, last = (8 + length + offset for offset in tensor["data_offsets"])
            pieces.append(content[first:last])
            offsets = [end, end + last - first]
            header[_moved(name, places)] = tensor | {"data_offsets": offsets}
            end += last - first
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return b"".join([struct.pack("<Q", len(text)), text, *pieces])


def _metadata(metadata: dict[str, str], positions: Sequence[int]) -> dict[str, str]:
    runs, experiments = (
        [own[position] for position in positions]
        for own in (json.loads(metadata[name]) for name in ("runs", "experiments"))
    )
    made_by = {run["fingerprint"] for run in runs}
    sources = json.loads(metadata["sources"])
    kept = Metadata(
        runs=json.dumps(runs),
        experiments=json.dumps(experiments),
        sources=json.dumps({name: own for name, own in sources.items() if name in made_by}),
    )
    return metadata | kept.model_dump() | {"digest": digest_of(kept)}


def _position(name: str) -> int:
    """The position of the run to which a tensor belongs: 3 of "quantity/3/train_loss"."""
    try:
        return int(name.split("/", 2)[1])
    except (LookupError, ValueError) as error:
        raise NotAShardError(f"has a tensor {name!r}, which belongs to no run") from error


def _moved(name: str, places: dict[int, int]) -> str:
    group, position, *rest = name.split("/", 2)
    return "/".join((group, str(places[int(position)]), *rest))
