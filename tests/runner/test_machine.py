from __future__ import annotations

import os

import pytest
from experiments import experiment

from grokspec.errors import GrokspecError
from grokspec.runner import machine
from grokspec.runner.machine import (
    Machine,
    cores,
    cut_for,
    detect,
    expect,
    memory,
    resolve_device,
    too_large_for,
)
from grokspec.spec import Run


@pytest.fixture
def gpus(monkeypatch):
    """Makes torch find a number of GPUs."""

    def find(count: int) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: count > 0)
        monkeypatch.setattr("torch.cuda.device_count", lambda: count)

    return find


@pytest.fixture
def allowed(monkeypatch):
    """Makes the system allow so many cores and bytes."""

    def allow(cores: float | None = None, memory: int | None = None) -> None:
        monkeypatch.setattr(machine, "cores_allowed", lambda: cores)
        monkeypatch.setattr(machine, "memory_allowed", lambda: memory)

    return allow


def test_without_a_limit_the_cores_are_those_this_process_may_run_on(allowed):
    allowed()
    assert cores() == len(os.sched_getaffinity(0))
    assert memory() > 2**20


@pytest.mark.parametrize(("limit", "expected"), [(1.0, 1), (0.5, 1), (0.01, 1), (1e6, None)])
def test_the_systems_limit_on_cores_counts_and_leaves_one(allowed, limit, expected):
    allowed(cores=limit)
    assert cores() == (expected or len(os.sched_getaffinity(0)))


def test_the_systems_limit_on_memory_counts(allowed):
    allowed()
    whole = memory()
    allowed(memory=10 * 2**20)
    assert memory() == int(0.6 * 10 * 2**20)
    allowed(memory=2**63 - 4096)
    assert memory() == whole


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:one", "CPU", ""])
def test_an_unknown_device_is_refused(name):
    with pytest.raises(GrokspecError, match=f'device "{name}": not a device; there are auto, cpu'):
        resolve_device(name)


@pytest.mark.parametrize(
    ("there", "asked", "found"),
    [
        (0, "auto", "cpu"),
        (2, "auto", "cuda:0"),
        (2, "cuda", "cuda:0"),
        (2, "cuda:1", "cuda:1"),
        (2, "cpu", "cpu"),
    ],
)
def test_a_device_is_resolved_by_the_gpus_of_the_machine(gpus, there, asked, found):
    gpus(there)
    assert resolve_device(asked) == found


@pytest.mark.parametrize(
    ("there", "asked", "message"),
    [
        (0, "cuda", 'device "cuda": this machine has no CUDA device; use "cpu" or "auto"'),
        (1, "cuda:1", 'device "cuda:1": this machine has cuda:0;'),
        (3, "cuda:3", 'device "cuda:3": this machine has cuda:0 to cuda:2;'),
    ],
)
def test_a_gpu_that_the_machine_does_not_have_is_refused(gpus, there, asked, message):
    gpus(there)
    with pytest.raises(GrokspecError, match=message):
        resolve_device(asked)


def test_stacks_train_one_on_each_core_or_one_on_a_gpu():
    assert Machine("cpu", cores=8, memory=1).slots == 8
    assert Machine("cuda:0", cores=8, memory=1).slots == 1
    assert detect("cpu").slots == cores()


def test_a_gpu_that_is_not_there_is_expected_to_have_enough_memory(gpus):
    gpus(0)
    machine = expect("cuda:2")
    assert (machine.device, machine.slots, machine.is_known) == ("cuda:2", 1, False)
    assert expect("cuda").device == "cuda:0"
    assert expect("auto").is_known


@pytest.fixture
def runs():
    """Eight runs, of which each needs the same memory."""
    experiments = [experiment(seed=seed, engine="autograd") for seed in range(8)]
    return [Run(f"x/{e.seed}", f"key {e.seed}", e, {}) for e in experiments]


@pytest.mark.parametrize(
    ("fits", "slots", "expected"), [(100, 4, 4), (8, 4, 4), (4, 4, 4), (2.5, 4, 2), (0.5, 4, 1)]
)
def test_as_many_stacks_train_at_a_time_as_fit_in_the_memory(runs, fits, slots, expected):
    each = runs[0].engine.cost(runs[0].experiment).memory
    machine = Machine("cpu", cores=4, memory=fits * each)
    stacks, at_a_time = cut_for(machine, slots, runs)
    assert at_a_time == expected
    assert sum(len(stack.runs) for stack in stacks) == 8
    if fits >= 1:
        assert expected * max(stack.cost.memory for stack in stacks) <= machine.memory


def test_a_run_is_too_large_only_above_all_memory_that_there_is(runs):
    each = runs[0].engine.cost(runs[0].experiment).memory
    stacks, _ = cut_for(Machine("cpu", 1, memory=1e12), 1, runs)
    assert too_large_for(Machine("cpu", 1, memory=0.61 * each), stacks) == []
    found = too_large_for(Machine("cpu", 1, memory=0.59 * each), stacks)
    assert [run for run, _ in found] == runs
    assert too_large_for(Machine("cuda:0", 1, memory=0.79 * each), stacks)
    assert not too_large_for(Machine("cuda:0", 1, memory=0.81 * each), stacks)
