"""Which process is training which runs, so that processes on one store divide the work.

A reservation is a file with the keys of the runs that a process is training, and next to it a file
that the process keeps locked. The operating system releases the lock when the process ends, however
it ends, so its runs become free without any cleanup. Reservations are made, read and removed under
a short lock on the folder.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from grokspec.files.atomic import explained

FindDone = Callable[[Collection[str]], Collection[str]]
"""Takes keys of runs, and returns those of the runs that the store has and need no training."""


class Reserved(BaseModel):
    """The content of a reservation's file."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Division:
    """How the runs that a process asked for are divided."""

    held_by_others: tuple[str, ...]
    """Being trained by other processes."""
    done: tuple[str, ...]
    """In the store by now."""
    reservation: Reservation | None
    """Of the remaining runs; None if there are none."""


class Reservation:
    """Runs that this process trains, until `release` or the end of the process."""

    def __init__(self, folder: Path, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self._folder, self._name = folder, uuid.uuid4().hex
        # Another thread may release it than the one that made it.
        self._lock = FileLock(self._file("lock"), thread_local=False)
        self._lock.acquire()
        try:
            self._file("json").write_text(Reserved(keys=keys).model_dump_json())
        except BaseException:
            self._remove()
            raise

    @property
    def steps(self) -> Path:
        """A file for the number of steps taken so far, written by the worker."""
        return self._file("steps")

    def release(self) -> None:
        """Free the runs for other processes. A second call does nothing."""
        if not self._lock.is_locked:
            return
        with contextlib.suppress(OSError), _lock(self._folder):
            self._remove()

    def _file(self, ending: str) -> Path:
        return self._folder / f"{self._name}.{ending}"

    def _remove(self) -> None:
        self._lock.release()
        for ending in ("steps", "json", "lock"):
            self._file(ending).unlink(missing_ok=True)


class Reservations:
    """The reservations on one store. As a context manager, releases those it made at the end."""

    def __init__(self, store: Path) -> None:
        self.folder = store / "reservations"
        self._made: list[Reservation] = []

    def __enter__(self) -> Reservations:
        return self

    def __exit__(self, *error: object) -> None:
        for reservation in self._made:
            reservation.release()

    def reserve(self, keys: Collection[str], find_done: FindDone) -> Division:
        """Reserve the runs that no process holds and that are not done.

        ``find_done`` is called after the reservations are read, as a process that releases one has
        written the results before.
        """
        with explained(f"no runs can be reserved in {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with _lock(self.folder):
                held = self._held()
                free = tuple(key for key in keys if key not in held)
                done = set(find_done(free))
                left = tuple(key for key in free if key not in done)
                reservation = Reservation(self.folder, left) if left else None
                self._made += [reservation] if reservation else []
                return Division(
                    held_by_others=tuple(key for key in keys if key in held),
                    done=tuple(key for key in free if key in done),
                    reservation=reservation,
                )

    def _held(self) -> set[str]:
        """The runs that live processes hold. Files that dead ones left are removed."""
        held: set[str] = set()
        for name in {path.stem for path in self.folder.glob("*.*")}:
            if _is_locked(self.folder / f"{name}.lock"):
                content = (self.folder / f"{name}.json").read_bytes()
                held.update(Reserved.model_validate_json(content).keys)
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
