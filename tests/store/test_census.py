"""What a store holds, by spec."""

from __future__ import annotations

import pytest
from stored import of

from grokspec.store.census import by_spec, spec_of, take_census


@pytest.mark.parametrize(
    ("id", "spec"), [("a/b/x1-s0-12345678", "a/b"), ("mine/s0-12345678", "mine"), ("odd", "")]
)
def test_the_spec_of_a_run_is_the_start_of_its_id(id, spec):
    assert spec_of(id) == spec


def test_results_are_found_by_spec_also_within_one_shard(store):
    store.write([of("two", "b"), of("one", "a")])
    store.write([of("one", "a", made_by="code 2"), of("one", "c")])
    found = by_spec(take_census(store).results)
    assert {spec: len(results) for spec, results in found.items()} == {"one": 3, "two": 1}
    assert list(found) == ["one", "two"]


def test_the_bytes_of_all_results_are_those_of_all_shards(store):
    store.write([of("one", "a"), of("two", "b"), of("two", "c")])
    store.write([of("three", "d")])
    on_disk = sum(path.stat().st_size for path in store.files())
    assert sum(result.size for result in take_census(store).results) == on_disk


def test_superseded_are_older_results_of_a_run_by_the_same_code(store):
    store.write([of("one", "a", sequence=0)])
    store.write([of("one", "a", sequence=1)])
    store.write([of("one", "a", sequence=2, made_by="code 2"), of("one", "b")])
    ((older, newer),) = take_census(store).superseded.items()
    assert (older.sequence, newer.sequence, newer.key) == (0, 1, "a" * 64)


def test_of_two_results_of_one_code_the_superseded_one_is_that_which_is_never_looked_up(store):
    store.write([of("one", "a", created=2.0)])
    store.write([of("one", "a", created=1.0)])
    (older,) = take_census(store).superseded
    assert older.shard != store.index()["a" * 64].shard.name


def test_a_file_that_is_no_shard_is_passed_over_with_a_reason(store):
    store.write([of("one", "a")])
    damaged = store.shards / f"{'0' * 64}.safetensors"
    damaged.write_bytes(b"half")
    (store.shards / "model.safetensors").write_bytes(b"")
    census = take_census(store)
    assert census.passed_over[damaged] == "is shorter than its header says"
    assert len(census.passed_over) == 2
    assert census.has_damage
    assert len(census.results) == 1
