"""The numbers on the pages of findings are those of a checklist, which GROKSPEC_CHECKLIST names.

It is a file that ``pytest claims/ --checklist`` wrote; without one there is nothing to compare.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from findings import ID, PACKS, page_of

from grokspec.claims.checklist import read_checklist
from grokspec.claims.record import JudgedClaim

Median = tuple[float, float, float]  # with the ends of its interval

NUMBER = r"(−?(?:[\d.]+(?:e[−-]?\d+)?|inf))"
ON_THE_PAGE = re.compile(rf"{NUMBER} \[{NUMBER}, {NUMBER}\]")
JUDGED = re.compile(r"median (\S+)[^;]*? in \[(\S+), (\S+)\]")

of_each_pack = pytest.mark.parametrize("pack", PACKS)

pytestmark = pytest.mark.skipif(
    "GROKSPEC_CHECKLIST" not in os.environ, reason="GROKSPEC_CHECKLIST names no checklist"
)


@pytest.fixture(scope="module")
def all_records() -> list[JudgedClaim]:
    return read_checklist(Path(os.environ["GROKSPEC_CHECKLIST"])).records()


@pytest.fixture
def records(all_records, pack) -> list[JudgedClaim]:
    return [record for record in all_records if record.pack and record.pack.key == pack]


@pytest.fixture
def judged(records) -> dict[str, list[Median]]:
    """All medians that the claims of an id were judged on."""
    found = defaultdict(list)
    for record in records:
        found[record.id] += medians_of(record)
    return found


@pytest.fixture
def prose(pack) -> str:
    """A page without what another profile's checklist says."""
    return re.sub(r"(?s)## At the paper's own sizes.*?(?=\n## )", "", page_of(pack))


@of_each_pack
def test_every_median_with_its_interval_is_one_of_the_checklist(prose, judged):
    """Another machine rounds otherwise, and some runs are chaotic: as in `grokspec diff`, each
    median has to lie in the interval of the other. The page gives the size of a fall."""
    said = [*medians_in_tables(prose), *medians_in_text(prose)]
    assert len(said) > 3
    strange = [
        (ids, median)
        for ids, median in said
        if not any(
            alike(median, one) or alike(median, mirrored(one)) for id in ids for one in judged[id]
        )
    ]
    assert strange == []


@of_each_pack
def test_paragraphs_that_name_a_number_of_seeds_name_that_of_their_claims(prose, records):
    numbers_of_seeds = defaultdict(set)
    for record in records:
        numbers_of_seeds[record.id].add(record.n)
    said = [
        (int(number), ids)
        for ids, text in paragraphs(prose)
        for number in re.findall(r"\b(\d+) seeds\b", text)
        if ids
    ]
    strange = [
        (number, ids)
        for number, ids in said
        if number not in set().union(*(numbers_of_seeds[id] for id in ids))
    ]
    assert strange == []


def medians_in_tables(prose: str) -> Iterator[tuple[set[str], Median]]:
    """Each is to be one of the claims that its line is about."""
    for id, text in re.findall(r"^\| ([A-Z]\d\d) \| \w+ \| (.+) \|$", prose, re.M):
        yield from (({id}, numbers(each)) for each in ON_THE_PAGE.findall(text))


def medians_in_text(prose: str) -> Iterator[tuple[set[str], Median]]:
    """Each is to be one of a claim that its paragraph names."""
    for ids, text in paragraphs(prose):
        yield from ((ids, numbers(each)) for each in ON_THE_PAGE.findall(text))


def paragraphs(prose: str) -> Iterator[tuple[set[str], str]]:
    """The paragraphs outside the tables, each with the claims that it names."""
    for paragraph in prose.split("\n\n"):
        if not paragraph.startswith("|"):
            text = " ".join(paragraph.split())
            yield set(ID.findall(text)), text


def medians_of(record: JudgedClaim) -> list[Median]:
    """What a claim was judged on, and what its statement says besides."""
    judged = [(e.measured, *e.interval) for e in record.effects if e.interval is not None]
    return judged + [numbers(each) for each in JUDGED.findall(record.statement)]


def numbers(texts: tuple[str, str, str]) -> Median:
    median, low, high = (float(text.replace("−", "-")) for text in texts)
    return median, low, high


def mirrored(median: Median) -> Median:
    return -median[0], -median[2], -median[1]


def alike(a: Median, b: Median) -> bool:
    return lies_in(a[0], *b[1:]) and lies_in(b[0], *a[1:])


def lies_in(value: float, low: float, high: float) -> bool:
    """Whether a value lies in an interval, both given to three digits."""
    rounding = 0.006 * max(abs(end) for end in (value, low, high) if abs(end) < float("inf"))
    return low - rounding <= value <= high + rounding
