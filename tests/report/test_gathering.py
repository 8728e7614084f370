"""What a report contains."""

from dataclasses import replace
from pathlib import Path

import pytest

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.errors import GrokspecError
from grokspec.report.contents import tally
from grokspec.report.figures import small
from grokspec.report.gather import ReportRequest, gather
from grokspec.statistics.verdict import Verdict


def named(report, test):
    return next(one for one in report.claims if one.record.test.endswith(f"::{test}"))


def test_every_claim_is_there_with_its_verdict(report):
    assert tally(report.claims) == [
        (Verdict.SUPPORTED, 3),
        (Verdict.REFUTED, 2),
        (Verdict.NOT_RUN, 1),
    ]


def test_a_claim_without_results_is_not_run_and_says_why(report):
    found = named(report, "test_without_results")
    assert found.verdict is Verdict.NOT_RUN
    assert "6 of 6 runs have no result" in found.record.statement
    assert found.evidence is None
    assert found.specs[0].provenance.stored == 0


def test_claims_are_grouped_by_the_folder_of_their_specs_the_largest_first(report):
    assert [system.name for system in report.systems] == [
        "tiny",
        "experiments",
        "several systems",
        "theory",
    ]


def test_within_a_system_ids_stand_in_their_natural_order(report):
    assert [group.id for group in report.systems[0].groups] == ["P2", "P10"]


def test_a_spec_is_shown_once_beside_all_ids_in_a_row_that_are_about_it(report):
    (section,) = report.systems[0].sections
    assert [sheet.name for sheet in section.sheets] == ["tiny/drawn"]
    assert [len(group.claims) for group in section.groups] == [2, 1]


def test_anchors_are_unique(report):
    anchors = [one.anchor for one in report.claims]
    anchors += [spec.anchor for spec in report.specs]
    anchors += [system.anchor for system in report.systems]
    assert len(set(anchors)) == len(anchors)


def test_headline_claims_stand_under_their_statement(report):
    (headline,) = report.packs[0].headlines
    assert headline.title == "Training trains"
    assert [one.record.id for one in headline.claims] == ["P2"]


def test_controls_are_run_and_a_claim_that_they_do_not_change_is_insensitive(report):
    assert [c.outcome for c in named(report, "test_falls").record.controls] == ["effective"]
    assert [one.record.id for one in report.insensitive] == ["P10"]


def test_the_mutants_that_a_claim_killed_are_its_own(report):
    assert [mutant.id for mutant in named(report, "test_falls").killed] == ["sign"]
    assert named(report, "test_rises").killed == ()


def test_a_claim_has_the_figure_of_what_it_was_judged_on(report):
    assert "The train loss rises." in named(report, "test_rises").evidence.svg
    assert "The train loss falls." in named(report, "test_falls").evidence.svg


def test_a_spec_has_its_title_its_text_what_it_extends_and_its_figure(report):
    sheet = named(report, "test_falls").specs[0]
    assert sheet.title == "Fig. 9: a title & <b>more</b>."
    assert [name for name, _ in sheet.texts] == ["tiny/drawn.toml", "tiny/base.toml"]
    assert "train loss" in sheet.figure.svg


def test_a_spec_shows_where_its_results_come_from(report):
    import torch

    provenance = named(report, "test_falls").specs[0].provenance
    assert (provenance.runs, provenance.stored, provenance.diverged) == (12, 12, 0)
    assert provenance.seeds == tuple(range(6))
    assert dict(provenance.versions)["torch"] == (torch.__version__,)
    assert provenance.devices == ("cpu",)
    assert provenance.first <= provenance.last <= report.made
    assert provenance.fingerprints
    assert provenance.shards


def as_started_in(folder, record):
    """The record as pytest makes it where it is started in this folder."""
    specs = {name: str(Path(file).relative_to(folder)) for name, file in record.specs.items()}
    return record.model_copy(update={"specs": specs})


def test_verdicts_can_be_taken_from_a_checklist_without_judging(
    report_request, report, tmp_path, monkeypatch
):
    file = tmp_path / "checklist.json"
    records = [one.record for one in report.claims]
    from_project = [as_started_in(report_request.claims.parent, record) for record in records]
    write_checklist(Checklist(from_project), file)
    monkeypatch.setattr("grokspec.report.gather.checklist_of", pytest.fail)
    read = gather(replace(report_request, checklist=file, with_figures=False))
    assert {one.record.test for one in read.claims} == {o.record.test for o in report.claims}
    assert [one.record for one in read.claims] == from_project
    assert [one.specs[0].texts for one in read.claims if one.specs] == [
        one.specs[0].texts for one in report.claims if one.specs
    ]
    assert [spec.name for spec in named(read, "test_falls").specs] == ["tiny/drawn"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(GrokspecError, match="no such folder of claims; name the one that has them"):
        gather(ReportRequest(tmp_path / "nowhere"))


def test_a_file_that_is_no_kill_matrix_is_an_error(report_request, tmp_path):
    (tmp_path / "kills.json").write_text("{}[")
    with pytest.raises(GrokspecError, match="is not a kill matrix that could be read"):
        gather(replace(report_request, mutants=tmp_path / "kills.json"))


def test_a_small_drawing_keeps_its_texts_and_what_is_referred_to():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'viewBox="0 0 10.4 20" width="9pt" height="9pt"><metadata>when</metadata><!-- made -->'
        '<defs><path id="used" d="M 1.23456 2.0"/></defs>\n<g id="not_used">\n'
        '<use xlink:href="#used" x="0.04"/><text>1.23456 &lt; 2</text></g></svg>'
    )
    drawn = small(svg)
    assert (drawn.width, drawn.height) == (10, 20)
    assert 'd="M 1.2 2"' in drawn.svg
    assert 'id="used"' in drawn.svg
    assert "1.23456 &lt; 2" in drawn.svg
    for gone in ("metadata", "made", "not_used", "\n"):
        assert gone not in drawn.svg
