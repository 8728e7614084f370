"""Tables that are written for other programs, read back by pandas and pyarrow."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_results import LOSSES, made_up

import grokspec
from grokspec import cli
from grokspec.results.tables import LeftOut

needs_pyarrow = pytest.mark.skipif(
    "not __import__('importlib.util').util.find_spec('pyarrow')",
    reason="pyarrow is not installed",
)
FILES = ["x.csv", "x.csv.gz", "x.jsonl", pytest.param("x.parquet", marks=needs_pyarrow)]


def read(file: Path) -> pd.DataFrame:
    """As a user reads it."""
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    if file.suffix == ".jsonl":
        return pd.DataFrame([json.loads(line) for line in file.read_text().splitlines()])
    return pd.read_csv(file, engine="python")  # which rounds no digit


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("each", ["record", "run"])
def test_what_is_read_is_the_table_that_pandas_gets(results, tmp_path, name, each):
    there = read(results.export(tmp_path / "out" / name, each))
    expected = results.to_pandas(each)
    assert list(there) == list(expected)
    for column in expected:
        if expected[column].dtype == float:
            np.testing.assert_array_equal(there[column].astype(float), expected[column])
        else:
            assert list(there[column]) == list(expected[column])


@pytest.mark.parametrize("name", FILES)
def test_infinities_and_all_digits_survive(small, tmp_path, name):
    losses = read(small.export(tmp_path / name)).loss.astype(float)
    np.testing.assert_array_equal(losses, [*LOSSES, np.nan, np.nan, np.nan])


@needs_pyarrow
def test_parquet_has_the_types_and_says_what_was_not_recorded(small, tmp_path):
    import pyarrow.parquet as pq

    table = pq.read_table(small.export(tmp_path / "x.parquet"))
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    text = "dictionary<values=string, indices=int32, ordered=0>"
    numbers = dict.fromkeys(["loss", "other", "power[0]", "power[1]"], "double")
    assert types == {"run": text, "alpha": text, "seed": "int64", "step": "int64", **numbers}
    losses = table["loss"].to_pylist()
    assert np.isnan([losses[1], losses[5]]).all()
    assert losses[6:] == [None, None]
    assert table["other"].to_pylist() == [None] * 6 + [1, 2]
    assert table["step"].to_pylist()[4] == 2**40


@needs_pyarrow
def test_steps_at_which_a_run_diverged_are_whole_numbers_in_parquet(small, tmp_path):
    import pyarrow.parquet as pq

    table = pq.read_table(small.export(tmp_path / "x.parquet", "run"))
    assert table["diverged_at"].to_pylist() == [None, 0, None]
    assert str(table.schema.field("diverged_at").type) == "int64"


@needs_pyarrow
def test_parquet_says_what_the_table_is_about(small, tmp_path):
    import pyarrow.parquet as pq

    schema = pq.read_schema(small.export(tmp_path / "x.parquet"))
    about = json.loads(schema.metadata[b"grokspec"])
    assert schema.field("alpha").metadata == {b"path": b"model.alpha"}
    versions = {"grokspec": "0.1.0", "torch": "2.13", "numpy": "2.4", "python": "3.11"}
    assert about.pop("written_by").startswith("grokspec ")
    assert about == {
        "spec": "arms",
        "profile": "quick",
        "each": "record",
        "made_by": [{**versions, "device": device} for device in ("cpu", "cuda")],
        "read_from": {},
        "stale": [small.spec.runs[1].id],
    }


def test_csv_leaves_empty_what_was_not_recorded(small, tmp_path):
    lines = small.export(tmp_path / "x.csv").read_text().splitlines()
    run = small.spec.runs
    assert lines[0] == "run,alpha,seed,step,loss,other,power[0],power[1]"
    assert lines[2] == f"{run[0].id},none,0,1,NaN,,2.0,3.0"
    assert lines[6] == f"{run[1].id},0.5,0,0,NaN,,NaN,NaN"
    assert lines[7] == f"{run[2].id},4,0,0,,1.0,,"
    ended = small.export(tmp_path / "x.csv", "run").read_text().splitlines()
    assert ended[2] == f"{run[1].id},0.5,0,diverged,0,,0.0,,NaN,,NaN,NaN"


def test_labels_of_several_sorts_are_texts_as_they_are_written(small, tmp_path):
    table = pd.read_csv(small.export(tmp_path / "x.csv", "run"), dtype=str)
    assert list(table.alpha) == ["none", "0.5", "4"]


def test_the_same_results_are_the_same_bytes(small, tmp_path):
    files = [small.export(tmp_path / name) for name in ("one.csv.gz", "other.csv.gz")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert gzip.decompress(files[0].read_bytes()).startswith(b"run,")


def test_only_the_chosen_quantities_are_written(small, tmp_path):
    table = read(small.export(tmp_path / "x.csv", quantities=["power"]))
    assert list(table)[3:] == ["step", "power[0]", "power[1]"]


def test_a_quantity_that_was_not_recorded_is_a_mistake(small, tmp_path):
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.export(tmp_path / "x.csv", quantities=["los"])
    assert str(caught.value) == 'no quantity "los" was recorded; did you mean "loss"?'
    assert not (tmp_path / "x.csv").exists()


def test_a_quantity_with_many_numbers_is_named_and_written_only_if_chosen(arms, tmp_path):
    wide = made_up(arms, loss=np.ones(2), kernel=np.ones((2, 15, 15)))
    with pytest.warns(LeftOut, match=r"unless chosen by name: kernel \(225 numbers a record\)$"):
        table = read(wide.export(tmp_path / "x.csv"))
    assert list(table)[4:] == ["loss", "other"]
    assert len(read(wide.export(tmp_path / "x.csv", quantities="kernel")).columns) == 4 + 225


def test_a_quantity_with_the_name_of_another_column_gets_a_name_of_its_own(arms, tmp_path):
    names = {"run": np.ones(2), "seconds": np.ones(2), "alpha": np.ones(2)}
    both = made_up(arms, **names)
    table = read(both.export(tmp_path / "x.csv"))
    assert list(table) == [
        "run",
        "model.alpha",
        "seed",
        "step",
        "alpha",
        "other",
        "run_",
        "seconds",
    ]
    assert set(table.run) == {run.id for run in arms.runs}


@pytest.mark.parametrize("name", ["x.txt", "x", "x.gz", "x.npz"])
def test_another_ending_is_refused(small, tmp_path, name):
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.export(tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name}: a table is written as .csv, .csv.gz, .jsonl or .parquet"
    )


def test_a_folder_is_refused_as_a_file(small, tmp_path):
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(grokspec.GrokspecError, match=r"x\.csv is a folder; name a file"):
        small.export(tmp_path / "x.csv")


def test_a_file_that_cannot_be_written_leaves_the_one_that_is_there(small, tmp_path, monkeypatch):
    file = small.export(tmp_path / "x.csv")
    before = file.read_bytes()

    def full(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(grokspec.GrokspecError, match=r"x\.csv: cannot be written: No space left"):
        small.export(file, "run")
    assert file.read_bytes() == before
    assert list(tmp_path.glob("x.csv*")) == [file]


def test_without_pyarrow_the_message_says_how_to_install_it(small, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(grokspec.GrokspecError) as caught:
        small.export(tmp_path / "x.parquet")
    assert str(caught.value) == (
        'Parquet files need pyarrow; install it with `pip install "grokspec[parquet]"`, or write '
        ".csv"
    )


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["export", *map(str, arguments)])
    return int(ended.value.code or 0)


def test_the_command_writes_the_same(stored, store, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command("arms.toml", "c.csv", "--store", store.folder, "--quantity", "loss") == 0
    assert capsys.readouterr().out == "c.csv: 3 runs, a row for each record\n"
    expected = stored.export(tmp_path / "expected.csv", quantities=["loss"])
    assert Path("c.csv").read_bytes() == expected.read_bytes()


def test_the_command_looks_at_the_file_before_it_reads_results(arms, store, tmp_path, capsys):
    assert command(arms.path, tmp_path / "c.txt", "--store", store.folder) == 2
    assert "a table is written as" in capsys.readouterr().err


def test_the_command_trains_nothing_and_names_what_is_missing(arms, store, tmp_path, capsys):
    assert command(arms.path, tmp_path / "c.csv", "--store", store.folder) == 2
    assert "3 of 3 runs have no result" in capsys.readouterr().err
    assert not (tmp_path / "c.csv").exists()
