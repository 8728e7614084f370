"""From a spec to its results and from results to verdicts, and the arguments of each step."""

import re
import subprocess
import sys

import pytest
import xarray as xr

import grokspec
from grokspec.claims.judging import checklist_of
from grokspec.results import MissingResults
from grokspec.store import open_store


def test_five_lines_lead_from_a_spec_to_its_results_in_a_script_without_a_guard(spec, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import grokspec\n"
        f"spec = grokspec.load({str(spec)!r})\n"
        "plan = grokspec.plan(spec)\n"
        "print(grokspec.run(plan, store='store', device='cpu', workers=1))\n"
        "results = grokspec.results(plan, store='store')\n"
        "print(results.to_xarray()['train_loss'].shape, __file__)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    summary, shape = done.stdout.splitlines()
    assert re.fullmatch(r"<TrainingSummary: 6 trained in .* s on cpu, 2 diverged>", summary)
    assert shape == f"(3, 2, 28) {script}"


def test_a_spec_is_loaded_under_a_profile(spec):
    assert len(grokspec.load(spec).runs) == 6
    paper = grokspec.load(str(spec), profile="paper")
    assert len(paper.runs) == 90
    assert grokspec.load(paper) is paper
    assert grokspec.load(paper, profile="quick").profile == "quick"


def test_a_plan_is_made_of_a_path_a_spec_or_a_plan(spec):
    plan = grokspec.plan(spec)
    assert plan == grokspec.plan(str(spec)) == grokspec.plan(grokspec.load(spec))
    assert grokspec.plan(plan) is plan
    assert plan == grokspec.make_plan(grokspec.read_spec(spec))


def test_a_plan_keeps_the_profile_of_its_spec_unless_there_is_another(spec):
    paper = grokspec.load(spec, profile="paper")
    assert grokspec.plan(paper).spec.profile == "paper"
    assert grokspec.plan(paper, profile="quick").spec.profile == "quick"
    assert grokspec.plan(grokspec.plan(spec), profile="paper") == grokspec.plan(paper)


def test_a_mistake_in_a_spec_is_reported(spec):
    spec.write_text("seeed = 1\n")
    with pytest.raises(grokspec.GrokspecError, match="a spec has no such part; did you mean"):
        grokspec.plan(spec)


@pytest.mark.parametrize("given", ["path", "text", "spec", "plan"])
def test_results_are_read_from_a_path_a_spec_or_a_plan(results, spec, store, given):
    plan = grokspec.plan(spec)
    forms = {"path": spec, "text": str(spec), "spec": plan.spec, "plan": plan}
    assert grokspec.results(forms[given], store=store).spec == results.spec


def test_the_store_is_a_folder_an_open_store_or_that_of_the_environment(
    results, spec, store, monkeypatch
):
    for kept in (store, store.folder, str(store.folder), open_store(store.folder)):
        assert grokspec.results(spec, store=kept).spec.runs == results.spec.runs
    monkeypatch.setenv("GROKSPEC_STORE", str(store.folder))
    assert grokspec.results(spec).spec.runs == results.spec.runs


def test_results_that_are_missing_are_named(spec, store):
    with pytest.raises(MissingResults, match="6 of 6 runs have no result"):
        grokspec.results(spec, store=store)


def test_running_what_is_there_trains_nothing(results, spec, store):
    summary = grokspec.run(spec, store=store)
    assert (len(summary.trained), len(summary.kept)) == (0, 6)


# Judging what is in memory

CLAIMS = """
from grokspec.claims import claim
from grokspec.claims.controls import held, permuted
from grokspec.measures import final_train_loss
from grokspec.statistics import estimate, trend

@claim("M1", "Fig. 1", spec="tiny/alpha", control=permuted("alpha"))
def test_loss(results):
    "The training loss falls."
    assert estimate(final_train_loss(results)).below(1)

@claim("M2", "Fig. 2", spec="tiny/alpha", control=held("alpha"), expected="inconclusive")
def test_trend(results):
    "It falls further with a large α."
    assert trend(results["test_loss"].isel(record=-1), along="alpha").decreases
"""


@pytest.fixture
def claims(tmp_path):
    """A file of two claims, beside the folder of the specs."""
    path = tmp_path / "claims" / "test_tiny.py"
    path.parent.mkdir()
    path.write_text(CLAIMS)
    return path


def without_files(checklist):
    """The records, whatever files they were read from."""
    records = (record.model_copy(update={"specs": {}}) for record in checklist.records())
    return [record.model_dump_json() for record in records]


def test_claims_on_a_dataset_are_judged_as_on_the_store(results, store, claims):
    options = ("--controls", f"--grokspec-store={store.folder}", "--grokspec-run=never")
    stored = checklist_of([claims], *options)
    dataset = grokspec.judge(results.to_xarray(), claims, controls=True)
    assert without_files(dataset) == without_files(stored)
    assert [len(record.controls) for record in dataset.records()] == [1, 0]
    assert {record.verdict for record in dataset.records()} != {"not run"}


def test_results_are_judged_without_a_spec_or_a_store(results, spec, claims, tmp_path):
    spec.unlink()
    found = grokspec.judge({"tiny/alpha": results}, [str(claims)], select="M2")
    assert [record.id for record in found.records()] == ["M2"]
    assert found.records()[0].verdict == "inconclusive"
    assert found.is_as_expected
    assert {path.name for path in tmp_path.iterdir()} - {"store"} == {"claims", "specs"}


def test_a_dataset_for_a_spec_that_no_claim_names_is_refused(results, claims):
    with pytest.raises(grokspec.GrokspecError, match='no claim here reads the results of "alpha"'):
        grokspec.judge({"alpha": results, "tiny/alpha": results}, claims)


@pytest.mark.parametrize("name", ["", 5, "a=b"])
def test_a_name_that_no_spec_can_have_is_refused(results, claims, name):
    with pytest.raises(grokspec.GrokspecError, match=f"{name!r} is no name of a spec; use what"):
        grokspec.judge({name: results}, claims)


def test_a_dataset_that_cannot_be_read_is_refused_before_anything_is_judged(claims):
    claims.write_text("raise SystemExit")
    with pytest.raises(grokspec.GrokspecError, match=r"^the results: there is no dimension \"seed"):
        grokspec.judge(xr.Dataset({"loss": ("alpha", [1.0, 2.0])}), claims)
    with pytest.raises(grokspec.GrokspecError, match=r'^the results of "mine": is a list, not a'):
        grokspec.judge({"mine": []}, claims)
    with pytest.raises(grokspec.GrokspecError, match=r"^results: there are none; give a dataset"):
        grokspec.judge({}, claims)
