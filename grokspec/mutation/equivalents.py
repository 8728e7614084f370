"""Mutants made by rule that no judge can notice, each with the reason, from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from grokspec.errors import GrokspecError
from grokspec.formatting import in_toml
from grokspec.mutation.by_rule import RuleMutant
from grokspec.spec.declarations import read_declarations

EQUIVALENTS = Path(__file__).with_name("equivalents.toml")
"""Those of grokspec."""

Text = Annotated[str, Field(min_length=1)]


class Equivalents(BaseModel):
    """Some mutants with one reason why they are equivalent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reason: Text
    mutants: Annotated[dict[Text, Text], Field(min_length=1)]
    """Their ids, and what each changes, as its description says it. An id counts changes in a
    function, so after an edit of that function it may be that of another change."""


class _EquivalentsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    equivalent: tuple[Equivalents, ...] = ()


def read_equivalents(path: Path = EQUIVALENTS) -> Mapping[str, tuple[str, str]]:
    """What each equivalent mutant changes, and the reason, by id.

    Raises a GrokspecError if the file is none of equivalents.
    """
    _, content = read_declarations(path, _EquivalentsFile, {})
    return {
        id: (change, group.reason)
        for group in content.equivalent
        for id, change in group.mutants.items()
    }


def reasons_of(
    mutants: Sequence[RuleMutant], known: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """The reasons for those of the mutants that are equivalent, by id.

    Raises a GrokspecError for an id whose mutant is now another change: it was edited, and is to
    be thought about again.
    """
    reasons, mistakes = {}, []
    for mutant in mutants:
        if mutant.id not in known:
            continue
        change, reasons[mutant.id] = known[mutant.id]
        if change != mutant.description:
            mistakes.append(
                f"equivalent {in_toml(mutant.id)}: it was {in_toml(change)} and is now "
                f"{in_toml(mutant.description)}; correct it, or take it out and try it"
            )
    if mistakes:
        raise GrokspecError(*mistakes)
    return reasons
