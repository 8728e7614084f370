"""The five lines from a spec to its results, and the arguments of each."""

import re
import subprocess
import sys

import pytest

import grokspec
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
