"""Folders that are named with a `~`, by users with and without a home."""

import os
import pwd
from pathlib import Path

import pytest

from grokspec.cli import main
from grokspec.errors import GrokspecError
from grokspec.files.downloads import data_folder
from grokspec.files.folders import named_folder
from grokspec.store import Store, open_store


@pytest.fixture
def homeless(monkeypatch):
    """A user of whom the system knows nothing, as with `docker run --user 1234`."""

    def unknown(*arguments):
        raise KeyError("no such user")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_CACHE_HOME", "GROKSPEC_STORE", "GROKSPEC_DATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_tilde_stands_for_the_home_folder_wherever_a_folder_is_named(home, monkeypatch):
    assert Store("~/runs").folder == Store(Path("~/runs")).folder == home / "runs"
    assert open_store("~/runs").folder == home / "runs"
    monkeypatch.setenv("GROKSPEC_STORE", "~/named")
    assert open_store().folder == home / "named"
    monkeypatch.setenv("GROKSPEC_DATA", "~/data")
    assert data_folder() == home / "data"


def test_a_user_without_a_home_is_asked_for_a_store_and_a_folder_of_data(homeless):
    with pytest.raises(GrokspecError, match=r"no home folder .*--store .*GROKSPEC_STORE"):
        open_store()
    with pytest.raises(GrokspecError, match=r"no home folder .*; set GROKSPEC_DATA to a folder"):
        data_folder()


def test_a_user_without_a_home_may_name_folders(homeless, monkeypatch, tmp_path):
    assert open_store(tmp_path).folder == tmp_path
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert open_store().folder == tmp_path / "grokspec"
    assert data_folder() == tmp_path / "grokspec" / "data"


def test_an_older_platformdirs_that_knows_no_home_makes_no_folder_called_tilde(monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *a, **k: Path("~/.cache/grokspec"))
    monkeypatch.delenv("GROKSPEC_STORE", raising=False)
    with pytest.raises(GrokspecError, match="there is no home folder"):
        open_store()


@pytest.mark.parametrize("named", ["~nobody_here/x", "~nobody_here", "~"])
def test_the_home_of_nobody_is_refused_by_name(named, homeless, monkeypatch):
    with pytest.raises(GrokspecError, match=rf"the store '{named}': there is no home folder for ~"):
        Store(named)
    monkeypatch.setenv("GROKSPEC_DATA", named)
    with pytest.raises(GrokspecError, match=r"the folder of public data .* set GROKSPEC_DATA"):
        data_folder()


def test_a_name_with_a_zero_byte_is_no_path():
    with pytest.raises(GrokspecError, match="is not a path; name another"):
        named_folder("runs\0", "the store", "name another")


def test_a_relative_folder_needs_a_working_directory(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(GrokspecError, match="'runs': the working directory was removed"):
        Store("runs")
    assert Store(tmp_path).folder == tmp_path
    os.chdir(tmp_path)


def test_the_command_line_says_it_in_one_line_with_exit_code_2(homeless, spec, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["plan", str(spec), "--store", "~nobody_here/x"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
