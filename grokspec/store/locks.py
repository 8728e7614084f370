"""Who is training what just now, so that processes on one store divide the work.

A reservation is a file that lists the runs which a process is training, and beside it a file that
the process holds locked as long as it lives. The operating system takes the lock back when the
process ends, however it ends, so that its runs are free again without anybody tidying up.
Reservations are made, looked at and removed under one short lock on the folder.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from grokspec.files.atomic import explained

Done = Callable[[Collection[str]], Collection[str]]
"""Tells which of some runs, given by their keys, are in the store and need no training."""


@dataclass(frozen=True)
class Sharing:
    """How the runs that a process asked for are divided."""

    theirs: tuple[str, ...]
    """Being trained by another process."""
    done: tuple[str, ...]
    """In the store by now."""
    reservation: Reservation | None
    """Holds all others; None if there are none."""


class Reservation:
    """Some runs that this process trains. Ends with `release`, or with the process."""

    def __init__(self, folder: Path, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self._folder, self._name = folder, uuid.uuid4().hex
        # The thread that lets go need not be the one that took hold.
        self._hold = FileLock(self._file("lock"), thread_local=False)
        self._hold.acquire()
        try:
            self._file("json").write_text(json.dumps({"keys": keys}))
        except BaseException:
            self._remove()
            raise

    @property
    def steps(self) -> Path:
        """A file in which whoever trains the runs may note the number of steps taken."""
        return self._file("steps")

    def release(self) -> None:
        """Let others have what is not in the store. Done twice, it does no more than once."""
        if not self._hold.is_locked:
            return
        with contextlib.suppress(OSError), _lock(self._folder):
            self._remove()

    def _file(self, ending: str) -> Path:
        return self._folder / f"{self._name}.{ending}"

    def _remove(self) -> None:
        self._hold.release()
        for ending in ("steps", "json", "lock"):
            self._file(ending).unlink(missing_ok=True)


class Reservations:
    """The reservations on one store. As a context, it ends those made in it that are left."""

    def __init__(self, store: Path) -> None:
        self.folder = store / "reservations"
        self._made: list[Reservation] = []

    def __enter__(self) -> Reservations:
        return self

    def __exit__(self, *error: object) -> None:
        for reservation in self._made:
            reservation.release()

    def reserve(self, keys: Collection[str], done: Done) -> Sharing:
        """Reserve those runs that nobody holds and that are not done.

        ``done`` is asked after the reservations are looked at, because whoever gives one back
        has written the results before.
        """
        with explained(f"no runs can be reserved in {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with _lock(self.folder):
                held = self._held()
                free = tuple(key for key in keys if key not in held)
                there = set(done(free))
                mine = tuple(key for key in free if key not in there)
                reservation = Reservation(self.folder, mine) if mine else None
                self._made += [reservation] if reservation else []
                return Sharing(
                    theirs=tuple(key for key in keys if key in held),
                    done=tuple(key for key in free if key in there),
                    reservation=reservation,
                )

    def _held(self) -> set[str]:
        """The runs that living processes hold. What dead ones left behind is removed."""
        held: set[str] = set()
        for name in {path.stem for path in self.folder.glob("*.*")}:
            if _is_locked(self.folder / f"{name}.lock"):
                held |= set(json.loads((self.folder / f"{name}.json").read_bytes())["keys"])
            else:
                for path in self.folder.glob(f"{name}.*"):
                    path.unlink(missing_ok=True)
        return held


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with FileLock(folder / "lock"):
        yield


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False
