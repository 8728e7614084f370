"""What a report contains."""

from dataclasses import replace

import pytest

from grokspec.errors import GrokspecError
from grokspec.report.contents import tally
from grokspec.report.figures import small
from grokspec.report.gather import ReportRequest, gather
from grokspec.statistics.verdict import Verdict


def named(report, test):
    return next(one for one in report.judgments if one.row.test.endswith(f"::{test}"))


def test_every_claim_is_there_with_its_verdict(report):
    assert tally(report.judgments) == [
        (Verdict.SUPPORTED, 3),
        (Verdict.REFUTED, 2),
        (Verdict.NOT_RUN, 1),
    ]


def test_a_claim_without_results_is_not_run_and_says_why(report):
    lacking = named(report, "test_without_results")
    assert lacking.verdict is Verdict.NOT_RUN
    assert "6 of 6 runs have no result" in lacking.row.statement
    assert lacking.evidence is None
    assert lacking.specs[0].origins.stored == 0


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
    (block,) = report.systems[0].blocks
    assert [sheet.name for sheet in block.sheets] == ["tiny/drawn"]
    assert [len(group.judgments) for group in block.groups] == [2, 1]


def test_anchors_are_unique(report):
    anchors = [one.anchor for one in report.judgments]
    anchors += [spec.anchor for spec in report.specs]
    anchors += [system.anchor for system in report.systems]
    assert len(set(anchors)) == len(anchors)


def test_headline_claims_stand_under_what_they_bear_on(report):
    (headline,) = report.headlines
    assert headline.title == "Training trains"
    assert [one.row.id for one in headline.judgments] == ["P2"]


def test_controls_are_run_and_a_claim_that_they_do_not_turn_is_toothless(report):
    assert [trial.outcome for trial in named(report, "test_falls").trials] == ["bites"]
    assert [one.row.id for one in report.toothless] == ["P10"]


def test_the_faults_that_a_claim_caught_are_its_own(report):
    assert [fault.id for fault in named(report, "test_falls").caught] == ["sign"]
    assert named(report, "test_rises").caught == ()


def test_a_claim_has_the_figure_of_what_it_was_judged_on(report):
    assert "The train loss rises." in named(report, "test_rises").evidence.svg
    assert "The train loss falls." in named(report, "test_falls").evidence.svg


def test_a_spec_has_its_title_its_text_what_it_extends_and_its_figure(report):
    sheet = named(report, "test_falls").specs[0]
    assert sheet.title == "Fig. 9: a title & <b>more</b>."
    assert [name for name, _ in sheet.texts] == ["tiny/drawn.toml", "tiny/base.toml"]
    assert "train loss" in sheet.figure.svg


def test_a_spec_tells_where_its_results_come_from(report):
    import torch

    origins = named(report, "test_falls").specs[0].origins
    assert (origins.runs, origins.stored, origins.diverged) == (12, 12, 0)
    assert origins.seeds == tuple(range(6))
    assert dict(origins.versions)["torch"] == (torch.__version__,)
    assert origins.devices == ("cpu",)
    assert origins.first <= origins.last <= report.made
    assert origins.fingerprints
    assert origins.shards


def test_verdicts_can_be_taken_from_a_checklist_without_judging(asked, report, tmp_path):
    from grokspec.claims.judging import judge

    file = tmp_path / "checklist.json"
    judge([asked.claims], "--grokspec-run=never").checklist.write(file)
    read = gather(replace(asked, checklist=file, with_figures=False))
    assert {one.row.test for one in read.judgments} == {o.row.test for o in report.judgments}
    assert named(read, "test_falls").verdict is Verdict.NOT_RUN  # as in that file: no store
    assert [spec.name for spec in named(read, "test_falls").specs] == ["tiny/drawn"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(GrokspecError, match="no such folder of claims; name the one they are in"):
        gather(ReportRequest(tmp_path / "nowhere"))


def test_a_file_that_is_no_kill_table_is_told(asked, tmp_path):
    (tmp_path / "kills.json").write_text("{}[")
    with pytest.raises(GrokspecError, match="is not a kill table that could be read"):
        gather(replace(asked, faults=tmp_path / "kills.json"))


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
