"""Each pack has a page of findings, with every claim and the verdict that it expects."""

import functools
import json
import re
from collections import Counter

import pytest
from findings import ID, PACKS, claims_of, page_of
from pages import ROOT, read_page

from grokspec.claims.packs import read_pack
from grokspec.statistics.verdict import Verdict

of_each_pack = pytest.mark.parametrize("pack", PACKS)
claims_of = functools.cache(claims_of)

VERDICTS = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE)


def numbers(pack):
    """How many claims of a pack there are, and how many expect each verdict."""
    counts = Counter(claim.expected_verdict for claim in claims_of(pack))
    return [counts.total(), *(counts[verdict] for verdict in VERDICTS)]


def headlines(pack):
    """The ids of the claims on each headline."""
    found = {}
    for claim in claims_of(pack):
        if claim.headline:
            found.setdefault(claim.headline, set()).add(claim.id)
    return found


@of_each_pack
def test_each_claim_has_a_row_for_each_of_its_verdicts_and_no_other(pack):
    rows = re.findall(r"^\| ([A-Z]\d\d) \| (\w+) \| .+ \|$", page_of(pack), re.M)
    assert Counter(rows) == Counter({(claim.id, claim.expected) for claim in claims_of(pack)})


@of_each_pack
def test_the_numbers_of_claims_are_right(pack):
    said = re.search(
        r"have (\d+) ids, under which (\d+) tests judge: (\d+) are supported, (\d+) refuted "
        r"and (\d+) inconclusive",
        " ".join(page_of(pack).split()),
    )
    ids = {claim.id for claim in claims_of(pack)}
    assert [int(number) for number in said.groups()] == [len(ids), *numbers(pack)]


def test_the_table_of_all_packs_has_their_names_and_numbers():
    prose = read_page(ROOT / "docs" / "findings" / "README.md").prose
    row = r"^\| \[(.+)\]\((\w+)\.md\) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$"
    said = {pack: (name, *map(int, own)) for name, pack, *own in re.findall(row, prose, re.M)}
    assert said == {
        pack: (read_pack(ROOT / "claims" / pack / "paper.toml").name, *numbers(pack))
        for pack in PACKS
    }


@of_each_pack
def test_there_is_a_claim_of_every_id_on_the_page(pack):
    assert set(ID.findall(page_of(pack))) <= {claim.id for claim in claims_of(pack)}


@of_each_pack
def test_every_headline_claim_is_in_the_summary(pack):
    if named := headlines(pack):
        summary = page_of(pack).split("## In short")[1].split("\n## ")[0]
        assert set().union(*named.values()) <= set(ID.findall(summary))


@of_each_pack
def test_every_headline_has_a_part_of_its_own_that_names_its_claims(pack):
    parts = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", page_of(pack), re.M))
    for headline, ids in headlines(pack).items():
        assert ids <= set(ID.findall(parts[headline])), headline


def test_what_comes_out_differently_at_the_papers_sizes_is_named_and_nothing_else():
    section = page_of("kumar2024").partition("## At the paper's own sizes")[2].partition("\n## ")[0]
    file = ROOT / "claims" / "kumar2024" / "profiles" / "paper.json"
    accepted = json.loads(file.read_text())["claims"]
    expected = {(claim.id, claim.sentence): claim.expected for claim in claims_of("kumar2024")}
    differing = [
        own["id"] for own in accepted if expected[own["id"], own["sentence"]] != own["verdict"]
    ]
    assert set(ID.findall(section)) == set(differing)
    assert f"{len(accepted)} tests were judged there" in " ".join(section.split())
