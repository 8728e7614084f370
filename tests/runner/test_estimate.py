"""What is left to do of a plan, and what it will take."""

import time
from pathlib import Path

import numpy as np
import pytest
from experiments import WHOLE

from grokspec.engines.base import History
from grokspec.runner.estimate import ASSUMED_RATE, estimate_training
from grokspec.runner.machine import detect
from grokspec.spec import Run, SpecFile, read_spec
from grokspec.store.fingerprint import fingerprint, sources
from grokspec.store.shard import Provenance, Result

SPEC = f"{WHOLE}[sweep]\nseed = 6\n"


@pytest.fixture
def plan(tmp_path: Path) -> SpecFile:
    path = tmp_path / "x.toml"
    path.write_text(SPEC)
    return read_spec(path)


def result(run: Run, code: str | None = None, seconds: float = 2.0, device: str = "cpu") -> Result:
    """A result that today's code, or other code, is said to have made in so many seconds."""
    return Result(
        key=run.key,
        id=run.id,
        experiment=run.experiment.model_dump(mode="json"),
        fingerprint=code or fingerprint(run.experiment),
        sources=sources(run.experiment),
        history=History(np.array([0]), {"train_loss": np.array([1.0])}, seconds=seconds),
        provenance=Provenance("0", "0", "0", "0", device, flops=1e9, created=time.time()),
    )


def test_runs_are_stored_stale_or_missing(plan, store):
    store.write([result(plan.runs[0]), result(plan.runs[1], code="other")])
    outlook = estimate_training(plan, store)
    assert [outlook.states[run.key] for run in plan.runs] == ["stored", "stale"] + ["missing"] * 4


def test_the_stacks_are_those_of_the_runs_that_would_be_trained(plan, store):
    store.write([result(plan.runs[0]), result(plan.runs[1], code="other")])
    outlook = estimate_training(plan, store)
    assert {run.id for stack in outlook.stacks for run in stack.runs} == {
        run.id for run in plan.runs[1:]
    }
    assert len(outlook.stacks) >= min(outlook.lanes, 5)


def test_a_plan_that_is_all_stored_takes_nothing(plan, store):
    store.write([result(run) for run in plan.runs])
    outlook = estimate_training(plan, store)
    assert (outlook.stacks, outlook.rates) == ((), ())
    assert (outlook.seconds, outlook.memory) == (0, 0)


def test_without_results_the_rate_is_an_assumption_and_says_so(plan, store):
    (rate,) = estimate_training(plan, store).rates
    assert (rate.engine, rate.device, rate.results) == ("moments", "cpu", 0)
    assert rate.flops_per_second == ASSUMED_RATE


def test_the_rate_is_what_results_of_the_engine_on_the_device_took(plan, store):
    store.write([result(plan.runs[0], seconds=1.0), result(plan.runs[1], seconds=3.0)])
    store.write([result(plan.runs[2], seconds=1e-3, device="cuda:0 (fast)")])
    (rate,) = estimate_training(plan, store).rates
    assert rate.results == 2
    assert rate.flops_per_second == pytest.approx(2e9 / 4.0)


def test_results_of_another_engine_do_not_count(tmp_path, plan, store):
    store.write([result(plan.runs[0])])
    path = tmp_path / "autograd.toml"
    path.write_text(f'engine = "autograd"\n{SPEC}')
    (rate,) = estimate_training(read_spec(path), store).rates
    assert (rate.engine, rate.results) == ("autograd", 0)


def test_the_time_is_the_arithmetic_over_the_rate_shared_by_the_lanes(plan, store):
    outlook = estimate_training(plan, store)
    flops = sum(stack.cost.flops for stack in outlook.stacks)
    longest = max(stack.cost.flops for stack in outlook.stacks)
    alone = flops / ASSUMED_RATE
    assert outlook.seconds == pytest.approx(max(alone / outlook.lanes, longest / ASSUMED_RATE))
    assert outlook.lanes == detect("cpu").cores


def test_the_memory_is_that_of_the_largest_stacks_that_train_at_a_time(plan, store):
    outlook = estimate_training(plan, store)
    sizes = sorted(stack.cost.memory for stack in outlook.stacks)
    assert outlook.memory == sum(sizes[-outlook.lanes :])


def test_as_json_it_has_all_that_is_shown(plan, store):
    store.write([result(plan.runs[0])])
    told = estimate_training(plan, store).as_json()
    assert told["name"] == "x"
    assert told["store"] == str(store.folder)
    assert told["runs"][0] == {
        "id": plan.runs[0].id,
        "key": plan.runs[0].key,
        "state": "stored",
        "at": {"seed": 0},
    }
    assert sum(len(stack["runs"]) for stack in told["stacks"]) == 5
    assert told["estimate"]["seconds"] > 0
    assert told["estimate"]["rates"][0]["results"] == 1
