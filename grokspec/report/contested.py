"""Contested questions: who answers what, in which setting, and which verdict each answer got.

A verdict is about one claim in one setting. A claim that is refuted speaks against its own answer
there, and for no other answer: two answers may both be refuted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grokspec.claims.questions import Question
from grokspec.report.contents import ReportedClaim


@dataclass(frozen=True)
class Answer:
    """One answer to a question, and the claims that give it."""

    key: str
    sentence: str
    claims: tuple[ReportedClaim, ...]


@dataclass(frozen=True)
class Contested:
    """A question, and its answers in the order of the file."""

    question: Question
    answers: tuple[Answer, ...]

    @property
    def claims(self) -> tuple[ReportedClaim, ...]:
        """All claims that answer it."""
        return tuple(one for answer in self.answers for one in answer.claims)


def contested(claims: Iterable[ReportedClaim]) -> tuple[Contested, ...]:
    """The questions that these claims answer, those with the most claims first."""
    asked: dict[str, Question] = {}
    given: dict[tuple[str, str], list[ReportedClaim]] = {}
    for one in claims:
        if (question := one.record.about) is not None:
            asked[question.key] = question
            given.setdefault((question.key, one.record.says), []).append(one)
    found = [
        Contested(
            question,
            tuple(
                Answer(key, sentence, tuple(given.get((question.key, key), ())))
                for key, sentence in question.answers.items()
            ),
        )
        for question in asked.values()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.claims), one.question.key)))
