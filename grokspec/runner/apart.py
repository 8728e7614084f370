"""What a worker of a cluster does: it trains a stack apart from the store.

It needs no folder that it shares with anybody. What the stack needs comes with it, and the results
go back as the bytes of the files that the store gets.
"""

from __future__ import annotations

import functools
import os
import platform
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grokspec.engines.base import Begun
from grokspec.files.downloads import data_folder
from grokspec.files.python import UserCodeError
from grokspec.runner.executors import worker_numerics
from grokspec.runner.luggage import LacksFilesError, Luggage, put, unpack
from grokspec.runner.machine import Machine, detect
from grokspec.runner.training import Job, stack_errors, trained
from grokspec.store.fingerprint import digest, loaded_sources
from grokspec.store.shard import Packed, Result, packed

PACKAGES = ("grokspec", "torch", "numpy", "scipy")
"""Packages whose versions are compared."""

SECONDS_BETWEEN_NEWS = 2.0
"""The least time between two reports of the number of steps taken."""


@dataclass(frozen=True)
class Introduction:
    """What a worker says of itself."""

    host: str
    process: int
    machine: Machine
    versions: dict[str, str]


@dataclass(frozen=True)
class Order:
    """A stack to train, as it is sent to a worker."""

    luggage: Luggage
    """A Job, and what was kept of its runs from which they go on, or None."""
    device: str
    """As for `resolve_device`: each worker has its own."""
    fingerprints: tuple[str, ...]
    """Of the code that each run is to be trained by."""
    topic: str
    number: int


class OtherCodeError(Exception):
    """The code of a worker is not that of the process that reads the spec."""

    def __init__(self, number: int, sources: dict[str, str]) -> None:
        super().__init__(number, sources)
        self.number, self.sources = number, sources
        """The position of a run in the stack, and what its code is here."""


class NotPreparedError(Exception):
    """A worker cannot begin: it lacks a package, has a broken one, or no room on its disk."""


class NoLongerWantedError(Exception):
    """Whoever ordered a stack has cancelled it."""


def introduce(device: str) -> Introduction:
    """Say what this worker is; ``device`` as for `resolve_device`."""
    return Introduction(socket.gethostname(), os.getpid(), _machine(device), versions())


def train_apart(
    order: Order, files: Mapping[str, bytes], public: Mapping[str, bytes]
) -> Packed | list[Result]:
    """Train a stack, and return its results: packed, or as they are if they begin in the middle.

    ``files`` are those of the luggage that this worker lacks, ``public`` those that it lacks of the
    public data. Raises a LacksFilesError, an OtherCodeError or a NotPreparedError before it trains,
    and the errors of `stack_errors` afterwards.
    """
    with worker_numerics():
        job, begun, note = _prepared(order, files, public)
        with stack_errors():
            results = trained(job, note, begun)
            return results if begun else packed(results)


def _prepared(
    order: Order, files: Mapping[str, bytes], public: Mapping[str, bytes]
) -> tuple[Job, Begun | None, Callable[[int], None]]:
    """All that is done before the training. What fails here, fails because of this worker.

    Only code of the user's may fail wherever it is run, unless it lacks something to import.
    """
    try:
        folder = _own_folder()
        put(files, folder)
        put(public, data_folder() if public else folder)
        job, begun = unpack(order.luggage, folder)
        _compare_code(job, order.fingerprints)
        return job.on(_machine(order.device).device), begun, _reporter(order)
    except (LacksFilesError, OtherCodeError):
        raise
    except UserCodeError as error:
        if not isinstance(error.__cause__, ImportError):
            raise
        raise NotPreparedError(str(error)) from error
    except Exception as error:
        raise NotPreparedError(f"{type(error).__name__}: {error}") from error


def versions() -> dict[str, str]:
    """The versions of Python and of `PACKAGES` in this process."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a source tree on the path has no metadata
            found[package] = "unknown"
    return found


def _compare_code(job: Job, fingerprints: tuple[str, ...]) -> None:
    for number, (run, expected) in enumerate(zip(job.runs, fingerprints, strict=True)):
        sources = loaded_sources(run.experiment)
        if digest(sources) != expected:
            raise OtherCodeError(number, sources)


@functools.cache
def _machine(device: str) -> Machine:
    return detect(device)


def _own_folder() -> Path:
    """A folder of this worker, which Dask removes when it ends."""
    from distributed import get_worker

    return Path(get_worker().local_directory) / "grokspec"


def _reporter(order: Order) -> Callable[[int], None]:
    """A function that reports numbers of steps, and ends a training that nobody waits for."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    last = time.monotonic()

    def note(steps: int) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN_NEWS:
            return
        last = time.monotonic()
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise NoLongerWantedError
        worker.log_event(order.topic, {"number": order.number, "steps": steps})

    return note
