"""The kill table: which claim caught which fault."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from grokspec.errors import GrokspecError

Outcome = Literal["caught", "broken", "survived", "explained"]
"""What came of a fault: a verdict turned; none did, but a claim came to no verdict; neither; or
neither, as it was to be, for the fault says why no claim can catch it."""


@dataclass(frozen=True)
class Turned:
    """A claim whose verdict a fault turned."""

    id: str
    test: str  # node id
    verdict: str  # by the program with the fault in it
    recorded: str


@dataclass(frozen=True)
class Tried:
    """What came of one fault."""

    id: str
    says: str
    file: str  # inside the package
    outcome: Outcome
    caught_by: tuple[Turned, ...]
    seconds: float
    explained: str | None = None
    broken: tuple[str, ...] = ()  # node ids of the claims that came to no verdict

    @property
    def catchers(self) -> str:
        """The ids of the claims that caught it, or else what came of it."""
        return ", ".join(dict.fromkeys(turned.id for turned in self.caught_by)) or self.outcome

    @property
    def failed(self) -> bool:
        """Whether it shows a hole in the claims: nothing turned, and nothing explains it."""
        return self.outcome in ("survived", "broken")


@dataclass(frozen=True)
class KillTable:
    """What came of each fault, in the order of the faults file."""

    faults: tuple[Tried, ...]

    @property
    def summary(self) -> str:
        """How many were caught of those that could be: ``41 of 42 caught (98%), 1 explained``."""
        explained = self._count("explained")
        asked = len(self.faults) - explained
        caught = self._count("caught")
        told = [f"{caught} of {asked} caught" + (f" ({caught / asked:.0%})" if asked else "")]
        told += [f"{n} {word}" for word in ("broken", "survived") if (n := self._count(word))]
        return ", ".join(told + ([f"{explained} explained"] if explained else []))

    def as_json(self) -> str:
        """A JSON list, one object a fault."""
        return json.dumps([asdict(one) for one in self.faults], indent=2, ensure_ascii=False) + "\n"

    def as_markdown(self) -> str:
        """A table with a line for each fault, and the summary below it."""
        head = ["| fault | what is wrong | in | caught by | s |", "| --- | --- | --- | --- | --: |"]
        lines = [
            f"| {one.id} | {_cell(one.says)} | `{one.file}` | {_cell(_fared(one))} "
            f"| {one.seconds:.0f} |"
            for one in self.faults
        ]
        return "\n".join([*head, *lines, "", f"{self.summary}.", ""])

    @classmethod
    def read(cls, path: Path) -> KillTable:
        """Read what `as_json` says. Raises a GrokspecError if the file is not a kill table."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(told, list):
                raise TypeError("not a list")
            return cls(tuple(map(_tried, told)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise GrokspecError(
                f"{path} is not a kill table that could be read ({error or type(error).__name__}); "
                "`grokspec mutants --output FILE.json` writes one"
            ) from None

    def _count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.faults)


def caught_by(table: KillTable) -> dict[str, list[str]]:
    """The ids of the faults that each claim caught, by the claim's node id."""
    caught: dict[str, list[str]] = {}
    for one in table.faults:
        for turned in one.caught_by:
            caught.setdefault(turned.test, []).append(one.id)
    return caught


def _tried(told: dict) -> Tried:
    """The dataclass of an object as `KillTable.as_json` makes it."""
    if told["outcome"] not in get_args(Outcome):
        raise ValueError(f"outcome {told['outcome']!r}; there are {', '.join(get_args(Outcome))}")
    turned = tuple(Turned(**one) for one in told.pop("caught_by"))
    return Tried(**{**told, "broken": tuple(told.get("broken", ()))}, caught_by=turned)


def _fared(one: Tried) -> str:
    if one.outcome == "explained":
        return f"explained: {one.explained}"
    return one.catchers if one.outcome == "caught" else f"**{one.outcome}**"


def _cell(text: str) -> str:
    """Text that stays within a cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())
