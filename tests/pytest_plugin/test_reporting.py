import json
from xml.etree import ElementTree

import pytest

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
            "every verdict is the one on record",
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
    assert [told["id"] for told in written] == ["P02", "P10"]
    rises, falls = written
    assert falls["claim"] == "The loss falls."
    assert falls["source"] == "§2"
    assert falls["spec"] == "tiny/alpha"
    assert falls["control"] == "time reversed"
    assert falls["verdict"] == falls["recorded"] == "supported"
    assert falls["n"] == 6
    low, high = falls["interval"]
    assert low < falls["measured"] < high < 1
    assert falls["test"] == "claims/test_tiny.py::test_it_falls"
    assert falls["turned"] is False
    assert rises["spec"] == ["tiny/alpha", "tiny/epsilon"]
    assert rises["control"] == ["alpha held fixed", "alpha permuted across runs"]
    assert (rises["verdict"], rises["p"]) == ("refuted", 1.0)


def test_a_checklist_that_cannot_be_written_is_told(project):
    (project.folder / "file").touch()
    outcome = project.run("--checklist", "file/list.json")
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stdout.fnmatch_lines(["the checklist could not be written: *"])
    outcome.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_the_checklist_of_no_claims_is_an_empty_list(project):
    outcome = project.run("--checklist", "list.json", "-k", "no_claim")
    assert json.loads((project.folder / "list.json").read_text()) == []
    outcome.stdout.no_fnmatch_line("*= claims =*")


def test_junit_properties_tell_what_was_measured(project):
    project.run("--junitxml", "junit.xml")
    cases = ElementTree.parse(project.folder / "junit.xml").iter("testcase")
    told = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    }
    falls = told["test_it_falls"]
    assert falls["grokspec.id"] == "P10"
    assert falls["grokspec.claim"] == "The loss falls."
    assert falls["grokspec.source"] == "§2"
    assert falls["grokspec.verdict"] == "supported"
    assert falls["grokspec.n"] == "6"
    assert 0 < float(falls["grokspec.measured"]) < 1
    assert json.loads(falls["grokspec.interval"])
    assert told["test_it_rises"]["grokspec.verdict"] == "refuted"
    assert told["test_that_is_no_claim"] == {}


def test_claims_that_a_stop_left_out_are_not_run(project):
    project.claims(
        """
        @claim("P01", "§1", spec="tiny/alpha", expected="refuted", control=reversed_in_time())
        def test_a_turn(results):
            "The loss rises."
            assert estimate(fall(results)).below(1)
        """,
        name="test_a_first",
    )
    outcome = project.run("-x")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["– NOT RUN    P10 *", "*not reached", "4 claims: *, 3 not run"])
    outcome.stdout.fnmatch_lines(["turned from the verdict on record: P01"])
