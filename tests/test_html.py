"""What a notebook shows for a spec, a plan, results, findings and progress."""

import dataclasses
import math
import re

import numpy as np
import pytest
import xarray as xr
from well_formed import read

import grokspec
from grokspec.runner.progress import Progress, in_notebook
from grokspec.statistics import agreement, estimate, trend
from grokspec.statistics.finding import Finding, all_of, recorded_findings
from grokspec.statistics.verdict import Verdict

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'x' ]]> \x00\x1b"


def loss(*medians, name="loss"):
    """Six seeds at each of some α."""
    values = np.array(medians, float)[:, None] + np.linspace(-0.1, 0.1, 6)
    alpha = np.arange(1.0, 1 + len(medians))
    return xr.DataArray(values, {"alpha": alpha}, ("alpha", "seed"), name)


def test_a_spec_shows_what_is_trained_and_what_is_varied(spec):
    page = read(grokspec.load(spec)._repr_html_())
    assert "tiny/alpha · profile quick" in page.text
    assert "polynomial: inputs = 6, train = 20" in page.text
    assert "committee: width = 8, epsilon = 0.25, alpha varies" in page.text
    assert "1, 2, 1e+08" in page.text


def test_a_plan_shows_its_runs_and_what_they_cost(spec):
    page = read(grokspec.plan(spec)._repr_html_())
    assert "plan, 6 runs, 1 stack, " in page.text
    assert "tiny/alpha/a1-s0-" in page.text


def test_of_many_runs_the_first_and_the_last_are_shown(spec):
    page = read(grokspec.plan(spec, profile="paper")._repr_html_())
    assert "… 83 more …" in page.text
    assert page.text.count("tiny/alpha/a") == 7
    assert len(page.text) < 2000


def test_results_show_what_was_recorded_and_how_the_runs_ended(results):
    page = read(results._repr_html_())
    assert "28 recorded, up to step 50" in page.text
    assert "baseline, test_loss, train_loss" in page.text
    assert "4 finished, 2 diverged" in page.text
    assert f"{results.spec.runs[4].id}, after step 3" in page.text


def test_results_name_runs_that_other_code_made(results):
    odd = dataclasses.replace(results, stale=(results.spec.runs[1].id,))
    page = read(odd._repr_html_())
    assert f"1 made by other code{results.spec.runs[1].id}" in page.text


@pytest.mark.parametrize(
    ("finding", "start"),
    [
        (estimate(loss(1, 2)).above(0.5), "✓ SUPPORTED loss at alpha = 1 (weakest of 2)"),
        (estimate(loss(1, 2)).below(0.5), "✗ REFUTED loss at alpha = 2"),
        (estimate(loss(1)).above(1), "? INCONCLUSIVE loss at alpha = 1"),
        (trend(loss(1, 2), along="alpha").increases, "✓ SUPPORTED change of loss"),
    ],
)
def test_a_finding_shows_its_verdict_statement_and_p_value(finding, start):
    page = read(finding._repr_html_())
    assert page.text.startswith(start)
    assert f"p = {finding.p_value:.2g}" in page.text


def test_findings_without_an_interval_or_with_infinite_numbers_are_shown_too():
    identity = agreement(loss(1), loss(1), atol=1e-9)
    for finding in (identity, estimate(loss(1) + math.inf).never):
        assert read(finding._repr_html_()).text.startswith("✓ SUPPORTED")


def test_a_joined_finding_shows_its_weakest_part_and_lists_all():
    joined = all_of(estimate(loss(1)).above(0), estimate(loss(1, name="other")).below(0))
    page = read(joined._repr_html_())
    assert page.text.startswith("✗ REFUTED")
    assert "2 parts" in page.text
    assert page.elements.count("details") == 1


def test_showing_a_finding_does_not_ask_for_its_truth():
    with recorded_findings() as consulted:
        estimate(loss(1)).below(0)._repr_html_()
    assert consulted == []


def test_a_hostile_name_is_shown_as_text(spec, results):
    file = dataclasses.replace(grokspec.load(spec), name=HOSTILE, profile=HOSTILE)
    plan = grokspec.make_plan(file)
    finding = Finding(Verdict.REFUTED, HOSTILE, 1.0, (0.0, 2.0), 6, details=(HOSTILE, HOSTILE))
    named = estimate(loss(1, name=HOSTILE)).above(0)
    for shown in (file, plan, dataclasses.replace(results, spec=file), finding, named):
        page = read(shown._repr_html_())
        assert "<script>alert(1)</script> & \"quoted\" 'x' ]]> \\x00\\x1b" in page.text


def test_everything_has_a_repr_of_one_plain_line(spec, results):
    assert repr(grokspec.load(spec)) == (
        "<SpecFile tiny/alpha, profile quick: 6 runs, 3 alpha × 2 seed>"
    )
    plan = repr(grokspec.plan(spec))
    assert re.fullmatch(
        r"<Plan tiny/alpha, profile quick: 6 runs, 3 alpha × 2 seed; 1 stack, [\d.]+ Mflop>", plan
    )
    assert repr(results) == (
        "<Results tiny/alpha, profile quick: 6 runs, 3 alpha × 2 seed; "
        "baseline, test_loss, train_loss>"
    )


def test_a_spec_that_varies_nothing_is_shown_too(spec):
    text = spec.read_text()
    spec.write_text(text[: text.index("[sweep]")])
    assert repr(grokspec.load(spec)) == "<SpecFile tiny/alpha, profile quick: 1 run>"
    assert repr(grokspec.plan(spec)).startswith("<Plan tiny/alpha, profile quick: 1 run; 1 stack, ")
    assert "plan, 1 run, 1 stack, " in read(grokspec.plan(spec)._repr_html_()).text


def test_progress_is_a_bar_with_what_is_done_and_what_is_left():
    made = Progress("a <b>", 3, 4, fraction=0.7, seconds=9, eta=5)
    page = read(made._repr_html_())
    assert page.text == "a <b> 3 of 4 runs, about 5 s left"
    assert ("value", "0.7000") in page.attributes


def test_a_test_run_is_not_a_notebook():
    assert not in_notebook()
