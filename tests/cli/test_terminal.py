"""Odd places to run in: a full disk, a terminal without UTF-8, a folder that is gone."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
from experiments import WHOLE

from grokspec.cli import main
from grokspec.cli.terminal import explained_output
from grokspec.errors import GrokspecError

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture
def stream(monkeypatch):
    """Makes standard output, and error, streams of an encoding; gives what is written to them."""

    def stream(encoding: str) -> io.BytesIO:
        content = io.BytesIO()
        text = io.TextIOWrapper(content, encoding=encoding, write_through=True)
        monkeypatch.setattr(sys, "stdout", text)
        monkeypatch.setattr(sys, "stderr", text)
        return content

    return stream


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return int(end.value.code or 0)


@pytest.fixture
def spec(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("α.toml").write_text(WHOLE, encoding="utf-8")
    return Path("α.toml")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8"])
def test_every_encoding_prints_a_check_and_a_plan(spec, stream, encoding):
    content = stream(encoding)
    assert exit_code("check", str(spec)) == 0
    assert exit_code("plan", str(spec), "--store", "store") == 0
    name = "α" if encoding == "utf-8" else "\\u03b1"
    assert content.getvalue().decode(encoding).startswith(f"{name}.toml  quick: 1 run")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_the_schema_and_a_plan_are_json_in_every_encoding(spec, stream, encoding):
    content = stream(encoding)
    assert exit_code("schema") == 0
    assert json.loads(content.getvalue().decode(encoding))["title"] == "grokspec"
    content = stream(encoding)
    assert exit_code("plan", str(spec), "--store", "store", "--json") == 0
    assert json.loads(content.getvalue().decode(encoding))["name"] == "α"


def test_a_mistake_is_printed_in_ascii_with_plain_signs(spec, stream):
    spec.write_text(f'{WHOLE}[sweep.grid]\n"model.alpha" = [{"0, " * 30}]\n', encoding="utf-8")
    content = stream("ascii")
    assert exit_code("check", str(spec)) == 2
    assert content.getvalue().decode().splitlines()[-1] == "... and 10 more mistakes"


@ONLY_LINUX
@pytest.mark.parametrize("command", [["check", "α.toml"], ["schema"]])
def test_a_full_disk_is_said_in_one_line(spec, monkeypatch, capsys, command):
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert exit_code(*command) == 2
        monkeypatch.undo()
    message = "standard output: cannot be written: No space left on device\n"
    assert capsys.readouterr().err == message


def test_what_the_system_refuses_has_the_name_of_the_file():
    with pytest.raises(GrokspecError, match=r"x\.npz: Permission denied"), explained_output():
        raise PermissionError(13, "Permission denied", "x.npz")


@ONLY_LINUX
def test_a_working_directory_that_is_gone_is_said_in_one_line(spec, tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    os.rmdir(gone)
    assert exit_code("check", str(tmp_path / spec)) == 2
    message = "the working directory was removed; change to a folder that exists\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("command", ["check", "plan", "new"])
def test_a_name_of_300_characters_is_refused_in_one_line(spec, capsys, command):
    assert exit_code(command, "a" * 300 + ".toml") == 2
    assert capsys.readouterr().err.count("\n") == 1


@ONLY_LINUX
@pytest.mark.parametrize("name", ["a\x1b[31m.toml", "a\nb.toml", "a\udcff.toml"])
def test_a_name_that_cannot_be_printed_is_refused_and_escaped(spec, stream, name):
    Path(name).write_text(WHOLE)
    content = stream("utf-8")
    assert exit_code("check", name) == 2
    (line,) = content.getvalue().decode().splitlines()
    assert line.isprintable()
    assert line.endswith("has only characters that can be printed; rename the file")
