"""The kill matrix: which claim killed which mutant."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from grokspec.claims.packs import in_packs
from grokspec.claims.record import JudgedClaim, Record, read_records
from grokspec.formatting import code_in_markdown, in_markdown, markdown_row
from grokspec.statistics.verdict import Verdict

Status = Literal["killed", "survived", "equivalent", "error"]
"""A verdict changed; none did; none did, and none can; none did, and a claim reached no verdict."""

COLUMNS = ("mutant", "what is wrong", "in", "killed by", "s")


class Kill(Record, extra="forbid"):
    """A claim whose verdict a mutant changed."""

    id: str
    pack: str = ""
    """The key of its pack, if it is of one."""
    test: str
    """Node id of the claim's test."""
    verdict: Verdict
    """With the mutation."""
    expected: Verdict

    @classmethod
    def of(cls, record: JudgedClaim) -> Kill:
        """The kill by a claim with this record."""
        return cls(
            id=record.id,
            pack=record.pack.key if record.pack else "",
            test=record.test,
            verdict=record.verdict,
            expected=record.expected,
        )

    @property
    def full_id(self) -> str:
        """Its id below its pack: "kumar2024 P06"."""
        return f"{self.pack} {self.id}".lstrip()


class MutantOutcome(Record, extra="forbid"):
    """The status of one mutant, and the claims that killed it."""

    id: str
    description: str
    file: str
    """Relative to the package."""
    status: Status
    killed_by: tuple[Kill, ...]
    seconds: float
    equivalent: str | None = None
    """Why no claim can kill it, if none can."""
    errors: tuple[str, ...] = ()
    """Node ids of the claims that reached no verdict."""

    @property
    def killers(self) -> str:
        """The claims that killed it, or its status: "kumar2024 P06, P07; levi2023 V03"."""
        return in_packs((kill.pack, kill.id) for kill in self.killed_by) or self.status

    @property
    def shows_a_hole(self) -> bool:
        """Whether no verdict changed, although one could have."""
        return self.status in ("survived", "error")


class KillMatrix(Record):
    """The outcomes of all mutants, in the order of their file."""

    mutants: tuple[MutantOutcome, ...]

    @property
    def summary(self) -> str:
        """For example ``41 of 42 mutants killed (98%), 1 equivalent``; 43 were tried."""
        equivalent = self._count("equivalent")
        possible = len(self.mutants) - equivalent
        killed = self._count("killed")
        share = f" ({killed / possible:.0%})" if possible else ""
        parts = [f"{killed} of {possible} mutants killed{share}"]
        for status, words in (("error", "with errors"), ("survived", "survived")):
            if n := self._count(status):
                parts.append(f"{n} {words}")
        return ", ".join(parts + ([f"{equivalent} equivalent"] if equivalent else []))

    def _count(self, status: str) -> int:
        return sum(one.status == status for one in self.mutants)


MATRIX = TypeAdapter(tuple[MutantOutcome, ...])


def matrix_as_json(matrix: KillMatrix) -> str:
    """A JSON list, one object a mutant."""
    return MATRIX.dump_json(matrix.mutants, indent=2).decode() + "\n"


def matrix_as_markdown(matrix: KillMatrix) -> str:
    """A table with a line for each mutant, and the summary below."""
    head = [markdown_row(COLUMNS), markdown_row(["---"] * (len(COLUMNS) - 1) + ["--:"])]
    lines = [
        markdown_row(
            [
                in_markdown(one.id),
                in_markdown(one.description),
                code_in_markdown(one.file),
                _killers_in_markdown(one),
                f"{one.seconds:.0f}",
            ]
        )
        for one in matrix.mutants
    ]
    return "\n".join([*head, *lines, "", f"{matrix.summary}.", ""])


def read_matrix(path: Path) -> KillMatrix:
    """Read what `matrix_as_json` wrote. Raises a GrokspecError if the file is no kill matrix."""
    remedy = "`grokspec mutants --output FILE.json` writes one"
    return KillMatrix(mutants=read_records(path, MATRIX, "kill matrix", remedy))


def killed_by_claim(matrix: KillMatrix) -> dict[str, list[MutantOutcome]]:
    """The mutants that each claim killed, by the claim's node id."""
    killed: dict[str, list[MutantOutcome]] = {}
    for one in matrix.mutants:
        for kill in one.killed_by:
            killed.setdefault(kill.test, []).append(one)
    return killed


def _killers_in_markdown(one: MutantOutcome) -> str:
    if one.status == "equivalent":
        return in_markdown(f"equivalent: {one.equivalent}")
    return in_markdown(one.killers) if one.status == "killed" else f"**{one.status}**"
