"""Whatever lies in a store, and whatever becomes of its files: named and passed over."""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
import warnings
from pathlib import Path

import pytest
from stored import ending_within, flipped, only_shard, result

from grokspec.errors import GrokspecError
from grokspec.store import DamagedShard, Store, open_store
from grokspec.store.folder import ENDING, MOST_WARNINGS
from grokspec.store.index import Index

A, B = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def no_hang():
    """Fail if something waits for a writer, or reads a device to its end."""
    with ending_within(60):
        yield


def cut(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:-8])


def cut_in_the_header(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:40])


def emptied(shard: Path) -> None:
    shard.write_bytes(b"")


def relabeled(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes().replace(b"finished", b"diverged"))


def overwritten(shard: Path) -> None:
    shard.write_bytes(b"nothing of the kind" * 100)


def nested(shard: Path) -> None:
    deep = b"[" * 100_000
    shard.write_bytes(struct.pack("<Q", len(deep)) + deep)


def with_header(text: bytes):
    """A damage that leaves a file with this header."""

    def damage(shard: Path) -> None:
        shard.write_bytes(struct.pack("<Q", len(text)) + text)

    return damage


def with_metadata(**changes):
    """A damage that replaces metadata by these, and leaves out what is None."""

    def damage(shard: Path) -> None:
        data = shard.read_bytes()
        length = struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8 : 8 + length])
        metadata = header["__metadata__"] | changes
        header["__metadata__"] = {k: v for k, v in metadata.items() if v is not None}
        text = json.dumps(header).encode()
        shard.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])

    return damage


def with_offsets(offsets: object):
    """A damage to the place of a tensor."""

    def damage(shard: Path) -> None:
        data = shard.read_bytes()
        length = struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8 : 8 + length])
        header["steps/0"]["data_offsets"] = offsets
        text = json.dumps(header).encode()
        shard.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])

    return damage


def another_key(shard: Path) -> None:
    """Another digit in the key of the run, in a file that is otherwise whole."""
    shard.write_bytes(shard.read_bytes().replace(A.encode(), b"c" + A[1:].encode()))


def a_length_of_2_to_64(shard: Path) -> None:
    shard.write_bytes(b"\xff" * 8 + shard.read_bytes()[8:])


def a_terabyte_more(shard: Path) -> None:
    os.truncate(shard, 2**40)


def a_terabyte_of_nothing(shard: Path) -> None:
    emptied(shard)
    os.truncate(shard, 2**40)


def a_header_of_a_terabyte(shard: Path) -> None:
    shard.write_bytes(struct.pack("<Q", 2**40 - 8))
    os.truncate(shard, 2**40)


TO_BYTES = {
    damage.__name__: damage
    for damage in (
        cut,
        cut_in_the_header,
        emptied,
        flipped,
        relabeled,
        overwritten,
        nested,
        another_key,
        a_length_of_2_to_64,
        a_terabyte_more,
        a_terabyte_of_nothing,
        a_header_of_a_terabyte,
    )
} | {
    text.decode()[:24]: with_header(text)
    for text in (
        b"",
        b"[]",
        b"null",
        b"NaN",
        b"1e999",
        b'"text"',
        b"{}",
        b'{"__metadata__": []}',
        b'{"__metadata__": {"runs": [1]}}',
        b'{"a":' * 100_000,
        b"9" * 100_000,
        b"\xff\xfe\x00".decode("latin-1").encode(),
    )
}
TO_BYTES |= {f"offsets {o}": with_offsets(o) for o in ([0.96], [], None, "no", [0, -1], [0, 1e300])}
TO_BYTES |= {
    f"{name} {value}"[:24]: with_metadata(**{name: value})
    for name in ("runs", "sources", "experiments", "digest")
    for value in ("[1]", "{", "[" * 1000, "\ud800")
} | {f"no {name}": with_metadata(**{name: None}) for name in ("runs", "sources", "experiments")}


def a_folder(place: Path) -> None:
    place.mkdir()


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_socket(place: Path) -> None:
    here = os.getcwd()
    os.chdir(place.parent)  # its path may have no more than 107 characters
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(place.name[:100])
    os.rename(place.name[:100], place.name)
    os.chdir(here)


def an_endless_device(place: Path) -> None:
    place.symlink_to("/dev/zero")


def a_link_to_nothing(place: Path) -> None:
    place.symlink_to("nothing")


def a_link_to_itself(place: Path) -> None:
    place.symlink_to(place.name)


def a_link_to_a_folder(place: Path) -> None:
    place.symlink_to("/tmp")


SPECIAL = {
    "folder": (a_folder, "is a folder, not a file"),
    "pipe": (a_pipe, "is a pipe, not a file"),
    "socket": (a_socket, "is a socket, not a file"),
    "device": (an_endless_device, "is a device, not a file"),
    "link to nothing": (a_link_to_nothing, "is a link to nothing"),
    "link loop": (a_link_to_itself, "cannot be read: Too many levels of symbolic links"),
    "link to a folder": (a_link_to_a_folder, "is a folder, not a file"),
}

NO_FOLDERS = [name for name in SPECIAL if "folder" not in name]


def state(folder: Path) -> dict[str, tuple[int, ...]]:
    """All that lies below a folder, with kind, size and time."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def two_results(store: Store) -> Path:
    """A store with two shards; the first, of the run A."""
    store.write([result(A)])
    store.write([result(B)])
    return store.index()[A].shard


def only_b_is_left(store: Store, shard: Path, because: str = "") -> None:
    """The shard is named and left as it is, its run is missing, and the other is not."""
    before = state(store.folder)
    for found in (Store.read, Store.verified):
        looking = Store(store.folder)
        with pytest.warns(DamagedShard) as caught:
            assert list(found(looking, [A, B])) == [B]
        (warning,) = caught
        assert str(warning.message).startswith(f"{shard} {because}")
        assert "\n" not in str(warning.message)
        assert list(looking.index()) == [B]
    assert state(store.folder) == before


@pytest.mark.parametrize("name", TO_BYTES)
def test_a_damaged_file_is_named_and_left_and_its_runs_are_missing(store, name):
    shard = two_results(store)
    TO_BYTES[name](shard)
    only_b_is_left(store, shard)


@pytest.mark.parametrize("name", SPECIAL)
def test_what_is_no_file_is_named_and_never_opened(store, name):
    shard = two_results(store)
    shard.unlink()
    put, because = SPECIAL[name]
    put(shard)
    only_b_is_left(store, shard, because)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ENXIO])
def test_a_file_that_cannot_be_opened_is_named(store, number, monkeypatch):
    shard = two_results(store)
    genuine = os.open

    def refused(path, *args, **kwargs):
        if Path(path).name == shard.name:
            raise OSError(number, os.strerror(number), str(path))
        return genuine(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refused)
    only_b_is_left(store, shard, f"cannot be read: {os.strerror(number)}")


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        ".safetensors",
        f".{A}.safetensors",
        f"._{A}.safetensors",
        f"{A} (copy).safetensors",
        f"{'A' * 64}.safetensors",
        "\x1b[2J.safetensors",
        "line\nbreak.safetensors",
    ],
)
def test_a_foreign_or_hidden_file_is_named_and_left(store, name):
    store.write([result(A)])
    (store.shards / name).write_bytes(only_shard(store).read_bytes())
    before = state(store.folder)
    with pytest.warns(DamagedShard, match="is no result of grokspec, by its name") as caught:
        assert list(Store(store.folder).verified([A])) == [A]
    assert str(caught[0].message).isprintable()
    assert state(store.folder) == before


def test_other_files_are_left_alone(store):
    store.write([result()])
    for name in ("notes.txt", "x.damaged", "abc.safetensors.0123.part", ".DS_Store"):
        (store.shards / name).write_bytes(b"garbage")
    before = state(store.folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(Store(store.folder).verified([A])) == [A]
    assert state(store.folder) == before


@pytest.mark.parametrize("name", [n for n in TO_BYTES if not n.startswith("no ")])
def test_a_shard_that_is_damaged_after_its_header_was_read_is_noticed_too(store, name):
    store.write([result()])
    assert store.index()
    TO_BYTES[name](only_shard(store))
    with pytest.warns(DamagedShard):
        assert store.verified([A]) == {}
    assert store.index() == {}


@pytest.mark.parametrize("name", SPECIAL)
def test_a_shard_that_is_replaced_after_its_header_was_read_is_noticed_too(store, name):
    store.write([result()])
    assert store.index()
    shard = only_shard(store)
    shard.unlink()
    SPECIAL[name][0](shard)
    with pytest.warns(DamagedShard, match=SPECIAL[name][1]):
        assert store.read([A]) == {}


def test_a_shard_that_is_removed_is_missing_without_a_word(store):
    store.write([result()])
    assert store.index()
    only_shard(store).unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert store.read([A]) == store.verified([A]) == store.index() == {}


def test_a_shard_that_is_still_being_copied_is_left_and_counts_once_it_is_whole(store):
    shard = two_results(store)
    content = shard.read_bytes()
    shard.unlink()
    looking = Store(store.folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for length in (0, 4, 100, len(content) // 2, len(content) - 1):
            shard.write_bytes(content[:length])
            assert list(looking.verified([A, B])) == [B]
        sparse = bytearray(len(content))  # as by a copy that makes room first
        sparse[: len(content) // 2] = content[: len(content) // 2]
        shard.write_bytes(sparse)
        assert list(looking.verified([A, B])) == [B]
        shard.write_bytes(content)
        assert list(looking.verified([A, B])) == [A, B]
    assert len(caught) == 1
    assert "it counts once it is whole" in str(caught[0].message)
    assert list(Store(store.folder).read([A, B])) == [A, B]


def test_a_file_that_changes_while_it_is_read_is_tried_once(store, monkeypatch):
    shard = two_results(store)
    flipped(shard)
    genuine, times = Index.content, []

    def changing(self, path):
        times.append(path)
        os.utime(shard, ns=(len(times), len(times)))
        return genuine(self, path)

    monkeypatch.setattr(Index, "content", changing)
    with pytest.warns(DamagedShard):
        assert list(store.read([A, B])) == [B]
    assert times.count(shard) == 1


def test_a_file_whose_permission_is_given_back_counts_again(store, monkeypatch):
    shard = two_results(store)
    looking = Store(store.folder)
    genuine = os.open

    def refused(path, *args, **kwargs):
        if Path(path).name == shard.name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return genuine(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refused)
        with pytest.warns(DamagedShard):
            assert list(looking.index()) == [B]
    shard.chmod(0o600)
    assert set(looking.index()) == {A, B}


def test_where_warnings_are_errors_a_file_is_named_and_stops_nothing(store, capsys):
    shard = two_results(store)
    flipped(shard)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(Store(store.folder).read([A, B])) == [B]
    assert capsys.readouterr().err.startswith(f"warning: {shard} does not have the content")


def test_a_training_goes_on_when_the_marker_breaks(store):
    store.write([result(A)])
    assert list(store.index()) == [A]
    (store.folder / "store.json").write_text("")  # as by a tool that is about to write it anew
    assert list(store.read([A])) == [A]


def test_no_more_files_are_named_than_can_be_read(store):
    store.write([result()])
    for number in range(1000):
        (store.shards / f"{number}.safetensors").write_bytes(b"")
    with pytest.warns(DamagedShard) as caught:
        assert list(store.verified([A])) == [A]
    assert len(caught) == MOST_WARNINGS + 1
    assert str(caught[-1].message) == f"{store.shards} has more files that are passed over"


@pytest.mark.parametrize("name", [*NO_FOLDERS, "file"])
def test_shards_that_are_no_folder_are_named_and_refused_for_writing(store, name):
    store.prepare()
    store.shards.rmdir()
    put = SPECIAL[name][0] if name in SPECIAL else emptied
    put(store.shards)
    with pytest.warns(DamagedShard, match=rf"{store.shards} .*; no result is read"):
        assert open_store(store.folder).index() == {}
    with pytest.raises(GrokspecError, match=r"results could not be written to the store .*: "):
        store.write([result()])
    with pytest.raises(GrokspecError, match=r"the store .* cannot be written to: "):
        store.prepare()


def test_shards_may_be_a_link_to_a_folder(store, tmp_path):
    store.prepare()
    store.shards.rmdir()
    (tmp_path / "elsewhere").mkdir()
    store.shards.symlink_to(tmp_path / "elsewhere")
    store.write([result()])
    assert list(open_store(store.folder).read([A])) == [A]


@pytest.mark.parametrize("name", [*SPECIAL, "terabyte"])
def test_a_marker_that_is_no_file_is_refused_in_one_line(store, name):
    store.write([result()])
    marker = store.folder / "store.json"
    if name == "terabyte":
        os.truncate(marker, 2**40)
    else:
        marker.unlink()
        SPECIAL[name][0](marker)
    for look in (Store(store.folder).index, store.prepare, lambda: open_store(store.folder)):
        with pytest.raises(
            GrokspecError, match=r"the store .* cannot be read: .*store\.json "
        ) as e:
            look()
        assert "\n" not in str(e.value)


@pytest.mark.parametrize("name", [*NO_FOLDERS, "a" * 300])
def test_a_store_that_is_no_folder_is_refused_in_one_line(tmp_path, name):
    place = tmp_path / name
    if name in SPECIAL:
        SPECIAL[name][0](place)
    with pytest.raises(
        GrokspecError, match=r"^the store .* (is a file; name a|cannot be read: )"
    ) as e:
        open_store(place)
    assert "\n" not in str(e.value)


def test_a_folder_without_a_marker_is_read_and_left_as_it_is(store):
    shard = two_results(store)
    flipped(shard)
    (store.folder / "store.json").unlink()
    only_b_is_left(store, shard)


def test_a_file_with_the_right_name_that_grokspec_did_not_write_is_passed_over(store):
    import hashlib

    shard = two_results(store)
    content = shard.read_bytes().replace(b'"dtype":"I64"', b'"dtype":"F16"')
    forged = shard.with_name(f"{hashlib.sha256(content).hexdigest()}{ENDING}")
    shard.rename(forged)
    forged.write_bytes(content)
    with pytest.warns(DamagedShard, match="has no results that grokspec wrote"):
        assert list(Store(store.folder).read([A, B])) == [B]
