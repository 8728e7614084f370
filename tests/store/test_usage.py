"""How many bytes the files of a store take."""

from __future__ import annotations

from stored import of, with_weights

from grokspec.store import Store
from grokspec.store.census import take_census
from grokspec.store.usage import measure_usage


def usage(store: Store):
    return measure_usage(store, take_census(store))


def on_disk(folder) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_shards_and_weights_are_counted_by_spec(store):
    store.write([with_weights(of("one", "a")), with_weights(of("two", "b"))])
    store.write([of("two", "c")])
    one, two = usage(store).specs
    assert (one.spec, two.spec) == ("one", "two")
    assert one.shards + two.shards == on_disk(store.shards)
    assert one.weights + two.weights == on_disk(store.weights)
    assert abs(one.weights - two.weights) <= 1


def test_every_file_is_of_one_kind_and_links_are_not_followed(store, tmp_path):
    store.write([of("one", "a")])
    (store.folder / "logs").mkdir()
    (store.folder / "logs" / "x.log").write_bytes(b"12345")
    (store.folder / "notes").mkdir()
    (store.folder / "notes" / "mine.txt").write_bytes(b"123")
    (tmp_path / "large").write_bytes(b"0" * 10_000)
    (store.folder / "link").symlink_to(tmp_path)
    kinds = {each.kind: (each.files, each.bytes) for each in usage(store).kinds}
    marker = (store.folder / "store.json").stat().st_size
    assert kinds["logs"] == (1, 5)
    assert kinds["other"] == (2, 3 + marker)
    assert kinds["shards"] == (1, on_disk(store.shards))


def test_what_superseded_results_take_includes_weights_that_only_they_have(store):
    store.write([with_weights(of("one", "a"), 1.0)])
    taken = on_disk(store.shards) + on_disk(store.weights)
    store.write([with_weights(of("one", "a", sequence=1), 2.0)])
    found = usage(store)
    assert (found.superseded_results, found.superseded_bytes) == (1, taken)


def test_weights_without_a_result_are_counted(store):
    store.write([with_weights(of("one", "a"))])
    assert usage(store).unused_weights == 0
    store.files()[0].unlink()
    found = usage(store)
    assert (found.unused_weights, found.unused_bytes) == (1, on_disk(store.weights))


def test_a_store_that_is_not_there_takes_nothing(tmp_path):
    assert usage(Store(tmp_path / "none")).bytes == 0
