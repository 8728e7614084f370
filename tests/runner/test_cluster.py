from __future__ import annotations

import contextlib
import hashlib
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from dask_cluster import DaskProcesses, dask_processes
from executors import Inline
from experiments import WHOLE

from grokspec.errors import GrokspecError
from grokspec.runner import TrainingError, train_runs
from grokspec.runner.apart import versions
from grokspec.runner.cluster import OfCluster
from grokspec.runner.connecting import connected
from grokspec.runner.progress import Progress
from grokspec.runner.roster import ClusterLostError, ClusterWarning
from grokspec.runner.training import begun_in
from grokspec.spec import SpecFile, read_spec
from grokspec.store import Store
from grokspec.store.locks import Reserved
from grokspec.store.shard import read_entries

pytest.importorskip("distributed")

LOOP = """
import os
import signal
import time


def wait(*, seed, log, steps=25, fails=False, dies=False):
    log(0, loss=seed / 3)
    for step in range(1, steps):
        time.sleep(0.02)
        log(step, loss=seed / 3)
    if fails:
        raise ValueError("the thirteenth unit is missing")
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
"""

SPEC = """
[function]
call = "{call}"
arguments = {{ steps = {steps} }}
[sweep]
seed = {seeds}
"""


@pytest.fixture(autouse=True)
def one_run_a_stack(monkeypatch):
    monkeypatch.setattr("grokspec.runner.pace.OF_UNKNOWN_COST", 1)


@pytest.fixture
def write_spec(tmp_path) -> Callable[..., SpecFile]:
    """Writes a spec of runs that take half a second each, and returns it."""

    def write(
        more: str = "", seeds: int = 4, steps: int = 25, call: str = "loops.py:wait"
    ) -> SpecFile:
        path = tmp_path / "specs" / "small.toml"
        path.parent.mkdir(exist_ok=True)
        path.with_name("loops.py").write_text(LOOP)
        path.write_text(SPEC.format(call=call, steps=steps, seeds=seeds) + more)
        return read_spec(path)

    return write


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Callable[[str], Path]:
    """Puts the loop into a folder, as a module that this process can import from the first one."""

    def install(name: str, text: str = LOOP) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "grokspec_test_loops.py").write_text(text)
        return folder

    monkeypatch.syspath_prepend(install("here"))
    yield install
    sys.modules.pop("grokspec_test_loops", None)


@pytest.fixture
def processes(tmp_path) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path) as found:
        yield found


@pytest.fixture
def scheduler(processes) -> DaskProcesses:
    """A scheduler in this process, which may get workers that are others."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", dashboard_address=":0"
    ) as cluster:
        processes.address = cluster.scheduler_address
        yield processes


@contextlib.contextmanager
def one_thread(**options) -> Iterator[str]:
    """The address of a cluster whose worker is a thread of this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", **options
    ) as cluster:
        yield cluster.scheduler_address


def train(spec: SpecFile, store: Store, address: str, **options):
    with connected(address) as client:
        return train_runs(spec.runs, store, device="cpu", executor=client, **options)


def trained_once_each(store: Store) -> set[str]:
    times = Counter(entry.key for shard in store.files() for entry in read_entries(shard))
    assert set(times.values()) == {1}
    return set(times)


def keys(spec: SpecFile) -> set[str]:
    return {run.key for run in spec.runs}


def test_a_worker_trains_to_the_same_numbers_as_this_machine(scheduler, store, tmp_path):
    (tmp_path / "small.toml").write_text(f'engine = "autograd"\n{WHOLE}[sweep]\nseed = 3\n')
    spec = read_spec(tmp_path / "small.toml")
    scheduler.start_worker()
    summary = train(spec, store, scheduler.address)
    assert summary.trained == tuple(run.id for run in spec.runs)
    here = Store(tmp_path / "here")
    train_runs(spec.runs, here, device="cpu", workers=1, executor=Inline())
    there, own = store.read(keys(spec)), here.read(keys(spec))
    for key in keys(spec):
        for name, values in own[key].history.quantities.items():
            np.testing.assert_array_equal(there[key].history.quantities[name], values)


def test_what_a_killed_worker_had_is_done_again_and_nothing_else(scheduler, write_spec, store):
    spec = write_spec(seeds=8)
    first, _ = scheduler.start_worker(), scheduler.start_worker()
    killed = []

    def kill_one(progress: Progress) -> None:
        if progress.workers == "2 workers" and progress.done_runs >= 2 and not killed:
            killed.append(first.kill())

    with pytest.warns(ClusterWarning, match="has gone; what it trained is done again"):
        summary = train(spec, store, scheduler.address, progress=kill_one)
    assert killed
    assert len(summary.trained) == 8
    assert trained_once_each(store) == keys(spec)


class BothTrainError(Exception):
    """Two stacks are in training at the same time."""


def test_a_worker_that_comes_later_trains_too(scheduler, write_spec, store):
    seen = []

    def add_one(progress: Progress) -> None:
        if not seen:
            scheduler.start_worker()
        seen.append(progress.workers)
        reserved = map(Path.read_text, (store.folder / "reservations").glob("*.json"))
        if sum(bool(Reserved.model_validate_json(text).keys) for text in reserved) == 2:
            raise BothTrainError

    scheduler.start_worker()
    with pytest.raises(BothTrainError):
        train(write_spec(seeds=400), store, scheduler.address, progress=add_one)
    assert (seen[0], seen[-1]) == ("1 worker", "2 workers")


def test_a_worker_that_lacks_what_the_runs_need_is_refused(scheduler, write_spec, store, installed):
    spec = write_spec(call="grokspec_test_loops:wait")
    scheduler.start_worker()
    with (
        pytest.warns(ClusterWarning, match="is not used: it cannot begin"),
        pytest.raises(GrokspecError, match=r"no worker at .* can train these runs: .*_test_loops"),
    ):
        train(spec, store, scheduler.address)


def test_a_worker_whose_code_is_another_is_refused_and_others_train(
    scheduler, write_spec, store, installed, tmp_path
):
    spec = write_spec(call="grokspec_test_loops:wait", seeds=6)
    other = installed("other", LOOP.replace("seed / 3", "seed + 4"))
    scheduler.start_worker(outside=other)
    scheduler.start_worker(outside=tmp_path / "here")
    with pytest.warns(
        ClusterWarning, match=r"its code is not that of this process \(grokspec_test_loops"
    ):
        train(spec, store, scheduler.address)
    assert trained_once_each(store) == keys(spec)
    losses = {r.history.quantities["loss"][0] for r in store.read(keys(spec)).values()}
    assert losses == {seed / 3 for seed in range(6)}


@pytest.mark.filterwarnings("ignore:workers have|the worker at")
def test_a_worker_with_another_python_is_refused_and_other_versions_are_named(
    write_spec, store, monkeypatch
):
    older = versions() | {"Python": "3.9.1", "torch": "1.0"}
    monkeypatch.setattr("grokspec.runner.apart.versions", lambda: older)
    with (
        one_thread() as address,
        pytest.warns(ClusterWarning, match=r"workers have torch 1\.0, and this process has"),
        pytest.raises(GrokspecError, match=r"it has Python 3\.9 and this process 3\."),
    ):
        train(write_spec(), store, address)


def test_a_worker_that_is_broken_is_refused_and_loses_nobody_a_stack(
    scheduler, write_spec, store, installed, tmp_path
):
    spec = write_spec(call="grokspec_test_loops:wait", seeds=6)
    scheduler.start_worker(outside=installed("broken", LOOP + "\nif True:"))
    scheduler.start_worker(outside=tmp_path / "here")
    with pytest.warns(ClusterWarning, match="is not used: it cannot begin"):
        train(spec, store, scheduler.address)
    assert trained_once_each(store) == keys(spec)


@pytest.mark.filterwarnings("ignore:the worker at .* has gone")
def test_a_stack_that_kills_its_workers_is_given_up_and_the_others_are_trained(
    scheduler, write_spec, store, monkeypatch
):
    monkeypatch.setattr("grokspec.runner.cluster.MOST_DEATHS", 2)
    spec = write_spec('[sweep.grid]\n"arguments.dies" = [true, false]', seeds=1, steps=2)
    scheduler.start_worker("--nanny")
    with pytest.raises(TrainingError, match="2 workers died while they trained it") as error:
        train(spec, store, scheduler.address)
    (failed,) = error.value.reasons
    assert trained_once_each(store) == keys(spec) - {failed}


def test_a_scheduler_that_goes_away_ends_the_training_and_the_rest_is_trained_later(
    processes, write_spec, store, caplog
):
    spec = write_spec(seeds=8)
    process = processes.start_scheduler()
    processes.start_worker()

    def kill(progress: Progress) -> None:
        if progress.done_runs >= 2:
            process.kill()

    with pytest.raises(ClusterLostError, match="has gone away; what was trained is in the store"):
        train(spec, store, processes.address, progress=kill)
    assert not caplog.records
    kept = trained_once_each(store)
    assert 2 <= len(kept) < 8
    with one_thread() as address:
        train(spec, store, address)
    assert trained_once_each(store) == keys(spec)
    assert not list((store.folder / "reservations").glob("*.json"))


def test_a_failure_comes_back_with_its_reason(write_spec, store):
    spec = write_spec('[sweep.grid]\n"arguments.fails" = [true, false]', seeds=1, steps=2)
    with (
        one_thread() as address,
        pytest.raises(TrainingError, match="ValueError: the thirteenth unit is missing"),
    ):
        train(spec, store, address)
    assert len(trained_once_each(store)) == 1


def test_a_call_that_dask_cancels_is_made_again(write_spec, store, monkeypatch):
    monkeypatch.setattr("grokspec.runner.apart.SECONDS_BETWEEN_NEWS", 0)
    spec = write_spec(seeds=1)
    cancelled = []
    tend = OfCluster._tend

    def cancel_once(self):
        at_work = [task.promise for task in self._at_work.values()]
        if at_work and not cancelled:
            cancelled.append(self._client.cancel(at_work))
        tend(self)

    monkeypatch.setattr(OfCluster, "_tend", cancel_once)
    with one_thread() as address:
        summary = train(spec, store, address)
    assert cancelled
    assert len(summary.trained) == 1


def test_tls_is_used_as_dask_is_configured(write_spec, store):
    import dask
    from distributed import Security

    security = Security.temporary()
    with one_thread(security=security) as address:
        assert address.startswith("tls://")
        with pytest.raises(GrokspecError, match="needs certificates"):
            train(write_spec(), store, address)
        configuration = {
            "distributed.comm.tls.ca-file": security.tls_ca_file,
            "distributed.comm.tls.client.cert": security.tls_client_cert,
            "distributed.comm.tls.client.key": security.tls_client_key,
        }
        with dask.config.set(configuration):
            assert len(train(write_spec(), store, address).trained) == 4


@pytest.mark.parametrize(
    ("scheduler_address", "message"),
    [
        ("nowhere", "is no address; write it like tcp://host:8786"),
        ("missing.json", "there is no such file; `dask scheduler --scheduler-file"),
    ],
)
def test_a_scheduler_that_cannot_be_one_is_refused(scheduler_address, message):
    with pytest.raises(GrokspecError, match=message), connected(scheduler_address):
        pass


CALLED = """
from grokspec.files.downloads import PublicFile

FILE = PublicFile("some/public.bin", "http://127.0.0.1:9/public.bin", "{sha256}")


def train(*, seed, log):
    log(0, loss=float(len(FILE.content()) + seed))
"""


def test_public_data_that_a_worker_can_not_get_are_sent_to_it(tmp_path, store, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "some").mkdir(parents=True)
    there.mkdir()
    (here / "some" / "public.bin").write_bytes(b"seven b")
    sha256 = hashlib.sha256(b"seven b").hexdigest()
    monkeypatch.setattr("grokspec.files.downloads.data_folder", lambda: there)
    monkeypatch.setattr("grokspec.runner.apart.data_folder", lambda: there)
    monkeypatch.setattr("grokspec.runner.cluster.data_folder", lambda: here)
    (tmp_path / "loop.py").write_text(CALLED.format(sha256=sha256))
    (tmp_path / "loop.toml").write_text('[function]\ncall = "loop.py:train"\n[sweep]\nseed = 2\n')
    spec = read_spec(tmp_path / "loop.toml")
    with one_thread() as address:
        train(spec, store, address)
    assert (there / "some" / "public.bin").read_bytes() == b"seven b"
    assert len(trained_once_each(store)) == 2


GOES_ON = """
engine = "autograd"
[task]
kind = "polynomial"
inputs = 6
train = 20
[model]
kind = "perceptron"
hidden = [8]
[optimizer]
kind = "gradient_descent"
learning_rate = 0.1
[training]
steps = {steps}
[record]
steps = {{ every = 10 }}
probes = ["loss"]
weights = "last"
[sweep]
seed = 2
"""


def test_a_longer_training_goes_on_from_weights_that_are_sent(store, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(
        "grokspec.runner.cluster.begun_in",
        lambda store, job: begun.append(begun_in(store, job)) or begun[-1],
    )
    with one_thread() as address:
        for steps in (20, 40):
            (tmp_path / "longer.toml").write_text(GOES_ON.format(steps=steps))
            spec = read_spec(tmp_path / "longer.toml")
            train(spec, store, address)
    assert [own.after for own in begun if own] == [20]
    whole = Store(tmp_path / "whole")
    train_runs(spec.runs, whole, device="cpu", executor=Inline())
    there, own = store.read(keys(spec)), whole.read(keys(spec))
    for key in keys(spec):
        losses = (results[key].history.quantities["train_loss"] for results in (there, own))
        np.testing.assert_array_equal(*losses)
        assert store.kept(there[key].weights) is not None


def test_a_cluster_without_a_worker_is_waited_for(write_spec, store, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr("grokspec.runner.cluster.SECONDS_TO_GATHER", 0.2)
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster:
        threading.Timer(1.0, cluster.scale, [1]).start()
        with pytest.warns(ClusterWarning, match="has no worker yet; waiting for one"):
            summary = train(write_spec(), store, cluster.scheduler_address)
    assert len(summary.trained) == 4


def test_a_cluster_without_a_worker_is_not_waited_for_beyond_the_time_limit(
    scheduler, write_spec, store
):
    spec = write_spec()
    summary = train(spec, store, scheduler.address, time_limit=0.5)
    assert summary.left == tuple(run.id for run in spec.runs)
