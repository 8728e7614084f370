"""Which results today's code would make again."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from stored import of

from grokspec.store.census import take_census
from grokspec.store.holdings import holdings
from grokspec.store.sourcecode import read_source
from grokspec.store.staleness import Staleness

MODULE = "grokspec.models.committee"


def made_by(letter: str, sources: dict[str, str], spec: str = "one"):
    return replace(of(spec, letter, made_by=str(sources)), sources=sources)


@pytest.fixture
def today() -> str:
    return read_source(MODULE).hash


def state(store, sources, wanted=None):
    store.write([made_by("a", sources)])
    census = take_census(store)
    return Staleness(census, wanted).of(census.results[0])


def test_a_result_is_current_if_all_modules_are_as_they_were(store, today):
    assert state(store, {MODULE: today, "recorded steps": "0"}) == "current"


@pytest.mark.parametrize("name", [MODULE, "grokspec.models.no_more"])
def test_a_result_is_stale_if_a_module_changed_or_is_gone(store, today, name):
    assert state(store, {"grokspec.errors": read_source("grokspec.errors").hash, name: "0"}) == (
        "stale"
    )


@pytest.mark.parametrize(
    "name",
    ["nets.py", "nets.py:Block", "__main__", "no_such_package.part", "", "..", "../x", "a/b"],
)
def test_what_only_a_spec_or_another_machine_has_is_unknown(store, today, name):
    assert state(store, {MODULE: today, name: "0"}) == "unknown"


def test_a_changed_module_makes_a_result_stale_whatever_is_unknown(store):
    assert state(store, {MODULE: "0", "nets.py": "0"}) == "stale"


def test_the_fingerprint_of_a_spec_that_was_read_decides(store, today):
    store.write([made_by("a", {MODULE: today}), made_by("b", {"nets.py": "0"})])
    census = take_census(store)
    staleness = Staleness(census, {"a" * 64: "another", "b" * 64: str({"nets.py": "0"})})
    assert [staleness.of(result) for result in census.results] == ["stale", "current"]


@pytest.mark.parametrize("name", ["trap", "trap.inner"])
def test_a_module_that_a_store_names_is_read_and_not_run(store, tmp_path, monkeypatch, name):
    package = tmp_path / "path" / "trap"
    package.mkdir(parents=True)
    for file in ("__init__.py", "inner.py"):
        (package / file).write_text("raise SystemExit('it was run')\n")
    monkeypatch.syspath_prepend(tmp_path / "path")
    assert state(store, {name: "0"}) == "stale"
    assert "trap" not in sys.modules


def test_a_run_is_stale_if_none_of_its_results_is_current(store, today):
    store.write([made_by("a", {MODULE: "0"}), made_by("b", {MODULE: "0"}), made_by("c", {"x": ""})])
    store.write([made_by("a", {MODULE: today})])
    census = take_census(store)
    (one,) = holdings(census, Staleness(census))
    assert (one.runs, one.results, one.stale, one.unknown) == (3, 4, 1, 1)


def test_holdings_say_what_made_the_results_and_when(store):
    store.write([of("one", "a", created=5.0), of("two", "b", created=7.0)])
    store.write([of("one", "a", made_by="code 2", created=9.0), of("one", "c")])
    census = take_census(store)
    one, two = holdings(census, Staleness(census))
    assert (one.spec, one.runs, one.results, one.fingerprints) == ("one", 2, 3, 2)
    assert (one.first, one.last, one.grokspec, one.torch) == (1.0, 9.0, ("0.1.0",), ("2.13",))
    assert (two.spec, two.runs, two.results) == ("two", 1, 1)
