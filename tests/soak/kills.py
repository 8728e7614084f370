"""Kills small trainings at random moments, and looks whether the same command then completes them.

    python tests/soak/kills.py 200 [--seed 1] [--command | --without-locks]

One process, or two on one store, are killed up to three times; then one is left to finish. At any
moment a result is whole and right or missing. In the end the store is complete, as an undisturbed
one to 12 digits (processes that divide a stack round otherwise), each run was trained once, and
nothing else stays behind. By default a process is a fork that trains by itself, which takes a third
of a second; with --command it is `grokspec run` with two workers, and --without-locks is as on a
file system that has none. Exits with 1 if something is not so.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

os.environ["OMP_NUM_THREADS"] = "1"  # a fork must not need other threads

import numpy as np
from damages import too_long, written_spec

from grokspec.files.atomic import ABANDONED_AFTER
from grokspec.runner import train_runs
from grokspec.spec import SpecFile
from grokspec.store import Store
from grokspec.store.locks import Reservations
from grokspec.store.shard import Result, read_entries

LONGEST = 120
"""Seconds after which a process that is not killed has to have finished."""

Start = Callable[[SpecFile, Path], int]
"""Starts a training of a spec on a store, and returns the number of its process."""


def fork(spec: SpecFile, store: Path) -> int:
    """Train in a copy of this process."""
    child = os.fork()
    if child:
        return child
    try:
        train_runs(spec.runs, Store(store), device="cpu", workers=0)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def command(spec: SpecFile, store: Path) -> int:
    """Run the command."""
    code = "from grokspec.cli import main; main()"
    options = ["--store", str(store), "--workers", "2", "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", str(spec.path), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    process.returncode = 0  # `wait` below is told the real one
    return process.pid


def wait(process: int) -> int:
    """The exit status of a process that is expected to end."""
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LONGEST)
    _, status = os.waitpid(process, 0)
    signal.alarm(0)
    return status


class Soak:
    """An undisturbed store, and others that are made under kills."""

    def __init__(self, folder: Path, start: Start, rng: Random) -> None:
        self._folder, self._start, self._rng = folder, start, rng
        self.spec = written_spec(folder, [100, 101, 102])
        self._keys = [run.key for run in self.spec.runs]
        self._rounds = 0
        if start is fork:  # loads all that the forks need
            train_runs(self.spec.runs, Store(folder / "loaded"), device="cpu", workers=0)
        began = time.monotonic()
        assert wait(start(self.spec, folder / "whole")) == 0
        self._usual = time.monotonic() - began
        print(f"a process that is not killed takes {self._usual:.2f} s")
        self._right = Store(folder / "whole").read(self._keys)
        assert len(self._right) == len(self._keys)

    def round(self, most: int) -> int:
        """Kill processes on a new store until one may finish. Returns how many were killed."""
        self._rounds += 1
        store = self._folder / f"store {self._rounds}"
        kills = 0
        for _ in range(self._rng.randint(1, min(3, most))):
            kills += self._kill_one(store)
            self._check(store)
        assert wait(self._start(self.spec, store)) == 0, "the same command failed"
        assert self._check(store) == len(self._keys), "the store is not complete"
        assert set(_times_trained(store).values()) == {1}, "a run was trained twice"
        _nothing_stays(store)
        return kills

    def _kill_one(self, store: Path) -> int:
        """Kill one process, of one or two on the store. Returns 0 if it had ended before."""
        first = self._start(self.spec, store)
        second = self._start(self.spec, store) if self._rng.random() < 0.3 else None
        time.sleep(self._rng.uniform(0, 1.2 * self._usual))
        with contextlib.suppress(ProcessLookupError):
            os.kill(first, self._rng.choice([signal.SIGKILL, signal.SIGTERM]))
        killed = int(wait(first) != 0)
        if second:
            assert wait(second) == 0, "the other process failed"
            assert self._check(store) == len(self._keys), "the other has not trained all"
        return killed

    def _check(self, store: Path) -> int:
        """How many results there are; all of them have to be right."""
        found = Store(store).read(self._keys)
        for key, result in found.items():
            assert _same(result, self._right[key]), "another number was read"
        return len(found)


def _same(result: Result, right: Result) -> bool:
    """Whether two results of a run are the same, but for rounding."""
    own, other = result.history, right.history
    return (
        (own.status, own.diverged_at) == (other.status, other.diverged_at)
        and (result.experiment, result.fingerprint) == (right.experiment, right.fingerprint)
        and np.array_equal(own.steps, other.steps)
        and own.quantities.keys() == other.quantities.keys()
        and all(
            np.allclose(values, other.quantities[name], rtol=1e-12, atol=1e-15)
            for name, values in own.quantities.items()
        )
    )


def _times_trained(store: Path) -> Counter[str]:
    """By the shards there are."""
    return Counter(e.key for path in Store(store).files() for e in read_entries(path))


def _without_locks() -> None:
    """Let locks fail as on a file system that has none."""

    def flock(handle: int, operation: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    fcntl.flock = flock


def _nothing_stays(store: Path) -> None:
    """Of what killed processes left, after the next training and a day at the latest."""
    long_ago = time.time() - ABANDONED_AFTER - 1
    for part in store.rglob("*.part"):
        os.utime(part, (long_ago, long_ago))
    Store(store).prepare()
    Reservations(store).reserve((), lambda keys: ())
    assert not list(store.rglob("*.part"))
    left = sorted(path.name for path in (store / "reservations").iterdir())
    assert left == ["lock"], left


def main() -> int:
    """Kill as many processes as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--command", action="store_true")
    how.add_argument("--without-locks", action="store_true")
    asked = parser.parse_args()
    if asked.without_locks:
        _without_locks()
    warnings.simplefilter("error")
    killed = failed = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), command if asked.command else fork, Random(asked.seed))
        while killed < asked.count and failed < 10:
            try:
                killed += soak.round(asked.count - killed)
            except Exception as error:
                failed += 1
                print(f"round {soak._rounds}: {type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    print(f"{killed} killed in {soak._rounds} rounds and {seconds:.0f} s, {failed} rounds failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
