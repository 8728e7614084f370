"""Whether a file of a store is what was written: read to its end and compared with its name."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from grokspec.files.regular import open_regular
from grokspec.store.shard import LONGEST_HEADER, SHARD, Entry, NotAShardError, parsed, results_in
from grokspec.store.weights import NoWeightsError

PIECE = 2**20
"""Bytes that are read at a time of a file that may be far larger than the memory."""

FOREIGN = "is no file of grokspec, by its name"
OTHER_CONTENT = "does not have the content that was written"


def whole_shard(path: Path) -> tuple[bytes, tuple[Entry, ...]]:
    """The content of a shard and what its header says of the runs.

    Raises a NotAShardError if the file is not what was written, or an OSError.
    """
    if not SHARD.fullmatch(path.name):
        raise NotAShardError(FOREIGN)
    with open_regular(path) as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != path.stem:
        raise NotAShardError(OTHER_CONTENT)
    entries = parsed(content, path).entries
    results_in(content, entries)
    return content, entries


def whole_weights(path: Path) -> frozenset[str]:
    """The positions of a file of weights, which is read piece by piece.

    Raises a NoWeightsError if the file is not what was written, or an OSError.
    """
    if not SHARD.fullmatch(path.name):
        raise NoWeightsError(FOREIGN)
    if hash_of(path) != path.stem:
        raise NoWeightsError(OTHER_CONTENT)
    with open_regular(path) as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        return _positions(file.read(min(length, LONGEST_HEADER)))


def hash_of(path: Path) -> str:
    """The sha256 of a file in hex, which is read piece by piece. Raises an OSError."""
    found = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _positions(header: bytes) -> frozenset[str]:
    try:
        tensors: dict[str, Any] = json.loads(header)
        return frozenset(name.split("/")[0] for name in tensors if name.endswith("/steps"))
    except (ValueError, AttributeError, RecursionError) as error:
        raise NoWeightsError("has no weights that grokspec wrote") from error
