"""A `~` in an option that names a file is the user's home, in every command."""

import json
from pathlib import Path

import pytest

from grokspec.cli import main
from grokspec.files.folders import named_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def test_files_are_written_to_and_read_from_home(home, capsys):
    assert run("schema", "--output=~/schema.json") == 0
    assert run("new", "~/new.toml") == 0
    assert run("check", "~/new.toml") == 0
    assert {file.name for file in home.iterdir()} == {"schema.json", "new.toml"}
    (home / "list.json").write_text(json.dumps([]))
    assert run("diff", "~/list.json", "~/list.json") == 2
    assert "has no claim" in capsys.readouterr().err
    assert list(Path.cwd().iterdir()) == []


NOBODY = "~nobody-here/x"


@pytest.mark.parametrize(
    "arguments",
    [
        ("schema", "--output", f"{NOBODY}.json"),
        ("new", NOBODY),
        ("check", NOBODY),
        ("plan", NOBODY),
        ("run", NOBODY),
        ("figure", "x.toml", "--output", NOBODY),
        ("tensorboard", "x.toml", NOBODY),
        ("store", "export", NOBODY),
        ("store", "export", "x.zip", NOBODY),
        ("store", "export", "x.zip", "--with", NOBODY),
        ("store", "export", "x.zip", "--checklist", NOBODY),
        ("store", "import", NOBODY),
        ("store", "import", "x.zip", "--unpack", NOBODY),
        ("export", "x.toml", f"{NOBODY}.csv"),
        ("report", NOBODY),
        ("report", "--output", NOBODY),
        ("report", "--checklist", NOBODY),
        ("report", "--mutants", NOBODY),
        ("report", "--store", NOBODY),
        ("diff", NOBODY, "x"),
        ("diff", "a", "b", "--claims", NOBODY),
        ("store", "merge", NOBODY),
        ("store", "list", "--code-of", NOBODY),
        ("store", "rm", "--stale", "--store", NOBODY),
        ("mutants", NOBODY),
        ("mutants", "--file", NOBODY),
        ("mutants", "--output", NOBODY),
    ],
    ids=" ".join,
)
def test_the_home_of_nobody_is_a_mistake_in_one_line(home, capsys, arguments):
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    named = next(argument for argument in arguments if "~" in argument)
    remedy = "there is no home folder for ~nobody-here; write the whole path"
    assert shown.err == f"{named}: {remedy}\n"


def test_other_paths_stay_as_they_are():
    for path in ("x", "./x", "a/~", "/tmp/~x", "-"):
        assert named_path(path) == Path(path)
