"""One process at a time, where the file system has locks."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from grokspec.errors import GrokspecError
from grokspec.formatting import duration

LONGEST_WAIT = 600.0
"""Seconds to wait for a lock, which nobody holds for long."""

UNSUPPORTED = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}
"""What a file system without locks answers."""


@contextlib.contextmanager
def turn(lock: Path) -> Iterator[bool]:
    """Wait until no other process has this lock, and have it. False if there are no locks here.

    Raises a GrokspecError if another process does not give it back, or it is no file.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(lock.lstat().st_mode):
            raise GrokspecError(f"{lock} is a link or no file; remove it")
    if not _can_be_locked(lock):
        yield False
        return
    try:
        held = FileLock(lock).acquire(timeout=LONGEST_WAIT)
    except Timeout as error:
        raise GrokspecError(
            f"{lock} has been locked by another process for {duration(LONGEST_WAIT)}; "
            "end that process, or remove the file"
        ) from error
    with held:
        yield True


def _can_be_locked(file: Path) -> bool:
    """Whether the file system has locks."""
    if os.name == "nt":
        return True
    import fcntl

    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(file, flags, 0o644)
    except PermissionError:  # it is another user's
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in UNSUPPORTED:
            return False
        if not isinstance(error, BlockingIOError | PermissionError):  # another process has it
            raise
    finally:
        os.close(handle)
    return True
