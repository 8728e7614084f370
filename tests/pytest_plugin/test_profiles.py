"""Expected verdicts at another profile, which is judged on some of the runs of the default one."""

import json

import pytest

SPEC = """
extends = "base.toml"
[sweep.grid]
"model.alpha" = [1.0, 4.0]
[profile.paper.sweep.grid]
"model.alpha" = [4.0]
[profile.pilot.sweep]
seed = 3
"""

CLAIMS = """
BOUND = 1

@claim("P01", "§1", spec="tiny/sized", control=held("alpha"))
def test_two(results):
    "The loss falls by what there is of α."  # supported of two, refuted of one
    assert estimate(fall(results)).below((results.sizes["alpha"] - 1) * BOUND)

@claim("P02", "§2", spec="tiny/sized", control=reversed_in_time())
def test_falls(results):
    "The loss falls."
    assert estimate(fall(results)).below(1)
"""

PAPER = "--grokspec-profile=paper"
ACCEPT = "--accept-verdicts"


@pytest.fixture
def project(warm, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    warm.spec("tiny/sized", SPEC)
    warm.claims(CLAIMS)
    (warm.folder / "claims" / "profiles").mkdir()
    return warm


def file_of(project, profile="paper"):
    return project.folder / "claims" / "profiles" / f"{profile}.json"


def entries(project):
    return {one["id"]: one for one in json.loads(file_of(project).read_text())["claims"]}


def shown(project, *options):
    return project.run(*options).stdout


def test_a_profile_that_was_not_judged_expects_what_the_code_does_and_says_so(project):
    outcome = project.run(PAPER)
    outcome.assert_outcomes(passed=1, failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "REFUTED, where SUPPORTED was expected: *",
            "  profile not judged at paper yet: the verdict in the code is expected",
            "  remedy  if this is what holds at paper, judge it with --accept-verdicts, which "
            "writes the verdict into claims/profiles/paper.json",
            "not judged at paper yet, so that the code's verdict is expected: all of them",
        ]
    )
    assert not file_of(project).exists()


def test_an_accepted_verdict_is_seen_once_and_expected_from_then_on(project):
    first = project.run(PAPER, ACCEPT)
    first.assert_outcomes(passed=1, failed=1)
    first.stdout.fnmatch_lines(
        ["  remedy  claims/profiles/paper.json has this verdict from now on; look at its *"]
    )
    first.stdout.fnmatch_lines(["claims/profiles/paper.json: 2 for the first time"])
    second = project.run(PAPER)
    second.assert_outcomes(passed=2)
    second.stdout.fnmatch_lines(
        ["✗ REFUTED    P01 *", "*SUPPORTED at quick", "every verdict is the expected one"]
    )
    assert entries(project)["P01"]["verdict"] == "refuted"
    assert entries(project)["P01"]["test"] == "test_tiny.py::test_two"


def test_the_default_profile_shows_what_another_one_says(project):
    project.run(PAPER, ACCEPT)
    outcome = project.run()
    outcome.assert_outcomes(passed=2)
    outcome.stdout.fnmatch_lines(["*REFUTED at paper: 0.* in [[]0.*] over 6"])
    outcome.stdout.fnmatch_lines(["another verdict at paper: P01"])


def test_another_verdict_than_the_accepted_one_is_red_and_says_how_to_accept_it(project):
    project.run(PAPER, ACCEPT)
    file_of(project).write_text(file_of(project).read_text().replace("refuted", "inconclusive"))
    outcome = project.run(PAPER)
    outcome.assert_outcomes(passed=1, failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "REFUTED, where INCONCLUSIVE was expected at paper: *",
            "  remedy  if this is what holds at paper, judge it with --accept-verdicts, *",
        ]
    )
    assert "inconclusive" in file_of(project).read_text()
    shown(project, PAPER, ACCEPT).fnmatch_lines(
        [
            "claims/profiles/paper.json: 1 with another verdict, 1 as before",
            "  P01  test_tiny.py::test_two: INCONCLUSIVE → REFUTED",
        ]
    )


def test_what_was_judged_of_other_claims_stays_and_nothing_new_changes_nothing(project):
    project.run(PAPER, ACCEPT, "-k", "P02")
    assert list(entries(project)) == ["P02"]
    project.run(PAPER, ACCEPT, "-k", "P01")
    assert set(entries(project)) == {"P01", "P02"}
    old = file_of(project).read_text().replace('"judged": "2', '"judged": "1')
    file_of(project).write_text(old)
    project.run(PAPER, ACCEPT)
    assert file_of(project).read_text() == old


def test_a_claim_that_was_not_run_keeps_its_entry(project, tmp_path):
    project.run(PAPER, ACCEPT)
    old = file_of(project).read_text()
    project.store_folder = tmp_path / "empty"
    outcome = project.run(PAPER, ACCEPT, "--grokspec-run=never")
    outcome.stdout.fnmatch_lines(["2 claims: 2 not run"])
    assert file_of(project).read_text() == old


@pytest.mark.parametrize(
    ("where", "old", "new", "what"),
    [
        ("claims/test_tiny.py", "The loss falls by", "It falls by", "its sentence"),
        ("claims/test_tiny.py", "BOUND = 1", "BOUND = 1.5", "its test"),
        ("specs/tiny/sized.toml", "[4.0]", "[1.0]", "its spec tiny/sized"),
    ],
)
def test_a_claim_that_has_changed_since_says_so(project, where, old, new, what):
    project.run(PAPER, ACCEPT, "-k", "P01")
    path = project.folder / where
    path.write_text(path.read_text().replace(old, new, 1))
    shown(project, PAPER, "-k", "P01", "-m", "claim(expected='refuted')").fnmatch_lines(
        [f"*judged at paper before {what} changed", "judged at paper before the claim changed: P01"]
    )
    shown(project, "-k", "P01").fnmatch_lines([f"*(judged before {what} changed)"])


def test_a_claim_that_has_changed_is_accepted_anew(project):
    project.run(PAPER, ACCEPT, "-k", "P01")
    project.claims(CLAIMS.replace("BOUND = 1", "BOUND = 1.5"))
    accepted = shown(project, PAPER, ACCEPT, "-k", "P01")
    accepted.fnmatch_lines(["*: 1 with the same verdict and other numbers or another claim"])
    shown(project, PAPER, "-k", "P01").no_fnmatch_line("*before*changed*")


def test_the_file_is_found_from_any_folder_and_read_by_workers(project):
    project.run(PAPER, ACCEPT)
    done = project.run_apart(PAPER, "-n1", "claims/test_tiny.py::test_two")
    assert done.ret == 0, done.output
    done.stdout.fnmatch_lines(["✗ REFUTED  P01 *"])


# Controls


BOTH = CLAIMS.replace('control=held("alpha"))', 'control=held("alpha"), positive_control=WIDER)')
WIDER = 'WIDER = Control("twice α", lambda results: results.isel(alpha=[0, 0]))\n'


def test_a_control_must_change_the_verdict_that_the_profile_expects(project):
    project.run(PAPER, ACCEPT)
    project.claims(WIDER + BOTH)
    outcome = project.run(PAPER, "--controls", "-k", "P01", "-v")
    outcome.assert_outcomes(passed=2)
    outcome.stdout.fnmatch_lines(
        [
            "*::test_two[[]positive_control[]] PASSED*",
            "*positive control, twice α: the claim is then supported",
        ]
    )


def test_tests_with_parameters_have_the_controls_of_their_own_verdicts(project):
    two = """
@claim("P03", "§3", spec="tiny/sized", control=reversed_in_time(), positive_control=WIDER)
@pytest.mark.parametrize("least", [0, 1])
def test_many(results, least):
    "There are enough α."
    bound = 1 if results.sizes["alpha"] > least else 0
    assert estimate(fall(results)).below(bound)
"""
    project.claims(two.replace(", positive_control=WIDER", ""))
    project.run(PAPER, ACCEPT)
    project.claims(WIDER + two)
    outcome = project.run(PAPER, "--controls", "-v")
    outcome.assert_outcomes(passed=4)
    outcome.stdout.fnmatch_lines_random(
        ["*[[]0-negative_control[]] PASSED*", "*[[]1-positive_control[]] PASSED*"]
    )


def test_a_claim_supported_at_a_profile_alone_has_no_control_there_and_says_so(project):
    refuted = """
@claim("P04", "§4", spec="tiny/sized", expected="refuted", positive_control=reversed_in_time())
def test_one(results):
    "There is one α."
    assert estimate(fall(results)).below(2 - results.sizes["alpha"])
"""
    project.claims(refuted)
    project.run(PAPER, ACCEPT)
    outcome = project.run(PAPER, "--controls")
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines(["supported, with no control that is to refute it: P04"])


# Mistakes


def usage_error(project, *options):
    outcome = project.run(*options)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    return outcome.stderr


def test_the_verdicts_of_the_default_profile_are_in_the_code(project):
    usage_error(project, ACCEPT).fnmatch_lines(
        ["*--accept-verdicts: what is expected at the profile quick is written beside each claim*"]
    )


def test_without_a_folder_the_remedy_is_to_make_it(project):
    file_of(project).parent.rmdir()
    error = usage_error(project, PAPER, ACCEPT)
    error.fnmatch_lines(['*there is no folder called "profiles" beside claims/test_tiny.py*'])
    error.fnmatch_lines(["*make one (mkdir claims/profiles)*"])
    shown(project, PAPER).fnmatch_lines(["  remedy * (first mkdir claims/profiles)"])


def test_a_checklist_does_not_replace_the_verdicts_of_a_profile(project):
    error = usage_error(project, PAPER, "--checklist", "claims/profiles/paper.json")
    error.fnmatch_lines(["*write them with --grokspec-profile=paper --accept-verdicts*"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<<<<<<< HEAD\n{", "*paper.json is not a file of the verdicts at a profile that could*"),
        ('{"profile": "other", "claims": []}', '*has the verdicts at the profile "other"*'),
        ("[]", "*paper.json is not a file of*; restore or remove it; --accept-verdicts writes *"),
    ],
)
def test_a_file_with_mistakes_is_an_error_and_is_not_written_over(project, text, why):
    file_of(project).write_text(text)
    for options in ((), (PAPER,), (PAPER, ACCEPT)):
        outcome = project.run(*options)
        outcome.assert_outcomes(errors=1)
        outcome.stdout.fnmatch_lines([why])
    assert file_of(project).read_text() == text


def test_the_folder_can_be_named_in_the_configuration(project):
    (project.folder / "verdicts").mkdir()
    project.configure("grokspec_profiles = verdicts")
    project.run(PAPER, ACCEPT)
    (entry, _) = json.loads((project.folder / "verdicts" / "paper.json").read_text())["claims"]
    assert entry["test"].startswith("claims/test_tiny.py::")
    project.run(PAPER).assert_outcomes(passed=2)
