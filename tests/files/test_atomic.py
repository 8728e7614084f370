"""Files are written whole or not at all, on file systems that lack something, too."""

import errno
import os
import stat
from pathlib import Path

import pytest

from grokspec.files.atomic import write_whole

CANNOT = [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP]
CANNOT_FOLDERS = [*CANNOT, errno.EACCES, errno.EPERM, errno.EBADF, errno.EISDIR]
FAILURES = [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE]


def failing_with(number: int, monkeypatch, *, of_folders: bool) -> None:
    """Let fsync of files, or of folders, fail from now on."""
    genuine = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode) == of_folders:
            raise OSError(number, os.strerror(number))
        return genuine(handle)

    monkeypatch.setattr(os, "fsync", fsync)


def only_file(folder: Path) -> bytes:
    (file,) = folder.iterdir()
    return file.read_bytes()


@pytest.mark.parametrize("number", CANNOT_FOLDERS)
def test_a_folder_that_cannot_be_flushed_stops_nothing(number, tmp_path, monkeypatch):
    failing_with(number, monkeypatch, of_folders=True)
    write_whole(tmp_path / "file", b"content")
    assert only_file(tmp_path) == b"content"


def test_a_folder_that_cannot_be_opened_to_flush_it_stops_nothing(tmp_path, monkeypatch):
    genuine = os.open

    def refused(path, *arguments, **options):
        if Path(path) == tmp_path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return genuine(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refused)
    write_whole(tmp_path / "file", b"content")
    assert only_file(tmp_path) == b"content"


@pytest.mark.parametrize("number", CANNOT)
def test_a_file_that_cannot_be_flushed_is_written_all_the_same(number, tmp_path, monkeypatch):
    failing_with(number, monkeypatch, of_folders=False)
    write_whole(tmp_path / "file", b"content")
    assert only_file(tmp_path) == b"content"


@pytest.mark.parametrize("of_folders", [False, True], ids=["file", "folder"])
@pytest.mark.parametrize("number", FAILURES)
def test_an_error_of_the_disk_stays_an_error(number, of_folders, tmp_path, monkeypatch):
    failing_with(number, monkeypatch, of_folders=of_folders)
    with pytest.raises(OSError) as caught:
        write_whole(tmp_path / "file", b"content")
    assert caught.value.errno == number


def test_what_a_process_left_that_died_while_it_wrote_a_file_goes_when_it_is_written(tmp_path):
    left = [tmp_path / f"{name}.{'0' * 32}.part" for name in ("a[1].html", "b.html")]
    for part in left:
        part.write_bytes(b"half")
        os.utime(part, (1, 1))
    write_whole(tmp_path / "a[1].html", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a[1].html", left[1].name]


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EBUSY, errno.EISDIR, errno.EACCES])
def test_a_file_that_cannot_take_its_name_leaves_nothing_behind(number, tmp_path, monkeypatch):
    def replace(self, target):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", replace)
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(OSError):
        write_whole(tmp_path / "file", b"content")
    assert only_file(tmp_path) == b"before"
