"""A report of several papers has them one after the other."""

from dataclasses import replace

import pytest

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.claims.packs import Pack, Paper
from grokspec.claims.summary import ids_in_words
from grokspec.report.gather import gather
from grokspec.report.latex import latex
from grokspec.report.markdown import markdown
from grokspec.report.page import page

PAPER = Paper(
    title="A & B <i>net</i>",
    authors=("Ada Mine",),
    year=2026,
    arxiv="2601.00001",
    code="https://example.org/code",
    license="MIT",
)


def pack(key, name):
    return Pack(key=key, name=name, about="What it is about.", papers=(PAPER,))


@pytest.fixture(scope="module")
def two(report, report_request, tmp_path_factory):
    """A report of two packs with claims of the same ids, and a claim of no pack."""
    records = [one.record for one in report.claims]
    of = {"b": pack("b2026", "Bee 2026"), "a": pack("a2026", "Ay 2026")}
    several = [
        record.model_copy(update={"pack": own, "test": f"claims/{own.key}/{record.test}"})
        for own in of.values()
        for record in records
    ]
    file = tmp_path_factory.mktemp("two") / "checklist.json"
    write_checklist(Checklist([*several, records[-1]]), file)
    return gather(replace(report_request, checklist=file, with_figures=False))


def test_packs_are_in_the_order_of_their_folders_and_claims_of_none_come_first(two):
    assert [one.name for one in two.packs] == ["Other claims", "Ay 2026", "Bee 2026"]


def test_claims_of_one_id_in_two_packs_have_anchors_of_their_own(two):
    anchors = [one.anchor for one in two.claims]
    assert len(set(anchors)) == len(anchors)
    assert {"a2026-P10.1", "b2026-P10.1"} <= set(anchors)


def test_ids_are_named_with_their_pack(two):
    records = [one.record for one in two.claims if one.record.id in ("P2", "P11")]
    assert ids_in_words(records).split("; ")[-2:] == ["a2026 P2, P11", "b2026 P2, P11"]


def test_markdown_has_the_papers_of_each_pack_above_its_tables(two):
    lines = markdown(two).splitlines()
    place = lines.index("## Bee 2026")
    assert lines[place + 2] == "What it is about."
    assert lines[place + 4].startswith(r"- Ada Mine, A \& B \<i\>net\</i\> (2026; arXiv")
    assert [line for line in lines[place:] if line.startswith("### ")][:1] == ["### tiny"]


def test_the_page_has_papers_with_links_and_a_choice_between_them(two):
    text = page(two)
    assert "A &amp; B &lt;i&gt;net&lt;/i&gt; (2026; arXiv 2601.00001)" in text
    assert '<a href="https://arxiv.org/abs/2601.00001">paper</a>' in text
    assert '<a href="https://example.org/code">code</a> (MIT)' in text
    assert '<select name="pack">' in text


def test_the_page_of_one_pack_offers_no_choice(report):
    assert '<select name="pack">' not in page(report)


def test_latex_has_a_line_for_each_pack(two):
    assert r"\textbf{Bee 2026}" in latex(two)
