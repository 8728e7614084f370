"""Whether all files of a store are what was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored import flipped, of, with_weights

from grokspec.store import Store
from grokspec.store.verification import set_aside, verify


def problems(store: Store) -> dict[str, str]:
    return {problem.file: problem.kind for problem in verify(store).problems}


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def renamed(file: Path) -> None:
    file.rename(file.with_name(f"{'0' * 64}{file.suffix}"))


def in_store(store: Store, folder: str) -> Path:
    (file,) = (store.folder / folder).iterdir()
    return file


def test_a_whole_store_has_no_problems(store):
    store.write([with_weights(of("one", "a")), of("one", "b")])
    store.write([of("two", "c")])
    found = verify(store)
    assert (found.results, found.shards, found.weights, found.problems) == (3, 2, 1, ())
    assert not found.has_damage


def test_a_store_that_is_not_there_has_no_problems(tmp_path):
    assert not verify(Store(tmp_path / "none")).has_damage


@pytest.mark.parametrize("damage", [flipped, cut, emptied, renamed])
def test_a_damaged_shard_is_found(store, damage):
    store.write([of("one", "a")])
    damage(in_store(store, "shards"))
    found = verify(store)
    assert [problem.kind for problem in found.problems] == ["damaged"]
    assert found.has_damage


@pytest.mark.parametrize("damage", [flipped, cut, emptied])
def test_damaged_weights_are_found_once(store, damage):
    store.write([with_weights(of("one", "a")), with_weights(of("one", "b"))])
    file = in_store(store, "weights")
    damage(file)
    assert problems(store) == {f"weights/{file.name}": "damaged"}


def test_weights_that_are_not_there_are_named(store):
    store.write([with_weights(of("one", "a"))])
    file = in_store(store, "weights")
    file.unlink()
    assert problems(store) == {f"weights/{file.name}": "lacking"}
    assert verify(store).has_damage


def test_foreign_files_are_named_and_are_no_damage(store):
    store.write([of("one", "a")])
    (store.shards / "model.safetensors").write_bytes(b"")
    (store.shards / "notes.txt").write_bytes(b"")
    assert problems(store) == {"shards/model.safetensors": "foreign"}
    assert not verify(store).has_damage


def test_a_link_to_nothing_is_named_and_left(store):
    store.write([of("one", "a")])
    file = in_store(store, "shards")
    file.unlink()
    file.symlink_to("nowhere")
    found = verify(store)
    assert [problem.why for problem in found.problems] == ["is a link to nothing"]
    assert set_aside(store, found.problems) == ()
    assert file.is_symlink()


def test_damaged_files_are_set_aside_and_nothing_else(store):
    store.write([with_weights(of("one", "a"))])
    store.write([of("one", "b")])
    whole = store.index()["b" * 64].shard
    damaged = [store.index()["a" * 64].shard, in_store(store, "weights")]
    for file in damaged:
        flipped(file)
    (store.shards / "model.safetensors").write_bytes(b"")
    moved = set_aside(store, verify(store).problems)
    assert sorted(moved) == sorted(f"damaged/{file.name}" for file in damaged)
    assert {path.name for path in store.shards.iterdir()} == {whole.name, "model.safetensors"}
    assert not verify(store).has_damage


def test_of_a_file_that_is_damaged_again_both_are_set_aside(store):
    store.write([of("one", "a")])
    file = in_store(store, "shards")
    content = file.read_bytes()
    for damaged in (content[:-1], content[:-2]):
        file.write_bytes(damaged)
        set_aside(store, verify(store).problems)
    assert {path.name: path.read_bytes() for path in (store.folder / "damaged").iterdir()} == {
        file.name: content[:-1],
        f"{file.name}.1": content[:-2],
    }


@pytest.mark.parametrize("place", ["damaged/{}", "damaged/{}.1", "shards/{}.damaged"])
def test_a_file_that_was_set_aside_and_is_whole_by_now_is_named(store, place):
    store.write([of("one", "a")])
    file = in_store(store, "shards")
    aside = store.folder / place.format(file.name)
    aside.parent.mkdir(exist_ok=True)
    file.rename(aside)
    assert problems(store) == {place.format(file.name): "whole again"}
    flipped(aside)
    assert problems(store) == {}
