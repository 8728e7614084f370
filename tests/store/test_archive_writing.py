from __future__ import annotations

import hashlib
import os
import shutil
import zipfile

import numpy as np
import pytest
from archives import ABOUT, all_files, archive_of, contents, manifest_of
from stored import flipped, only_shard, result

from grokspec.engines.base import Kept
from grokspec.errors import GrokspecError
from grokspec.store import DamagedShard, Store
from grokspec.store.archive import writing
from grokspec.store.archive.project import Project
from grokspec.store.archive.selection import everything
from grokspec.store.archive.writing import today, write_archive

A, B = "a" * 64, "b" * 64


def test_the_same_store_gives_the_same_bytes_wherever_it_lies_and_however_old_it_is(
    store, tmp_path
):
    store.write([result(A)])
    store.write([result(B)])
    one = archive_of(store, tmp_path / "one.zip").read_bytes()
    other = Store(tmp_path / "deeper" / "other")
    shutil.copytree(store.folder, other.folder)
    for shard in other.files():
        os.utime(shard, (1, 1))
    assert archive_of(other, tmp_path / "other.zip").read_bytes() == one


def test_an_archive_has_the_files_of_the_store_byte_by_byte_and_is_a_store_when_unzipped(
    store, tmp_path
):
    kept = Kept(np.array([10]), {"hidden": np.ones((2, 3))}, None)
    store.write([result(A, kept=kept), result(B)])
    archive = archive_of(store, tmp_path / "x.zip")
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(tmp_path / "unzipped")
    assert all_files(tmp_path / "unzipped" / "store") == all_files(store.folder)
    found = Store(tmp_path / "unzipped" / "store").read([A, B])
    assert set(found) == {A, B}
    weights = Store(tmp_path / "unzipped" / "store").kept(found[A].weights)
    assert weights.weights["hidden"].tolist() == np.ones((2, 3)).tolist()


def test_weights_may_be_left_out(store, tmp_path):
    kept = Kept(np.array([10]), {"hidden": np.ones((2, 3))}, None)
    store.write([result(A, kept=kept)])
    write_archive(tmp_path / "x.zip", everything(store, False), Project({}, {}), ABOUT)
    assert not [name for name in contents(tmp_path / "x.zip") if "weights" in name]


def test_every_file_but_the_description_is_listed_with_its_hash(store, tmp_path):
    store.write([result()])
    (tmp_path / "c.json").write_text("[]")
    archive = archive_of(store, tmp_path / "x.zip", checklist=tmp_path / "c.json")
    files = contents(archive)
    listed = {file.name: file.sha256 for file in manifest_of(archive).files}
    assert listed == {name: hashlib.sha256(files[name]).hexdigest() for name in listed}
    ahead = {"ro-crate-metadata.json", "grokspec-archive.json", "checksums.txt"}
    assert files.keys() - listed.keys() == ahead
    assert {*listed} > {"checklist.json", "environment.txt", "store/store.json"}
    sums = files["checksums.txt"].decode().splitlines()
    assert sums == [f"{sha256}  {name}" for name, sha256 in listed.items()]


def test_the_environment_has_every_package_the_python_and_the_build_of_torch(store, tmp_path):
    store.write([result()])
    lines = contents(archive_of(store, tmp_path / "x.zip"))["environment.txt"].decode().splitlines()
    assert [line[:8] for line in lines[:3]] == ["# CPytho", "# " + lines[1][2:8], "# torch "]
    packages = [line.partition("==")[0] for line in lines[3:] if not line.startswith("#")]
    assert {"torch", "numpy", "pydantic"} < set(packages)
    assert len(set(packages)) == len(packages)
    assert not any(" @ file:" in line or str(tmp_path.home()) in line for line in lines)


def test_a_file_that_is_there_is_left_unless_it_is_to_be_replaced(store, tmp_path):
    store.write([result()])
    path = tmp_path / "x.zip"
    path.write_text("mine")
    with pytest.raises(GrokspecError, match=r"x\.zip is there already; --force replaces it"):
        archive_of(store, path)
    assert path.read_text() == "mine"
    archive_of(store, path, force=True)
    assert zipfile.is_zipfile(path)
    with pytest.raises(GrokspecError, match="is a folder; name a file"):
        archive_of(store, tmp_path, force=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_stops_the_writing_leaves_nothing(store, tmp_path, monkeypatch, error):
    store.write([result()])
    genuine = writing._chunks

    def stopped(file):
        yield from genuine(file)
        if any(tmp_path.glob("out/*.part")):
            raise error

    monkeypatch.setattr(writing, "_chunks", stopped)
    with pytest.raises((KeyboardInterrupt, GrokspecError), match=r"No space left|^$"):
        archive_of(store, tmp_path / "out" / "x.zip")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_changes_while_it_is_packed_is_named_and_nothing_is_written(
    store, tmp_path, monkeypatch
):
    store.write([result()])
    selection = everything(store)
    genuine = writing._description

    def changed(*arguments):
        flipped(only_shard(store))
        return genuine(*arguments)

    monkeypatch.setattr(writing, "_description", changed)
    with pytest.raises(GrokspecError, match=r"store/shards/.* changed while it was packed"):
        write_archive(tmp_path / "x.zip", selection, Project({}, {}), ABOUT)
    assert not (tmp_path / "x.zip").exists()


def test_a_damaged_result_is_named_and_not_packed(store, tmp_path):
    store.write([result(A)])
    flipped(only_shard(store))
    store.write([result(B)])
    with pytest.warns(DamagedShard, match="does not have the content that was written; it is not"):
        archive = archive_of(store, tmp_path / "x.zip")
    assert len([file for file in manifest_of(archive).files if "/shards/" in file.name]) == 1


def test_an_empty_store_is_not_packed(store, tmp_path):
    with pytest.raises(GrokspecError, match="has no results; name another with --store"):
        archive_of(store, tmp_path / "x.zip")


def test_the_date_may_be_given(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert today() == "2026-01-01"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(GrokspecError, match='SOURCE_DATE_EPOCH = "yesterday": must be whole'):
        today()
