import json
from xml.etree import ElementTree

import pytest

from grokspec.claims.record import ControlOutcome, JudgedClaim
from grokspec.statistics.verdict import Verdict

CLAIMS = """
@claim("P10", "§2", spec="tiny/alpha", control=reversed_in_time())
def test_it_falls(results):
    "The loss falls."
    assert estimate(fall(results)).below(1)

@claim("P02", "Fig. 1", spec=("tiny/alpha", "tiny/epsilon"), expected="refuted",
       control=[held("alpha"), permuted("alpha")])
def test_it_rises(results):
    "The loss rises."
    assert estimate(fall(results["tiny/alpha"])).above(1)

@claim("P99", "§3", spec="tiny/epsilon", control=reversed_in_time(), headline=True)
def test_it_never_falls(results):
    "The loss falls at every ε, and more so the larger it is."
    assert estimate(fall(results)).below(0.5) & estimate(fall(results)).above(0)

def test_that_is_no_claim():
    pass
"""


@pytest.fixture
def project(warm):
    warm.claims(CLAIMS)
    return warm


def test_the_checklist_ends_the_terminal_report(project):
    project.run().stdout.fnmatch_lines(
        [
            "*= claims =*",
            "✓ SUPPORTED  P99  The loss falls at every ε, and more so the larger it is. (§3)",
            "                  loss left at epsilon = *: median *",
            "✗ REFUTED    P02  The loss rises. (Fig. 1)",
            "                  loss left at alpha = *",
            "✓ SUPPORTED  P10  The loss falls. (§2)",
            "3 claims: 2 supported, 1 refuted",
            "every verdict is the expected one",
            "*= 4 passed in *",
        ]
    )


def test_verbose_shows_the_verdict_of_a_claim(project):
    project.run("-v").stdout.fnmatch_lines(
        [
            "*::test_it_falls SUPPORTED *",
            "*::test_it_rises REFUTED *",
            "*::test_that_is_no_claim PASSED *",
        ]
    )


def test_the_checklist_is_written_as_a_json_list(project):
    project.run("--checklist", "out/list.json", "-k", "not never")
    written = json.loads((project.folder / "out" / "list.json").read_text())
    assert [record["id"] for record in written] == ["P02", "P10"]
    rises, falls = written
    assert falls["sentence"] == "The loss falls."
    assert falls["source"] == "§2"
    assert falls["specs"] == {"tiny/alpha": "specs/tiny/alpha.toml"}
    assert falls["negative_controls"] == ["time reversed"]
    assert falls["verdict"] == falls["expected"] == "supported"
    assert falls["n"] == 6
    low, high = falls["interval"]
    assert low < falls["measured"] < high < 1
    assert falls["test"] == "claims/test_tiny.py::test_it_falls"
    assert falls["unexpected"] is False
    assert list(rises["specs"]) == ["tiny/alpha", "tiny/epsilon"]
    assert rises["negative_controls"] == ["alpha held fixed", "alpha permuted across runs"]
    assert (rises["verdict"], rises["p"]) == ("refuted", 1.0)


def test_a_checklist_that_cannot_be_written_is_an_error(project):
    (project.folder / "file").touch()
    outcome = project.run("--checklist", "file/list.json")
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stdout.fnmatch_lines(["the checklist could not be written: *"])
    outcome.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_the_checklist_of_no_claims_is_an_empty_list(project):
    outcome = project.run("--checklist", "list.json", "-k", "no_claim")
    assert json.loads((project.folder / "list.json").read_text()) == []
    outcome.stdout.no_fnmatch_line("*= claims =*")


def test_junit_files_have_the_record_of_a_claim_as_a_property(project):
    project.run("--junitxml", "junit.xml", "--controls")
    cases = ElementTree.parse(project.folder / "junit.xml").iter("testcase")
    properties = {
        case.get("name"): [(p.get("name"), p.get("value")) for p in case.iter("property")]
        for case in cases
    }
    ((name, value),) = properties["test_it_falls"]
    falls = JudgedClaim.model_validate_json(value)
    assert name == "grokspec.claim"
    assert (falls.id, falls.sentence, falls.source) == ("P10", "The loss falls.", "§2")
    assert (falls.verdict, falls.n) == (Verdict.SUPPORTED, 6)
    assert falls.interval[0] < falls.measured < falls.interval[1] < 1
    ((_, value),) = properties["test_it_rises"]
    assert JudgedClaim.model_validate_json(value).verdict is Verdict.REFUTED
    ((name, value),) = properties["test_it_falls[negative_control]"]
    assert name == "grokspec.control"
    assert ControlOutcome.model_validate_json(value).outcome == "effective"
    assert properties["test_that_is_no_claim"] == []


def test_claims_that_a_stop_left_out_are_not_run(project):
    project.claims(
        """
        @claim("P01", "§1", spec="tiny/alpha", expected="refuted", control=reversed_in_time())
        def test_a_surprise(results):
            "The loss rises."
            assert estimate(fall(results)).below(1)
        """,
        name="test_a_first",
    )
    outcome = project.run("-x")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["– NOT RUN    P10 *", "*not reached", "4 claims: *, 3 not run"])
    outcome.stdout.fnmatch_lines(["not the expected verdict: P01"])
