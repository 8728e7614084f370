"""Where stacks are trained: in local processes, or in this one."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from grokspec.runner.failure import WorkerDiedError

THREAD_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

SECONDS_TO_END = 2.0
"""How long the exit code of a process that has died may take to be known."""


class LocalProcesses(Executor):
    """A number of processes, each in a pool of its own.

    A process that dies breaks only the call it was running: the future of that call raises a
    WorkerDiedError that says how. The next call gets a new process.
    """

    def __init__(self, count: int) -> None:
        self._pools: list[ProcessPoolExecutor | None] = [None] * count
        self._calls: list[set[Future[Any]]] = [set() for _ in range(count)]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function in the process with the fewest calls."""
        future: Future[Any] = Future()
        try:
            call = pickle.dumps((fn, args, kwargs))
        except Exception as error:
            future.set_exception(error)
            return future
        for calls in self._calls:
            calls -= {call for call in calls if call.done()}
        slot = min(range(len(self._pools)), key=lambda i: len(self._calls[i]))
        try:
            inner = self._begin(slot, call)
        except BrokenProcessPool:
            self._pools[slot] = None
            inner = self._begin(slot, call)
        (process,) = self._processes(slot)
        inner.add_done_callback(lambda done: _pass_on(done, future, process))
        self._calls[slot].add(future)
        return future

    def start(self, count: int) -> None:
        """Start so many of the processes, and wait until the first is ready for a call."""
        ready = pickle.dumps((os.getpid, (), {}))
        started = [self._begin(slot, ready) for slot in range(count)]
        concurrent.futures.wait(started, return_when=FIRST_COMPLETED)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes after their calls."""
        for pool in filter(None, self._pools):
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def kill(self) -> None:
        """End the processes at once."""
        for slot in range(len(self._pools)):
            # ProcessPoolExecutor.kill_workers does this from Python 3.14 on.
            for process in self._processes(slot):
                process.kill()
        self.shutdown(cancel_futures=True)

    def _begin(self, slot: int, call: bytes) -> Future[Any]:
        """Make a call in a process, which is started if it is not there."""
        with _without_ctrl_c():
            return self._pool(slot).submit(_call, call)

    def _pool(self, slot: int) -> ProcessPoolExecutor:
        pool = self._pools[slot]
        if pool is None:
            pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), initializer=_obey_parent
            )
            self._pools[slot] = pool
        return pool

    def _processes(self, slot: int) -> list[BaseProcess]:
        pool = self._pools[slot]
        return list((pool._processes or {}).values()) if pool else []


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Keep Ctrl-C from this process within the block, and for good from those that it starts.

    Before `_obey_parent`, it would end them with a traceback of Python's own start.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _call(call: bytes) -> Any:
    """Make a pickled call in a worker: what fails while it is unpickled comes back as well."""
    _start_once()
    fn, args, kwargs = pickle.loads(call)
    return fn(*args, **kwargs)


def _pass_on(done: Future[Any], future: Future[Any], process: BaseProcess) -> None:
    """Settle a future as the process pool settled its own."""
    if done.cancelled():
        future.cancel()
    elif isinstance(error := done.exception(), BrokenProcessPool):
        process.join(SECONDS_TO_END)
        future.set_exception(WorkerDiedError(how_it_ended(process.exitcode)))
    elif error is not None:
        future.set_exception(error)
    else:
        future.set_result(done.result())


def how_it_ended(code: int | None) -> str:
    """How a worker process ended, by its exit code; negative ones are signals."""
    if code is None or code >= 0:
        return (
            f"its worker process ended by itself, with exit code {code}. Either a library found no "
            "memory (train fewer stacks at a time, by --workers), or its code calls os._exit, or a "
            'script calls grokspec outside `if __name__ == "__main__":`'
        )
    known = {number.value: number.name for number in signal.Signals}
    name = known.get(-code, f"signal {-code}")
    if name != "SIGKILL":
        return f"its worker process died of {name}"
    return (
        "its worker process was killed (SIGKILL), most likely because memory ran out: `grokspec "
        "plan` says how much is needed; train fewer stacks at a time (--workers), or on a machine "
        "with more"
    )


class ThisProcess(Executor):
    """Makes each call at once, in this process, under the numerical settings of a worker."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Make the call, and return a future that is done."""
        future: Future[Any] = Future()
        with worker_numerics():
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
        return future


def start_worker() -> None:
    """Make this process a worker: one thread, no denormal numbers, and it ends with its parent.

    Other executors can use it, too, if their workers are processes.
    """
    _obey_parent()
    for variable in THREAD_LIMITS:
        os.environ[variable] = "1"  # before numpy and torch are loaded
    _set_numerics(threads=1, flush_denormals=True)


@contextlib.contextmanager
def worker_numerics() -> Iterator[None]:
    """Compute as a worker does within the block, and as before afterwards.

    Whether denormal numbers are flushed is a setting of each thread.
    """
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


_start_once = functools.cache(start_worker)


def _obey_parent() -> None:
    """End with the parent, and leave to it what a terminal sends to all of its processes."""
    _end_with_parent()
    for name in ("SIGINT", "SIGHUP"):
        with contextlib.suppress(ValueError, AttributeError):  # in a thread; on Windows
            signal.signal(getattr(signal, name), signal.SIG_IGN)


@functools.cache
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
