"""docs/findings.md has every claim, with the verdict that it expects."""

import importlib.util
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from pages import ROOT, read_page

from grokspec.statistics.verdict import Verdict

PROSE = read_page(ROOT / "docs" / "findings.md").prose
ROWS = re.findall(r"^\| ([A-Z]\d\d) \| (\w+) \| (.+) \|$", PROSE, re.M)
TESTS = sorted((ROOT / "claims").rglob("test_*.py"))


def claims_in(path: Path):
    """What the claims of a file say of themselves."""
    found = importlib.util.spec_from_file_location(f"claims_{path.stem}", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    marks = [mark for test in vars(module).values() for mark in getattr(test, "pytestmark", ())]
    return [mark.args[0] for mark in marks if mark.name == "claim"]


@pytest.fixture(scope="module")
def claims():
    return [claim for path in TESTS for claim in claims_in(path)]


@pytest.fixture(scope="module")
def headlines(claims):
    """The ids of the claims on each headline."""
    return {
        headline: {claim.id for claim in claims if claim.headline == headline}
        for headline in {claim.headline for claim in claims if claim.headline}
    }


def test_each_claim_has_a_row_for_each_of_its_verdicts_and_no_other(claims):
    on_the_page = Counter((id, verdict) for id, verdict, _ in ROWS)
    assert on_the_page == Counter({(claim.id, claim.expected) for claim in claims})


def test_the_numbers_of_claims_are_right(claims):
    counts = Counter(claim.expected_verdict for claim in claims)
    said = re.search(
        r"have (\d+) ids, under which (\d+) tests judge: (\d+) are supported, (\d+) refuted "
        r"and (\d+) inconclusive",
        " ".join(PROSE.split()),
    )
    assert [int(number) for number in said.groups()] == [
        len({claim.id for claim in claims}),
        len(claims),
        counts[Verdict.SUPPORTED],
        counts[Verdict.REFUTED],
        counts[Verdict.INCONCLUSIVE],
    ]


def test_the_numbers_of_claims_in_the_readme_are_right(claims):
    counts = Counter(claim.expected_verdict for claim in claims)
    said = re.search(
        r"of (\d+) tests of its claims, another paper's and ours, (\d+) are supported, "
        r"(\d+) refuted and (\d+) left open",
        " ".join(read_page(ROOT / "README.md").prose.split()),
    )
    assert [int(number) for number in said.groups()] == [
        len(claims),
        counts[Verdict.SUPPORTED],
        counts[Verdict.REFUTED],
        counts[Verdict.INCONCLUSIVE],
    ]


def test_there_is_a_claim_of_every_id_on_the_page(claims):
    ids = {claim.id for claim in claims}
    assert set(re.findall(r"\b[A-Z]\d\d\b", PROSE)) <= ids


def test_every_headline_claim_is_in_the_summary(headlines):
    summary = PROSE.split("## In short")[1].split("\n## ")[0]
    assert set().union(*headlines.values()) <= set(re.findall(r"\b[A-Z]\d\d\b", summary))


def test_every_headline_has_a_part_of_its_own_that_names_its_claims(headlines):
    parts = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", PROSE, re.M))
    assert headlines
    for headline, ids in headlines.items():
        assert ids <= set(re.findall(r"\b[A-Z]\d\d\b", parts[headline])), headline


def test_what_comes_out_differently_at_the_papers_sizes_is_named_and_nothing_else(claims):
    section = PROSE.partition("## At the paper's own sizes")[2].partition("\n## ")[0]
    accepted = json.loads((ROOT / "claims" / "profiles" / "paper.json").read_text())["claims"]
    expected = {(claim.id, claim.sentence): claim.expected for claim in claims}
    differing = [
        own["id"] for own in accepted if expected[own["id"], own["sentence"]] != own["verdict"]
    ]
    assert set(re.findall(r"\b[A-Z]\d\d\b", section)) == set(differing)
    assert f"{len(accepted)} tests were judged there" in " ".join(section.split())
