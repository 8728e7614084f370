"""What is left to train of a spec, and what it will take."""

import json
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
def spec(tmp_path: Path) -> SpecFile:
    path = tmp_path / "x.toml"
    path.write_text(SPEC)
    return read_spec(path)


def result(run: Run, code: str | None = None, seconds: float = 2.0, device: str = "cpu") -> Result:
    """A result that seems to be made by the current or by other code, in so many seconds."""
    return Result(
        key=run.key,
        id=run.id,
        experiment=run.experiment.model_dump(mode="json"),
        fingerprint=code or fingerprint(run.experiment),
        sources=sources(run.experiment),
        history=History(np.array([0]), {"train_loss": np.array([1.0])}, seconds=seconds),
        provenance=Provenance(
            grokspec="0",
            torch="0",
            numpy="0",
            python="0",
            device=device,
            flops=1e9,
            created=time.time(),
        ),
    )


def test_runs_are_stored_stale_or_missing(spec, store):
    store.write([result(spec.runs[0]), result(spec.runs[1], code="other")])
    estimate = estimate_training(spec, store)
    assert [run.state for run in estimate.runs] == ["stored", "stale"] + ["missing"] * 4


def test_the_stacks_are_those_of_the_runs_that_would_be_trained(spec, store):
    store.write([result(spec.runs[0]), result(spec.runs[1], code="other")])
    estimate = estimate_training(spec, store)
    assert {run for stack in estimate.stacks for run in stack.runs} == {
        run.id for run in spec.runs[1:]
    }
    assert len(estimate.stacks) >= min(estimate.slots, 5)


def test_a_plan_that_is_all_stored_takes_nothing(spec, store):
    store.write([result(run) for run in spec.runs])
    estimate = estimate_training(spec, store)
    assert (estimate.stacks, estimate.rates) == ((), ())
    assert (estimate.seconds, estimate.memory) == (0, 0)


def test_without_results_the_rate_is_an_assumption_and_says_so(spec, store):
    (rate,) = estimate_training(spec, store).rates
    assert (rate.engine, rate.device, rate.results) == ("moments", "cpu", 0)
    assert rate.flops_per_second == ASSUMED_RATE


def test_the_rate_is_what_results_of_the_engine_on_the_device_took(spec, store):
    store.write([result(spec.runs[0], seconds=1.0), result(spec.runs[1], seconds=3.0)])
    store.write([result(spec.runs[2], seconds=1e-3, device="cuda:0 (fast)")])
    (rate,) = estimate_training(spec, store).rates
    assert rate.results == 2
    assert rate.flops_per_second == pytest.approx(2e9 / 4.0)


def test_results_of_another_engine_do_not_count(tmp_path, spec, store):
    store.write([result(spec.runs[0])])
    path = tmp_path / "autograd.toml"
    path.write_text(f'engine = "autograd"\n{SPEC}')
    (rate,) = estimate_training(read_spec(path), store).rates
    assert (rate.engine, rate.results) == ("autograd", 0)


def test_the_time_is_the_arithmetic_over_the_rate_shared_by_the_slots(spec, store):
    estimate = estimate_training(spec, store)
    flops = sum(stack.flops for stack in estimate.stacks)
    longest = max(stack.flops for stack in estimate.stacks)
    alone = flops / ASSUMED_RATE
    assert estimate.seconds == pytest.approx(max(alone / estimate.slots, longest / ASSUMED_RATE))
    assert estimate.slots == detect("cpu").cores


def test_the_memory_is_that_of_the_largest_stacks_that_train_at_a_time(spec, store):
    estimate = estimate_training(spec, store)
    sizes = sorted(stack.memory for stack in estimate.stacks)
    assert estimate.memory == sum(sizes[-estimate.slots :])


def test_as_json_it_has_all_that_is_shown(spec, store):
    store.write([result(spec.runs[0])])
    shown = json.loads(estimate_training(spec, store).model_dump_json())
    assert (shown["name"], shown["profile"]) == ("x", "quick")
    assert shown["spec"] == str(spec.path)
    assert shown["store"] == str(store.folder)
    assert shown["runs"][0] == {
        "id": spec.runs[0].id,
        "key": spec.runs[0].key,
        "state": "stored",
        "at": {"seed": 0},
    }
    assert sum(len(stack["runs"]) for stack in shown["stacks"]) == 5
    assert shown["seconds"] > 0
    assert shown["rates"][0]["results"] == 1
