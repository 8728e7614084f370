"""Public data is downloaded once, and known by its checksum."""

import hashlib
import os
import pickle
from pathlib import Path

import pytest
from serving import serving

from grokspec.errors import GrokspecError
from grokspec.files.downloads import PublicFile, data_folder

CONTENT = b"some public data"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKSPEC_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def server():
    """A server on this machine that sends the content for /good, else the path."""
    with serving(lambda path: CONTENT if path == "/good" else path.encode()) as served:
        yield served


def file(url="http://127.0.0.1:1/none"):
    return PublicFile(name="set/file.gz", url=url, sha256=SHA256)


def test_a_file_that_is_there_is_read_and_nothing_is_downloaded(folder):
    (folder / "set").mkdir(parents=True)
    (folder / "set/file.gz").write_bytes(CONTENT)
    assert file().content() == CONTENT


def test_a_file_is_downloaded_once_and_kept(folder, server):
    assert file(f"{server.address}/good").content() == CONTENT
    assert (folder / "set/file.gz").read_bytes() == CONTENT
    assert file(f"{server.address}/good").content() == CONTENT
    assert server.requested == ["/good"]


def test_another_file_that_is_sent_is_not_kept(folder, server):
    with pytest.raises(
        GrokspecError, match=r"could not be downloaded \(the server sent another file\)"
    ):
        file(f"{server.address}/bad").content()
    assert list((folder / "set").iterdir()) == []


def test_offline_one_line_says_how_to_get_it(folder):
    with pytest.raises(GrokspecError) as caught:
        file().content()
    assert str(caught.value) == (
        f"{folder / 'set/file.gz'} is not there and could not be downloaded (ConnectionError); put "
        "http://127.0.0.1:1/none there, or set GROKSPEC_DATA to a folder that has set/file.gz"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # leaves a worker


@pytest.mark.parametrize(
    "content", [CONTENT[:-1], b"S" + CONTENT[1:], b""], ids=["truncated", "altered", "empty"]
)
def test_a_file_with_another_checksum_is_refused_by_name_and_left_as_it_is(folder, content, server):
    path = folder / "set/file.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(GrokspecError) as caught:
        file(f"{server.address}/good").content()
    assert str(caught.value) == (
        f"{path}: is truncated, altered or another file: the sha256 of its {len(content)} bytes is "
        f"{hashlib.sha256(content).hexdigest()[:8]}…, not {SHA256[:8]}…; remove it to "
        "download it again"
    )
    assert path.read_bytes() == content
    assert server.requested == []


def test_a_file_that_cannot_be_read_is_named(folder):
    (folder / "set/file.gz").mkdir(parents=True)
    with pytest.raises(GrokspecError, match=r"file\.gz: is a folder, not a file"):
        file().content()


def test_a_pipe_or_a_link_to_nothing_in_its_place_is_named_and_not_waited_for(folder):
    (folder / "set").mkdir(parents=True)
    os.mkfifo(folder / "set/file.gz")
    with pytest.raises(GrokspecError, match=r"file\.gz: is a pipe, not a file"):
        file().content()
    (folder / "set/file.gz").unlink()
    (folder / "set/file.gz").symlink_to("nothing")
    with pytest.raises(GrokspecError, match=r"file\.gz: is a link to nothing"):
        file().content()


def test_without_the_variable_data_are_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("GROKSPEC_DATA")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, appauthor: tmp_path / name)
    assert data_folder() == tmp_path / "grokspec" / "data"


def test_the_variable_may_name_a_relative_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROKSPEC_DATA", "here")
    assert data_folder() == Path(tmp_path, "here")
