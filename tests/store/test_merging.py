"""Copying the results of another store."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from stored import flipped, of, with_weights

from grokspec.errors import GrokspecError
from grokspec.files import atomic
from grokspec.files.atomic import StorageError
from grokspec.store import Store, merging
from grokspec.store.merging import merge
from grokspec.store.verification import verify

A, B, C = (letter * 64 for letter in "abc")


@pytest.fixture
def other(tmp_path) -> Store:
    return Store(tmp_path / "other")


def files(store: Store) -> dict[str, bytes]:
    folders = (store.shards, store.weights)
    return {p.name: p.read_bytes() for folder in folders for p in folder.glob("*")}


def test_what_a_store_lacks_comes_and_what_it_has_does_not(store, other):
    shared = [of("one", "a")]
    store.write(shared)
    other.write([with_weights(of("one", "b")), of("two", "c")])
    merge(other, store)
    merged = merge(store, other)
    assert (merged.results, merged.new_runs, merged.shards, merged.there) == (2, 2, 1, 1)
    assert (merged.weights, merged.passed_over, merged.is_complete) == (1, {}, True)
    assert merged.bytes == sum(map(len, files(store).values())) - len(
        store.index()[A].shard.read_bytes()
    )
    assert set(store.read([A, B, C])) == {A, B, C}
    assert store.kept(store.index()[B].weights) is not None
    assert files(store) == files(other)


def test_merging_again_changes_nothing(store, other):
    other.write([with_weights(of("one", "a"))])
    merge(store, other)
    before = files(store)
    again = merge(store, other)
    assert (again.results, again.shards, again.weights, again.there) == (0, 0, 0, 1)
    assert files(store) == before


def test_the_order_of_merging_does_not_decide_which_result_counts(tmp_path):
    stores = [Store(tmp_path / name) for name in "xyz"]
    stores[0].write([of("one", "a", made_by="first", created=9.0, sequence=0)])
    stores[1].write([of("one", "a", made_by="second", created=1.0, sequence=1)])
    stores[2].write([of("one", "a", made_by="third", created=2.0, sequence=1)])
    for number, order in enumerate(permutations(stores)):
        merged = Store(tmp_path / str(number))
        for store in order:
            merge(merged, store)
        assert merged.index()[A].fingerprint == "third"
        assert merged.index({A: "first"})[A].fingerprint == "first"


@pytest.mark.parametrize("damage", [flipped, Path.unlink])
def test_weights_that_are_lacking_come_back_though_the_shard_is_there(store, other, damage):
    other.write([with_weights(of("one", "a"))])
    merge(store, other)
    (weights,) = store.weights.iterdir()
    weights.unlink()
    assert merge(store, other).weights == 1
    (its,) = other.weights.iterdir()
    weights.unlink()
    damage(its)
    merged = merge(store, other)
    assert (merged.weights, list(merged.passed_over)) == (0, [f"weights/{its.name}"])
    assert not merged.is_complete


def test_damaged_and_foreign_files_and_links_do_not_come(store, other, tmp_path):
    for letter in "abc":
        other.write([of("one", letter)])
    damaged, linked, whole = other.files()
    flipped(damaged)
    linked.rename(tmp_path / linked.name)
    linked.symlink_to(tmp_path / linked.name)
    (other.shards / "model.safetensors").write_bytes(b"")
    merged = merge(store, other)
    assert merged.passed_over == {
        f"shards/{damaged.name}": "does not have the content that was written",
        f"shards/{linked.name}": "is a link, which is not followed",
        "shards/model.safetensors": "is no file of grokspec, by its name",
    }
    assert [path.name for path in store.files()] == [whole.name]
    assert not merged.is_complete


def test_a_half_copied_file_is_replaced_by_a_whole_one(store, other):
    other.write([of("one", "a")])
    (shard,) = other.files()
    store.prepare()
    (store.shards / shard.name).write_bytes(shard.read_bytes()[:100])
    with pytest.warns():
        assert merge(store, other).shards == 1
    assert files(store) == files(other)


def test_a_link_in_this_store_is_left(store, other):
    other.write([of("one", "a")])
    (shard,) = other.files()
    store.prepare()
    link = store.shards / shard.name
    link.symlink_to("nowhere")
    with pytest.warns():
        merge(store, other)
    assert link.is_symlink()


@pytest.mark.parametrize("number", range(4))
def test_an_interrupted_merge_leaves_whole_results_and_is_completed_by_another(
    store, other, monkeypatch, number
):
    other.write([with_weights(of("one", "a"), 1.0)])
    other.write([with_weights(of("one", "b"), 2.0)])
    store.prepare()
    written = []

    def write(path: Path, content: bytes) -> None:
        if len(written) == number:
            raise KeyboardInterrupt
        written.append(path)
        atomic.write_whole(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(merging, "write_whole", write)
        with pytest.raises(KeyboardInterrupt):
            merge(store, other)
    assert not verify(store).has_damage
    merge(store, other)
    assert files(store) == files(other)


def test_a_full_disk_is_said_and_what_came_stays(store, other, monkeypatch):
    other.write([of("one", "a")])

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(merging, "write_whole", full)
    with pytest.raises(StorageError, match=r"could not be written to .*No space left"):
        merge(store, other)


def test_a_store_is_not_merged_with_itself(store, tmp_path):
    store.write([of("one", "a")])
    (tmp_path / "link").symlink_to(store.folder)
    for other in (Store(store.folder), Store(tmp_path / "link")):
        with pytest.raises(GrokspecError, match="is the store itself"):
            merge(store, other)


def test_a_folder_that_is_no_store_is_refused_and_none_is_made(store, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, why in ((tmp_path / "empty", "is no store"), (tmp_path / "none", "is not there")):
        with pytest.raises(GrokspecError, match=why):
            merge(store, Store(folder))
    assert not store.folder.exists()


def test_a_store_of_a_later_layout_is_refused(store, other):
    other.write([of("one", "a")])
    (other.folder / "store.json").write_text('{"layout": 99}')
    with pytest.raises(GrokspecError, match="has layout 99, but this grokspec reads layout"):
        merge(store, other)
