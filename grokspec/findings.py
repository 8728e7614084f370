"""A finding: what was measured, and whether it supports the statement it was held against."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokspec.evidence import Evidence


class Verdict(str, Enum):
    """What the runs say of a statement."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"  # of a claim only: no judgement was reached, so there is no finding

    @property
    def word(self) -> str:
        """As the reports print it."""
        return self.value.upper()


WORST_FIRST = (Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.SUPPORTED)
"""The verdicts that a judgement can reach, from the worst for the statement to the best."""


class NotSupportedError(AssertionError):
    """Ends a claim at the first finding that is not SUPPORTED, and carries that finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True)
class Finding:
    """A verdict and what it rests on.

    ``bool(finding)`` is True if and only if the verdict is SUPPORTED, so a claim says
    ``assert finding``. While a claim is judged (see `consultation`) asking for the truth also
    puts the finding down as consulted, and one that is not SUPPORTED raises `NotSupportedError`: no
    other assertion of the claim can then be taken for the judgement.
    """

    verdict: Verdict
    statement: str  # one sentence: quantity, value, interval, number of seeds, what it is held to
    measured: float  # the deciding number, in ``unit``
    interval: tuple[float, float]  # where it lies; the verdict is where this lies
    n: int  # seeds (or compared numbers) behind it
    p_value: float | None = None  # exact, of "the statement is false"; None if there is no chance
    unit: str = ""
    details: tuple[str, ...] = ()  # one line for each part, where there are several
    evidence: tuple[Evidence, ...] = field(default=(), compare=False, repr=False)  # for a figure

    def __bool__(self) -> bool:
        supported = self.verdict is Verdict.SUPPORTED
        consulted = _consulted.get()
        if consulted is not None:
            consulted.append(self)
            if not supported:
                raise NotSupportedError(self)
        return supported

    def __and__(self, other: Finding) -> Finding:
        return all_of(self, other)

    def __str__(self) -> str:
        return f"{self.verdict.word}: {self.statement}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        from grokspec.notebook.html_of_finding import finding_as_html

        return finding_as_html(self)


def all_of(*findings: Finding) -> Finding:
    """Join findings into one that is supported if all are, and refuted if any is.

    Numbers are those of the weakest finding, and the p-value is the largest (an
    intersection-union test, which needs no correction for how many were joined).
    """
    if not findings:
        raise ValueError("all_of() takes at least one finding")
    if len(findings) == 1:
        return findings[0]
    weakest = min(findings, key=lambda f: (WORST_FIRST.index(f.verdict), -(f.p_value or 0.0)))
    p_values = [f.p_value for f in findings if f.p_value is not None]
    return replace(
        weakest,
        statement="; ".join(f.statement for f in findings),
        p_value=max(p_values, default=None),
        details=tuple(line for f in findings for line in f.details or (str(f),)),
        evidence=tuple(part for f in findings for part in f.evidence),
    )


_consulted: ContextVar[list[Finding] | None] = ContextVar("consulted", default=None)


@contextlib.contextmanager
def consultation() -> Iterator[list[Finding]]:
    """Put down every finding whose truth is asked for within the block, in order."""
    findings: list[Finding] = []
    token = _consulted.set(findings)
    try:
        yield findings
    finally:
        _consulted.reset(token)
