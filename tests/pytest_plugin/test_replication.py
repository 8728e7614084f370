"""Claims on fresh seeds, and the files that say how often each repeats."""

import json

import pytest

from grokspec.claims.record import JudgedClaim
from grokspec.spec import read_spec

CLAIMS = """
@claim("P01", "§1", spec="tiny/base", control=reversed_in_time())
def test_falls(results):
    "The loss falls."
    assert estimate(fall(results)).below(1)

@claim("P02", "§2", spec="tiny/base", control=reversed_in_time())
def test_first(results):
    "Nobody ever sees other seeds than the first."
    seeds = results["train_loss"].isel(record=0) * 0 + results["seed"]
    assert estimate(seeds).below(6)

@claim("T01", "§3", given=1, control=instead("two", lambda given: 2))
def test_theory(given):
    "One is one."
    assert estimate(fall_of(given)).below(2)

def fall_of(given):
    import xarray as xr
    return xr.DataArray([float(given)] * 6, dims="seed")
"""

THEIRS = """
[results]
files = "runs.csv"
step = "step"
seed = "seed"
quantities = { train_loss = "train_loss" }
"""

FRESH, RECORD = "--grokspec-seeds=1000", "--record-replication"


@pytest.fixture
def project(cold, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    cold.claims(CLAIMS)
    (cold.folder / "claims" / "replications").mkdir()
    return cold


def records(project):
    found = json.loads((project.folder / "checklist.json").read_text())
    return {one["id"]: JudgedClaim.model_validate(one) for one in found}


def file_of(project, moved_by=1000):
    return project.folder / "claims" / "replications" / f"{moved_by}.json"


def test_every_claim_is_judged_on_other_seeds_and_it_is_said_which_repeat(project):
    outcome = project.run(FRESH, "--checklist=checklist.json")
    outcome.assert_outcomes(passed=2, failed=1)
    assert outcome.ret == 1
    outcome.stdout.fnmatch_lines(
        [
            "REFUTED on seeds + 1000, where SUPPORTED was expected: *",
            "  figure  grokspec figure specs/tiny/base.toml * --seeds-moved-by 1000",
            "  remedy  what comes out otherwise on other seeds holds under a condition, or by *",
            "*SUPPORTED  P01  The loss falls. (§1)",
            "*repeats on seeds + 1000",
            "*does not repeat: REFUTED on seeds + 1000, SUPPORTED on its own",
            "*no fresh seeds: a claim on theory",
            "on seeds + 1000: 1 of 2 claims repeat",
            "do not repeat: P02 (REFUTED, not SUPPORTED)",
            "1 claim on theory or recorded results: no fresh seeds",
        ]
    )
    found = records(project)
    assert {id: one.seeds_moved_by for id, one in found.items()} == dict.fromkeys(found, 1000)
    assert [id for id, one in found.items() if one.is_replicated] == ["P01", "P02"]
    assert found["P02"].measured == 1002.5


def test_what_is_trained_are_the_moved_seeds_and_no_others(project):
    project.run(FRESH, "-k", "P01")
    moved = read_spec(project.folder / "specs/tiny/base.toml", seeds_moved_by=1000)
    assert project.store.index().keys() == {run.key for run in moved.runs}


def test_under_a_control_that_trains_the_seeds_are_moved_too(project):
    project.claims(
        """
        @claim("P03", "§1", spec="tiny/base", control=retrained("training.steps = 1"))
        def test_falls(results):
            "The loss falls, on seeds from 1000."
            assert estimate(fall(results) + (results["seed"] < 1000)).below(0.9)
        """
    )
    project.run(FRESH, "--controls").assert_outcomes(passed=2)


def test_what_was_recorded_elsewhere_has_no_fresh_seeds_and_says_so(project):
    rows = "\n".join(f"{seed},{step},{1 - step / 2}" for seed in range(6) for step in (0, 1))
    (project.folder / "specs" / "runs.csv").write_text("seed,step,train_loss\n" + rows)
    quantities = '[results.quantities]\ntrain_loss = "train_loss"\n'
    project.spec(
        "theirs", '[results]\nfiles = "runs.csv"\nstep = "step"\nseed = "seed"\n' + quantities
    )
    project.claims(
        """
        @claim("R01", "§1", spec="theirs", control=reversed_in_time())
        def test_falls(results):
            "The loss falls."
            assert estimate(fall(results)).below(1)

        @claim("R02", "§1", spec=("theirs", "tiny/base"), control=reversed_in_time())
        def test_both_fall(results):
            "The loss falls in both."
            assert all(estimate(fall(one)).below(1) for one in results.values())
        """
    )
    project.run(FRESH).stdout.fnmatch_lines(
        [
            "*R01  The loss falls. (§1)",
            "*no fresh seeds: recorded elsewhere",
            "*R02  The loss falls in both. (§1)",
            "*repeats on seeds + 1000 (but theirs, recorded elsewhere)",
        ]
    )


def test_seeds_that_are_not_fresh_judge_nothing(project):
    project.run("--grokspec-seeds=2", "-k", "P01").stdout.fnmatch_lines(
        ["*NOT RUN*P01*", "*moved by 2, seed 0 is 2, which is among the spec's own*by 6 or more"]
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--grokspec-seeds=-1"], '*"-1": seeds are moved by a whole number from 0 to 2^53*'),
        (["--grokspec-seeds=1e3"], '*"1e3": seeds are moved by a whole number *'),
        ([f"--grokspec-seeds={2**53 + 1}"], "*a whole number from 0 to 2^53*"),
        ([FRESH, "--accept-verdicts", "--grokspec-profile=x"], "*with --record-replication"),
        ([RECORD], "*these are the claims' own seeds; move them with --grokspec-seeds=1000"),
        ([FRESH, RECORD, "--grokspec-profile=x"], "*kept at the profile quick alone*"),
    ],
)
def test_options_that_make_no_sense_are_refused(project, options, why):
    outcome = project.run(*options)
    outcome.stderr.fnmatch_lines([why])
    assert outcome.ret == 4


def test_reports_say_how_often_each_claim_repeats(project):
    project.run(FRESH, RECORD).stdout.fnmatch_lines(
        ["claims/replications/1000.json: 2 for the first time"]
    )
    project.run("--grokspec-seeds=2000", RECORD)
    outcome = project.run("--checklist=checklist.json")
    assert outcome.ret == 0
    outcome.stdout.fnmatch_lines(
        [
            "*repeated 2 of 2 times on fresh seeds",
            "*repeated 0 of 2 times on fresh seeds",
            "repeated on fresh seeds each time: 1 claim",
            "not each time: P02 (0 of 2)",
            "every verdict is the expected one",
        ]
    )
    kept = records(project)["P02"].replications
    assert [(one.seeds_moved_by, one.measured) for one in kept] == [(1000, 1002), (2000, 2002)]


def test_a_replication_counts_once_whether_it_is_kept_or_just_made(project):
    project.run(FRESH, RECORD)
    project.run(FRESH).stdout.no_fnmatch_line("*repeated 2 of 2*")
    project.run("--grokspec-seeds=2000").stdout.fnmatch_lines(
        ["*repeats on seeds + 2000; repeated 2 of 2 times on fresh seeds"]
    )


def test_what_was_found_before_a_claim_changed_does_not_count(project):
    project.run(FRESH, RECORD)
    project.claims(CLAIMS.replace("below(6)", "below(7)"))
    outcome = project.run("--checklist=checklist.json")
    outcome.stdout.fnmatch_lines(["repeated on fresh seeds each time: 1 claim"])
    outcome.stdout.no_fnmatch_line("not each time: *")
    assert records(project)["P02"].replications[0].changed == ("its test",)


def test_without_a_folder_nothing_is_trained_or_written(project):
    (project.folder / "claims" / "replications").rmdir()
    outcome = project.run(FRESH, RECORD)
    outcome.stderr.fnmatch_lines(["*make one (mkdir claims/replications)"])
    assert not project.store.index()


def test_a_file_of_another_name_is_a_mistake(project):
    project.run(FRESH, RECORD)
    file_of(project).rename(file_of(project, 7))
    project.run().stdout.fnmatch_lines(
        ["*has the verdicts on seeds moved by 1000, and its name is that of another*"]
    )
