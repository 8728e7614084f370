"""What a mutant is: a known mistake, as a replacement in one file of the program."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from grokspec.errors import GrokspecError, Mistake, suggestion
from grokspec.spec.source import KeyPath, Part, SourceFile, read_source

SHIPPED = Path(__file__).with_name("mutants.toml")
"""The mutants that come with grokspec."""

PROGRAM = Path(__file__).resolve().parents[1]
"""The folder of the package that is mutated."""

_REMEDIES = {
    "extra_forbidden": "not a field of a mutant; it has id, description, file, old, new, claims, "
    "equivalent",
    "missing": "is missing",
    "string_pattern_mismatch": 'an id is small letters and digits with hyphens, like "wrong-sign"',
    "string_too_short": "must not be empty",
    "too_short": "name the claims that are to kill it, or leave it out to have all judged",
}
"""The message for what pydantic refuses, where its own words do not give the remedy."""

Text = Annotated[str, Field(min_length=1)]


class Mutant(BaseModel):
    """A mistake that somebody could make in the program, and who should notice."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    description: Text
    """What is wrong, in one sentence."""
    file: Text
    """The file inside the package: "optimizers/base.py"."""
    old: Text
    """The source text to replace; it occurs once in the file."""
    new: str
    """What stands there instead."""
    claims: Annotated[tuple[Text, ...] | None, Field(strict=False, min_length=1)] = None
    """Names of the tests whose claims should kill it, the cheapest first; None for all."""
    equivalent: Text | None = None
    """Why no claim can kill it, if none can."""

    def mutate(self, text: str) -> str:
        """The text of the file with this mutation in it.

        Raises ValueError, with the name of the field at fault as its first argument and what is
        wrong with it as the second.
        """
        if (uses := text.count(self.old)) != 1:
            found = f"stands {uses} times in" if uses else "does not stand in"
            remedy = "take in more of what is around it" if uses else "copy it from there anew"
            raise ValueError("old", f"{found} grokspec/{self.file}; {remedy}")
        mutated = text.replace(self.old, self.new)
        if mutated == text:
            raise ValueError("new", "is the same as old; a mutant changes something")
        try:
            ast.parse(mutated)
        except SyntaxError as error:
            reason = f"leaves grokspec/{self.file} without valid syntax at line {error.lineno}"
            raise ValueError("new", f"{reason}: {error.msg}") from None
        return mutated


class _MutantsFile(BaseModel):
    """What a file of mutants holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mutant: Annotated[tuple[Mutant, ...], Field(min_length=1)]


def read_mutants(path: Path = SHIPPED, program: Path = PROGRAM) -> tuple[Mutant, ...]:
    """Read a file of mutants, and check that each can be put into the program.

    Raises a GrokspecError with every mistake in the file, each with its place.
    """
    source = read_source(path)
    try:
        mutants = _MutantsFile.model_validate(source.data).mutant
    except ValidationError as error:
        raise GrokspecError(*(_mistake(source, each) for each in error.errors())) from None
    if mistakes := [*_repeated(source, mutants), *_misplaced(source, mutants, program)]:
        raise GrokspecError(*mistakes)
    return mutants


def chosen(mutants: Sequence[Mutant], ids: Sequence[str]) -> tuple[Mutant, ...]:
    """Those of the mutants with these ids, or all if none are named; a GrokspecError for others."""
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
    """What is wrong with the mutants that cannot be put into the program."""
    for number, mutant in enumerate(mutants):
        file = program / mutant.file
        inside = file.resolve().is_relative_to(program.resolve())
        if not (inside and file.is_file() and file.suffix == ".py"):
            known = (p.relative_to(program).as_posix() for p in program.rglob("*.py"))
            message = f'mutant.file = "{mutant.file}": no module of grokspec; '
            message += suggestion(mutant.file, known)
            yield source.mistake(message, ("mutant", number, "file"), "value")
            continue
        try:
            mutant.mutate(file.read_text(encoding="utf-8"))
        except ValueError as error:
            field, reason = error.args
            yield source.mistake(f"mutant.{field}: {reason}", ("mutant", number, field), "value")


def _mistake(source: SourceFile, error: ErrorDetails) -> Mistake:
    path: KeyPath = error["loc"]
    part: Part = "key" if error["type"] in ("missing", "extra_forbidden") else "value"
    name = ".".join(str(step) for step in path if isinstance(step, str))
    own = error["msg"][:1].lower() + error["msg"][1:]
    message = _REMEDIES.get(error["type"], own)
    if path == ("mutant",):
        message = "there is no [[mutant]] in this file; each has id, description, file, old and new"
    return source.mistake(f"{name}: {message}", _held(source.data, path), part)


def _held(data: Any, path: KeyPath) -> KeyPath:
    """As much of a path as the data hold."""
    for length, step in enumerate(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return path[:length]
    return path
