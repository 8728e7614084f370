"""The numbers of docs/findings.md are those of a checklist, which GROKSPEC_CHECKLIST names.

It is a file that ``pytest claims/ --checklist`` wrote; without one there is nothing to compare.
"""

import os
import re
from collections import defaultdict
from pathlib import Path

import pytest
from pages import ROOT, read_page

from grokspec.claims.checklist import Checklist, Row
from grokspec.statistics.evidence import Effect

Median = tuple[float, float, float]  # with the ends of its interval

NUMBER = r"(−?(?:[\d.]+(?:e[−-]?\d+)?|inf))"
TOLD = re.compile(rf"{NUMBER} \[{NUMBER}, {NUMBER}\]")
JUDGED = re.compile(r"median (\S+)[^;]*? in \[(\S+), (\S+)\]")

pytestmark = pytest.mark.skipif(
    "GROKSPEC_CHECKLIST" not in os.environ, reason="GROKSPEC_CHECKLIST names no checklist"
)


def test_every_median_with_its_interval_is_one_of_the_checklist():
    """Another machine rounds otherwise, and some runs are chaotic: as in `grokspec diff`, each
    median has to lie in the interval of the other. Of a fall the page tells the size."""
    judged = defaultdict(list)
    for row in Checklist.read(Path(os.environ["GROKSPEC_CHECKLIST"])).rows():
        judged[row.id] += medians_of(row)
    told = told_on_the_page()
    assert len(told) > 100
    strange = [
        (id, median)
        for id, median in told
        if not any(alike(median, one) or alike(median, mirrored(one)) for one in judged[id])
    ]
    assert strange == []


def told_on_the_page() -> list[tuple[str, Median]]:
    prose = read_page(ROOT / "docs" / "findings.md").prose
    rows = re.findall(r"^\| ([A-Z]\d\d) \| \w+ \| (.+) \|$", prose, re.M)
    return [(id, numbers(each)) for id, text in rows for each in TOLD.findall(text)]


def medians_of(row: Row) -> list[Median]:
    """What a claim was judged on, and what its statement tells beside."""
    effects = map(Effect.from_plain, row.effects)
    judged = [(e.measured, *e.interval) for e in effects if e.interval is not None]
    return judged + [numbers(each) for each in JUDGED.findall(row.statement)]


def numbers(texts: tuple[str, str, str]) -> Median:
    median, low, high = (float(text.replace("−", "-")) for text in texts)
    return median, low, high


def mirrored(median: Median) -> Median:
    return -median[0], -median[2], -median[1]


def alike(a: Median, b: Median) -> bool:
    return lies_in(a[0], *b[1:]) and lies_in(b[0], *a[1:])


def lies_in(value: float, low: float, high: float) -> bool:
    """Whether a value lies in an interval, both told to three digits."""
    rounding = 0.006 * max(abs(end) for end in (value, low, high) if abs(end) < float("inf"))
    return low - rounding <= value <= high + rounding
