"""`grokspec history` on a checklist that was committed twice."""

import io
import json
import sys
from pathlib import Path

import pytest
from repositories import commit, inside

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.claims.record import JudgedClaim
from grokspec.cli import main
from grokspec.statistics.evidence import Effect


def claim(name: str, measured: float, verdict: str = "supported") -> JudgedClaim:
    interval = measured - 1, measured + 1
    return JudgedClaim(
        test=f"claims/test_x.py::test_{name}",
        id=name,
        sentence=f"Claim {name} \x1b[31m holds.",
        source="§1",
        specs={},
        negative_controls=(),
        positive_controls=(),
        headline=False,
        expected="supported",
        verdict=verdict,
        effects=(Effect(quantity="loss", place="", unit="", measured=measured, interval=interval),),
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for records in ([claim("F1", 5), claim("F2", 5)], [claim("F1", 9, "refuted"), claim("F2", 5)]):
        write_checklist(Checklist(records), folder / "kept.json")
        commit(folder)
    return folder


@pytest.fixture(autouse=True)
def here(repository, monkeypatch):
    monkeypatch.chdir(repository)
    monkeypatch.setenv("COLUMNS", "120")


def history(capsys, *arguments: str) -> tuple[int, str, str]:
    """The exit code, and what was printed to stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["history", *arguments])
    return ended.value.code, *capsys.readouterr()


def test_claims_that_changed_are_shown_and_the_exit_code_is_0(repository, capsys):
    before = inside(repository)
    code, out, err = history(capsys, "kept.json")
    assert (code, err) == (0, "")
    assert "✓ 5 " in out
    assert "✗ 9 " in out
    assert "[8, 10]" in out
    assert "supported → refuted" in " ".join(out.split())
    assert "F2" not in out
    assert out.endswith("2 claims on 2 sides: 1 changed\n")
    assert "\x1b" not in out
    assert inside(repository) == before


def test_all_claims_or_some_are_shown_on_request(capsys):
    assert "F2" in history(capsys, "kept.json", "--all")[1]
    _, out, _ = history(capsys, "kept.json", "-k", "F2")
    assert "F2" in out
    assert "F1" not in out


def test_a_narrow_terminal_has_the_verdicts_as_signs(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = history(capsys, "kept.json")
    assert "✓✗" in out


def test_json_is_printed_alone(capsys):
    _, out, _ = history(capsys, "kept.json", "--json")
    assert [found["id"] for found in json.loads(out)["claims"]] == ["F1"]


@pytest.mark.parametrize("ending", ["html", "md", "csv", "json"])
def test_the_history_is_written_in_the_format_of_the_ending(capsys, tmp_path, ending):
    file = tmp_path / "new" / f"history.{ending}"
    assert history(capsys, "kept.json", "-o", str(file))[0] == 0
    assert "F1" in file.read_text(encoding="utf-8")


def test_the_figure_is_drawn(capsys, tmp_path):
    assert history(capsys, "kept.json", "--figure", str(tmp_path / "x.svg"))[0] == 0
    assert "F1" in (tmp_path / "x.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["kept.json", "-o", "x.tex"], "x.tex: a history is written as .html, .md, .csv or .json"),
        (["kept.json", "--figure", "x.gif"], "x.gif: a figure is written as .svg, .png or .pdf"),
        (["kept.json", "-k", "F3"], 'no claim has the id "F3"; there are F1, F2'),
    ],
)
def test_a_mistake_ends_with_2_and_one_line_that_says_what_to_write(capsys, arguments, message):
    assert history(capsys, *arguments) == (2, "", f"{message}\n")


def test_a_terminal_that_lacks_the_signs_has_letters(monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, "ascii"))
    with pytest.raises(SystemExit) as ended:
        main(["history", "kept.json"])
    assert ended.value.code == 0
    sys.stdout.flush()
    assert b"R 9 " in printed.getvalue()
    assert b"R refuted" in printed.getvalue()
