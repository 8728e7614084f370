"""`grokspec report`, as its user sees it."""

import pytest

from grokspec.cli import main


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    """Runs it in an empty folder: its exit code, and what it wrote to stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["report", *map(str, arguments)])
        return (ended.value.code or 0, *capsys.readouterr())

    return command


def test_it_writes_the_form_that_the_ending_names_into_a_folder_that_it_makes(command, project):
    claims = project.folder / "claims"
    code, out, err = command(claims, "--store", project.store_folder, "-o", "new/claims.md")
    assert (code, out, err) == (0, "new/claims.md\n", "")
    with open("new/claims.md", encoding="utf-8") as file:
        assert file.readline() == "# Which claims hold\n"


def test_an_ending_that_it_does_not_know_is_an_error_that_names_those_that_it_does(command):
    code, _, err = command("-o", "report.docx")
    assert code == 2
    assert err == "report.docx: a report is written as .html, .md, .json or .tex\n"


def test_a_folder_of_claims_that_is_not_there_is_an_error(command):
    code, _, err = command("nowhere")
    assert code == 2
    assert err == "nowhere: no such folder of claims; name the one that has them\n"


def test_a_place_that_cannot_be_written_to_is_an_error_before_anything_is_judged(command, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = command("nowhere", "-o", "file/report.html")
    assert code == 2
    assert err.startswith("file/report.html: cannot be written: ")


def test_a_folder_in_the_place_of_the_file_is_an_error(command, tmp_path):
    (tmp_path / "report.html").mkdir()
    code, _, err = command("nowhere")
    assert code == 2
    assert err == "report.html is a folder; name a file\n"
