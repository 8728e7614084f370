"""Those who train stacks: local processes, this process, or the workers of an executor.

The workers of a cluster are in `cluster`.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError
from grokspec.runner.executors import LocalProcesses, ThisProcess
from grokspec.runner.failure import TooLargeError, reason_for
from grokspec.runner.machine import Machine, cores, cut_for, detect, too_large_for
from grokspec.runner.training import Job, train_stack

if TYPE_CHECKING:
    from grokspec.plan import Beginning, MostRuns, Stack
    from grokspec.runner.pace import Clock
    from grokspec.spec import Run
    from grokspec.store import Entry, Store


class Workers(ABC):
    """Those who train the stacks of one call, one stack each at a time."""

    device: str
    """The torch device that they train on, known from `look` on."""

    @property
    @abstractmethod
    def slots(self) -> int:
        """How many stacks can be in training now, from `cut` on."""

    @abstractmethod
    def look(self, device: str, clock: Clock) -> None:
        """Look at their machines; ``device`` as for `resolve_device`.

        Waits for a first worker, until the time is over. May raise a GrokspecError.
        """

    @abstractmethod
    def cut(
        self, runs: Sequence[Run], beginnings: Mapping[str, Beginning], most: MostRuns
    ) -> tuple[Stack, ...]:
        """Stacks of some runs that their memory holds, and that keep all of them busy.

        Raises a TooLargeError if a run needs more memory than there is.
        """

    @abstractmethod
    def begin(self, job: Job, steps: Path) -> Future[Any]:
        """Have a stack trained; the number of steps taken so far is written to a file."""

    def wait(self, begun: Collection[Future[Any]], seconds: float) -> Collection[Future[Any]]:
        """Those that have ended of what has begun; waits so many seconds for a first one."""
        return concurrent.futures.wait(begun, seconds, FIRST_COMPLETED).done

    def written(self, job: Job, result: Any) -> tuple[Entry, ...]:
        """The entries of the store for the result of a future, which is in the store then."""
        return result

    def stop(self) -> None:  # noqa: B027 (an executor that was given is its owner's)
        """End all that is in training at once."""

    @property
    def in_words(self) -> str:
        """Who they are, for a line on the progress; empty if that goes without saying."""
        return ""


class OfExecutor(Workers):
    """The workers of an executor, which reach the folder of the store."""

    def __init__(self, executor: Executor, store: Store, count: int | None, fixed: bool) -> None:
        """``count`` stacks train at a time, by default as many as the machine has room for.

        With ``fixed``, that does not depend on this machine's memory.
        """
        self._executor, self._store, self._fixed = executor, store, fixed
        self._count = count
        self._machine = Machine("cpu", 1, float("inf"))

    @property
    def slots(self) -> int:
        """See `Workers`."""
        return self._machine.slots if self._count is None else max(self._count, 1)

    def look(self, device: str, clock: Clock) -> None:
        """One of the workers looks: this process need not load torch."""
        if device == "cpu" and isinstance(self._executor, LocalProcesses | ThisProcess):
            self._machine = detect(device)
        else:
            self._machine = self._seen(device)
        self.device = self._machine.device

    def _seen(self, device: str) -> Machine:
        try:
            return self._executor.submit(detect, device).result()
        except GrokspecError:
            raise
        except Exception as error:  # torch cannot be loaded, or the process died
            why = reason_for(error)
            raise GrokspecError(f"the machine could not be looked at: {why}") from error

    def cut(
        self, runs: Sequence[Run], beginnings: Mapping[str, Beginning], most: MostRuns
    ) -> tuple[Stack, ...]:
        """See `Workers`."""
        stacks, fitting = cut_for(self._machine, self.slots, runs, beginnings, most)
        if not self._fixed:  # the workers of others may be on other machines
            self._count = fitting
        if too_large := too_large_for(self._machine, stacks):
            raise TooLargeError(too_large)
        if isinstance(self._executor, LocalProcesses):  # jobs that come at once meet meanwhile
            self._executor.start(min(self.slots, len(stacks)))
        return stacks

    def begin(self, job: Job, steps: Path) -> Future[Any]:
        """See `Workers`."""
        return self._executor.submit(train_stack, str(self._store.folder), job, str(steps))

    def stop(self) -> None:
        """End local processes; the workers of an executor that was given are its owner's."""
        if isinstance(self._executor, LocalProcesses):
            self._executor.kill()


@contextlib.contextmanager
def workers_for(executor: Any, store: Store, count: int | None) -> Iterator[Workers]:
    """The workers of an executor or a Dask client, or of local processes that are started.

    With a ``count`` of 0, this process trains. An error ends local processes at once.
    """
    if isinstance(executor, Workers):
        yield executor
    elif hasattr(executor, "scheduler_info"):  # a client of Dask, which need not be installed
        from grokspec.runner.cluster import OfCluster

        with OfCluster(executor, store) as workers:
            yield workers
    elif executor is not None or count == 0:
        yield OfExecutor(executor or ThisProcess(), store, count, fixed=executor is not None)
    else:
        with _local_processes(count) as processes:
            yield OfExecutor(processes, store, count, fixed=False)


@contextlib.contextmanager
def _local_processes(count: int | None) -> Iterator[LocalProcesses]:
    processes = LocalProcesses(count or cores())
    try:
        yield processes
    except BaseException:
        processes.kill()
        raise
    processes.shutdown()
