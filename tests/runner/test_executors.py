from __future__ import annotations

import os
from concurrent.futures.process import BrokenProcessPool

import pytest
from experiments import experiment

from grokspec.engines.base import engine_of
from grokspec.runner.executors import LocalProcesses


def threads_and_limits() -> tuple[int, list[str | None], bool]:
    """What a worker computes with."""
    import torch

    from grokspec.runner.executors import THREAD_LIMITS

    flushes = bool((torch.tensor([1e-310]) * 0.5 == 0).all())
    return torch.get_num_threads(), [os.environ.get(v) for v in THREAD_LIMITS], flushes


def losses() -> list[float]:
    """The training losses of a network that strong weight decay shrinks."""
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
    threads, limits, flushes = processes.submit(threads_and_limits).result()
    assert threads == 1
    assert set(limits) == {"1"}
    assert flushes


def test_a_worker_trains_to_the_same_numbers_for_all_that(processes):
    assert processes.submit(losses).result() == pytest.approx(losses(), rel=1e-12)


def test_an_exception_comes_back_and_the_worker_goes_on(processes):
    before = processes.submit(os.getpid).result()
    with pytest.raises(ValueError, match="invalid literal"):
        processes.submit(int, "x").result()
    assert processes.submit(os.getpid).result() == before


def test_a_worker_that_dies_breaks_one_call_and_the_next_gets_a_new_one(processes):
    before = processes.submit(os.getpid).result()
    with pytest.raises(BrokenProcessPool):
        processes.submit(os._exit, 1).result()
    assert processes.submit(os.getpid).result() != before
