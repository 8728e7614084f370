"""Questions that papers answer differently, and what a claim says to one.

    claims/questions.toml           the questions, with their possible answers
    about="needs_weight_decay", says="no"       of a claim

The questions of a claim are in the nearest ``questions.toml``, from the folder of its file upwards,
so that several packs may answer the same ones.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

from grokspec.errors import suggestion
from grokspec.formatting import shown_path
from grokspec.spec.declarations import read_declarations

FILE = "questions.toml"

Text = Annotated[str, Field(min_length=1)]

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""What a claim calls a question or an answer."""

_REMEDIES = {
    "extra_forbidden": "not a field of a question; it has question, answers and background",
    "missing": "is missing",
    "string_too_short": "must not be empty",
    "too_short": "give at least two, what papers answer",
    "string_pattern_mismatch": "a name has small letters, digits and underscores",
}


class _Asked(BaseModel):
    """A question as the file has it, below its key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Text
    """As a sentence: "Does grokking take weight decay?"."""
    answers: Annotated[dict[Key, Text], Field(min_length=2)]
    """Each possible answer, as a sentence."""
    background: str = ""
    """Why papers differ, in a sentence or two."""


class Question(_Asked):
    """A question, as the records of claims have it."""

    key: str


class _File(RootModel[dict[Key, _Asked]]):
    """What is in the file."""


def read_questions(path: Path) -> dict[str, Question]:
    """The questions in a file, by key. Raises a GrokspecError with every mistake in it."""
    _, content = read_declarations(path, _File, _REMEDIES)
    return {key: Question(key=key, **dict(own)) for key, own in content.root.items()}


def questions_for(file: Path) -> Mapping[str, Question]:
    """The questions that claims in a file may answer. Raises a GrokspecError."""
    path = _nearest(file.absolute().parent)
    return _read(path) if path is not None else {}


def mistakes_in_answer(file: Path, about: str, says: str) -> list[str]:
    """What is wrong with what a claim in a file says to a question, each with its remedy.

    Raises a GrokspecError if the questions themselves have mistakes.
    """
    if not (about or says):
        return []
    if not says:
        return [f'about = "{about}" without says=; name the answer that the claim gives']
    if not about:
        return [f'says = "{says}" without about=; name the question that the claim answers']
    path = _nearest(file.absolute().parent)
    if path is None:
        return [
            f'about = "{about}": there is no {FILE} beside {shown_path(file)} or above; write one '
            "that has the question and its answers"
        ]
    known = _read(path)
    if about not in known:
        return [f'about = "{about}": no question of {shown_path(path)}; {suggestion(about, known)}']
    answers = known[about].answers
    if says not in answers:
        return [f'says = "{says}": no answer to {about}; {suggestion(says, answers)}']
    return []


def forget_questions() -> None:
    """Look for questions again when they are next asked for."""
    _nearest.cache_clear()
    _read.cache_clear()


@functools.cache
def _nearest(folder: Path) -> Path | None:
    found = (above / FILE for above in (folder, *folder.parents))
    return next((path for path in found if path.is_file()), None)


@functools.cache
def _read(path: Path) -> dict[str, Question]:
    return read_questions(path)
