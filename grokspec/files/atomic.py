"""Writing a file whole or not at all, whatever stops the process."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from grokspec.errors import GrokspecError

UNFINISHED = ".part"
"""The ending of a file that is being written."""

OWN = re.compile(rf"\.[0-9a-f]{{32}}{re.escape(UNFINISHED)}$")
"""The end of the names that `being_written` gives to unfinished files."""

ABANDONED_AFTER = 24 * 3600.0
"""The age in seconds after which the process of an unfinished file is taken to be dead."""

NEVER_FLUSHED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What fsync says of a file where files cannot be flushed. An error of the disk is not in it."""

FOLDER_NEVER_FLUSHED = NEVER_FLUSHED | {errno.EACCES, errno.EPERM, errno.EBADF, errno.EISDIR}
"""The same of a folder."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file as `being_written` does, from data in memory."""
    with being_written(path) as file:
        file.write(data)


@contextlib.contextmanager
def being_written(path: Path) -> Iterator[BinaryIO]:
    """An open file that takes the place of any of that name when the block ends.

    After that it survives a power cut. (On a file system that cannot flush, what survives is up to
    that.)

    Raises an OSError if the file cannot be written. It leaves nothing behind then, nor if the block
    raises anything.
    """
    sweep_out(path.parent, path.name)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            _flush(file.fileno(), NEVER_FLUSHED)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def sweep_out(folder: Path, name: str = "") -> None:
    """Remove the unfinished files, of one name or of all, of processes that died long ago."""
    for part in folder.glob(f"{glob.escape(name)}*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            if OWN.search(part.name) and time.time() - part.lstat().st_mtime > ABANDONED_AFTER:
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
    """Flush renames in this folder to the disk, where the system can do that for a folder.

    Windows cannot open folders, and need not. CIFS, the shared folders of virtual machines and FUSE
    refuse in several ways to open or flush one; the file is there all the same.
    """
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno in FOLDER_NEVER_FLUSHED:
            return
        raise
    try:
        _flush(handle, FOLDER_NEVER_FLUSHED)
    finally:
        os.close(handle)


def _flush(handle: int, refusals: frozenset[int]) -> None:
    """Flush to the disk. An error among ``refusals`` only says that this cannot be asked for."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in refusals:
            raise
