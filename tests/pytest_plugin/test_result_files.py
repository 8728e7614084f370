"""Results that the command line gives: claims read them in the place of a spec's own."""

import pytest

from grokspec.claims.checklist import read_checklist
from grokspec.files.datasets import write_dataset
from grokspec.results import load_results
from grokspec.spec import read_spec

ALPHA = """
@claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
def test_alpha(results):
    "The loss falls at every α."
    assert estimate(fall(results)).below(1)
"""

MINE = ALPHA.replace("tiny/alpha", "mine").replace("P01", "P02").replace("test_alpha", "test_mine")

RETRAINED = MINE.replace('permuted("alpha")', 'retrained("training.steps = 1")')


@pytest.fixture
def recorded(warm):
    """A file with the results of the spec tiny/alpha."""
    spec = read_spec(warm.folder / "specs" / "tiny" / "alpha.toml")
    path = warm.folder / "recorded.npz"
    write_dataset(load_results(spec, warm.store), path)
    return path


def given(*results):
    return [f"--grokspec-results={one}" for one in results]


def records(project, *options):
    file = project.folder / "checklist.json"
    outcome = project.run(*options, f"--checklist={file}")
    return outcome, read_checklist(file).records()


def test_a_claim_reads_them_without_a_spec_or_a_store(cold, recorded):
    cold.claims(MINE)
    cold.store_folder = cold.folder / "none"
    outcome, (record,) = records(cold, *given(f"mine={recorded}"))
    outcome.assert_outcomes(passed=1)
    assert record.specs == {"mine": ""}
    assert not cold.store_folder.exists()


def test_a_file_without_a_name_serves_the_only_spec(warm, recorded):
    warm.claims(MINE)
    warm.run(*given("recorded.npz")).assert_outcomes(passed=1)
    warm.run(*given(f"={recorded}")).assert_outcomes(passed=1)


def test_the_verdicts_are_those_of_the_store(warm, recorded):
    warm.claims(ALPHA + ALPHA.replace("P01", "P03").replace("alpha(", "a(").replace("w(1)", "w(0)"))
    _, stored = records(warm, "--controls")
    _, found = records(warm, "--controls", *given(recorded))
    assert {record.verdict for record in found} == {"supported", "refuted"}
    assert [record.specs for record in found] == [{"tiny/alpha": ""}] * 2
    assert [record.model_copy(update={"specs": {}}) for record in found] == [
        record.model_copy(update={"specs": {}}) for record in stored
    ]


def test_other_claims_read_the_store(warm, recorded):
    warm.claims(MINE + ALPHA)
    outcome, found = records(warm, *given(f"mine={recorded}"))
    outcome.assert_outcomes(passed=2)
    assert [record.specs for record in found] == [
        {"tiny/alpha": "specs/tiny/alpha.toml"},
        {"mine": ""},
    ]


def test_each_worker_of_xdist_reads_them(warm, recorded):
    warm.claims(MINE + ALPHA)
    done = warm.run_apart("-n2", *given(f"mine={recorded}", f"tiny/alpha={recorded}"))
    assert "2 passed" in done.output
    one = warm.run_apart("-n2", *given(recorded))
    assert one.ret == pytest.ExitCode.USAGE_ERROR
    assert "the claims read the results of mine, tiny/alpha; say which" in one.output


def test_they_take_the_place_of_one_of_several_specs(warm, recorded):
    warm.claims(
        """
        @claim("P04", "§1", spec=("tiny/alpha", "mine"), control=permuted("alpha").of("mine"))
        def test_both(results):
            "They are the same."
            assert agreement(fall(results["mine"]), fall(results["tiny/alpha"]), atol=0)
        """
    )
    _, (record,) = records(warm, *given(f"mine={recorded}"))
    assert record.specs == {"tiny/alpha": "specs/tiny/alpha.toml", "mine": ""}
    assert record.verdict == "supported"


def test_a_control_that_trains_is_skipped_and_said_so(warm, recorded):
    warm.claims(RETRAINED)
    outcome, (record,) = records(warm, "--controls", "-rs", *given(recorded))
    outcome.assert_outcomes(passed=1, skipped=1)
    assert outcome.ret == 0
    outcome.stdout.fnmatch_lines(
        [
            "*negative control, trained with training.steps = 1: not run,*",
            "*since the results were recorded elsewhere",
            "with a control that trains, which recorded results cannot: P02",
            "SKIPPED*the control, trained with training.steps = 1, cannot be run: the results of "
            "mine were recorded elsewhere; give the claim a control that changes results as well*",
        ]
    )
    (control,) = record.controls
    assert (control.outcome, control.recorded_elsewhere) == ("not run", True)
    assert record.tested_by == ()


def test_a_control_that_trains_another_spec_is_run(cold, recorded):
    cold.claims(
        """
        @claim("P04", "§1", spec=("tiny/alpha", "mine"),
               control=retrained("training.steps = 1").of("tiny/alpha"))
        def test_both(results):
            "They fall."
            assert estimate(fall(results["tiny/alpha"])).below(0.5)
        """
    )
    cold.store_folder = cold.folder / "store"
    _, (record,) = records(cold, "--controls", *given(f"mine={recorded}"))
    assert [control.outcome for control in record.controls] == ["effective"]


WIDE = """
def wide(results):
    loss = fall(results)
    return (loss * 0 + [0.9, 0.91, 0.92, 0.93, 0.94, 1.0]).assign_attrs(loss.attrs)
"""


def test_an_unexpected_verdict_names_no_figure_and_no_sweep(warm, recorded):
    warm.claims(WIDE + MINE.replace("fall(results)", "wide(results)").replace("(1)", "(0.95)"))
    outcome = warm.run(*given(recorded))
    outcome.stdout.fnmatch_lines(
        ["INCONCLUSIVE*", "*remedy*seeds would probably decide it*: record as many elsewhere; *"]
    )
    outcome.stdout.no_fnmatch_line("*grokspec figure*")


# Mistakes


def test_a_name_that_no_claim_has_is_refused(warm, recorded):
    warm.claims(MINE)
    outcome = warm.run(*given(f"mine={recorded}", f"min={recorded}"))
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(
        ['*--grokspec-results: no claim here reads the results of "min"; did you mean "mine"?']
    )


def test_several_specs_need_names(warm, recorded):
    warm.claims(MINE + ALPHA)
    outcome = warm.run(*given(recorded))
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(
        ["*the claims read the results of mine, tiny/alpha; say which of them each file has*"]
    )
    warm.run("-k", "mine", *given(recorded)).assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize(
    "files", [["mine={0}", "mine={0}"], ["{0}", "mine={0}"], ["mine={0}", "{0}"], ["{0}", "{0}"]]
)
def test_two_files_for_one_spec_are_refused(warm, recorded, files):
    warm.claims(MINE)
    outcome = warm.run(*given(*(file.format(recorded) for file in files)))
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*give each file the name of another spec*"])


def test_a_file_that_is_not_there_is_refused(warm):
    warm.claims(MINE)
    outcome = warm.run(*given("mine=none.npz"))
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*--grokspec-results mine=none.npz: there is no file none.npz*"])


def test_a_file_of_something_else_leaves_its_claims_not_run(warm):
    warm.claims(MINE)
    (warm.folder / "other.npz").write_text("loss")
    outcome, (record,) = records(warm, *given("other.npz"))
    outcome.assert_outcomes(errors=1)
    assert record.verdict == "not run"
    assert "other.npz: is no dataset that grokspec wrote" in record.statement
