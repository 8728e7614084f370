from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from executors import Inline
from experiments import WHOLE

from grokspec.engines.moments.engine import MomentsEngine
from grokspec.errors import GrokspecError
from grokspec.runner import missing, train_runs
from grokspec.runner.progress import Progress
from grokspec.spec import SpecFile, read_spec
from grokspec.store import DamagedShard, Store
from grokspec.store.shard import read_entries

OUTSIDE = Path(__file__).parent.parent / "outside"

SPEC = """
extends = "base.toml"
engine = "{engine}"
[training]
steps = {steps}
[record]
steps = {{ log = 3 }}
probes = ["{probe}"]
[sweep]
{sweep}
"""


@pytest.fixture
def spec(tmp_path) -> Callable[..., Path]:
    """Writes a spec and tells where."""

    def write(sweep: str = "seed = 4", engine: str = "moments", steps: int = 20) -> Path:
        path = tmp_path / "specs" / "small.toml"
        path.parent.mkdir(exist_ok=True)
        probe = "baseline" if engine == "patient" else "loss"  # whose code needs no torch
        path.with_name("base.toml").write_text(WHOLE)
        path.write_text(SPEC.format(sweep=sweep, engine=engine, steps=steps, probe=probe))
        return path

    return write


@pytest.fixture
def plan(spec) -> SpecFile:
    return read_spec(spec())


def train(plan: SpecFile, store: Store, **options):
    """Run a plan in this process."""
    return train_runs(plan, store, **{"executor": Inline(), "workers": 2, "device": "cpu", **options})


def times_trained(store: Store) -> Counter[str]:
    """How often each run was trained, by all the shards there are."""
    return Counter(entry.key for shard in store.files() for entry in read_entries(shard))


def once_each(plan: SpecFile) -> Counter[str]:
    return Counter(run.key for run in plan.runs)


def make_stale(store: Store, keys: list[str]) -> None:
    """Replace results by ones that seem to have been made by earlier code."""
    results = store.read(keys).values()
    for shard in store.files():
        shard.unlink()
    sources = {"grokspec.engines.moments.engine": "0", "grokspec.theory": "1"}
    store.write([replace(r, fingerprint="earlier", sources=r.sources | sources) for r in results])


def test_every_run_that_is_missing_is_trained_once(plan, store):
    report = train(plan, store)
    assert report.trained == tuple(run.id for run in plan.runs)
    assert report.kept == report.stale == report.diverged == ()
    assert report.device == "cpu"
    assert report.seconds > 0
    assert times_trained(store) == once_each(plan)


def test_what_is_there_is_kept(plan, store):
    train(plan, store)
    report = train(plan, store)
    assert report.trained == ()
    assert report.kept == tuple(run.id for run in plan.runs)
    assert report.device is None
    assert times_trained(store) == once_each(plan)


def test_more_seeds_retrain_nothing_else(spec, store):
    train(read_spec(spec("seed = 2")), store)
    report = train(read_spec(spec("seed = 4")), store)
    assert [run_id.split("-")[0] for run_id in report.trained] == ["small/s2", "small/s3"]


def test_missing_tells_what_would_be_trained_in_the_plans_order(spec, store):
    plan = read_spec(spec("seed = 4"))
    assert missing(plan, store) == plan.runs
    train(read_spec(spec("seed = [1, 3]")), store)
    assert [run.experiment.seed for run in missing(plan, store)] == [0, 2]


def test_a_run_that_diverges_is_reported_and_kept(spec, store):
    plan = read_spec(spec('seed = 1\n[sweep.grid]\n"optimizer.learning_rate" = [0.1, 1e9]'))
    report = train(plan, store)
    assert report.diverged == (plan.runs[1].id,)
    assert train(plan, store).diverged == (plan.runs[1].id,)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"garbage",
    ],
    ids=["truncated", "altered", "garbage"],
)
def test_a_damaged_shard_is_named_and_its_runs_are_trained_again(plan, store, damage):
    train(plan, store)
    shard = store.files()[0]
    lost = {entry.id for entry in read_entries(shard)}
    shard.write_bytes(damage(shard.read_bytes()))
    with pytest.warns(DamagedShard, match=shard.name):
        report = train(plan, Store(store.folder))
    assert set(report.trained) == lost
    assert times_trained(store) == once_each(plan)


def test_results_of_other_code_are_trained_again(plan, store):
    train(plan, store)
    old = [run.key for run in plan.runs[:2]]
    make_stale(store, [run.key for run in plan.runs])
    train(read_spec(plan.path), store)
    assert missing(plan, store) == ()
    assert times_trained(store)[old[0]] == 2


def test_results_of_other_code_are_kept_and_named_if_so_wished(plan, store):
    train(plan, store)
    make_stale(store, [run.key for run in plan.runs[1:]])
    report = train(plan, store, stale="keep")
    assert report.trained == (plan.runs[0].id,)
    assert report.stale == tuple(run.id for run in plan.runs[1:])


def test_results_of_other_code_stop_the_run_if_so_wished(plan, store):
    train(plan, store)
    make_stale(store, [run.key for run in plan.runs])
    with pytest.raises(GrokspecError) as caught:
        train(plan, store, stale="fail")
    message = str(caught.value)
    assert "(4 of 4)" in message
    assert f"{plan.runs[0].id} (grokspec.engines.moments.engine, grokspec.theory changed)" in message


def test_a_way_to_treat_stale_results_that_does_not_exist_is_refused(plan, store):
    with pytest.raises(GrokspecError, match='stale = "ignore": there are rerun, keep, fail'):
        train(plan, store, stale="ignore")


def test_after_a_return_to_earlier_code_its_results_are_good_again(plan, store):
    train(plan, store)
    results = store.read([run.key for run in plan.runs]).values()
    later = [replace(r.provenance, created=r.provenance.created + 60) for r in results]
    store.write(
        [replace(r, fingerprint="other", provenance=p) for r, p in zip(results, later, strict=True)]
    )
    assert missing(plan, store) == ()


def test_fresh_trains_every_run_again_exactly_once(plan, store):
    train(plan, store)
    report = train(plan, store, fresh=True)
    assert report.trained == tuple(run.id for run in plan.runs)
    assert set(times_trained(store).values()) == {2}
    newest = {entry.shard for entry in store.index().values()}
    train(plan, store)
    assert {entry.shard for entry in store.index().values()} == newest


def test_the_longest_stacks_go_first(spec, store):
    plan = read_spec(spec('seed = 2\n[sweep.grid]\n"training.steps" = [10, 40, 20]'))
    executor = Inline()
    train(plan, store, executor=executor, workers=1)
    steps = [stack[0].experiment.training.steps for stack in executor.stacks]
    assert steps == [40, 20, 10]


def test_a_single_stack_is_split_so_that_every_worker_has_work(plan, store):
    executor = Inline()
    train(plan, store, executor=executor, workers=2)
    assert [len(stack) for stack in executor.stacks] == [2, 2]


def test_progress_rises_to_the_whole(plan, store):
    seen: list[Progress] = []
    train(plan, store, progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (seen[0].done_runs, seen[0].total_runs, seen[0].eta) == (0, 4, None)
    last = seen[-1]
    assert (last.done_runs, last.done_stacks, last.total_stacks) == (4, 2, 2)
    assert (last.fraction, last.eta, last.label) == (1.0, 0.0, "small")


def test_a_stack_that_fails_is_named_and_the_others_are_trained(spec, store, monkeypatch):
    plan = read_spec(spec('seed = 2\n[sweep.grid]\n"training.steps" = [10, 20]'))
    genuine = MomentsEngine.train

    def fails(self, stack, device, progress=None):
        if stack[0].training.steps == 20:
            raise ZeroDivisionError("no examples")
        return genuine(self, stack, device, progress)

    monkeypatch.setattr(MomentsEngine, "train", fails)
    with pytest.raises(GrokspecError) as caught:
        train(plan, store, workers=1)
    assert str(caught.value) == (
        f"{plan.runs[2].id} and 1 more could not be trained: ZeroDivisionError: no examples"
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert {run.key for run in plan.runs[:2]} == set(store.index())
    monkeypatch.undo()
    assert train(plan, store).trained == tuple(run.id for run in plan.runs[2:])


def test_when_the_disk_is_full_no_more_stacks_are_begun(spec, store, monkeypatch):
    plan = read_spec(spec('seed = 1\n[sweep.grid]\n"training.steps" = [10, 20, 30]'))
    executor = Inline()
    store.prepare()

    def full(handle):
        raise OSError(28, "No space left on device")

    genuine = MomentsEngine.train

    def fills_the_disk(self, *args):
        monkeypatch.setattr(os, "fsync", full)
        return genuine(self, *args)

    monkeypatch.setattr(MomentsEngine, "train", fills_the_disk)
    with pytest.raises(GrokspecError, match=r"could not be written to .*: No space left on device"):
        train(plan, store, executor=executor, workers=1)
    assert len(executor.stacks) == 1
    assert store.files() == []


def test_nothing_is_left_reserved_afterwards(plan, store):
    train(plan, store)
    assert [file.name for file in (store.folder / "reservations").iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("tpu", 'device "tpu": not a device; there are auto, cpu, cuda and cuda:0'),
        ("cuda:7", 'device "cuda:7": this machine has .*; "cpu" is always there'),
    ],
)
def test_a_device_that_is_not_there_is_refused(plan, store, device, message):
    with pytest.raises(GrokspecError, match=message):
        train(plan, store, device=device)


def test_a_store_that_cannot_be_written_to_is_told_before_anything_is_trained(plan, tmp_path):
    (tmp_path / "store").write_text("")
    executor = Inline()
    with pytest.raises(GrokspecError, match="is a file; name a folder"):
        train(plan, Store(tmp_path / "store"), executor=executor)
    assert executor.stacks == []


# From here on with processes of their own, and an engine that takes its time.

TRAIN = """
import sys
from concurrent.futures import ThreadPoolExecutor
from grokspec.errors import GrokspecError
from grokspec.plan import read_spec
from grokspec.runner import train_runs
from grokspec.store import Store

if __name__ == "__main__":
    plan, store = read_spec(sys.argv[1]), Store(sys.argv[2])
    executor = ThreadPoolExecutor(2) if sys.argv[3] == "threads" else None
    print("begins", flush=True)
    try:
        train_runs(plan, store, device="cpu", workers=2, executor=executor)
    except GrokspecError as error:
        sys.exit(str(error))
"""


@pytest.fixture
def begin(tmp_path):
    """Starts a process that runs a spec, in threads or in processes of its own."""
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    begun = []

    def start(spec: Path, store: Store, how: str = "threads") -> subprocess.Popen:
        path = os.pathsep.join(filter(None, [str(OUTSIDE), os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, str(script), str(spec), str(store.folder), how],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def finished(process: subprocess.Popen) -> str:
    """Wait for a process and return what it wrote on stderr."""
    return process.communicate(timeout=60)[1]


SIXTEEN = 'seed = 2\n[sweep.grid]\n"training.steps" = [5, 6, 7, 8, 9, 10, 11, 12]'
"""A sweep of sixteen runs in eight stacks; see `spec`."""


def runs_of(store: Store) -> set[int]:
    """Wrong unless every run was trained exactly once; how many runs that are."""
    trained = times_trained(store)
    assert set(trained.values()) == {1}
    return len(trained)


def test_a_process_killed_at_any_moment_loses_only_what_it_was_training(spec, store, begin):
    path = spec(SIXTEEN, engine="patient")
    kept = 0
    for _ in range(6):
        process = begin(path, store)
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.25))
        process.kill()
        process.wait()
        now = len(times_trained(store))
        assert now >= kept
        kept = now
    process = begin(path, store)
    assert finished(process) == ""
    assert process.returncode == 0
    assert runs_of(store) == 16


def test_two_processes_divide_the_work_and_train_nothing_twice(spec, store, begin):
    path = spec(SIXTEEN, engine="patient")
    both = [begin(path, store), begin(path, store)]
    for process in both:
        assert finished(process) == ""
        assert process.returncode == 0
    assert runs_of(store) == 16


def test_what_a_killed_process_held_is_trained_by_the_one_that_waits_for_it(spec, store, begin):
    path = spec("seed = 2", engine="patient", steps=150)
    first = begin(path, store)
    wait_until(lambda: list(store.folder.glob("reservations/*.json")))
    second = begin(path, store)
    second.stdout.readline()
    time.sleep(0.5)
    assert len(list(store.folder.glob("reservations/*.json"))) == 2
    first.kill()
    assert finished(second) == ""
    assert runs_of(store) == 2


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def is_training(pid: int) -> bool:
    """Whether a process is alive and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_process_takes_its_workers_with_it_and_leaves_what_is_finished(
    spec, store, begin, how
):
    path = spec('seed = 1\n[sweep.grid]\n"training.steps" = [1000, 1001, 2]', engine="patient")
    process = begin(path, store, "processes")
    wait_until(lambda: len(list(store.folder.glob("reservations/*.steps"))) == 2)
    workers = children(process.pid)
    started = time.monotonic()
    process.send_signal(how)
    error = finished(process)
    wait_until(lambda: not any(map(is_training, workers)))
    assert time.monotonic() - started < 3
    assert times_trained(store) == Counter()
    if how == signal.SIGINT:
        assert error.rstrip().endswith("KeyboardInterrupt")
        assert not list(store.folder.glob("reservations/*.json"))

    path = spec('seed = 1\n[sweep.grid]\n"training.steps" = [1, 2]', engine="patient")
    process = begin(path, store)
    assert finished(process) == ""
    assert not list(store.folder.glob("reservations/*.json"))


def test_a_worker_that_dies_is_told_with_its_stack_and_the_others_are_trained(spec, store, begin):
    path = spec('seed = 1\n[sweep.grid]\n"model.width" = [4, 13, 666]', "patient", steps=2)
    process = begin(path, store, "processes")
    error = finished(process)
    assert process.returncode == 1
    assert "could not be trained: ValueError: the thirteenth unit is missing" in error
    assert "small/w666-s0" in error
    assert "could not be trained: the process that trained it died" in error
    assert "Traceback" not in error
    assert runs_of(store) == 1


def test_asking_what_is_missing_loads_neither_torch_nor_numpy(spec, store):
    code = (
        "import sys\n"
        "from grokspec.plan import read_spec\n"
        "from grokspec.runner import missing\n"
        "from grokspec.store import Store\n"
        "missing(read_spec(sys.argv[1]), Store(sys.argv[2]))\n"
        "print({'torch', 'numpy', 'xarray', 'scipy'} & set(sys.modules))\n"
    )
    command = [sys.executable, "-c", code, str(spec()), str(store.folder)]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "set()\n"
