"""What is left to train of a spec, and what it will take."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from experiments import WHOLE

from grokspec.engines.base import History
from grokspec.errors import GrokspecError
from grokspec.runner.estimate import estimate_training
from grokspec.runner.machine import detect
from grokspec.runner.pace import ASSUMED_RATE, STACK, START, STEP
from grokspec.spec import Run, SpecFile, read_spec
from grokspec.store.fingerprint import fingerprint, sources
from grokspec.store.shard import Provenance, Result

SPEC = f"{WHOLE}[sweep]\nseed = 6\n"


@pytest.fixture
def spec(tmp_path: Path) -> SpecFile:
    path = tmp_path / "x.toml"
    path.write_text(SPEC)
    return read_spec(path)


def flops_of(run: Run) -> float:
    return run.engine.cost(run.experiment).flops


def result(
    run: Run,
    code: str | None = None,
    seconds: float = 2.0,
    device: str = "cpu",
    flops: float | None = None,
) -> Result:
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
            flops=flops or flops_of(run),
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
    assert rate.flops_per_second == pytest.approx(2 * flops_of(spec.runs[0]) / 4.0)


def test_results_of_much_larger_or_smaller_runs_do_not_count(spec, store):
    own = flops_of(spec.runs[5])
    sizes = [own / 4, own / 2, own * 2, own * 4]
    results = [result(r, flops=f) for r, f in zip(spec.runs, sizes, strict=False)]
    store.write(results)
    (rate,) = estimate_training(spec, store).rates
    assert rate.results == 2


def test_results_of_another_engine_do_not_count(tmp_path, spec, store):
    store.write([result(spec.runs[0])])
    path = tmp_path / "autograd.toml"
    path.write_text(f'engine = "autograd"\n{SPEC}')
    (rate,) = estimate_training(read_spec(path), store).rates
    assert (rate.engine, rate.results) == ("autograd", 0)


def test_the_time_is_the_start_and_the_stacks_shared_by_the_slots(spec, store):
    estimate = estimate_training(spec, store)
    each = [STACK + 50 * STEP + stack.flops / ASSUMED_RATE for stack in estimate.stacks]
    assert estimate.seconds == pytest.approx(START + max(sum(each) / estimate.slots, max(each)))
    assert estimate.slots == detect("cpu").cores


def test_a_measured_time_includes_the_interpreters_part(spec, store):
    store.write([result(spec.runs[0], seconds=40.0)])
    estimate = estimate_training(spec, store)
    runs = max(len(stack.runs) for stack in estimate.stacks)
    assert estimate.seconds == pytest.approx(START + STACK + 40.0 * runs, rel=0.2)


def test_a_gpu_that_is_not_here_can_be_planned_for(spec, store, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    estimate = estimate_training(spec, store, "cuda:1")
    assert (estimate.device, estimate.device_is_here, estimate.slots) == ("cuda:1", False, 1)
    assert [len(stack.runs) for stack in estimate.stacks] == [6]
    assert estimate.too_large == {}
    assert json.loads(estimate.model_dump_json())["device_is_here"] is False
    with pytest.raises(GrokspecError, match='device "tpu": not a device'):
        estimate_training(spec, store, "tpu")


def test_runs_that_need_more_memory_than_there_is_are_named(tmp_path, store):
    path = tmp_path / "wide.toml"
    path.write_text('engine = "autograd"\n' + SPEC.replace("width = 8", "width = 1_000_000_000"))
    spec = read_spec(path)
    estimate = estimate_training(spec, store)
    assert set(estimate.too_large) == {run.id for run in spec.runs}
    reason = next(iter(estimate.too_large.values()))
    assert re.match(r"it needs about 1.\d+ TB of memory, and cpu has .*B here; make the mo", reason)
    assert estimate.slots == 1


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
