"""Runs of one's own are added to a table, each as a whole, whatever happens to its process."""

import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import grokspec
from grokspec.engines.base import RESERVED
from grokspec.errors import GrokspecError
from grokspec.files import turns
from grokspec.recorded import RecordedResults, read_recorded
from grokspec.results.adopted import adopt
from grokspec.results.table_files import FORMATS

HAS_PARQUET = importlib.util.find_spec("pyarrow") is not None

READERS = {
    ".csv": lambda path: pd.read_csv(path, engine="python"),
    ".jsonl": lambda path: pd.DataFrame(map(json.loads, path.read_text().splitlines())),
    ".parquet": pd.read_parquet,
}
"""How pandas reads each format."""

EACH_FORMAT = [
    pytest.param(
        ending,
        marks=pytest.mark.skipif(
            ending == ".parquet" and not HAS_PARQUET, reason="pyarrow is not installed"
        ),
    )
    for ending in FORMATS
]

HEAD = ["alpha", "optimizer", "seed", "step", "diverged_at"]


@pytest.fixture(params=EACH_FORMAT)
def file(request, tmp_path):
    """A file that is not there yet, in each format."""
    return tmp_path / f"runs{request.param}"


def run(file, *losses, seed=0, replace=False, **coordinates):
    """Record a run with these losses at the steps 0, 10, …"""
    with grokspec.record(file, seed=seed, replace=replace, **coordinates) as log:
        for i, loss in enumerate(losses or (1.0, 0.5)):
            log(10 * i, loss=loss)


def run_until(file, event, **coordinates):
    """Record a run in the middle of which something happens."""
    with grokspec.record(file, **coordinates) as log:
        log(0, loss=1)
        event()


def raising(error):
    raise error


def table(file):
    return READERS[file.suffix](file)


def losses(file):
    """The losses of each seed."""
    return {seed: own["loss"].tolist() for seed, own in table(file).groupby("seed")}


def test_a_table_has_a_row_for_each_run_and_step(file):
    for seed in (3, 4):
        with grokspec.record(file, alpha=0.5, optimizer="SGD", seed=seed) as log:
            log.once(baseline=2)
            log(0, loss=1, errors=[0.5, seed])
            log(10, loss=0.1, errors=[0.25, seed])
    found = table(file)
    assert found.columns.tolist() == [*HEAD, "loss", "errors[0]", "errors[1]", "baseline"]
    assert found["seed"].tolist() == [3, 3, 4, 4]
    assert found["step"].tolist() == [0, 10, 0, 10]
    assert found["optimizer"].tolist() == ["SGD"] * 4
    assert found["baseline"].tolist() == [2] * 4
    assert found["errors[1]"].tolist() == [3, 3, 4, 4]
    assert found["diverged_at"].isnull().all()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("number", [0.1, 1 / 3, 1e-7, 1e300]),
        ("whole", [0, -1, 2**53]),
        ("flag", [True, False]),
        ("text", ["SGD", "with, comma", 'with "quotes"', "β₂\nof Adam"]),
    ],
)
def test_coordinates_come_back_as_they_were(file, name, values):
    for value in values:
        run(file, **{name: value})
        with pytest.raises(GrokspecError, match=r"has the run .* already"):
            run(file, **{name: value})
    assert table(file)[name].tolist() == [value for value in values for _ in range(2)]


@pytest.mark.parametrize("number", [0.1, 1 / 3, 1e-310, 1.7e308, -0.0, 2.0**70])
def test_numbers_come_back_to_the_bit(file, number):
    run(file, number)
    run(file, 1.0, seed=1)  # which reads the file and writes it again
    found = table(file)["loss"].tolist()[0]
    assert np.float64(found).tobytes() == np.float64(number).tobytes()


def test_a_run_that_diverged_says_so_in_all_its_rows(file):
    run(file, 1.0, float("inf"), 0.5)
    run(file, 1.0, seed=1)
    found = table(file)
    assert found["diverged_at"].tolist()[:3] == [10, 10, 10]
    assert found["loss"].tolist()[0] == 1
    assert found["loss"].isnull().tolist() == [False, True, True, False]


def test_the_table_is_adopted_with_the_runs_that_diverged(file):
    run(file, 1.0, float("nan"), 0.5, alpha=1.0)
    run(file, 1.0, 0.75, 0.5, alpha=2.0)
    found = adopt(table(file).set_index(["alpha", "seed", "step"]).to_xarray())
    assert found["status"].values.tolist() == [["diverged"], ["finished"]]
    assert found["diverged_at"].sel(alpha=1.0, seed=0) == 10
    assert found["loss"].sel(alpha=2.0, seed=0).values.tolist() == [1, 0.75, 0.5]


def read_by_a_spec(file, **fields):
    """The runs that the ``[results]`` table of a spec reads."""
    given = {"files": str(file), "step": "step", "seed": "seed", **fields}
    quantities = {"train_loss": "loss"}
    return read_recorded(RecordedResults.model_validate({**given, "quantities": quantities}))


def test_a_spec_with_results_reads_the_table(file):
    for alpha in (0.5, 2.0):
        for seed in (0, 1):
            run(file, alpha, alpha / 3, seed=seed, alpha=alpha)
    read = read_by_a_spec(file, axes=["alpha"])
    found = [(run.coordinates, run.seed, run.history) for run in read.runs]
    assert [(at["alpha"], seed) for at, seed, _ in found] == [(0.5, 0), (0.5, 1), (2, 0), (2, 1)]
    for at, _, history in found:
        assert history.steps.tolist() == [0, 10]
        assert history.quantities["train_loss"].tolist() == [at["alpha"], at["alpha"] / 3]


def test_a_spec_with_results_knows_the_runs_that_diverged(file):
    run(file, 1.0, float("inf"), 0.5, seed=0)
    run(file, 1.0, 0.75, seed=1)
    diverged, finished = (each.history for each in read_by_a_spec(file).runs)
    assert (diverged.status, diverged.diverged_at) == ("diverged", 10)
    assert diverged.steps.tolist() == [0, 10, 20]
    np.testing.assert_array_equal(diverged.quantities["train_loss"], [1, np.nan, np.nan])
    assert finished.status == "finished"


# What happens to a run


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_adds_nothing_and_passes_on(file, error):
    run(file)
    before = file.read_bytes()
    with pytest.raises(error):
        run_until(file, lambda: raising(error), seed=1)
    assert file.read_bytes() == before


def test_a_block_that_logs_nothing_is_an_error_and_adds_nothing(file):
    with (
        pytest.raises(GrokspecError, match="nothing was logged; call log"),
        grokspec.record(file, seed=1),
    ):
        pass
    assert not file.exists()


def test_a_run_that_is_there_is_refused_before_the_block(file):
    run(file, 1.0, seed=1, alpha=0.5)
    before = file.read_bytes()
    begun = []
    with (
        pytest.raises(GrokspecError, match=r"has the run alpha = 0.5, seed = 1 already; replace=T"),
        grokspec.record(file, seed=1, alpha=0.5),
    ):
        begun.append(True)
    assert begun == []
    assert file.read_bytes() == before


def test_a_run_that_is_there_is_replaced_if_asked_for(file):
    run(file, 1.0, 0.5, seed=1, alpha=0.5)
    run(file, 2.0, seed=2, alpha=0.5)
    run(file, 3.0, seed=1, alpha=0.5, replace=True)
    run(file, 4.0, seed=3, alpha=0.5, replace=True)
    assert losses(file) == {1: [3], 2: [2], 3: [4]}


def test_a_run_that_another_process_has_recorded_meanwhile_is_not_there_twice(file):
    why = "has the run seed = 1 since it was recorded by another process as well; this one is left"
    with pytest.raises(GrokspecError, match=why):
        run_until(file, lambda: run(file, 2.0, seed=1), seed=1)
    assert losses(file) == {1: [2]}


RECORDING = """
    import os, sys, time
    import grokspec
    file, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for seed in range(first, first + count):
        with grokspec.record(file, alpha=0.5, seed=seed) as log:
            log(0, loss=seed)
            {then}
            log(10, loss=-seed)
"""


def started(file, first, count, then="pass"):
    """A process that records some seeds."""
    code = textwrap.dedent(RECORDING).format(then=then)
    command = [sys.executable, "-c", code, str(file), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_record_at_once_lose_nothing(file):
    processes = [started(file, first, 8) for first in (0, 8, 16)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    assert losses(file) == {seed: [seed, -seed] for seed in range(24)}
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, f"{file.name}.lock"]


def test_a_killed_process_loses_its_own_run_only(file):
    run(file, 1.0, seed=1, alpha=0.5)
    process = started(file, 2, 1, then="print(flush=True); time.sleep(60)")
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert losses(file) == {1: [1]}
    run(file, 2.0, seed=2, alpha=0.5)
    assert losses(file) == {1: [1], 2: [2]}


def test_a_process_that_is_killed_while_it_writes_damages_nothing(file):
    run(file, 1.0, seed=1, alpha=0.5)
    sleep = "os.fsync = lambda handle: (print(flush=True), time.sleep(60))"
    process = started(file, 2, 1, then=sleep)
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert losses(file) == {1: [1]}
    run(file, 2.0, seed=2, alpha=0.5)
    assert losses(file) == {1: [1], 2: [2]}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_is_reported_and_leaves_the_file_as_it_was(file, failing, monkeypatch):
    def full(*given, **named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run(file, 1.0, seed=1)
    before = sorted((path.name, path.read_bytes()) for path in file.parent.iterdir())
    place = {"fsync": os, "replace": Path}[failing]
    with pytest.raises(GrokspecError, match=r"the run seed = 2 could not be added .*: No space"):
        run_until(file, lambda: monkeypatch.setattr(place, failing, full), seed=2)
    monkeypatch.undo()
    assert sorted((path.name, path.read_bytes()) for path in file.parent.iterdir()) == before


def test_a_folder_that_may_not_be_written_to_is_reported_before_the_block(file, monkeypatch):
    def refused(*given, **named):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with (
        pytest.raises(GrokspecError, match=r"no run can be recorded in .*: Permission denied"),
        grokspec.record(file, seed=2),
    ):
        pytest.fail("it has begun")


def test_a_file_system_without_locks_is_refused_before_the_block(file, monkeypatch):
    monkeypatch.setattr(turns, "_can_be_locked", lambda lock: False)
    with (
        pytest.raises(GrokspecError, match="is in a file system without locks, where processes"),
        grokspec.record(file, seed=2),
    ):
        pytest.fail("it has begun")


def test_folders_are_made(file):
    inside = file.parent / "new" / "folder" / file.name
    run(inside)
    assert losses(inside) == {0: [1, 0.5]}


# Other runs in the file


def test_what_only_some_runs_record_is_empty_in_others(file):
    run(file, 1.0, seed=1)
    with grokspec.record(file, seed=2) as log:
        log(0, accuracy=0.5)
    found = table(file)
    assert found["loss"].isnull().tolist() == [False, True]
    assert found["accuracy"].isnull().tolist() == [True, False]


@pytest.mark.parametrize("coordinates", [{}, {"width": 8}, {"alpha": 1.0, "width": 8}])
def test_other_coordinates_than_those_of_the_file_are_refused(file, coordinates):
    run(file, alpha=0.5)
    there = ", ".join(coordinates) or "none"
    why = f"has runs with the coordinates alpha, and this one has {there}; give it the same"
    with pytest.raises(GrokspecError, match=why):
        run(file, **coordinates)


@pytest.mark.parametrize(
    ("there", "here", "sort"), [(0.5, "auto", "a number"), ("SGD", 1, "text"), (True, 1, "a truth")]
)
def test_coordinates_of_several_sorts_are_refused(file, there, here, sort):
    run(file, alpha=there)
    why = f"has {sort}.* in the column alpha, and this run has {here!r}; give it values of one sort"
    with pytest.raises(GrokspecError, match=why):
        run(file, alpha=here, seed=1)


@pytest.mark.parametrize(
    "content",
    [b"", b"# Notes\n\nOf, several, sorts.\n", b"\xff\xfe\x00", b"[1, 2]\n", b'{"loss": 1}\n'],
    ids=["empty", "text", "binary", "a list", "an object"],
)
def test_a_file_that_is_no_table_of_runs_is_refused_and_kept(file, content):
    file.write_bytes(content)
    with (
        pytest.raises(GrokspecError, match=r"runs\..*(is no table|has (rows|lines) that)"),
        grokspec.record(file, seed=2),
    ):
        pytest.fail("it has begun")
    assert file.read_bytes() == content


def test_a_table_without_seeds_is_refused(tmp_path):
    file = tmp_path / "runs.csv"
    file.write_text("alpha,step,loss\n1,0,0.5\n")
    with pytest.raises(GrokspecError, match="is no table of runs, with a column seed and a column"):
        run(file, alpha=1)


def test_a_table_with_an_unknown_coordinate_is_refused(tmp_path):
    file = tmp_path / "runs.jsonl"
    file.write_text(json.dumps({"alpha": None, "seed": 0, "step": 0}))
    with pytest.raises(GrokspecError, match="the column alpha is empty or NaN; every run must"):
        run(file, alpha=1)


def test_what_is_no_file_is_refused(file):
    file.mkdir()
    with pytest.raises(GrokspecError, match="is a folder, not a file"):
        run(file)


def test_a_name_with_another_ending_is_refused(tmp_path):
    with pytest.raises(GrokspecError, match=r"runs\.txt: its name must end in \.csv, \.jsonl, \.p"):
        run(tmp_path / "runs.txt")


def test_parquet_without_pyarrow_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(GrokspecError, match=r"need pyarrow: `pip install 'grokspec\[parquet\]'`"):
        run(tmp_path / "runs.parquet")


# The run itself


@pytest.mark.parametrize("value", [None, (1, 2), float("nan"), float("inf"), "", 1j, np.zeros(2)])
def test_coordinates_that_are_none_are_refused(file, value):
    with pytest.raises(GrokspecError, match=r"^record: alpha = .*"):
        run(file, alpha=value)


@pytest.mark.parametrize("name", [*sorted(RESERVED), "a b"])
def test_coordinates_with_the_name_of_something_else_are_refused(file, name):
    with pytest.raises(GrokspecError, match=rf"^record: the coordinate '{name}' (means|is no)"):
        run(file, **{name: 1})


@pytest.mark.parametrize(
    ("seed", "why"),
    [(1.5, "is no whole"), (True, "is no whole"), ("1", "is no whole"), (-1, "is not between")],
)
def test_a_seed_that_is_none_is_refused(file, seed, why):
    with pytest.raises(GrokspecError, match=f"record: seed = {seed!r} {why}"):
        run(file, seed=seed)
    with pytest.raises(TypeError, match="seed"), grokspec.record(file):
        pass


def test_a_number_of_numpy_is_a_coordinate_like_any_other(file):
    run(file, alpha=np.float64(0.5), seed=np.int64(1))
    run(file, alpha=np.float32(0.1), seed=2)
    assert table(file)["alpha"].tolist() == [0.5, 0.5, 0.1, 0.1]


@pytest.mark.parametrize("name", ["alpha", "seed"])
def test_a_quantity_with_the_name_of_a_coordinate_is_refused(file, name):
    with (
        pytest.raises(GrokspecError, match=f"step 0: '{name}' is a coordinate of the run; give"),
        grokspec.record(file, alpha=0.5, seed=1) as log,
    ):
        log(0, **{name: 1})


@pytest.mark.parametrize("text", ["1", "true", " a", "1e5", "nan"])
def test_a_text_that_a_csv_file_would_not_keep_is_refused(tmp_path, text):
    with pytest.raises(GrokspecError, match=r"is a text that a \.csv file would give back as"):
        run(tmp_path / "runs.csv", kind=text)
    run(tmp_path / "runs.jsonl", kind=text)
    assert json.loads((tmp_path / "runs.jsonl").read_text().splitlines()[0])["kind"] == text
