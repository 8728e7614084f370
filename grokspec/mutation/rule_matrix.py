"""What became of mutants made by rule, by room and rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter

from grokspec.claims.record import Record, read_records
from grokspec.formatting import code_in_markdown, in_markdown, markdown_row
from grokspec.mutation.matrix import Kill, Status

HEAD = ("room", "rule", "mutants", "killed by a claim", "by a test", "equivalent", "left", "killed")


class RuleOutcome(Record, extra="forbid"):
    """The status of one mutant, and what killed it."""

    id: str
    description: str
    file: str
    line: int
    rule: str
    status: Status
    claim: Kill | None = None
    """Whose verdict changed."""
    test: str | None = None
    """Node id of the first test that failed."""
    reached: int = 0
    """How many claims and tests reach it."""
    equivalent: str | None = None
    reason: str = ""
    """How an error came about, or that the tests don't end."""
    seconds: float = 0.0

    @property
    def room(self) -> str:
        """The folder of the package."""
        return self.file.partition("/")[0]

    @property
    def killers(self) -> str:
        """The claim's id or the test's name, or the status if nothing killed it."""
        if self.claim:
            return self.claim.full_id
        if self.test:
            ending = f" {self.reason}" if self.reason else ""
            return self.test.rpartition("::")[2] + ending
        if self.status == "survived" and not self.reached:
            return "survived: no test reaches it"
        return f"{self.status}: {self.reason}" if self.reason else self.status


class RuleMatrix(Record):
    """The outcomes, in the order of the program's text."""

    mutants: tuple[RuleOutcome, ...]

    @property
    def share_killed(self) -> float:
        """Of those that are not equivalent."""
        return _share(_counted(self.mutants))

    @property
    def summary(self) -> str:
        """For example ``412 of 430 mutants killed (96%; 99 by a claim), 18 survived``."""
        counts = _counted(self.mutants)
        killed, possible = counts["claim"] + counts["test"], _possible(counts)
        share = f" ({_share(counts):.0%}; {counts['claim']} by a claim)" if possible else ""
        parts = [f"{killed} of {possible} mutants killed{share}"]
        for status, words in (("error", "with errors"), ("survived", "survived")):
            if counts[status]:
                parts.append(f"{counts[status]} {words}")
        if counts["equivalent"]:
            parts.append(f"{counts['equivalent']} equivalent")
        return ", ".join(parts)


MATRIX = TypeAdapter(tuple[RuleOutcome, ...])


def rule_matrix_as_json(matrix: RuleMatrix) -> str:
    """A JSON list, one object a mutant."""
    return MATRIX.dump_json(matrix.mutants, indent=1, exclude_defaults=True).decode() + "\n"


def read_rule_matrix(path: Path) -> RuleMatrix:
    """Read what `rule_matrix_as_json` wrote. Raises a GrokspecError if the file is none."""
    remedy = "`grokspec mutants --by-rule --output FILE.json` writes one"
    return RuleMatrix(mutants=read_records(path, MATRIX, "matrix of mutants by rule", remedy))


def rule_matrix_as_markdown(matrix: RuleMatrix) -> str:
    """A table of the counts by room and rule, the summary, and the mutants that are left."""
    rooms = dict.fromkeys(one.room for one in matrix.mutants)
    lines = [markdown_row(HEAD), markdown_row(["---", "---", *["--:"] * (len(HEAD) - 2)])]
    for room in rooms:
        own = [one for one in matrix.mutants if one.room == room]
        for rule in sorted({one.rule for one in own}):
            lines.append(_row(room, rule, [one for one in own if one.rule == rule]))
        lines.append(_row(f"**{room}**", "**all**", own))
    lines += ["", f"{matrix.summary}."]
    if left := [one for one in matrix.mutants if one.status in ("survived", "error")]:
        lines += ["", markdown_row(("what is left", "where", "")), markdown_row(["---"] * 3)]
        lines += [
            markdown_row(
                [in_markdown(one.description), code_in_markdown(one.id), in_markdown(one.killers)]
            )
            for one in left
        ]
    return "\n".join([*lines, ""])


def _row(room: str, rule: str, mutants: list[RuleOutcome]) -> str:
    counts = _counted(mutants)
    left = counts["survived"] + counts["error"]
    numbers = (len(mutants), counts["claim"], counts["test"], counts["equivalent"], left)
    return markdown_row([room, rule, *map(str, numbers), f"{_share(counts):.0%}"])


def _counted(mutants: Iterable[RuleOutcome]) -> Counter[str]:
    """By status; killed ones by what killed them."""
    return Counter(
        ("claim" if one.claim else "test") if one.status == "killed" else one.status
        for one in mutants
    )


def _possible(counts: Counter[str]) -> int:
    return counts.total() - counts["equivalent"]


def _share(counts: Counter[str]) -> float:
    possible = _possible(counts)
    return (counts["claim"] + counts["test"]) / possible if possible else 1.0
