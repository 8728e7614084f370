"""Verdicts at other profiles and on fresh seeds stand beside those of the report's own."""

import json
from dataclasses import replace

import pytest

from grokspec.claims.record import Replication, VerdictElsewhere
from grokspec.report.json_file import json_file
from grokspec.report.latex import latex
from grokspec.report.markdown import markdown
from grokspec.report.page import page

PAPER = VerdictElsewhere(
    profile="a|b & <paper>",
    verdict="refuted",
    measured=0.25,
    unit="decades",
    n=10,
    interval=(0.125, 0.5),
    judged="2026-12-01 by grokspec 1",
    changed=("its test",),
)


@pytest.fixture(scope="module")
def beside(report):
    """The report, in which one claim was judged at another profile."""
    (pack,) = report.packs
    system, *others = pack.systems
    section, *sections = system.sections
    group, *groups = section.groups
    first, *claims = group.claims
    fresh = tuple(
        Replication(seeds_moved_by=moved_by, verdict=verdict)
        for moved_by, verdict in ((1000, first.record.expected), (2000, "inconclusive"))
    )
    judged = first.record.model_copy(update={"elsewhere": (PAPER,), "replications": fresh})
    group = replace(group, claims=(replace(first, record=judged), *claims))
    section = replace(section, groups=(group, *groups))
    systems = (replace(system, sections=(section, *sections)), *others)
    return replace(report, packs=(replace(pack, systems=systems),))


def test_markdown_has_a_column_for_each_other_profile(beside):
    text = markdown(beside)
    assert r"| killed | at a\|b \& \<paper\> |" in text
    assert (
        r"| refuted, 0.25 decades \[0.125, 0.5\], n = 10, judged before its test changed |" in text
    )
    assert r"Another verdict at a\|b \& \<paper\>: P2." in text


def test_latex_has_a_line_for_each_other_profile(beside):
    row = (
        r"refuted &  & at a\textbar{}b \& \textless{}paper\textgreater{} & judged before it changed"
    )
    assert f"{row} & 0.25 decades [0.125, 0.5] " in latex(beside)


def test_the_page_has_it_below_the_claim(beside):
    text = page(beside)
    assert (
        'title="judged 2026-12-01 by grokspec 1">At a|b &amp; &lt;paper&gt;: <b class="differs">'
        in text
    )
    assert (
        "✗ refuted, 0.25 decades [0.125, 0.5], n = 10, judged before its test changed</b>" in text
    )
    assert "Another verdict at a|b &amp; &lt;paper&gt;: P2." in text


def test_the_page_and_the_table_say_how_often_a_claim_repeats(beside):
    assert ">Repeated 1 of 2 times on fresh seeds</p>" in page(beside)
    assert "supported, repeated 1 of 2 times on fresh seeds |" in markdown(beside)


def test_the_json_has_all_of_it(beside):
    (found,) = (
        one["elsewhere"] for one in json.loads(json_file(beside))["judged"] if one["elsewhere"]
    )
    assert found == [json.loads(PAPER.model_dump_json())]
