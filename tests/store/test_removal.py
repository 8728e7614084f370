"""Removing results: which go, and that no other is lost, whatever happens in between."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stored import flipped, of, with_weights

from grokspec.errors import GrokspecError
from grokspec.files import atomic
from grokspec.store import Store, removal
from grokspec.store.census import take_census
from grokspec.store.locks import Reservations
from grokspec.store.removal import Choice, plan_removal, remove
from grokspec.store.rewriting import with_only
from grokspec.store.sourcecode import read_source
from grokspec.store.staleness import Staleness

A, B, C = (letter * 64 for letter in "abc")
MODULE = "grokspec.models.committee"


def planned(store: Store, **choice):
    census = take_census(store)
    if "specs" in choice:
        choice["specs"] = frozenset(choice["specs"])
    return plan_removal(store, census, Staleness(census), Choice(**choice))


def removed(store: Store, **choice):
    return remove(Store(store.folder), planned(store, **choice))


def left(store: Store) -> set[str]:
    return set(Store(store.folder).read([A, B, C]))


def current(letter: str, spec: str = "one", **fields):
    """A result that today's code made."""
    sources = {MODULE: read_source(MODULE).hash}
    return replace(of(spec, letter, made_by="today", **fields), sources=sources)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_shard_whose_results_all_go_is_removed(store):
    store.write([of("one", "a"), of("one", "b")])
    store.write([of("two", "c")])
    done = removed(store, specs=["one"])
    assert (done.results, done.shards, done.rewritten, not done.left) == (2, 1, 0, True)
    assert left(store) == {C}
    assert len(store.files()) == 1


def test_what_stays_of_a_shard_is_there_to_the_bit(store):
    strange = np.array([[np.nan, -0.0], [np.inf, 5e-324]])
    staying = of("two", "b", quantities={"strange": strange}, status="diverged", diverged_at=1)
    store.write([of("one", "a"), staying, of("one", "c")])
    before = Store(store.folder).read([B])[B]
    done = removed(store, specs=["one"])
    assert (done.results, done.rewritten) == (2, 1)
    after = Store(store.folder).read([A, B, C])
    assert list(after) == [B]
    assert after[B].history.quantities["strange"].tobytes() == strange.tobytes()
    assert replace(after[B], history=before.history) == before
    assert (after[B].history.status, after[B].history.diverged_at) == ("diverged", 1)


def test_the_bytes_that_are_said_are_those_that_are_gained(store):
    store.write([of("one", "a"), of("two", "b")])
    store.write([with_weights(of("one", "c"))])
    before = sum(p.stat().st_size for f in (store.shards, store.weights) for p in f.iterdir())
    done = removed(store, specs=["one"])
    after = sum(p.stat().st_size for f in (store.shards, store.weights) for p in f.iterdir())
    assert before - after == done.bytes > 0


def test_stale_results_go_and_current_ones_stay(store):
    store.write([current("a"), of("one", "b")])
    store.write([of("one", "a")])
    assert removed(store, stale=True).results == 2
    assert Store(store.folder).index()[A].fingerprint == "today"
    assert left(store) == {A}


def test_results_of_unknown_code_are_not_taken_for_stale(store):
    store.write([replace(of("one", "a"), sources={"nets.py": "0"})])
    plan = planned(store, stale=True)
    assert (plan.results, plan.unknown) == ((), 1)


def test_superseded_results_go_and_the_newest_of_each_code_stays(store):
    for sequence, code in enumerate(["code 1", "code 1", "code 2"]):
        store.write([of("one", "a", made_by=code, sequence=sequence)])
    assert removed(store, superseded=True).results == 1
    index = Store(store.folder)
    assert index.index({A: "code 1"})[A].sequence == 1
    assert index.index({A: "code 2"})[A].sequence == 2


def test_stale_and_superseded_are_both_removed_and_narrowed_by_spec_and_age(store):
    store.write([current("a", created=1.0), of("one", "b", created=1.0)])
    store.write([current("a", created=2.0, sequence=1), of("two", "c", created=1.0)])
    assert len(planned(store, stale=True, superseded=True).results) == 3
    assert len(planned(store, stale=True, superseded=True, specs=["one"]).results) == 2
    assert len(planned(store, stale=True, superseded=True, made_before=1.0).results) == 0
    assert len(planned(store, specs=["one", "two"]).results) == 4
    assert len(planned(store, made_before=1.5).results) == 3


def test_an_unknown_spec_is_a_mistake_with_a_suggestion(store):
    store.write([of("polynomial/alpha", "a")])
    with pytest.raises(GrokspecError, match=r'of a spec "polynomial/alfa".*"polynomial/alpha"'):
        planned(store, specs=["polynomial/alfa"])


def test_an_older_result_stays_if_the_newer_one_is_damaged(store):
    store.write([of("one", "a")])
    store.write([of("one", "a", sequence=1)])
    plan = planned(store, superseded=True)
    flipped(store.index()[A].shard)
    done = remove(store, plan)
    assert (done.results, dict(done.left)) == (0, {"have no newer result that is whole": 1})
    with pytest.warns():
        assert left(store) == {A}


@pytest.mark.parametrize("damage", [flipped, Path.unlink])
def test_an_older_result_stays_if_the_weights_of_the_newer_one_are_not_whole(store, damage):
    store.write([with_weights(of("one", "a"), 1.0)])
    store.write([with_weights(of("one", "a", sequence=1), 2.0)])
    newer = store.index()[A].weights.partition("/")[0]
    damage(store.weights / f"{newer}.safetensors")
    assert removed(store, superseded=True).results == 0
    assert len(list(store.weights.iterdir())) >= 1


def test_a_damaged_shard_with_results_that_stay_is_left(store):
    store.write([of("one", "a"), of("two", "b")])
    shard = store.files()[0]
    flipped(shard)
    content = shard.read_bytes()
    done = removed(store, specs=["one"])
    assert done.results == 0
    assert "damaged" in str(done.left)
    assert files(store.shards) == {shard.name: content}


def test_links_and_foreign_files_are_left(store, tmp_path):
    store.write([of("one", "a")])
    shard = store.files()[0]
    elsewhere = tmp_path / shard.name
    shard.rename(elsewhere)
    shard.symlink_to(elsewhere)
    for name in ("model.safetensors", "notes.txt"):
        (store.shards / name).write_bytes(b"mine")
    done = removed(store, specs=["one"])
    assert (done.results, dict(done.left)) == (0, {"are in files that are links": 1})
    assert shard.is_symlink()
    assert elsewhere.exists()
    assert len(list(store.shards.iterdir())) == 3


def test_weights_go_with_the_last_result_that_refers_to_them(store):
    store.write([with_weights(of("one", "a")), with_weights(of("two", "b"))])
    assert removed(store, specs=["one"]).weights == 0
    place = Store(store.folder).index()[B].weights
    assert Store(store.folder).kept(place) is not None
    assert removed(store, specs=["two"]).weights == 1
    assert list(store.weights.iterdir()) == []


def test_weights_that_nothing_refers_to_go_once_they_are_old(store):
    store.write([with_weights(of("one", "a")), of("two", "b")])
    old, new, foreign = (store.weights / f"{x * 64}.safetensors" for x in "01g")
    for file in (old, new, foreign):
        file.write_bytes(b"")
    long_ago = time.time() - 48 * 3600
    for file in (old, foreign):
        os.utime(file, (long_ago, long_ago))
    assert removed(store, superseded=True).weights == 1
    assert (old.exists(), new.exists(), foreign.exists()) == (False, True, True)


def test_weights_stay_while_a_shard_cannot_be_read_that_may_refer_to_them(store):
    store.write([with_weights(of("one", "a"))])
    half = store.shards / f"{'0' * 64}.safetensors"
    half.write_bytes(b"on its way")
    done = removed(store, specs=["one"])
    assert (done.results, done.weights) == (1, 0)
    assert "may refer to them" in done.weights_left
    assert len(list(store.weights.iterdir())) == 1


def test_what_another_process_trains_is_left_and_said(store):
    store.write([of("one", "a"), of("one", "b")])
    with Reservations(store.folder) as other:
        other.reserve((A,), lambda free: ())
        done = removed(store, specs=["one"])
    assert (done.results, dict(done.left)) == (1, {"are being trained by another process": 1})
    assert left(store) == {A}


def test_what_is_removed_is_free_for_training_afterwards(store):
    store.write([of("one", "a")])
    removed(store, specs=["one"])
    with Reservations(store.folder) as other:
        assert other.reserve((A,), lambda free: ()).reservation is not None


def test_of_two_removals_at_once_the_second_finds_what_the_first_left(store):
    store.write([of("one", "a"), of("two", "b"), of("three", "c")])
    first, second = planned(store, specs=["one"]), planned(store, specs=["two"])
    remove(store, first)
    done = remove(Store(store.folder), second)
    assert done.results == 0
    assert "by another process in the meantime" in str(done.left)
    assert left(store) == {B, C}
    assert removed(store, specs=["two"]).results == 1
    assert left(store) == {C}


def test_a_reader_that_looked_before_finds_what_stays_afterwards(store):
    store.write([of("one", "a"), of("two", "b")])
    reader = Store(store.folder)
    assert set(reader.index()) == {A, B}
    removed(store, specs=["one"])
    assert set(reader.read([A, B])) == {B}
    assert set(reader.index()) == {B}


@pytest.mark.parametrize("reading", [Store.read, Store.verified])
def test_a_reader_in_the_midst_of_reading_finds_what_stays(store, monkeypatch, reading):
    store.write([of("one", "a"), of("two", "b")])
    reader, plan = Store(store.folder), planned(store, specs=["one"])
    assert set(reader.index()) == {A, B}
    (shard,) = store.files()
    genuine, plans = os.stat, [plan]

    def removed_before(path, *arguments, **options):
        """A file is looked at before it is opened."""
        if str(path) == str(shard) and plans:
            remove(Store(store.folder), plans.pop())
        return genuine(path, *arguments, **options)

    monkeypatch.setattr(os, "stat", removed_before)
    assert set(reading(reader, [A, B])) == {B}
    assert not plans


def remove_spec(folder: Path, spec: str, ready) -> None:
    """In a process of its own: remove a spec's results as soon as all processes are ready."""
    store = Store(folder)
    plan = planned(store, specs=[spec])
    ready.wait()
    remove(store, plan)


def test_two_processes_that_remove_at_once_lose_nothing_that_stays_for_a_reader(store):
    for number in range(12):
        kept = replace(of("kept", "c"), key=f"{number:064x}")
        store.write([of("one", "a", sequence=number), kept, of("two", "b", sequence=number)])
    keys = [f"{number:064x}" for number in range(12)]
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(3)
    processes = [
        context.Process(target=remove_spec, args=(store.folder, spec, ready))
        for spec in ("one", "two")
    ]
    for process in processes:
        process.start()
    reader = Store(store.folder)
    ready.wait()
    looks = 0
    while any(process.is_alive() for process in processes) or not looks:
        assert list(reader.read(keys)) == keys
        looks += 1
    assert [process.exitcode for process in processes] == [0, 0]
    for spec in {result.spec for result in take_census(store).results} - {"kept"}:
        removed(store, specs=[spec])
    assert sorted(result.key for result in take_census(store).results) == keys


class Crash(BaseException):
    """The process is killed."""


CHANGES = 7
"""Shards that are written anew or removed, and weights that are removed, in the test below."""


def crash_at(number: int, monkeypatch) -> list[str]:
    """Stop before the change to shards and weights that has this number; all changes so far."""
    changes: list[str] = []

    def change(name: str, genuine):
        def changed(path, *arguments, **options):
            if Path(path).parent.name in ("shards", "weights"):
                if len(changes) == number:
                    raise Crash
                changes.append(name)
            return genuine(path, *arguments, **options)

        return changed

    monkeypatch.setattr(os, "unlink", change("remove", os.unlink))
    monkeypatch.setattr(removal, "write_whole", change("write", atomic.write_whole))
    return changes


def six_results(store: Store) -> None:
    """Three shards, of which two have results of another spec, too."""
    store.write([of("one", "a"), of("two", "b", sequence=1)])
    store.write([with_weights(of("one", "a", sequence=1)), of("two", "c")])
    store.write([with_weights(of("one", "a", sequence=2), 2.0)])


def test_a_shard_is_written_anew_before_the_old_one_is_removed_and_weights_come_last(
    store, monkeypatch
):
    six_results(store)
    plan = planned(store, specs=["one"])
    with monkeypatch.context() as patched:
        changes = crash_at(CHANGES, patched)
        remove(Store(store.folder), plan)
    assert len(changes) == CHANGES
    pairs = [pair for pair in itertools.pairwise(changes) if pair[0] == "write"]
    assert pairs == [("write", "remove")] * 2
    assert left(store) == {B, C}
    assert list(store.weights.iterdir()) == []


@pytest.mark.parametrize("number", range(CHANGES))
def test_a_crash_at_any_point_loses_nothing_that_stays_and_the_same_command_completes_it(
    store, monkeypatch, number
):
    six_results(store)
    plan = planned(store, specs=["one"])
    with monkeypatch.context() as patched:
        crash_at(number, patched)
        with pytest.raises(Crash):
            remove(Store(store.folder), plan)
    assert left(store) >= {B, C}
    assert Store(store.folder).index()[B].sequence == 1
    if any(result.spec == "one" for result in take_census(store).results):
        removed(store, specs=["one"])
    assert left(store) == {B, C}
    assert (len(store.files()), take_census(store).superseded) == (2, {})
    in_two_days = time.time() + 48 * 3600
    nothing = Choice(superseded=True)
    census = take_census(store)
    remove(store, plan_removal(store, census, Staleness(census), nothing, in_two_days))
    assert list(store.weights.iterdir()) == []


def test_a_rewritten_shard_is_the_same_file_each_time(store):
    store.write([of("one", "a"), of("two", "b"), of("one", "c")])
    content = store.files()[0].read_bytes()
    assert with_only(content, [1, 2]) == with_only(content, [1, 2])
    assert with_only(with_only(content, [1, 2]), [0]) == with_only(content, [1])


def test_what_a_later_version_adds_to_a_header_stays(store, monkeypatch):
    import json
    import struct

    store.write([of("one", "a"), of("two", "b")])
    content = store.files()[0].read_bytes()
    length = struct.unpack_from("<Q", content)[0]
    header = json.loads(content[8 : 8 + length])
    runs = json.loads(header["__metadata__"]["runs"])
    header["__metadata__"] |= {"runs": json.dumps([r | {"new": 1} for r in runs]), "later": "x"}
    text = json.dumps(header).encode()
    later = with_only(struct.pack("<Q", len(text)) + text + content[8 + length :], [1])
    length = struct.unpack_from("<Q", later)[0]
    metadata = json.loads(later[8 : 8 + length])["__metadata__"]
    assert metadata["later"] == "x"
    assert json.loads(metadata["runs"])[0]["new"] == 1
