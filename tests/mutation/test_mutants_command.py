import pytest
from grokspec.cli.commands import app
from typer.testing import CliRunner

from grokspec.errors import GrokspecError
from grokspec.mutation.matrix import KillTable


@pytest.fixture
def command(project, file, monkeypatch):
    """Run `grokspec mutants` in the project, on its own faults."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("COLUMNS", "120")
    given = ["mutants", "--faults", str(file), "--store", str(project.store_folder)]
    return lambda *options: CliRunner().invoke(app, [*given, *options])


def test_a_fault_that_is_caught_is_told_with_its_claim_and_written_down(command, tmp_path):
    output = tmp_path / "made" / "kills.json"
    done = command(
        *("--without-training", "--fault", "fall-reversed", "--fault", "uphill"),
        *("--output", str(output)),
    )
    assert done.exit_code == 0, done.output
    head, line, *_, last = done.output.splitlines()
    assert head.split() == ["fault", "what", "is", "wrong", "caught", "by", "s"]
    assert line.split()[:-1] == ["fall-reversed", "A", "fall", "is", "a", "rise.", "P01"]
    assert last == "1 of 1 caught (100%); 1 not judged without training"
    (read,) = KillTable.read(output).faults
    assert (read.id, read.outcome) == ("fall-reversed", "caught")


def test_the_exit_code_is_one_where_a_fault_survives(command):
    done = command("--without-training", "--fault", "renamed")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "0 of 1 caught (0%), 1 survived"


def test_an_output_of_another_kind_is_told_before_anything_is_tried(command):
    done = command("--output", "kills.html")
    assert isinstance(done.exception, GrokspecError)
    assert "kills.html: the kill table is written as .md or .json" in str(done.exception)


def test_a_fault_that_is_not_there_is_told(command):
    done = command("--fault", "uphil")
    assert 'fault "uphil": there is none; did you mean "uphill"?' in str(done.exception)


def test_a_folder_of_claims_that_is_not_there_is_told(command):
    done = command("clams")
    assert "clams: there is no such folder of claims" in str(done.exception)
