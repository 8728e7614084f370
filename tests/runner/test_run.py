from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from executors import Inline
from experiments import WHOLE
from training_process import train_in_threads

from grokspec.engines.moments.engine import MomentsEngine
from grokspec.errors import GrokspecError
from grokspec.runner import TooLargeError, TrainingError, missing, train_runs
from grokspec.runner.pace import Clock
from grokspec.runner.progress import Progress
from grokspec.runner.run import _find_done
from grokspec.runner.script import hidden_main
from grokspec.spec import SpecFile, read_spec
from grokspec.store import DamagedShard, Store
from grokspec.store.inventory import take_inventory
from grokspec.store.locks import Reservations, Reserved
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
def write_spec(tmp_path) -> Callable[..., Path]:
    """Writes a spec and returns its path."""

    def write(sweep: str = "seed = 4", engine: str = "moments", steps: int = 20) -> Path:
        path = tmp_path / "specs" / "small.toml"
        path.parent.mkdir(exist_ok=True)
        probe = "baseline" if engine == "patient" else "loss"  # whose code loads less
        path.with_name("base.toml").write_text(WHOLE)
        path.write_text(SPEC.format(sweep=sweep, engine=engine, steps=steps, probe=probe))
        return path

    return write


@pytest.fixture
def spec(write_spec) -> SpecFile:
    return read_spec(write_spec())


def train(spec: SpecFile, store: Store, **options):
    """Train the runs of a spec in this process."""
    defaults = {"label": spec.name, "executor": Inline(), "workers": 2, "device": "cpu"}
    return train_runs(spec.runs, store, **{**defaults, **options})


def times_trained(store: Store) -> Counter[str]:
    """How often each run was trained, by all the shards there are."""
    return Counter(entry.key for shard in store.files() for entry in read_entries(shard))


def once_each(spec: SpecFile) -> Counter[str]:
    return Counter(run.key for run in spec.runs)


def make_stale(store: Store, keys: list[str]) -> None:
    """Replace results by ones that earlier code seems to have made."""
    results = store.read(keys).values()
    for shard in store.files():
        shard.unlink()
    sources = {"grokspec.engines.moments.engine": "0", "grokspec.theory": "1"}
    store.write([replace(r, fingerprint="earlier", sources=r.sources | sources) for r in results])


def test_every_run_that_is_missing_is_trained_once(spec, store):
    summary = train(spec, store)
    assert summary.trained == tuple(run.id for run in spec.runs)
    assert summary.kept == summary.stale == summary.diverged == ()
    assert summary.device == "cpu"
    assert summary.seconds > 0
    assert times_trained(store) == once_each(spec)


def test_what_is_there_is_kept(spec, store):
    train(spec, store)
    summary = train(spec, store)
    assert summary.trained == ()
    assert summary.kept == tuple(run.id for run in spec.runs)
    assert summary.device is None
    assert times_trained(store) == once_each(spec)


def test_more_seeds_retrain_nothing_else(write_spec, store):
    train(read_spec(write_spec("seed = 2")), store)
    summary = train(read_spec(write_spec("seed = 4")), store)
    assert [run_id.split("-")[0] for run_id in summary.trained] == ["small/s2", "small/s3"]


def test_missing_gives_what_would_be_trained_in_the_order_of_the_spec(write_spec, store):
    spec = read_spec(write_spec("seed = 4"))
    assert missing(spec.runs, store) == spec.runs
    train(read_spec(write_spec("seed = [1, 3]")), store)
    assert [run.experiment.seed for run in missing(spec.runs, store)] == [0, 2]


def test_a_run_that_diverges_is_reported_and_kept(write_spec, store):
    spec = read_spec(write_spec('seed = 1\n[sweep.grid]\n"optimizer.learning_rate" = [0.1, 1e9]'))
    summary = train(spec, store)
    assert summary.diverged == (spec.runs[1].id,)
    assert train(spec, store).diverged == (spec.runs[1].id,)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"garbage",
    ],
    ids=["truncated", "altered", "garbage"],
)
def test_a_damaged_shard_is_named_and_its_runs_are_trained_again(spec, store, damage):
    train(spec, store)
    shard = store.files()[0]
    lost = {entry.id for entry in read_entries(shard)}
    shard.write_bytes(damage(shard.read_bytes()))
    with pytest.warns(DamagedShard, match=shard.name):
        summary = train(spec, Store(store.folder))
    assert set(summary.trained) == lost
    shard.unlink()
    assert times_trained(store) == once_each(spec)


def test_what_is_trained_again_counts_though_the_clock_was_a_year_ahead(spec, store, monkeypatch):
    with monkeypatch.context() as patched:
        genuine = time.time
        patched.setattr(time, "time", lambda: genuine() + 365 * 24 * 3600)
        train(spec, store)
    old = set(store.files())
    train(spec, store, fresh=True)
    keys = [run.key for run in spec.runs]
    assert {e.shard for e in store.verified(keys).values()} == set(store.files()) - old
    assert times_trained(store) == Counter(dict.fromkeys(keys, 2))


def test_shards_that_are_removed_during_the_training_are_named(write_spec, store, monkeypatch):
    spec = read_spec(write_spec('seed = 1\n[sweep.grid]\n"training.steps" = [10, 20]'))
    train_runs(spec.runs[:1], store, device="cpu", workers=0)
    (kept,) = store.files()
    genuine = MomentsEngine.train

    def removing(self, *args):
        kept.unlink()
        return genuine(self, *args)

    monkeypatch.setattr(MomentsEngine, "train", removing)
    with pytest.warns(DamagedShard, match="1 of 2 results were removed from .* during the train"):
        summary = train_runs(spec.runs, store, device="cpu", workers=0)
    assert (summary.trained, summary.kept) == ((spec.runs[1].id,), ())
    assert missing(spec.runs, store) == (spec.runs[0],)


def test_while_it_waits_it_says_which_process_trains(spec, store):
    keys = [run.key for run in spec.runs]
    held = Reservations(store.folder).reserve(keys, lambda keys: ()).reservation
    seen = []

    def noted(progress):
        seen.append(progress)
        if progress.waiting_for:
            held.release()

    train(spec, store, progress=noted)
    assert f"waiting for process {os.getpid()} on " in "".join(map(str, seen))
    assert seen[-1].waiting_for == ""
    assert times_trained(store) == once_each(spec)


def test_a_damaged_result_of_another_process_is_not_taken_for_done(spec, store):
    train(spec, store)
    shard = store.files()[0]
    *before, last = shard.read_bytes()
    lost = {entry.key for entry in read_entries(shard)}
    shard.write_bytes(bytes([*before, last ^ 1]))
    inventory = take_inventory(spec.runs, Store(store.folder / "none"))
    find_done = _find_done(Store(store.folder), inventory, "rerun", ())
    with pytest.warns(DamagedShard, match=shard.name):
        assert set(find_done(inventory.wanted)) == set(inventory.wanted) - lost


def test_results_of_other_code_are_trained_again(spec, store):
    train(spec, store)
    old = [run.key for run in spec.runs[:2]]
    make_stale(store, [run.key for run in spec.runs])
    train(spec, store)
    assert missing(spec.runs, store) == ()
    assert times_trained(store)[old[0]] == 2


def test_results_of_other_code_are_kept_and_named_on_request(spec, store):
    train(spec, store)
    make_stale(store, [run.key for run in spec.runs[1:]])
    summary = train(spec, store, stale="keep")
    assert summary.trained == (spec.runs[0].id,)
    assert summary.stale == tuple(run.id for run in spec.runs[1:])


def test_results_of_other_code_stop_the_run_on_request(spec, store):
    train(spec, store)
    make_stale(store, [run.key for run in spec.runs])
    with pytest.raises(GrokspecError) as caught:
        train(spec, store, stale="fail")
    message = str(caught.value)
    assert "4 of 4 results were made by other code" in message
    assert (
        f"{spec.runs[0].id} (grokspec.engines.moments.engine, grokspec.theory changed)" in message
    )


def test_an_unknown_way_to_treat_stale_results_is_refused(spec, store):
    with pytest.raises(GrokspecError, match='stale = "ignore": must be one of rerun, keep, fail'):
        train(spec, store, stale="ignore")


def test_after_a_return_to_earlier_code_its_results_are_good_again(spec, store):
    train(spec, store)
    results = store.read([run.key for run in spec.runs]).values()
    for result in results:
        later = result.provenance.model_copy(update={"created": result.provenance.created + 60})
        store.write([replace(result, fingerprint="other", provenance=later)])
    assert missing(spec.runs, store) == ()


def test_fresh_trains_every_run_again_exactly_once(spec, store):
    train(spec, store)
    summary = train(spec, store, fresh=True)
    assert summary.trained == tuple(run.id for run in spec.runs)
    assert set(times_trained(store).values()) == {2}
    newest = {entry.shard for entry in store.index().values()}
    train(spec, store)
    assert {entry.shard for entry in store.index().values()} == newest


def test_the_longest_stacks_go_first(write_spec, store):
    spec = read_spec(write_spec('seed = 2\n[sweep.grid]\n"training.steps" = [10, 40, 20]'))
    executor = Inline()
    train(spec, store, executor=executor, workers=1)
    steps = [stack[0].experiment.training.steps for stack in executor.stacks]
    assert steps == [40, 20, 10]


def test_a_single_stack_is_split_so_that_every_worker_has_work(spec, store):
    executor = Inline()
    train(spec, store, executor=executor, workers=2)
    assert [len(stack) for stack in executor.stacks] == [2, 2]


def test_progress_rises_to_the_whole(spec, store):
    seen: list[Progress] = []
    train(spec, store, progress=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (seen[0].done_runs, seen[0].total_runs, seen[0].eta) == (0, 4, None)
    last = seen[-1]
    assert (last.done_runs, last.total_runs) == (4, 4)
    assert (last.fraction, last.eta, last.label) == (1.0, 0.0, "small")


def test_what_there_is_no_time_for_is_left_and_trained_by_the_next_call(spec, store):
    summary = train(spec, store, time_limit=0)
    assert summary.left == tuple(run.id for run in spec.runs)
    assert summary.trained == ()
    assert "4 left for want of time" in repr(summary)
    assert not list((store.folder / "reservations").glob("*.json"))
    assert train(spec, store, time_limit=1000).left == ()
    assert times_trained(store) == once_each(spec)


def test_what_is_done_when_the_time_is_over_is_kept(write_spec, store, monkeypatch):
    spec = read_spec(write_spec('seed = 2\n[sweep.grid]\n"training.steps" = [5, 6, 7, 8]'))
    executor = Inline()
    monkeypatch.setattr(Clock, "is_over", property(lambda clock: len(executor.stacks) >= 3))
    summary = train(spec, store, executor=executor, workers=1)
    assert (len(summary.trained), len(summary.left)) == (6, 2)
    monkeypatch.undo()
    train(spec, store)
    assert times_trained(store) == once_each(spec)


def test_a_stack_that_fails_is_named_and_the_others_are_trained(write_spec, store, monkeypatch):
    spec = read_spec(write_spec('seed = 2\n[sweep.grid]\n"training.steps" = [10, 20]'))
    genuine = MomentsEngine.train

    def fails(self, stack, device, progress=None):
        if stack[0].training.steps == 20:
            raise ZeroDivisionError("no examples")
        return genuine(self, stack, device, progress)

    monkeypatch.setattr(MomentsEngine, "train", fails)
    with pytest.raises(GrokspecError) as caught:
        train(spec, store, workers=1)
    (log,) = (store.folder / "logs").iterdir()
    assert str(caught.value) == (
        f"{spec.runs[2].id} and 1 more could not be trained: ZeroDivisionError: no examples "
        f"(traceback in {log})"
    )
    assert "in fails\n" in log.read_text()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert {run.key for run in spec.runs[:2]} == set(store.index())
    monkeypatch.undo()
    assert train(spec, store).trained == tuple(run.id for run in spec.runs[2:])


def test_when_the_disk_is_full_no_more_stacks_are_started(write_spec, store, monkeypatch):
    spec = read_spec(write_spec('seed = 1\n[sweep.grid]\n"training.steps" = [10, 20, 30]'))
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
        train(spec, store, executor=executor, workers=1)
    assert len(executor.stacks) == 1
    assert store.files() == []


def test_with_no_workers_this_process_trains_one_stack_after_the_other(
    write_spec, store, monkeypatch
):
    spec = read_spec(write_spec('seed = 2\n[sweep.grid]\n"training.steps" = [10, 20]'))
    genuine, trained = MomentsEngine.train, []

    def noted(self, stack, *args):
        trained.append((os.getpid(), len(stack)))
        return genuine(self, stack, *args)

    monkeypatch.setattr(MomentsEngine, "train", noted)
    summary = train_runs(spec.runs, store, device="cpu", workers=0)
    assert summary.trained == tuple(run.id for run in spec.runs)
    assert trained == [(os.getpid(), 2), (os.getpid(), 2)]
    assert times_trained(store) == once_each(spec)
    assert list((store.folder / "reservations").iterdir()) == [
        store.folder / "reservations" / "lock"
    ]


def test_with_no_workers_a_stack_that_fails_is_named_and_the_others_are_trained(
    write_spec, store, monkeypatch
):
    spec = read_spec(write_spec('seed = 1\n[sweep.grid]\n"training.steps" = [10, 20]'))
    genuine = MomentsEngine.train

    def fails(self, stack, *args):
        if stack[0].training.steps == 20:
            raise ZeroDivisionError("no examples")
        return genuine(self, stack, *args)

    monkeypatch.setattr(MomentsEngine, "train", fails)
    with pytest.raises(TrainingError, match="ZeroDivisionError: no examples") as caught:
        train_runs(spec.runs, store, device="cpu", workers=0)
    assert list(caught.value.reasons) == [spec.runs[1].key]
    assert set(store.index()) == {spec.runs[0].key}


def test_with_no_workers_an_interruption_stops_at_once_and_frees_the_runs(spec, store, monkeypatch):
    def interrupted(self, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(MomentsEngine, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_runs(spec.runs, store, device="cpu", workers=0)
    assert not list(store.folder.glob("reservations/*.json"))


def test_nothing_is_left_reserved_afterwards(spec, store):
    train(spec, store)
    assert [file.name for file in (store.folder / "reservations").iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("tpu", 'device "tpu": not a device; there are auto, cpu, cuda and cuda:0'),
        ("cuda:7", 'device "cuda:7": this machine has .*; use "cpu" or "auto"'),
    ],
)
def test_a_device_that_is_not_there_is_refused(spec, store, device, message):
    with pytest.raises(GrokspecError, match=message):
        train(spec, store, device=device)


def test_a_store_that_cannot_be_written_to_is_reported_before_anything_is_trained(spec, tmp_path):
    (tmp_path / "store").write_text("")
    executor = Inline()
    with pytest.raises(GrokspecError, match="is a file; name a folder"):
        train(spec, Store(tmp_path / "store"), executor=executor)
    assert executor.stacks == []


def test_runs_that_no_memory_can_hold_are_refused_before_anything_is_trained(write_spec, store):
    path = write_spec('seed = 1\n[sweep.grid]\n"model.width" = [8, 1_000_000_000]', "autograd")
    runs, executor = read_spec(path).runs, Inline()
    with pytest.raises(TooLargeError, match=f"{runs[1].id} could not be trained: it needs about 1"):
        train_runs(runs, store, device="cpu", workers=2, executor=executor)
    assert executor.stacks == []
    assert not list(store.folder.glob("reservations/*.json"))


def test_a_machine_that_cannot_be_looked_at_is_named_in_a_line(spec, store, monkeypatch):
    def fails(device):
        raise ImportError("libtorch.so: cannot allocate memory")

    monkeypatch.setattr("grokspec.runner.workers.detect", fails)
    with pytest.raises(GrokspecError, match="the machine could not be looked at: ImportError: lib"):
        train_runs(spec.runs, store, device="auto", workers=0)


@pytest.mark.parametrize(
    ("others", "workers", "sizes"),
    [
        (0, 1, [8]),
        (1, 1, [4, 2, 1, 1]),
        (3, 1, [2, 2, 1, 1, 1, 1]),
        (1, 2, [2, 2, 1, 1, 1, 1]),
    ],
)
def test_a_process_leaves_their_share_to_others_that_have_come_for_the_same_runs(
    write_spec, store, others, workers, sizes
):
    spec, executor = read_spec(write_spec("seed = 8")), Inline()
    with contextlib.ExitStack() as stack:
        for _ in range(others):
            stack.enter_context(Reservations(store.folder)).announce([r.key for r in spec.runs])
        train(spec, store, executor=executor, workers=workers)
    assert [len(stack) for stack in executor.stacks] == sizes
    assert times_trained(store) == once_each(spec)


# From here on with processes of their own, and an engine that takes its time.


@pytest.fixture
def start(monkeypatch):
    """Starts a process that trains a spec in threads, and returns once it has read the spec.

    It is forked from a server that has loaded grokspec and torch, so it starts quickly.
    """
    context = multiprocessing.get_context("forkserver")
    forkserver._forkserver._stop()  # another test's may have loaded something else
    context.set_forkserver_preload(["training_process", "grokspec.spec.reader", "torch"])
    processes = []

    def start(spec: Path, store: Store) -> BaseProcess:
        started = context.Event()
        process = context.Process(target=train_in_threads, args=(spec, store.folder, started))
        with hidden_main(), monkeypatch.context() as patch:
            patch.syspath_prepend(OUTSIDE)
            # Up to Python 3.12 the server does not get the path of this process.
            patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
            process.start()
        processes.append(process)
        assert started.wait(30)
        return process

    yield start
    for process in processes:
        process.kill()
        process.join()
    forkserver._forkserver._stop()
    context.set_forkserver_preload([])


def exit_code(process: BaseProcess) -> int | None:
    process.join(60)
    return process.exitcode


RUN = "from grokspec.cli import main; main()"


@pytest.fixture
def start_command():
    """Starts `grokspec run` with two workers."""
    started = []

    def start(spec: Path, store: Store) -> subprocess.Popen:
        path = os.pathsep.join(filter(None, [str(OUTSIDE), os.environ.get("PYTHONPATH")]))
        options = ["--store", str(store.folder), "--device=cpu", "--workers=2"]
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "run", str(spec), *options],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def stderr_of(process: subprocess.Popen) -> str:
    """What a process has written on stderr when it ends."""
    return process.communicate(timeout=60)[1]


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


SIXTEEN = 'seed = 2\n[sweep.grid]\n"training.steps" = [5, 6, 7, 8, 9, 10, 11, 12]'
"""A sweep of sixteen runs in eight stacks; see `spec`."""


def runs_trained_once(store: Store) -> int:
    """How many runs were trained, each exactly once."""
    trained = times_trained(store)
    assert set(trained.values()) == {1}
    return len(trained)


def test_a_process_killed_at_any_moment_loses_only_what_it_was_training(write_spec, store, start):
    path = write_spec(SIXTEEN, engine="patient")
    kept = 0
    for _ in range(6):
        process = start(path, store)
        time.sleep(random.uniform(0, 0.25))
        process.kill()
        process.join()
        now = len(times_trained(store))
        assert now >= kept
        kept = now
    assert exit_code(start(path, store)) == 0
    assert runs_trained_once(store) == 16


def test_two_processes_divide_the_work_and_train_nothing_twice(write_spec, store, start):
    path = write_spec(SIXTEEN, engine="patient")
    both = [start(path, store), start(path, store)]
    assert [exit_code(process) for process in both] == [0, 0]
    assert runs_trained_once(store) == 16


def test_what_a_killed_process_held_is_trained_by_the_one_that_waits_for_it(
    write_spec, store, start
):
    path = write_spec("seed = 2", engine="patient", steps=150)
    first = start(path, store)
    wait_until(lambda: stacks_held(store) == 2)
    second = start(path, store)
    time.sleep(0.5)
    assert stacks_held(store) == 2
    first.kill()
    assert exit_code(second) == 0
    assert runs_trained_once(store) == 2


def stacks_held(store: Store) -> int:
    files = store.folder.glob("reservations/*.json")
    return sum(bool(Reserved.model_validate_json(file.read_bytes()).keys) for file in files)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_process_takes_its_workers_with_it_and_leaves_what_is_finished(
    write_spec, store, start, start_command, how
):
    path = write_spec(
        'seed = 1\n[sweep.grid]\n"training.steps" = [6000, 6001, 2]', engine="patient"
    )
    process = start_command(path, store)
    wait_until(
        lambda: (
            process.poll() is not None or len(list(store.folder.glob("reservations/*.steps"))) == 2
        )
    )
    assert process.poll() is None, stderr_of(process)
    workers = children(process.pid)
    started = time.monotonic()
    process.send_signal(how)
    error = stderr_of(process)
    wait_until(lambda: not any(map(is_alive, workers)))
    assert time.monotonic() - started < 3
    assert times_trained(store) == Counter()
    if how == signal.SIGTERM:
        assert process.returncode == 128 + signal.SIGTERM
        *progress, last = error.splitlines()
        assert last == "stopped by SIGTERM; the same command continues from here"
        assert all(line.startswith("small: ") for line in progress)
        assert not list(store.folder.glob("reservations/*.json"))

    path = write_spec('seed = 1\n[sweep.grid]\n"training.steps" = [1, 2]', engine="patient")
    assert exit_code(start(path, store)) == 0
    assert not list(store.folder.glob("reservations/*.json"))


def test_a_worker_that_dies_is_reported_with_its_stack_and_the_others_are_trained(
    write_spec, store, start_command
):
    path = write_spec('seed = 1\n[sweep.grid]\n"model.width" = [4, 13, 666]', "patient", steps=2)
    process = start_command(path, store)
    error = stderr_of(process)
    assert process.returncode == 2
    assert "could not be trained: ValueError: the thirteenth unit is missing" in error
    assert "small/w666-s0" in error
    assert "could not be trained: its worker process was killed (SIGKILL)" in error
    assert "Traceback" not in error
    assert runs_trained_once(store) == 1


def test_asking_what_is_missing_loads_neither_torch_nor_numpy(write_spec, store):
    code = (
        "import sys\n"
        "from grokspec.runner import missing\n"
        "from grokspec.spec import read_spec\n"
        "from grokspec.store import Store\n"
        "missing(read_spec(sys.argv[1]).runs, Store(sys.argv[2]))\n"
        "print({'torch', 'numpy', 'xarray', 'scipy'} & set(sys.modules))\n"
    )
    command = [sys.executable, "-c", code, str(write_spec()), str(store.folder)]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "set()\n"
