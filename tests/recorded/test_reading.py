"""The same runs are read from every format, in an order of their own."""

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import formats
import numpy as np
import pytest
from formats import FORMS, Form, runs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_files import mistake, points, recording

from grokspec.errors import GrokspecError
from grokspec.recorded import reading

SHUFFLED = [form for form in FORMS if form.shuffles]


def written(form: Form, folder: Path, rows=None) -> None:
    pytest.importorskip(form.needs, minversion=form.at_least)
    form.write(folder, runs() if rows is None else rows)


def by_name(read):
    """Each run without the order of its axes, which is that of the table."""
    return [(dict(sorted(run.coordinates.items())), run.seed, run.key) for run in read.runs]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The runs as they are read from a long table."""
    folder = tmp_path_factory.mktemp("plain")
    written(FORMS[0], folder)
    return recording(folder, **FORMS[0].fields)


def test_the_long_table_has_every_run_with_its_numbers(plain):
    expected = formats.by_run(runs())
    assert points(plain) == sorted(expected)
    for run, rows in zip(plain.runs, (expected[point] for point in points(plain)), strict=True):
        assert run.history.steps.tolist() == [row["step"] for row in rows]
        for name, source in formats.LOSSES.items():
            assert run.history.quantities[name].tolist() == [row[source] for row in rows]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_format_gives_the_same_runs(form, tmp_path, plain):
    written(form, tmp_path)
    read = recording(tmp_path, **form.fields)
    assert sorted(by_name(read), key=str) == sorted(by_name(plain), key=str)
    for run in read.runs:
        assert run.history.steps.dtype == np.int64
        assert {values.dtype for values in run.history.quantities.values()} == {np.dtype(float)}


@pytest.mark.parametrize("form", SHUFFLED, ids=str)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(form, plain, source: random.Random):
    rows = runs()
    source.shuffle(rows)
    with TemporaryDirectory() as folder:
        written(form, Path(folder), rows)
        read = recording(Path(folder), **form.fields)
    assert sorted(by_name(read), key=str) == sorted(by_name(plain), key=str)
    assert points(read) == sorted(points(read))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_source_has_the_hash_of_its_content_and_what_was_read(form, tmp_path):
    written(form, tmp_path)
    read = recording(tmp_path, **form.fields)
    assert {run.source for run in read.runs} == set(read.sources)
    assert len({source.sha256 for source in read.sources}) == len(read.sources)
    for source in read.sources:
        assert source.path.exists()
        assert len(source.columns) >= 2
    again = recording(tmp_path, **form.fields)
    assert again.sources == read.sources


MISSING = {"pyarrow": "parquet", "h5netcdf": "netcdf", "zarr": "zarr", "tensorboard": "tensorboard"}


@pytest.mark.parametrize("form", [form for form in FORMS if form.needs in MISSING], ids=str)
def test_what_a_format_needs_is_told_with_how_to_install_it(form, tmp_path, monkeypatch):
    written(form, tmp_path)
    monkeypatch.setattr("grokspec.recorded.formats.find_spec", lambda name: None)
    message = mistake(tmp_path, **form.fields)
    extra = MISSING[form.needs]
    assert f'needs {form.needs}; install it with `pip install "grokspec[{extra}]"`' in message


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_missing_quantity_is_told_with_the_nearest_name(form, tmp_path):
    written(form, tmp_path)
    source = form.fields["quantities"]["train_loss"]
    message = mistake(tmp_path, **form.fields | {"quantities": {"train_loss": f"{source}s"}})
    assert f'"{source}s"' in message
    assert "train" in message.partition("did you mean")[2]


@pytest.mark.parametrize("form", [form for form in FORMS if form.name != "events"], ids=str)
@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_a_file_that_was_cut_short_is_told_or_lacks_records(form, share, tmp_path, plain):
    written(form, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 60]
    path = max(files, key=lambda path: path.stat().st_size)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    try:
        found = by_name(recording(tmp_path, **form.fields))
    except GrokspecError as error:
        found = str(error)
    assert found
    assert found != by_name(plain)


def test_mistakes_of_several_files_are_told_together_each_once(tmp_path):
    written(FORMS[1], tmp_path)
    paths = sorted(tmp_path.rglob("*.csv"))
    for path in paths[:3]:
        path.write_text("step,loss/train\n")
    paths[3].write_text("")
    message = mistake(tmp_path, **FORMS[1].fields)
    assert f'{paths[0]} (and 2 other files): has no column "loss/test"' in message
    assert f"{paths[3]}: is empty" in message


def test_two_files_with_the_same_run_are_a_mistake(tmp_path):
    written(FORMS[1], tmp_path)
    path = next(tmp_path.rglob("a2.00_s1.csv"))
    other = path.with_name("a2.0_s1.csv")
    other.write_bytes(path.read_bytes())
    message = mistake(tmp_path, **FORMS[1].fields)
    assert f"{path} and {other} both have" in message
    assert "alpha = 2, seed = 1; remove one of them" in message


def test_an_axis_has_values_of_one_sort_in_all_files(tmp_path):
    for name, value in (("a", "1"), ("b", "x")):
        (tmp_path / f"{name}.csv").write_text(f"alpha,seed,step,loss/train\n{value},0,0,1\n")
    assert mistake(tmp_path) == (
        f"alpha is a number in {tmp_path / 'a.csv'} and text in {tmp_path / 'b.csv'}; write values "
        "of one sort"
    )


def test_a_quantity_has_the_same_axes_in_all_files(tmp_path):
    for name, shape in (("a", (2, 3)), ("b", (2, 4))):
        np.savez(tmp_path / name, steps=[0, 1], x=np.zeros(shape), alpha=shape[1])
    own = {"x": {"from": "x", "along": ["step", "layer"]}}
    message = mistake(tmp_path, files="*.npz", step="steps", seed=None, quantities=own)
    assert "x has the shape [2, 3] in" in message
    assert "only the number of records may differ" in message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.txt", "is in no known format; its name must end in .npz"),
        ("folder/", "is a folder without event files; match the files in it"),
        ("folder.csv/", "is a folder without event files; match the files in it"),
        ("a.zarr", "is in no known format"),
    ],
)
def test_what_is_no_known_file_is_told(tmp_path, name, reason):
    path = tmp_path / name
    path.mkdir() if name.endswith("/") else path.write_text("x")
    assert reason in mistake(tmp_path, files=name.strip("/"))


def test_a_link_to_nothing_is_told(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "nothing")
    assert "cannot be read: No such file or directory" in mistake(tmp_path)


@pytest.mark.parametrize("bound", ["MOST_RUNS", "MOST_ROWS"])
def test_too_many_runs_in_many_files_are_refused(tmp_path, monkeypatch, bound):
    written(FORMS[1], tmp_path)
    monkeypatch.setattr(reading, bound, 3)
    assert "write more of their names" in mistake(tmp_path, **FORMS[1].fields)


WATCHED: set[str] | None = None


def watch(event: str, arguments: tuple) -> None:
    """Note what executes code; an audit hook cannot be removed, so it may be off.

    numpy parses the header of an array as a literal, which compiles but executes nothing.
    """
    if WATCHED is not None and event in ("exec", "import", "pickle.find_class"):
        WATCHED.add(f"{event} {arguments[0]}")


@pytest.fixture
def executed(monkeypatch):
    """What is executed or imported from now on."""
    sys.addaudithook(watch)
    found: set[str] = set()
    monkeypatch.setattr(sys.modules[__name__], "WATCHED", found)
    return found


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_nothing_is_executed_to_read_a_file(form, tmp_path, request):
    written(form, tmp_path)
    recording(tmp_path, **form.fields)  # imports what it takes
    executed = request.getfixturevalue("executed")
    recording(tmp_path, **form.fields)
    assert executed == set()
    exec("pass")
    assert len(executed) == 1, "what is executed is noticed"


def test_the_room_is_opened_without_what_it_reads_with(monkeypatch):
    import subprocess

    code = "import sys, grokspec.recorded; print([m for m in ('numpy', 'pandas', 'torch', 'xarray',"
    code += " 'pyarrow', 'zarr', 'tensorboard') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
