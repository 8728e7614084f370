from __future__ import annotations

import errno
import hashlib
import json
import os
import struct
import time
import uuid
from pathlib import Path

import numpy as np
import pytest
from stored import count_reads, flipped, only_shard, result

from grokspec.errors import GrokspecError
from grokspec.files.atomic import ABANDONED_AFTER
from grokspec.store import DamagedShard, Store, open_store
from grokspec.store.folder import ENDING
from grokspec.store.shard import read_entries


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


def test_the_index_of_some_runs_has_no_others(store):
    store.write([result(), result(key="b" * 64)])
    assert list(store.index(keys=["c" * 64, "b" * 64])) == ["b" * 64]


def test_a_store_that_is_not_there_is_empty_and_is_not_made_by_looking(tmp_path):
    store = open_store(tmp_path / "none")
    assert store.index() == {}
    assert store.read(["a" * 64]) == {}
    assert not (tmp_path / "none").exists()


def test_a_shard_is_named_by_the_hash_of_its_bytes(store):
    store.write([result()])
    shard = only_shard(store)
    assert shard.name == hashlib.sha256(shard.read_bytes()).hexdigest() + ".safetensors"


def test_of_two_results_of_a_run_the_newer_counts(store):
    store.write([result(made_by="code 2", created=2.0)])
    store.write([result(made_by="code 1", created=1.0)])
    assert store.index()["a" * 64].fingerprint == "code 2"
    assert store.read(["a" * 64])["a" * 64].fingerprint == "code 2"


def test_of_two_results_of_a_run_the_one_with_the_greater_number_counts_whatever_the_clock(store):
    in_a_year = 365 * 24 * 3600.0
    store.write([result(made_by="the clock is a year ahead", created=in_a_year)])
    assert store.next_sequence(["a" * 64, "b" * 64]) == 1
    store.write([result(made_by="the clock is right", created=1.0, sequence=1)])
    assert store.next_sequence(["a" * 64]) == 2
    assert store.next_sequence(["b" * 64]) == 1
    assert store.index()["a" * 64].fingerprint == "the clock is right"
    assert store.read(["a" * 64])["a" * 64].sequence == 1


def test_of_two_results_with_one_number_the_clock_decides_and_then_the_name(store):
    store.write([result(made_by="code 2", created=2.0, sequence=1)])
    store.write([result(made_by="code 1", created=1.0, sequence=1)])
    assert store.index()["a" * 64].fingerprint == "code 2"
    store.write([result(made_by="code 3", created=2.0, sequence=1)])
    last = max(path for path in store.files() if read_entries(path)[0].created == 2.0)
    assert store.index()["a" * 64].shard == last


def test_an_older_shard_without_a_number_is_read(store):
    """It has number 0 and no digest of its header, as before these were written."""
    store.write([result()])
    data = only_shard(store).read_bytes()
    only_shard(store).unlink()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8 : 8 + length])
    (run,) = json.loads(header["__metadata__"]["runs"])
    del header["__metadata__"]["digest"], run["sequence"]
    header["__metadata__"]["runs"] = json.dumps([run])
    text = json.dumps(header).encode()
    old = struct.pack("<Q", len(text)) + text + data[8 + length :]
    (store.shards / f"{hashlib.sha256(old).hexdigest()}{ENDING}").write_bytes(old)
    assert store.read(["a" * 64])["a" * 64].sequence == 0
    assert store.next_sequence(["a" * 64]) == 1


def test_an_older_result_counts_if_the_code_that_made_it_is_wanted(store):
    store.write([result(made_by="code 1", created=1.0)])
    store.write([result(made_by="code 2", created=2.0)])
    wanted = {"a" * 64: "code 1"}
    assert store.index(wanted)["a" * 64].fingerprint == "code 1"
    assert store.read(["a" * 64], wanted)["a" * 64].fingerprint == "code 1"
    assert store.index({"a" * 64: "code 3"})["a" * 64].fingerprint == "code 2"


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


def test_an_older_whole_result_takes_the_place_of_a_damaged_one(store):
    store.write([result(made_by="code 1", created=1.0)])
    store.write([result(made_by="code 2", created=2.0)])
    flipped(store.index()["a" * 64].shard)
    with pytest.warns(DamagedShard):
        assert store.verified(["a" * 64])["a" * 64].fingerprint == "code 1"


def test_unfinished_files_are_removed_once_they_are_old(store):
    store.prepare()
    own = f"{uuid.uuid4().hex}.part"
    fresh = store.shards / f"{'a' * 64}{ENDING}.{own}"
    old = [store.shards / f"{'b' * 64}{ENDING}.{own}", store.folder / f"store.json.{own}"]
    others = [store.shards / "film.part", store.folder / "paper.part"]
    long_ago = time.time() - ABANDONED_AFTER - 1
    for file in (fresh, *old, *others):
        file.write_bytes(b"half")
        if file != fresh:
            os.utime(file, (long_ago, long_ago))
    store.prepare()
    assert fresh.exists()
    assert not any(file.exists() for file in old)
    assert all(file.exists() for file in others)


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


def test_what_is_written_once_is_not_written_again(store):
    """Other users of the store may read it, and tools that synchronize it have nothing to do."""
    store.prepare()
    marker = store.folder / "store.json"
    before = marker.stat()
    store.prepare()
    assert marker.stat() == before
    assert list(store.shards.iterdir()) == []


def test_a_store_of_a_later_layout_is_refused(store):
    store.prepare()
    (store.folder / "store.json").write_text('{"layout": 99}')
    with pytest.raises(GrokspecError, match="has layout 99, but this grokspec reads layout 1"):
        open_store(store.folder)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "\xff\xfe",
        '{"layout": true}',
        '{"layout": 1.5}',
        '{"layout": NaN}',
        '{"layout": "1"}',
        "[" * 60_000,
        '{"layout": ' + "9" * 60_000 + "}",
    ],
    ids=lambda content: content[:14],
)
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
    started = time.process_time()
    assert len(Store(store.folder).verified(keys)) == 3000
    assert time.process_time() - started < 1.0
