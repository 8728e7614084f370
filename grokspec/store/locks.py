"""Which process is training which runs, so that processes on one store divide the work.

    reservations/lock          held for a moment, while reservations are read and made
    reservations/<name>.json   the runs that a process is training, and which process it is; or
                               those that it wants to train, so that others leave some of them
    reservations/<name>.lock   kept locked by that process
    reservations/<name>.steps  how far it is
    reservations/tidying       kept locked by a process that removes or merges results

The operating system releases a lock when the process ends, however it ends, so its runs become free
without any cleanup. Where the file system has no locks, or only one of the machines that share it,
a process is known by its *signs of life*: it touches its json file every few seconds, and its runs
become free once that has not changed for LEASE seconds, by the clock of the process that waits. On
one machine it is also looked up whether the process is there.

Whoever makes a reservation looks again afterwards, and gives up the runs that somebody else has
reserved at the same moment. So no two processes train a run together, with or without locks, unless
one was suspended for longer than LEASE. Even then both write the same result.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import stat
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from grokspec.files.atomic import explained, sweep_out, write_whole
from grokspec.files.regular import read_regular, reason
from grokspec.files.turns import turn
from grokspec.formatting import duration
from grokspec.store.notices import PassedOver, notify

FindDone = Callable[[Collection[str]], Collection[str]]
"""Takes keys of runs, and returns those of the runs that the store has and need no training."""

BEAT = 5.0
"""Seconds between the signs of life of a process that has reserved runs."""

LEASE = 60.0
"""Seconds without a sign of life after which a process without a lock is taken to be dead."""

LONGEST_CONTENT = 2**26
"""Bytes of a reservation's file; the keys of 10,000 runs take 670,000."""

OWN = re.compile(r"([0-9a-f]{32})\.")
"""How the names of a reservation's files begin."""


class Reserved(BaseModel):
    """The content of a reservation's file."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[str, ...]
    wanted: tuple[str, ...] = ()
    """The runs that the process has still to train, or finds trained; see `announce`."""
    host: str = ""
    pid: int = 0
    since: float = 0.0
    """Seconds since 1970, by the clock of that process."""
    machine: str = ""
    """Where ``pid`` means something: the running system and its container. Empty if unknown."""


@dataclass(frozen=True)
class Division:
    """How the runs that a process asked for are divided."""

    held_by_others: tuple[str, ...]
    """Being trained by other processes."""
    done: tuple[str, ...]
    """In the store by now."""
    reservation: Reservation | None
    """Of the remaining runs; None if there are none."""
    holders: tuple[str, ...] = ()
    """The processes that train what is held by others, each in a few words."""


class Reservation:
    """Runs that this process trains, until `release` or the end of the process."""

    def __init__(
        self,
        folder: Path,
        keys: tuple[str, ...],
        locked: bool = True,
        wanted: tuple[str, ...] = (),
    ) -> None:
        self.keys, self._wanted = keys, wanted
        self.name = uuid.uuid4().hex
        self._folder, self._since, self._released = folder, time.time(), False
        # Another thread may release it than the one that made it.
        self._lock = FileLock(self._file("lock"), thread_local=False) if locked else None
        try:
            if self._lock:
                self._lock.acquire()
            self._write()
        except BaseException:
            self.release()
            raise

    @property
    def steps(self) -> Path:
        """A file for the number of steps taken so far, written by the worker."""
        return self._file("steps")

    def give_up(self, keys: Collection[str]) -> None:
        """Free some of the runs, or release all."""
        self.keys = tuple(key for key in self.keys if key not in keys)
        if self.keys:
            self._write()
        else:
            self.release()

    def show_life(self) -> None:
        """Give a sign of life, unless it is released."""
        if self._released:
            return
        with contextlib.suppress(OSError):  # the next one may succeed
            try:
                os.utime(self._file("json"))
            except PermissionError:  # some network drives set no times
                self._write()

    def release(self) -> None:
        """Free the runs for other processes. A second call does nothing."""
        if self._released:
            return
        self._released = True
        for ending in ("steps", "part", "json"):
            _remove(self._file(ending))
        if self._lock:
            self._lock.release()
            _remove(self._file("lock"))

    def _write(self) -> None:
        reserved = Reserved(
            keys=self.keys,
            wanted=self._wanted,
            host=socket.gethostname(),
            pid=os.getpid(),
            since=self._since,
            machine=_this_machine(),
        )
        write_whole(self._file("json"), reserved.model_dump_json().encode())

    def _file(self, ending: str) -> Path:
        return self._folder / f"{self.name}.{ending}"


class Reservations:
    """The reservations on one store. As a context manager, releases those it made at the end."""

    def __init__(self, store: Path) -> None:
        self.folder = store / "reservations"
        self._made: list[Reservation] = []
        self._signs: dict[str, tuple[object, float]] = {}
        """The last sign of life of each reservation, and when this process first saw it."""
        self._presence: Reservation | None = None
        self._named: set[Path] = set()
        self._end = threading.Event()
        self._heart: threading.Thread | None = None

    def __enter__(self) -> Reservations:
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        for reservation in self._made:
            reservation.release()

    def announce(self, keys: Collection[str]) -> None:
        """Let other processes know that this one is going to train these runs, too."""
        with self._at_turn() as locked:
            self._presence = self._reserved((), locked, tuple(keys))

    def sharers(self, keys: Collection[str]) -> int:
        """How many other processes have announced some of these runs."""
        own, wanted = self._presence and self._presence.name, set(keys)
        with self._at_turn() as locked:
            found = self._live(locked, without=own or "")
            return sum(not wanted.isdisjoint(reserved.wanted) for reserved, _ in found)

    def reserve(self, keys: Collection[str], find_done: FindDone) -> Division:
        """Reserve the runs that no process holds and that are not done.

        ``find_done`` is called after the reservations are read, as a process that releases one has
        written the results before.
        """
        with self._at_turn() as locked:
            held = self._held(locked)
            free = [key for key in keys if key not in held]
            done = set(find_done(free))
            left = tuple(key for key in free if key not in done)
            reservation = self._reserved(left, locked) if left else None
            if reservation:
                mine = self._held(locked, without=reservation.name)
                if clash := {key: mine[key] for key in left if key in mine}:
                    reservation.give_up(clash)
                    held |= clash
                    time.sleep(random.uniform(0, 0.2))  # or both would give up again and again
                if not locked:  # one of them may have been reserved, trained and released
                    done |= set(find_done(reservation.keys))
                    reservation.give_up(done)
            others = tuple(key for key in keys if key in held)
            return Division(
                held_by_others=others,
                done=tuple(key for key in keys if key in done),
                reservation=reservation if reservation and reservation.keys else None,
                holders=tuple(dict.fromkeys(held[key] for key in others)),
            )

    @contextlib.contextmanager
    def _at_turn(self) -> Iterator[bool]:
        """Wait for the turn of this process in the folder, which is made; see `_turn`."""
        with explained(f"no runs can be reserved in {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            sweep_out(self.folder)
            with turn(self.folder / "lock") as locked:
                yield locked

    def _reserved(
        self, keys: tuple[str, ...], locked: bool, wanted: tuple[str, ...] = ()
    ) -> Reservation:
        reservation = Reservation(self.folder, keys, locked, wanted)
        self._made.append(reservation)
        if self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="reservations", daemon=True)
            self._heart.start()
        return reservation

    def _beat(self) -> None:
        while not self._end.wait(BEAT):
            for reservation in list(self._made):
                reservation.show_life()

    def _held(self, locked: bool, without: str = "") -> dict[str, str]:
        """The runs that live processes hold, and who holds them."""
        live = self._live(locked, without)
        return {key: holder for reserved, holder in live for key in reserved.keys}

    def _live(self, locked: bool, without: str) -> list[tuple[Reserved, str]]:
        """What live processes have reserved, and each in words. Files of dead ones are removed."""
        live = []
        for name, files in self._files().items():
            if name == without:
                continue
            lock = self.folder / f"{name}.lock"
            reserved = self._content(self.folder / f"{name}.json")
            has_lock = _is_locked(lock) if locked else None
            silence = self._silence(name, files)
            if has_lock is None and (silence > LEASE or _ended(reserved) or _is_rest(files)):
                has_lock = False
            if has_lock is False:
                for file in {*files, lock}:
                    _remove(file)
            elif reserved:
                live.append((reserved, _in_words(reserved, has_lock, silence)))
        return live

    def _files(self) -> dict[str, list[Path]]:
        """The files of each reservation, by its name."""
        files: dict[str, list[Path]] = defaultdict(list)
        for file in self.folder.iterdir():
            if match := OWN.match(file.name):
                files[match[1]].append(file)
        return files

    def _content(self, file: Path) -> Reserved | None:
        """What a file says, or None if it says nothing."""
        try:
            return Reserved.model_validate_json(read_regular(file, LONGEST_CONTENT))
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not file.is_symlink():
                return None  # not written yet, or removed by now
            why = reason(file, error)
        except ValidationError:
            why = "is not what grokspec wrote"
        if file not in self._named:
            self._named.add(file)
            notify(
                f"{file} {why}; it is passed over, and its runs may be trained twice", PassedOver
            )
        return None

    def _silence(self, name: str, files: Collection[Path]) -> float:
        """Seconds since the last sign of life, so far as this process has seen.

        Times of files are only compared with one another: clocks of machines differ.
        """
        sign = tuple(sorted((file.name, _modified(file)) for file in files))
        if self._signs.get(name, (None,))[0] != sign:
            self._signs[name] = sign, time.monotonic()
        return time.monotonic() - self._signs[name][1]


@contextlib.contextmanager
def tidying(store: Path) -> Iterator[None]:
    """Be the only process that removes or merges results in a store, where there are locks.

    Trainings go on meanwhile. Raises a GrokspecError if another process does not come to an end.
    """
    folder = store / "reservations"
    with explained(f"the store {store} cannot be written to"):
        folder.mkdir(parents=True, exist_ok=True)
        with turn(folder / "tidying"):
            yield


def _is_locked(file: Path) -> bool | None:
    """Whether a process has the lock; None if that cannot be said."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return False
        lock = FileLock(file, timeout=0)
        lock.acquire()
    except Timeout:
        return True
    except OSError:  # there is none, or it is another user's
        return None
    lock.release()
    return False


def _is_rest(files: Collection[Path]) -> bool:
    """Whether only notes of progress are left, by a worker that outlived the reservation."""
    return all(file.suffixes in ([".steps"], [".part"]) for file in files)


def _ended(reserved: Reserved | None) -> bool:
    """Whether it is known that the process has ended."""
    if not reserved or not reserved.machine or reserved.machine != _this_machine():
        return False
    try:
        os.kill(reserved.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        return False
    return False


def _this_machine() -> str:
    """The system, since it was started, and the container in which numbers of processes count."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux
        return ""


def _in_words(reserved: Reserved, has_lock: bool | None, silence: float) -> str:
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(reserved.since))
    words = f"process {reserved.pid} on {reserved.host or 'an unknown machine'}, since {since}"
    if has_lock is None and silence > 2 * BEAT:
        words += f", silent for {duration(silence)}: its runs are free after {duration(LEASE)}"
    return words


def _modified(file: Path) -> int:
    try:
        return file.lstat().st_mtime_ns
    except OSError:
        return 0


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):  # it is not there, or another user's, or a folder
        file.unlink()
