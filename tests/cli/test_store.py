"""`grokspec store`, as its user sees it."""

from __future__ import annotations

import io
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from experiments import WHOLE
from stored import flipped, only_shard, result

from grokspec import cli
from grokspec.spec import read_spec
from grokspec.store import Store
from grokspec.store.fingerprint import fingerprint


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
    assert out.splitlines()[1].split()[:4] == ["spec", "2", "2", "2"]
    assert out.splitlines()[1].split()[6:9] == ["1", "0.1.0", "2.13"]


def test_list_cuts_nothing_in_a_narrow_terminal(grokspec, stored, monkeypatch):
    wide = grokspec("list")
    monkeypatch.setenv("COLUMNS", "30")
    assert grokspec("list") == wide


def test_list_as_json_has_the_exact_numbers(grokspec, stored):
    code, out, _ = grokspec("list", "--json")
    (row,) = json.loads(out)
    assert (code, row["spec"], row["runs"]) == (0, "spec", 2)
    assert row["bytes"] == sum(path.stat().st_size for path in stored.files())


def test_list_compares_with_the_code_of_specs_that_are_given(grokspec):
    Path("x.toml").write_text(WHOLE)
    (run,) = read_spec("x.toml").runs
    store = Store(Path("store"))
    store.write([replace(result(run.key), id=run.id, sources={"nets.py": "0"})])
    assert json.loads(grokspec("list", "--json")[1])[0]["unknown"] == 1
    assert "--code-of" in grokspec("list")[1]
    assert json.loads(grokspec("list", "--json", "--code-of", "x.toml")[1])[0]["stale"] == 1
    store.write([replace(result(run.key, made_by=fingerprint(run.experiment)), id=run.id)])
    assert json.loads(grokspec("list", "--json", "--code-of", ".")[1])[0]["stale"] == 0


def test_list_and_du_say_when_files_are_passed_over(grokspec, stored):
    (stored.shards / "model.safetensors").write_bytes(b"")
    for command in ("list", "du"):
        code, _, err = grokspec(command)
        assert (code, err) == (0, "passed over: 1 file; `grokspec store verify` says why\n")


def test_du_shows_what_specs_and_kinds_of_files_take(grokspec, stored):
    stored.write([result("a" * 64, sequence=1)])
    code, out, _ = grokspec("du")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line[:1].isalpha()][:4] == [
        "spec",
        "spec",
        "kind",
        "shards",
    ]
    assert "\n1 superseded result: " in out
    assert json.loads(grokspec("du", "--json")[1])["superseded_results"] == 1


def test_rm_shows_what_it_would_remove_and_asks(grokspec, stored, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, out, _ = grokspec("rm", "--spec", "spec")
    assert code == 1
    assert out.splitlines()[1].split()[:3] == ["spec", "2", "2"]
    assert "from store for good? [y/N]" in out
    assert out.endswith("nothing is removed\n")
    assert len(stored.index()) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, out, _ = grokspec("rm", "--spec", "spec")
    assert (code, "removed 2 results: " in out) == (0, True)
    assert stored.index() == {}


def test_rm_where_nobody_can_be_asked_removes_nothing(grokspec, stored, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = grokspec("rm", "--stale")
    assert (code, err) == (1, "no answer; --yes removes without asking\n")
    assert len(stored.index()) == 2


def test_rm_with_dry_run_removes_nothing(grokspec, stored):
    code, out, _ = grokspec("rm", "--stale", "--dry-run", "--yes")
    assert (code, "would remove" in out) == (0, True)
    assert len(stored.index()) == 2


def test_rm_keeps_what_is_younger_than_the_age(grokspec, stored):
    stored.write([result("c" * 64, created=time.time() - 3600)])
    assert grokspec("rm", "--older-than", "2h", "--yes")[0] == 0
    assert list(stored.index()) == ["c" * 64]
    assert "nothing to remove" in grokspec("rm", "--older-than", "1.5d", "--yes")[1]


def test_rm_of_results_by_files_that_only_specs_name_needs_the_specs(grokspec):
    Path("x.toml").write_text(WHOLE)
    (run,) = read_spec("x.toml").runs
    store = Store(Path("store"))
    store.write([replace(result(run.key), id=run.id, sources={"nets.py": "0"})])
    code, out, _ = grokspec("rm", "--stale", "--yes")
    assert (code, "1 result left: whether" in out, "--code-of" in out) == (0, True, True)
    assert "removed 1 result: " in grokspec("rm", "--stale", "--yes", "--code-of", "x.toml")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "say what to remove: --stale"),
        (("--older-than", "30"), "--older-than 30: must be a number with a unit"),
        (("--older-than", "-1d"), "must be a number with a unit"),
        (("--spec", "spek"), 'of a spec "spek" in the store; did you mean "spec"?'),
    ],
)
def test_mistakes_of_rm_are_said_and_nothing_is_removed(grokspec, stored, arguments, message):
    code, out, err = grokspec("rm", "--yes", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(stored.index()) == 2


def test_verify_of_a_whole_store_ends_well(grokspec, stored):
    assert grokspec("verify") == (0, "store: whole are 2 results in 1 shard\n", "")


def test_verify_names_damaged_files_with_what_to_do_and_exits_with_1(grokspec, stored):
    shard = only_shard(stored)
    flipped(shard)
    code, out, _ = grokspec("verify")
    assert (code, f"shards/{shard.name} does not have the content" in out) == (1, True)
    assert "grokspec store merge" in out
    code, out, _ = grokspec("verify", "--remove-damaged")
    assert (code, "→ moved to store/damaged" in out) == (1, True)
    assert grokspec("verify")[0] == 0
    assert Path("store/damaged", shard.name).is_file()


def test_verify_as_json_lists_the_problems(grokspec, stored):
    flipped(only_shard(stored))
    code, out, _ = grokspec("verify", "--json")
    assert (code, json.loads(out)["problems"][0]["kind"]) == (1, "damaged")


def test_merge_says_what_came_and_what_was_there(grokspec, stored):
    Store(Path("other")).write([result("c" * 64)])
    code, out, _ = grokspec("merge", "other")
    assert (code, len(stored.index())) == (0, 3)
    assert re.fullmatch(r"store: 1 result in 1 shard came from other, \d+ B; 1 run new\n", out)
    assert grokspec("merge", "other") == (
        0,
        "store: lacks nothing that other has\n1 shard there already\n",
        "",
    )


def test_merge_exits_with_1_and_names_what_did_not_come(grokspec, stored):
    other = Store(Path("other"))
    other.write([result("c" * 64)])
    flipped(only_shard(other))
    code, _, err = grokspec("merge", "other")
    assert code == 1
    assert err.startswith(f"did not come: other/shards/{only_shard(other).name} does not have")


@pytest.mark.parametrize(("other", "why"), [("store", "the store itself"), ("none", "not there")])
def test_merge_of_what_cannot_be_merged_is_a_mistake(grokspec, stored, other, why):
    code, out, err = grokspec("merge", other)
    assert (code, out, why in err) == (2, "", True)


def test_du_of_no_store_says_so(grokspec):
    assert grokspec("du") == (0, "store has no files\n", "")
