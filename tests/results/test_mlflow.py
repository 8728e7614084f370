"""Runs that are written to MLflow, read back by its client."""

import itertools
import logging
import socket
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from made_up_results import LOSSES, made_up

import grokspec
from grokspec import cli
from grokspec.engines.base import History
from grokspec.results import mlflow as sink
from grokspec.results.mlflow_runs import flattened, runs_to_write, valid_name

needs_mlflow = pytest.mark.skipif(not find_spec("mlflow"), reason="MLflow is not installed")
needs_database = pytest.mark.skipif(
    not find_spec("mlflow") or not find_spec("sqlalchemy"),
    reason="MLflow or its databases' library is not installed",
)


@pytest.fixture
def uri(tmp_path, monkeypatch):
    """A store of MLflow in files, which takes least time."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where the lock is
    return (tmp_path / "mlruns").as_uri()


def client(uri: str):
    from mlflow import MlflowClient

    return MlflowClient(uri)


def written(uri: str, experiment: str = "arms") -> list:
    """The runs of an experiment, in the order of their names."""
    there = client(uri)
    runs = there.search_runs([there.get_experiment_by_name(experiment).experiment_id])
    return sorted(runs, key=lambda run: run.info.run_name)


def history_of(uri: str, run, name: str) -> list:
    """The steps and values of a metric."""
    found = client(uri).get_metric_history(run.info.run_id, name)
    return [(metric.step, metric.value) for metric in sorted(found, key=lambda m: m.step)]


def run_named(uri: str, name: str):
    (run,) = [run for run in written(uri) if run.info.run_name == name]
    return run


@needs_mlflow
def test_each_run_has_its_metrics_at_the_recorded_steps(small, uri):
    done = small.to_mlflow(uri)
    assert str(done) == f"{uri}, experiment arms: 3 written"
    whole, diverged, other = (run_named(uri, run.id) for run in small.spec.runs)
    steps = list(small.histories[0].steps)
    np.testing.assert_array_equal(
        history_of(uri, whole, "loss"), list(zip(steps, LOSSES, strict=True))
    )
    assert history_of(uri, whole, "power/1") == [(s, 2 * i + 1) for i, s in enumerate(steps)]
    assert set(diverged.data.metrics) == {"loss", "power/0", "power/1"}
    assert history_of(uri, other, "other") == [(0, 1), (1, 2)]
    assert history_of(uri, other, "once") == [(0, 7)]


@needs_mlflow
def test_params_are_the_description_and_tags_say_where_a_run_comes_from(small, uri):
    small.to_mlflow(uri)
    run = small.spec.runs[1]
    there = run_named(uri, run.id)
    assert there.data.params == flattened(run.experiment.described)
    assert there.data.params["model.alpha"] == "2"
    expected = {
        "key": run.key,
        "fingerprint": "code 1",
        "spec": "arms",
        "profile": "quick",
        "status": "diverged",
        "diverged_at": "0",
        "seconds": "0",
        "stale": "true",
        "at.alpha": "0.5",
        "at.seed": "0",
        "version": "0.1.0",
        "torch": "2.13",
        "numpy": "2.4",
        "python": "3.11",
        "device": "cuda",
        "flops": "1e+09",
    }
    tags = {name: text for name, text in there.data.tags.items() if name.startswith("grokspec.")}
    assert tags == {f"grokspec.{name}": text for name, text in expected.items()}
    assert (there.info.status, there.info.end_time) == ("FINISHED", 1e12)


@needs_mlflow
def test_what_is_there_is_not_written_again(small, uri):
    small.to_mlflow(uri)
    before = [run.info.run_id for run in written(uri)]
    assert str(small.to_mlflow(uri)).endswith("arms: 3 there already")
    assert [run.info.run_id for run in written(uri)] == before


@needs_mlflow
def test_results_of_other_code_are_runs_of_their_own(small, uri):
    small.to_mlflow(uri)
    assert replace(small, fingerprints=("code 2",) * 3).to_mlflow(uri).written == 3
    assert len(written(uri)) == 6


@needs_mlflow
def test_a_run_gets_the_quantities_that_it_lacks(small, uri):
    small.to_mlflow(uri, quantities=["loss"])
    done = small.to_mlflow(uri)
    assert (done.completed, done.written) == (3, 0)
    assert len(written(uri)) == 3
    whole = run_named(uri, small.spec.runs[0].id)
    assert set(whole.data.metrics) == {"loss", "power/0", "power/1"}
    assert len(history_of(uri, whole, "loss")) == len(LOSSES)
    assert whole.info.status == "FINISHED"


@needs_mlflow
@pytest.mark.parametrize("first", [[], ["power"]], ids=["while it is new", "while it is completed"])
def test_a_run_whose_writing_was_interrupted_is_replaced(small, uri, monkeypatch, first):
    from mlflow import MlflowClient

    if first:
        small.to_mlflow(uri, quantities=first)
    monkeypatch.setattr(sink, "MOST_METRICS", 2)
    genuine, calls = MlflowClient.log_batch, itertools.count()

    def cut_off(*args, metrics=(), **more):
        if metrics and next(calls) == 1:
            raise KeyboardInterrupt
        return genuine(*args, metrics=metrics, **more)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_batch", cut_off)
        with pytest.raises(KeyboardInterrupt):
            small.to_mlflow(uri)
    done = small.to_mlflow(uri)
    assert (done.replaced, done.there + done.written + done.completed) == (1, 2)
    assert len(written(uri)) == 3
    whole = run_named(uri, small.spec.runs[0].id)
    assert len(history_of(uri, whole, "loss")) == len(LOSSES)
    assert whole.info.status == "FINISHED"


@needs_mlflow
def test_more_metrics_than_mlflow_takes_at_once_are_written(arms, uri):
    steps = np.arange(2_345)
    long = History(steps, {"loss": steps / 7})
    results = made_up(arms, loss=np.ones(2))
    replace(results, histories=(long, *results.histories[1:])).to_mlflow(uri)
    found = history_of(uri, run_named(uri, arms.runs[0].id), "loss")
    assert found == [(step, step / 7) for step in range(2_345)]


@needs_mlflow
def test_a_failure_of_mlflow_is_one_line(small, uri, monkeypatch):
    from mlflow import MlflowClient

    def refuse(*args, **more):
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(MlflowClient, "log_batch", refuse)
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.to_mlflow(uri)
    assert str(caught.value) == f"{uri}: MLflow: no route; the same command continues from here"


@needs_mlflow
def test_a_deleted_experiment_is_a_mistake_with_a_remedy(small, uri):
    client(uri).delete_experiment(client(uri).create_experiment("mine"))
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.to_mlflow(uri, "mine")
    assert str(caught.value) == (
        'the experiment "mine" was deleted in MLflow; restore it, or name another'
    )


@needs_mlflow
def test_a_server_that_is_not_there_is_a_mistake_at_once(small):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(grokspec.GrokspecError) as caught:
            small.to_mlflow(f"http://me:secret@127.0.0.1:{port}/x")
    assert str(caught.value).startswith(f"http://127.0.0.1:{port}/x: no server of MLflow answers (")


@needs_database
def test_a_database_keeps_nan_and_has_the_largest_number_for_infinity(small, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    uri = f"sqlite:///{tmp_path / 'm.db'}"
    try:
        small.to_mlflow(uri)
        assert small.to_mlflow(uri).there == 3
        losses = [v for _, v in history_of(uri, run_named(uri, small.spec.runs[0].id), "loss")]
    finally:
        logging.getLogger("mlflow").handlers.clear()  # it keeps the stream of this test
    largest = sys.float_info.max
    np.testing.assert_array_equal(losses, [3.25, np.nan, largest, -largest, 0.1 + 0.2])


@needs_mlflow
def test_a_quantity_that_was_not_recorded_is_a_mistake_and_nothing_is_written(small, uri):
    with pytest.raises(grokspec.GrokspecError, match='no quantity "los" was recorded'):
        small.to_mlflow(uri, quantities=["los"])
    assert client(uri).get_experiment_by_name("arms") is None


@needs_mlflow
def test_what_is_no_address_is_a_mistake(small):
    with pytest.raises(grokspec.GrokspecError, match=r"^http://\[::1: is no address \(.*; correct"):
        small.to_mlflow("http://[::1")


@needs_mlflow
def test_an_address_of_no_kind_that_mlflow_has_is_a_mistake_in_its_words(small, uri):
    with pytest.raises(grokspec.GrokspecError, match=r"^foo://x: MLflow: .*unsupported URI"):
        small.to_mlflow("foo://x")


def test_without_mlflow_the_message_says_how_to_install_it(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.to_mlflow()
    assert str(caught.value) == (
        'MLflow is not installed; install it with `pip install "grokspec[mlflow]"`'
    )


@needs_mlflow
def test_without_the_library_of_databases_the_message_says_how_to_install_it(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.to_mlflow("postgresql+psycopg://me:secret@host/db")
    assert str(caught.value) == (
        "postgresql+psycopg://host/db: MLflow's databases need sqlalchemy; install it with "
        '`pip install "grokspec[mlflow]"`'
    )


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("test_loss", "test_loss"),
        ("acc/test", "acc/test"),
        ("power[0,12]", "power/0/12"),
        ("../a//b/.", "a/b"),
        ("Δ loss (%)", "Δ loss ___"),
        ("a:b", "a_b"),
        ("..", "_"),
    ],
)
def test_names_are_such_as_mlflow_takes(name, valid):
    assert valid_name(name) == valid


def test_descriptions_are_flat_and_nothing_gets_lost():
    described = {
        "task": {"kind": "x", "test": None, "labels": {}},
        "steps": [1, 2, {"log": 3}],
        "half": 0.5,
        "flag": True,
        "name": "",
    }
    assert flattened(described) == {
        "task.kind": "x",
        "steps": '[1, 2, {"log": 3}]',
        "half": "0.5",
        "flag": "true",
        "name": '""',
    }


def test_long_values_stay_different_and_names_that_become_alike_too(arms):
    alike = {"a+b": np.ones(2), "a-b": np.ones(2), "a*b": np.ones(2)}
    results = made_up(arms, **alike)
    run = next(runs_to_write(results, alike))
    assert set(run.curves) == {"a_b", "a-b", "a_b_"}
    from grokspec.results.mlflow_runs import _cut

    one, other = (_cut(end.rjust(9000, "x")) for end in "ab")
    assert one != other
    assert len(one) < 6000


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["mlflow", *map(str, arguments)])
    return int(ended.value.code or 0)


@needs_mlflow
def test_the_command_writes_the_same(stored, store, uri, capsys):
    arguments = ("--uri", uri, "--experiment", "mine", "--quantity", "loss")
    assert command(stored.spec.path, "--store", store.folder, *arguments) == 0
    assert capsys.readouterr().out == f"{uri}, experiment mine: 3 written\n"
    assert [set(run.data.metrics) for run in written(uri, "mine")].count({"loss"}) == 2


@needs_mlflow
def test_the_command_trains_nothing_and_names_what_is_missing(arms, store, uri, capsys):
    assert command(arms.path, "--store", store.folder, "--uri", uri) == 2
    assert "3 of 3 runs have no result" in capsys.readouterr().err
