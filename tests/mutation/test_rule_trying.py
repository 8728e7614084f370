import multiprocessing

import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.by_rule import mutants_of
from grokspec.mutation.rule_trying import try_by_rule

TESTS = """
import math

from grokspec.measures import crossing_times
from grokspec.measures.base import over
import xarray as xr


def test_a_share():
    assert over(xr.DataArray(3.0), xr.DataArray(2.0)) == 1.5


def test_the_threshold():
    assert crossing_times.THRESHOLD == 0.6
"""

CHOSEN = {
    "measures/base/over/sign-1": "killed",  # by the test of a share
    "measures/losses/first_fall/index-1": "killed",  # by the claim
    "measures/losses/first_fall/index-2": "killed",
    "measures/crossing_times/number-1": "killed",  # a constant of a module
    "measures/losses/late_fall/index-1": "survived",  # nobody calls it
    "measures/losses/late_fall/index-2": "equivalent",
}


@pytest.fixture(scope="module")
def tried(project, tmp_path_factory):
    """The matrix, and the outcomes as they were shown."""
    tests = tmp_path_factory.mktemp("tests")
    (tests / "measures").mkdir()
    (tests / "pytest.ini").write_text("[pytest]\n")
    (tests / "measures" / "test_base.py").write_text(TESTS)
    mutants = [mutant for mutant in mutants_of("measures") if mutant.id in CHOSEN]
    shown = []
    matrix = try_by_rule(
        mutants,
        tests,
        project.folder / "claims",
        project.store,
        shown.append,
        equivalent={"measures/losses/late_fall/index-2": "It is said to be."},
        workers=2,
    )
    return {outcome.id: outcome for outcome in matrix.mutants}, shown


def test_mutants_are_killed_by_tests_and_by_claims(tried):
    outcomes, _ = tried
    assert {id: outcome.status for id, outcome in outcomes.items()} == CHOSEN


def test_a_mutant_is_killed_by_the_first_test_that_fails(tried):
    outcome = tried[0]["measures/base/over/sign-1"]
    assert outcome.test.endswith("measures/test_base.py::test_a_share")
    assert (outcome.claim, outcome.killers) == (None, "test_a_share")


def test_the_program_is_imported_with_a_changed_constant(tried):
    assert tried[0]["measures/crossing_times/number-1"].killers == "test_the_threshold"


def test_what_no_test_notices_is_judged_by_the_claims(tried):
    outcome = tried[0]["measures/losses/first_fall/index-1"]
    assert (outcome.killers, outcome.test) == ("P01", None)
    assert (outcome.claim.verdict, outcome.claim.expected) == ("refuted", "supported")


def test_what_is_not_reached_is_in_the_program_and_survives(tried):
    outcome = tried[0]["measures/losses/late_fall/index-1"]
    assert outcome.killers == "survived"


def test_each_outcome_is_shown_once_and_no_process_is_left(tried):
    outcomes, shown = tried
    assert sorted(one.id for one in shown) == sorted(outcomes)
    assert multiprocessing.active_children() == []


def test_a_room_without_tests_is_an_error(tmp_path, project):
    with pytest.raises(GrokspecError, match=r"measures: there is no such folder of tests"):
        try_by_rule(
            mutants_of("measures/weights.py"),
            tmp_path,
            project.folder / "claims",
            project.store,
            print,
            equivalent={},
        )
