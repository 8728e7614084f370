"""`grokspec store`, as its user sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stored import result

from grokspec import cli
from grokspec.store import Store


@pytest.fixture
def grokspec(tmp_path, monkeypatch, capsys):
    """Runs a command of the group on the store "store": its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROKSPEC_STORE", "store")
    monkeypatch.setenv("COLUMNS", "200")

    def grokspec(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["store", *arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return grokspec


@pytest.fixture
def stored(grokspec) -> Store:
    """The store, with two runs."""
    store = Store(Path("store"))
    store.write([result("a" * 64), result("b" * 64)])
    return store


def test_list_of_no_store_says_that_there_are_no_results(grokspec):
    assert grokspec("list") == (0, "store has no results\n", "")
    assert not Path("store").exists()


def test_list_shows_a_line_for_each_spec(grokspec, stored):
    code, out, _ = grokspec("list")
    assert code == 0
    assert out.splitlines()[1].split()[:3] == ["spec", "2", "2"]
    assert out.splitlines()[1].split()[5:8] == ["1", "0.1.0", "2.13"]


def test_list_as_json_has_the_exact_numbers(grokspec, stored):
    code, out, _ = grokspec("list", "--json")
    (row,) = json.loads(out)
    assert (code, row["spec"], row["runs"]) == (0, "spec", 2)
    assert row["bytes"] == sum(path.stat().st_size for path in stored.files())
