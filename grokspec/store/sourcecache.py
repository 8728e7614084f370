"""What was found in the source of modules, kept in the user's cache, so that it is parsed once.

An entry is known by the hash of a file's bytes and of the code that reads them, never by a time or
a name: what is there may be old, but not wrong. It is JSON and is not run. Where it cannot be read
or written, or is no such file, everything is parsed as if there were none.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from grokspec.errors import GrokspecError
from grokspec.files.atomic import write_whole
from grokspec.files.folders import user_cache
from grokspec.files.regular import read_regular

NAME = "sources.json"

MOST_BYTES = 4 * 2**20
"""How large a file is read; one of some hundred modules has a tenth of that."""

MOST_ENTRIES = 2_000
"""How many entries are written, those that were found last."""

Entry = dict[str, Any]


def reader_of(*files: str) -> str:
    """What tells one reading code from another: the hash of its files and of Python's version."""
    try:
        return _hash([sys.version, *(_hash(Path(file).read_bytes()) for file in files)])
    except OSError:
        return uuid.uuid4().hex  # so that nothing is found


def key_of(content: bytes, package: str, reader: str) -> str:
    """What an entry is known by: a file's content, its package, and what reads it."""
    return _hash([_hash(content), package, reader])


def find(key: str) -> Entry | None:
    """The entry of that key, or None."""
    return _known().get(key)


def keep(key: str, entry: Entry) -> None:
    """Keep an entry, also for other processes once this one ends."""
    if not _new:
        atexit.register(save)
    _known()[key] = _new[key] = entry


def save() -> None:
    """Write what is new, together with what others have written meanwhile."""
    if not _new or (path := _path()) is None:
        return
    entries = [*(_read(path) | _new).items()][-MOST_ENTRIES:]
    _new.clear()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(dict(entries)).encode())


_new: dict[str, Entry] = {}


@functools.cache
def _known() -> dict[str, Entry]:
    path = _path()
    return _read(path) if path is not None else {}


def _path() -> Path | None:
    try:
        return user_cache("", "") / NAME
    except GrokspecError:  # a user without a home
        return None


def _read(path: Path) -> dict[str, Entry]:
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(read_regular(path, MOST_BYTES))
        if isinstance(found, dict):
            return found
    return {}


def _hash(content: bytes | list[str]) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return hashlib.sha256(data).hexdigest()
