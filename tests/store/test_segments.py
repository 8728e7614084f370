"""Segments change how long a look takes, and nothing else."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import struct
import time
import warnings
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load
from stored import count_reads, flipped, result

from grokspec.store import Store
from grokspec.store import index as index_module
from grokspec.store.index import Index
from grokspec.store.segment import NotASegmentError, from_bytes, to_bytes
from grokspec.store.segments import Segments
from grokspec.store.shard import checksum
from grokspec.store.shard import to_bytes as to_shard

SHARDS = 6


def key(number: int) -> str:
    return f"{number:064x}"


def some(number: int, **changes):
    return replace(result(key(number)), trajectory=key(1000 + number % 3), **changes)


@pytest.fixture(autouse=True)
def few(monkeypatch) -> None:
    """What is done for thousands of shards is done for three."""
    monkeypatch.setattr(index_module, "FEW", 2)


@pytest.fixture
def listed(store: Store) -> Store:
    """A store of six shards of two runs each, all in one segment."""
    for number in range(SHARDS):
        store.write([some(2 * number), some(2 * number + 1)])
    assert len(Store(store.folder).index()) == 2 * SHARDS
    assert len(segments(store)) == 1
    return Store(store.folder)


def segments(store: Store) -> list[Path]:
    return sorted((store.folder / "index").glob("*.safetensors"))


def without_segments(store: Store) -> Store:
    """The same shards in a store without segments, which are not made either."""
    other = Store(store.folder)
    other._index._segments.look = other._index._segments.add = lambda *_: None
    return other


def test_a_look_reads_only_the_headers_that_no_segment_has(listed, monkeypatch):
    listed.write([some(50)])
    opened = count_reads(monkeypatch)
    assert list(Store(listed.folder).index(keys=[key(3), key(50), key(99)])) == [key(3), key(50)]
    shards = {path.name for path in listed.files()}
    assert sum(opened[name] for name in shards) == 2
    assert listed.next_sequence([key(5)]) == 1


def test_what_is_lacking_is_found_to_be_lacking_without_reading_a_shard(listed, monkeypatch):
    opened = count_reads(monkeypatch)
    assert listed.verified([key(99)]) == {}
    assert listed.on_trajectory(key(99)) == []
    assert [*opened] == [segments(listed)[0].name]


def test_timings_are_those_of_the_newest_results_and_no_header_is_read(listed, monkeypatch):
    listed.write([some(0, sequence=1, history=replace(result().history, seconds=7.0))])
    opened = count_reads(monkeypatch)
    timings = listed.timings()
    assert sorted(timing.seconds for timing in timings) == [0.5] * 11 + [7.0]
    assert {(t.flops, t.device, t.modules) for t in timings} == {
        (1e9, "cpu", ("grokspec.engines.moments.engine",))
    }
    assert len(opened) == 2  # the segment and the new shard


def test_a_small_store_has_no_segment(store, monkeypatch):
    monkeypatch.setattr(index_module, "FEW", SHARDS)
    for number in range(SHARDS):
        store.write([some(number)])
    assert len(store.index()) == SHARDS
    assert not (store.folder / "index").exists()


def test_segments_are_put_together_as_the_store_grows(store):
    seen = []
    for number in range(40):
        store.write([some(number)])
        assert list(store.index(keys=[key(number)])) == [key(number)]
        seen.append(len(segments(store)))
    assert max(seen) <= 4
    fresh = Store(store.folder)
    assert set(fresh.index()) == {key(number) for number in range(40)}
    found = Segments(store.folder / "index")
    found.look()
    assert len(list(found.rows())) == len(found.shards) >= 37


def test_an_index_that_grows_with_each_look_finds_what_a_fresh_one_finds(store):
    growing = Store(store.folder)
    for number in range(12):
        store.write([some(number % 5, sequence=number)])
        keys = [key(n) for n in range(6)]
        fresh = without_segments(store)
        assert growing.index(keys=keys) == fresh.index(keys=keys)
        assert growing.next_sequence(keys) == fresh.next_sequence(keys) == number + 1


def test_a_segment_is_what_the_library_safetensors_reads(listed):
    (file,) = segments(listed)
    assert file.stem == checksum(file.read_bytes())
    columns = load(file.read_bytes())
    assert columns["keys"].shape == columns["trajectories"].shape == (2 * SHARDS, 32)
    assert columns["shards"].shape == (SHARDS, 32)
    assert columns["sequence"].tolist() == [0] * 2 * SHARDS
    assert columns["flops"].tolist() == [1e9] * 2 * SHARDS


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-8])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def a_shard(file: Path) -> None:
    own = next(file.parents[1].joinpath("shards").iterdir()).read_bytes()
    file.write_bytes(own)
    file.rename(file.with_name(f"{checksum(own)}.safetensors"))


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def a_link_to_nothing(file: Path) -> None:
    file.unlink()
    file.symlink_to("nothing")


def a_terabyte(file: Path) -> None:
    os.truncate(file, 2**40)


def removed(file: Path) -> None:
    file.unlink()


DAMAGES = [cut, emptied, flipped, a_shard, a_folder, a_pipe, a_link_to_nothing, a_terabyte, removed]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_segment_that_is_none_changes_no_answer_and_another_is_written(listed, damage):
    before = Store(listed.folder).index()
    (file,) = segments(listed)
    content = file.read_bytes()
    damage(file)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Store(listed.folder).index() == before
        assert Store(listed.folder).index(keys=[key(3)]) == {key(3): before[key(3)]}
    written = [own for own in segments(listed) if own.is_file() and own.read_bytes() == content]
    assert len(written) == (damage is not a_folder)


def altered(content: bytes, change) -> bytes:
    """A segment whose header is changed by a function of the parsed one."""
    length = struct.unpack_from("<Q", content)[0]
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.pop("keys"),
        lambda header: header.pop("__metadata__"),
        lambda header: header["__metadata__"].update(format="2"),
        lambda header: header["__metadata__"].update(devices="[]"),
        lambda header: header["__metadata__"].update(fingerprints="{}"),
        lambda header: header["__metadata__"].update(fingerprints="[" * 10_000),
        lambda header: header["shards"].update(data_offsets=[0, 32]),
        lambda header: header["keys"].update(data_offsets=[0, 32]),
        lambda header: header["flops"].update(data_offsets=[0, 16]),
        lambda header: header["flops"].update(data_offsets=[0, 15]),
        lambda header: header["flops"].update(data_offsets="no"),
        lambda header: header.update(flops=None),
    ],
)
def test_a_segment_that_is_foreign_though_its_name_fits_is_not_used(listed, change):
    (file,) = segments(listed)
    forged = altered(file.read_bytes(), change)
    with pytest.raises(NotASegmentError):
        from_bytes(forged)
    file.unlink()
    file.with_name(f"{checksum(forged)}.safetensors").write_bytes(forged)
    assert list(Store(listed.folder).index(keys=[key(3)])) == [key(3)]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 8, b"\xff" * 100, b"[]", b"\x02" + b"\0" * 7 + b"[]"]
)
def test_bytes_that_are_no_segment_are_refused(content):
    with pytest.raises(NotASegmentError, match="has no columns that grokspec wrote"):
        from_bytes(content)


def test_headers_count_where_a_segment_says_something_else(listed):
    """Only somebody who means to can write such a segment."""
    (file,) = segments(listed)
    found = Segments(file.parent)
    found.look()
    rows: dict = {}
    for row in found.rows():
        rows.setdefault(row.shard, []).append(
            row._replace(position=7, sequence=9, fingerprint="another")
        )
    file.unlink()
    forged = to_bytes(rows)
    file.with_name(f"{checksum(forged)}.safetensors").write_bytes(forged)
    entry = Store(listed.folder).index(keys=[key(3)])[key(3)]
    assert (entry.position, entry.sequence, entry.fingerprint) == (1, 0, "code 1")


def test_a_shard_that_is_gone_does_not_count_though_a_segment_lists_it(listed):
    entry = listed.index(keys=[key(3)])[key(3)]
    content = entry.shard.read_bytes()
    entry.shard.unlink()
    looking = Store(listed.folder)
    for store in (listed, looking):
        assert store.index(keys=[key(2), key(3)]) == {}
        assert set(store.index()) == {key(n) for n in range(2 * SHARDS)} - {key(2), key(3)}
        assert len(store.timings()) == 2 * SHARDS - 2
    entry.shard.write_bytes(content)
    assert list(looking.verified([key(3)])) == [key(3)]


def test_a_shard_that_was_gone_while_segments_were_put_together_is_found_when_it_is_back(listed):
    entry = listed.index(keys=[key(3)])[key(3)]
    content = entry.shard.read_bytes()
    entry.shard.unlink()
    for number in range(100, 112):
        listed.write([some(number)])
    listed.index()
    (file,) = segments(listed)
    assert entry.shard.stem not in from_bytes(file.read_bytes()).shards
    entry.shard.write_bytes(content)
    assert list(listed.index(keys=[key(3)])) == [key(3)]


@pytest.mark.parametrize("damage", [cut, emptied, flipped])
def test_an_older_result_takes_the_place_of_a_damaged_one_that_a_segment_lists(listed, damage):
    for number in range(3):
        listed.write([some(3, sequence=1 + number, fingerprint=f"code {number}")])
    Store(listed.folder).index()
    looking = Store(listed.folder)
    newest = looking.index(keys=[key(3)])[key(3)]
    assert newest.sequence == 3
    damage(newest.shard)
    with pytest.warns(UserWarning, match="it is passed over and its runs count as missing"):
        assert Store(listed.folder).verified([key(3)])[key(3)].sequence == 2
    with pytest.warns(UserWarning, match="it is passed over"):
        assert looking.read([key(3)])[key(3)].sequence == 2


def test_a_shard_is_listed_only_if_its_name_is_the_hash_of_its_content(listed):
    """With the bytes of another, its header is whole; later it may have its own again."""
    one, other = (listed.write([some(number)])[0].shard for number in (50, 51))
    own = one.read_bytes()
    one.write_bytes(other.read_bytes())
    listed.write([some(52)])
    Store(listed.folder).index()
    names = {n for file in segments(listed) for n in from_bytes(file.read_bytes()).shards}
    assert other.name in names
    assert one.name not in names
    one.write_bytes(own)
    assert list(Store(listed.folder).verified([key(50)])) == [key(50)]


def test_runs_whose_keys_are_no_hashes_are_found_without_a_segment(store):
    for number in range(5):
        store.write([replace(some(number), key=f"run {number}")])
    Store(store.folder).index()
    assert not segments(store)
    assert list(Store(store.folder).index(keys=["run 3", "run 9"])) == ["run 3"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_where_no_segment_can_be_written_looks_go_on_without(store, monkeypatch, number):
    for n in range(SHARDS):
        store.write([some(n)])

    def refused(*_: object, **__: object):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(store.index()) == len(Store(store.folder).index()) == SHARDS
    assert not segments(store)


def test_a_segment_that_is_put_into_another_while_it_is_looked_for_is_read_there(
    listed, monkeypatch
):
    """Between listing the folder and opening the file."""
    (file,) = segments(listed)
    listed.write([some(50)])
    genuine, times = os.listdir, count()

    def late(folder, *rest):
        names = genuine(folder, *rest)
        if Path(folder).name == "index" and next(times) == 0:
            for number in range(51, 70):
                listed.write([some(number)])
            listed.index(keys=[])
            assert not file.exists()
        return names

    monkeypatch.setattr(os, "listdir", late)
    opened = count_reads(monkeypatch)
    assert list(Store(listed.folder).index(keys=[key(3)])) == [key(3)]
    fresh = Store(listed.folder)
    opened.clear()
    assert list(fresh.index(keys=[key(3)])) == [key(3)]
    assert len(opened) == 1 + len(segments(listed))


def look(folder: Path) -> int:
    index_module.FEW = 2
    return len(Store(folder).index())


def test_processes_that_write_segments_at_once_lose_nothing(store):
    for number in range(30):
        store.write([some(number)])
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(look, [store.folder] * 12, chunksize=1) == [30] * 12
    assert len(segments(store)) == 1
    assert not list((store.folder / "index").glob("*.part"))
    assert set(Store(store.folder).index()) == {key(number) for number in range(30)}


def test_content_that_was_checked_is_not_read_again_until_the_file_changes(listed, monkeypatch):
    monkeypatch.setattr(index_module, "SETTLED", -1e9)
    read, genuine = [], Index._content
    monkeypatch.setattr(Index, "_content", lambda *own: read.append(own[1]) or genuine(*own))
    shard = listed.verified([key(3)])[key(3)].shard
    assert list(listed.verified([key(3)])) == [key(3)]
    assert read == [shard]
    status = shard.stat()
    flipped(shard)
    os.utime(shard, ns=(status.st_atime_ns, status.st_mtime_ns))  # the time of its change is new
    with pytest.warns(UserWarning, match="does not have the content that was written"):
        assert listed.verified([key(3)]) == {}


def test_content_that_has_just_been_written_is_read_again(listed, monkeypatch):
    """Where times are coarse, another change may leave the file with the same one."""
    now = time.time_ns()
    monkeypatch.setattr(index_module, "_stamp", lambda status: (now, now))
    flipped(listed.verified([key(3)])[key(3)].shard)
    with pytest.warns(UserWarning, match="does not have the content that was written"):
        assert listed.verified([key(3)]) == {}


results = st.builds(
    some,
    st.integers(0, 5),
    sequence=st.integers(0, 2),
    fingerprint=st.sampled_from(["code 1", "code 2"]),
)
stores = st.lists(st.lists(results, min_size=1, max_size=3), min_size=3, max_size=8)
wishes = st.none() | st.dictionaries(
    st.builds(key, st.integers(0, 6)), st.sampled_from(["code 1", "code 2", "code 3"])
)
some_shards = st.sets(st.integers(0, 7), max_size=2)


@given(shards=stores, wanted=wishes, gone=some_shards, damaged=some_shards)
@settings(max_examples=25)
def test_answers_are_the_same_with_segments_and_without(
    tmp_path_factory, shards, wanted, gone, damaged
):
    store = Store(tmp_path_factory.mktemp("any") / "store")
    store.prepare()
    for n, own in enumerate(shards):
        own = [replace(r, provenance=r.provenance.model_copy(update={"created": n})) for r in own]
        content = to_shard(own)
        (store.shards / f"{checksum(content)}.safetensors").write_bytes(content)
        if n == 4:
            store.index(keys=[])
    Store(store.folder).index(keys=[])
    for number, shard in enumerate(store.files()):
        if number in gone:
            shard.unlink()
        elif number in damaged:
            flipped(shard)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert answers(Store(store.folder), wanted) == answers(without_segments(store), wanted)


def answers(store: Store, wanted: dict[str, str] | None) -> list[object]:
    keys = [key(number) for number in range(7)]
    return [
        store.next_sequence(keys),
        sorted(store.timings()),
        store.index(wanted, keys),
        store.on_trajectories([key(1000), key(1001), key(1009)]),
        store.verified(keys, wanted),
        list(store.read(keys, wanted)),
        store.next_sequence(keys),
        store.index(wanted),
        list(store.index(wanted)),
    ]
