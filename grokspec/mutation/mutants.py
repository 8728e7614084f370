"""Mutants: known mistakes, each a replacement in one file of the program."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from grokspec.errors import GrokspecError, Mistake, suggestion
from grokspec.formatting import in_toml
from grokspec.spec.declarations import read_declarations
from grokspec.spec.source import SourceFile

SHIPPED = Path(__file__).with_name("mutants.toml")
"""The mutants that come with grokspec."""

PROGRAM = Path(__file__).resolve().parents[1]
"""The folder of the package that is mutated."""

_REMEDIES = {
    "mutant": "there is no [[mutant]] in this file; each has id, description, file, old and new",
    "extra_forbidden": "not a field of a mutant; it has id, description, file, old, new, claims, "
    "equivalent",
    "missing": "is missing",
    "string_pattern_mismatch": 'an id is small letters and digits with hyphens, like "wrong-sign"',
    "string_too_short": "must not be empty",
    "too_short": "name the claims that are to kill it, or leave it out to have all judged",
}
"""Messages for what pydantic's own messages name no remedy of; see `read_declarations`."""

Text = Annotated[str, Field(min_length=1)]


class Mutation(Protocol):
    """A change of one file of the program, written by hand or made by rule."""

    @property
    def id(self) -> str:
        """By which it is chosen."""
        raise NotImplementedError

    @property
    def file(self) -> str:
        """Inside the package."""
        raise NotImplementedError

    def mutate(self, text: str) -> str:
        """Make the change in the text of the file."""
        raise NotImplementedError


M = TypeVar("M", bound=Mutation)


class Mutant(BaseModel):
    """A mistake that somebody could make in the program, and the claims that should notice."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    description: Text
    """What is wrong, in one sentence."""
    file: Text
    """The file inside the package: "optimizers/base.py"."""
    old: Text
    """The source text to replace, which occurs once in the file."""
    new: str
    """The text that replaces it."""
    claims: Annotated[tuple[Text, ...] | None, Field(strict=False, min_length=1)] = None
    """Names of the tests whose claims should kill it, the cheapest first; None for all."""
    equivalent: Text | None = None
    """Why no claim can kill it, if none can."""

    def mutate(self, text: str) -> str:
        """Make this mutation in the text of the file.

        Raises ValueError(field, reason) if a field is wrong.
        """
        if (uses := text.count(self.old)) != 1:
            found = f"occurs {uses} times in" if uses else "does not occur in"
            remedy = "add text from around it" if uses else "copy it from there again"
            raise ValueError("old", f"{found} grokspec/{self.file}; {remedy}")
        mutated = text.replace(self.old, self.new)
        if mutated == text:
            raise ValueError("new", "is the same as old; a mutant must change something")
        try:
            ast.parse(mutated)
        except SyntaxError as error:
            reason = f"leaves grokspec/{self.file} without valid syntax at line {error.lineno}"
            raise ValueError("new", f"{reason}: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:  # NUL, or very deep
            raise ValueError("new", f"leaves grokspec/{self.file} unreadable: {error}") from None
        return mutated


class _MutantsFile(BaseModel):
    """A file of mutants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mutant: Annotated[tuple[Mutant, ...], Field(min_length=1)]


def read_mutants(path: Path = SHIPPED, program: Path = PROGRAM) -> tuple[Mutant, ...]:
    """Read a file of mutants, and check that each mutation can be made in the program.

    Raises a GrokspecError with every mistake in the file.
    """
    source, content = read_declarations(path, _MutantsFile, _REMEDIES)
    mutants = content.mutant
    if mistakes := [*_repeated(source, mutants), *_misplaced(source, mutants, program)]:
        raise GrokspecError(*mistakes)
    return mutants


def chosen(mutants: Sequence[M], ids: Sequence[str]) -> tuple[M, ...]:
    """The mutants with these ids, or all if there are no ids; a GrokspecError for unknown ids."""
    known = {mutant.id: mutant for mutant in mutants}
    if unknown := [name for name in ids if name not in known]:
        raise GrokspecError(
            *(f'mutant "{name}": there is none; {suggestion(name, known)}' for name in unknown)
        )
    return tuple(mutant for mutant in mutants if not ids or mutant.id in ids)


def _repeated(source: SourceFile, mutants: Sequence[Mutant]) -> Iterator[Mistake]:
    uses = Counter(mutant.id for mutant in mutants)
    for number, mutant in enumerate(mutants):
        if uses[mutant.id] > 1:
            message = f'mutant.id = "{mutant.id}": {uses[mutant.id]} mutants have it; rename one'
            yield source.mistake(message, ("mutant", number, "id"), "value")


def _misplaced(source: SourceFile, mutants: Sequence[Mutant], program: Path) -> Iterator[Mistake]:
    """Mistakes in the mutants whose mutation cannot be made in the program."""
    for number, mutant in enumerate(mutants):
        file = program / mutant.file
        if not _is_module(file, program):
            known = (p.relative_to(program).as_posix() for p in program.rglob("*.py"))
            message = f"mutant.file = {in_toml(mutant.file)}: no module of grokspec; "
            message += suggestion(mutant.file, known)
            yield source.mistake(message, ("mutant", number, "file"), "value")
            continue
        try:
            mutant.mutate(file.read_text(encoding="utf-8"))
        except ValueError as error:
            field, reason = error.args
            yield source.mistake(f"mutant.{field}: {reason}", ("mutant", number, field), "value")


def _is_module(file: Path, program: Path) -> bool:
    try:
        inside = file.resolve().is_relative_to(program.resolve())
        return inside and file.is_file() and file.suffix == ".py"
    except (OSError, ValueError, RuntimeError):  # a NUL in its name, a long one, links in a circle
        return False
