"""docs/contested.md has what the claims answer to contested questions, and the verdicts of CI."""

import os
import re
from pathlib import Path

import pytest
from findings import PACKS, claims_of
from pages import ROOT

from grokspec.claims.checklist import read_checklist
from grokspec.claims.packs import read_pack
from grokspec.formatting import in_markdown
from grokspec.report import wording

PAGE = (ROOT / "docs" / "contested.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| \S (\w+) \| (.+?) \| (.+?) \| .+ \| (.*) \| (\d*) \|$", re.M)
NUMBER = r"(−?[\d.]+(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|−?∞)"


def rows():
    """Verdict, author, sentence, what was measured and the number of seeds, line by line."""
    return ROW.findall(PAGE)


def test_the_page_has_each_claim_that_answers_a_question_and_no_other():
    expected = []
    for pack in PACKS:
        name = read_pack(ROOT / "claims" / pack / "paper.toml").name
        expected += [
            (
                one.expected,
                in_markdown(f"{name}, {one.id} ({one.source})"),
                in_markdown(one.sentence),
            )
            for one in claims_of(pack)
            if one.about
        ]
    assert sorted((verdict, who, claim) for verdict, who, claim, *_ in rows()) == sorted(expected)


def test_every_heading_is_a_question_of_the_file():
    asked = re.findall(r"^## (.+)$", PAGE, re.M)
    known = re.findall(r'^question = "(.+)"$', (ROOT / "claims/questions.toml").read_text(), re.M)
    assert set(asked) <= set(known)
    assert asked


@pytest.mark.skipif(
    "GROKSPEC_CHECKLIST" not in os.environ, reason="GROKSPEC_CHECKLIST names no checklist"
)
def test_the_numbers_are_those_of_the_checklist():
    """To the digits that differ between machines: each number lies in the other's interval."""
    records = read_checklist(Path(os.environ["GROKSPEC_CHECKLIST"])).records()
    judged = {
        (in_markdown(wording.who(one)), in_markdown(one.sentence)): one
        for one in records
        if one.about
    }
    strange = [
        (who, measured)
        for _, who, claim, measured, n in rows()
        if not is_like(judged[who, claim], measured, n)
    ]
    assert strange == []


def is_like(record, measured, n):
    """Whether a record has this many seeds, and numbers like these."""
    shown = [value(text) for text in re.findall(NUMBER, measured)]
    own = [number for number in (record.measured, *(record.interval or ())) if number is not None]
    if str(record.n or "") != n or len(shown) != len(own):
        return False
    return not own or len(own) == 1 or (lies_in(shown[0], own[1:]) and lies_in(own[0], shown[1:]))


def lies_in(number, interval):
    finite = [abs(end) for end in (number, *interval) if abs(end) < float("inf")]
    room = 0.006 * max(finite, default=0.0)
    return interval[0] - room <= number <= interval[1] + room


def value(text):
    digits = text.replace("−", "-").replace("∞", "inf")
    if "×10" in digits:
        mantissa, _, power = digits.partition("×10")
        return float(mantissa) * 10.0 ** int(
            power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        )
    return float(digits)
