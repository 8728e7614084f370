"""A finding: what was measured, and whether it supports the statement it was held against."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from grokspec.html import colored, escaped, faint, folded, framed
from grokspec.statistics.evidence import Evidence
from grokspec.statistics.verdict import WORST_FIRST, Verdict

COLORS = {
    Verdict.SUPPORTED: "#1a7fc1",
    Verdict.REFUTED: "#d55e00",
    Verdict.INCONCLUSIVE: "#7d7d7d",
}
"""As in the figures, and of such lightness that they can be read on white and on black."""


class NotSupportedError(AssertionError):
    """Ends a claim at the first finding that is not SUPPORTED, and carries that finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True)
class Finding:
    """A verdict and what it rests on.

    ``bool(finding)`` is True if and only if the verdict is SUPPORTED, so a claim says
    ``assert finding``. While a claim is evaluated (see `recorded_findings`), asking for the truth
    also records the finding, and one that is not SUPPORTED raises `NotSupportedError`: no other
    assertion of the claim can then be taken for its verdict.
    """

    verdict: Verdict
    statement: str
    """One sentence: quantity, value, interval, number of seeds, what it is held against."""
    measured: float
    """The deciding number, in ``unit``."""
    interval: tuple[float, float]
    """Where it lies; the verdict is where this lies."""
    n: int
    """Seeds (or compared numbers) behind it."""
    p_value: float | None = None
    """Exact, of "the statement is false"; None where chance plays no part."""
    unit: str = ""
    details: tuple[str, ...] = ()
    """One line for each part, where there are several."""
    evidence: tuple[Evidence, ...] = field(default=(), compare=False, repr=False)
    """The numbers, for a figure."""

    def __bool__(self) -> bool:
        supported = self.verdict is Verdict.SUPPORTED
        recorded = _recorded.get()
        if recorded is not None:
            recorded.append(self)
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
        word = colored(f"{self.verdict.symbol} {self.verdict.word}", COLORS[self.verdict])
        chance = "" if self.p_value is None else faint(f" p = {self.p_value:.2g}")
        parts = [f"{word} {escaped(self.statement)}{chance}"]
        if self.details:
            parts.append(folded(f"{len(self.details)} parts", self.details))
        return framed(*parts)


def all_of(*findings: Finding) -> Finding:
    """Join findings into one that is supported if all are, and refuted if any is.

    Numbers are those of the weakest finding, and the p-value is the largest (an
    intersection-union test, which needs no correction for how many were joined). Raises ValueError
    without any finding.
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


_recorded: ContextVar[list[Finding] | None] = ContextVar("recorded", default=None)


@contextlib.contextmanager
def recorded_findings() -> Iterator[list[Finding]]:
    """Record every finding whose truth is asked for within the block, in order."""
    findings: list[Finding] = []
    token = _recorded.set(findings)
    try:
        yield findings
    finally:
        _recorded.reset(token)
