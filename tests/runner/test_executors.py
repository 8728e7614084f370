from __future__ import annotations

import os
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest
from experiments import experiment
from threadpoolctl import threadpool_info, threadpool_limits

from grokspec.engines.base import engine_of
from grokspec.runner.executors import (
    THREAD_LIMITS,
    LocalProcesses,
    ThisProcess,
    how_it_ended,
)


def threads_and_flushing() -> tuple[int, bool]:
    """The number of torch's threads, and whether denormal numbers are taken for zero."""
    import torch

    smallest = torch.tensor([torch.finfo(torch.float64).tiny], dtype=torch.float64)
    return torch.get_num_threads(), bool(smallest / 2 == 0)


def limits() -> set[str | None]:
    """The limits on the threads of numerical libraries."""
    return {os.environ.get(variable) for variable in THREAD_LIMITS}


def losses() -> list[float]:
    """The training losses of a network that strong weight decay shrinks to denormal numbers."""
    shrinking = experiment(
        optimizer={"kind": "adamw", "learning_rate": 0.05, "weight_decay": 5.0},
        training__steps=300,
        record__probes=["loss"],
        engine="autograd",
    )
    history = engine_of(shrinking).train([shrinking], "cpu")[0]
    return list(history.quantities["train_loss"])


@pytest.fixture(scope="module")
def processes():
    with LocalProcesses(1) as executor:
        yield executor


def test_a_worker_has_one_thread_and_takes_denormal_numbers_for_zero(processes):
    assert processes.submit(threads_and_flushing).result() == (1, True)
    assert processes.submit(limits).result() == {"1"}


def test_a_worker_trains_to_the_same_numbers_all_the_same(processes):
    assert processes.submit(losses).result() == pytest.approx(losses(), rel=1e-12)


def test_an_exception_comes_back_and_the_worker_goes_on(processes):
    before = processes.submit(os.getpid).result()
    with pytest.raises(ValueError, match="invalid literal"):
        processes.submit(int, "x").result()
    assert processes.submit(os.getpid).result() == before


def test_a_worker_that_dies_breaks_one_call_and_the_next_gets_a_new_one(processes):
    before = processes.submit(os.getpid).result()
    with pytest.raises(BrokenProcessPool, match=r"its worker process was killed \(SIGKILL\), most"):
        processes.submit(signal.raise_signal, signal.SIGKILL).result()
    assert processes.submit(os.getpid).result() != before


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (7, "ended by itself, with exit code 7. Either a library found no memory (train fewer"),
        (0, "ended by itself, with exit code 0"),
        (None, "ended by itself"),
        (
            -signal.SIGKILL,
            "was killed (SIGKILL), most likely because memory ran out: `grokspec plan`",
        ),
        (-signal.SIGSEGV, "died of SIGSEGV"),
        (-signal.SIGTERM, "died of SIGTERM"),
        (-40, "died of signal 40"),
    ],
)
def test_how_a_worker_ended_is_said_in_words(code, words):
    assert words in how_it_ended(code)


class Unreadable:
    """Something that fails when a worker reads it."""

    def __reduce__(self):
        return int, ("no number",)


def test_a_call_that_a_worker_cannot_read_fails_with_the_reason(processes):
    with pytest.raises(ValueError, match="no number"):
        processes.submit(print, Unreadable()).result()


def test_a_call_that_cannot_be_sent_fails_with_the_reason(processes):
    with pytest.raises(AttributeError, match="local object"):
        processes.submit(lambda: 0).result()


@pytest.fixture
def numerics():
    """Two threads and denormal numbers within the test, as in a process that is no worker."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.set_flush_denormal(False)
    yield
    torch.set_num_threads(threads)


def test_this_process_makes_a_call_at_once_and_as_a_worker_does(numerics):
    future = ThisProcess().submit(lambda add: (os.getpid() + add, threads_and_flushing()), add=1)
    assert future.done()
    assert future.result() == (os.getpid() + 1, (1, True))


def test_this_process_computes_on_one_thread_in_every_library():
    with threadpool_limits(2):
        future = ThisProcess().submit(
            lambda: {library["num_threads"] for library in threadpool_info()}
        )
    assert future.result() == {1}


def test_this_process_computes_as_before_afterwards(numerics):
    ThisProcess().submit(int, "x")
    assert threads_and_flushing() == (2, False)


def test_this_process_gives_an_exception_back_in_the_future():
    with pytest.raises(ValueError, match="invalid literal"):
        ThisProcess().submit(int, "x").result()


def test_this_process_lets_an_interruption_through():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ThisProcess().submit(interrupt)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="there are no signal masks")
def test_a_worker_that_is_being_started_gets_no_ctrl_c_and_this_process_still_does():
    with LocalProcesses(1) as executor:
        blocked = executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result()
    assert signal.SIGINT in blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
