from __future__ import annotations

import errno
import json
import os
import struct
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from grokspec.engines.base import History
from grokspec.errors import GrokspecError
from grokspec.files.atomic import ABANDONED_AFTER
from grokspec.store import DamagedShard, Store, open_store
from grokspec.store.folder import ENDING
from grokspec.store.shard import Provenance, Result


def result(key: str = "a" * 64, made_by: str = "code 1", created: float = 1.0, **history) -> Result:
    """A result with a small history; ``history`` replaces fields of it."""
    fields = {
        "steps": np.array([0, 1, 10]),
        "quantities": {"train_loss": np.array([1.0, 0.5, 0.25]), "baseline": np.array(0.75)},
        "seconds": 0.5,
    }
    return Result(
        key=key,
        id=f"spec/{key[:4]}",
        experiment={"seed": 3, "model": {"alpha": 0.125}},
        fingerprint=made_by,
        sources={"grokspec.engines.moments.engine": made_by},
        history=History(**{**fields, **history}),
        provenance=Provenance(
            grokspec="0.1.0",
            torch="2.13",
            numpy="2.4",
            python="3.11",
            device="cpu",
            flops=1e9,
            created=created,
        ),
    )


def only_shard(store: Store) -> Path:
    (shard,) = store.files()
    return shard


def test_what_is_written_is_read_back_to_the_bit(store):
    strange = np.array([[np.nan, -0.0], [np.inf, 5e-324], [1 / 3, 1e308]])
    strange[0, 0] = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_BEEF))[0]
    written = result(quantities={"strange": strange, "once": np.array(1 / 3)})
    store.write([written])
    read = store.read([written.key])[written.key]
    assert read.history.quantities["strange"].tobytes() == strange.tobytes()
    assert read.history.quantities["strange"].shape == (3, 2)
    assert read.history.quantities["once"].shape == ()
    assert read.history.quantities["once"].dtype == np.float64
    assert read.history.steps.tolist() == [0, 1, 10]
    assert read.history.steps.dtype == np.int64


def test_arrays_that_are_views_are_written_as_they_look(store):
    grid = np.arange(12.0).reshape(3, 4)
    store.write([result(quantities={"turned": grid.T, "thinned": grid[:, ::2]})])
    quantities = store.read(["a" * 64])["a" * 64].history.quantities
    assert quantities["turned"].tolist() == grid.T.tolist()
    assert quantities["thinned"].tolist() == grid[:, ::2].tolist()


def test_everything_known_about_a_run_comes_back_with_it(store):
    written = result(status="diverged", diverged_at=10)
    store.write([result(key="b" * 64), written])
    read = store.read([written.key])[written.key]
    assert (read.id, read.experiment) == (written.id, written.experiment)
    assert (read.fingerprint, read.sources) == (written.fingerprint, written.sources)
    assert read.provenance == written.provenance
    assert (read.history.status, read.history.diverged_at) == ("diverged", 10)
    assert read.history.seconds == 0.5


def test_the_index_describes_each_run_without_its_numbers(store):
    store.write([result(), result(key="b" * 64, status="diverged", diverged_at=1)])
    index = store.index()
    assert list(index) == ["a" * 64, "b" * 64]
    entry = index["b" * 64]
    assert (entry.id, entry.status, entry.diverged_at) == ("spec/bbbb", "diverged", 1)
    assert (entry.fingerprint, entry.created, entry.seconds) == ("code 1", 1.0, 0.5)
    assert entry.shard == only_shard(store)


def test_a_store_that_is_not_there_is_empty_and_is_not_made_by_looking(tmp_path):
    store = open_store(tmp_path / "none")
    assert store.index() == {}
    assert store.read(["a" * 64]) == {}
    assert not (tmp_path / "none").exists()


def test_a_shard_is_named_by_the_hash_of_its_bytes(store):
    import hashlib

    store.write([result()])
    shard = only_shard(store)
    assert shard.name == hashlib.sha256(shard.read_bytes()).hexdigest() + ".safetensors"


def test_of_two_results_of_a_run_the_newer_counts(store):
    store.write([result(made_by="code 2", created=2.0)])
    store.write([result(made_by="code 1", created=1.0)])
    assert store.index()["a" * 64].fingerprint == "code 2"
    assert store.read(["a" * 64])["a" * 64].fingerprint == "code 2"


def test_an_older_result_counts_if_the_code_that_made_it_is_wanted(store):
    store.write([result(made_by="code 1", created=1.0)])
    store.write([result(made_by="code 2", created=2.0)])
    wanted = {"a" * 64: "code 1"}
    assert store.index(wanted)["a" * 64].fingerprint == "code 1"
    assert store.read(["a" * 64], wanted)["a" * 64].fingerprint == "code 1"
    assert store.index({"a" * 64: "code 3"})["a" * 64].fingerprint == "code 2"


def count_reads(monkeypatch) -> Counter[str]:
    """Counts, from now on, how often each shard is opened, by name."""
    opened: Counter[str] = Counter()
    genuine = Path.open

    def counted(self, *args, **kwargs):
        if self.suffix == ENDING:
            opened[self.name] += 1
        return genuine(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", counted)
    return opened


def test_what_was_written_is_not_read_back(store, monkeypatch):
    opened = count_reads(monkeypatch)
    written = store.write([result(), result(key="b" * 64, status="diverged", diverged_at=1)])
    assert not opened
    assert written == tuple(Store(store.folder).index().values())


def test_reading_opens_each_shard_once_besides_its_header(store, monkeypatch):
    store.write([result(), result(key="b" * 64)])
    store.write([result(key="c" * 64)])
    later = Store(store.folder)
    assert len(later.index()) == 3
    opened = count_reads(monkeypatch)
    assert list(later.read(["c" * 64, "a" * 64, "b" * 64])) == ["c" * 64, "a" * 64, "b" * 64]
    assert opened == {shard.name: 1 for shard in store.files()}


def test_a_damaged_shard_has_no_other_shard_read_again(store, monkeypatch):
    store.write([result(), result(key="b" * 64)])
    store.write([result(key="a" * 64, made_by="code 2", created=2.0)])
    store.write([result(key="c" * 64)])
    assert len(store.index()) == 3
    flipped(store.index()["a" * 64].shard)
    opened = count_reads(monkeypatch)
    with pytest.warns(DamagedShard):
        assert len(store.read(["a" * 64, "c" * 64])) == 2
    assert set(opened.values()) == {1}


def cut(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:-8])


def cut_in_the_header(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:40])


def emptied(shard: Path) -> None:
    shard.write_bytes(b"")


def flipped(shard: Path) -> None:
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)


def relabeled(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes().replace(b"finished", b"diverged"))


def overwritten(shard: Path) -> None:
    shard.write_bytes(b"nothing of the kind" * 100)


def nested(shard: Path) -> None:
    deep = b"[" * 100_000
    shard.write_bytes(struct.pack("<Q", len(deep)) + deep)


def another_header(shard: Path) -> None:
    header = json.dumps({"__metadata__": {"runs": "[1]", "sources": "{}"}}).encode()
    shard.write_bytes(struct.pack("<Q", len(header)) + header)


DAMAGES = [
    cut,
    cut_in_the_header,
    emptied,
    flipped,
    relabeled,
    overwritten,
    nested,
    another_header,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shard_is_named_and_set_aside_and_its_runs_are_missing(store, damage):
    store.write([result()])
    store.write([result(key="b" * 64)])
    shard = store.index()["a" * 64].shard
    damage(shard)
    later = Store(store.folder)
    with pytest.warns(DamagedShard, match=shard.name):
        found = later.read(["a" * 64, "b" * 64])
    assert list(found) == ["b" * 64]
    assert list(later.index()) == ["b" * 64]
    assert not shard.exists()
    assert shard.with_name(f"{shard.name}.damaged").exists()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_shard_that_is_damaged_after_its_header_was_read_is_noticed_too(store, damage):
    store.write([result()])
    assert store.index()
    damage(only_shard(store))
    with pytest.warns(DamagedShard):
        assert store.verified(["a" * 64]) == {}


def test_an_older_whole_result_takes_the_place_of_a_damaged_one(store):
    store.write([result(made_by="code 1", created=1.0)])
    store.write([result(made_by="code 2", created=2.0)])
    flipped(store.index()["a" * 64].shard)
    with pytest.warns(DamagedShard):
        assert store.verified(["a" * 64])["a" * 64].fingerprint == "code 1"


def test_a_damaged_shard_that_cannot_be_renamed_is_skipped_as_well(store, monkeypatch):
    store.write([result()])
    flipped(only_shard(store))

    def refuse(self, target):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.warns(DamagedShard):
        assert store.read(["a" * 64]) == {}
    assert store.index() == {}


def test_files_that_are_no_shards_are_left_alone(store):
    store.write([result()])
    for name in ("notes.txt", "x.damaged", "abc.safetensors.0123.part"):
        (store.shards / name).write_bytes(b"garbage")
    assert list(Store(store.folder).index()) == ["a" * 64]
    assert (store.shards / "notes.txt").read_bytes() == b"garbage"


def test_unfinished_files_are_removed_once_they_are_old(store):
    store.prepare()
    fresh, old = store.shards / "a.part", store.shards / "b.part"
    for file in (fresh, old):
        file.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_AFTER - 1
    os.utime(old, (long_ago, long_ago))
    store.prepare()
    assert fresh.exists()
    assert not old.exists()


def fail_with(number: int):
    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("failing", ["fsync", "write", "replace"])
def test_a_full_disk_is_reported_and_leaves_nothing_behind(store, monkeypatch, failing):
    store.write([result()])
    before = sorted(store.folder.rglob("*"))
    full = fail_with(errno.ENOSPC)
    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    elif failing == "replace":
        monkeypatch.setattr(Path, "replace", full)
    else:
        genuine = Path.open

        def open_full(self, *args, **kwargs):
            genuine(self, *args, **kwargs).close()
            return genuine(Path("/dev/full"), "wb")  # takes nothing, as a full disk

        monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(GrokspecError, match=r"could not be written to the store .*: No space left"):
        store.write([result(key="b" * 64)])
    monkeypatch.undo()
    assert sorted(store.folder.rglob("*")) == before
    assert list(Store(store.folder).index()) == ["a" * 64]


def test_a_store_that_is_a_file_is_refused(tmp_path):
    file = tmp_path / "store"
    file.write_text("")
    with pytest.raises(GrokspecError, match=r"the store .* is a file; name a folder"):
        open_store(file)


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GrokspecError, match="file/store cannot be read: Not a directory"):
        Store(tmp_path / "file" / "store").prepare()


def test_a_folder_that_may_not_be_written_to_is_reported_before_any_work(store, monkeypatch):
    monkeypatch.setattr(os, "fsync", fail_with(errno.EROFS))
    with pytest.raises(GrokspecError, match="cannot be written to: Read-only file system"):
        store.prepare()


def test_a_store_of_a_later_layout_is_refused(store):
    store.prepare()
    (store.folder / "store.json").write_text('{"layout": 99}')
    with pytest.raises(GrokspecError, match="has layout 99, but this grokspec reads layout 1"):
        open_store(store.folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", "\xff\xfe"])
def test_a_marker_without_a_layout_is_refused(store, content):
    store.prepare()
    (store.folder / "store.json").write_text(content, encoding="latin-1")
    with pytest.raises(GrokspecError, match=r'does not say which layout .*{"layout":1}'):
        store.prepare()


def test_the_folder_named_goes_before_the_variable_before_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GROKSPEC_STORE", raising=False)
    assert open_store().folder.name == "grokspec"
    assert open_store().folder.parent == tmp_path / "cache"
    monkeypatch.setenv("GROKSPEC_STORE", str(tmp_path / "variable"))
    assert open_store().folder == tmp_path / "variable"
    assert open_store(tmp_path / "named").folder == tmp_path / "named"
    monkeypatch.setenv("GROKSPEC_STORE", "~/runs")
    assert open_store().folder == Path.home() / "runs"


def test_thousands_of_runs_in_fifty_shards_are_found_quickly(store):
    keys = [f"{number:064x}" for number in range(3000)]
    quantities = {f"quantity {n}": np.zeros(42) for n in range(10)}
    for first in range(0, 3000, 60):
        store.write([result(key=key, quantities=quantities) for key in keys[first : first + 60]])
    started = time.perf_counter()
    assert len(Store(store.folder).verified(keys)) == 3000
    assert time.perf_counter() - started < 1.0
