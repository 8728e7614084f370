"""docs/mutants.md has a line for each known fault, and its summary counts them."""

import re

from pages import ROOT

from grokspec.mutation.mutants import read_mutants

TABLE = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8").split("<!-- kills -->")[1]
ROWS = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \| `(.+)` \| (.+) \| \d+ \|$", TABLE, re.M)


def test_every_fault_has_its_line_in_the_order_of_the_file():
    told = [(id, says.replace("\\|", "|"), file) for id, says, file, _ in ROWS]
    assert told == [(fault.id, fault.says, fault.file) for fault in read_mutants()]


def test_those_that_are_explained_are_so_in_the_file():
    told = {id for id, _, _, outcome in ROWS if outcome.startswith("explained: ")}
    assert told == {fault.id for fault in read_mutants() if fault.explained}


def test_the_summary_counts_the_lines():
    outcomes = [outcome for *_, outcome in ROWS]
    explained = sum(outcome.startswith("explained: ") for outcome in outcomes)
    missed = sum(outcome in ("**survived**", "**broken**") for outcome in outcomes)
    asked = len(outcomes) - explained
    assert f"\n{asked - missed} of {asked} caught (" in TABLE
