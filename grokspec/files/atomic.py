"""Writing a file whole or not at all, whatever stops the process."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from grokspec.errors import GrokspecError

UNFINISHED = ".part"
"""The ending of a file that is being written."""

ABANDONED_AFTER = 24 * 3600.0
"""The age in seconds after which the process of an unfinished file is taken to be dead."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, replacing any of that name; when this returns, it survives a power cut.

    Raises an OSError if the file cannot be written, and then leaves nothing behind.
    """
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def sweep_out(folder: Path) -> None:
    """Remove the unfinished files of processes that died long ago."""
    for part in folder.glob(f"*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED_AFTER:
                part.unlink()


class StorageError(GrokspecError):
    """The disk is full, read-only or gone, so that writing other files would fail as well."""


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an OSError into a StorageError whose message starts with ``what``."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise StorageError(f"{what}: {error.strerror or error}{where}") from error


def _flush_folder(folder: Path) -> None:
    """Flush renames in this folder to the disk. Windows cannot open folders, and need not."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
