"""docs/findings.md tells of every claim, with the verdict on record."""

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest
from pages import ROOT, read_page

from grokspec.statistics.verdict import Verdict

PROSE = read_page(ROOT / "docs" / "findings.md").prose
ROWS = re.findall(r"^\| ([A-Z]\d\d) \| (\w+) \| (.+) \|$", PROSE, re.M)
TESTS = sorted((ROOT / "claims").glob("test_*.py"))


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


def test_each_claim_has_a_row_for_each_of_its_verdicts_and_no_other(claims):
    told = Counter((id, verdict) for id, verdict, _ in ROWS)
    assert told == Counter({(claim.id, claim.recorded) for claim in claims})


def test_what_is_said_of_their_number_is_so(claims):
    counts = Counter(claim.verdict for claim in claims)
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


def test_claims_named_in_the_summary_are_headlines_or_have_a_row(claims):
    ids = {claim.id for claim in claims}
    assert set(re.findall(r"\b[A-Z]\d\d\b", PROSE)) <= ids


def test_every_headline_is_in_the_summary(claims):
    summary = PROSE.split("## In short")[1].split("\n## ")[0]
    headlines = {claim.id for claim in claims if claim.headline}
    assert headlines <= set(re.findall(r"\b[A-Z]\d\d\b", summary))
