"""What a store holds, by spec."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stored import result

from grokspec.store.census import by_spec, spec_of, take_census


def of(spec: str, key: str, **fields):
    """A result of a spec."""
    return replace(result(key * 64, **fields), id=f"{spec}/s0-{key * 8}")


@pytest.mark.parametrize(
    ("id", "spec"), [("a/b/x1-s0-12345678", "a/b"), ("mine/s0-12345678", "mine"), ("odd", "")]
)
def test_the_spec_of_a_run_is_the_start_of_its_id(id, spec):
    assert spec_of(id) == spec


def test_results_are_counted_by_spec_also_within_one_shard(store):
    store.write([of("one", "a", created=5.0), of("two", "b", created=7.0)])
    store.write([of("one", "a", made_by="code 2", created=9.0), of("one", "c")])
    one, two = by_spec(take_census(store))
    assert (one.spec, one.runs, one.results, one.fingerprints) == ("one", 2, 3, 2)
    assert (one.first, one.last) == (1.0, 9.0)
    assert (two.spec, two.runs, two.results, two.torch) == ("two", 1, 1, ("2.13",))


def test_the_bytes_of_all_specs_are_those_of_all_shards(store):
    store.write([of("one", "a"), of("two", "b"), of("two", "c")])
    store.write([of("three", "d")])
    on_disk = sum(path.stat().st_size for path in store.files())
    assert sum(each.bytes for each in by_spec(take_census(store))) == on_disk


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
