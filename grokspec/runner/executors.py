"""Where stacks are trained: in local processes, or in this one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

THREAD_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class LocalProcesses(Executor):
    """As many processes as asked for, each a pool of its own.

    So one that dies takes nothing with it but the call that it was busy with, and it is known
    which that was: its future raises BrokenProcessPool. The next call gets a new process.
    """

    def __init__(self, count: int) -> None:
        self._pools: list[ProcessPoolExecutor | None] = [None] * count
        self._calls: list[set[Future[Any]]] = [set() for _ in range(count)]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function in the process with the least to do."""
        for calls in self._calls:
            calls -= {call for call in calls if call.done()}
        slot = min(range(len(self._pools)), key=lambda i: len(self._calls[i]))
        try:
            future = self._pool(slot).submit(fn, *args, **kwargs)
        except BrokenProcessPool:
            self._pools[slot] = None
            future = self._pool(slot).submit(fn, *args, **kwargs)
        self._calls[slot].add(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes once they have done what they are busy with."""
        for pool in filter(None, self._pools):
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def kill(self) -> None:
        """End the processes at once."""
        for pool in filter(None, self._pools):
            # ProcessPoolExecutor.kill_workers, which does this, is new in Python 3.14.
            for process in list((pool._processes or {}).values()):
                process.kill()
        self.shutdown(cancel_futures=True)

    def _pool(self, slot: int) -> ProcessPoolExecutor:
        pool = self._pools[slot]
        if pool is None:
            pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), initializer=start_worker
            )
            self._pools[slot] = pool
        return pool


class ThisProcess(Executor):
    """Makes each call at once, in this process, whose threads and denormals it sets as a worker's."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Make the call, and return a future that is done."""
        _compute_as_a_worker()
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def start_worker() -> None:
    """Make this process a worker: one thread, no denormal numbers, and it ends with its parent.

    For executors other than `LocalProcesses` whose workers are processes, too.
    """
    _die_with_parent()
    # Ctrl-C reaches every process of the terminal; the parent is the one that answers it.
    with contextlib.suppress(ValueError):  # only a main thread may
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for variable in THREAD_LIMITS:
        os.environ[variable] = "1"  # before numpy and torch are loaded
    _compute_as_a_worker()


def _compute_as_a_worker() -> None:
    """One thread, and no denormal numbers, which are slow and tell no networks apart."""
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def _die_with_parent() -> None:
    parent, born_of = multiprocessing.parent_process(), os.getppid()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        # The sentinel tells at once, unless a process that the parent forked holds it open.
        while not wait([sentinel], timeout=1.0) and os.getppid() == born_of:
            pass
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
