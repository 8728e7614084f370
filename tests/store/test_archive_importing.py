from __future__ import annotations

import hashlib
import json
import shutil
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from archives import ABOUT, all_files, archive_of, rewritten
from stored import flipped, only_shard, result

from grokspec.engines.base import Kept
from grokspec.errors import GrokspecError
from grokspec.store import Store
from grokspec.store.archive import importing, opening
from grokspec.store.archive.contents import MANIFEST
from grokspec.store.archive.importing import import_archive, states
from grokspec.store.archive.opening import open_archive
from grokspec.store.archive.project import Project
from grokspec.store.archive.selection import everything
from grokspec.store.archive.writing import write_archive
from grokspec.store.sourcecode import read_source

A, B = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """Two results, one with weights, and a checklist."""
    folder = tmp_path_factory.mktemp("packed")
    source = Store(folder / "source")
    source.write([result(A, kept=Kept(np.array([10]), {"hidden": np.ones((2, 3))}, None))])
    source.write([result(B)])
    (folder / "c.json").write_text("[]")
    return archive_of(source, folder / "x.zip", checklist=folder / "c.json")


@pytest.fixture
def archive(packed, tmp_path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copy(packed, tmp_path))


def imported(path: Path, store: Store, folder: Path | None = None):
    with open_archive(path) as archive:
        archive.entries()
        return import_archive(archive, store, folder)


def test_what_was_packed_is_in_the_store_and_a_repeated_import_does_nothing(archive, store, packed):
    first = imported(archive, store)
    assert (first.shards, first.weights, first.there) == (2, 1, 0)
    assert all_files(store.folder) == all_files(packed.parent / "source")
    before = {path: path.stat() for path in store.folder.rglob("*")}
    again = imported(archive, store)
    assert (again.shards, again.weights, again.there) == (0, 0, 3)
    assert {path: path.stat() for path in store.folder.rglob("*")} == before


def test_results_that_the_store_had_stay_and_a_damaged_copy_is_made_whole(archive, store):
    store.write([result("c" * 64)])
    mine = only_shard(store).read_bytes()
    imported(archive, store)
    assert set(store.read([A, B, "c" * 64])) == {A, B, "c" * 64}
    for shard in store.files():
        if shard.read_bytes() != mine:
            flipped(shard)
    assert imported(archive, store).shards == 2
    assert set(Store(store.folder).read([A, B, "c" * 64])) == {A, B, "c" * 64}


def test_an_archive_that_was_unzipped_and_zipped_anew_is_read(archive, store):
    changed = rewritten(
        archive, lambda files: {"store/": b"", **files, "ro-crate-preview.html": b""}
    )
    assert imported(changed, store).shards == 2


def test_the_description_may_be_edited(archive, store):
    imported(rewritten(archive, lambda files: {**files, "ro-crate-metadata.json": b"{}"}), store)
    assert set(store.read([A, B])) == {A, B}


def test_weights_are_there_before_the_results_that_refer_to_them(archive, store, monkeypatch):
    genuine, written = importing._write, []

    def noted(archive, file, path):
        written.append(file.name.split("/")[1])
        return genuine(archive, file, path)

    monkeypatch.setattr(importing, "_write", noted)
    imported(archive, store)
    assert written == ["weights", "shards", "shards"]


def test_an_import_that_is_interrupted_leaves_whole_files_and_goes_on_when_repeated(
    archive, store, monkeypatch
):
    genuine, written = importing._write, []

    def interrupted(archive, file, path):
        if written:
            raise KeyboardInterrupt
        written.append(file)
        return genuine(archive, file, path)

    with monkeypatch.context() as patched:
        patched.setattr(importing, "_write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            imported(archive, store)
    assert not list(store.folder.rglob("*.part"))
    again = imported(archive, store)
    assert (again.shards, again.weights, again.there) == (2, 0, 1)


def test_other_files_are_unpacked_and_never_replace_what_is_there(archive, store, tmp_path):
    folder = tmp_path / "review"
    assert imported(archive, store, folder).unpacked == 2
    assert set(all_files(folder)) == {"checklist.json", "environment.txt"}
    assert imported(archive, store, folder).unpacked == 0
    (folder / "checklist.json").write_text("mine")
    with pytest.raises(GrokspecError, match=r"has 1 file with other content .*\n  checklist\.json"):
        imported(archive, Store(tmp_path / "new"), folder)
    assert (folder / "checklist.json").read_text() == "mine"
    assert not (tmp_path / "new").exists()


def test_a_link_in_the_folder_leads_nothing_out_of_it(store, tmp_path):
    source = Store(tmp_path / "source")
    source.write([result()])
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "x.toml").write_text("")

    project = Project({"specs/x.toml": tmp_path / "p" / "x.toml"}, {})
    write_archive(tmp_path / "x.zip", everything(source), project, ABOUT)
    (tmp_path / "outside").mkdir()
    (tmp_path / "review").mkdir()
    (tmp_path / "review" / "specs").symlink_to(tmp_path / "outside")
    with pytest.raises(GrokspecError, match=r"would be written outside of .*review"):
        imported(tmp_path / "x.zip", store, tmp_path / "review")
    assert list((tmp_path / "outside").iterdir()) == []


def test_without_room_nothing_is_written(archive, store, monkeypatch):
    class Full:
        free = 10

    monkeypatch.setattr(importing.shutil, "disk_usage", lambda path: Full)
    with pytest.raises(GrokspecError, match=r"has room for 10 B, and .*kB would be written"):
        imported(archive, store)
    assert not store.folder.exists()


def listing(change):
    """A change of the list of contents."""

    def changed(files):
        manifest = json.loads(files[MANIFEST])
        change(manifest)
        return {**files, MANIFEST: json.dumps(manifest).encode()}

    return changed


def listed(files):
    """The files, with all of them in the list."""
    ahead = (MANIFEST, "ro-crate-metadata.json", "checksums.txt")
    of = {n: {"name": n, "size": len(c), "sha256": sha256(c)} for n, c in files.items()}
    return listing(lambda m: m.update(files=[own for n, own in of.items() if n not in ahead]))(
        files
    )


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def of_shard(change):
    """A change of the content of a shard, which then has the name of its new content."""

    def changed(files):
        name = next(name for name in files if "/shards/" in name)
        content = change(files[name])
        kept = {other: own for other, own in files.items() if other != name}
        return listed({**kept, f"store/shards/{sha256(content)}.safetensors": content})

    return changed


def altered(part):
    """A change of one bit of the first file with this in its name."""

    def changed(files):
        name = next(name for name in files if part in name)
        content = bytearray(files[name])
        content[-1] ^= 1
        return {**files, name: bytes(content)}

    return changed


def added(name):
    return lambda files: {**files, name: b"x"}


def without(part):
    return lambda files: {name: c for name, c in files.items() if part not in name}


REFUSED = {
    "altered result": (altered("/shards/"), r"/shards/.* is damaged .*checksum"),
    "altered weights": (altered("/weights/"), r"/weights/.* is damaged .*checksum"),
    "altered checklist": (altered("checklist"), r"checklist.json is damaged .*checksum"),
    "missing result": (without("/shards/"), "lacks 'store/shards/.*, which .* lists"),
    "no list": (without(MANIFEST), "is no archive of results; `grokspec store export` makes one"),
    "unlisted": (added("specs/more.toml"), "has specs/more.toml, which .* does not list"),
    "path upwards": (added("project/../../x"), "is no plain path below a folder"),
    "absolute path": (added("/etc/x"), "is no plain path below a folder"),
    "drive": (added("C:/x"), "has a backslash or a colon"),
    "backslash": (added("..\\x"), "has a backslash or a colon"),
    "device": (added("project/NUL.txt"), "which is no name on every system"),
    "escape": (added("project/\x1b[2J"), "has characters that cannot be printed"),
    "other case": (added("CHECKLIST.json"), "cannot both be files"),
    "file as folder": (added("checklist.json/x"), "cannot both be files"),
    "new layout": (listing(lambda m: m.update(layout=2)), "it has layout 2, but this grokspec"),
    "new store": (listing(lambda m: m.update(store_layout=9)), "its store has layout 9, but"),
    "no layout": (listing(lambda m: m.pop("layout")), "is not one that grokspec wrote"),
    "listed twice": (
        listing(lambda m: m["files"].append(m["files"][0])),
        "lists a file twice",
    ),
    "other size": (listing(lambda m: m["files"][0].update(size=7)), "bytes, not 7; it was altered"),
    "foreign file in the store": (
        lambda files: listed({**files, "store/x.safetensors": b"x"}),
        "store/x.safetensors is no file of a store",
    ),
    "no shard": (of_shard(lambda content: b"\0" * 50), "has no header that grokspec wrote"),
    "long header": (
        of_shard(lambda content: struct.pack("<Q", 2**60) + content[8:]),
        "is shorter than its header says",
    ),
    "bomb": (
        lambda files: {**files, "ro-crate-preview_files/x": b"\0" * 2**25},
        "times its own size; results do not shrink that much",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_is_not_as_it_was_packed_is_refused_and_nothing_is_written(
    archive, store, tmp_path, name
):
    change, message = REFUSED[name]
    rewritten(archive, change)
    with pytest.raises(GrokspecError, match=message) as refused:
        imported(archive, store, tmp_path / "review")
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert not store.folder.exists()
    assert not (tmp_path / "review").exists()


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_an_archive_that_was_cut_short_is_refused(archive, store, share):
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(GrokspecError, match=r"x\.zip is no whole zip .*; was it cut short\?"):
        imported(archive, store)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(archive, store, kind):
    with zipfile.ZipFile(archive, "a") as zipped:
        info = zipfile.ZipInfo("ro-crate-preview.html")
        info.external_attr = (kind | 0o777) << 16
        zipped.writestr(info, "/etc/passwd")
    with pytest.raises(GrokspecError, match=r"preview\.html is a link or a device, not a file"):
        imported(archive, store)


def test_two_files_of_one_name_are_refused(archive, store):
    with zipfile.ZipFile(archive, "a") as zipped, pytest.warns(UserWarning, match="Duplicate"):
        zipped.writestr("checklist.json", "[]")
    with pytest.raises(GrokspecError, match=r"checklist\.json and checklist\.json cannot both be"):
        imported(archive, store)


def test_an_encrypted_file_is_refused(archive, store):
    content = bytearray(archive.read_bytes())
    central = content.index(b"PK\1\2")
    content[central + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(GrokspecError, match=r"ro-crate-metadata\.json is encrypted"):
        imported(archive, store)


def test_a_list_of_files_that_is_too_long_is_not_read(archive, store, monkeypatch):
    monkeypatch.setattr(opening, "LONGEST_DIRECTORY", 100)
    with pytest.raises(GrokspecError, match=r"its list of files has [0-9,]+ bytes"):
        imported(archive, store)


def test_what_is_no_file_is_refused(tmp_path, store):
    with pytest.raises(GrokspecError, match="no such file"):
        imported(tmp_path / "none.zip", store)
    with pytest.raises(GrokspecError, match="is a folder, not a file"):
        imported(tmp_path, store)
    (tmp_path / "text").write_text("x" * 100)
    with pytest.raises(GrokspecError, match="is no whole zip"):
        imported(tmp_path / "text", store)


def test_any_byte_that_is_flipped_is_noticed_or_without_effect(archive, store):
    content = archive.read_bytes()
    whole = {A, B}
    for place in range(0, len(content), 1009):
        changed = bytearray(content)
        changed[place] ^= 0x41
        archive.write_bytes(changed)
        try:
            with open_archive(archive) as opened:
                assert {entry.key for entry in opened.entries()} == whole
        except GrokspecError:
            continue


def test_a_result_is_current_if_the_installed_modules_are_those_that_made_it(tmp_path):
    module = "grokspec.losses.base"
    own = {module: read_source(module).hash, "recorded steps": "any", "nets.py:Net": "as packed"}
    other = {**own, module: "0" * 64, "not_here.engine": "1" * 64}
    source = Store(tmp_path / "source")
    for key, sources, made_by in ((A, own, "now"), (B, other, "then")):
        found = result(key, made_by)
        found.sources.clear()
        found.sources.update(sources)
        source.write([found])
    with open_archive(archive_of(source, tmp_path / "x.zip")) as archive:
        (state,) = states(archive, archive.entries())
    assert (state.name, state.runs, state.current, state.stale) == ("spec", 2, 1, 1)
    assert state.changed == (module, "not_here.engine")
