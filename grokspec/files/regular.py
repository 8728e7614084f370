"""Reading files that may be anything: a folder, a pipe, a device, a link to nothing, a terabyte.

Opening a pipe waits for a writer, and opening a device may do something, so it is looked at first.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

KINDS = {
    stat.S_IFDIR: "is a folder",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}


class NotRegularError(OSError):
    """What is there is no regular file."""

    def __init__(self, path: Path, mode: int) -> None:
        kind = KINDS.get(stat.S_IFMT(mode), "is something else")
        super().__init__(errno.EINVAL, f"{kind}, not a file", str(path))


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file, or a link to one. Raises an OSError otherwise, and never waits."""
    _check(path, os.stat(path).st_mode)
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 (the caller closes it)
    try:
        _check(path, os.fstat(file.fileno()).st_mode)  # it may have been replaced in between
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path, limit: int) -> bytes:
    """The content of a regular file. Raises an OSError if it has more than ``limit`` bytes."""
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"has more than {limit:,} bytes", str(path))
    return content


def reason(path: Path, error: OSError) -> str:
    """Why a file could not be read, to be put after its name."""
    if isinstance(error, NotRegularError):
        return str(error.strerror)
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return "is a link to nothing"
    return f"cannot be read: {error.strerror or error}"


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotRegularError(path, mode)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
