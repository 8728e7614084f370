"""Where stacks are trained: in local processes, or in this one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

THREAD_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class LocalProcesses(Executor):
    """A number of processes, each in a pool of its own.

    A process that dies breaks only the call it was running: the future of that call raises
    BrokenProcessPool. The next call gets a new process.
    """

    def __init__(self, count: int) -> None:
        self._pools: list[ProcessPoolExecutor | None] = [None] * count
        self._calls: list[set[Future[Any]]] = [set() for _ in range(count)]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function in the process with the fewest calls."""
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
        """End the processes after their calls."""
        for pool in filter(None, self._pools):
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def kill(self) -> None:
        """End the processes at once."""
        for pool in filter(None, self._pools):
            # ProcessPoolExecutor.kill_workers does this from Python 3.14 on.
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
    """Makes each call at once, in this process, under the numerical settings of a worker."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Make the call, and return a future that is done."""
        future: Future[Any] = Future()
        with _worker_numerics():
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
        return future


def start_worker() -> None:
    """Make this process a worker: one thread, no denormal numbers, and it ends with its parent.

    Other executors can use it, too, if their workers are processes.
    """
    _end_with_parent()
    # Ctrl-C reaches every process of the terminal; the parent handles it.
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for variable in THREAD_LIMITS:
        os.environ[variable] = "1"  # before numpy and torch are loaded
    _set_numerics(threads=1, flush_denormals=True)


@contextlib.contextmanager
def _worker_numerics() -> Iterator[None]:
    """Compute as a worker does within the block, and as before afterwards."""
    import torch
    from threadpoolctl import threadpool_limits

    smallest = torch.tensor([torch.finfo(torch.float64).tiny], dtype=torch.float64)
    before = torch.get_num_threads(), bool(smallest / 2 == 0)
    _set_numerics(threads=1, flush_denormals=True)
    try:
        with threadpool_limits(1):  # numpy's libraries, which torch's setting does not reach
            yield
    finally:
        _set_numerics(*before)


def _set_numerics(threads: int, flush_denormals: bool) -> None:
    """Denormal numbers are slow, and too small to matter in any network."""
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(flush_denormals)


def _end_with_parent() -> None:
    parent, parent_id = multiprocessing.parent_process(), os.getppid()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        # The sentinel is ready at once, unless a process that the parent forked holds it open.
        while not wait([sentinel], timeout=1.0) and os.getppid() == parent_id:
            pass
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
