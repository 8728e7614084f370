"""Which files a pattern matches, and where they are looked for."""

import hashlib
import os
from pathlib import Path

import pytest
from recorded_files import mistake, points, recording, table
from serving import serving

from grokspec.errors import GrokspecError
from grokspec.recorded import matching
from grokspec.recorded.matching import matches_of

ROWS = "step,loss/train\n0,0.5\n"

NAMED = {"axes": None, "seed": None}
"""Reads files that have nothing but steps and losses; the axes are in their names."""


@pytest.fixture
def write(tmp_path):
    def write_one(name: str, folder: Path = tmp_path) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROWS)
        return path

    return write_one


def matched(folder, pattern):
    return [match.name for match in matches_of(table(folder, files=pattern))]


def refused(folder, pattern, **fields):
    with pytest.raises(GrokspecError) as caught:
        matches_of(table(folder, files=pattern, **fields))
    return str(caught.value)


def test_wildcards_match_parts_of_one_name_and_hidden_files_only_if_named(tmp_path, write):
    for name in ("a/x.csv", "a/y.csv", "b/x.csv", "a/deep/x.csv", "a/.x.csv", "x.csv"):
        write(name)
    assert matched(tmp_path, "*/x.csv") == ["a/x.csv", "b/x.csv"]
    assert matched(tmp_path, "a/*.csv") == ["a/x.csv", "a/y.csv"]
    assert matched(tmp_path, "a/.*.csv") == ["a/.x.csv"]
    assert matched(tmp_path, ["x.csv", "a/x.*"]) == ["a/x.csv", "x.csv"]
    assert matched(tmp_path / "b", "../a/x.csv") == ["../a/x.csv"]


def test_a_path_may_be_absolute_or_begin_at_home(tmp_path, write, monkeypatch):
    path = write("a/x.csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert matched(tmp_path / "elsewhere", str(path.parent / "*.csv")) == [str(path)]
    assert matched(tmp_path / "elsewhere", "~/a/*.csv") == ["~/a/x.csv"]


def test_texts_in_names_are_numbers_if_all_are(tmp_path, write):
    for name in ("a1.00_relu_s3.csv", "a0.5_2_s3.csv"):
        write(name)
    read = recording(tmp_path, files="a{alpha}_{act}_s{seed}.csv", **NAMED)
    assert points(read) == [(0.5, "2", 3), (1.0, "relu", 3)]


def test_files_are_looked_for_beside_the_spec_and_then_in_the_public_data(tmp_path, write):
    public = Path(os.environ["GROKSPEC_DATA"])
    write("d/a1.csv", public)
    assert [run.source.path for run in recording(tmp_path, files="d/*.csv", **NAMED).runs] == [
        public / "d/a1.csv"
    ]
    own = write("d/a2.csv")
    assert [run.source.path for run in recording(tmp_path, files="d/*.csv", **NAMED).runs] == [own]


def test_where_nothing_matches_both_places_are_named_and_the_nearest_name(tmp_path, write):
    write("results/run_1.csv")
    assert refused(tmp_path, "result/run_*.csv") == (
        f'no file matches "result/run_*.csv" in {tmp_path} or in {os.environ["GROKSPEC_DATA"]}; '
        'did you mean "results"?'
    )
    assert refused(tmp_path, "results/rum_*.csv").endswith('did you mean "results/run_1.csv"?')
    assert refused(tmp_path, "zzz/*.csv").endswith(os.environ["GROKSPEC_DATA"])


def test_a_file_that_two_patterns_read_otherwise_is_a_mistake(tmp_path, write):
    write("a1_b2.csv")
    assert "is matched by two patterns, which read other values from its name" in refused(
        tmp_path, ["a{x}_b*.csv", "*_b{x}.csv"]
    )


def test_too_many_files_are_refused_before_any_is_read(tmp_path, write, monkeypatch):
    monkeypatch.setattr(matching, "MOST_FILES", 2)
    for name in "abc":
        write(f"{name}.csv")
    assert "matches more than 2 files; write more of their names" in refused(tmp_path, "*.csv")


def test_too_many_names_are_refused_before_all_are_compared(tmp_path, write, monkeypatch):
    monkeypatch.setattr(matching, "MOST_ENTRIES", 2)
    for name in "abc":
        write(f"{name}.csv")
    assert 'more than 2 names were compared with "*.npz"' in refused(tmp_path, "*.npz")


@pytest.fixture
def server():
    """A server on this machine that sends the rows, whatever is asked for."""
    with serving(lambda path: ROWS.encode()) as served:
        yield served


SHA256 = hashlib.sha256(ROWS.encode()).hexdigest()


def test_files_are_fetched_once_into_the_folder_of_public_data(tmp_path, server):
    fetch = {
        "url": f"{server.address}/d/",
        "sha256": {"a1.csv": SHA256, "a 2.csv": SHA256, "x": SHA256},
    }
    for _ in range(2):
        read = recording(tmp_path, files="paper/a{alpha}.csv", fetch=fetch, **NAMED)
    assert points(read) == [(1, 0), (2, 0)]
    assert server.requested == ["/d/a1.csv", "/d/a%202.csv"]
    assert (Path(os.environ["GROKSPEC_DATA"]) / "paper/a1.csv").read_text() == ROWS


def test_a_fetched_file_that_was_altered_is_refused(tmp_path, write):
    write("paper/a1.csv", Path(os.environ["GROKSPEC_DATA"])).write_text(ROWS + "1,0.1\n")
    fetch = {"url": "http://127.0.0.1:1/", "sha256": {"a1.csv": SHA256}}
    message = mistake(tmp_path, files="paper/*.csv", fetch=fetch, **NAMED)
    assert "is truncated, altered or another file" in message


@pytest.mark.parametrize("pattern", ["*/a.csv", "/a.csv", "~/a.csv", "../a.csv"])
def test_what_is_fetched_lies_in_one_folder_of_the_public_data(tmp_path, pattern):
    fetch = {"url": "http://127.0.0.1:1/", "sha256": {"a.csv": SHA256}}
    message = refused(tmp_path, pattern, fetch=fetch)
    assert "files that are fetched lie in one folder below GROKSPEC_DATA" in message


@pytest.mark.parametrize("name", ["../a.csv", "b/a.csv", "..", ""])
def test_a_fetched_file_has_a_name_without_folders(tmp_path, name):
    fetch = {"url": "http://127.0.0.1:1/", "sha256": {name: SHA256}}
    with pytest.raises(ValueError, match="no name of a file; write it without folders"):
        table(tmp_path, fetch=fetch)


def test_a_pattern_must_match_a_file_that_is_fetched(tmp_path):
    fetch = {"url": "http://127.0.0.1:1/", "sha256": {"a1.csv": SHA256}}
    message = refused(tmp_path, "paper/b*.csv", fetch=fetch)
    assert message == '"paper/b*.csv" matches no file that fetch names; did you mean "a1.csv"?'
