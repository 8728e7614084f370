"""What a fault is: a known mistake, as a replacement in one file of the program."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from grokspec.errors import GrokspecError, Mistake, suggestion
from grokspec.spec.source import KeyPath, Part, Source, read_source

SHIPPED = Path(__file__).with_name("faults.toml")
"""The faults that come with grokspec."""

PROGRAM = Path(__file__).resolve().parents[1]
"""The folder of the package that faults are put into."""

_REMEDIES = {
    "extra_forbidden": "not a field of a fault; it has id, says, file, old, new, claims, explained",
    "missing": "is missing",
    "string_pattern_mismatch": 'an id is small letters and digits with hyphens, like "wrong-sign"',
    "string_too_short": "must not be empty",
    "too_short": "name the claims that are to see it, or leave it out to have all judged",
}
"""What to say of what pydantic refuses, where its own words do not tell the remedy."""

Text = Annotated[str, Field(min_length=1)]


class Fault(BaseModel):
    """A mistake that somebody could make in the program, and who should notice."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    says: Text
    """What is wrong, in one sentence."""
    file: Text
    """The file inside the package: "optimizers/base.py"."""
    old: Text
    """The source text to replace; it occurs once in the file."""
    new: str
    """What stands there instead."""
    claims: Annotated[tuple[Text, ...] | None, Field(strict=False, min_length=1)] = None
    """Names of the tests whose claims should see it, the cheapest first; None for all."""
    explained: Text | None = None
    """Why no claim can see it, if none can."""

    def put_into(self, text: str) -> str:
        """The text of the file with this fault in it.

        Raises ValueError, with the name of the field at fault as its first argument and what is
        wrong with it as the second.
        """
        if (count := text.count(self.old)) != 1:
            found = f"stands {count} times in" if count else "does not stand in"
            remedy = "take in more of what is around it" if count else "copy it from there anew"
            raise ValueError("old", f"{found} grokspec/{self.file}; {remedy}")
        faulty = text.replace(self.old, self.new)
        if faulty == text:
            raise ValueError("new", "is the same as old; a fault changes something")
        try:
            ast.parse(faulty)
        except SyntaxError as error:
            reason = f"leaves grokspec/{self.file} without valid syntax at line {error.lineno}"
            raise ValueError("new", f"{reason}: {error.msg}") from None
        return faulty


class _Faults(BaseModel):
    """What a file of faults holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: Annotated[tuple[Fault, ...], Field(min_length=1)]


def read_faults(path: Path = SHIPPED, program: Path = PROGRAM) -> tuple[Fault, ...]:
    """Read a file of faults, and see that each can be put into the program.

    Raises a GrokspecError that tells every mistake in the file, with its place.
    """
    source = read_source(path)
    try:
        faults = _Faults.model_validate(source.data).fault
    except ValidationError as error:
        raise GrokspecError(*(_told(source, each) for each in error.errors())) from None
    if mistakes := [*_repeated(source, faults), *_misplaced(source, faults, program)]:
        raise GrokspecError(*mistakes)
    return faults


def chosen(faults: Sequence[Fault], ids: Sequence[str]) -> tuple[Fault, ...]:
    """Those of the faults with these ids, or all if none are named; a GrokspecError for others."""
    known = {fault.id: fault for fault in faults}
    if unknown := [name for name in ids if name not in known]:
        raise GrokspecError(
            *(f'fault "{name}": there is none; {suggestion(name, known)}' for name in unknown)
        )
    return tuple(fault for fault in faults if not ids or fault.id in ids)


def _repeated(source: Source, faults: Sequence[Fault]) -> Iterator[Mistake]:
    uses = Counter(fault.id for fault in faults)
    for number, fault in enumerate(faults):
        if uses[fault.id] > 1:
            message = f'fault.id = "{fault.id}": {uses[fault.id]} faults have it; rename one'
            yield source.mistake(message, ("fault", number, "id"), "value")


def _misplaced(source: Source, faults: Sequence[Fault], program: Path) -> Iterator[Mistake]:
    """What is wrong with the faults that cannot be put into the program."""
    for number, fault in enumerate(faults):
        file = program / fault.file
        inside = file.resolve().is_relative_to(program.resolve())
        if not (inside and file.is_file() and file.suffix == ".py"):
            known = (p.relative_to(program).as_posix() for p in program.rglob("*.py"))
            message = f'fault.file = "{fault.file}": no module of grokspec; '
            message += suggestion(fault.file, known)
            yield source.mistake(message, ("fault", number, "file"), "value")
            continue
        try:
            fault.put_into(file.read_text(encoding="utf-8"))
        except ValueError as error:
            field, reason = error.args
            yield source.mistake(f"fault.{field}: {reason}", ("fault", number, field), "value")


def _told(source: Source, error: ErrorDetails) -> Mistake:
    path: KeyPath = error["loc"]
    part: Part = "key" if error["type"] in ("missing", "extra_forbidden") else "value"
    name = ".".join(str(step) for step in path if isinstance(step, str))
    message = _REMEDIES.get(error["type"], _lowered(error["msg"]))
    if path == ("fault",):
        message = "there is no [[fault]] in this file; each has id, says, file, old and new"
    return source.mistake(f"{name}: {message}", _standing(source.data, path), part)


def _standing(data: Any, path: KeyPath) -> KeyPath:
    """As much of a path as the data hold."""
    for length, step in enumerate(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return path[:length]
    return path


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
