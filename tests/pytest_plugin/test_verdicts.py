import itertools
import textwrap

import pytest
from claims_project import Project

from grokspec.claims.checklist import read_checklist

ASSERTIONS = {
    "supported": "estimate(fall(results)).below(1)",
    "refuted": "estimate(fall(results)).above(1)",
    "inconclusive": "estimate(fall(results).isel(seed=slice(3))).below(1)",
}

REMEDIES = {
    "supported": 'if the claim holds and the code is right, write expected="supported"',
    "refuted": 'if the claim is wrong and not the code, write expected="refuted"',
    "inconclusive": "about * seeds would probably decide it (it has 3): write sweep.seed = * in "
    "specs/tiny/base.toml; the runs that are there stay",
}

CHANGES = list(itertools.permutations(ASSERTIONS, 2))


def claim_that(now, expected):
    return f"""
@claim("P01", "§1, Fig. 1", spec="tiny/alpha", expected="{expected}", control=permuted("alpha"))
def test_{expected}_now_{now}(results):
    "The loss falls."
    assert {ASSERTIONS[now]}
"""


def test_a_claim_passes_if_its_verdict_is_the_expected_one(warm):
    warm.claims("".join(claim_that(verdict, expected=verdict) for verdict in ASSERTIONS))
    warm.run().assert_outcomes(passed=3)


@pytest.fixture(scope="module")
def unexpected(tmp_path_factory, full_store):
    """What pytest prints of claims with an unexpected verdict, each of the six ways."""
    project = Project(tmp_path_factory.mktemp("unexpected"))
    project.store_folder = full_store
    project.claims("".join(claim_that(now, expected) for expected, now in CHANGES))
    return project.run_apart(COLUMNS="200")


@pytest.mark.parametrize(("expected", "now"), CHANGES)
def test_a_claim_with_another_verdict_fails_and_says_what_was_measured(unexpected, expected, now):
    unexpected.stdout.fnmatch_lines(
        [
            f"*_ test_{expected}_now_{now} _*",
            f"{now.upper()}, where {expected.upper()} was expected: loss left at alpha = *"
            " (weakest of 2): median *over [36] seeds*",
            "  claim   P01, §1, Fig. 1: The loss falls.",
            "  detail  loss left at alpha = 1: median *",
            "          loss left at alpha = 4: median *",
            "  figure  grokspec figure specs/tiny/alpha.toml --store */store",
            f"  remedy  {REMEDIES[now]}",
            f"FAILED *::test_{expected}_now_{now} - Failed: {now.upper()}, where*",
        ]
    )


def test_claims_with_another_verdict_fail_without_a_traceback(unexpected):
    unexpected.stdout.fnmatch_lines(["*= 6 failed in *"])
    unexpected.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("seeds", "profile", "advice"),
    [
        ("5", "", "about 6 seeds *(it has 5): write sweep.seed = 6 in specs/tiny/few.toml; *"),
        (
            "{ count = 5, from = 7 }",
            "",
            "*: write sweep.seed = { count = 6, from = 7 } in specs/tiny/few.toml; *",
        ),
        (
            "8",
            "[profile.quick.sweep]\nseed = [1, 2, 4]",
            "*: write 9 seeds into the list sweep.seed in specs/tiny/few.toml, [[]profile.quick];*",
        ),
    ],
)
def test_an_inconclusive_claim_says_how_many_seeds_would_decide_it(cold, seeds, profile, advice):
    few = f"extends = 'base.toml'\n[training]\nsteps = 2\n[sweep]\nseed = {seeds}\n{profile}"
    cold.spec("tiny/few", few)
    cold.claims(
        """
        @claim("P01", "§1", spec="tiny/few", control=reversed_in_time())
        def test_it_falls(results):
            "The loss is finite."
            assert estimate(fall(results)).above(0)
        """
    )
    outcome = cold.run()
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines([f"  remedy  {advice}"])


def failing(body, expected="refuted"):
    return f"""
    @claim("P01", "§1", spec="tiny/alpha", expected="{expected}", control=permuted("alpha"))
    def test_it_falls(results):
        "The loss falls."
        {body}
    """


def test_a_claim_that_breaks_has_refuted_nothing(warm):
    bodies = ["assert 1 == 2", "results['no_such_loss']", "1 / 0"]
    claims = [failing(body).replace("it_falls", f"it_{i}") for i, body in enumerate(bodies)]
    warm.claims("".join(map(textwrap.dedent, claims)))
    outcome = warm.run()
    outcome.assert_outcomes(failed=3)
    outcome.stdout.fnmatch_lines([*(f">       {body}" for body in bodies), "3 claims: 3 not run"])


def test_a_claim_that_asserts_no_finding_has_judged_nothing(warm):
    warm.claims(failing("estimate(fall(results)).below(1)", expected="supported"))
    outcome = warm.run()
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["the claim judged nothing: it asserts no finding;*"])


def test_a_claim_that_is_skipped_is_not_run(warm):
    warm.claims(failing("pytest.skip('not today')"))
    outcome = warm.run()
    outcome.assert_outcomes(skipped=1)
    outcome.stdout.fnmatch_lines(["– NOT RUN  P01 *", "*not today"])


def test_a_claim_on_several_specs_is_given_them_by_name(warm):
    warm.claims(
        """
        @claim("P01", "§1", spec=("tiny/alpha", "tiny/epsilon"), control=reversed_in_time())
        def test_both(results):
            "Both fall."
            assert sorted(results) == ["tiny/alpha", "tiny/epsilon"]
            assert estimate(fall(results["tiny/alpha"])).below(1)
            assert estimate(fall(results["tiny/epsilon"])).below(1)
        """
    )
    outcome = warm.run("--controls")
    outcome.assert_outcomes(passed=2)


def test_a_claim_on_theory_alone_needs_no_runs(cold):
    cold.claims(
        """
        import xarray

        @claim("T01", "Eq. 5", given=2, control=instead("another exponent", 3))
        def test_theory(given):
            "A square is a product."
            assert agreement(xarray.DataArray(3.0**given), xarray.DataArray(9.0), rtol=1e-12)
        """
    )
    cold.run().assert_outcomes(passed=1)
    cold.run("--controls").assert_outcomes(passed=2)
    assert not cold.store_folder.exists()


def test_a_refuted_claim_must_be_supported_under_its_positive_controls(cold):
    cold.claims(
        """
        import xarray

        @claim("T01", "Eq. 5", given=3, expected="refuted", positive_control=[
            instead("the square", 2), instead("the fourth power", 4)
        ])
        def test_theory(given):
            "A cube is a product of two."
            assert agreement(xarray.DataArray(3.0**given), xarray.DataArray(9.0), rtol=1e-12)
        """
    )
    outcome = cold.run("--controls")
    outcome.assert_outcomes(passed=2, failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "insensitive: REFUTED under the positive control, the fourth power, *must be supp*",
            "*insensitive, since*: T01*",
        ]
    )


def test_what_a_claim_does_to_its_results_does_not_reach_the_next(warm):
    warm.claims(
        """
        @claim("P01", "§1", spec="tiny/alpha", control=reversed_in_time())
        @pytest.mark.parametrize("time", ["first", "second"])
        def test_it_falls(results, time):
            "The loss falls."
            assert estimate(fall(results)).below(1)
            results["train_loss"].values[:] = 1
        """
    )
    warm.run().assert_outcomes(passed=2)


def test_claims_may_stand_in_a_class(warm):
    warm.claims(
        """
        class TestTiny:
            @claim("P01", "§1", spec="tiny/alpha", control=reversed_in_time())
            def test_it_falls(self, results):
                "The loss falls."
                assert estimate(fall(results)).below(1)
        """
    )
    warm.run("--controls").assert_outcomes(passed=2)


def test_results_are_for_claims_only(warm):
    warm.claims("def test_it(results): pass")
    outcome = warm.run()
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["`results` is for claims; decorate this test with @claim(...)"])


def test_other_tests_are_left_alone(warm):
    warm.claims("def test_passes(): pass\ndef test_fails(): assert 1 == 2")
    outcome = warm.run()
    outcome.assert_outcomes(passed=1, failed=1)
    outcome.stdout.no_fnmatch_line("*claims*=====")


# Controls


UNDER_CONTROL = """
@claim("P01", "§1", spec="tiny/alpha", expected="{expected}", control={control})
def test_it_falls(results):
    "The loss falls."
    assert estimate(fall(results)).{statement}
"""


def under_control(control, expected="supported", statement="below(1)"):
    return UNDER_CONTROL.format(control=control, expected=expected, statement=statement)


def test_controls_are_judged_when_they_are_asked_for(warm):
    warm.claims(under_control("[reversed_in_time(), reversed_in_time()]"))
    warm.run().assert_outcomes(passed=1)
    outcome = warm.run("--controls", "-v")
    outcome.assert_outcomes(passed=3)
    outcome.stdout.fnmatch_lines(
        [
            "*::test_it_falls SUPPORTED *",
            "*::test_it_falls?negative_control? PASSED *",
            "*::test_it_falls?negative_control2? PASSED *",
            "*negative control, time reversed: the claim is then refuted",
        ]
    )


def test_a_claim_that_its_control_leaves_supported_is_insensitive(warm):
    warm.claims(under_control('held("alpha")'))
    outcome = warm.run("--controls")
    outcome.assert_outcomes(passed=1, failed=1)
    outcome.stdout.fnmatch_lines(
        [
            "insensitive: SUPPORTED under the negative control, alpha held fixed, under which it "
            "must not be supported: loss left at alpha = *",
            "  claim   P01, §1: The loss falls.",
            "*negative control, alpha held fixed: INSENSITIVE, the claim*",
            "insensitive, since a control does not change the verdict: P01",
        ]
    )


def test_a_control_that_breaks_shows_nothing_and_fails(warm):
    warm.claims(under_control('permuted("sigma")'))
    outcome = warm.run("--controls")
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(
        [
            "*ValueError: a control moves runs along 'sigma'*",
            "*negative control, sigma permuted*: not run",
        ]
    )


def test_no_negative_control_is_judged_for_a_claim_expected_to_be_refuted(warm):
    warm.claims(under_control("reversed_in_time()", expected="refuted", statement="above(1)"))
    outcome = warm.run("--controls")
    outcome.assert_outcomes(passed=1)
    outcome.stdout.no_fnmatch_line("*time reversed*")


def test_it_can_be_selected_by_name_and_node_id(warm):
    warm.claims(under_control("reversed_in_time()"))
    warm.run("--controls", "-k", "negative_control").assert_outcomes(passed=1, deselected=1)
    node = "claims/test_tiny.py::test_it_falls[negative_control]"
    warm.run("--controls", node).assert_outcomes(passed=1)


def test_controls_come_after_a_claims_own_parameters(warm):
    warm.claims(
        """
        @pytest.mark.parametrize("bound", [1, 2])
        @claim("P01", "§1", spec="tiny/alpha", control=reversed_in_time())
        def test_it_falls(results, bound):
            "The loss falls."
            assert estimate(fall(results)).below(bound)
        """
    )
    outcome = warm.run("--controls", "-v")
    outcome.assert_outcomes(passed=4)
    outcome.stdout.fnmatch_lines(
        ["*::test_it_falls?1? SUPPORTED*", "*::test_it_falls?1-negative_control? PASSED*"]
    )
    assert outcome.stdout.str().count("negative control, time reversed: the claim is") == 2


@pytest.fixture
def wide(monkeypatch):
    """A terminal on which a line of the checklist is one line."""
    monkeypatch.setenv("COLUMNS", "250")


IDLE_CONTROLS = [
    ('retrained("model.alpha = 4.0")', "the sweep of tiny/alpha sets model.alpha for each run; "
     'change the sweep instead, like sweep.grid."model.alpha" = [[]4.0]'),
    ('retrained("seed = 3")', "the sweep of tiny/alpha sets seed for each run; "
     "change the sweep instead, like sweep.seed = [[]3]"),
    ('retrained("training.steps = 60")', "every run of tiny/alpha has this already; *"),
    ('Control("nothing done", lambda results: results.copy(deep=True))',
     "the claim reads the same results with it as without*"),
    ('Control("long name", lambda results: results.assign_attrs(long_name="x"))',
     "the claim reads the same results with it as without*"),
]  # fmt: skip


def test_a_control_that_changes_nothing_fails_with_the_remedy(warm, wide):
    controls = ", ".join(control for control, _ in IDLE_CONTROLS)
    warm.claims(under_control(f"[{controls}]"))
    outcome = warm.run("--controls", "--checklist=list.json")
    outcome.assert_outcomes(passed=1, errors=len(IDLE_CONTROLS))
    for _, reason in IDLE_CONTROLS:
        outcome.stdout.fnmatch_lines([f"the negative control, *, changes nothing: {reason}"])
    outcome.stdout.fnmatch_lines(
        [
            "*negative control, nothing done: CHANGES NOTHING, so it shows nothing",
            "with a control that changes nothing and so shows nothing: P01",
        ]
    )
    (record,) = read_checklist(warm.folder / "list.json").records()
    assert {control.outcome for control in record.controls} == {"changes nothing"}
    assert not record.tested_by


def test_a_formula_that_is_given_again_changes_nothing(cold):
    cold.claims(
        """
        import xarray

        @claim("T01", "Eq. 5", given=2, control=instead("the same", 2))
        def test_theory(given):
            "A square is a product."
            assert agreement(xarray.DataArray(3.0**given), xarray.DataArray(9.0), rtol=1e-12)
        """
    )
    outcome = cold.run("--controls")
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(
        ["the negative control, the same, changes nothing: it gives the claim what it is given *"]
    )


def test_a_change_of_some_runs_says_of_how_many(cold, wide):
    cold.claims(
        under_control(
            """retrained('sweep.grid."model.alpha" = [1.0, 2.0]\\ntraining.steps = 60')""",
            statement="above(0)",
        )
    )
    outcome = cold.run("--controls")
    outcome.stdout.fnmatch_lines(
        ["*negative control, trained with * (changes 6 of 12 runs): INSENSITIVE*"],
    )


def test_a_control_shows_nothing_where_there_is_no_expected_verdict_to_change(warm, wide):
    warm.claims(under_control("reversed_in_time()", statement="within(-2, -1)"))
    outcome = warm.run("--controls")
    outcome.assert_outcomes(failed=1, passed=1)
    outcome.stdout.fnmatch_lines(
        ["*time reversed: * then *; there was no expected verdict to change"]
    )
