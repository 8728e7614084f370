"""docs/mutants.md has a line for each mutant that comes with grokspec, and its summary is right."""

import re

from pages import ROOT

from grokspec.formatting import in_markdown
from grokspec.mutation.mutants import read_mutants

TABLE = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8").split("<!-- kills -->")[1]
ROWS = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \| `(.+)` \| (.+) \| \d+ \|$", TABLE, re.M)


def test_every_mutant_has_its_line_in_the_order_of_the_file():
    lines = [(id, text, file) for id, text, file, _ in ROWS]
    assert lines == [(m.id, in_markdown(m.description), m.file) for m in read_mutants()]


def test_the_equivalent_ones_are_those_of_the_file():
    equivalent = {
        id: killers.removeprefix("equivalent: ")
        for id, _, _, killers in ROWS
        if killers.startswith("equivalent: ")
    }
    assert equivalent == {m.id: in_markdown(m.equivalent) for m in read_mutants() if m.equivalent}


def test_the_summary_counts_the_lines():
    killers = [each for *_, each in ROWS]
    equivalent = sum(each.startswith("equivalent: ") for each in killers)
    not_killed = sum(each in ("**survived**", "**error**") for each in killers)
    possible = len(killers) - equivalent
    assert f"\n{possible - not_killed} of {possible} mutants killed (" in TABLE
