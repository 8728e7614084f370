import pytest
from typer.testing import CliRunner

from grokspec.cli.app import app
from grokspec.errors import GrokspecError
from grokspec.mutation.matrix import KillMatrix, read_matrix
from grokspec.mutation.rule_matrix import RuleMatrix, read_rule_matrix


@pytest.fixture
def command(project, file, monkeypatch):
    """Run `grokspec mutants` in the project, on its own mutants."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("COLUMNS", "120")
    given = ["mutants", "--file", str(file), "--store", str(project.store_folder)]
    return lambda *options: CliRunner().invoke(app, [*given, *options])


def test_mutants_are_shown_with_their_killers_and_written_to_a_file(command, tmp_path):
    output = tmp_path / "made" / "kills.json"
    chosen = (f"--mutant={id}" for id in ("fall-reversed", "uphill", "renamed"))
    done = command("--without-training", *chosen, "--output", str(output))
    assert done.exit_code == 1, done.output  # since one survived
    head, *lines, last = done.output.splitlines()
    assert head.split() == ["mutant", "what", "is", "wrong", "killed", "by", "s"]
    assert sorted(line.split()[:-1] for line in lines) == [
        ["fall-reversed", "A", "fall", "is", "a", "rise.", "P01"],
        ["renamed", "A", "name", "is", "another.", "survived"],
    ]
    assert last == ("1 of 2 mutants killed (50%), 1 survived; 1 not judged without training")
    assert [(one.id, one.status) for one in read_matrix(output).mutants] == [
        ("fall-reversed", "killed"),
        ("renamed", "survived"),
    ]


def test_the_exit_code_is_zero_where_every_mutant_is_killed(command, monkeypatch):
    killed = KillMatrix(
        mutants=[
            {
                "id": "fall-reversed",
                "description": "A fall is a rise.",
                "file": "measures/losses.py",
                "status": "killed",
                "killed_by": [],
                "seconds": 1.0,
            }
        ]
    )
    monkeypatch.setattr("grokspec.mutation.trying.try_all", lambda *_, **__: killed)
    done = command("--mutant", "fall-reversed")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 of 1 mutants killed (100%)")


def test_the_parts_of_all_mutants_are_each_tried_once(command, monkeypatch):
    tried = []

    def try_all(trials, *_, **__):
        tried.append([trial.mutant.id for trial in trials])
        return KillMatrix(mutants=())

    monkeypatch.setattr("grokspec.mutation.trying.try_all", try_all)
    command()
    for part in ("1/2", "2/2"):
        command("--shard", part)
    whole, *parts = tried
    assert sorted([*parts[0], *parts[1]]) == sorted(whole)
    assert abs(len(parts[0]) - len(parts[1])) <= 1


def test_more_parts_than_mutants_are_an_error(command):
    error = command("--shard", "1/99").exception
    assert isinstance(error, GrokspecError)
    assert "mutants do not make 99 parts" in str(error)


def test_an_output_of_another_kind_is_an_error_before_anything_is_tried(command):
    done = command("--output", "kills.html")
    assert isinstance(done.exception, GrokspecError)
    assert "kills.html: the kill matrix is written as .md or .json" in str(done.exception)


def test_a_mutant_that_is_not_there_is_an_error(command):
    done = command("--mutant", "uphil")
    assert 'mutant "uphil": there is none; did you mean "uphill"?' in str(done.exception)


def test_a_folder_of_claims_that_is_not_there_is_an_error(command):
    done = command("clams")
    assert "clams: there is no such folder of claims" in str(done.exception)


# Mutants made by rule


@pytest.fixture
def by_rule(monkeypatch):
    """Run `grokspec mutants --by-rule`, in which every second mutant survives; gives their ids."""
    tried = []

    def half(mutants, *_, equivalent, workers):
        tried[:] = [mutant.id for mutant in mutants]
        outcomes = [
            {"status": ("killed", "survived")[number % 2], "test": "tests/t.py::test_t"}
            | {name: getattr(m, name) for name in ("id", "description", "file", "line", "rule")}
            for number, m in enumerate(mutants)
        ]
        return RuleMatrix(mutants=outcomes)

    monkeypatch.setattr("grokspec.mutation.rule_trying.try_by_rule", half)
    return lambda *options: (CliRunner().invoke(app, ["mutants", "--by-rule", *options]), tried)


def test_by_rule_a_sample_of_a_room_is_tried_and_written(by_rule, tmp_path):
    output = tmp_path / "by-rule.json"
    options = ("--room", "statistics", "--sample", "4", "--seed", "7", "-o", str(output))
    done, tried = by_rule(*options)
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        1,
        "2 of 4 mutants killed (50%; 0 by a claim), 2 survived",
    )
    assert {id.partition("/")[0] for id in tried} == {"statistics"}
    assert [one.id for one in read_rule_matrix(output).mutants] == tried
    assert by_rule(*options)[1] == tried
    assert by_rule("--required", "0.5", *options)[0].exit_code == 0


def test_by_rule_one_mutant_can_be_named(by_rule):
    done, tried = by_rule("--mutant", "measures/weights/norm_growth/index-1")
    assert tried == ["measures/weights/norm_growth/index-1"]
    assert done.exit_code == 0
